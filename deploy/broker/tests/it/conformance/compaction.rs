//! Of each key the newest record stays.

use std::collections::BTreeMap;

use parlance_broker::testing::Broker;
use rdkafka::Offset;
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
