//! On a real broker (`KAFKA_BROKERS`, else an embedded one): what is in the log becomes rows, once, over restarts.

use std::collections::BTreeSet;
use std::time::Duration;

use parlance_broker::testing::Broker;
use parlance_pipeline::testing::MemorySink;
use parlance_pipeline::{Config, Error, run};
use parlance_schemas::labels::{By, Measure};
use parlance_schemas::record::Record;
use parlance_schemas::topics::{self, Topic};
use parlance_schemas::webhook::split;
use parlance_service::config::KafkaConfig;
use parlance_service::kafka::{TopicSpec, consumer_settings, ensure_topics, producer_settings};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Headers, Message};
use rdkafka::producer::{FutureProducer, FutureRecord};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(20);

/// What the pipeline must find.
const TOPICS: [Topic; 5] = [
    topics::EVENTS,
    topics::VERDICTS,
    topics::OUTCOMES,
    topics::SETTINGS,
    topics::EVENTS_DEAD,
];

struct Kafka {
    // Ends with the test.
    _broker: Broker,
    config: KafkaConfig,
    producer: FutureProducer,
}

impl Kafka {
    async fn start() -> Self {
        let broker = Broker::start();
        let config = KafkaConfig {
            brokers: broker.brokers(),
            topic_prefix: broker.prefix().to_owned(),
            ..KafkaConfig::default()
        };
        let wanted = TOPICS.map(|topic| spec(&topic, &config));
        ensure_topics(&config, &wanted).await.unwrap();
        let producer = producer_settings(&config, "test", Duration::from_secs(10))
            .create()
            .unwrap();
        Self {
            _broker: broker,
            config,
            producer,
        }
    }

    async fn send(&self, key: &str, payload: &[u8]) {
        self.send_to(topics::EVENTS, key, payload).await;
    }

    async fn send_to(&self, topic: Topic, key: &str, payload: &[u8]) {
        let topic = topic.full_name(&self.config.topic_prefix);
        let record = FutureRecord::to(&topic).key(key).payload(payload);
        self.producer.send(record, Duration::from_secs(10)).await.unwrap();
    }

    /// Sends messages as ingest would.
    async fn send_messages(&self, ids: std::ops::Range<u32>) {
        let now = unix_seconds();
        for id in ids {
            let body = format!(
                r#"{{"object":"whatsapp_business_account","entry":[{{"id":"waba","changes":[{{"field":"messages","value":{{
                "messaging_product":"whatsapp","metadata":{{"display_phone_number":"1","phone_number_id":"pn"}},
                "messages":[{{"id":"wamid.{id}","from":"49{id}","timestamp":"{now}","type":"text","text":{{"body":"hi"}}}}]}}}}]}}]}}"#
            );
            for keyed in split(body.as_bytes(), "post", i64::from(id)).unwrap() {
                let payload = serde_json::to_vec(&Record::Update(keyed.update)).unwrap();
                self.send(&keyed.key, &payload).await;
            }
        }
    }

    fn run(&self, config: &Config, sink: &MemorySink) -> Running {
        let shutdown = CancellationToken::new();
        let (kafka, token) = (self.config.clone(), shutdown.clone());
        let run = run(config.clone(), kafka, sink.writers(), sink.progress(), token);
        Running {
            shutdown,
            run: tokio::spawn(run),
        }
    }

    fn records(&self, topic: Topic) -> i64 {
        let consumer: BaseConsumer = consumer_settings(&self.config, "test").create().unwrap();
        let name = topic.full_name(&self.config.topic_prefix);
        let end = |partition| consumer.fetch_watermarks(&name, partition, PATIENCE).unwrap().1;
        (0..topic.partitions).map(end).sum()
    }
}

fn spec(topic: &Topic, config: &KafkaConfig) -> TopicSpec {
    TopicSpec {
        name: topic.full_name(&config.topic_prefix),
        partitions: topic.partitions,
        partitions_may_differ: topic.partitions_may_differ,
        settings: topic.settings(),
    }
}

