//! `/healthz`, `/readyz` and `/metrics` of the pipeline, when an address is configured.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use parlance_service::http::{Limits, Problem, pages, serve as serve_http};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use warp::Filter;
use warp::reply::Reply;

use crate::config::Config;
use crate::error::Error;
use crate::stop::Stop;
use crate::vitals::Vitals;

const LIMITS: Limits = Limits {
    service: "pipeline",
    connections: 64,
    header_timeout: Duration::from_secs(10),
    write_timeout: Duration::from_secs(10),
    drain_timeout: Duration::from_secs(1),
};

/// The running pages, if any.
pub(crate) struct Page(Option<(JoinHandle<()>, CancellationToken)>);

impl Page {
    /// Ends them; those who are being answered get their answer.
    pub(crate) async fn close(self) {
        if let Some((serving, shutdown)) = self.0 {
            shutdown.cancel();
            if serving.await.is_err() {
                tracing::warn!("the metrics pages did not end well");
            }
        }
    }
}

/// Serves the pages at `config.metrics_listen`, or nothing when that is empty. Ready: the dataflow has begun to move
/// and has not been told to stop.
pub(crate) async fn serve(config: &Config, vitals: Arc<Vitals>, stop: &Stop) -> Result<Page, Error> {
    let address = &config.metrics_listen;
    if address.is_empty() {
        return Ok(Page(None));
    }
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| Error::Config(format!("metrics_listen {address}: {error}")))?;
    let stop = stop.clone();
    let routes = pages(move || {
        if stop.requested() {
            Err("the pipeline is stopping".to_owned())
        } else if vitals.durable() == 0 {
            Err("nothing is durable yet".to_owned())
        } else {
            Ok(())
        }
    });
    let routes = routes.recover(|_| async { Ok::<_, Infallible>(Problem::not_found("this path").into_response()) });
    let shutdown = CancellationToken::new();
    let token = shutdown.clone();
    let serving = tokio::spawn(async move {
        if !serve_http(listener, routes, LIMITS, token).await.clean() {
            tracing::warn!("slow readers of the metrics pages were cut off");
        }
    });
    Ok(Page(Some((serving, shutdown))))
}
