//! What is counted. Every label has a closed set of values.
//!
//! | metric | labels | |
//! |---|---|---|
//! | `ingest_requests_total` | `outcome` | every request for the webhook's path and for unknown paths |
//! | `ingest_request_seconds` | `outcome` | from the request's head to the answer |
//! | `ingest_ack_seconds` | `outcome` | from the first record queued to the last acknowledged |
//! | `ingest_updates_total` | `part`, `field` | updates acknowledged |
//! | `ingest_split_seconds` | | splitting, keying and queueing one body |
//! | `ingest_body_bytes` | | bodies with a good signature |
//! | `ingest_in_flight_bytes` | | bodies held now |
//! | `ingest_dead_letters_total` | | signed bodies that are not JSON, kept |

use std::time::Instant;

use parlance_schemas::record::Part;
use parlance_schemas::webhook::{FieldKind, known_field};

/// What a request ends as when nobody says otherwise: its client went away, and its future was dropped. Recorded
/// too, or the slowest requests would be missing from the latencies.
const DROPPED: &str = "dropped";

/// Counts and times one request on drop.
pub(crate) struct Request(Timer);

impl Request {
    pub(crate) fn new() -> Self {
        Self(Timer::start("ingest_request_seconds"))
    }

    pub(crate) fn ended(&mut self, outcome: &'static str) {
        self.0.outcome = outcome;
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        metrics::counter!("ingest_requests_total", "outcome" => self.0.outcome).increment(1);
    }
}

/// Times something that has an outcome, on drop.
pub(crate) struct Timer {
    metric: &'static str,
    started: Instant,
    outcome: &'static str,
}

impl Timer {
    pub(crate) fn start(metric: &'static str) -> Self {
        Self {
            metric,
            started: Instant::now(),
            outcome: DROPPED,
        }
    }

    pub(crate) fn end(mut self, outcome: &'static str) {
        self.outcome = outcome;
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        metrics::histogram!(self.metric, "outcome" => self.outcome).record(self.started.elapsed());
    }
}

/// How many updates of which sort a body had; counted once they are acknowledged.
#[derive(Default)]
pub(crate) struct Tally(Vec<(Part, FieldKind, u64)>);

impl Tally {
    pub(crate) fn add(&mut self, part: Part, field: &str) {
        let kind = known_field(field);
        match self.0.iter_mut().find(|(p, k, _)| (*p, *k) == (part, kind)) {
            Some((_, _, count)) => *count += 1,
            None => self.0.push((part, kind, 1)),
        }
    }

    pub(crate) fn count(&self) {
        for (part, kind, count) in &self.0 {
            let field = match kind {
                FieldKind::Items => "items",
                FieldKind::Account => "account",
                FieldKind::Other => "other",
                FieldKind::Unknown => "unknown",
            };
            metrics::counter!("ingest_updates_total", "part" => part.as_str(), "field" => field).increment(*count);
        }
    }
}
