//! What all connections share.

use std::fs::File;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::error::At as _;
use crate::groups::Groups;
use crate::producer_ids::ProducerIds;
use crate::topics::Topics;
use crate::{Config, Error, files};

/// The only node's number.
pub(crate) const NODE: i32 = 1;

/// The broker's state.
#[derive(Debug)]
pub(crate) struct Broker {
    pub(crate) config: Arc<Config>,
    /// The address clients are told.
    pub(crate) address: SocketAddr,
    pub(crate) cluster_id: String,
    pub(crate) topics: Topics,
    pub(crate) groups: Groups,
    pub(crate) producer_ids: ProducerIds,
    pub(crate) shutdown: CancellationToken,
    blocking: TaskTracker,
    /// Held as long as anything may touch the folder.
    _lock: File,
}

impl Broker {
    /// Takes the data folder and opens what is in it. Blocking.
    pub(crate) fn open(config: Config, address: SocketAddr, shutdown: CancellationToken) -> Result<Self, Error> {
        let config = Arc::new(config);
        let lock = files::lock(&config.data)?;
        Ok(Self {
            address,
            cluster_id: cluster_id(&config)?,
            topics: Topics::open(&config)?,
            groups: Groups::open(&config)?,
            producer_ids: ProducerIds::open(config.data.join("producer-ids"))?,
            shutdown,
            blocking: TaskTracker::new(),
            _lock: lock,
            config,
        })
    }

    /// Runs file work where it does not hold up the async runtime.
    pub(crate) async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> T {
        let broker = Arc::clone(self);
        match self.blocking.spawn_blocking(move || work(&broker)).await {
            Ok(result) => result,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is going away, and this task with it.
                Err(_) => std::future::pending().await,
            },
        }
    }

    /// Waits until no file work is left.
    pub(crate) async fn quiet(&self) {
        self.blocking.close();
        self.blocking.wait().await;
    }
}

/// A name for this log, made at its first start.
fn cluster_id(config: &Config) -> Result<String, Error> {
    let path = config.data.join("cluster-id");
    match std::fs::read_to_string(&path) {
        Ok(id) => Ok(id.trim().to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let id = uuid::Uuid::new_v4().simple().to_string();
            files::write_atomic(&path, id.as_bytes())?;
            Ok(id)
        }
        Err(error) => Err(error).at(path),
    }
}
