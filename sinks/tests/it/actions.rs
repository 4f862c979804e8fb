//! On a real broker (`KAFKA_BROKERS`, else an embedded one): actions are in the topic, each under its id, in order.

use std::time::Duration;

use parlance_broker::testing::Broker;
use parlance_schemas::action::{ACTION_ID, ActionRecord, ActionWriter, Actions};
use parlance_schemas::labels::{Intent, Language, Sentiment, Urgency};
use parlance_schemas::rows::WriteError;
use parlance_schemas::settings::rules::{Action, Ticket, To};
use parlance_schemas::topics::ACTIONS;
use parlance_service::config::{KafkaConfig, Secret};
use parlance_service::kafka::{consumer_settings, ensure_topics};
use parlance_sinks::actions::{KafkaActions, Writer, topic};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Headers, Message};
use rdkafka::{Offset, TopicPartitionList};
use tokio_util::sync::CancellationToken;

use crate::server::wait;

const PATIENCE: Duration = Duration::from_secs(20);

struct Kafka {
    broker: Broker,
    config: KafkaConfig,
}

/// What lies in the topic.
#[derive(Debug, PartialEq)]
struct Lies {
    key: String,
    id: String,
    payload: String,
}

impl Kafka {
    fn on(broker: Broker) -> Self {
        let config = KafkaConfig {
            brokers: broker.brokers(),
            topic_prefix: broker.prefix().to_owned(),
            ..KafkaConfig::default()
        };
        wait(ensure_topics(&config, &[topic(&config.topic_prefix)])).unwrap();
        Self { broker, config }
    }

    fn start() -> Self {
        Self::on(Broker::start())
    }

    /// Its client's settings, changed.
    fn with(mut self, name: &str, value: &str) -> Self {
        self.config.properties.insert(name.to_owned(), Secret::new(value));
        self
    }

    fn writer(&self) -> Writer {
        self.writer_until(CancellationToken::new())
    }

    fn writer_until(&self, shutdown: CancellationToken) -> Writer {
        let actions = wait(KafkaActions::connect(&self.config, shutdown)).unwrap();
        actions.writer().unwrap()
    }

    /// Everything in the topic, by partition and in its order there.
    fn all(&self) -> Vec<Lies> {
        let mut config = self.config.clone();
        config.properties.clear();
        let consumer: BaseConsumer = consumer_settings(&config, "test").create().unwrap();
        let name = ACTIONS.full_name(&config.topic_prefix);
        let mut partitions = TopicPartitionList::new();
        let mut records = 0;
        for partition in 0..ACTIONS.partitions {
            records += consumer.fetch_watermarks(&name, partition, PATIENCE).unwrap().1;
            partitions
                .add_partition_offset(&name, partition, Offset::Beginning)
                .unwrap();
        }
        consumer.assign(&partitions).unwrap();
        let mut found = Vec::new();
        while found.len() < usize::try_from(records).unwrap() {
            let message = consumer.poll(PATIENCE).expect("the topic has more").unwrap().detach();
            let header = message.headers().unwrap().iter().next().unwrap();
            assert_eq!(header.key, ACTION_ID);
            let text = |bytes: Option<&[u8]>| String::from_utf8(bytes.unwrap().to_vec()).unwrap();
            let lies = Lies {
                key: text(message.key()),
                id: text(header.value),
                payload: text(message.payload()),
            };
            found.push((message.partition(), message.offset(), lies));
        }
        found.sort_by_key(|(partition, offset, _)| (*partition, *offset));
        found.into_iter().map(|(_, _, lies)| lies).collect()
    }

    /// The ids under a key, in their order.
    fn ids(&self, key: &str) -> Vec<String> {
        let of_key = self.all().into_iter().filter(|lies| lies.key == key);
        of_key.map(|lies| lies.id).collect()
    }
}

fn action(id: usize, action: Action) -> String {
    let record = ActionRecord {
        v: 1,
        action_id: format!("id {id}"),
        rule_id: "angry".to_owned(),
        rule_version: "9f3c".to_owned(),
        step: 0,
        action,
        reacts_to: "message".to_owned(),
        phone_number_id: "106540352242922".to_owned(),
        waba_id: "900".to_owned(),
        contact_id: "US.1".to_owned(),
        contact_name: "Zoë".to_owned(),
        group_id: String::new(),
        conversation_id: String::new(),
        message_id: "wamid.1".to_owned(),
        intent: Intent::Complaint,
        sentiment: Sentiment::Angry,
        urgency: Urgency::High,
        language: Language::De,
        entities: vec![("order".to_owned(), "12".to_owned())],
        at: 1,
        created_at: 2,
        expires_at: 3,
    };
    serde_json::to_string(&record).unwrap()
}

/// A call of another system.
fn call(id: usize) -> String {
    let destination = "shop".to_owned();
    action(id, Action::Webhook(To { destination }))
}

