//! Where verdicts go: the topic `verdicts`, keyed by the message, from where the pipeline corrects the past.

use std::future::Future;
use std::time::Duration;

use parlance_schemas::decision::Decision;
use parlance_schemas::record::Record;
use parlance_schemas::topics::VERDICTS;
use parlance_schemas::verdict::Verdict;
use parlance_service::config::KafkaConfig;
use parlance_service::kafka::{Client, TopicError, TopicSpec, check_topics, producer_settings};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};

/// After this a verdict is given up; its answer is remembered, and it is written again later.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a verdict is not, or may not be, in the log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// It may pass: write it again, later.
    #[error("the log did not take a verdict: {0}")]
    Passing(String),
    /// The log cannot go on: start again.
    #[error("the log of verdicts cannot go on: {0}")]
    Broken(String),
}

/// Takes verdicts.
pub trait VerdictLog: Send + Sync {
    /// Returns when the verdict is durable. Writing it twice does no harm: of two equal ones one stands.
    ///
    /// # Errors
    /// [`LogError`]; the verdict may be in the log all the same.
    fn write(&self, verdict: Verdict) -> impl Future<Output = Result<(), LogError>> + Send;
}

/// Why the log of verdicts could not be opened.
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
        name: VERDICTS.full_name(prefix),
        partitions: VERDICTS.partitions,
        partitions_may_differ: VERDICTS.partitions_may_differ,
        settings: VERDICTS.settings(),
    }
}

/// The topic of verdicts on Kafka (acks=all, idempotent).
pub struct KafkaVerdicts {
    producer: FutureProducer<Client>,
    topic: String,
}

impl KafkaVerdicts {
    /// Checks the topic and makes a producer.
    ///
    /// # Errors
    /// [`ConnectError`]: a topic that is wrong, brokers that do not answer, settings librdkafka does not know.
    pub async fn connect(config: &KafkaConfig) -> Result<Self, ConnectError> {
        check_topics(config, &[topic(&config.topic_prefix)]).await?;
        let producer =
            producer_settings(config, "opinion", MESSAGE_TIMEOUT).create_with_context(Client::new("opinion"))?;
        Ok(Self {
            producer,
            topic: VERDICTS.full_name(&config.topic_prefix),
        })
    }

    fn failed(&self, error: &KafkaError) -> LogError {
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal) {
            let fatal = self.producer.client().fatal_error();
            return LogError::Broken(fatal.map_or_else(|| error.to_string(), |(_, reason)| reason));
        }
        LogError::Passing(error.to_string())
    }
}

impl KafkaVerdicts {
    /// Returns when a decision is durable. Writing it twice does no harm: of two equal ones one stands.
    ///
    /// # Errors
    /// [`LogError`]; the decision may be in the log all the same.
    pub async fn decide(&self, decision: Decision) -> Result<(), LogError> {
        let key = decision.contact_id.clone();
        self.append(&key, &Record::Decision(Box::new(decision))).await
    }

    async fn append(&self, key: &str, record: &Record<'_>) -> Result<(), LogError> {
        let record = serde_json::to_vec(record).map_err(|error| LogError::Passing(error.to_string()))?;
        let record = FutureRecord::to(&self.topic).key(key).payload(&record);
        let delivery = self
            .producer
            .send_result(record)
            .map_err(|(error, _)| self.failed(&error))?;
        match delivery.await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err((error, _))) => Err(self.failed(&error)),
            // The producer went away without a word.
            Err(_) => Err(LogError::Passing(KafkaError::Canceled.to_string())),
        }
    }
}

impl VerdictLog for KafkaVerdicts {
    async fn write(&self, verdict: Verdict) -> Result<(), LogError> {
        let key = verdict.message.message_id.clone();
        self.append(&key, &Record::Verdict(Box::new(verdict))).await
    }
}
