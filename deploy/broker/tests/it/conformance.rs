//! What Parlance expects of a log, whoever keeps it: the embedded broker or, with `KAFKA_BROKERS`, Apache Kafka.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use parlance_broker::testing::Broker;
use rdkafka::admin::{AlterConfig, NewPartitions, ResourceSpecifier};
use rdkafka::consumer::{CommitMode, Consumer as _};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::message::{Header, OwnedHeaders, Timestamp};
use rdkafka::{Offset, TopicPartitionList};

use crate::client::*;

const CODECS: [&str; 5] = ["none", "gzip", "snappy", "lz4", "zstd"];

/// Key and value.
type Pair<'a> = (Option<&'a [u8]>, Option<&'a [u8]>);

#[test]
fn topics_are_created_described_grown_changed_and_deleted() {
    let broker = Broker::start();
    let (brokers, topic) = (broker.brokers(), broker.topic("admin"));
    create(
        &brokers,
        &topic,
        3,
        &[("retention.ms", "1234567"), ("message.timestamp.type", "LogAppendTime")],
    );
    assert_eq!(
        try_create(&brokers, &topic, 3, &[]),
        Err(RDKafkaErrorCode::TopicAlreadyExists)
    );

    let setting = |name: &str| {
        let topic = ResourceSpecifier::Topic(&topic);
        let described = block_on(admin(&brokers).describe_configs([&topic], &options())).unwrap();
        described[0]
            .as_ref()
            .unwrap()
            .get(name)
            .and_then(|entry| entry.value.clone())
    };
    assert_eq!(setting("retention.ms").as_deref(), Some("1234567"));
    assert_eq!(setting("message.timestamp.type").as_deref(), Some("LogAppendTime"));
    assert_eq!(setting("cleanup.policy").as_deref(), Some("delete"), "a default");

    let change = AlterConfig::new(ResourceSpecifier::Topic(&topic)).set("retention.ms", "7654321");
    block_on(admin(&brokers).alter_configs([&change], &options())).unwrap()[0]
        .as_ref()
        .unwrap();
    eventually("the new setting shows", || {
        (setting("retention.ms").as_deref() == Some("7654321")).then_some(())
    });

    block_on(admin(&brokers).create_partitions([&NewPartitions::new(&topic, 5)], &options())).unwrap()[0]
        .as_ref()
        .unwrap();
    let partitions = |consumer: &rdkafka::consumer::BaseConsumer| {
        let metadata = consumer.fetch_metadata(None, PATIENCE).unwrap();
        metadata
            .topics()
            .iter()
            .find(|found| found.name() == topic)
            .map(|found| found.partitions().len())
    };
    let observer = consumer(&brokers, &[]);
    eventually("five partitions", || (partitions(&observer) == Some(5)).then_some(()));
    let shrink = block_on(admin(&brokers).create_partitions([&NewPartitions::new(&topic, 2)], &options())).unwrap();
    assert_eq!(shrink[0].as_ref().unwrap_err().1, RDKafkaErrorCode::InvalidPartitions);

    block_on(admin(&brokers).delete_topics(&[&topic], &options())).unwrap()[0]
        .as_ref()
        .unwrap();
    eventually("the topic has gone", || partitions(&observer).is_none().then_some(()));
    let again = block_on(admin(&brokers).delete_topics(&[&topic], &options())).unwrap();
    assert_eq!(
        again[0].as_ref().unwrap_err().1,
        RDKafkaErrorCode::UnknownTopicOrPartition
    );
}

#[test]
fn impossible_topics_are_refused_with_a_reason() {
    let broker = Broker::start();
    let (brokers, topic) = (broker.brokers(), broker.topic("refused"));
    assert_eq!(
        try_create(&brokers, "no spaces", 1, &[]),
        Err(RDKafkaErrorCode::InvalidTopic)
    );
    assert_eq!(
        try_create(&brokers, &topic, 0, &[]),
        Err(RDKafkaErrorCode::InvalidPartitions)
    );
    let bad = [
        ("retention.ms", "soon"),
        ("cleanup.policy", "shred"),
        ("no.such.setting", "1"),
    ];
    for setting in bad {
        assert_eq!(
            try_create(&brokers, &topic, 1, &[setting]),
            Err(RDKafkaErrorCode::InvalidConfig),
            "{setting:?}"
        );
    }
    let copies = rdkafka::admin::NewTopic::new(&topic, 1, rdkafka::admin::TopicReplication::Fixed(3));
    let result = block_on(admin(&brokers).create_topics([&copies], &options())).unwrap();
    assert_eq!(
        result[0].as_ref().unwrap_err().1,
        RDKafkaErrorCode::InvalidReplicationFactor
    );

    let only_checked = rdkafka::admin::NewTopic::new(&topic, 1, rdkafka::admin::TopicReplication::Fixed(1));
    let result = block_on(admin(&brokers).create_topics([&only_checked], &options().validate_only(true))).unwrap();
    result[0].as_ref().expect("it could be created");
    // Asking for it does not create it either.
    let metadata = consumer(&brokers, &[]).fetch_metadata(Some(&topic), PATIENCE).unwrap();
    assert!(metadata.topics()[0].error().is_some(), "the topic must not exist");
}

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

