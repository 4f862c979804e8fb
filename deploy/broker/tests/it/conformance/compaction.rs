//! Of each key the newest record stays.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use parlance_broker::testing::Broker;
use rdkafka::Offset;
use rdkafka::admin::{AlterConfig, ResourceSpecifier};
use rdkafka::error::RDKafkaErrorCode;

use super::CODECS;
use crate::client::*;

#[test]
fn compaction_keeps_the_newest_of_each_key_at_its_offset() {
    let broker = Broker::start();
    let brokers = broker.brokers();
    for codec in CODECS {
        let topic = broker.topic(&format!("compact-{codec}"));
        let settings = [
            ("cleanup.policy", "compact"),
            ("segment.ms", "300"),
            ("min.cleanable.dirty.ratio", "0.01"),
            ("min.compaction.lag.ms", "0"),
            ("max.compaction.lag.ms", "500"),
            ("delete.retention.ms", "500"),
        ];
        create(&brokers, &topic, 1, &settings);
        let mut producer = Producer::new(&brokers, &[("compression.type", codec), ("linger.ms", "20")]);
        let mut expected = BTreeMap::new();
        for round in 0..5 {
            for key in 0..50 {
                let (key, value) = (format!("key-{key}"), format!("round {round} {}", "x".repeat(40)));
                let send = Send {
                    key: Some(key.as_bytes()),
                    value: Some(value.as_bytes()),
                    ..Send::default()
                };
                expected.insert(key.clone(), (producer.send(&topic, send) as i64, value));
            }
        }
        for key in 0..10 {
            let key = format!("key-{key}");
            expected.remove(&key);
            producer.send(
                &topic,
                Send {
                    key: Some(key.as_bytes()),
                    ..Send::default()
                },
            );
        }
        producer.acknowledged();
        eventually("of each key only the newest is left, and no tombstone", || {
            // Kafka seals a segment only when something is written.
            producer.put(&topic, "tick", Some("tock"));
            let left: Vec<_> = read_all(&brokers, &topic, 1)
                .into_iter()
                .filter(|r| r.key.as_deref() != Some(b"tick"))
                .collect();
            let text = |bytes: &Option<Vec<u8>>| bytes.as_ref().map(|bytes| String::from_utf8(bytes.clone()).unwrap());
            let mut newest = BTreeMap::new();
            for record in &left {
                newest.insert(text(&record.key).unwrap(), (record.offset, text(&record.value)));
            }
            newest.retain(|_, (_, value)| value.is_some());
            let expected: BTreeMap<_, _> = expected
                .iter()
                .map(|(key, (offset, value))| (key.clone(), (*offset, Some(value.clone()))))
                .collect();
            assert_eq!(
                newest, expected,
                "{codec}: at every moment the newest values are there, where they were written"
            );
            (left.len() == expected.len()).then_some(())
        });
        assert_eq!(bounds(&brokers, &topic, 0).0, 0, "the log still starts at 0");
        let from_start = consumer(&brokers, &[("auto.offset.reset", "error")]);
        assign(&from_start, &topic, 1, Offset::Offset(0));
        take(&from_start, expected.len());

        producer.send(
            &topic,
            Send {
                value: Some(b"no key"),
                ..Send::default()
            },
        );
        assert_eq!(producer.finish()[0].1, Err(RDKafkaErrorCode::InvalidRecord), "{codec}");
    }
}

#[test]
fn nothing_is_compacted_before_its_time() {
    let broker = Broker::start();
    let brokers = broker.brokers();
    let topic = broker.topic("compact-later");
    let settings = [
        ("cleanup.policy", "compact"),
        ("segment.ms", "100"),
        ("min.cleanable.dirty.ratio", "0.01"),
        ("min.compaction.lag.ms", "600000"),
    ];
    create(&brokers, &topic, 1, &settings);
    let mut producer = Producer::new(&brokers, &[]);
    for value in 0..20 {
        producer.put(&topic, "key", Some(&value.to_string()));
        pause(Duration::from_millis(20));
    }
    // A second in which compaction without that setting has long begun.
    let settled = Instant::now() + Duration::from_secs(if broker.is_embedded() { 1 } else { 20 });
    while Instant::now() < settled {
        producer.put(&topic, "tick", Some("tock"));
        pause(Duration::from_millis(100));
    }
    let of_key = || {
        let read = read_all(&brokers, &topic, 1).into_iter();
        read.filter(|record| record.key.as_deref() == Some(b"key")).count()
    };
    assert_eq!(of_key(), 20);
    let now = AlterConfig::new(ResourceSpecifier::Topic(&topic))
        .set("cleanup.policy", "compact")
        .set("segment.ms", "100")
        .set("min.cleanable.dirty.ratio", "0.01");
    let altered = block_on(admin(&brokers).alter_configs(&[now], &options()));
    assert!(altered.unwrap()[0].is_ok());
    eventually("without the setting only the newest is left", || {
        producer.put(&topic, "tick", Some("tock"));
        (of_key() == 1).then_some(())
    });
}

#[test]
fn the_last_record_stays_even_when_it_deletes_its_key() {
    // Only the embedded broker seals a segment to which nothing is written.
    let broker = Broker::own();
    let brokers = broker.brokers();
    let topic = broker.topic("compact-end");
    let settings = [
        ("cleanup.policy", "compact"),
        ("segment.ms", "100"),
        ("min.cleanable.dirty.ratio", "0.01"),
        ("max.compaction.lag.ms", "200"),
        ("delete.retention.ms", "0"),
    ];
    create(&brokers, &topic, 1, &settings);
    let mut producer = Producer::new(&brokers, &[]);
    let left = || -> Vec<_> {
        read_all(&brokers, &topic, 1)
            .iter()
            .map(|record| record.offset)
            .collect()
    };
    producer.put(&topic, "key", Some("value"));
    producer.put(&topic, "key", None);
    eventually("of two records the one at the end is left", || {
        (left() == [1]).then_some(())
    });
    pause(Duration::from_secs(1));
    assert_eq!(left(), [1], "it still is");
    producer.put(&topic, "other", Some("value"));
    eventually("the deletion goes when something follows it", || {
        (left() == [2]).then_some(())
    });
}

#[expect(clippy::disallowed_methods, reason = "a plain test thread that waits for the broker")]
fn pause(span: Duration) {
    std::thread::sleep(span);
}
