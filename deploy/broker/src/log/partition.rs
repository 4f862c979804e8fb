//! One partition: a lock around the end of the log. (`read` has the readers, who hold it only to find their file.)

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::batch::{self, Header};
use super::commit::{GroupCommit, Mark};
use super::producer_state::{Producers, Verdict};
use super::segment::{Sealed, Summary, file_name, summary_path};
use super::{record, recovery};
use crate::error::At as _;
use crate::topic_config::TopicConfig;
use crate::{Config, Error, Fsync, files};

/// One partition of a topic.
#[derive(Debug)]
pub(crate) struct Partition {
    pub(crate) dir: PathBuf,
    pub(super) log: Mutex<Log>,
    /// Held while segments leave the log (retention, compaction), never together with waiting for records.
    pub(super) upkeep: Mutex<()>,
    pub(crate) commit: GroupCommit,
    fsync: Fsync,
    pub(super) limits: Limits,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) producers: usize,
    pub(super) producer_expiry_ms: i64,
    pub(super) decompressed_bytes: usize,
}

/// What the lock protects.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) sealed: Vec<Arc<Sealed>>,
    pub(super) active: Active,
    pub(super) producers: Producers,
    /// Newest time the broker put into a batch: the next one is not before it.
    pub(super) newest_stamp: i64,
    /// Bytes written since the start.
    written: u64,
    pub(super) compaction: super::compaction::State,
}

/// The segment that is written to.
#[derive(Debug)]
pub(super) struct Active {
    pub(super) base: i64,
    pub(super) path: PathBuf,
    pub(super) file: Arc<File>,
    pub(super) summary: Summary,
    /// Wall clock of the first record, in milliseconds.
    pub(super) since: i64,
}

/// Where a batch went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Appended {
    pub(crate) base: i64,
    /// The offset that must be durable before it may be acknowledged.
    pub(crate) next: i64,
    /// The time the broker put in, or -1.
    pub(crate) log_append_time: i64,
    pub(crate) log_start: i64,
}