#[test]
fn every_offset_can_be_sought_and_those_outside_are_out_of_range() {
    let broker = Broker::start();
    let (brokers, topic) = (broker.brokers(), broker.topic("seek"));
    create(&brokers, &topic, 1, &[]);
    let mut producer = Producer::new(&brokers, &[("linger.ms", "20")]);
    for number in 0..300 {
        producer.send(
            &topic,
            Send {
                value: Some(number.to_string().as_bytes()),
                ..Send::default()
            },
        );
    }
    producer.acknowledged();
    for offset in [0, 1, 150, 299] {
        let consumer = consumer(&brokers, &[]);
        assign(&consumer, &topic, 1, Offset::Offset(offset));
        let got = take(&consumer, 300 - offset as usize);
        assert_eq!(got[0].offset, offset);
        assert_eq!(got[0].value, Some(offset.to_string().into_bytes()));
        assert!(
            poll(&consumer, Duration::from_millis(300)).is_none(),
            "nothing after the end"
        );
    }
    let last_two = consumer(&brokers, &[]);
    assign(&last_two, &topic, 1, Offset::OffsetTail(2));
    assert_eq!(take(&last_two, 2)[0].offset, 298);

    let lost = consumer(&brokers, &[("auto.offset.reset", "error")]);
    assign(&lost, &topic, 1, Offset::Offset(301));
    let code = eventually("an error", || match lost.poll(Duration::from_millis(100)) {
        Some(Err(error)) => error.rdkafka_error_code(),
        Some(Ok(_)) => panic!("there is no such record"),
        None => None,
    });
    assert!(
        matches!(
            code,
            RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange
        ),
        "{code:?}"
    );
    let reset = consumer(&brokers, &[]);
    assign(&reset, &topic, 1, Offset::Offset(100_000));
    assert_eq!(take(&reset, 1)[0].offset, 0, "back to the start, as configured");
}

#[test]
fn a_waiting_consumer_is_woken_by_a_record_not_by_its_timeout() {
    let broker = Broker::start();
    let (brokers, topic) = (broker.brokers(), broker.topic("wait"));
    // One partition: with two, librdkafka may be waiting for only one of them.
    create(&brokers, &topic, 1, &[]);
    let waiting = consumer(
        &brokers,
        &[("fetch.wait.max.ms", "60000"), ("socket.timeout.ms", "90000")],
    );
    assign(&waiting, &topic, 1, Offset::Beginning);
    assert!(poll(&waiting, Duration::from_secs(1)).is_none());
    let mut producer = Producer::new(&brokers, &[]);
    for number in 0..5 {
        producer.send(
            &topic,
            Send {
                value: Some(b"v"),
                ..Send::default()
            },
        );
        producer.acknowledged();
        // `take` gives up long before the fetch's own minute is over.
        assert_eq!(take(&waiting, 1)[0].offset, number);
    }
}

