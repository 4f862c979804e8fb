//! Reading a body from a stranger: never more than the cap, never longer than the deadlines, never unsigned.

use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use futures::{Stream, StreamExt};
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, EXPECT};
use tokio::time::{Instant, timeout, timeout_at};

use crate::config::Config;
use crate::in_flight::{InFlight, Reserved};
use crate::refusal::Refusal;
use crate::signature::Verifier;

/// A whole body, and the place it takes.
pub(crate) struct Body {
    pub(crate) bytes: Bytes,
    _reserved: Reserved,
}

/// A body is begun with this much room at most: what a head announces is no promise.
const FIRST_ROOM: usize = 64 * 1024;

/// Reads the body and checks its signature while it comes. What can be said from the head is said before a byte of
/// the body is read.
pub(crate) async fn read<S, B>(
    headers: &HeaderMap,
    stream: &mut S,
    verifier: &Verifier,
    in_flight: &InFlight,
    config: &Config,
) -> Result<Body, Refusal>
where
    S: Stream<Item = Result<B, warp::Error>> + Unpin,
    B: Buf,
{
    let announced = announced(headers);
    if announced.is_some_and(|bytes| bytes > config.max_body_bytes as u64) {
        return Err(Refusal::TooLarge(config.max_body_bytes));
    }
    let mut check = verifier.begin(headers)?;
    let mut reserved = in_flight.reserve();
    let room = announced.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(0);
    let mut body = BytesMut::with_capacity(room.min(FIRST_ROOM));
    let deadline = Instant::now() + config.body_timeout;
    loop {
        let next = timeout(config.body_stall_timeout, timeout_at(deadline, stream.next())).await;
        let Ok(Ok(next)) = next else {
            return Err(Refusal::SlowBody);
        };
        let Some(piece) = next else { break };
        let mut piece = piece.map_err(|error| {
            tracing::debug!(%error, "the body broke off");
            Refusal::BrokenBody
        })?;
        let more = piece.remaining();
        if body.len() + more > config.max_body_bytes {
            return Err(Refusal::TooLarge(config.max_body_bytes));
        }
        if !reserved.grow(more) {
            return Err(Refusal::TooBusy);
        }
        while piece.has_remaining() {
            let chunk = piece.chunk();
            check.update(chunk);
            body.extend_from_slice(chunk);
            piece.advance(chunk.len());
        }
    }
    check.finish()?;
    metrics::histogram!("ingest_body_bytes").record(body.len() as f64);
    Ok(Body {
        bytes: body.freeze(),
        _reserved: reserved,
    })
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// How long, and for how many bytes beyond the cap, a refused body is still taken in.
const LINGER: (Duration, usize) = (Duration::from_secs(1), 4 * 1024 * 1024);

/// Takes in the rest of a refused body for a moment, while the answer is on its way. Many clients read no answer
/// before they have sent all; closing at once would reset the connection, and they would never learn why.
pub(crate) fn let_finish<S, B>(headers: &HeaderMap, mut stream: S)
where
    S: Stream<Item = Result<B, warp::Error>> + Unpin + Send + 'static,
    B: Buf + Send + 'static,
{
    // This client waits for leave to send. The answer is: no.
    if headers.contains_key(EXPECT) {
        return;
    }
    tokio::spawn(timeout(LINGER.0, async move {
        let mut taken = 0;
        while let Some(Ok(piece)) = stream.next().await {
            taken += piece.remaining();
            if taken > LINGER.1 {
                break;
            }
        }
    }));
}
