//! The accept loop around warp: every client has a deadline, every resource a cap, and shutdown an end.
//!
//! ```text
//! slot (cap) ─▶ accept ─▶ TCP_NODELAY ─▶ head (timeout) ─▶ warp routes ─▶ answer (stall timeout) ─┐
//!   ▲                                        ▲────────────── keep-alive ─────────────────────────┤
//!   └──────────────────────────────── connection ends ◀──────────────────────────────────────────┘
//! shutdown: stop accepting, idle connections close, requests in flight finish, the rest is cut at the deadline
//! ```
//!
//! warp's own server has no header timeout, no connection cap and a shutdown that waits for ever; warp says that
//! whoever wants more should bring an own loop. Bodies are the routes' business: only they know how large and how
//! slow one may be.
//!
//! # Layout
//!
//! * [`serve`], [`Limits`], [`Drained`]: the loop
//! * [`Problem`]: errors as RFC 9457 problem details
//! * [`pages`]: `/healthz`, `/readyz`, `/metrics`

mod connection;
mod pages;
mod problem;

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use warp::Filter;
use warp::reply::Reply;

pub use pages::pages;
pub use problem::Problem;

/// The bounds of one HTTP service.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The service's name in the `service` label of the metrics, e.g. `ingest`.
    pub service: &'static str,
    /// Connections open at once. Those beyond wait in the kernel's accept backlog.
    pub connections: usize,
    /// From the moment the server begins to wait for a request's head until the head is complete. Thus also the
    /// longest time that a kept-alive connection may be idle.
    pub header_timeout: Duration,
    /// How long a client may take nothing of an answer that is ready for it.
    pub write_timeout: Duration,
    /// After shutdown began: how long requests in flight may go on before they are cut.
    pub drain_timeout: Duration,
}

/// How a service ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were still busy at the drain deadline, and were cut.
    pub cut: usize,
}

impl Drained {
    /// True when every connection ended by itself in time.
    pub fn clean(self) -> bool {
        self.cut == 0
    }
}

/// Serves `routes` until `shutdown`, then drains: within [`Limits::drain_timeout`] every connection is gone, and
/// with it every request's future.
///
/// The routes answer everything themselves (`Error = Infallible`): no status code is chosen by warp.
///
/// Metrics: `http_connections`, `http_connections_accepted_total`, `http_accept_errors_total`, and
/// `http_connections_cut_total` by `reason` (`header_timeout`, `idle`, `write_timeout`, `drain`, `protocol`).
pub async fn serve<F>(listener: TcpListener, routes: F, limits: Limits, shutdown: CancellationToken) -> Drained
where
    F: Filter<Error = Infallible> + Clone + Send + Sync + 'static,
    F::Extract: Reply,
{
    let slots = Arc::new(Semaphore::new(limits.connections.min(Semaphore::MAX_PERMITS)));
    let graceful = GracefulShutdown::new();
    let connections = TaskTracker::new();
    let cut = CancellationToken::new();
    // Also when this future is dropped instead of shut down: no connection outlives its service.
    let _cut_on_drop = cut.clone().drop_guard();
    let labels = [("service", limits.service)];
    let accepted = metrics::counter!("http_connections_accepted_total", &labels);
    let open = metrics::gauge!("http_connections", &labels);

    while let Some((stream, slot)) = accept(&listener, &slots, limits.service, &shutdown).await {
        accepted.increment(1);
        let connection = connection::serve(stream, routes.clone(), limits, graceful.watcher(), cut.clone());
        let open = Open::new(open.clone(), slot);
        connections.spawn(async move {
            connection.await;
            drop(open);
        });
    }

    drop(listener);
    connections.close();
    // Idle connections close at once, busy ones after their answer.
    let drained = tokio::time::timeout(limits.drain_timeout, graceful.shutdown()).await;
    let left = if drained.is_ok() { 0 } else { connections.len() };
    cut.cancel();
    connections.wait().await;
    Drained { cut: left }
}

/// Counts a connection in the gauge and holds its slot, however its task ends.
struct Open {
    gauge: metrics::Gauge,
    _slot: OwnedSemaphorePermit,
}

impl Open {
    fn new(gauge: metrics::Gauge, slot: OwnedSemaphorePermit) -> Self {
        gauge.increment(1.0);
        Self { gauge, _slot: slot }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.gauge.decrement(1.0);
    }
}

/// Pauses after an error of `accept` that will not pass by itself at once, doubled up to the second.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));

/// The next connection, in a slot of its own; `None` at shutdown.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
    service: &'static str,
    shutdown: &CancellationToken,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let next = async {
        let slot = slots
            .clone()
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        let mut pause = BACKOFF.0;
        loop {
            match listener.accept().await {
                Ok((stream, _)) => return (stream, slot),
                Err(error) => {
                    metrics::counter!("http_accept_errors_total", "service" => service).increment(1);
                    // The peer went away before we took the connection: nothing to wait for.
                    if matches!(
                        error.kind(),
                        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
                    ) {
                        continue;
                    }
                    // Out of file descriptors or memory: accepting at full speed would burn a core until some close.
                    tracing::warn!(%error, service, pause = ?pause, "cannot accept connections");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(BACKOFF.1);
                }
            }
        }
    };
    tokio::select! {
        biased;
        () = shutdown.cancelled() => None,
        next = next => Some(next),
    }
}
