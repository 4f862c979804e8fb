//! The log on Kafka. Partitions are assigned by hand, never by a group: moving one in the middle of a dataflow could
//! not be undone, and how far we are stands with the rows, not with the broker.

mod reader;

use std::sync::{Mutex, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use parlance_schemas::record::{Heartbeat, Record, VERSION};
use parlance_schemas::topics::{self, Topic};
use parlance_service::config::KafkaConfig;
use parlance_service::kafka::{Client, TopicSpec, check_topics, consumer_settings, producer_settings};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};

use crate::error::Error;
use crate::log::{DeadLetter, Log};
use reader::KafkaReader;

/// How long one question to the broker may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// After this a heartbeat or dead letter is given up.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(10);

/// The events, verdicts and outcomes topics of an installation: one log, whose partitions are those of the first, then those of
/// the second, then those of the third.
pub(crate) struct KafkaLog {
    config: KafkaConfig,
    events: String,
    verdicts: String,
    outcomes: String,
    /// Partitions of the first two, once they were asked.
    counts: OnceLock<[u32; 2]>,
    dead_topic: String,
    producer: FutureProducer<Client>,
    /// Asks how far partitions go. Behind a lock: librdkafka answers one such question at a time.
    asker: Mutex<BaseConsumer<Client>>,
}

impl KafkaLog {
    /// Connects, and refuses topics whose records' times cannot be relied on.
    pub(crate) async fn connect(config: &KafkaConfig) -> Result<Self, Error> {
        let wanted = [
            topics::EVENTS,
            topics::VERDICTS,
            topics::OUTCOMES,
            topics::SETTINGS,
            topics::EVENTS_DEAD,
        ];
        let wanted = wanted.map(|topic| spec(&topic, &config.topic_prefix));
        check_topics(config, &wanted).await.map_err(|error| {
            if error.is_transient() {
                failed("checking the topics", &error)
            } else {
                Error::LogRefused(error.to_string())
            }
        })?;
        let producer = producer_settings(config, "pipeline", MESSAGE_TIMEOUT)
            .create_with_context(Client::new("pipeline"))
            .map_err(|error| failed("making a producer", &error))?;
        Ok(Self {
            config: config.clone(),
            events: topics::EVENTS.full_name(&config.topic_prefix),
            verdicts: topics::VERDICTS.full_name(&config.topic_prefix),
            outcomes: topics::OUTCOMES.full_name(&config.topic_prefix),
            counts: OnceLock::new(),
            dead_topic: topics::EVENTS_DEAD.full_name(&config.topic_prefix),
            producer,
            asker: Mutex::new(consumer(config)?),
        })
    }
}

/// A partition of the log, as the broker knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    /// Its number in the log.
    lane: u32,
    topic: String,
    partition: i32,
    /// True when it may be empty though the sink has progress: nothing was said of messages, or done, yet.
    may_be_new: bool,
}

impl KafkaLog {
    fn place(&self, lane: u32) -> Place {
        let [events, verdicts] = *self.counts.get().expect("partitions are counted before any is read");
        let (topic, number, may_be_new) = match lane.checked_sub(events) {
            None => (&self.events, lane, false),
            Some(number) => match number.checked_sub(verdicts) {
                None => (&self.verdicts, number, true),
                Some(number) => (&self.outcomes, number, true),
            },
        };
        Place {
            lane,
            topic: topic.clone(),
            partition: signed(number),
            may_be_new,
        }
    }

    fn count(&self, topic: &str) -> Result<u32, Error> {
        let asker = self.asker.lock().expect("asking does not panic");
        let metadata = asker
            .fetch_metadata(Some(topic), PATIENCE)
            .map_err(|error| failed("asking for the topic's partitions", &error))?;
        let count = metadata.topics().first().map_or(0, |topic| topic.partitions().len());
        if count == 0 {
            return Err(Error::LogRefused(format!("topic {topic} has no partitions")));
        }
        u32::try_from(count).map_err(|error| failed("counting the topic's partitions", &error))
    }
}

