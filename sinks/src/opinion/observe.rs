//! What is counted. Every label has a closed set of values.
//!
//! | metric | labels | |
//! |---|---|---|
//! | `opinion_requests_total` | `provider`, `outcome` | every request; `answered` is one with an opinion |
//! | `opinion_seconds` | `provider`, `outcome` | from a request to the whole of its answer |
//! | `opinion_tokens_total` | `provider`, `kind` | `input` and `output`, by the answers' own count |
//! | `opinion_cost_usd_total` | `provider` | US dollars by the configured prices; a gauge that only grows, as counters count wholes |
//! | `opinion_verdicts_total` | `source` | verdicts written, by where the opinion came from: `model` or `cache` |
//! | `opinion_skipped_total` | `reason` | messages that were wanted and get no opinion: `budget`, `refused`, `cut_off`, `unfit`, `rejected`, `given_up` |
//! | `opinion_errors_total` | `part` | `clickhouse`, `log`: looks and writes that are tried again |
//! | `opinion_breaker_open` | | 1 while the provider is left alone |

use std::time::Instant;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use super::config::Provider;
use super::prompt::Usage;

/// Says once what the metrics mean.
pub(crate) fn describe() {
    describe_counter!("opinion_requests_total", "Requests to the language model");
    describe_histogram!(
        "opinion_seconds",
        Unit::Seconds,
        "From a request to the whole of its answer"
    );
    describe_counter!("opinion_tokens_total", "Tokens of requests and answers");
    describe_gauge!("opinion_cost_usd_total", "US dollars spent by the configured prices");
    describe_counter!("opinion_verdicts_total", "Verdicts written");
    describe_counter!("opinion_skipped_total", "Wanted messages that get no opinion");
    describe_counter!("opinion_errors_total", "Looks and writes that are tried again");
    describe_gauge!("opinion_breaker_open", "1 while the provider is left alone");
}

/// One request that ended.
pub(crate) fn request(provider: Provider, outcome: &'static str, started: Instant) {
    counter!("opinion_requests_total", "provider" => provider.as_str(), "outcome" => outcome).increment(1);
    histogram!("opinion_seconds", "provider" => provider.as_str(), "outcome" => outcome).record(started.elapsed());
}

/// What a request took.
pub(crate) fn spent(provider: Provider, usage: Usage, usd: f64) {
    let provider = provider.as_str();
    counter!("opinion_tokens_total", "provider" => provider, "kind" => "input").increment(usage.input_tokens);
    counter!("opinion_tokens_total", "provider" => provider, "kind" => "output").increment(usage.output_tokens);
    gauge!("opinion_cost_usd_total", "provider" => provider).increment(usd);
}

/// A verdict written.
pub(crate) fn verdict(source: &'static str) {
    counter!("opinion_verdicts_total", "source" => source).increment(1);
}

/// Messages that get no opinion.
pub(crate) fn skipped(reason: &'static str, messages: usize) {
    counter!("opinion_skipped_total", "reason" => reason).increment(u64::try_from(messages).unwrap_or(u64::MAX));
}

/// A look or write that is tried again.
pub(crate) fn error(part: &'static str) {
    counter!("opinion_errors_total", "part" => part).increment(1);
}

/// Whether the provider is left alone.
pub(crate) fn breaker(open: bool) {
    gauge!("opinion_breaker_open").set(if open { 1.0 } else { 0.0 });
}
