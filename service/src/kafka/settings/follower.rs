//! Reading the topic from its beginning, for as long as the process runs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message, Timestamp};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::RDKafkaErrorCode;
use tokio::sync::Notify;

use super::{ReadError, SettingRecord};
use crate::config::KafkaConfig;
use crate::kafka::{Client, consumer_settings};

/// The topic's one partition: with more there would be no order between keys, and no position that is one number.
const PARTITION: i32 = 0;

/// How long the thread sleeps when nothing comes: stopping takes this long.
const TICK: Duration = Duration::from_millis(50);

/// How long the broker may take to say where the topic begins. Asked only of a broker that has just answered.
const PATIENCE: Duration = Duration::from_millis(200);

/// How much is fetched ahead, in KiB: a few of the largest values.
const FETCHED_AHEAD_KIB: u32 = 8 * 1024;

/// A topic that is being read. Dropping it stops that: at once, and what it calls is not called again afterwards.
pub struct Follower {
    progress: Arc<Progress>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// How far a follower is; shared with those who wait for it.
#[derive(Default)]
pub(super) struct Progress {
    state: Mutex<State>,
    changed: Condvar,
    /// The same for those who wait in a runtime.
    changed_async: Notify,
}

#[derive(Default)]
struct State {
    /// The next offset to be read.
    position: i64,
    caught_up: bool,
    ended: Option<ReadError>,
}

/// Reads the topic (`topic`: its full name) from its beginning and keeps reading, on a thread of its own: `on` gets
/// each record, in order. A record whose key is missing or no text is logged and passed over.
///
/// `client` names the client on the broker (`parlance-<client>`) and labels its metrics, so it is one of its own:
/// `pipeline-settings`, say.
///
/// Needs no broker to begin. While none is reachable, or the topic is missing, it waits and says so in the log once.
///
/// # Errors
/// [`ReadError::Client`] and [`ReadError::Thread`]; what goes wrong later, [`Follower::wait_until`] says.
pub fn follow(
    config: &KafkaConfig,
    client: &'static str,
    topic: &str,
    on: impl FnMut(SettingRecord) + Send + 'static,
) -> Result<Follower, ReadError> {
    let consumer: BaseConsumer<Client> = consumer_settings(config, client)
        .set("enable.partition.eof", "true")
        .set("queued.max.messages.kbytes", FETCHED_AHEAD_KIB.to_string())
        .create_with_context(Client::new(client))
        .map_err(ReadError::Client)?;
    let mut assignment = TopicPartitionList::new();
    assignment
        .add_partition_offset(topic, PARTITION, Offset::Beginning)
        .map_err(ReadError::Client)?;
    consumer.assign(&assignment).map_err(ReadError::Client)?;
    let progress = Arc::new(Progress::default());
    let stop = Arc::new(AtomicBool::new(false));
    let mut reading = Reading {
        consumer,
        topic: topic.to_owned(),
        on,
        progress: Arc::clone(&progress),
        stop: Arc::clone(&stop),
        at_end: false,
        troubled: false,
    };
    let thread = std::thread::Builder::new()
        .name(format!("{client}-follow"))
        .spawn(move || {
            // Says that nobody reads any more even when `on` panics.
            let _end = End(Arc::clone(&reading.progress));
            if let Err(error) = reading.run() {
                tracing::error!(%error, "settings are read no more");
                reading.progress.end(error);
            }
        })
        .map_err(|error| ReadError::Thread(error.to_string()))?;
    Ok(Follower {
        progress,
        stop,
        thread: Some(thread),
    })
}

impl Follower {
    /// The next offset to be read: `on` has returned from every record before it. Offsets that compaction has removed
    /// count as read. 0 at first.
    pub fn position(&self) -> i64 {
        self.progress.lock().position
    }

    /// Whether everything that was in the topic when reading began has been read.
    pub fn caught_up(&self) -> bool {
        self.progress.lock().caught_up
    }

    /// Waits until every offset before `position` has been read, at most so long; false when it was not by then.
    /// Blocks its thread: async code has [`Writer::put`](super::Writer::put), which waits by itself.
    ///
    /// # Errors
    /// Why the topic is no longer read; then no wait will ever end well.
    pub fn wait_until(&self, position: i64, at_most: Duration) -> Result<bool, ReadError> {
        self.progress.wait(at_most, |state| state.position >= position)
    }

    /// Waits until [`Follower::caught_up`], at most so long; false when it was not by then. Blocks its thread.
    ///
    /// # Errors
    /// As [`Follower::wait_until`].
    pub fn wait_until_caught_up(&self, at_most: Duration) -> Result<bool, ReadError> {
        self.progress.wait(at_most, |state| state.caught_up)
    }

    /// Stops reading; returns when the thread has ended, after 100 ms or so. As dropping it does.
    pub fn stop(self) {}

    pub(super) fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that read settings panicked");
        }
    }
}

