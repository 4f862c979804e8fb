//! The broker as its clients see it. `conformance` also runs against a real Kafka (`KAFKA_BROKERS`).

mod client;
mod clients;
mod conformance;
mod durability;
mod kill;
mod limits;
mod protocol;
