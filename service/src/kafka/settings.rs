//! The client of a topic of settings: a compacted topic of one partition, whose newest record of each key is in force
//! and whose order is the order in which people decided.
//!
//! ```text
//! Writer::put ──▶ topic ──follow──▶ on(record), position ──▶ whoever must know what was in force when
//!      ▲                    └─────▶ Store: key → newest value
//!      └── returns when the record was written, and read back here
//! ```
//!
//! Everyone reads the topic from its beginning and holds what they need of it in memory: it is small, and nothing about
//! reading it is kept on the broker.
//!
//! # Layout
//!
//! * [`follow`], [`Follower`]: every record in order, on a thread of its own, and how far that is
//! * [`Store`]: the newest value of each key
//! * [`Writer`]: puts a value, or takes it back

mod follower;
mod store;
mod writer;

use rdkafka::error::KafkaError;

pub use follower::{Follower, follow};
pub use store::{Current, Store};
pub use writer::{WriteError, Writer};

/// One record of the topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingRecord {
    /// Its place in the topic's one partition.
    pub offset: i64,
    /// When the log took it, in milliseconds since 1970, by the broker's clock.
    pub log_time: u64,
    /// Whose setting it is, as it stands in the log.
    pub key: String,
    /// The value from here on; nothing: the setting is taken back.
    pub value: Option<Vec<u8>>,
}

/// Why the topic is not read, or no longer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ReadError {
    /// The settings of the client are wrong: mend the configuration.
    #[error("cannot make a Kafka client: {0}")]
    Client(KafkaError),
    /// The system gave no thread.
    #[error("cannot start a thread: {0}")]
    Thread(String),
    /// Offsets that were read are no more, or those that come next were deleted: another topic has its name.
    #[error("topic {topic} no longer has offset {next}, which comes next: it was deleted, or the topic made anew")]
    Gone {
        /// The topic's full name.
        topic: String,
        /// The offset that was due.
        next: i64,
    },
    /// The topic lets senders say when a record was written, so that nobody can say which setting was in force when.
    #[error(
        "topic {topic} offset {offset} carries its sender's time; the topic must have \
         message.timestamp.type=LogAppendTime"
    )]
    SendersTime {
        /// The topic's full name.
        topic: String,
        /// The record.
        offset: i64,
    },
    /// The client gave up for good.
    #[error("reading topic {topic}: {source}")]
    Fatal {
        /// The topic's full name.
        topic: String,
        /// What the client says.
        source: KafkaError,
    },
    /// Nobody reads it any more: it was stopped, or what it calls panicked.
    #[error("the topic is not read any more")]
    Stopped,
}
