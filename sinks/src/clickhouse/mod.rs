//! The ClickHouse sink.
//!
//! # Layout
//!
//! * `open`: takes the sink for this process and makes one writer per worker
//! * `writer`: an interval, written; `blocks`: how its rows are cut and named
//! * `progress`: how far each shard is durable, and who may write; `member`: which process of a cluster writes
//! * `retry`: what is tried again, and when; `verdict`: which errors may pass
//! * [`Reader`]: what is read back by those who judge and those who learn
//! * [`Books`]: the tables, gone over and put right
//! * `migrate`: the tables; `check`: whether a server will do
//! * `connect`: clients with the settings the sink depends on

mod blocks;
mod books;
mod check;
pub(crate) mod connect;
mod member;
mod migrate;
mod open;
mod progress;
mod read;
mod retry;
mod verdict;
mod writer;

pub use ::clickhouse::{RowOwned, RowRead};
pub use books::{Books, Page, Rows};
pub use check::{Problem, check};
pub use member::Member;
pub use migrate::migrate;
pub use open::{Factory, open};
pub use read::{Labelled, Reader};
pub use writer::Writer;

pub(crate) use verdict::reason;

/// Why the sink could not be opened, migrated or checked. A variant says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It may pass: try again later.
    #[error("{doing}: {reason}")]
    Unavailable {
        /// What was being done.
        doing: &'static str,
        /// The server's or the network's words, cut to a bearable length.
        reason: String,
    },
    /// It does not pass by itself: someone must mend the server, the rights or the configuration.
    #[error("{doing}: {reason}")]
    Refused {
        /// What was being done.
        doing: &'static str,
        /// The server's words, cut to a bearable length.
        reason: String,
    },
    /// The database has tables this program does not know: use the newer program.
    #[error("database {database} is at schema {found}, this program knows schemas up to {known}: use a newer program")]
    NewerSchema {
        /// The database.
        database: String,
        /// Its schema.
        found: u32,
        /// The newest schema of this program.
        known: u32,
    },
    /// The database lacks tables this program needs.
    #[error("database {database} is at schema {found}, this program needs {known}: run `parlance migrate`")]
    OlderSchema {
        /// The database.
        database: String,
        /// Its schema, 0 when it has none.
        found: u32,
        /// The newest schema of this program.
        known: u32,
    },
    /// Asked to stop before it was done.
    #[error("stopped while {0}")]
    Stopped(&'static str),
    /// This machine could not start the sink's threads.
    #[error("cannot start the sink's threads: {0}")]
    Threads(std::io::Error),
}
