//! Everything that the README says `/metrics` has is there while a chronicle is read, and nothing else; and it makes sense.
//! The test starts itself as a process of its own, where nobody else counts.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use parlance_pipeline::log::Log as _;
use parlance_pipeline::testing::{MemoryLog, MemorySink};
use parlance_pipeline::{Config, WithActions};
use parlance_service::telemetry;
use tempfile::TempDir;

use super::chronicle::Chronicle;
use super::{every_minutes, first_episode};
use crate::cluster::free_addresses;
use crate::snapshots::run_under_while;

const CHILD: &str = "PARLANCE_PIPELINE_TEST_CHILD_WITH_A_PAGE";
const README: &str = include_str!("../../../README.md");
const PATIENCE: Duration = Duration::from_secs(60);

/// The names in the README's table.
fn documented() -> BTreeSet<&'static str> {
    let lines = README.lines().filter_map(|line| line.strip_prefix("| `"));
    lines.map(|line| line.split_once('`').unwrap().0).collect()
}

/// A page as values by name and labels, as they are written.
struct Page(BTreeMap<String, f64>);

impl Page {
    fn of(address: &str) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let lines = text.lines().filter(|line| line.starts_with("pipeline_"));
        let lines = lines.filter_map(|line| line.rsplit_once(' '));
        let values = lines.map(|(name, value)| (name.to_owned(), value.parse().unwrap()));
        Self(values.collect())
    }

    /// What a histogram is told by stands for it.
    fn names(&self) -> BTreeSet<&str> {
        let histograms: BTreeSet<&str> = self
            .0
            .keys()
            .filter_map(|name| name.split_once("_bucket{"))
            .map(|(name, _)| name)
            .collect();
        let names = self
            .0
            .keys()
            .map(|name| name.split_once('{').map_or(name.as_str(), |(name, _)| name));
        names
            .map(|name| {
                let of = ["_bucket", "_sum", "_count"]
                    .iter()
                    .find_map(|end| name.strip_suffix(end));
                of.filter(|of| histograms.contains(of)).unwrap_or(name)
            })
            .collect()
    }

    /// The values of a name, by labels.
    fn all(&self, name: &str) -> Vec<(&str, f64)> {
        let all = self.0.iter().map(|(key, value)| (key.as_str(), *value));
        let of_name = |key: &str| {
            key.strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('{'))
        };
        all.filter(|(key, _)| of_name(key)).collect()
    }

    fn sum(&self, name: &str) -> f64 {
        self.all(name).iter().map(|(_, value)| value).sum()
    }
}

#[test]
fn the_page_has_what_the_readme_says_and_makes_sense() {
    if std::env::var_os(CHILD).is_some() {
        return;
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "ways::page::one_with_a_page", "--nocapture"])
        .env(CHILD, "")
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(child.success(), "{child}");
}

/// Not a test by itself: the process with a page, when started as such.
#[test]
fn one_with_a_page() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    telemetry::init("pipeline", telemetry::Format::Text).unwrap();
    let dir = TempDir::new().unwrap();
    let chronicle = Chronicle::new(7);
    // Up to a snapshot; then a second run goes on from it, and has the page.
    let (log, history, out) = first_episode(&chronicle, 2, dir.path());
    let [address, _] = free_addresses();
    let config = Config {
        metrics_listen: address.clone(),
        ..every_minutes(2, dir.path())
    };
    // In another thread: this one serves the page.
    let looking = {
        let (sink, until) = (out.sink.clone(), chronicle.last_tick());
        std::thread::spawn(move || {
            assert!(sink.wait_for(until, PATIENCE), "it did not get through");
            let began = Instant::now();
            loop {
                // Some of it is told every second, some every five.
                std::thread::park_timeout(Duration::from_millis(200));
                let page = Page::of(&address);
                if (documented().is_subset(&page.names()) && settled(&page)) || began.elapsed() > PATIENCE / 3 {
                    return page;
                }
            }
        })
    };
    let writers = WithActions(out.sink.writers(), out.actions.writers());
    run_under_while(config, (&log, history), &out.sink, writers, || !looking.is_finished()).unwrap();
    let page = looking.join().unwrap();
    let (documented, told) = (documented(), page.names());
    assert!(
        documented == told,
        "not told: {:?}, not documented: {:?}",
        documented.difference(&told).collect::<Vec<_>>(),
        told.difference(&documented).collect::<Vec<_>>()
    );
    makes_sense(&page, &log, &out.sink);
}

