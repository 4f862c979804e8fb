//! Putting it together: what must hold before the first webhook, readiness, and the way out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parlance_schemas::topics::{EVENTS, INGEST_DEAD};
use parlance_service::config::KafkaConfig;
use parlance_service::http::{Limits, serve};
use parlance_service::kafka::{Client, Health, TopicError, TopicSpec, check_topics, producer_settings};
use rdkafka::error::KafkaError;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::in_flight::InFlight;
use crate::log::Log;
use crate::routes::routes;
use crate::signature::Verifier;

/// Why ingest did not start, or had to end. None passes by waiting.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration cannot be run with: mend it.
    #[error("configuration [ingest]: {0}")]
    Config(String),
    /// librdkafka does not accept its settings: mend `kafka.properties`.
    #[error("cannot make a Kafka producer: {0}")]
    Producer(#[from] KafkaError),
    /// The topics are not as they must be.
    #[error(transparent)]
    Topics(#[from] TopicError),
    /// The producer lost its ground (e.g. the cluster was replaced by an empty one): start again.
    #[error("the Kafka producer cannot go on: {0}")]
    Broken(String),
}

/// The topics ingest writes, as they must be, by their full names.
pub fn topics(prefix: &str) -> Vec<TopicSpec> {
    let specs = [EVENTS, INGEST_DEAD].map(|topic| TopicSpec {
        name: topic.full_name(prefix),
        partitions: topic.partitions,
        partitions_may_differ: topic.partitions_may_differ,
        settings: topic.settings(),
    });
    specs.to_vec()
}

/// What a request needs.
pub(crate) struct Door {
    pub(crate) config: Config,
    pub(crate) verifier: Verifier,
    pub(crate) in_flight: InFlight,
    pub(crate) log: Arc<Log>,
    pub(crate) readiness: Arc<Readiness>,
}

/// Whether webhooks are welcome.
pub(crate) struct Readiness {
    /// The topics were found as they must be.
    checked: AtomicBool,
    /// Shutdown has begun.
    leaving: AtomicBool,
    health: Arc<Health>,
}

impl Readiness {
    /// Whether anything may be written: not before the topics are known to be right, for what is written into a wrong
    /// one cannot be taken back.
    pub(crate) fn writable(&self) -> Result<(), String> {
        if self.checked.load(Ordering::Acquire) {
            Ok(())
        } else {
            Err("the topics have not been checked yet".to_owned())
        }
    }

    /// Whether a load balancer should send webhooks here.
    pub(crate) fn ready(&self) -> Result<(), String> {
        if self.leaving.load(Ordering::Acquire) {
            return Err("shutting down".to_owned());
        }
        self.writable()?;
        self.health.check().map_err(str::to_owned)
    }
}

/// Receives webhooks on `listener` until `shutdown`, then drains: requests in flight are answered, the queue flushed,
/// each within its deadline.
///
/// Starts listening at once; until Kafka has been reached and its topics checked, webhooks get 503.
///
/// # Errors
/// At once when `config` cannot be run with (no app secret above all); later when the topics turn out wrong, or the
/// producer cannot go on.
pub async fn run(
    config: Config,
    kafka: KafkaConfig,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), Error> {
    config.validate().map_err(Error::Config)?;
    if kafka.brokers.is_empty() {
        return Err(Error::Config(
            "no brokers: set KAFKA_BROKERS (or brokers in [kafka])".to_owned(),
        ));
    }
    if config.verify_token.is_empty() {
        tracing::warn!("WHATSAPP_WEBHOOK_VERIFY_TOKEN is not set: the callback URL cannot be registered at Meta");
    }
    let door = open(config, &kafka)?;
    let config = &door.config;
    let limits = Limits {
        service: "ingest",
        connections: config.max_connections,
        header_timeout: config.header_timeout,
        write_timeout: config.write_timeout,
        drain_timeout: config.drain_timeout,
    };
    let close = CancellationToken::new();
    let served = serve(listener, routes(door.clone()), limits, close.clone());
    let led = async {
        let ended = tokio::select! {
            () = shutdown.cancelled() => Ok(()),
            error = watch_topics(&kafka, &door) => Err(Error::Topics(error)),
            reason = door.log.broken() => Err(Error::Broken(reason)),
        };
        door.readiness.leaving.store(true, Ordering::Release);
        if ended.is_ok() {
            tokio::time::sleep(config.leave_timeout).await;
        }
        close.cancel();
        ended
    };
    let (drained, ended) = tokio::join!(served, led);
    if !drained.clean() {
        tracing::warn!(
            connections = drained.cut,
            "cut connections that were busy at the drain deadline"
        );
    }
    flush(door).await;
    ended
}

fn open(config: Config, kafka: &KafkaConfig) -> Result<Arc<Door>, Error> {
    let client = Client::new("ingest");
    let readiness = Readiness {
        checked: AtomicBool::new(!config.check_topics),
        leaving: AtomicBool::new(false),
        health: client.health(),
    };
    // After the deadline nobody waits for a record any more: the client need not keep it for longer.
    let producer = producer_settings(kafka, "ingest", config.ack_timeout).create_with_context(client)?;
    let log = Log::new(
        producer,
        EVENTS.full_name(&kafka.topic_prefix),
        INGEST_DEAD.full_name(&kafka.topic_prefix),
        config.ack_timeout,
    );
    Ok(Arc::new(Door {
        verifier: Verifier::new(&config.secrets),
        in_flight: InFlight::new(config.max_in_flight_bytes),
        log: Arc::new(log),
        readiness: Arc::new(readiness),
        config,
    }))
}

/// Pause between two tries to reach Kafka at start.
const RETRY: Duration = Duration::from_millis(500);

/// Checks the topics, for as long as it takes to reach Kafka. Resolves only when they are wrong.
async fn watch_topics(kafka: &KafkaConfig, door: &Door) -> TopicError {
    if door.config.check_topics {
        let topics = topics(&kafka.topic_prefix);
        loop {
            match check_topics(kafka, &topics).await {
                Ok(()) => break,
                Err(error) if error.is_transient() => {
                    tracing::warn!(%error, "cannot check the topics yet");
                    tokio::time::sleep(RETRY).await;
                }
                Err(error) => return error,
            }
        }
        door.readiness.checked.store(true, Ordering::Release);
        tracing::info!(
            brokers = kafka.brokers,
            "the topics are as they must be, webhooks are welcome"
        );
    }
    std::future::pending().await
}

/// Flushes, and drops the producer where waiting for its threads holds nobody up.
async fn flush(door: Arc<Door>) {
    let flushed = tokio::task::spawn_blocking(move || door.log.flush(door.config.flush_timeout)).await;
    match flushed {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "records were left in the queue; none of them was acknowledged"),
        Err(error) => tracing::warn!(%error, "could not flush"),
    }
}