/// Calls of an interval, by their ids.
fn calls(through: u64, ids: impl IntoIterator<Item = usize>) -> Actions {
    Actions {
        shard: 0,
        through,
        records: ids.into_iter().map(call).collect(),
    }
}

fn named(ids: impl IntoIterator<Item = usize>) -> Vec<String> {
    ids.into_iter().map(|id| format!("id {id}")).collect()
}

#[test]
fn actions_lie_under_where_they_go_as_they_were_made() {
    let kafka = Kafka::start();
    let ticket = action(7, Action::Ticket(Ticket::default()));
    let actions = Actions {
        shard: 0,
        through: 1_000,
        records: vec![call(1), ticket.clone(), call(2)],
    };
    kafka.writer().write(&actions).unwrap();
    let all = kafka.all();
    assert_eq!(all.len(), 3);
    let own = all.iter().find(|lies| lies.key == "106540352242922").unwrap();
    assert_eq!((own.id.as_str(), &own.payload), ("id 7", &ticket));
    assert_eq!(kafka.ids("shop"), named([1, 2]));
}

#[test]
fn an_interval_that_comes_again_is_written_again_under_the_same_ids() {
    let kafka = Kafka::start();
    kafka.writer().write(&calls(1_000, 0..5)).unwrap();
    // Another process, that was told nothing of it.
    kafka.writer().write(&calls(1_000, 0..5)).unwrap();
    assert_eq!(kafka.ids("shop"), named((0..5).chain(0..5)));
}

#[test]
fn a_broker_that_goes_and_comes_back_has_all_of_them_in_order() {
    let mut kafka = Kafka::on(Broker::own());
    let mut writer = kafka.writer();
    writer.write(&calls(1_000, 0..10)).unwrap();
    kafka.broker.stop();
    let writing = std::thread::spawn(move || {
        for tick in 1..5 {
            writer
                .write(&calls(1_000 * (tick as u64 + 1), 10 * tick..10 * (tick + 1)))
                .unwrap();
        }
    });
    // Long enough for the client to fail more than once.
    std::thread::sleep(Duration::from_secs(2));
    assert!(!writing.is_finished(), "nobody acknowledged anything");
    kafka.broker.resume();
    writing.join().unwrap();
    let ids = kafka.ids("shop");
    assert_eq!(ids, named(0..50));
}

#[test]
fn more_than_the_client_holds_at_once_goes_bit_by_bit() {
    let kafka = Kafka::start().with("queue.buffering.max.messages", "10");
    kafka.writer().write(&calls(1_000, 0..205)).unwrap();
    assert_eq!(kafka.ids("shop"), named(0..205));
}

#[test]
fn a_stop_ends_the_wait_for_a_broker_that_is_away() {
    let mut kafka = Kafka::on(Broker::own());
    let shutdown = CancellationToken::new();
    let mut writer = kafka.writer_until(shutdown.clone());
    kafka.broker.stop();
    shutdown.cancel();
    let error = writer.write(&calls(1_000, 0..3)).unwrap_err();
    assert!(matches!(error, WriteError::Stopped), "{error}");
}

#[test]
fn what_kafka_takes_is_counted_as_taken_though_the_end_was_asked_for() {
    let kafka = Kafka::start();
    let shutdown = CancellationToken::new();
    let mut writer = kafka.writer_until(shutdown.clone());
    shutdown.cancel();
    writer.write(&calls(1_000, 0..3)).unwrap();
    assert_eq!(kafka.ids("shop"), named(0..3));
}

#[test]
fn what_would_never_be_taken_ends_the_writer_with_its_reason() {
    let kafka = Kafka::start().with("message.max.bytes", "1000");
    let mut writer = kafka.writer();
    let large = action(
        1,
        Action::Webhook(To {
            destination: "x".repeat(2_000),
        }),
    );
    let large = Actions {
        records: vec![large],
        ..calls(1_000, [])
    };
    let error = writer.write(&large).unwrap_err();
    assert!(
        matches!(&error, WriteError::Halt(reason) if reason.contains("too large")),
        "{error}"
    );
    let unreadable = Actions {
        records: vec![call(1), "{}".to_owned()],
        ..calls(1_000, [])
    };
    let error = writer.write(&unreadable).unwrap_err();
    assert!(
        matches!(&error, WriteError::Halt(reason) if reason.contains("cannot be read")),
        "{error}"
    );
    assert_eq!(kafka.all(), [], "nothing of either");
}

#[test]
fn a_topic_that_is_not_there_is_named() {
    let kafka = Kafka::start();
    let config = KafkaConfig {
        topic_prefix: format!("{}other.", kafka.config.topic_prefix),
        ..kafka.config.clone()
    };
    let error = wait(KafkaActions::connect(&config, CancellationToken::new()))
        .err()
        .unwrap();
    assert!(error.to_string().contains("other.actions"), "{error}");
}
