//! The POST, step by step: read, verified, split, queued, acknowledged.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Buf;
use futures::Stream;
use http::HeaderMap;
use uuid::Uuid;

use crate::body::{self, Body};
use crate::log::{Pending, Post};
use crate::refusal::Refusal;
use crate::run::Door;

/// Takes in one webhook. `Ok` means that all of it is in Kafka.
pub(crate) async fn accept<S, B>(door: &Door, headers: &HeaderMap, mut stream: S) -> Result<(), Refusal>
where
    S: Stream<Item = Result<B, warp::Error>> + Unpin + Send + 'static,
    B: Buf + Send + 'static,
{
    let read = match door.readiness.writable() {
        Ok(()) => body::read(headers, &mut stream, &door.verifier, &door.in_flight, &door.config).await,
        Err(reason) => Err(Refusal::NotReady(reason)),
    };
    let body = match read {
        Ok(body) => body,
        Err(refusal) => {
            body::let_finish(headers, stream);
            return Err(refusal);
        }
    };
    let post = Post {
        id: Uuid::now_v7().to_string(),
        received_at: now(),
    };
    // The body's place is kept until the answer: what librdkafka still holds of it counts as in flight.
    let (body, appended) = append(door, body, &post).await;
    match appended {
        Ok(pending) => Ok(door.log.acknowledged(pending).await?),
        Err(Refusal::NotJson(error)) => {
            // Meta signed it, so it is not ours to lose: only once it is kept may Meta hear that it was bad.
            let pending = door.log.bury(&body.bytes, &post, &error.to_string())?;
            door.log.acknowledged(pending).await?;
            metrics::counter!("ingest_dead_letters_total").increment(1);
            tracing::warn!(post = post.id, bytes = body.bytes.len(), %error, "kept a signed body that is not JSON");
            Err(Refusal::NotJson(error))
        }
        Err(refusal) => Err(refusal),
    }
}

/// Splits and queues, away from the connections' threads when that takes long.
async fn append(door: &Door, body: Body, post: &Post) -> (Body, Result<Pending, Refusal>) {
    let (log, post) = (door.log.clone(), post.clone());
    let large = body.bytes.len() > door.config.offload_bytes;
    let work = move || {
        let appended = log.append(&body.bytes, &post);
        (body, appended)
    };
    if large {
        let done = tokio::task::spawn_blocking(work).await;
        done.expect("splitting and queueing do not panic, and are awaited while the runtime lives")
    } else {
        work()
    }
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
