//! What the micro-benchmarks share: bodies, records and a sink that costs nothing. The benchmarks are in `benches/`,
//! their results in `README.md`; the load generator is the room `traffic` beside them.
//!
//! ```text
//! traffic's world ─▶ bodies of a given size ─▶ split ─▶ records ─▶ pipeline on a log in memory ─▶ Counter
//! ```
//!
//! # Layout
//!
//! * [`bodies`]: webhook bodies of 1, 50, 1000 updates; the texts people write
//! * [`written`]: a log in files, and the settings in force for it
//! * [`sink`]: writers of rows and actions that only count
//! * [`process`]: what this process has used
#![forbid(unsafe_code)]

pub mod bodies;
pub mod process;
pub mod sink;
pub mod written;
