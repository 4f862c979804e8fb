//! `GET /v1/live`: new messages and changed tallies as server-sent events.
//!
//! ```text
//! sink_progress ──poller──▶ (place, through] ──frames──▶ broadcast (bounded) ──session──▶ channel (bounded) ──▶ client
//!   every 300 ms   one for all, asks only when there is more        one per client: filter, resume, heartbeat
//! ```
//!
//! Nothing is missed or doubled, because a [`Place`] is a place in a total order of rows, and everything before the
//! poller's place has been sent or skipped on purpose: a client that joins takes the place and its seat in the
//! broadcast under one lock, and reads what lies between its own place and that one from the tables.
//!
//! # Layout
//!
//! * [`frame`]: events as bytes, prepared once for all clients; ids
//! * [`poller`]: moves the place forward
//! * [`session`]: one client

mod frame;
pub(crate) mod poller;
mod session;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{Semaphore, broadcast};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use warp::http::HeaderMap;
use warp::reply::Response;

use self::frame::{Batch, Kind, resume_place};
use self::session::{Session, Wanted};
use crate::config::Config;
use crate::error::Refusal;
use crate::params::Params;
use crate::store::news::Place;
use crate::v1::{Api, ID_CHARACTERS_MAX};

/// Batches that a slow client may fall behind before it is told `lagged`. A batch is a second's news, or
/// [`poller::BATCH_MESSAGES_MAX`] messages, so this is also the bound on what the broadcast holds.
const BATCHES_KEPT: usize = 64;
/// Longest event id taken from a client.
const EVENT_ID_CHARACTERS_MAX: usize = 1024;

/// What poller and sessions share.
pub(crate) struct Live {
    sender: broadcast::Sender<Arc<Batch>>,
    state: Mutex<State>,
    slots: Arc<Semaphore>,
    heartbeat: Duration,
    shutdown: CancellationToken,
    sessions: TaskTracker,
}

#[derive(Debug)]
struct State {
    /// The newest watermark seen in the tables.
    complete_through: Option<u64>,
    /// Everything before it has been broadcast or skipped; `None` before the first look at the tables.
    place: Option<Place>,
    /// Up to which log time tallies have been broadcast.
    tallied: u64,
    /// Why the tables cannot be read, by the last try.
    unready: Option<String>,
}

/// A seat in the broadcast and the place from which it delivers.
struct Seat {
    receiver: broadcast::Receiver<Arc<Batch>>,
    place: Place,
    tallied: u64,
}

impl Live {
    pub(crate) fn new(config: &Config, shutdown: CancellationToken) -> Self {
        Self {
            sender: broadcast::channel(BATCHES_KEPT).0,
            state: Mutex::new(State {
                complete_through: None,
                place: None,
                tallied: 0,
                unready: Some("ClickHouse was not asked yet".to_owned()),
            }),
            slots: Arc::new(Semaphore::new(config.live_streams)),
            heartbeat: config.live_heartbeat,
            shutdown,
            sessions: TaskTracker::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no code panics while it holds the lock")
    }

    /// The newest watermark seen, at most one poll old.
    pub(crate) fn complete_through(&self) -> Option<u64> {
        self.state().complete_through
    }

    /// Whether the tables could be read the last time, and why not.
    pub(crate) fn ready(&self) -> Result<(), String> {
        self.state().unready.clone().map_or(Ok(()), Err)
    }

    /// Takes a seat; `None` before the first look at the tables.
    fn seat(&self) -> Option<Seat> {
        let state = self.state();
        let place = state.place.clone()?;
        Some(Seat {
            receiver: self.sender.subscribe(),
            place,
            tallied: state.tallied,
        })
    }

    /// Ends when every session has: soon after shutdown.
    pub(crate) async fn drained(&self) {
        self.sessions.close();
        self.sessions.wait().await;
    }
}

/// Answers `GET /v1/live`.
pub(crate) fn answer(api: &Arc<Api>, mut params: Params, headers: &HeaderMap) -> Result<Response, Refusal> {
    let integrations = params.texts("integration", ID_CHARACTERS_MAX);
    let kinds = params.labels::<Kind>("events");
    let given = params.text("last_event_id", EVENT_ID_CHARACTERS_MAX);
    params.finish()?;
    // The header is the newer of the two: browsers send it on reconnecting, with the same address as at first.
    let header = headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let resume = header.or(given).filter(|id| !id.is_empty()).map(|id| resume_place(&id));

    let seat = api
        .live
        .seat()
        .ok_or_else(|| Refusal::unavailable("ClickHouse was not reached yet"))?;
    let slot = api.live.slots.clone().try_acquire_owned().map_err(|_| {
        metrics::counter!("api_live_refused_total").increment(1);
        Refusal::too_many_streams()
    })?;
    let wanted = Wanted { kinds, integrations };
    Ok(Session::start(api.clone(), seat, wanted, resume, slot))
}
