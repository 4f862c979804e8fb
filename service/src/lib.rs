//! What every service is run with, so that each room holds only its own subject.
//!
//! ```text
//! defaults < TOML < environment ──config──▶ Config ──▶ run(config, listener, shutdown) ──http──▶ drained in time
//! ```
//!
//! # Layout
//!
//! * [`config`]: one documented struct per service, loaded in layers; secrets that do not print
//! * [`http`]: the accept loop around warp, with the timeouts and caps warp's own server lacks
//! * `kafka` (a feature, on unless turned off): settings of librdkafka clients, topics, the client of the topic of settings
//! * [`telemetry`]: logs and the metrics registry
#![forbid(unsafe_code)]

pub mod config;
pub mod http;
#[cfg(feature = "kafka")]
pub mod kafka;
pub mod telemetry;
