//! librdkafka as the tests use it: small, synchronous, with deadlines. Panics say what was expected.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, Headers as _, Message as _, OwnedHeaders, Timestamp};
use rdkafka::producer::{BaseProducer, BaseRecord, ProducerContext};
use rdkafka::{ClientContext, Offset, TopicPartitionList};

/// How long anything may take before a test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Settings as pairs of names and values.
pub(crate) type Settings<'a> = &'a [(&'a str, &'a str)];

pub(crate) fn config(brokers: &str, settings: Settings<'_>) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", brokers)
        .set("broker.address.family", "v4");
    config
        .set("reconnect.backoff.ms", "20")
        .set("reconnect.backoff.max.ms", "500");
    for (name, value) in settings {
        config.set(*name, *value);
    }
    config
}

pub(crate) fn admin(brokers: &str) -> AdminClient<DefaultClientContext> {
    config(brokers, &[]).create().expect("an admin client")
}

pub(crate) fn options() -> AdminOptions {
    AdminOptions::new()
        .operation_timeout(Some(PATIENCE))
        .request_timeout(Some(PATIENCE))
}

/// Waits for an async admin call.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

/// Creates a topic and waits until it is there.
pub(crate) fn create(brokers: &str, topic: &str, partitions: i32, settings: Settings<'_>) {
    try_create(brokers, topic, partitions, settings).expect("the topic is created");
    let consumer = consumer(brokers, &[]);
    eventually("the new topic has its partitions", || {
        let metadata = consumer.fetch_metadata(Some(topic), PATIENCE).expect("metadata");
        let found = metadata.topics().iter().find(|found| found.name() == topic)?;
        let led = found
            .partitions()
            .iter()
            .filter(|partition| partition.leader() >= 0)
            .count();
        (found.error().is_none() && led == partitions as usize).then_some(())
    });
}

pub(crate) fn try_create(
    brokers: &str,
    topic: &str,
    partitions: i32,
    settings: Settings<'_>,
) -> Result<(), RDKafkaErrorCode> {
    let mut new = NewTopic::new(topic, partitions, TopicReplication::Fixed(1));
    for (name, value) in settings {
        new = new.set(name, value);
    }
    let results = block_on(admin(brokers).create_topics([&new], &options())).expect("an answer");
    results
        .into_iter()
        .next()
        .expect("one result")
        .map(|_| ())
        .map_err(|(_, code)| code)
}

/// Polls `look` until it gives something.
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        // A plain test thread that waits for another process.
        #[allow(clippy::disallowed_methods)]
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What became of a record: its number, and where it went or why not.
pub(crate) type Fate = (usize, Result<(i32, i64), RDKafkaErrorCode>);

/// A producer that remembers the fate of every record.
pub(crate) struct Producer {
    inner: BaseProducer<Fates>,
    fates: Arc<Mutex<Vec<Fate>>>,
    sent: usize,
}

struct Fates(Arc<Mutex<Vec<Fate>>>);

impl ClientContext for Fates {}

impl ProducerContext for Fates {
    type DeliveryOpaque = Box<usize>;

    fn delivery(&self, result: &DeliveryResult<'_>, number: Box<usize>) {
        let fate = match result {
            Ok(message) => Ok((message.partition(), message.offset())),
            Err((error, _)) => Err(error.rdkafka_error_code().expect("a code")),
        };
        self.0.lock().unwrap().push((*number, fate));
    }
}

/// What to produce.
#[derive(Clone, Debug, Default)]
pub(crate) struct Send<'a> {
    pub(crate) partition: i32,
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) value: Option<&'a [u8]>,
    pub(crate) headers: Option<OwnedHeaders>,
    pub(crate) timestamp: Option<i64>,
}

impl Producer {
    /// An idempotent producer with `acks=all`, unless `settings` say otherwise.
    pub(crate) fn new(brokers: &str, settings: Settings<'_>) -> Self {
        let fates = Arc::new(Mutex::new(Vec::new()));
        let mut config = config(brokers, &[("enable.idempotence", "true"), ("linger.ms", "2")]);
        for (name, value) in settings {
            config.set(*name, *value);
        }
        let inner = config
            .create_with_context(Fates(Arc::clone(&fates)))
            .expect("a producer");
        Self { inner, fates, sent: 0 }
    }

    /// Queues a record; returns its number.
    pub(crate) fn send(&mut self, topic: &str, send: Send<'_>) -> usize {
        let number = self.sent;
        let mut record = BaseRecord::<[u8], [u8], Box<usize>>::with_opaque_to(topic, Box::new(number));
        record = record.partition(send.partition);
        record.key = send.key;
        record.payload = send.value;
        record.timestamp = send.timestamp;
        record.headers = send.headers;
        loop {
            match self.inner.send(record) {
                Ok(()) => break,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    record = back;
                    self.inner.poll(Duration::from_millis(5));
                }
                Err((error, _)) => panic!("the producer refuses a record: {error}"),
            }
        }
        self.sent += 1;
        number
    }

    /// Serves delivery reports.
    pub(crate) fn poll(&self, wait: Duration) {
        self.inner.poll(wait);
    }

    /// How many fates are known.
    pub(crate) fn settled(&self) -> usize {
        self.fates.lock().unwrap().len()
    }

    /// Waits until all fates are known; hands them out in the order of sending.
    pub(crate) fn finish(&mut self) -> Vec<Fate> {
        let deadline = Instant::now() + PATIENCE;
        while self.settled() < self.sent {
            self.inner.poll(Duration::from_millis(10));
            assert!(
                Instant::now() < deadline,
                "{} of {} records settled",
                self.settled(),
                self.sent
            );
        }
        self.sent = 0;
        let mut fates = std::mem::take(&mut *self.fates.lock().unwrap());
        fates.sort_unstable_by_key(|(number, _)| *number);
        fates
    }

    /// Waits until all records are acknowledged; their partitions and offsets in the order of sending.
    pub(crate) fn acknowledged(&mut self) -> Vec<(i32, i64)> {
        self.finish()
            .into_iter()
            .map(|(number, fate)| fate.unwrap_or_else(|e| panic!("record {number}: {e}")))
            .collect()
    }

    /// Sends one record and waits for it.
    pub(crate) fn put(&mut self, topic: &str, key: &str, value: Option<&str>) -> i64 {
        let value = value.map(str::as_bytes);
        self.send(
            topic,
            Send {
                key: Some(key.as_bytes()),
                value,
                ..Send::default()
            },
        );
        self.acknowledged()[0].1
    }
}

