//! Why the pipeline ended other than by being asked to.

use parlance_schemas::rows::WriteError;

/// Every variant ends the pipeline: its supervisor starts it again, and it resumes from what the sink has.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting that cannot be run with.
    #[error("configuration: {0}")]
    Config(String),
    /// The log could not be reached, or refuses us. Trying again later may help.
    #[error("log: {doing}: {reason}")]
    Log {
        /// What was being done.
        doing: String,
        /// What the client library said.
        reason: String,
    },
    /// The log is not the one that was read before, or not one that can be read safely. Needs a person.
    #[error("log refused: {0}")]
    LogRefused(String),
    /// Too many records in a row could not be read: more likely a wrong version of this program than bad records.
    #[error(
        "{count} unreadable records in a row, the last at partition {partition} offset {offset}: {reason}; \
         stopped so that no good record is put aside by mistake"
    )]
    Unreadable {
        /// How many.
        count: u32,
        /// Partition of the last one.
        partition: u32,
        /// Offset of the last one.
        offset: i64,
        /// The parser's words.
        reason: String,
    },
    /// Rows could not be written, and trying again cannot help.
    #[error("sink: {0}")]
    Sink(#[from] WriteError),
    /// The dataflow stood still although the log grew.
    #[error("no progress for {seconds} s while the log grew: stuck at {frontier}")]
    Stalled {
        /// For how long.
        seconds: u64,
        /// The dataflow time it stands at.
        frontier: u64,
    },
    /// Another run has begun to write snapshots in the same place.
    #[error("another pipeline has begun: this one is generation {own}, and there is {newest}; this one ends")]
    Overtaken {
        /// This run's generation.
        own: u64,
        /// The largest there is.
        newest: u64,
    },
    /// The engine could not be started, or a peer of the cluster was lost.
    #[error("engine: {0}")]
    Engine(String),
}