fn unix_seconds() -> u64 {
    let now = std::time::SystemTime::now();
    now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

struct Running {
    shutdown: CancellationToken,
    run: JoinHandle<Result<(), Error>>,
}

impl Running {
    async fn end(self) -> Result<(), Error> {
        self.shutdown.cancel();
        tokio::time::timeout(PATIENCE, self.run).await.unwrap().unwrap()
    }
}

fn config() -> Config {
    Config {
        workers: 2,
        shards: 2,
        progress_every: Duration::from_secs(1),
        ..Config::default()
    }
}

async fn wait_for_messages(sink: &MemorySink, count: usize) {
    let started = tokio::time::Instant::now();
    while sink.tables().messages.len() < count {
        let found = sink.tables().messages.len();
        assert!(started.elapsed() < PATIENCE, "only {found} of {count} messages arrived");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_become_rows_once_over_restarts() {
    let kafka = Kafka::start().await;
    let sink = MemorySink::new(2);
    let running = kafka.run(&config(), &sink);
    kafka.send_messages(0..50).await;
    wait_for_messages(&sink, 50).await;
    running.end().await.unwrap();
    let before = sink.tables();

    // More comes while nobody reads, some of it a second time.
    kafka.send_messages(40..100).await;
    let running = kafka.run(&config(), &sink);
    wait_for_messages(&sink, 100).await;
    kafka.send_messages(100..120).await;
    wait_for_messages(&sink, 120).await;
    running.end().await.unwrap();
    let after = sink.tables();
    for (key, row) in &before.messages {
        assert_eq!(after.messages.get(key), Some(row), "what was written stays as it was");
    }
    let ids: BTreeSet<_> = after.messages.keys().map(|(_, id)| id.clone()).collect();
    assert_eq!(ids.len(), 120);
    let counted: u64 = after.metrics_1d.values().map(|row| row.messages).sum();
    assert_eq!(counted, 120, "each is counted once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_became_of_actions_is_read_beside_messages_over_restarts() {
    let kafka = Kafka::start().await;
    let sink = MemorySink::new(2);
    let now = unix_seconds() * 1_000;
    let outcome = |id: u32| {
        let json = format!(
            r#"{{"v":1,"kind":"outcome","action_id":"a{id}","rule_id":"complaint","action":"ticket","made":"ticket",
            "state":"succeeded","attempt":1,"at":{now},"phone_number_id":"pn"}}"#
        );
        (format!("a{id}"), json)
    };
    for ids in [0..3, 2..6] {
        let running = kafka.run(&config(), &sink);
        for id in ids.clone() {
            let (key, json) = outcome(id);
            kafka.send_to(topics::OUTCOMES, &key, json.as_bytes()).await;
        }
        kafka.send_messages(ids.clone()).await;
        wait_for_messages(&sink, ids.end as usize).await;
        let started = tokio::time::Instant::now();
        while sink.tables().outcomes.len() < ids.end as usize {
            assert!(started.elapsed() < PATIENCE, "{:?}", sink.tables().outcomes);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        running.end().await.unwrap();
    }
    let tables = sink.tables();
    assert_eq!(tables.outcomes.len(), 6);
    let tickets = |by: By| -> u64 {
        let rows = tables.measures_1d.values();
        let rows = rows.filter(|row| row.measure == Measure::Tickets && row.by == by);
        rows.map(|row| row.count).sum()
    };
    assert_eq!([tickets(By::All), tickets(By::Rule)], [6, 6]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quiet_log_gets_few_heartbeats() {
    let kafka = Kafka::start().await;
    let sink = MemorySink::new(2);
    let running = kafka.run(&config(), &sink);
    kafka.send_messages(0..1).await;
    wait_for_messages(&sink, 1).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    running.end().await.unwrap();
    let heartbeats = kafka.records(topics::EVENTS) - 1;
    // One for each of the four partitions at the start, one for each because of the message.
    assert!((3..=9).contains(&heartbeats), "{heartbeats} heartbeats");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreadable_record_ends_in_its_topic_with_where_it_came_from() {
    let kafka = Kafka::start().await;
    let sink = MemorySink::new(2);
    let running = kafka.run(&config(), &sink);
    kafka.send("key", b"not json").await;
    kafka.send_messages(0..1).await;
    wait_for_messages(&sink, 1).await;
    running.end().await.unwrap();
    assert_eq!(kafka.records(topics::EVENTS_DEAD), 1);

    let consumer: BaseConsumer = consumer_settings(&kafka.config, "test")
        .set("group.id", "test")
        .create()
        .unwrap();
    let topic = topics::EVENTS_DEAD.full_name(&kafka.config.topic_prefix);
    let mut partitions = rdkafka::TopicPartitionList::new();
    partitions
        .add_partition_offset(&topic, 0, rdkafka::Offset::Beginning)
        .unwrap();
    consumer.assign(&partitions).unwrap();
    let letter = loop {
        match consumer.poll(PATIENCE) {
            Some(Ok(message)) => break message.detach(),
            Some(Err(error)) => assert!(error.rdkafka_error_code().is_some(), "{error}"),
            None => panic!("no dead letter"),
        }
    };
    assert_eq!(
        (letter.key(), letter.payload()),
        (Some(&b"key"[..]), Some(&b"not json"[..]))
    );
    let names: Vec<_> = letter
        .headers()
        .unwrap()
        .iter()
        .map(|header| header.key.to_owned())
        .collect();
    assert_eq!(names, ["topic", "partition", "offset", "log_time_ms", "reason"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_log_than_the_one_the_rows_came_from_is_refused() {
    let (kafka, other) = (Kafka::start().await, Kafka::start().await);
    let sink = MemorySink::new(2);
    let running = kafka.run(&config(), &sink);
    kafka.send_messages(0..1).await;
    wait_for_messages(&sink, 1).await;
    assert!(sink.wait_for(1, PATIENCE), "every shard has progress");
    running.end().await.unwrap();
    let error = other.run(&config(), &sink).run.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::LogRefused(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn topics_that_do_not_keep_the_brokers_time_are_refused() {
    let kafka = Kafka::start().await;
    let config = KafkaConfig {
        topic_prefix: format!("{}wrong.", kafka.config.topic_prefix),
        ..kafka.config.clone()
    };
    let mut wanted = TOPICS.map(|topic| spec(&topic, &config));
    wanted[0].settings[0].1 = "CreateTime".to_owned();
    ensure_topics(&config, &wanted).await.unwrap();
    let sink = MemorySink::new(2);
    let outcome = run(
        self::config(),
        config,
        sink.writers(),
        sink.progress(),
        CancellationToken::new(),
    )
    .await;
    let error = outcome.unwrap_err();
    assert!(error.to_string().contains("LogAppendTime"), "{error}");
}