/// A consumer without automatic commits.
pub(crate) fn consumer(brokers: &str, settings: Settings<'_>) -> BaseConsumer {
    let mut config = config(brokers, &[("group.id", "nobody"), ("enable.auto.commit", "false")]);
    config
        .set("auto.offset.reset", "earliest")
        .set("check.crcs", "true")
        .set("fetch.wait.max.ms", "100");
    config
        .set("session.timeout.ms", "6000")
        .set("heartbeat.interval.ms", "300");
    for (name, value) in settings {
        config.set(*name, *value);
    }
    config.create().expect("a consumer")
}

/// A consumed record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Got {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) timestamp: Timestamp,
    pub(crate) headers: Vec<(String, Option<Vec<u8>>)>,
}

/// Points a consumer at an offset of partitions `0..partitions`.
pub(crate) fn assign(consumer: &BaseConsumer, topic: &str, partitions: i32, offset: Offset) {
    let mut list = TopicPartitionList::new();
    for partition in 0..partitions {
        list.add_partition_offset(topic, partition, offset).unwrap();
    }
    consumer.assign(&list).expect("assignable");
}

/// One poll; errors of the connection are waited out.
pub(crate) fn poll(consumer: &BaseConsumer, wait: Duration) -> Option<Got> {
    let message = match consumer.poll(wait)? {
        Ok(message) => message,
        Err(error) if is_passing(&error) => return None,
        Err(error) => panic!("the consumer fails: {error}"),
    };
    let headers = message.headers().map_or_else(Vec::new, |headers| {
        let own = |header: Header<'_, &[u8]>| (header.key.to_owned(), header.value.map(<[u8]>::to_vec));
        headers.iter().map(own).collect()
    });
    Some(Got {
        partition: message.partition(),
        offset: message.offset(),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
        timestamp: message.timestamp(),
        headers,
    })
}

/// Errors that librdkafka itself goes on after.
fn is_passing(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::BrokerTransportFailure
                | RDKafkaErrorCode::AllBrokersDown
                | RDKafkaErrorCode::Resolve
                | RDKafkaErrorCode::OperationTimedOut
                | RDKafkaErrorCode::NotCoordinator
                | RDKafkaErrorCode::CoordinatorLoadInProgress
                | RDKafkaErrorCode::CoordinatorNotAvailable
        )
    )
}

/// Reads exactly `count` records.
pub(crate) fn take(consumer: &BaseConsumer, count: usize) -> Vec<Got> {
    let deadline = Instant::now() + PATIENCE;
    let mut got = Vec::new();
    while got.len() < count {
        got.extend(poll(consumer, Duration::from_millis(100)));
        assert!(Instant::now() < deadline, "read {} of {count} records", got.len());
    }
    got
}

/// Reads a topic's partitions from start to end.
pub(crate) fn read_all(brokers: &str, topic: &str, partitions: i32) -> Vec<Got> {
    let consumer = consumer(brokers, &[]);
    let mut ends = Vec::new();
    for partition in 0..partitions {
        let (start, end) = consumer
            .fetch_watermarks(topic, partition, PATIENCE)
            .expect("watermarks");
        ends.push(if start < end { end } else { 0 });
    }
    let mut list = TopicPartitionList::new();
    for partition in 0..partitions {
        list.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
    }
    consumer.assign(&list).expect("assignable");
    let mut got = Vec::new();
    let deadline = Instant::now() + PATIENCE * 4;
    // The last offset may have been compacted away: then the consumer's position says that the end is reached.
    while ends
        .iter()
        .enumerate()
        .any(|(partition, end)| position(&consumer, topic, partition as i32) < *end)
    {
        got.extend(poll(&consumer, Duration::from_millis(100)));
        assert!(
            Instant::now() < deadline,
            "read {} records of {topic}, ends {ends:?}",
            got.len()
        );
    }
    got
}

fn position(consumer: &BaseConsumer, topic: &str, partition: i32) -> i64 {
    let positions = consumer.position().expect("positions");
    match positions.find_partition(topic, partition).map(|found| found.offset()) {
        Some(Offset::Offset(offset)) => offset,
        _ => 0,
    }
}

/// The first and the next offset of a partition.
pub(crate) fn bounds(brokers: &str, topic: &str, partition: i32) -> (i64, i64) {
    consumer(brokers, &[])
        .fetch_watermarks(topic, partition, PATIENCE)
        .expect("watermarks")
}

/// The offset of the first record at or after a time.
pub(crate) fn offset_at(consumer: &BaseConsumer, topic: &str, millis: i64) -> Offset {
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, 0, Offset::Offset(millis)).unwrap();
    let found = consumer.offsets_for_times(list, PATIENCE).expect("offsets for times");
    found.elements()[0].offset()
}

/// The wall clock in milliseconds.
pub(crate) fn now() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_millis() as i64
}
