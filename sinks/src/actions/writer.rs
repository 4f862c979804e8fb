//! Actions, written: all of an interval's, in order, until each is acknowledged.

use std::pin::pin;
use std::time::{Duration, Instant};

use metrics::{counter, histogram};
use parlance_schemas::action::{ActionWriter, Actions};
use parlance_schemas::rows::WriteError;
use parlance_service::kafka::Client;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{FutureProducer, Producer};
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::due::Due;
use super::trouble::{is_final, word};

/// First pause after Kafka refused something; doubles with each try.
const PAUSE_MIN: Duration = Duration::from_millis(100);
/// Longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// After this without an answer it is said, and then again and again: actions are worth little when they are late.
const LATE: Duration = Duration::from_secs(10);
/// How long an answer may still take once the process shall stop.
const STOP_GRACE: Duration = Duration::from_secs(2);

/// Writes actions for one worker. Blocks the calling thread, which must not be one of an async runtime.
pub struct Writer {
    producer: FutureProducer<Client>,
    topic: String,
    shutdown: CancellationToken,
    /// Its own, for timers alone: a worker's thread has none, and may outlive its caller's.
    runtime: Runtime,
}

impl ActionWriter for Writer {
    fn write(&mut self, actions: &Actions) -> Result<(), WriteError> {
        let due: Result<Vec<_>, _> = actions.records.iter().map(|json| Due::of(json)).collect();
        self.runtime.block_on(self.persist(due?))
    }
}

impl Writer {
    pub(super) fn new(
        producer: FutureProducer<Client>,
        topic: String,
        shutdown: CancellationToken,
    ) -> Result<Self, WriteError> {
        let runtime = Builder::new_current_thread().enable_time().build();
        Ok(Self {
            producer,
            topic,
            shutdown,
            runtime: runtime.map_err(|error| WriteError::Halt(format!("cannot make a timer: {error}")))?,
        })
    }

    async fn persist(&self, mut due: Vec<Due<'_>>) -> Result<(), WriteError> {
        let started = Instant::now();
        let mut pause = PAUSE_MIN;
        loop {
            let before = due.len();
            let trouble;
            (due, trouble) = self.answered(due).await?;
            let Some(error) = trouble else {
                histogram!("sink_action_produce_seconds").record(started.elapsed());
                return Ok(());
            };
            if is_final(&error) {
                return Err(WriteError::Halt(self.reason(&error)));
            }
            let is_full = error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull);
            if is_full && due.len() < before {
                // There were more than fit at once, and now there is room.
                continue;
            }
            counter!("sink_action_failures_total", "reason" => word(&error)).increment(due.len() as u64);
            let wait = pause.mul_f64(rand::random_range(0.5..=1.0));
            warn!(%error, actions = due.len(), wait_ms = wait.as_millis(), "kafka does not take actions: trying again");
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.shutdown.cancelled() => return Err(WriteError::Stopped),
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// One try, until every record has its answer: what is left, and why.
    async fn answered<'a>(&self, due: Vec<Due<'a>>) -> Result<(Vec<Due<'a>>, Option<KafkaError>), WriteError> {
        let mut attempt = pin!(self.attempt(due));
        let mut stopped = pin!(self.stopped());
        let mut waited = Duration::ZERO;
        loop {
            tokio::select! {
                // What has been answered counts, even when the stop came at the same moment.
                biased;
                outcome = &mut attempt => {
                    if !waited.is_zero() {
                        info!("kafka answers again");
                    }
                    return Ok(outcome);
                }
                () = &mut stopped => return Err(WriteError::Stopped),
                () = tokio::time::sleep(LATE) => {
                    waited += LATE;
                    counter!("sink_action_late_total").increment(1);
                    warn!(seconds = waited.as_secs(), "kafka has not acknowledged actions yet: still trying");
                }
            }
        }
    }

    async fn attempt<'a>(&self, due: Vec<Due<'a>>) -> (Vec<Due<'a>>, Option<KafkaError>) {
        let (mut sent, mut unsent) = (Vec::with_capacity(due.len()), Vec::new());
        let mut trouble = None;
        for due in due {
            // Nothing overtakes what could not be sent.
            if trouble.is_some() {
                unsent.push(due);
                continue;
            }
            let queued = self
                .producer
                .send_result(due.record(&self.topic))
                .map_err(|(error, _)| error);
            match queued {
                Ok(delivery) => sent.push((due, delivery)),
                Err(error) => {
                    trouble = Some(error);
                    unsent.push(due);
                }
            }
        }
        let mut left = Vec::new();
        for (due, delivery) in sent {
            let error = match delivery.await {
                Ok(Ok(_)) => {
                    counter!("sink_actions_total", "action" => due.name).increment(1);
                    continue;
                }
                Ok(Err((error, _))) => error,
                // The producer went away without a word.
                Err(_) => KafkaError::Canceled,
            };
            // Of several reasons one that does not pass is the one to tell.
            if !trouble.as_ref().is_some_and(is_final) {
                trouble = Some(error);
            }
            left.push(due);
        }
        left.extend(unsent);
        (left, trouble)
    }

    async fn stopped(&self) {
        self.shutdown.cancelled().await;
        tokio::time::sleep(STOP_GRACE).await;
    }

    fn reason(&self, error: &KafkaError) -> String {
        let fatal = self.producer.client().fatal_error();
        let reason = fatal.map_or_else(|| error.to_string(), |(code, reason)| format!("{code}: {reason}"));
        format!("kafka refuses actions for topic {}: {reason}", self.topic)
    }
}
