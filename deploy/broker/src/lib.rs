//! The embedded broker: a single-node log behind the Kafka protocol.
