//! Finds the topic, and makes one writer for each worker.

use std::time::Duration;

use metrics::{Unit, describe_counter, describe_histogram};
use parlance_schemas::rows::WriteError;
use parlance_schemas::topics::ACTIONS;
use parlance_service::config::KafkaConfig;
use parlance_service::kafka::{Client, TopicError, TopicSpec, check_topics, producer_settings};
use rdkafka::error::KafkaError;
use rdkafka::producer::FutureProducer;
use tokio_util::sync::CancellationToken;

use super::writer::Writer;

/// For ever: the client itself then keeps what it was given in order, and tries until the broker has it. One that gave a
/// record up while those behind it still wait would put them before it.
const MESSAGE_TIMEOUT: Duration = Duration::ZERO;

/// Why the topic of actions could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// librdkafka does not accept its settings: mend `kafka.properties`.
    #[error("cannot make a Kafka producer: {0}")]
    Producer(#[from] KafkaError),
    /// The topic is not as it must be, or could not be looked at; see [`TopicError::is_transient`].
    #[error(transparent)]
    Topic(#[from] TopicError),
}

/// The topic on Kafka, by its full name, as it must be.
pub fn topic(prefix: &str) -> TopicSpec {
    TopicSpec {
        name: ACTIONS.full_name(prefix),
        partitions: ACTIONS.partitions,
        partitions_may_differ: ACTIONS.partitions_may_differ,
        settings: ACTIONS.settings(),
    }
}

/// The topic of actions on Kafka (acks=all, idempotent), for all workers of a process.
pub struct KafkaActions {
    producer: FutureProducer<Client>,
    topic: String,
    shutdown: CancellationToken,
}

impl KafkaActions {
    /// Checks the topic and makes a producer. On `shutdown` writers give up what the broker does not take soon.
    ///
    /// # Errors
    /// [`ConnectError`]: a topic that is wrong, brokers that do not answer, settings librdkafka does not know.
    pub async fn connect(config: &KafkaConfig, shutdown: CancellationToken) -> Result<Self, ConnectError> {
        describe();
        check_topics(config, &[topic(&config.topic_prefix)]).await?;
        let producer =
            producer_settings(config, "actions", MESSAGE_TIMEOUT).create_with_context(Client::new("actions"))?;
        Ok(Self {
            producer,
            topic: ACTIONS.full_name(&config.topic_prefix),
            shutdown,
        })
    }

    /// A writer for one worker.
    ///
    /// # Errors
    /// [`WriteError::Halt`] when the system gives it no timer.
    pub fn writer(&self) -> Result<Writer, WriteError> {
        Writer::new(self.producer.clone(), self.topic.clone(), self.shutdown.clone())
    }
}

fn describe() {
    describe_counter!("sink_actions_total", "actions acknowledged by Kafka, by what they do");
    describe_histogram!(
        "sink_action_produce_seconds",
        Unit::Seconds,
        "time until the actions of an interval were acknowledged, tries included"
    );
    describe_counter!(
        "sink_action_failures_total",
        "actions that Kafka did not take and that were tried again, by reason"
    );
    describe_counter!(
        "sink_action_late_total",
        "times that Kafka kept actions waiting for long"
    );
}