impl Progress {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_all();
        self.changed_async.notify_waiters();
    }

    /// The first reason stays.
    fn end(&self, reason: ReadError) {
        self.change(|state| {
            state.ended.get_or_insert(reason);
        });
    }

    fn wait(&self, at_most: Duration, enough: impl Fn(&State) -> bool) -> Result<bool, ReadError> {
        let deadline = Instant::now() + at_most;
        let mut state = self.lock();
        loop {
            if let Some(answer) = judge(&state, &enough) {
                return answer.map(|()| true);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(false);
            }
            let woken = self.changed.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits, in a runtime, until every offset before `position` has been read.
    pub(super) async fn read_to(&self, position: i64) -> Result<(), ReadError> {
        loop {
            let changed = self.changed_async.notified();
            tokio::pin!(changed);
            // From here on no change is missed.
            changed.as_mut().enable();
            if let Some(answer) = judge(&self.lock(), |state| state.position >= position) {
                return answer;
            }
            changed.await;
        }
    }
}

/// What has been reached stays reached, though reading has ended since.
fn judge(state: &State, enough: impl Fn(&State) -> bool) -> Option<Result<(), ReadError>> {
    if enough(state) {
        return Some(Ok(()));
    }
    state.ended.clone().map(Err)
}

struct End(Arc<Progress>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.end(ReadError::Stopped);
    }
}

struct Reading<F> {
    consumer: BaseConsumer<Client>,
    topic: String,
    on: F,
    progress: Arc<Progress>,
    stop: Arc<AtomicBool>,
    /// The end has been reached at least once.
    at_end: bool,
    /// The trouble has been said and is not over.
    troubled: bool,
}

impl<F: FnMut(SettingRecord)> Reading<F> {
    fn run(&mut self) -> Result<(), ReadError> {
        while !self.stop.load(Ordering::Acquire) {
            match self.consumer.poll(TICK) {
                None => {}
                Some(Ok(message)) => {
                    let (offset, record) = (message.offset(), record(&message, &self.topic)?);
                    self.troubled = false;
                    if let Some(record) = record {
                        (self.on)(record);
                    }
                    self.progress.change(|state| state.position = offset + 1);
                }
                Some(Err(KafkaError::PartitionEOF(_))) => self.reached_the_end(),
                Some(Err(error)) => self.failed(error)?,
            }
            if self.at_end && !self.progress.lock().caught_up {
                self.count_what_is_gone();
            }
        }
        Ok(())
    }

    fn reached_the_end(&mut self) {
        self.at_end = true;
        self.troubled = false;
        // The client passes over control records by itself; its own position knows of them.
        let positions = self.consumer.position().ok();
        let found = positions
            .as_ref()
            .and_then(|all| all.find_partition(&self.topic, PARTITION));
        if let Some(Offset::Offset(position)) = found.map(|found| found.offset()) {
            self.progress
                .change(|state| state.position = state.position.max(position));
        }
    }

    /// A topic may have an end and no records: then only where it begins says how much of it is gone.
    fn count_what_is_gone(&self) {
        match self.consumer.fetch_watermarks(&self.topic, PARTITION, PATIENCE) {
            Ok((start, _)) => self.progress.change(|state| {
                state.position = state.position.max(start);
                state.caught_up = true;
            }),
            // Asked again in the next round.
            Err(error) => tracing::debug!(%error, topic = self.topic, "the broker does not say where the topic begins"),
        }
    }

    /// The client mends all but a few errors by itself, and reports them again and again meanwhile.
    fn failed(&mut self, error: KafkaError) -> Result<(), ReadError> {
        let topic = || self.topic.clone();
        if let KafkaError::MessageConsumptionFatal(_) = error {
            return Err(ReadError::Fatal {
                topic: topic(),
                source: error,
            });
        }
        if let Some(RDKafkaErrorCode::OffsetOutOfRange | RDKafkaErrorCode::AutoOffsetReset) = error.rdkafka_error_code()
        {
            return Err(ReadError::Gone {
                topic: topic(),
                next: self.progress.lock().position,
            });
        }
        if !self.troubled {
            tracing::warn!(%error, topic = self.topic, "settings cannot be read now; reading goes on when they can");
            self.troubled = true;
        }
        Ok(())
    }
}

/// The record; nothing when its key is missing or no text.
fn record(message: &BorrowedMessage<'_>, topic: &str) -> Result<Option<SettingRecord>, ReadError> {
    let offset = message.offset();
    let Timestamp::LogAppendTime(log_time) = message.timestamp() else {
        return Err(ReadError::SendersTime {
            topic: topic.to_owned(),
            offset,
        });
    };
    let Some(key) = message.key().and_then(|key| std::str::from_utf8(key).ok()) else {
        tracing::warn!(topic, offset, "a record whose key is missing or no text is passed over");
        return Ok(None);
    };
    Ok(Some(SettingRecord {
        offset,
        log_time: u64::try_from(log_time).unwrap_or(0),
        key: key.to_owned(),
        value: message.payload().map(<[u8]>::to_vec),
    }))
}
