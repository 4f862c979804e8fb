//! What outlives a restart. The embedded broker only: nobody may restart a borrowed Kafka.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use parlance_broker::testing::Broker;
use rdkafka::consumer::{CommitMode, Consumer as _};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::message::Timestamp;
use rdkafka::producer::Producer as _;
use rdkafka::{Offset, TopicPartitionList};

use crate::client::*;

#[test]
fn records_settings_and_offsets_outlive_a_restart() {
    let mut broker = Broker::own();
    let (brokers, topic) = (broker.brokers(), broker.topic("kept"));
    create(
        &brokers,
        &topic,
        2,
        &[("segment.bytes", "20000"), ("message.timestamp.type", "LogAppendTime")],
    );
    let mut producer = Producer::new(&brokers, &[]);
    let mut write = |numbers: std::ops::Range<usize>| {
        for number in numbers {
            let value = format!("{number} {}", "x".repeat(200));
            let send = Send {
                partition: number as i32 % 2,
                value: Some(value.as_bytes()),
                ..Send::default()
            };
            producer.send(&topic, send);
            if number % 20 == 0 {
                producer.acknowledged();
            }
        }
        producer.acknowledged();
    };
    write(0..1_000);
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(&topic, 1, Offset::Offset(77)).unwrap();
    consumer(&brokers, &[("group.id", "keeper")])
        .commit(&list, CommitMode::Sync)
        .unwrap();
    let before = read_all(&brokers, &topic, 2);

    for _ in 0..3 {
        broker.restart();
    }
    let after = read_all(&brokers, &topic, 2);
    let key = |record: &Got| (record.partition, record.offset);
    let sorted = |mut records: Vec<Got>| {
        records.sort_by_key(key);
        records
    };
    assert_eq!(sorted(before), sorted(after.clone()));
    let keeper = consumer(&brokers, &[("group.id", "keeper")]);
    let mut list = TopicPartitionList::new();
    list.add_partition(&topic, 1);
    assert_eq!(
        keeper.committed_offsets(list, PATIENCE).unwrap().elements()[0].offset(),
        Offset::Offset(77)
    );

    // The same producer goes on with its sequence numbers, and time goes on from the newest stamp.
    write(1_000..1_100);
    let last = after
        .iter()
        .map(|record| record.timestamp.to_millis().unwrap())
        .max()
        .unwrap();
    let all = read_all(&brokers, &topic, 2);
    assert_eq!(all.len(), 1_100);
    let new = all.iter().filter(|record| record.offset >= 500);
    assert!(
        new.clone().count() == 100
            && new
                .clone()
                .all(|record| record.timestamp >= Timestamp::LogAppendTime(last))
    );
}

#[test]
fn clients_live_through_restarts() {
    let mut broker = Broker::own();
    let (brokers, topic) = (broker.brokers(), broker.topic("live"));
    create(&brokers, &topic, 2, &[]);
    let mut producer = Producer::new(&brokers, &[]);
    let member = consumer(&brokers, &[("group.id", "survivors")]);
    member.subscribe(&[&topic]).unwrap();
    let mut sent = 0;
    let mut seen = BTreeSet::new();
    for _ in 0..3 {
        let until = Instant::now() + Duration::from_secs(1);
        while Instant::now() < until {
            let value = sent.to_string();
            producer.send(
                &topic,
                Send {
                    partition: sent % 2,
                    value: Some(value.as_bytes()),
                    ..Send::default()
                },
            );
            sent += 1;
            seen.extend(poll(&member, Duration::from_millis(2)).and_then(|got| got.value));
            producer.poll(Duration::ZERO);
        }
        broker.restart();
    }
    producer.acknowledged();
    eventually("the group has rejoined and read everything", || {
        while let Some(got) = poll(&member, Duration::from_millis(50)) {
            seen.extend(got.value);
        }
        (seen.len() == sent as usize).then_some(())
    });
    assert_eq!(
        read_all(&brokers, &topic, 2).len(),
        sent as usize,
        "nothing is stored twice"
    );
}

#[test]
fn retention_drops_old_segments_and_says_where_the_log_starts() {
    let broker = Broker::own_with(|config| config.retention_interval = Duration::from_millis(100));
    let brokers = broker.brokers();
    let by_size = broker.topic("size");
    create(
        &brokers,
        &by_size,
        1,
        &[
            ("segment.bytes", "10000"),
            ("retention.bytes", "30000"),
            ("retention.ms", "-1"),
        ],
    );
    let mut producer = Producer::new(&brokers, &[("linger.ms", "0")]);
    for _ in 0..200 {
        producer.send(
            &by_size,
            Send {
                value: Some(&[b'x'; 1_000]),
                ..Send::default()
            },
        );
        producer.acknowledged();
    }
    let start = eventually("old segments have gone", || {
        let (start, end) = bounds(&brokers, &by_size, 0);
        assert_eq!(end, 200);
        // Four segments of nine records each; the next one to go would be too much.
        (end - start <= 37).then_some(start)
    });
    assert!(
        200 - start >= 25,
        "what retention.bytes promises is kept, but the log starts at {start}"
    );
    let got = read_all(&brokers, &by_size, 1);
    assert_eq!((got[0].offset, got.len() as i64), (start, 200 - start));
    let reset = consumer(&brokers, &[]);
    assign(&reset, &by_size, 1, Offset::Offset(0));
    assert_eq!(
        take(&reset, 1)[0].offset,
        start,
        "an offset that has gone is out of range"
    );

    let by_time = broker.topic("time");
    create(&brokers, &by_time, 1, &[("retention.ms", "60000")]);
    producer.send(
        &by_time,
        Send {
            value: Some(b"old"),
            timestamp: Some(now() - 120_000),
            ..Send::default()
        },
    );
    producer.acknowledged();
    eventually("the old record has gone", || {
        (bounds(&brokers, &by_time, 0) == (1, 1)).then_some(())
    });
    producer.send(
        &by_time,
        Send {
            value: Some(b"new"),
            timestamp: Some(now()),
            ..Send::default()
        },
    );
    assert_eq!(producer.acknowledged(), [(0, 1)], "offsets go on");
    assert_eq!(read_all(&brokers, &by_time, 1).len(), 1);
}

#[test]
fn a_recreated_topic_starts_empty_and_without_old_offsets() {
    let mut broker = Broker::own();
    let (brokers, topic) = (broker.brokers(), broker.topic("again"));
    for _ in 0..3 {
        create(&brokers, &topic, 1, &[]);
        assert_eq!(Producer::new(&brokers, &[]).put(&topic, "k", Some("v")), 0);
        let group = consumer(&brokers, &[("group.id", "again")]);
        let mut list = TopicPartitionList::new();
        list.add_partition(&topic, 0);
        let found = group.committed_offsets(list, PATIENCE).unwrap().elements()[0].offset();
        assert_eq!(found, Offset::Invalid);
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&topic, 0, Offset::Offset(1)).unwrap();
        group.commit(&list, CommitMode::Sync).unwrap();
        block_on(admin(&brokers).delete_topics(&[&topic], &options())).unwrap()[0]
            .as_ref()
            .unwrap();
        broker.restart();
    }
}

#[test]
fn transactions_are_refused_for_good() {
    let broker = Broker::own();
    let producer: rdkafka::producer::BaseProducer = config(&broker.brokers(), &[("transactional.id", "none")])
        .create()
        .unwrap();
    let error = producer.init_transactions(PATIENCE).unwrap_err();
    assert_eq!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::TransactionalIdAuthorizationFailed)
    );
}
