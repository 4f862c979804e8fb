//! Kafka slow, away, back, or not as it must be.

use std::time::{Duration, Instant};

use parlance_broker::testing::Broker;
use parlance_ingest::{Error, topics};
use parlance_service::config::KafkaConfig;
use parlance_service::kafka::ensure_topics;
use rdkafka::mocking::MockCluster;
use tokio::io::AsyncWriteExt;

use crate::door::{
    PATH, SECRET, ask, config, ended, head, kafka, launch, messages, metric, open_alone, open_on_own_broker, sign,
};
use crate::topic::stored;

const WITHIN: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_away_means_503_within_five_seconds_and_200_once_it_is_back() {
    let mut door = open_on_own_broker(|_| {}).await;
    assert_eq!(door.post(messages(&[("491", "wamid.1")]).as_bytes()).await.status, 200);
    door.broker.stop();
    for body in [messages(&[("491", "wamid.2")]), "not json".to_owned()] {
        let started = Instant::now();
        let refused = door.post(body.as_bytes()).await;
        let took = started.elapsed();
        assert_eq!(
            (refused.status, refused.header("retry-after")),
            (503, Some("1")),
            "{refused:?}"
        );
        assert!(took < WITHIN, "{took:?}");
    }
    let deadline = Instant::now() + WITHIN;
    while door.ask("GET", "/readyz", &[], b"").await.status != 503 {
        assert!(Instant::now() < deadline, "still ready without a broker");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(door.ask("GET", "/healthz", &[], b"").await.status, 200);

    door.broker.resume();
    door.until_ready().await;
    let started = Instant::now();
    assert_eq!(door.post(messages(&[("491", "wamid.3")]).as_bytes()).await.status, 200);
    assert!(started.elapsed() < WITHIN);
    let records = stored(&door.kafka, "events").await;
    let has = |id: &str| {
        records
            .iter()
            .any(|record| String::from_utf8_lossy(&record.payload).contains(id))
    };
    assert!(has("wamid.1") && has("wamid.3"), "{records:?}");
    door.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_broker_means_503_within_five_seconds_and_a_quick_one_200_again() {
    let mock = MockCluster::new(1).unwrap();
    for topic in topics("slow.") {
        mock.create_topic(&topic.name, topic.partitions, 1).unwrap();
    }
    let kafka = KafkaConfig {
        brokers: mock.bootstrap_servers(),
        topic_prefix: "slow.".to_owned(),
        ..KafkaConfig::default()
    };
    let mut config = config();
    // The mock answers no questions about a topic's settings.
    config.check_topics = false;
    let (address, shutdown, running) = launch(config, kafka).await;
    let body = messages(&[("491", "wamid.1")]);
    let signature = sign(SECRET, body.as_bytes());
    let post = || async {
        ask(
            address,
            "POST",
            PATH,
            &[("X-Hub-Signature-256", &signature)],
            body.as_bytes(),
        )
        .await
    };
    assert_eq!(post().await.status, 200);
    mock.broker_round_trip_time(1, Duration::from_secs(20)).unwrap();
    let started = Instant::now();
    let refused = post().await;
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(started.elapsed() < WITHIN, "{:?}", started.elapsed());
    mock.broker_round_trip_time(1, Duration::ZERO).unwrap();
    // What is on the wire keeps its delay; a new connection has none.
    mock.broker_down(1).unwrap();
    mock.broker_up(1).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while post().await.status != 200 {
        assert!(Instant::now() < deadline, "does not recover");
    }
    shutdown.cancel();
    running.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_leave_while_they_wait_are_counted_and_give_their_place_back() {
    let mut door = {
        let door = open_alone(|config| {
            config.max_body_bytes = 100_000;
            config.max_in_flight_bytes = 100_000;
        });
        door.await
    };
    if !door.broker.is_embedded() {
        eprintln!("skipped: only an embedded broker can be stopped");
        return;
    }
    let before = ended("dropped");
    door.broker.stop();
    let mut body = messages(&[("491", "wamid.1")]).into_bytes();
    body.resize(60_000, b' ');
    let signature = sign(SECRET, &body);
    let length = body.len().to_string();
    let head = head(
        "POST",
        PATH,
        &[("X-Hub-Signature-256", &signature), ("Content-Length", &length)],
    ) + "\r\n";
    for round in 1..=5 {
        let mut leaving = door.connect().await;
        leaving.write_all(head.as_bytes()).await.unwrap();
        leaving.write_all(&body).await.unwrap();
        until("its bytes are in flight", || {
            metric("ingest_in_flight_bytes") == 60_000.0
        })
        .await;
        drop(leaving);
        until("its bytes are given back", || metric("ingest_in_flight_bytes") == 0.0).await;
        assert_eq!(ended("dropped") - before, f64::from(round));
    }
    door.broker.resume();
    door.until_ready().await;
    assert_eq!(door.post(&body).await.status, 200);
    door.close().await.unwrap();
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(3);
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn nothing_is_accepted_before_the_topics_are_checked_and_wrong_ones_end_it() {
    let broker = Broker::start();
    let kafka = kafka(&broker);
    let mut wrong = topics(&kafka.topic_prefix);
    wrong[0].settings = vec![("message.timestamp.type", "CreateTime".to_owned())];
    ensure_topics(&kafka, &wrong).await.unwrap();
    let (_, _, running) = launch(config(), kafka).await;
    let error = running.await.unwrap().unwrap_err();
    assert!(matches!(&error, Error::Topics(_)), "{error}");
    assert!(
        error.to_string().contains("message.timestamp.type=CreateTime"),
        "{error}"
    );
}

#[tokio::test]
async fn without_kafka_it_starts_says_that_it_is_not_ready_and_stops_when_told() {
    let kafka = KafkaConfig {
        brokers: "127.0.0.1:1".to_owned(),
        ..KafkaConfig::default()
    };
    let (address, shutdown, running) = launch(config(), kafka).await;
    let body = messages(&[("491", "wamid.1")]);
    let signature = sign(SECRET, body.as_bytes());
    let refused = ask(
        address,
        "POST",
        PATH,
        &[("X-Hub-Signature-256", &signature)],
        body.as_bytes(),
    )
    .await;
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (503, Some("1")),
        "{refused:?}"
    );
    assert_eq!(ask(address, "GET", "/readyz", &[], b"").await.status, 503);
    assert_eq!(ask(address, "GET", "/healthz", &[], b"").await.status, 200);
    let started = Instant::now();
    shutdown.cancel();
    running.await.unwrap().unwrap();
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
}

#[tokio::test]
async fn without_a_secret_it_refuses_to_start() {
    let mut config = config();
    config.secrets.clear();
    let (_, _, running) = launch(config, KafkaConfig::default()).await;
    let error = running.await.unwrap().unwrap_err();
    assert!(error.to_string().contains("WHATSAPP_WEBHOOK_SECRET"), "{error}");
}
