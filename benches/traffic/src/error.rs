//! What can stop a run. What a server answers is not an error but part of the report.

use std::path::PathBuf;

/// Why traffic could not be made or sent.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An option that cannot be meant.
    #[error("{0}")]
    Option(String),
    /// The target is another machine, and nobody said that this is intended.
    #[error("refusing to send to `{host}`, which is not this machine; `--allow-remote` permits it if it is yours")]
    Remote {
        /// The host of the URL.
        host: String,
    },
    /// No secret to sign with.
    #[error("no secret to sign webhooks with: set WHATSAPP_WEBHOOK_SECRET or give --secret")]
    NoSecret,
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A recorded body that must be JSON for what was asked (composing, escaping) is not.
    #[error("{name}: {reason}")]
    Body {
        /// The file, with the line for `.jsonl`.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The HTTP client could not be built.
    #[error("cannot build the HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}
