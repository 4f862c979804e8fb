//! The embedded broker: a single-node log behind the Kafka protocol.
//!
//! For **one machine and for tests**: no replication, no authentication, no transactions, loopback only. It speaks the
//! protocol to standard clients (librdkafka, kcat, kafka-python, Java), so growing to a cluster of Apache Kafka
//! changes an address and nothing else. One conformance suite holds both to the same behaviour.
//!
//! ```text
//!  client ═▶ connection ─▶ api/* ─┬▶ topics ─▶ log/partition ─▶ segments (batches as they came)
//!            frames, limits       │               └▶ group commit: one fsync for all who wait
//!                                 └▶ groups ───▶ journal (committed offsets)
//! ```

mod api;
mod broker;
mod config;
mod connection;
mod error;
mod files;
mod groups;
mod journal;
mod log;
mod producer_ids;
mod server;
#[cfg(feature = "testing")]
pub mod testing;
mod topic_config;
mod topics;
mod upkeep;

pub use config::{Config, Fsync};
pub use error::Error;
pub use server::{bind, run};
