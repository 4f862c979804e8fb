//! One client of the live stream: where it goes on, what it wants, and how slow it may be.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use warp::http::HeaderValue;
use warp::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use warp::reply::{Reply, Response};

use super::Seat;
use super::frame::{Batch, Frame, Reason, lagged, message, metrics, place_of, watermark};
use super::poller::{BATCH_MESSAGES_MAX, TALLIES_MAX};
use crate::error::Refusal;
use crate::store::news::Place;
use crate::v1::Api;

/// Chunks that wait for a client's socket. Beyond them the broadcast waits, and beyond that the client has lagged.
const CHUNKS_WAITING: usize = 8;
/// Messages that are made up for when a client comes back; more, and it is told to read the pages anew.
const RESUME_MESSAGES_MAX: usize = 2000;
/// How far back a client may come back.
const RESUME_AGE_MAX: Duration = Duration::from_secs(60 * 60);
/// Sent at the start: how long browsers wait before they come back (2 s).
const RETRY: &[u8] = b"retry: 2000\n\n";
/// Keeps the line open.
const HEARTBEAT: &[u8] = b": alive\n\n";

/// What a client wants of the stream; empty lists want everything.
pub(super) struct Wanted {
    pub(super) kinds: Vec<String>,
    pub(super) integrations: Vec<String>,
}

impl Wanted {
    /// What of a frame this client gets.
    fn of<'a>(&self, frame: &'a Frame) -> &'a Bytes {
        let kind = self.kinds.is_empty() || self.kinds.iter().any(|kind| kind == frame.kind.as_str());
        let about = match &frame.integration {
            Some(number) if !self.integrations.is_empty() => self.integrations.contains(number),
            _ => true,
        };
        if kind && about { &frame.bytes } else { &frame.mark }
    }

    /// The frames as one chunk. Of several ids in a row without an event only the last matters.
    fn chunk(&self, frames: &[Frame]) -> Bytes {
        let mut chunk = BytesMut::new();
        let mut mark: Option<&Bytes> = None;
        for frame in frames {
            let bytes = self.of(frame);
            if std::ptr::eq(bytes, &frame.mark) {
                mark = Some(bytes).filter(|mark| !mark.is_empty()).or(mark);
            } else {
                mark = None;
                chunk.extend_from_slice(bytes);
            }
        }
        if let Some(mark) = mark {
            chunk.extend_from_slice(mark);
        }
        chunk.freeze()
    }
}

/// Why a session ends. Whichever it is, the client may come back with its last event id.
enum End {
    /// The client left, or the service stops.
    Over,
    /// The tables could not be read; the cause was logged where it arose.
    Store,
}

impl From<Refusal> for End {
    fn from(_: Refusal) -> Self {
        Self::Store
    }
}

pub(super) struct Session {
    api: Arc<Api>,
    wanted: Wanted,
    client: mpsc::Sender<Bytes>,
    _slot: OwnedSemaphorePermit,
}

