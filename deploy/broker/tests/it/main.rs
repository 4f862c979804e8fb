//! The broker as its clients see it. `conformance` also runs against a real Kafka (`KAFKA_BROKERS`).

// In tests a failed unwrap is a failed test, in their helpers too.
#![allow(clippy::unwrap_used)]

mod client;
mod clients;
mod conformance;
mod durability;
mod kill;
mod limits;
mod protocol;
