//! What the pipeline says of itself: its `/metrics`, read when somebody asks, and the few numbers in it that people look at.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

/// How long its answer may take.
const TIMEOUT: Duration = Duration::from_secs(2);
/// The longest answer that is read.
const BYTES_MAX: usize = 4 * 1024 * 1024;
/// Operators told of, those that worked longest.
const OPERATORS_MAX: usize = 20;

/// Where the pipeline's pages are, if that is known.
pub(crate) struct Pipeline {
    client: reqwest::Client,
    url: String,
}

/// The pipeline's numbers; what it does not say is null.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(crate) struct Report {
    frontier_age_seconds: Option<f64>,
    lead_seconds: Option<f64>,
    lag_records: Option<f64>,
    in_flight_bytes: Option<f64>,
    intervals_waiting: Option<f64>,
    actions_waiting: Option<f64>,
    records_read: Option<f64>,
    records_duplicate: Option<f64>,
    records_unreadable: Option<f64>,
    seen_ids: Option<f64>,
    conversations: Option<f64>,
    threads: Option<f64>,
    people: Option<f64>,
    deliveries: Option<f64>,
    timers_waiting: Option<f64>,
    open_windows: Option<f64>,
    arrangement_records: Option<f64>,
    batcher_records: Option<f64>,
    start_seconds: Option<f64>,
    started_by: Option<String>,
    caught_up_seconds: Option<f64>,
    snapshot_age_seconds: Option<f64>,
    snapshot_bytes: Option<f64>,
    snapshot_failures: Option<f64>,
    operators: Vec<Operator>,
}

/// How long the operators of a name in a region have worked, on all workers.
#[derive(Debug, PartialEq, Serialize)]
struct Operator {
    region: String,
    operator: String,
    seconds: f64,
}

impl Pipeline {
    /// `url`: where its pages are; empty when that is not known.
    pub(crate) fn new(url: &str) -> Result<Self, String> {
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build();
        Ok(Self {
            client: client.map_err(|error| error.to_string())?,
            url: url.trim_end_matches('/').to_owned(),
        })
    }

    /// What it says now, or why that is not known.
    pub(crate) async fn report(&self) -> Result<Report, String> {
        if self.url.is_empty() {
            return Err("pipeline_url is not set".to_owned());
        }
        let text = self.page().await?;
        let samples: Vec<Sample> = text.lines().filter_map(Sample::parse).collect();
        if samples.iter().any(|sample| sample.name.starts_with("pipeline_")) {
            Ok(Report::of(&samples))
        } else {
            Err("what answers at pipeline_url is no pipeline".to_owned())
        }
    }

    async fn page(&self) -> Result<String, String> {
        let failed = |error: reqwest::Error| {
            if error.is_timeout() {
                format!("the pipeline does not answer within {} s", TIMEOUT.as_secs())
            } else {
                tracing::debug!(%error, "the pipeline's metrics cannot be read");
                "the pipeline does not answer".to_owned()
            }
        };
        let asked = self.client.get(format!("{}/metrics", self.url)).send().await;
        let mut response = asked.map_err(failed)?;
        if !response.status().is_success() {
            return Err(format!("the pipeline answers {}", response.status().as_u16()));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if bytes.len() + chunk.len() > BYTES_MAX {
                return Err(format!("the pipeline's answer is longer than {BYTES_MAX} bytes"));
            }
            bytes.extend_from_slice(&chunk);
        }
        String::from_utf8(bytes).map_err(|_| "the pipeline's answer is no text".to_owned())
    }
}

/// One line of Prometheus text.
#[derive(Debug, PartialEq)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

impl Sample {
    /// Nothing for comments, and for what is not a finite number.
    fn parse(line: &str) -> Option<Self> {
        let (head, value) = line.rsplit_once(' ')?;
        let value: f64 = value.parse().ok().filter(|value: &f64| value.is_finite())?;
        let (name, labels) = match head.split_once('{') {
            Some((name, rest)) => (name, labels(rest.strip_suffix('}')?)?),
            None => (head, BTreeMap::new()),
        };
        (!name.starts_with('#')).then(|| Self {
            name: name.to_owned(),
            labels,
            value,
        })
    }
}

/// `name="value",name="value"`; in values a backslash goes before quotes, itself and an `n` that is a new line.
fn labels(mut text: &str) -> Option<BTreeMap<String, String>> {
    let mut labels = BTreeMap::new();
    while !text.is_empty() {
        let (name, rest) = text.split_once("=\"")?;
        let (mut value, mut chars) = (String::new(), rest.char_indices());
        let end = loop {
            match chars.next()? {
                (at, '"') => break at,
                (_, '\\') => value.push(match chars.next()?.1 {
                    'n' => '\n',
                    other => other,
                }),
                (_, other) => value.push(other),
            }
        };
        labels.insert(name.to_owned(), value);
        text = rest[end + 1..].trim_start_matches(',');
    }
    Some(labels)
}

