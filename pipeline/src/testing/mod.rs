//! A log and a sink in memory, for tests and demonstrations: the same traits, the same promises, no servers.
//!
//! # Layout
//!
//! * [`MemoryLog`]: partitions that a test appends to, under a clock that the test sets
//! * [`MemorySink`]: tables that replace as ClickHouse does, and fail when a test says so

mod log;
mod sink;

pub use log::MemoryLog;
pub use sink::{MemorySink, MemoryWriter, Tables};
