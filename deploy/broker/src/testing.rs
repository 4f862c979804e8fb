//! A broker for tests: in-process on a free port, or the one `KAFKA_BROKERS` names.
//!
//! ```no_run
//! # use parlance_broker::testing::Broker;
//! let broker = Broker::start();
//! let topic = broker.topic("events"); // unique: tests share an external cluster
//! let servers = broker.brokers(); // for `bootstrap.servers`
//! ```
//!
//! Panics instead of returning errors: a test without its broker has failed.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio_util::sync::CancellationToken;

use crate::{Config, Error};

/// A running broker; stops (when it is ours) on drop.
pub struct Broker {
    brokers: String,
    prefix: String,
    embedded: Option<Embedded>,
}

/// The in-process half: a thread with its own runtime, so that it serves tests with and without one.
struct Embedded {
    config: Config,
    _dir: tempfile::TempDir,
    running: Option<Running>,
}

struct Running {
    shutdown: CancellationToken,
    thread: std::thread::JoinHandle<Result<(), Error>>,
}

impl Broker {
    /// The broker `KAFKA_BROKERS` names, else an embedded one in a temporary folder.
    pub fn start() -> Self {
        match std::env::var("KAFKA_BROKERS") {
            Ok(brokers) if !brokers.is_empty() => Self {
                brokers,
                prefix: unique(),
                embedded: None,
            },
            _ => Self::own(),
        }
    }

    /// Always an embedded broker, in a temporary folder.
    pub fn own() -> Self {
        Self::own_with(|_| ())
    }

    /// An embedded broker whose settings `adjust` may change.
    pub fn own_with(adjust: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::Builder::new()
            .prefix("parlance-broker-")
            .tempdir()
            .expect("a temporary folder");
        let mut config = Config {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data: dir.path().join("broker"),
            compaction_interval: std::time::Duration::from_millis(250),
            ..Config::default()
        };
        adjust(&mut config);
        let (running, address) = Running::start(config.clone());
        config.listen = address;
        let embedded = Embedded {
            config,
            _dir: dir,
            running: Some(running),
        };
        Self {
            brokers: address.to_string(),
            prefix: unique(),
            embedded: Some(embedded),
        }
    }

    /// Addresses for `bootstrap.servers`.
    pub fn brokers(&self) -> String {
        self.brokers.clone()
    }

    /// Whether this is our own broker (and not the one `KAFKA_BROKERS` names).
    pub fn is_embedded(&self) -> bool {
        self.embedded.is_some()
    }

    /// A topic name no other test uses.
    pub fn topic(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// What [`Broker::topic`] puts before a name: unique per value, ends with a dot, fit for a topic prefix.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Stops an embedded broker in an orderly way; clients see it vanish.
    ///
    /// # Panics
    /// When the broker is not embedded, or had failed.
    pub fn stop(&mut self) {
        self.embedded
            .as_mut()
            .expect("only an embedded broker can be stopped")
            .stop();
    }

    /// Starts a stopped embedded broker again: same folder, same port.
    ///
    /// # Panics
    /// When the broker is not embedded.
    pub fn resume(&mut self) {
        let embedded = self.embedded.as_mut().expect("only an embedded broker can be resumed");
        assert!(embedded.running.is_none(), "the broker is running");
        embedded.running = Some(Running::start(embedded.config.clone()).0);
    }

    /// [`Broker::stop`] and [`Broker::resume`].
    pub fn restart(&mut self) {
        self.stop();
        self.resume();
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if let Some(embedded) = &mut self.embedded
            && !std::thread::panicking()
        {
            embedded.stop();
        }
    }
}

impl Embedded {
    fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.shutdown.cancel();
            running
                .thread
                .join()
                .expect("the broker's thread did not panic")
                .expect("the broker did not fail");
        }
    }
}

impl Running {
    fn start(config: Config) -> (Self, SocketAddr) {
        let shutdown = CancellationToken::new();
        let (ready, address) = std::sync::mpsc::sync_channel(1);
        let stop = shutdown.clone();
        let thread = std::thread::Builder::new()
            .name("broker".to_owned())
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_multi_thread()
                    .worker_threads(2)
                    .enable_all()
                    .build();
                runtime.expect("a runtime").block_on(async move {
                    let listener = crate::bind(&config).await?;
                    // Fails only when the starting thread has gone, and then nobody wants to know.
                    let _ = ready.send(listener.local_addr().expect("a bound listener has an address"));
                    crate::run(config, listener, stop).await
                })
            })
            .expect("a thread");
        match address.recv() {
            Ok(address) => (Self { shutdown, thread }, address),
            Err(_) => panic!("the broker did not start: {:?}", thread.join()),
        }
    }
}

/// `t<process>-<time>-<number>.`
fn unique() -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let nanos = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock after 1970")
        .as_nanos();
    format!(
        "t{}-{nanos:x}-{}.",
        std::process::id(),
        NUMBER.fetch_add(1, Ordering::Relaxed)
    )
}