/// Why a batch was not appended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error("the checksum is wrong or the batch incomplete")]
    Corrupt,
    #[error("{0}")]
    Invalid(&'static str),
    #[error("a batch of {bytes} bytes exceeds max.message.bytes={limit}")]
    TooLarge { bytes: usize, limit: usize },
    #[error("the embedded broker has no transactions")]
    Transactional,
    #[error("timestamps set by the broker are not the producer's to set")]
    Timestamp,
    #[error("the producer's sequence number is {0:?}")]
    Sequence(Verdict),
    #[error("the log cannot be written")]
    Storage(#[source] io::Error),
}

impl Partition {
    /// Opens or creates the partition in `dir`; a torn tail is cut.
    pub(crate) fn open(dir: PathBuf, config: &Config) -> Result<Self, Error> {
        let limits = Limits {
            producers: config.max_producers_per_partition,
            producer_expiry_ms: i64::try_from(config.producer_expiry.as_millis()).unwrap_or(i64::MAX),
            decompressed_bytes: config.max_decompressed_bytes,
        };
        let recovered = recovery::open(&dir, now())?;
        let newest_stamp = recovered.sealed.iter().map(|segment| segment.summary.newest_stamp);
        let newest_stamp = newest_stamp
            .chain([recovered.active.summary.newest_stamp])
            .max()
            .flatten();
        let end = recovered.active.summary.next;
        let log = Log {
            compaction: Default::default(),
            sealed: recovered.sealed,
            active: recovered.active,
            producers: recovered.producers,
            newest_stamp: newest_stamp.unwrap_or(i64::MIN),
            written: 0,
        };
        let commit = GroupCommit::new(config.fsync, Mark { offset: end, bytes: 0 });
        Ok(Self {
            dir,
            log: Mutex::new(log),
            upkeep: Mutex::new(()),
            commit,
            fsync: config.fsync,
            limits,
        })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Log> {
        // A panic under the lock is a bug; the log's own files decide what is true, so others may go on.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends one batch. Blocking, short: page cache only. Must run inside a tokio runtime (it starts the fsync).
    pub(crate) fn append(&self, records: &[u8], topic: &TopicConfig) -> Result<Appended, Refused> {
        let header = self.check(records, topic)?;
        let mut bytes = records.to_vec();

        let mut log = self.lock();
        if self.commit.progress().failed {
            return Err(Refused::Storage(io::Error::other(
                "an earlier write failed; restart the broker",
            )));
        }
        let log_start = log.start();
        match log.producers.judge(&header) {
            Verdict::Append => (),
            Verdict::Repeated { base, next } => {
                metrics::counter!("broker_repeated_batches_total").increment(1);
                return Ok(Appended {
                    base,
                    next,
                    log_append_time: -1,
                    log_start,
                });
            }
            verdict => return Err(Refused::Sequence(verdict)),
        }
        let now = now();
        let active = &log.active.summary;
        let full = active.size > 0 && active.size + bytes.len() as u64 > topic.segment_bytes;
        if full || log.active.is_older_than(topic.segment_ms, now) {
            self.roll(&mut log, now).map_err(storage)?;
        }

        let base = log.active.summary.next;
        batch::set_base(&mut bytes, base);
        let log_append_time = if topic.log_append_time {
            let stamp = now.max(log.newest_stamp);
            batch::set_log_append_time(&mut bytes, stamp);
            stamp
        } else {
            -1
        };
        let header = Header::read(&bytes).ok_or(Refused::Corrupt)?;
        self.write(&mut log, &bytes).map_err(Refused::Storage)?;
        if log.active.summary.size == 0 {
            log.active.since = now;
        }
        log.active.summary.add(&header);
        log.newest_stamp = log
            .newest_stamp
            .max(log.active.summary.newest_stamp.unwrap_or(i64::MIN));
        log.producers.note(&header, now);
        if log.producers.len() > self.limits.producers {
            // A tenth at once: the search for the oldest must not be made for every batch.
            let most = self.limits.producers - self.limits.producers / 10;
            log.producers
                .expire(now.saturating_sub(self.limits.producer_expiry_ms), most);
        }
        log.written += bytes.len() as u64;
        let next = header.next();
        self.commit.wrote(
            Mark {
                offset: next,
                bytes: log.written,
            },
            &log.active.file,
        );
        Ok(Appended {
            base,
            next,
            log_append_time,
            log_start,
        })
    }

    /// What can be judged without the lock.
    fn check(&self, records: &[u8], topic: &TopicConfig) -> Result<Header, Refused> {
        let header = Header::read_checked(records).ok_or(Refused::Corrupt)?;
        if header.bytes != records.len() {
            return Err(Refused::Invalid("a produce request holds one batch per partition"));
        }
        if header.bytes > topic.max_message_bytes {
            return Err(Refused::TooLarge {
                bytes: header.bytes,
                limit: topic.max_message_bytes,
            });
        }
        if header.transactional() || header.control() {
            return Err(Refused::Transactional);
        }
        if header.log_append_time() {
            return Err(Refused::Timestamp);
        }
        if header.count < 1 || header.last_delta != header.count - 1 {
            return Err(Refused::Invalid("record count and offsets of the batch differ"));
        }
        if header.producer >= 0 && (header.epoch < 0 || header.sequence < 0) {
            return Err(Refused::Invalid(
                "an idempotent batch needs an epoch and a sequence number",
            ));
        }
        if topic.compact {
            let limit = self.limits.decompressed_bytes;
            let body = record::body(&header, records, limit).map_err(|unreadable| Refused::Invalid(unreadable.0))?;
            let records = record::records(&header, &body).map_err(|unreadable| Refused::Invalid(unreadable.0))?;
            if records.iter().any(|record| record.key.is_none()) {
                return Err(Refused::Invalid("a compacted topic takes no records without a key"));
            }
        }
        Ok(header)
    }

    /// Writes at the end of the active segment, or leaves it as it was.
    fn write(&self, log: &mut Log, bytes: &[u8]) -> io::Result<()> {
        let size = log.active.summary.size;
        let Err(error) = log.active.file.write_all_at(bytes, size) else {
            return Ok(());
        };
        tracing::error!(%error, path = %log.active.path.display(), "cannot write to the log");
        if let Err(error) = log.active.file.set_len(size) {
            tracing::error!(%error, path = %log.active.path.display(), "cannot take back half a write");
            self.commit.fail();
        }
        Err(error)
    }

    /// Seals the active segment and begins the next. Afterwards all before it is durable and described by its
    /// summary, so that a start reads the new segment only.
    pub(super) fn roll(&self, log: &mut Log, now: i64) -> Result<(), Error> {
        let base = log.active.summary.next;
        if self.fsync == Fsync::Always {
            log.active.file.sync_data().at(&log.active.path)?;
        }
        log.active.summary.sealed_at = now;
        recovery::save_summary(&log.active.path, &log.active.summary)?;
        log.producers.expire(
            now.saturating_sub(self.limits.producer_expiry_ms),
            self.limits.producers,
        );
        recovery::save_producers(&self.dir, base, &log.producers)?;
        let next = Active::create(&self.dir, base)?;
        let previous = std::mem::replace(&mut log.active, next);
        log.sealed.push(Arc::new(Sealed {
            base: previous.base,
            generation: 0,
            path: previous.path,
            summary: previous.summary,
        }));
        recovery::remove_older_producers(&self.dir, base)?;
        Ok(())
    }
}

impl Log {
    /// The first offset that can be read.
    pub(super) fn start(&self) -> i64 {
        self.sealed.first().map_or(self.active.base, |segment| segment.base)
    }
}

impl Active {
    /// Begins a segment at `base`; the file is in its folder durably.
    pub(super) fn create(dir: &Path, base: i64) -> Result<Self, Error> {
        let path = dir.join(file_name(base, 0));
        let create = || {
            let file = File::options().create_new(true).read(true).write(true).open(&path)?;
            files::sync_dir(dir)?;
            Ok(file)
        };
        // Left by a roll that did not come to its end: it holds nothing.
        files::remove_if_there(&summary_path(&path)).at(&path)?;
        let file = Arc::new(create().at(&path)?);
        Ok(Self {
            base,
            path,
            file,
            summary: Summary::empty(base),
            since: 0,
        })
    }

    /// Whether it holds records and the first came more than `age` milliseconds ago.
    pub(super) fn is_older_than(&self, age: i64, now: i64) -> bool {
        self.summary.size > 0 && now.saturating_sub(self.since) > age
    }
}

fn storage(error: Error) -> Refused {
    tracing::error!(%error, "cannot begin a new segment");
    Refused::Storage(io::Error::other(error))
}

/// The wall clock in milliseconds.
pub(crate) fn now() -> i64 {
    let since_1970 = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
