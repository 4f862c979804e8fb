//! What the broker refuses so that one client cannot take it from the others.

use std::time::Duration;

use kafka_protocol::messages::{ApiVersionsRequest, MetadataRequest};
use parlance_broker::testing::Broker;
use parlance_broker::{Config, Error};
use rdkafka::error::RDKafkaErrorCode;
use tokio_util::sync::CancellationToken;

use crate::client::*;
use crate::protocol::Wire;

#[tokio::test]
async fn only_loopback_is_listened_on() {
    let outside = Config {
        listen: "0.0.0.0:0".parse().unwrap(),
        ..Config::default()
    };
    assert!(matches!(
        parlance_broker::bind(&outside).await,
        Err(Error::NotLoopback(_))
    ));
    let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
    let ran = parlance_broker::run(Config::default(), listener, CancellationToken::new()).await;
    assert!(matches!(ran, Err(Error::NotLoopback(_))));
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused_by_name() {
    let config = Config {
        max_request_bytes: 2,
        request_memory_bytes: 1,
        ..Config::default()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let error = parlance_broker::run(config, listener, CancellationToken::new())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("max_request_bytes"), "{error}");
}

#[test]
fn one_connection_too_many_is_closed_and_the_others_go_on() {
    let broker = Broker::own_with(|config| config.max_connections = 2);
    let (mut first, mut second) = (Wire::to(&broker), Wire::to(&broker));
    first.ask(0, &ApiVersionsRequest::default());
    second.ask(0, &ApiVersionsRequest::default());
    assert!(Wire::to(&broker).is_closed_after(b""));
    drop(second);
    first.ask(0, &ApiVersionsRequest::default());
    eventually("a place is free again", || {
        let mut next = Wire::to(&broker);
        // The smallest frame: ask for the versions.
        let frame = [0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 255, 255];
        (!next.is_closed_after(&frame)).then_some(())
    });
}

#[test]
fn frames_that_are_no_requests_end_their_own_connection_only() {
    let broker = Broker::own_with(|config| {
        config.max_request_bytes = 1_000;
        config.stall_timeout = Duration::from_millis(300);
    });
    let mut good = Wire::to(&broker);
    let cases: [(&str, &[u8]); 7] = [
        ("larger than allowed", &[0, 0, 4, 0, 0, 18, 0, 0]),
        ("a web browser", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        ("too small", &[0, 0, 0, 4, 0, 18, 0, 0]),
        ("negative size", &[255, 255, 255, 255, 0, 18, 0, 0]),
        ("an unknown request", &[0, 0, 0, 10, 3, 231, 0, 0, 0, 0, 0, 7, 255, 255]),
        (
            "a version nobody serves",
            &[0, 0, 0, 10, 0, 3, 0, 99, 0, 0, 0, 7, 255, 255],
        ),
        ("a body that never comes", &[0, 0, 0, 100, 0, 18, 0, 0]),
    ];
    for (what, bytes) in cases {
        assert!(Wire::to(&broker).is_closed_after(bytes), "{what}");
        assert_eq!(
            good.ask(1, &MetadataRequest::default()).brokers.len(),
            1,
            "after {what}"
        );
    }
}

#[test]
fn quiet_connections_are_closed() {
    let broker = Broker::own_with(|config| config.idle_timeout = Duration::from_millis(200));
    assert!(Wire::to(&broker).is_closed_after(b""));
}

#[test]
fn partitions_are_bounded_over_all_topics() {
    let broker = Broker::own_with(|config| config.max_partitions = 5);
    let brokers = broker.brokers();
    create(&brokers, "first", 3, &[]);
    assert_eq!(
        try_create(&brokers, "second", 3, &[]),
        Err(RDKafkaErrorCode::InvalidPartitions)
    );
    create(&brokers, "third", 2, &[]);
}

#[test]
fn little_request_memory_slows_but_does_not_stop() {
    let broker = Broker::own_with(|config| {
        config.max_request_bytes = 1 << 20;
        config.request_memory_bytes = 1 << 20;
    });
    let (brokers, topic) = (broker.brokers(), broker.topic("memory"));
    create(&brokers, &topic, 4, &[]);
    let mut producers: Vec<_> = (0..4).map(|_| Producer::new(&brokers, &[])).collect();
    for producer in &mut producers {
        for number in 0..20 {
            producer.send(
                &topic,
                Send {
                    partition: number % 4,
                    value: Some(&[b'x'; 200_000]),
                    ..Send::default()
                },
            );
        }
    }
    for producer in &mut producers {
        assert_eq!(producer.acknowledged().len(), 20);
    }
}
