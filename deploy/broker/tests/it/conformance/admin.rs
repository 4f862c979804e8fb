//! Topics and their settings.

use parlance_broker::testing::Broker;
use rdkafka::admin::{AlterConfig, NewPartitions, ResourceSpecifier};
use rdkafka::consumer::Consumer as _;
use rdkafka::error::RDKafkaErrorCode;

use crate::client::*;

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
