//! Shutdown: no more welcome, but everybody inside gets an answer.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;

use crate::door::{PATH, SECRET, head, messages, open, read_answer, sign};
use crate::topic::stored;

#[tokio::test]
async fn a_post_under_way_is_stored_and_answered_and_readiness_is_gone_first() {
    let door = open(|config| config.leave_timeout = Duration::from_millis(500)).await;
    let body = messages(&[("491", "wamid.1")]).into_bytes();
    let signature = sign(SECRET, &body);
    let length = body.len().to_string();
    let headers = [("X-Hub-Signature-256", signature.as_str()), ("Content-Length", &length)];
    let mut under_way = door.connect().await;
    under_way
        .write_all((head("POST", PATH, &headers) + "\r\n").as_bytes())
        .await
        .unwrap();
    under_way.write_all(&body[..50]).await.unwrap();
    // Kept alive and idle: must not hold the shutdown.
    let idle = door.connect().await;
    tokio::time::sleep(Duration::from_millis(100)).await;

    let started = Instant::now();
    door.shutdown.cancel();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let leaving = door.ask("GET", "/readyz", &[], b"").await;
    assert!(
        leaving.status == 503 && leaving.body.contains("shutting down"),
        "{leaving:?}"
    );
    tokio::time::sleep(Duration::from_millis(700)).await;
    under_way.write_all(&body[50..]).await.unwrap();
    assert_eq!(read_answer(&mut under_way).await.status, 200);
    let kafka = door.kafka.clone();
    door.running.await.unwrap().unwrap();
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    assert_eq!(stored(&kafka, "events").await.len(), 1);
    drop(idle);
}