impl Session {
    /// Starts the session and answers with its stream. `resume` is `None` for a new client, and `Some(None)` for one
    /// whose event id is not ours.
    pub(super) fn start(
        api: Arc<Api>,
        seat: Seat,
        wanted: Wanted,
        resume: Option<Option<Place>>,
        slot: OwnedSemaphorePermit,
    ) -> Response {
        let (client, chunks) = mpsc::channel(CHUNKS_WAITING);
        let sessions = api.live.sessions.clone();
        let session = Self {
            api,
            wanted,
            client,
            _slot: slot,
        };
        sessions.spawn(async move {
            metrics::gauge!("api_live_streams").increment(1.0);
            if let Err(End::Store) = session.run(seat, resume).await {
                tracing::debug!("a live stream ended because the tables could not be read");
            }
            metrics::gauge!("api_live_streams").decrement(1.0);
        });
        let body = ReceiverStream::new(chunks).map(Ok::<Bytes, Infallible>);
        let mut response = warp::reply::stream(body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // Proxies that collect answers would hold the stream back.
        headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
        response
    }

    async fn run(&self, mut seat: Seat, resume: Option<Option<Place>>) -> Result<(), End> {
        self.send(Bytes::from_static(RETRY)).await?;
        match resume {
            None => {
                self.send(self.wanted.chunk(&[watermark(&seat.place, seat.tallied)?]))
                    .await?
            }
            Some(None) => self.send(lagged(Reason::Restarted, &seat.place, seat.tallied)?).await?,
            Some(Some(from)) => self.catch_up(from, &seat).await?,
        }
        let heartbeat = self.api.live.heartbeat;
        let mut silent_until = Instant::now() + heartbeat;
        loop {
            tokio::select! {
                biased;
                () = self.api.live.shutdown.cancelled() => return Err(End::Over),
                () = self.client.closed() => return Err(End::Over),
                batch = seat.receiver.recv() => match batch.as_deref() {
                    Ok(Batch::Frames(frames)) => {
                        let chunk = self.wanted.chunk(frames);
                        if !chunk.is_empty() {
                            self.send(chunk).await?;
                            silent_until = Instant::now() + heartbeat;
                        }
                    }
                    Ok(Batch::Restarted) => seat = self.seat_again(Reason::Restarted).await?,
                    Err(RecvError::Lagged(_)) => seat = self.seat_again(Reason::SlowClient).await?,
                    Err(RecvError::Closed) => return Err(End::Over),
                },
                () = tokio::time::sleep_until(silent_until) => {
                    self.send(Bytes::from_static(HEARTBEAT)).await?;
                    silent_until = Instant::now() + heartbeat;
                }
            }
        }
    }

    /// Leaves out what is between, says so, and goes on from the poller's place.
    async fn seat_again(&self, reason: Reason) -> Result<Seat, End> {
        metrics::counter!("api_live_lagged_total").increment(1);
        let seat = self.api.live.seat().ok_or(End::Over)?;
        self.send(lagged(reason, &seat.place, seat.tallied)?).await?;
        Ok(seat)
    }

    /// Sends what lies between the client's last event and its seat, when that is not too much.
    async fn catch_up(&self, mut from: Place, seat: &Seat) -> Result<(), End> {
        if from > seat.place {
            return self.send(lagged(Reason::Restarted, &seat.place, seat.tallied)?).await;
        }
        let age_ms = seat.place.version - from.version;
        if u128::from(age_ms) > RESUME_AGE_MAX.as_millis() {
            return self
                .send(lagged(Reason::ResumeTooOld, &seat.place, seat.tallied)?)
                .await;
        }
        // Tallies of the version that the client was in the middle of come again: they say how things are.
        let tallied = from.version.saturating_sub(1);
        let mut resumed = 0;
        loop {
            let rows = self
                .api
                .store
                .messages_between(&from, seat.place.version, BATCH_MESSAGES_MAX)
                .await?;
            let full = rows.len() == BATCH_MESSAGES_MAX;
            // The seat may be in the middle of a version: the rest of it comes through the broadcast.
            let rows: Vec<_> = rows.into_iter().take_while(|row| place_of(row) <= seat.place).collect();
            let Some(last) = rows.last().map(place_of) else { break };
            resumed += rows.len();
            if resumed > RESUME_MESSAGES_MAX {
                return self
                    .send(lagged(Reason::ResumeTooOld, &seat.place, seat.tallied)?)
                    .await;
            }
            let frames = rows.into_iter().map(message).collect::<Result<Vec<_>, _>>()?;
            self.send(self.wanted.chunk(&frames)).await?;
            from = last;
            if !full {
                break;
            }
        }
        let mut changed = self
            .api
            .store
            .tallies_between(tallied, seat.tallied, TALLIES_MAX + 1)
            .await?;
        let truncated = changed.len() > TALLIES_MAX;
        changed.truncate(TALLIES_MAX);
        let mut frames = metrics(changed, truncated)?;
        frames.push(watermark(&seat.place, seat.tallied)?);
        self.send(self.wanted.chunk(&frames)).await
    }

    /// Waits until the client takes the chunk, leaves, or the service stops.
    async fn send(&self, chunk: Bytes) -> Result<(), End> {
        if chunk.is_empty() {
            return Ok(());
        }
        tokio::select! {
            biased;
            () = self.api.live.shutdown.cancelled() => Err(End::Over),
            sent = self.client.send(chunk) => sent.map_err(|_| End::Over),
        }
    }
}
