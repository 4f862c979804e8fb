//! Reading and writing a topic of settings on a real broker.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use parlance_broker::testing::Broker;
use parlance_service::config::KafkaConfig;
use parlance_service::kafka::settings::{Follower, ReadError, SettingRecord, Store, WriteError, Writer, follow};
use parlance_service::kafka::{TopicSpec, consumer_settings, ensure_topics, producer_settings};
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{FutureProducer, FutureRecord};

const PATIENCE: Duration = Duration::from_secs(20);
const LARGEST: usize = 1000;

/// A topic of settings on a broker.
struct Topic {
    broker: Broker,
    config: KafkaConfig,
    name: String,
}

impl Topic {
    async fn on(broker: Broker, settings: &[(&'static str, &str)]) -> Self {
        let config = KafkaConfig {
            brokers: broker.brokers(),
            ..KafkaConfig::default()
        };
        let name = broker.topic("settings");
        let topic = Self { broker, config, name };
        topic.create(settings).await;
        topic
    }

    async fn create(&self, settings: &[(&'static str, &str)]) {
        let mut all = vec![
            ("message.timestamp.type", "LogAppendTime".to_owned()),
            ("cleanup.policy", "compact".to_owned()),
        ];
        for (name, value) in settings {
            all.retain(|(set, _)| set != name);
            all.push((name, (*value).to_owned()));
        }
        let spec = TopicSpec {
            name: self.name.clone(),
            partitions: 1,
            partitions_may_differ: false,
            settings: all,
        };
        ensure_topics(&self.config, &[spec]).await.unwrap();
    }

    fn writer(&self) -> Writer {
        Writer::new(&self.config, "test-writer", &self.name, LARGEST).unwrap()
    }

    fn store(&self) -> Store {
        Store::follow(&self.config, "test-store", &self.name).unwrap()
    }

    fn follow(&self) -> (Follower, Arc<Mutex<Vec<SettingRecord>>>) {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let noting = Arc::clone(&seen);
        let on = move |record| noting.lock().unwrap().push(record);
        (follow(&self.config, "test-follower", &self.name, on).unwrap(), seen)
    }

    fn end(&self) -> i64 {
        let consumer: BaseConsumer = consumer_settings(&self.config, "test").create().unwrap();
        consumer.fetch_watermarks(&self.name, 0, PATIENCE).unwrap().1
    }
}

/// Stops it, and says that this was quick.
fn stop_quickly(follower: Follower) {
    let began = Instant::now();
    follower.stop();
    let took = began.elapsed();
    assert!(took < Duration::from_millis(500), "stopping took {took:?}");
}

#[tokio::test]
async fn what_was_put_is_read_in_order_and_at_once() {
    let topic = Topic::on(Broker::start(), &[]).await;
    let (follower, seen) = topic.follow();
    assert!(follower.wait_until_caught_up(PATIENCE).unwrap());
    assert_eq!(follower.position(), 0);
    let store = topic.store();
    let writer = topic.writer().read_back_by(store.follower());

    assert_eq!(writer.put("a", Some(b"1")).await.unwrap(), 0);
    assert_eq!(&*store.get("a").unwrap().value, b"1");
    writer.put("b", Some(b"2")).await.unwrap();
    assert_eq!(writer.put("a", Some(b"3")).await.unwrap(), 2);
    let current = store.get("a").unwrap();
    assert_eq!((current.offset, &*current.value), (2, b"3".as_slice()));
    assert_eq!(writer.put("b", None).await.unwrap(), 3);
    assert_eq!(store.get("b"), None);
    // No value is not the same as one without bytes.
    writer.put("c", Some(b"")).await.unwrap();
    assert!(store.get("c").unwrap().value.is_empty());
    let keys: Vec<_> = store.all().into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["a", "c"]);

    assert!(follower.wait_until(5, PATIENCE).unwrap());
    assert_eq!(follower.position(), 5);
    assert!(!follower.wait_until(6, Duration::from_millis(20)).unwrap());
    let records = seen.lock().unwrap().clone();
    let read: Vec<_> = records
        .iter()
        .map(|record| (record.offset, record.key.as_str(), record.value.as_deref()))
        .collect();
    let put: [(i64, &str, Option<&[u8]>); 5] = [
        (0, "a", Some(b"1")),
        (1, "b", Some(b"2")),
        (2, "a", Some(b"3")),
        (3, "b", None),
        (4, "c", Some(b"")),
    ];
    assert_eq!(read, put);
    assert!(records.is_sorted_by_key(|record| record.log_time));
    assert!(records[0].log_time > 1_500_000_000_000, "{}", records[0].log_time);
    stop_quickly(follower);
}

#[tokio::test]
async fn offsets_that_compaction_removed_count_as_read() {
    let settings = [
        ("segment.ms", "100"),
        ("min.cleanable.dirty.ratio", "0.01"),
        ("max.compaction.lag.ms", "200"),
        ("delete.retention.ms", "0"),
    ];
    // On a cluster of others nobody knows when compaction comes.
    let topic = Topic::on(Broker::own(), &settings).await;
    let writer = topic.writer();
    writer.put("kept", Some(b"0")).await.unwrap();
    for value in 0..100_u32 {
        let value = value.to_string();
        writer.put("key", Some(value.as_bytes())).await.unwrap();
    }
    // At the end stands a record that compaction may remove altogether.
    writer.put("key", None).await.unwrap();
    let end = topic.end();
    assert_eq!(end, 102);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let (follower, seen) = topic.follow();
        assert!(
            follower.wait_until(end, PATIENCE).unwrap(),
            "at {}",
            follower.position()
        );
        assert!(follower.wait_until_caught_up(PATIENCE).unwrap());
        assert_eq!(follower.position(), end);
        let seen: Vec<_> = seen.lock().unwrap().iter().map(|record| record.offset).collect();
        assert_eq!(seen[0], 0, "the newest value of a key stays");
        if seen.len() <= 2 {
            break;
        }
        assert!(Instant::now() < deadline, "{} records are left uncompacted", seen.len());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let store = topic.store();
    assert!(store.follower().wait_until(end, PATIENCE).unwrap());
    assert_eq!(store.all().len(), 1);
}

#[tokio::test]
async fn a_value_too_large_is_refused_and_not_written() {
    let topic = Topic::on(Broker::start(), &[]).await;
    let writer = topic.writer();
    let error = writer.put("a", Some(&[b'x'; LARGEST + 1])).await.unwrap_err();
    assert!(
        matches!(
            &error,
            WriteError::TooLarge {
                bytes: 1001,
                most: 1000,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(topic.end(), 0);
    writer.put("a", Some(&[b'x'; LARGEST])).await.unwrap();
}

#[tokio::test]
async fn a_broker_that_goes_and_comes_back_is_waited_for() {
    let mut topic = Topic::on(Broker::own(), &[]).await;
    let store = topic.store();
    let writer = topic.writer().read_back_by(store.follower());
    writer.put("a", Some(b"1")).await.unwrap();

    topic.broker.stop();
    // One that begins when nobody is there, too.
    let (late, seen) = topic.follow();
    assert!(!late.wait_until(1, Duration::from_millis(300)).unwrap());
    assert!(!late.caught_up());
    assert!(store.get("a").is_some(), "what was read stays known");
    topic.broker.resume();

    writer.put("a", Some(b"2")).await.unwrap();
    assert_eq!(&*store.get("a").unwrap().value, b"2");
    assert!(late.wait_until(2, PATIENCE).unwrap());
    assert_eq!(seen.lock().unwrap().len(), 2);
    topic.broker.restart();
    writer.put("a", Some(b"3")).await.unwrap();
    assert_eq!(&*store.get("a").unwrap().value, b"3");
    stop_quickly(late);
}

#[tokio::test]
async fn stopping_is_quick_even_when_no_broker_is_there() {
    let config = KafkaConfig {
        brokers: "127.0.0.1:1".to_owned(),
        ..KafkaConfig::default()
    };
    let follower = follow(&config, "test", "settings", |_| ()).unwrap();
    assert!(!follower.wait_until_caught_up(Duration::from_millis(300)).unwrap());
    stop_quickly(follower);
}

#[tokio::test]
async fn a_topic_that_does_not_exist_yet_is_waited_for() {
    let broker = Broker::start();
    let config = KafkaConfig {
        brokers: broker.brokers(),
        ..KafkaConfig::default()
    };
    let name = broker.topic("settings");
    let topic = Topic { broker, config, name };
    let store = topic.store();
    assert!(
        !store
            .follower()
            .wait_until_caught_up(Duration::from_millis(500))
            .unwrap()
    );
    topic.create(&[]).await;
    let writer = topic.writer().read_back_by(store.follower());
    writer.put("a", Some(b"1")).await.unwrap();
    assert!(store.get("a").is_some());
}

#[tokio::test]
async fn times_that_senders_chose_end_it_and_everyone_who_waits_is_told() {
    let topic = Topic::on(Broker::start(), &[("message.timestamp.type", "CreateTime")]).await;
    let store = topic.store();
    let writer = topic.writer().read_back_by(store.follower());
    let error = writer.put("a", Some(b"1")).await.unwrap_err();
    assert!(
        matches!(
            &error,
            WriteError::Unread { offset: 0, source, .. } if matches!(**source, ReadError::SendersTime { .. })
        ),
        "{error}"
    );
    let error = store.follower().wait_until(1, PATIENCE).unwrap_err();
    assert!(matches!(&error, ReadError::SendersTime { offset: 0, .. }), "{error}");
}

#[tokio::test]
async fn a_topic_made_anew_is_not_taken_for_the_old_one() {
    let topic = Topic::on(Broker::own(), &[]).await;
    let (follower, _) = topic.follow();
    for value in [b"1", b"2", b"3"] {
        topic.writer().put("a", Some(value)).await.unwrap();
    }
    assert!(follower.wait_until(3, PATIENCE).unwrap());
    let admin: AdminClient<_> = consumer_settings(&topic.config, "test").create().unwrap();
    let deleted = admin.delete_topics(&[&topic.name], &AdminOptions::new()).await.unwrap();
    assert!(deleted[0].is_ok());
    topic.create(&[]).await;
    topic.writer().put("a", Some(b"4")).await.unwrap();
    let error = follower.wait_until(4, PATIENCE).unwrap_err();
    assert!(matches!(&error, ReadError::Gone { next: 3, .. }), "{error}");
    assert!(follower.wait_until(3, PATIENCE).unwrap(), "what was read was read");
}

#[tokio::test]
async fn what_panics_while_it_takes_a_record_ends_the_waiting() {
    let topic = Topic::on(Broker::start(), &[]).await;
    let follower = follow(&topic.config, "test", &topic.name, |_| panic!("on purpose")).unwrap();
    topic.writer().put("a", Some(b"1")).await.unwrap();
    let error = follower.wait_until(1, PATIENCE).unwrap_err();
    assert!(matches!(error, ReadError::Stopped), "{error}");
    stop_quickly(follower);
}

#[tokio::test]
async fn keys_that_are_no_text_are_passed_over() {
    let topic = Topic::on(Broker::start(), &[]).await;
    let producer: FutureProducer = producer_settings(&topic.config, "test", PATIENCE).create().unwrap();
    let record = FutureRecord::to(&topic.name).key(&[0xFF_u8][..]).payload("x");
    producer.send(record, PATIENCE).await.unwrap();
    topic.writer().put("a", Some(b"1")).await.unwrap();
    let (follower, seen) = topic.follow();
    assert!(follower.wait_until(2, PATIENCE).unwrap());
    assert_eq!(seen.lock().unwrap().len(), 1);
}