impl Report {
    fn of(samples: &[Sample]) -> Self {
        let of_name = |name: &'static str| samples.iter().filter(move |sample| sample.name == name);
        let sum = |name| of_name(name).map(|sample| sample.value).reduce(|a, b| a + b);
        let most = |name| of_name(name).map(|sample| sample.value).reduce(f64::max);
        let mut by_operator: BTreeMap<(&str, &str), f64> = BTreeMap::new();
        for sample in of_name("pipeline_operator_seconds_total") {
            let label = |name: &str| sample.labels.get(name).map_or("", String::as_str);
            *by_operator.entry((label("region"), label("operator"))).or_default() += sample.value;
        }
        let mut operators: Vec<Operator> = by_operator
            .into_iter()
            .map(|((region, operator), seconds)| Operator {
                region: region.to_owned(),
                operator: operator.to_owned(),
                seconds,
            })
            .collect();
        operators.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
        operators.truncate(OPERATORS_MAX);
        let started = of_name("pipeline_start_seconds").next();
        Self {
            frontier_age_seconds: most("pipeline_frontier_age_seconds"),
            lead_seconds: most("pipeline_lead_seconds"),
            lag_records: sum("pipeline_lag_records"),
            in_flight_bytes: sum("pipeline_source_in_flight_bytes"),
            intervals_waiting: sum("pipeline_intervals_waiting"),
            actions_waiting: sum("pipeline_actions_waiting"),
            records_read: sum("pipeline_records_decoded_total"),
            records_duplicate: sum("pipeline_records_duplicate_total"),
            records_unreadable: sum("pipeline_records_unreadable_total"),
            seen_ids: sum("pipeline_seen_ids"),
            conversations: sum("pipeline_conversations"),
            threads: sum("pipeline_threads"),
            people: sum("pipeline_people"),
            deliveries: sum("pipeline_deliveries_held"),
            timers_waiting: sum("pipeline_timers_waiting"),
            open_windows: sum("pipeline_open_windows"),
            arrangement_records: sum("pipeline_arrangement_records"),
            batcher_records: sum("pipeline_batcher_records"),
            start_seconds: started.map(|sample| sample.value),
            started_by: started.and_then(|sample| sample.labels.get("by").cloned()),
            caught_up_seconds: most("pipeline_caught_up_seconds"),
            snapshot_age_seconds: most("pipeline_snapshot_age_seconds"),
            snapshot_bytes: most("pipeline_snapshot_bytes"),
            snapshot_failures: sum("pipeline_snapshot_failures_total"),
            operators,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_with_their_labels_and_comments_are_not() {
        let sample = Sample::parse(r#"a_total{x="1",y="say \"b\\\", c"} 2.5"#).unwrap();
        let labels = [("x", "1"), ("y", "say \"b\\\", c")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(
            (sample.name.as_str(), sample.labels, sample.value),
            ("a_total", labels.into(), 2.5)
        );
        assert_eq!(Sample::parse("plain 3").unwrap().value, 3.0);
        for nothing in ["# TYPE a gauge 1", "", "a NaN", "a{x=\"1 2", "a{x} 2", "a b"] {
            assert_eq!(Sample::parse(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn workers_are_added_up_and_of_ages_the_worst_counts() {
        let text = r#"pipeline_threads{worker="0"} 2
pipeline_threads{worker="1"} 3
pipeline_frontier_age_seconds 4
pipeline_start_seconds{by="snapshot"} 0.5
pipeline_operator_seconds_total{worker="0",region="Rows",operator="Map"} 1
pipeline_operator_seconds_total{worker="1",region="Rows",operator="Map"} 1.5
pipeline_operator_seconds_total{worker="0",region="Rules",operator="Map"} 9"#;
        let samples: Vec<Sample> = text.lines().filter_map(Sample::parse).collect();
        let report = Report::of(&samples);
        assert_eq!((report.threads, report.people), (Some(5.0), None));
        assert_eq!(report.started_by.as_deref(), Some("snapshot"));
        let operators: Vec<_> = report
            .operators
            .iter()
            .map(|one| (one.region.as_str(), one.seconds))
            .collect();
        assert_eq!(operators, [("Rules", 9.0), ("Rows", 2.5)]);
    }
}