fn spec(topic: &Topic, prefix: &str) -> TopicSpec {
    TopicSpec {
        name: topic.full_name(prefix),
        partitions: topic.partitions,
        partitions_may_differ: topic.partitions_may_differ,
        settings: topic.settings(),
    }
}

fn consumer(config: &KafkaConfig) -> Result<BaseConsumer<Client>, Error> {
    consumer_settings(config, "pipeline")
        // Tells when a partition is read to its end: only then may it need a heartbeat.
        .set("enable.partition.eof", "true")
        // librdkafka demands one for any consumer; it is never joined and nothing is committed to it.
        .set("group.id", "parlance-pipeline")
        .create_with_context(Client::new("pipeline"))
        .map_err(|error| failed("making a consumer", &error))
}

fn failed(doing: &str, error: &dyn std::error::Error) -> Error {
    Error::Log {
        doing: doing.to_owned(),
        reason: error.to_string(),
    }
}

/// librdkafka counts partitions with sign.
fn signed(partition: u32) -> i32 {
    i32::try_from(partition).expect("partitions came from an i32")
}

impl Log for KafkaLog {
    type Reader = KafkaReader;

    fn partitions(&self) -> Result<u32, Error> {
        let counts = [self.count(&self.events)?, self.count(&self.verdicts)?];
        let [events, verdicts] = self.counts.get_or_init(|| counts);
        Ok(events + verdicts + self.count(&self.outcomes)?)
    }

    fn open(&self, partitions: &[u32], from: u64, progress: u64) -> Result<KafkaReader, Error> {
        let places: Vec<Place> = partitions.iter().map(|lane| self.place(*lane)).collect();
        KafkaReader::open(consumer(&self.config)?, &places, from, progress)
    }

    fn end(&self, partition: u32) -> Result<i64, Error> {
        let Place { topic, partition, .. } = self.place(partition);
        let asker = self.asker.lock().expect("asking does not panic");
        asker
            .fetch_watermarks(&topic, partition, PATIENCE)
            .map(|(_, end)| end)
            .map_err(|error| failed("asking for the log's end", &error))
    }

    fn heartbeat(&self, partition: u32, settings: i64) {
        let beat = Heartbeat { v: VERSION, settings };
        let beat = serde_json::to_vec(&Record::Heartbeat(beat)).expect("plain data serialises");
        let Place { topic, partition, .. } = self.place(partition);
        let record = FutureRecord::<(), [u8]>::to(&topic).partition(partition).payload(&beat);
        // Its delivery shows by its coming back; one that does not is written again.
        if let Err((error, _)) = self.producer.send_result(record) {
            tracing::warn!(%error, partition, "a heartbeat could not be sent");
        }
    }

    fn put_aside(&self, letter: &DeadLetter) -> Result<(), Error> {
        let Place { topic, partition, .. } = self.place(letter.partition);
        let headers = OwnedHeaders::new()
            .insert(header("topic", &topic))
            .insert(header("partition", &partition.to_string()))
            .insert(header("offset", &letter.record.offset.to_string()))
            .insert(header("log_time_ms", &letter.record.log_time.to_string()))
            .insert(header("reason", &letter.reason));
        let mut record = FutureRecord::<[u8], [u8]>::to(&self.dead_topic)
            .payload(&letter.record.payload)
            .headers(headers);
        if let Some(key) = &letter.record.key {
            record = record.key(key);
        }
        let sent = self.producer.send_result(record);
        let delivery = sent.map_err(|(error, _)| failed("putting a record aside", &error))?;
        match futures::executor::block_on(delivery) {
            Ok(Ok(_)) => Ok(()),
            Ok(Err((error, _))) => Err(failed("putting a record aside", &error)),
            Err(_) => Err(failed("putting a record aside", &KafkaError::Canceled)),
        }
    }

    fn now(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

fn header<'a>(key: &'a str, value: &'a str) -> Header<'a, &'a str> {
    Header {
        key,
        value: Some(value),
    }
}
