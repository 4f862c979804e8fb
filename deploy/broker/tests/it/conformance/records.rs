//! What is written is what is read.

use std::collections::BTreeSet;

use parlance_broker::testing::Broker;
use rdkafka::Offset;
use rdkafka::message::{Header, OwnedHeaders, Timestamp};

use super::CODECS;
use crate::client::*;

/// Key and value.
type Pair<'a> = (Option<&'a [u8]>, Option<&'a [u8]>);

#[test]
fn an_idempotent_producer_gets_gapless_offsets_in_order() {
    let broker = Broker::start();
    let (brokers, topic) = (broker.brokers(), broker.topic("idempotent"));
    create(&brokers, &topic, 3, &[]);
    let mut producer = Producer::new(&brokers, &[]);
    for number in 0..3_000 {
        let key = number.to_string();
        let send = Send {
            partition: number % 3,
            key: Some(key.as_bytes()),
            value: Some(b"v"),
            ..Send::default()
        };
        producer.send(&topic, send);
    }
    for (number, at) in producer.acknowledged().into_iter().enumerate() {
        assert_eq!(at, (number as i32 % 3, number as i64 / 3));
    }
    let got = read_all(&brokers, &topic, 3);
    assert_eq!(got.len(), 3_000);
    for record in got {
        let number = i64::from(record.partition) + 3 * record.offset;
        assert_eq!(record.key, Some(number.to_string().into_bytes()));
    }
}

#[test]
fn unacknowledged_and_leader_acknowledged_records_arrive_too() {
    let broker = Broker::start();
    let (brokers, topic) = (broker.brokers(), broker.topic("acks"));
    create(&brokers, &topic, 1, &[]);
    for acks in ["0", "1"] {
        let mut producer = Producer::new(&brokers, &[("enable.idempotence", "false"), ("acks", acks)]);
        producer.send(
            &topic,
            Send {
                value: Some(acks.as_bytes()),
                ..Send::default()
            },
        );
        producer.acknowledged();
    }
    let consumer = consumer(&brokers, &[]);
    assign(&consumer, &topic, 1, Offset::Beginning);
    let values: BTreeSet<_> = take(&consumer, 2)
        .into_iter()
        .filter_map(|record| record.value)
        .collect();
    assert_eq!(values, BTreeSet::from([b"0".to_vec(), b"1".to_vec()]));
}

#[test]
fn keys_values_headers_and_times_come_back_as_they_were() {
    let broker = Broker::start();
    let (brokers, topic) = (broker.brokers(), broker.topic("fields"));
    create(&brokers, &topic, 1, &[("retention.ms", "-1")]);
    let headers = OwnedHeaders::new()
        .insert(Header {
            key: "twice",
            value: Some("first"),
        })
        .insert(Header {
            key: "twice",
            value: Some("second"),
        })
        .insert(Header {
            key: "null",
            value: None::<&str>,
        })
        .insert(Header {
            key: "empty",
            value: Some(""),
        })
        .insert(Header {
            key: "binary",
            value: Some(&[0_u8, 255, 128]),
        });
    let expected_headers: Vec<(String, Option<Vec<u8>>)> = vec![
        ("twice".into(), Some(b"first".to_vec())),
        ("twice".into(), Some(b"second".to_vec())),
        ("null".into(), None),
        ("empty".into(), Some(vec![])),
        ("binary".into(), Some(vec![0, 255, 128])),
    ];
    let sent: [Pair<'_>; 5] = [
        (Some(b"key"), Some(b"value")),
        (None, Some(b"no key")),
        (Some(b"deleted"), None),
        (Some(b""), Some(b"")),
        (Some(&[0, 255, 1]), Some(&[0, 159, 146, 150])),
    ];
    let mut producer = Producer::new(&brokers, &[("linger.ms", "50")]);
    for (number, (key, value)) in sent.into_iter().enumerate() {
        let headers = (number == 0).then(|| headers.clone());
        let timestamp = Some(1_500_000_000_000 + number as i64);
        producer.send(
            &topic,
            Send {
                key,
                value,
                headers,
                timestamp,
                ..Send::default()
            },
        );
    }
    producer.acknowledged();
    let got = read_all(&brokers, &topic, 1);
    for (number, (key, value)) in sent.into_iter().enumerate() {
        let record = &got[number];
        assert_eq!(
            (record.key.as_deref(), record.value.as_deref()),
            (key, value),
            "record {number}"
        );
        assert_eq!(
            record.timestamp,
            Timestamp::CreateTime(1_500_000_000_000 + number as i64)
        );
        assert_eq!(
            record.headers,
            if number == 0 { expected_headers.clone() } else { vec![] }
        );
    }
}

#[test]
fn every_compression_is_served_as_it_came() {
    let broker = Broker::start();
    let brokers = broker.brokers();
    for codec in CODECS {
        let topic = broker.topic(codec);
        create(&brokers, &topic, 1, &[]);
        let mut producer = Producer::new(&brokers, &[("compression.type", codec), ("linger.ms", "50")]);
        let value = |number: i64| format!("{{\"number\":{number},\"filler\":\"{}\"}}", "abc".repeat(50));
        for number in 0..1_000 {
            producer.send(
                &topic,
                Send {
                    value: Some(value(number).as_bytes()),
                    ..Send::default()
                },
            );
        }
        producer.acknowledged();
        // The consumer checks the CRC of every batch.
        for (number, record) in read_all(&brokers, &topic, 1).into_iter().enumerate() {
            assert_eq!(record.value, Some(value(number as i64).into_bytes()), "{codec}");
        }
        let inside = consumer(&brokers, &[]);
        assign(&inside, &topic, 1, Offset::Offset(555));
        assert_eq!(take(&inside, 445)[0].offset, 555, "{codec}: from inside a batch");
    }
}
