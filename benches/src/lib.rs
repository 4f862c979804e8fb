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
//! * [`sink`]: a row writer that only counts
#![forbid(unsafe_code)]

pub mod bodies;
pub mod sink;