/// Whether what is told now and then was told since everything was read.
fn settled(page: &Page) -> bool {
    page.sum("pipeline_lag_records") == 0.0 && page.sum("pipeline_lead_seconds") < 10.0
}

fn makes_sense(page: &Page, log: &MemoryLog, sink: &MemorySink) {
    for (name, value) in &page.0 {
        assert!(*value >= 0.0 && value.is_finite(), "{name} is {value}");
    }
    let sum = |name| page.sum(name);
    assert_eq!(page.all("pipeline_lag_records").len(), 3, "partitions");
    assert_eq!(page.all("pipeline_shard_age_seconds").len(), 3, "shards");
    for workers in [
        "pipeline_seen_ids",
        "pipeline_threads",
        "pipeline_people",
        "pipeline_deliveries_held",
    ] {
        assert_eq!(page.all(workers).len(), 2, "{workers}: each worker tells of its own");
    }
    assert!(settled(page));
    let now = log.now();
    let behind = |through: &u64| (now - through) as f64 / 1_000.0;
    let oldest = sink.progress().complete_through.iter().map(behind).fold(0.0, f64::max);
    let ages = page.all("pipeline_shard_age_seconds");
    assert!(
        ages.iter().all(|(_, age)| *age <= oldest + 60.0),
        "{ages:?}, not {oldest}"
    );
    for at_least_one in [
        "pipeline_records_decoded_total",
        "pipeline_records_duplicate_total",
        "pipeline_records_conflicting_total",
        "pipeline_records_unreadable_total",
        "pipeline_late_total",
        "pipeline_verdicts_total",
        "pipeline_triggers_total",
        "pipeline_seen_ids",
        "pipeline_threads",
        "pipeline_people",
        "pipeline_deliveries_held",
        "pipeline_subjects_remembered",
        "pipeline_open_windows",
        "pipeline_snapshot_bytes",
    ] {
        assert!(sum(at_least_one) >= 1.0, "{at_least_one} is {}", sum(at_least_one));
    }
    for none in [
        "pipeline_threads_capped_total",
        "pipeline_snapshot_failures_total",
        "pipeline_log_gaps_total",
        "pipeline_arrangement_records",
        "pipeline_batcher_records",
    ] {
        assert_eq!(sum(none), 0.0, "{none}");
    }
    let starts = page.all("pipeline_start_seconds");
    let by_snapshot = starts
        .iter()
        .find(|(labels, _)| labels.contains("by=\"snapshot\""))
        .unwrap();
    assert!(by_snapshot.1 <= sum("pipeline_caught_up_seconds"));
    assert!(sum("pipeline_caught_up_seconds") < 60.0);
    // What operators did is some of the time that there was, and so is sleep.
    let busy: Vec<_> = page.all("pipeline_operator_seconds_total");
    for named in ["Timelines", "FirstOfEach", "Windows", "Durable", "Triggers"] {
        let named = format!("operator=\"{named}\"");
        assert!(
            busy.iter().any(|(labels, time)| labels.contains(&named) && *time > 0.0),
            "{named}: {busy:?}"
        );
    }
    let (busy, asleep) = (
        sum("pipeline_operator_seconds_total"),
        sum("pipeline_worker_asleep_seconds_total"),
    );
    assert!(
        busy > 0.0 && asleep > 0.0 && busy + asleep < 2.0 * 120.0,
        "{busy} s busy, {asleep} s asleep"
    );
}
