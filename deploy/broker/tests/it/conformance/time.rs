//! Timestamps, and offsets found by them.

use parlance_broker::testing::Broker;
use rdkafka::Offset;
use rdkafka::message::Timestamp;

use super::CODECS;
use crate::client::*;

#[test]
fn log_append_time_is_the_brokers_clock_and_never_steps_back() {
    let broker = Broker::start();
    let (brokers, topic) = (broker.brokers(), broker.topic("logtime"));
    create(&brokers, &topic, 1, &[("message.timestamp.type", "LogAppendTime")]);
    let before = now();
    for codec in CODECS {
        let mut producer = Producer::new(&brokers, &[("compression.type", codec)]);
        for _ in 0..20 {
            // What the producer says about the time must not matter.
            let send = Send {
                value: Some(&[b'x'; 100]),
                timestamp: Some(1_000),
                ..Send::default()
            };
            producer.send(&topic, send);
        }
        producer.acknowledged();
    }
    let after = now();
    let times: Vec<i64> = read_all(&brokers, &topic, 1)
        .into_iter()
        .map(|record| match record.timestamp {
            Timestamp::LogAppendTime(millis) => millis,
            other => panic!("not the broker's time: {other:?}"),
        })
        .collect();
    assert_eq!(times.len(), 100);
    assert!(times.is_sorted(), "{times:?}");
    assert!(
        times.iter().all(|time| (before..=after).contains(time)),
        "{before} {times:?} {after}"
    );

    let consumer = consumer(&brokers, &[]);
    for time in [times[0], times[50], times[99]] {
        let first = times.iter().position(|found| *found >= time).unwrap();
        assert_eq!(offset_at(&consumer, &topic, time), Offset::Offset(first as i64));
    }
}

#[test]
fn offsets_by_time_are_exact_to_the_record() {
    let broker = Broker::start();
    let brokers = broker.brokers();
    let start = now() - 1_000_000;
    for codec in CODECS {
        let topic = broker.topic(&format!("times-{codec}"));
        create(&brokers, &topic, 1, &[("segment.bytes", "1048576")]);
        let mut producer = Producer::new(&brokers, &[("compression.type", codec), ("linger.ms", "100")]);
        for number in 0..500 {
            let send = Send {
                value: Some(&[b'x'; 100]),
                timestamp: Some(start + number * 10),
                ..Send::default()
            };
            producer.send(&topic, send);
        }
        producer.acknowledged();
        let consumer = consumer(&brokers, &[]);
        for (time, offset) in [
            (start - 5, 0),
            (start, 0),
            (start + 1, 1),
            (start + 2_345, 235),
            (start + 4_990, 499),
        ] {
            assert_eq!(
                offset_at(&consumer, &topic, time),
                Offset::Offset(offset),
                "{codec}, {}",
                time - start
            );
        }
        assert_eq!(offset_at(&consumer, &topic, start + 4_991), Offset::End, "{codec}");
        assert_eq!(bounds(&brokers, &topic, 0), (0, 500));
    }
}
