//! Creating and checking topics on a real broker.

use std::time::Duration;

use parlance_broker::testing::Broker;
use parlance_service::config::KafkaConfig;
use parlance_service::kafka::{TopicError, TopicSpec, check_topics, ensure_topics, producer_settings};
use rdkafka::admin::{AdminClient, AdminOptions, ResourceSpecifier};

fn spec(broker: &Broker, name: &str) -> TopicSpec {
    TopicSpec {
        name: broker.topic(name),
        partitions: 3,
        partitions_may_differ: false,
        settings: vec![
            ("message.timestamp.type", "LogAppendTime".to_owned()),
            ("max.message.bytes", "5242880".to_owned()),
            ("cleanup.policy", "delete".to_owned()),
        ],
    }
}

fn config(broker: &Broker) -> KafkaConfig {
    KafkaConfig {
        brokers: broker.brokers(),
        ..KafkaConfig::default()
    }
}

#[tokio::test]
async fn missing_topics_are_created_once_and_found_right_ever_after() {
    let broker = Broker::start();
    let (config, specs) = (config(&broker), [spec(&broker, "a"), spec(&broker, "b")]);
    let error = check_topics(&config, &specs).await.unwrap_err();
    assert!(
        matches!(&error, TopicError::Wrong(wrong) if wrong.len() == 2),
        "{error}"
    );
    assert!(!error.is_transient());
    let mut created = ensure_topics(&config, &specs).await.unwrap();
    created.sort();
    assert_eq!(created, [broker.topic("a"), broker.topic("b")]);
    assert!(ensure_topics(&config, &specs).await.unwrap().is_empty());
    check_topics(&config, &specs).await.unwrap();
}

#[tokio::test]
async fn a_topic_that_exists_otherwise_is_left_alone_and_everything_wrong_is_said() {
    let broker = Broker::start();
    let config = config(&broker);
    let mut other = spec(&broker, "events");
    other.partitions = 1;
    other.settings = vec![("message.timestamp.type", "CreateTime".to_owned())];
    ensure_topics(&config, &[other.clone()]).await.unwrap();
    let error = ensure_topics(&config, &[spec(&broker, "events")]).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("message.timestamp.type=CreateTime"), "{text}");
    assert!(text.contains("has 1 partitions, expected 3"), "{text}");
    assert!(text.contains("max.message.bytes"), "{text}");
    check_topics(&config, &[other]).await.unwrap();
}

#[tokio::test]
async fn two_who_create_at_the_same_time_do_not_disturb_each_other() {
    let broker = Broker::start();
    let (config, specs) = (config(&broker), [spec(&broker, "a"), spec(&broker, "b")]);
    let (one, two) = tokio::join!(ensure_topics(&config, &specs), ensure_topics(&config, &specs));
    one.unwrap();
    two.unwrap();
}

#[tokio::test]
async fn a_cluster_out_of_reach_is_worth_waiting_for() {
    let config = KafkaConfig {
        brokers: "127.0.0.1:1".to_owned(),
        ..KafkaConfig::default()
    };
    let error = check_topics(&config, &[]).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
}

#[tokio::test]
async fn a_compacted_topic_that_keeps_too_little_keeps_more_from_then_on() {
    let broker = Broker::start();
    let config = config(&broker);
    let compacted = |lag: Option<&str>| {
        let mut spec = spec(&broker, "settings");
        spec.settings = vec![
            ("cleanup.policy", "compact".to_owned()),
            ("max.message.bytes", "77777".to_owned()),
        ];
        spec.settings
            .extend(lag.map(|lag| ("min.compaction.lag.ms", lag.to_owned())));
        spec
    };
    ensure_topics(&config, &[compacted(None)]).await.unwrap();
    assert_eq!(setting(&config, &compacted(None), "min.compaction.lag.ms").await, "0");
    ensure_topics(&config, &[compacted(Some("5000"))]).await.unwrap();
    assert_eq!(
        setting(&config, &compacted(None), "min.compaction.lag.ms").await,
        "5000"
    );
    let kept = setting(&config, &compacted(None), "max.message.bytes").await;
    assert_eq!(kept, "77777", "what else was set stays");
    // More is the operator's choice.
    ensure_topics(&config, &[compacted(Some("4000"))]).await.unwrap();
    assert_eq!(
        setting(&config, &compacted(None), "min.compaction.lag.ms").await,
        "5000"
    );
}

async fn setting(config: &KafkaConfig, spec: &TopicSpec, name: &str) -> String {
    let admin: AdminClient<_> = producer_settings(config, "test", Duration::from_secs(5))
        .create()
        .unwrap();
    let topic = ResourceSpecifier::Topic(&spec.name);
    let described = admin.describe_configs(&[topic], &AdminOptions::new()).await.unwrap();
    let resource = described.into_iter().next().unwrap().unwrap();
    resource.get(name).unwrap().value.clone().unwrap()
}
