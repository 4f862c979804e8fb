//! Webhooks in: verified, split, keyed, and answered 200 only when Kafka has them.
//!
//! ```text
//! POST ─▶ body (cap, deadlines, bytes in flight) ─▶ signature (raw bytes) ─▶ split ─▶ parlance.events ─▶ 200
//!           413 · 408 · 503                            401                  │            503
//!                                                                           └ not JSON ─▶ ingest.dead ─▶ 400
//! GET  ─▶ handshake of the App Dashboard
//! ```
//!
//! 200 means: a broker with acks=all has every update of the POST. Whatever else the answer is, Meta keeps the POST
//! and sends it again for seven days, so ingest holds nothing of its own. After a 503 some updates of the POST may be
//! in the log all the same; the pipeline drops the copies.
//!
//! # Layout
//!
//! * [`mod@config`]: every limit, with its reason
//! * `run`: putting it together, readiness, the way out
//! * `routes`: which path and method goes where
//! * `handshake`: the GET
//! * `webhook`: the POST, step by step
//! * `body`: reading a body from a stranger; `in_flight`: how many bytes of bodies there may be
//! * `signature`: who signed it
//! * `log`: into Kafka, and the wait for its yes
//! * `refusal`: everything that is not a 200, in one enum
//! * `observe`: what is counted
#![forbid(unsafe_code)]

mod body;
pub mod config;
mod handshake;
mod in_flight;
mod log;
mod observe;
mod refusal;
mod routes;
mod run;
mod signature;
mod webhook;

pub use config::{Config, section};
pub use run::{Error, run, topics};
