//! How Parlance talks to Kafka: the settings of librdkafka's clients, what they say of themselves, the topics.
//!
//! ```text
//! KafkaConfig ──producer_settings──▶ Producer   (acks=all, idempotent, bounded queue)
//!             ──consumer_settings──▶ consumer   (offsets live with the output, a gap is an error)
//!             ──ensure_topics──────▶ topics as they must be, or what is wrong with them
//! ```
//!
//! # Layout
//!
//! * [`producer_settings`], [`consumer_settings`]: settings, with `KafkaConfig::properties` on top
//! * [`Client`]: the context of a client: librdkafka's log into `tracing`, its statistics into metrics and [`Health`]
//! * [`ensure_topics`], [`check_topics`]: creating and checking topics
//! * [`settings`]: reading and writing a compacted topic whose newest values are in force

mod client;
pub mod settings;
mod topics;

use std::time::Duration;

use rdkafka::config::ClientConfig;

use crate::config::KafkaConfig;

pub use client::{Client, Health};
pub use topics::{TopicError, TopicSpec, check_topics, ensure_topics};

/// The largest record a producer takes, in bytes: an update of the largest webhook (3 MiB), its envelope and a copy of
/// its contact fit. Topics must take somewhat more (`max.message.bytes`), as the broker counts a batch's frame too.
pub const MAX_RECORD_BYTES: usize = 4 * 1024 * 1024;

/// How long a producer gathers records before it sends them. Costs each webhook as much latency as it is long, and
/// saves requests when many come at once.
const LINGER: Duration = Duration::from_millis(2);

/// How often clients report statistics: [`Health`] is never older than this while the client lives.
pub(crate) const STATISTICS: Duration = Duration::from_secs(1);

/// What both kinds of clients need. `service` becomes the client's name on the broker: `parlance-<service>`.
fn common(config: &KafkaConfig, service: &str) -> ClientConfig {
    let mut settings = ClientConfig::new();
    settings
        .set("bootstrap.servers", &config.brokers)
        .set("client.id", format!("parlance-{service}"))
        // A record waits in the client for its answer: Nagle's algorithm would add up to 40 ms to each.
        .set("socket.nagle.disable", "true")
        // The broker's thread sleeps through its backoff and looks at deadlines only then; the default of 10 s makes
        // a deadline of 3 s one of 10, and costs as much again when the broker is back.
        .set("reconnect.backoff.ms", "50")
        .set("reconnect.backoff.max.ms", "500")
        // A topic made in passing would have the broker's defaults: wrong clock, wrong retention.
        .set("allow.auto.create.topics", "false")
        // Brokers close idle connections as a matter of course.
        .set("log.connection.close", "false")
        .set("statistics.interval.ms", STATISTICS.as_millis().to_string());
    settings
}

/// The operator's own settings win over ours: security and whatever a cluster demands.
fn with_properties(mut settings: ClientConfig, config: &KafkaConfig) -> ClientConfig {
    for (name, value) in &config.properties {
        settings.set(name, value.expose());
    }
    settings
}

/// Settings of a producer: a delivery report without error means that all replicas in sync have the record, once, in
/// the order of sending within its partition.
///
/// `message_timeout`: after this the client gives a record up. Not a deadline (the client may take seconds longer to
/// say so): whoever answers to someone keeps an own one.
///
/// Bounds: 100,000 records and 64 MiB queued, then sending fails at once with `QueueFull`; records up to
/// [`MAX_RECORD_BYTES`].
pub fn producer_settings(config: &KafkaConfig, service: &str, message_timeout: Duration) -> ClientConfig {
    let mut settings = common(config, service);
    settings
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("linger.ms", LINGER.as_millis().to_string())
        .set("queue.buffering.max.messages", "100000")
        .set("queue.buffering.max.kbytes", (64 * 1024).to_string())
        .set("message.max.bytes", MAX_RECORD_BYTES.to_string())
        .set("message.timeout.ms", message_timeout.as_millis().to_string())
        // JSON of webhooks repeats itself: a third of the bytes for little work.
        .set("compression.type", "lz4")
        // The partitioner of Java clients, so that other people's tools put a key where we do.
        .set("partitioner", "murmur2_random");
    with_properties(settings, config)
}

/// Settings of a consumer whose progress lives with its output: partitions are assigned by hand, nothing is committed,
/// and an offset that is not there is an error, not a jump.
///
/// Bounds: 64 MiB fetched ahead.
pub fn consumer_settings(config: &KafkaConfig, service: &str) -> ClientConfig {
    let mut settings = common(config, service);
    settings
        // librdkafka assigns partitions only to a consumer with a group, though this one never joins it.
        .set("group.id", format!("parlance-{service}"))
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "error")
        .set("isolation.level", "read_committed")
        .set("check.crcs", "true")
        .set("fetch.wait.max.ms", "100")
        .set("fetch.error.backoff.ms", "100")
        // After the bound was met, the default waits a whole second before it asks for more.
        .set("fetch.queue.backoff.ms", "50")
        .set("queued.max.messages.kbytes", (64 * 1024).to_string());
    with_properties(settings, config)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;
    use rdkafka::consumer::BaseConsumer;
    use rdkafka::producer::FutureProducer;

    fn config() -> KafkaConfig {
        KafkaConfig {
            brokers: "127.0.0.1:1".to_owned(),
            ..KafkaConfig::default()
        }
    }

    #[test]
    fn librdkafka_knows_every_setting() {
        let producer: Result<FutureProducer, _> = producer_settings(&config(), "test", Duration::from_secs(5)).create();
        producer.map(drop).unwrap();
        let consumer: Result<BaseConsumer, _> = consumer_settings(&config(), "test").create();
        consumer.map(drop).unwrap();
    }

    #[test]
    fn the_operators_properties_win() {
        let mut config = config();
        config.properties.insert("linger.ms".to_owned(), Secret::new("77"));
        let settings = producer_settings(&config, "test", Duration::from_secs(5));
        assert_eq!(settings.get("linger.ms"), Some("77"));
    }
}
