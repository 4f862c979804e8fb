//! Clients that take their time.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::door::{PATH, SECRET, ended, head, messages, open_alone, read_answer, sign};
use crate::topic::stored;

#[tokio::test]
async fn half_a_header_held_open_is_cut_at_the_header_timeout() {
    let door = open_alone(|config| config.header_timeout = Duration::from_millis(500)).await;
    let cut = r#"http_connections_cut_total{service="ingest",reason="header_timeout"}"#;
    let before = crate::door::metric(cut);
    let mut stream = door.connect().await;
    stream
        .write_all(b"POST /webhooks/whatsapp HTTP/1.1\r\nHost: do")
        .await
        .unwrap();
    let started = Instant::now();
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut rest))
        .await
        .expect("cut");
    let took = started.elapsed();
    assert!(
        took > Duration::from_millis(400) && took < Duration::from_secs(2),
        "{took:?}"
    );
    assert_eq!(crate::door::metric(cut) - before, 1.0);
    door.close().await.unwrap();
}

#[tokio::test]
async fn a_body_that_stalls_or_drips_is_answered_408_and_not_stored() {
    let door = open_alone(|config| {
        config.body_stall_timeout = Duration::from_millis(400);
        config.body_timeout = Duration::from_millis(1200);
    })
    .await;
    let body = messages(&[("491", "wamid.1")]).into_bytes();
    let signature = sign(SECRET, &body);
    let length = body.len().to_string();
    let headers = [("X-Hub-Signature-256", signature.as_str()), ("Content-Length", &length)];
    let head = head("POST", PATH, &headers) + "\r\n";
    let before = ended("body_slow");

    let mut stalling = door.connect().await;
    stalling.write_all(head.as_bytes()).await.unwrap();
    stalling.write_all(&body[..100]).await.unwrap();
    let started = Instant::now();
    assert_eq!(read_answer(&mut stalling).await.status, 408);
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());

    let (mut reading, mut dripping) = door.connect().await.into_split();
    dripping.write_all(head.as_bytes()).await.unwrap();
    let drips = tokio::spawn(async move {
        for byte in body {
            if dripping.write_all(&[byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    let started = Instant::now();
    let mut status = [0; 12];
    reading.read_exact(&mut status).await.unwrap();
    assert_eq!(&status, b"HTTP/1.1 408");
    let took = started.elapsed();
    assert!(
        took > Duration::from_secs(1) && took < Duration::from_secs(4),
        "{took:?}"
    );
    drips.abort();

    assert_eq!(ended("body_slow") - before, 2.0);
    assert!(stored(&door.kafka, "events").await.is_empty());
    door.close().await.unwrap();
}

#[tokio::test]
async fn a_client_that_asks_before_it_sends_a_body_too_large_is_told_no_at_once() {
    let door = open_alone(|_| {}).await;
    let mut stream = door.connect().await;
    let headers = [
        ("Content-Length", "3145729"),
        ("Expect", "100-continue"),
        ("X-Hub-Signature-256", "sha256=00"),
    ];
    stream
        .write_all((head("POST", PATH, &headers) + "\r\n").as_bytes())
        .await
        .unwrap();
    let started = Instant::now();
    assert_eq!(read_answer(&mut stream).await.status, 413);
    assert!(
        started.elapsed() < Duration::from_millis(500),
        "{:?}",
        started.elapsed()
    );
    door.close().await.unwrap();
}
