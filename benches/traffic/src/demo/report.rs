//! What a run of the demo came to.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

/// What was sent and what came of it. Counts are updates unless they say otherwise.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// POSTs that were sent.
    pub posts: u64,
    /// Updates in them.
    pub sent: u64,
    /// Of these, intended duplicates.
    pub copies: u64,
    /// Updates of POSTs that were answered 200.
    pub acknowledged: u64,
    /// Updates of POSTs that never were. Some may be stored all the same: their answer may have been lost.
    pub rejected: u64,
    /// Tries after the first, in POSTs.
    pub retries: u64,
    /// Tries by answer: a status, or what was in the way.
    pub answers: BTreeMap<String, u64>,
    /// From the first slot to the last answer.
    #[serde(with = "humantime_text")]
    pub elapsed: Duration,
    /// How far the sender fell behind its schedule at most, because of its bounds or its machine.
    #[serde(with = "humantime_text")]
    pub held_back: Duration,
    /// From a POST's due time to its 200, retries included.
    pub latency: Latency,
    /// Of the request that was answered 200, alone.
    pub answer_time: Latency,
}

/// Percentiles in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Latency {
    /// Half are at most this.
    pub p50_ms: f64,
    /// Nine of ten are at most this.
    pub p90_ms: f64,
    /// 99 of 100 are at most this.
    pub p99_ms: f64,
    /// All are at most this.
    pub max_ms: f64,
}

impl Latency {
    /// Of a histogram in microseconds.
    #[allow(clippy::cast_precision_loss, reason = "an hour in microseconds is exact in an f64")]
    pub(super) fn of(histogram: &Histogram<u64>) -> Self {
        let ms = |quantile| histogram.value_at_quantile(quantile) as f64 / 1_000.0;
        Self {
            p50_ms: ms(0.5),
            p90_ms: ms(0.9),
            p99_ms: ms(0.99),
            max_ms: histogram.max() as f64 / 1_000.0,
        }
    }
}

impl Report {
    /// True when something was sent and nothing was given up.
    pub fn is_ok(&self) -> bool {
        self.sent > 0 && self.rejected == 0
    }

    /// Acknowledged updates per second.
    #[allow(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    pub fn rate(&self) -> f64 {
        self.acknowledged as f64 / self.elapsed.as_secs_f64().max(0.001)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |f: &mut fmt::Formatter<'_>, name: &str, value: String| writeln!(f, "{name:<14}{value}");
        line(
            f,
            "sent",
            format!(
                "{} updates in {} POSTs, {} of them duplicates",
                self.sent, self.posts, self.copies
            ),
        )?;
        line(f, "acknowledged", self.acknowledged.to_string())?;
        line(f, "rejected", self.rejected.to_string())?;
        let answers: Vec<String> = self
            .answers
            .iter()
            .map(|(answer, count)| format!("{answer} × {count}"))
            .collect();
        line(
            f,
            "answers",
            format!("{} ({} retries)", answers.join(", "), self.retries),
        )?;
        line(
            f,
            "rate",
            format!(
                "{:.1} updates/s acknowledged in {:.1} s",
                self.rate(),
                self.elapsed.as_secs_f64()
            ),
        )?;
        line(f, "latency", format!("{} (from due time to 200)", self.latency))?;
        line(f, "answer time", self.answer_time.to_string())?;
        if self.held_back > Duration::from_millis(100) {
            line(
                f,
                "behind",
                format!(
                    "up to {:.1} s: not an open loop all the time",
                    self.held_back.as_secs_f64()
                ),
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            p50_ms,
            p90_ms,
            p99_ms,
            max_ms,
        } = self;
        write!(
            f,
            "p50 {p50_ms:.1} ms, p90 {p90_ms:.1} ms, p99 {p99_ms:.1} ms, max {max_ms:.1} ms"
        )
    }
}

mod humantime_text {
    use std::time::Duration;

    use serde::Serializer;

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
    pub(super) fn serialize<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&humantime::format_duration(*span))
    }
}
