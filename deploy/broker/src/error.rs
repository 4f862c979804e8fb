//! What can go wrong with the broker as a whole. Errors of single requests are answered with Kafka's codes.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Why the broker did not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting cannot work.
    #[error("broker configuration: {0}")]
    Config(String),
    /// The address is reachable from outside; the broker has no authentication.
    #[error("the embedded broker listens on loopback only, not on {0}")]
    NotLoopback(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// Another process works on the same folder.
    #[error("{0} is in use by another broker")]
    Locked(PathBuf),
    /// A file or folder of the log cannot be read or written.
    #[error("broker data at {path}")]
    Data {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A file of the log holds what this version did not write.
    #[error("broker data at {path} is unreadable: {why}")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

/// Puts the path into an I/O error.
pub(crate) trait At<T> {
    fn at(self, path: impl Into<PathBuf>) -> Result<T, Error>;
}

impl<T> At<T> for std::io::Result<T> {
    fn at(self, path: impl Into<PathBuf>) -> Result<T, Error> {
        self.map_err(|source| Error::Data {
            path: path.into(),
            source,
        })
    }
}
