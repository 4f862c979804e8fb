//! What the pipeline needs of a log: partitions of records in order, their ends, and a way to add to it.
//!
//! Kafka is one such log (`kafka`), a script in memory another (`testing`). Everything that decides what the
//! pipeline says stands above this line, so that it can be shown without a broker.

use std::time::Duration;

use crate::error::Error;

/// One record as it stands in a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRecord {
    /// Its place in the partition.
    pub offset: i64,
    /// When the broker appended it, Unix milliseconds.
    pub log_time: u64,
    /// The record's key, carried along when it is put aside.
    pub key: Option<Vec<u8>>,
    /// The record's value.
    pub payload: Vec<u8>,
}

/// What a partition has to offer at the moment.
#[derive(Debug)]
pub enum Fetched {
    /// Its next record.
    Record(LogRecord),
    /// Nothing yet, but there may be more that was already appended.
    Pending,
    /// Everything that was appended has been read.
    End,
}

/// Reads the partitions of one worker.
pub trait LogReader: Send + 'static {
    /// The next record of one of the partitions the reader was opened for. Never waits.
    ///
    /// # Errors
    /// What cannot be mended by asking again, a gap in the log among them.
    fn fetch(&mut self, partition: u32) -> Result<Fetched, Error>;

    /// Waits until some partition may have something, at most this long.
    ///
    /// # Errors
    /// As [`Self::fetch`].
    fn wait(&mut self, at_most: Duration) -> Result<(), Error>;
}

/// A record that could not be read, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Where it stands.
    pub partition: u32,
    /// The record itself.
    pub record: LogRecord,
    /// The parser's words.
    pub reason: String,
}

/// A log.
pub trait Log: Send + Sync + 'static {
    /// What reads it.
    type Reader: LogReader;

    /// How many partitions it has.
    ///
    /// # Errors
    /// When the log cannot be reached or is not fit to be read (see [`Error::LogRefused`]).
    fn partitions(&self) -> Result<u32, Error>;

    /// Opens some partitions at their first record logged at or after `from`. `progress` is the latest time
    /// that is known to have been passed: the log must go beyond it, or it is not the same log.
    ///
    /// # Errors
    /// When the log cannot be reached, or ends before `progress`.
    fn open(&self, partitions: &[u32], from: u64, progress: u64) -> Result<Self::Reader, Error>;

    /// One past the last offset of a partition.
    ///
    /// # Errors
    /// When the log cannot be reached.
    fn end(&self, partition: u32) -> Result<i64, Error>;

    /// Appends a heartbeat, without waiting for it: from there on the settings before this offset are in force. One that
    /// fails is written again in time.
    fn heartbeat(&self, partition: u32, settings: i64);

    /// Puts an unreadable record aside, durably when this returns.
    ///
    /// # Errors
    /// When it could not be made durable; the record must then not be passed over.
    fn put_aside(&self, letter: &DeadLetter) -> Result<(), Error>;

    /// The wall clock, Unix milliseconds: for guarding against log times from the future and for deciding
    /// when a heartbeat is due. Never for what rows say.
    fn now(&self) -> u64;
}