#[test]
fn committed_offsets_come_back_with_their_metadata() {
    let broker = Broker::start();
    let (brokers, topic) = (broker.brokers(), broker.topic("commit"));
    create(&brokers, &topic, 2, &[]);
    let group = broker.topic("committers");
    {
        let consumer = consumer(&brokers, &[("group.id", &group)]);
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&topic, 0, Offset::Offset(123)).unwrap();
        consumer.commit(&list, CommitMode::Sync).expect("committed");
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&topic, 0, Offset::Offset(124)).unwrap();
        list.find_partition(&topic, 0).unwrap().set_metadata("where we were");
        consumer.commit(&list, CommitMode::Sync).expect("committed again");
    }
    let later = consumer(&brokers, &[("group.id", &group)]);
    let mut list = TopicPartitionList::new();
    list.add_partition(&topic, 0);
    list.add_partition(&topic, 1);
    let found = later.committed_offsets(list, PATIENCE).expect("committed offsets");
    assert_eq!(found.find_partition(&topic, 0).unwrap().offset(), Offset::Offset(124));
    assert_eq!(found.find_partition(&topic, 0).unwrap().metadata(), "where we were");
    assert_eq!(
        found.find_partition(&topic, 1).unwrap().offset(),
        Offset::Invalid,
        "never committed"
    );

    let listed = later
        .fetch_group_list(Some(&group), PATIENCE)
        .expect("the group is known");
    assert_eq!(listed.groups().len(), 1);
    drop(found); // must go before its consumer
    drop(later);
    let deleted = block_on(admin(&brokers).delete_groups(&[&group], &options())).unwrap();
    deleted[0].as_ref().expect("the group is deleted");
    let fresh = consumer(&brokers, &[("group.id", &group)]);
    let mut list = TopicPartitionList::new();
    list.add_partition(&topic, 0);
    let found = fresh.committed_offsets(list, PATIENCE).expect("committed offsets");
    assert_eq!(
        found.find_partition(&topic, 0).unwrap().offset(),
        Offset::Invalid,
        "forgotten with the group"
    );
}

#[test]
fn a_group_shares_partitions_and_goes_on_where_a_member_stopped() {
    let broker = Broker::start();
    let (brokers, topic) = (broker.brokers(), broker.topic("group"));
    create(&brokers, &topic, 4, &[]);
    let mut producer = Producer::new(&brokers, &[]);
    let mut send = |numbers: std::ops::Range<i32>| {
        for number in numbers {
            let value = number.to_string();
            let send = Send {
                partition: number % 4,
                value: Some(value.as_bytes()),
                ..Send::default()
            };
            producer.send(&topic, send);
        }
        producer.acknowledged();
    };
    let group = broker.topic("sharers");
    let member = || {
        let member = consumer(&brokers, &[("group.id", &group)]);
        member.subscribe(&[&topic]).unwrap();
        member
    };
    let mut seen = BTreeSet::new();
    let mut note = |got: Option<Got>| {
        if let Some(value) = got.and_then(|got| got.value) {
            seen.insert(String::from_utf8(value).unwrap().parse::<i32>().unwrap());
        }
        seen.len()
    };

    send(0..100);
    let first = member();
    eventually("the first member reads all", || {
        (note(poll(&first, Duration::from_millis(50))) == 100).then_some(())
    });
    first.commit_consumer_state(CommitMode::Sync).expect("committed");
    let second = member();
    eventually("two members have two partitions each", || {
        note(poll(&first, Duration::from_millis(50)));
        note(poll(&second, Duration::from_millis(50)));
        let counts = [&first, &second].map(|member| member.assignment().unwrap().count());
        (counts == [2, 2]).then_some(())
    });
    send(100..200);
    eventually("both read on", || {
        note(poll(&first, Duration::from_millis(50)));
        (note(poll(&second, Duration::from_millis(50))) == 200).then_some(())
    });
    second.commit_consumer_state(CommitMode::Sync).expect("committed");
    drop(second);
    send(200..300);
    eventually("the member that is left reads everything", || {
        let count = note(poll(&first, Duration::from_millis(50)));
        (count == 300 && first.assignment().unwrap().count() == 4).then_some(())
    });
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

#[test]
fn large_records_pass_and_too_large_ones_are_refused() {
    let broker = Broker::start();
    let (brokers, topic) = (broker.brokers(), broker.topic("large"));
    create(&brokers, &topic, 1, &[]);
    let mut producer = Producer::new(&brokers, &[("message.max.bytes", "4000000")]);
    let values: Vec<Vec<u8>> = (0..5).map(|number| vec![number; 900_000]).collect();
    for value in &values {
        producer.send(
            &topic,
            Send {
                value: Some(value),
                ..Send::default()
            },
        );
        producer.acknowledged();
    }
    producer.send(
        &topic,
        Send {
            value: Some(&vec![9; 1_200_000]),
            ..Send::default()
        },
    );
    assert_eq!(producer.finish()[0].1, Err(RDKafkaErrorCode::MessageSizeTooLarge));
    let got: Vec<_> = read_all(&brokers, &topic, 1)
        .into_iter()
        .map(|record| record.value.unwrap())
        .collect();
    assert!(got == values, "five large records come back whole");

    let small = consumer(
        &brokers,
        &[("max.partition.fetch.bytes", "1000"), ("fetch.max.bytes", "4000000")],
    );
    assign(&small, &topic, 1, Offset::Beginning);
    assert_eq!(take(&small, 5).len(), 5, "a batch above the fetch limits still comes");
}

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
