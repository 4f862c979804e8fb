//! Into Kafka, and the wait for its yes.

use std::time::{Duration, Instant};

use parlance_schemas::record::Record;
use parlance_schemas::webhook;
use parlance_service::kafka::Client;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::future_producer::DeliveryFuture;
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};
use tokio_util::sync::CancellationToken;

use crate::observe::{Tally, Timer};
use crate::refusal::Refusal;

/// Why records are not, or may not be, in the log. For the sender all mean: again, later.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogError {
    #[error("the queue to Kafka is full")]
    QueueFull,
    #[error("Kafka did not acknowledge within {0:?}")]
    Late(Duration),
    #[error("Kafka did not take it: {0}")]
    Failed(KafkaError),
}

impl LogError {
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Self::QueueFull => "log_queue_full",
            Self::Late(_) => "log_late",
            Self::Failed(_) => "log_failed",
        }
    }
}

impl From<KafkaError> for LogError {
    fn from(error: KafkaError) -> Self {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::QueueFull) => Self::QueueFull,
            _ => Self::Failed(error),
        }
    }
}

/// The two topics ingest writes.
pub(crate) struct Log {
    producer: FutureProducer<Client>,
    events: String,
    dead: String,
    ack_timeout: Duration,
    broken: CancellationToken,
}

/// Records on their way.
pub(crate) struct Pending {
    waits: Vec<DeliveryFuture>,
    tally: Tally,
    timer: Timer,
}

/// One POST: its name, and when it was read.
#[derive(Clone)]
pub(crate) struct Post {
    pub(crate) id: String,
    pub(crate) received_at: i64,
}

impl Log {
    pub(crate) fn new(producer: FutureProducer<Client>, events: String, dead: String, ack_timeout: Duration) -> Self {
        Self {
            producer,
            events,
            dead,
            ack_timeout,
            broken: CancellationToken::new(),
        }
    }

    /// Splits a body and queues its updates, in their order. Queues nothing of a body that is not JSON; a body that
    /// does not fit into the queue may have been queued in part.
    pub(crate) fn append(&self, body: &[u8], post: &Post) -> Result<Pending, Refusal> {
        let started = Instant::now();
        let updates = webhook::split(body, &post.id, post.received_at).map_err(Refusal::NotJson)?;
        let mut pending = Pending::new(updates.len());
        let mut buffer = Vec::new();
        for keyed in updates {
            pending.tally.add(keyed.update.part, &keyed.update.field);
            buffer.clear();
            serde_json::to_writer(&mut buffer, &Record::Update(keyed.update))
                .expect("texts, numbers and raw JSON are JSON, and memory takes them");
            // Queueing copies the record, so one buffer serves all.
            let record = FutureRecord::to(&self.events).key(&keyed.key).payload(&buffer);
            pending.waits.push(self.queue(record)?);
        }
        metrics::histogram!("ingest_split_seconds").record(started.elapsed());
        Ok(pending)
    }

    /// Queues a body that could not be split, as it is, for people to look at.
    pub(crate) fn bury(&self, body: &[u8], post: &Post, reason: &str) -> Result<Pending, LogError> {
        let received_at = post.received_at.to_string();
        let headers = [
            ("post", post.id.as_str()),
            ("received_at", &received_at),
            ("reason", reason),
        ];
        let headers = headers.into_iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
            headers.insert(Header {
                key,
                value: Some(value),
            })
        });
        let mut pending = Pending::new(1);
        let record = FutureRecord::<(), [u8]>::to(&self.dead).payload(body).headers(headers);
        pending.waits.push(self.queue(record)?);
        Ok(pending)
    }

    fn queue<K, P>(&self, record: FutureRecord<'_, K, P>) -> Result<DeliveryFuture, LogError>
    where
        K: rdkafka::message::ToBytes + ?Sized,
        P: rdkafka::message::ToBytes + ?Sized,
    {
        self.producer
            .send_result(record)
            .map_err(|(error, _)| self.noticed(error))
    }

    /// Waits until every record is acknowledged, or the deadline.
    ///
    /// The deadline is our own: librdkafka's may be seconds late. Records it still holds then may be delivered all
    /// the same; the sender's copies of them are dropped by the pipeline.
    pub(crate) async fn acknowledged(&self, pending: Pending) -> Result<(), LogError> {
        let Pending { waits, tally, timer } = pending;
        let all = async {
            for wait in waits {
                match wait.await {
                    Ok(Ok(_)) => {}
                    Ok(Err((error, _))) => return Err(self.noticed(error)),
                    // The producer went away without a word.
                    Err(_) => return Err(LogError::Failed(KafkaError::Canceled)),
                }
            }
            Ok(())
        };
        let outcome = tokio::time::timeout(self.ack_timeout, all).await;
        let outcome = outcome.unwrap_or(Err(LogError::Late(self.ack_timeout)));
        match &outcome {
            Ok(()) => {
                tally.count();
                timer.end("accepted");
            }
            Err(error) => timer.end(error.outcome()),
        }
        outcome
    }

    /// A fatal error (the broker lost what the idempotent producer relies on) never heals: this producer is done.
    fn noticed(&self, error: KafkaError) -> LogError {
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal) {
            self.broken.cancel();
        }
        error.into()
    }

    /// Resolves when the producer cannot go on, with its reason.
    pub(crate) async fn broken(&self) -> String {
        self.broken.cancelled().await;
        let fatal = self.producer.client().fatal_error();
        fatal.map_or_else(
            || "no reason given".to_owned(),
            |(code, reason)| format!("{code}: {reason}"),
        )
    }

    /// Waits, blocking, until the queue is empty.
    pub(crate) fn flush(&self, deadline: Duration) -> Result<(), KafkaError> {
        self.producer.flush(deadline)
    }
}

impl Pending {
    fn new(records: usize) -> Self {
        Self {
            waits: Vec::with_capacity(records),
            tally: Tally::default(),
            timer: Timer::start("ingest_ack_seconds"),
        }
    }
}
