//! A log and a sink in memory, for tests and demonstrations: the same traits, the same promises, no servers.
//!
//! # Layout
//!
//! * [`MemoryLog`]: partitions that a test appends to, under a clock that the test sets
//! * [`MemorySink`]: tables that replace as ClickHouse does, and fail when a test says so
//! * [`State`]: what an operator remembers, without a dataflow; [`write_snapshot`]: some of it in a snapshot
//! * [`MemoryActions`]: somebody who takes actions, or for a while does not
//! * [`ByLength`]: labels that cost nothing

mod actions;
mod labels;
mod log;
mod sink;
mod state;

pub use actions::{MemoryActionWriter, MemoryActions};
pub use labels::ByLength;
pub use log::MemoryLog;
pub use sink::{MemorySink, MemoryWriter, Tables};
pub use state::{Line, State, Told, lines, write_snapshot};
