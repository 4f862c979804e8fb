//! What a client of librdkafka says of itself, brought to where it is looked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::statistics::Statistics;

use super::STATISTICS;

/// Without statistics for so long, the client's threads hang: what it last said is no longer believed.
const STALE: Duration = Duration::from_secs(5 * STATISTICS.as_secs());

/// The context of a client: librdkafka's log goes to `tracing` (target `librdkafka`), its statistics to metrics
/// (`kafka_client_*`, labelled by service) and to [`Health`].
#[derive(Clone, Debug)]
pub struct Client {
    service: &'static str,
    health: Arc<Health>,
}

/// Whether a client has a live broker, from its statistics.
#[derive(Debug)]
pub struct Health {
    born: Instant,
    brokers_up: AtomicUsize,
    /// Milliseconds after `born` of the newest statistics; 0 before the first.
    seen: AtomicU64,
    /// That no broker is up has been logged, and none has been up since.
    outage_said: AtomicBool,
}

impl Client {
    /// A context for one client of `service`.
    pub fn new(service: &'static str) -> Self {
        let health = Health {
            born: Instant::now(),
            brokers_up: AtomicUsize::new(0),
            seen: AtomicU64::new(0),
            outage_said: AtomicBool::new(false),
        };
        Self {
            service,
            health: Arc::new(health),
        }
    }

    /// What the client's statistics say.
    pub fn health(&self) -> Arc<Health> {
        self.health.clone()
    }
}

impl Health {
    /// Nothing when a broker is up; else why not.
    pub fn check(&self) -> Result<(), &'static str> {
        let seen = Duration::from_millis(self.seen.load(Ordering::Acquire));
        if seen.is_zero() {
            return Err("the Kafka client has not reported yet");
        }
        if self.born.elapsed().saturating_sub(seen) > STALE {
            return Err("the Kafka client has not reported for seconds");
        }
        if self.brokers_up.load(Ordering::Acquire) == 0 {
            return Err("no Kafka broker is reachable");
        }
        Ok(())
    }

    fn note(&self, brokers_up: usize) {
        self.brokers_up.store(brokers_up, Ordering::Release);
        if brokers_up > 0 {
            self.outage_said.store(false, Ordering::Release);
        }
        let seen = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.seen.store(seen.max(1), Ordering::Release);
    }
}

impl ClientContext for Client {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        match level {
            // Its errors are ours only when a record is not delivered, which is reported where it was sent.
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error
            | RDKafkaLogLevel::Warning => {
                tracing::warn!(target: "librdkafka", service = self.service, facility, "{message}");
            }
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => {
                tracing::info!(target: "librdkafka", service = self.service, facility, "{message}");
            }
            RDKafkaLogLevel::Debug => {
                tracing::debug!(target: "librdkafka", service = self.service, facility, "{message}");
            }
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        // The end of a partition is where a consumer that keeps up always is.
        if let KafkaError::Global(RDKafkaErrorCode::PartitionEOF) = error {
            return;
        }
        let service = self.service;
        metrics::counter!("kafka_client_errors_total", "service" => service).increment(1);
        // A client that has never had a broker says so forty times a second.
        if let KafkaError::Global(RDKafkaErrorCode::AllBrokersDown) = error
            && self.health.outage_said.swap(true, Ordering::AcqRel)
        {
            return;
        }
        tracing::warn!(target: "librdkafka", service, %error, "{reason}");
    }

    fn stats(&self, statistics: Statistics) {
        let up = statistics
            .brokers
            .values()
            .filter(|broker| broker.state == "UP")
            .count();
        self.health.note(up);
        let labels = [("service", self.service), ("client", kind(&statistics))];
        metrics::gauge!("kafka_client_brokers_up", &labels).set(up as f64);
        metrics::gauge!("kafka_client_queue_records", &labels).set(statistics.msg_cnt as f64);
        metrics::gauge!("kafka_client_queue_bytes", &labels).set(statistics.msg_size as f64);
        let slowest = statistics.brokers.values().filter_map(|broker| broker.rtt.as_ref());
        let slowest = slowest.map(|rtt| rtt.p99).max().unwrap_or(0);
        metrics::gauge!("kafka_client_rtt_p99_seconds", &labels).set(slowest as f64 / 1e6);
    }
}

fn kind(statistics: &Statistics) -> &'static str {
    if statistics.client_type == "producer" {
        "producer"
    } else {
        "consumer"
    }
}

impl ConsumerContext for Client {}
