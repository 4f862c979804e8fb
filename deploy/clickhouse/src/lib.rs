//! The embedded ClickHouse: the real engine, hosted in a child process of its own, on loopback only.
//!
//! ```text
//! supervisor ──spawn, stdin pipe──▶ parlance-clickhouse ──dlopen──▶ libchdb.so ──HTTP──▶ 127.0.0.1:port
//!     └── closes the pipe (or dies) ──▶ the server ends
//! ```
//!
//! The server ends when its standard input ends, so it never outlives whoever started it. Growing beyond
//! one machine means pointing `CLICKHOUSE_URL` elsewhere; nothing else knows that this server is embedded.
//!
//! # Layout
//!
//! * [`library_path`]: where `libchdb.so` is, and how to get it
//! * [`Config`], [`host`]: run the server in this process until standard input ends
//! * [`ready_port`], [`forget_port`]: how a supervisor learns that it is up, and where
//! * `configuration`: the files the engine reads: users, rights, limits, caches
//! * `confine`: takes from the process every file it does not need
//! * `engine`: the one place that calls into the library
//! * [`testing`] (feature `testing`): a server for other crates' tests

mod config;
mod configuration;
#[cfg(target_os = "linux")]
mod confine;
mod engine;
mod host;
mod library;
mod ready;
#[cfg(feature = "testing")]
pub mod testing;

pub use config::{Config, READER, WRITER};
pub use host::host;
pub use library::{VERSION, library_path};
pub use ready::{PORT_FILE, forget_port, ready_port};

use std::path::PathBuf;

/// Why the server could not be run. Every message says what to do, where something can be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine's library is not on this machine.
    #[error(
        "no ClickHouse engine at {}: run deploy/clickhouse/fetch.sh, or set PARLANCE_CHDB_LIB to libchdb.so, \
         or CLICKHOUSE_URL to a ClickHouse server",
        .0.display()
    )]
    NoLibrary(PathBuf),
    /// Neither `PARLANCE_CHDB_LIB` nor a cache folder is known.
    #[error("cannot tell where the ClickHouse engine is: set PARLANCE_CHDB_LIB, XDG_CACHE_HOME or HOME")]
    NoCacheFolder,
    /// The library is there and cannot be used.
    #[error("cannot load {}: {source}", path.display())]
    Unloadable {
        /// The library.
        path: PathBuf,
        /// What the linker said.
        source: libloading::Error,
    },
    /// Another server runs on the same folder.
    #[error("another server uses {}", .0.display())]
    InUse(PathBuf),
    /// A folder or file of the server could not be made.
    #[error("{}: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A value that cannot stand in the engine's configuration.
    #[error("{what} cannot be used: {why}")]
    Unusable {
        /// Which value.
        what: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The engine gave up.
    #[error("the ClickHouse engine ended: {0}")]
    Engine(String),
}
