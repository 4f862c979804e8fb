//! Logs to stderr, metrics for Prometheus, and panics that leave a trace.
//!
//! `RUST_LOG` chooses what is logged (`info` when unset), in the usual syntax: `warn,parlance_ingest=debug`.
//! Logs carry numbers and names, never message texts, bodies or secrets.

use std::io::IsTerminal;
use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for machines.
    Json,
}

impl std::str::FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            other => Err(UnknownFormat(other.to_owned())),
        }
    }
}

/// A log format there is not.
#[derive(Debug, thiserror::Error)]
#[error("unknown log format `{0}`, expected text or json")]
pub struct UnknownFormat(String);

/// Why telemetry could not be set up.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `RUST_LOG` cannot be read.
    #[error("RUST_LOG: {0}")]
    BadFilter(String),
    /// Someone else installed a metrics recorder before.
    #[error("cannot install the metrics recorder: {0}")]
    Recorder(String),
    /// The thread that folds samples could not be started.
    #[error("cannot start the metrics thread: {0}")]
    Thread(String),
}

/// Upper bounds in seconds, from a tenth of a millisecond (a split) to ten seconds (beyond every deadline of ours).
const SECONDS: &[f64] = &[
    0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
/// Upper bounds in bytes, from a status update to the largest webhook.
const BYTES: &[f64] = &[
    256.0,
    1024.0,
    4096.0,
    16384.0,
    65536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
];
/// Upper bounds of counts, up to the thousand updates that Meta puts into one POST at most.
const COUNTS: &[f64] = &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0];

/// Samples of histograms pile up until someone folds them; scrapes do, but nobody may ever scrape.
const UPKEEP: Duration = Duration::from_secs(5);

static METRICS: OnceLock<Result<PrometheusHandle, TelemetryError>> = OnceLock::new();

/// Installs the logger, the metrics recorder and a panic hook that logs. Only the first call in a process counts, so
/// that tests may each call it.
pub fn init(service: &'static str, format: Format) -> Result<(), TelemetryError> {
    let installed = METRICS.get_or_init(|| {
        log(format)?;
        let handle = recorder()?;
        log_panics(service);
        tracing::debug!(service, "telemetry is up");
        Ok(handle)
    });
    installed.as_ref().map(|_| ()).map_err(Clone::clone)
}

/// Everything counted so far as Prometheus text. Empty before [`init`].
pub fn render() -> String {
    match METRICS.get() {
        Some(Ok(handle)) => handle.render(),
        _ => String::new(),
    }
}

/// From now on a panic in any thread ends the process, after it was logged: for services where a thread less would
/// hang the rest for ever.
pub fn abort_on_panic() {
    let logged = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        logged(panic);
        std::process::abort();
    }));
}

fn log(format: Format) -> Result<(), TelemetryError> {
    let filter = match std::env::var("RUST_LOG") {
        Ok(text) if !text.trim().is_empty() => {
            EnvFilter::try_new(&text).map_err(|error| TelemetryError::BadFilter(error.to_string()))?
        }
        _ => EnvFilter::new("info"),
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // A logger that is there already (a test's own) is as good as ours.
    let installed = match format {
        Format::Text => builder.with_ansi(std::io::stderr().is_terminal()).try_init(),
        Format::Json => builder.json().flatten_event(true).try_init(),
    };
    if let Err(error) = installed {
        tracing::debug!(%error, "another logger stays");
    }
    Ok(())
}

fn recorder() -> Result<PrometheusHandle, TelemetryError> {
    let failed = |error: metrics_exporter_prometheus::BuildError| TelemetryError::Recorder(error.to_string());
    let recorder = PrometheusBuilder::new()
        .set_buckets(COUNTS)
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS))
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_bytes".to_owned()), BYTES))
        .map_err(failed)?
        .build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(|error| TelemetryError::Recorder(error.to_string()))?;
    let upkeep = handle.clone();
    std::thread::Builder::new()
        .name("metrics".to_owned())
        .spawn(move || {
            loop {
                std::thread::park_timeout(UPKEEP);
                upkeep.run_upkeep();
            }
        })
        .map_err(|error| TelemetryError::Thread(error.to_string()))?;
    Ok(handle)
}

fn log_panics(service: &'static str) {
    std::panic::set_hook(Box::new(move |panic| {
        let thread = std::thread::current();
        let thread = thread.name().unwrap_or("unnamed");
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let payload = panic.payload();
        let message = payload.downcast_ref::<&str>().copied();
        let message = message.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        let message = message.unwrap_or("(not a text)");
        let backtrace = std::backtrace::Backtrace::capture();
        tracing::error!(service, thread, place, message, %backtrace, "panic");
    }));
}
