//! The caps: exactly at them, and beyond.

use std::time::Duration;

use tokio::io::AsyncWriteExt;

use crate::door::{PATH, SECRET, ended, head, messages, open, open_alone, read_answer, sign};
use crate::refusals::chunked;
use crate::topic::stored;

#[tokio::test]
async fn a_body_of_exactly_the_cap_passes_with_and_without_a_length() {
    let door = open(|_| {}).await;
    let mut body = messages(&[("491", "wamid.1")]).into_bytes();
    body.resize(3 * 1024 * 1024, b' ');
    assert_eq!(door.post(&body).await.status, 200);
    assert_eq!(chunked(&door, &body, &sign(SECRET, &body)).await.status, 200);
    assert_eq!(stored(&door.kafka, "events").await.len(), 2);
    door.close().await.unwrap();
}

#[tokio::test]
async fn one_update_as_large_as_the_cap_allows_fits_into_the_log() {
    let door = open(|_| {}).await;
    // Noise, so that compression does not make it small again.
    let mut noise = String::new();
    let mut state = 1u64;
    while noise.len() < 3_000_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        noise.push_str(&format!("{state:016x}"));
    }
    let body = messages(&[("491", &noise)]);
    assert_eq!(door.post(body.as_bytes()).await.status, 200);
    let records = stored(&door.kafka, "events").await;
    assert!(records.len() == 1 && records[0].payload.len() > 3_000_000);
    door.close().await.unwrap();
}

#[tokio::test]
async fn beyond_the_bytes_in_flight_posts_are_told_to_come_again_and_nothing_leaks() {
    let door = open_alone(|config| {
        config.max_body_bytes = 100_000;
        config.max_in_flight_bytes = 100_000;
        config.body_stall_timeout = Duration::from_secs(20);
        config.body_timeout = Duration::from_secs(20);
    })
    .await;
    let mut body = messages(&[("491", "wamid.1")]).into_bytes();
    body.resize(90_000, b' ');
    let signature = sign(SECRET, &body);

    // One client has sent most of its body and pauses: its bytes are in flight.
    let mut pausing = door.connect().await;
    let length = body.len().to_string();
    let headers = [("X-Hub-Signature-256", signature.as_str()), ("Content-Length", &length)];
    let head = head("POST", PATH, &headers);
    pausing.write_all(head.as_bytes()).await.unwrap();
    pausing.write_all(b"\r\n").await.unwrap();
    pausing.write_all(&body[..80_000]).await.unwrap();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(5);
    while crate::door::metric("ingest_in_flight_bytes") < 80_000.0 {
        assert!(tokio::time::Instant::now() < deadline, "the bytes are not counted");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }

    let before = ended("in_flight_full");
    let refused = door.post(&body).await;
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (503, Some("1")),
        "{refused:?}"
    );
    assert_eq!(ended("in_flight_full") - before, 1.0);
    // A small one finds room.
    assert_eq!(door.post(messages(&[("491", "wamid.2")]).as_bytes()).await.status, 200);

    pausing.write_all(&body[80_000..]).await.unwrap();
    assert_eq!(read_answer(&mut pausing).await.status, 200);
    assert_eq!(door.post(&body).await.status, 200);
    assert_eq!(crate::door::metric("ingest_in_flight_bytes"), 0.0);
    assert_eq!(stored(&door.kafka, "events").await.len(), 3);
    door.close().await.unwrap();
}
