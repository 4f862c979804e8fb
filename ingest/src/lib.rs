//! Webhooks in: verified, split, keyed, acknowledged by Kafka.
