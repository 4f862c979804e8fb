//! Binds, serves until told to stop, looks after the log meanwhile.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::broker::Broker;
use crate::connection::{self, Ended};
use crate::{Config, Error, upkeep};

/// Pause after a failed accept (usually: no file descriptors), so that it does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Binds [`Config::listen`].
///
/// # Errors
/// [`Error::NotLoopback`] when the address is reachable from outside, [`Error::Listen`] when it is taken.
pub async fn bind(config: &Config) -> Result<TcpListener, Error> {
    if !config.listen.ip().is_loopback() {
        return Err(Error::NotLoopback(config.listen));
    }
    TcpListener::bind(config.listen).await.map_err(|source| Error::Listen {
        address: config.listen,
        source,
    })
}

/// Serves on `listener` until `shutdown`, then finishes what is under way and closes the log.
/// Clients are told the listener's own address.
///
/// # Errors
/// [`Error`]: the configuration cannot work, the listener is not on loopback, or the data cannot be used.
pub async fn run(config: Config, listener: TcpListener, shutdown: CancellationToken) -> Result<(), Error> {
    config.check()?;
    let address = listener.local_addr().map_err(|source| Error::Listen {
        address: config.listen,
        source,
    })?;
    if !address.ip().is_loopback() {
        return Err(Error::NotLoopback(address));
    }
    let stop = shutdown.clone();
    let opened = tokio::task::spawn_blocking(move || Broker::open(config, address, stop)).await;
    let broker = Arc::new(opened.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?);
    tracing::info!(%address, data = %broker.config.data.display(), topics = broker.topics.all().len(), "broker ready");

    let upkeep = tokio::spawn(upkeep::run(Arc::clone(&broker)));
    let connections = accept(&broker, &listener).await;
    drop(listener);
    drain(connections, broker.config.shutdown_deadline).await;
    if let Err(error) = upkeep.await {
        std::panic::resume_unwind(error.into_panic());
    }
    broker.quiet().await;
    tracing::info!("broker stopped");
    Ok(())
}

/// Accepts until shutdown; hands back the connections that are still open.
async fn accept(broker: &Arc<Broker>, listener: &TcpListener) -> JoinSet<()> {
    let memory = Arc::new(Semaphore::new(broker.config.request_memory_bytes.div_ceil(1 << 10)));
    let mut connections = JoinSet::new();
    loop {
        metrics::gauge!("broker_connections").set(connections.len() as f64);
        let stream = tokio::select! {
            () = broker.shutdown.cancelled() => return connections,
            Some(ended) = connections.join_next() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "a connection's task failed");
                }
                continue;
            }
            accepted = listener.accept() => accepted,
        };
        match stream {
            Ok(_) if connections.len() >= broker.config.max_connections => {
                metrics::counter!("broker_refused_connections_total").increment(1);
                tracing::warn!(
                    limit = broker.config.max_connections,
                    "too many connections; closing a new one"
                );
            }
            Ok((stream, peer)) => {
                let (broker, memory) = (Arc::clone(broker), Arc::clone(&memory));
                connections.spawn(async move {
                    match connection::serve(broker, memory, stream).await {
                        Ok(()) => (),
                        Err(Ended::Broken(error)) => tracing::debug!(%peer, %error, "connection broken"),
                        Err(error) => {
                            metrics::counter!("broker_bad_connections_total").increment(1);
                            tracing::warn!(%peer, %error, "connection closed");
                        }
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Lets connections finish what they have begun.
async fn drain(mut connections: JoinSet<()>, deadline: Duration) {
    let all_ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(deadline, all_ended).await.is_err() {
        tracing::warn!(
            open = connections.len(),
            "closing connections that did not finish in time"
        );
        connections.shutdown().await;
    }
}
