//! The pipeline's settings, and what follows from them.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::event::TICK;

const HOUR: Duration = Duration::from_secs(60 * 60);
const MINUTE: Duration = Duration::from_secs(60);

/// Settings of the pipeline. Section `pipeline`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Worker threads in this process, 1 to 64. More than the log has partitions leaves some without reading,
    /// though not without work.
    pub workers: usize,
    /// Processes of the cluster. 1: this process alone. All must be started with the same number.
    pub processes: usize,
    /// Which of them this one is, from 0.
    pub process: usize,
    /// `host:port` of every process in order, this one too; only for more than one process.
    pub hosts: Vec<String>,
    /// A file with a `host:port` a line, instead of `hosts`.
    pub hosts_file: PathBuf,

    /// How long after its end (in log time) a window still takes messages. At most a year.
    #[serde(with = "humantime_serde")]
    pub lateness: Duration,
    /// How long (in log time) after the last copy of an update another copy is still known as one; raised to
    /// what the windows need, see [`Config::dedup_horizon`]. State: about 27 bytes an update within it.
    #[serde(with = "humantime_serde")]
    pub dedup_horizon: Duration,
    /// For how long (by its own time) a message, a timer or a failure is remembered for rules that come later: a rule is tried on
    /// so much of the past. At most three days. State: about 100 bytes each.
    #[serde(with = "humantime_serde")]
    pub rules_remember: Duration,
    /// How far ahead of its log time a message may claim to have been sent; further is set back to this.
    #[serde(with = "humantime_serde")]
    pub max_future: Duration,
    /// How far ahead of this machine's clock a log time may be. Beyond it the pipeline stops: reading on
    /// would drag every later record of that partition into the future.
    #[serde(with = "humantime_serde")]
    pub max_clock_lead: Duration,

    /// Batches (of at most 256 records) between a poll thread and its worker.
    pub queue: usize,
    /// Records the source hands on before the worker's other operators get their turn.
    pub fuel: usize,
    /// How far (in log time) the source may run ahead of what is durable. Generous, because a replay of a quiet log
    /// waits once for each such stretch; memory is bounded by `max_in_flight_bytes`.
    #[serde(with = "humantime_serde")]
    pub max_lead: Duration,
    /// Bytes of records a worker may have read that are not durable yet. Memory is some four times that.
    pub max_in_flight_bytes: u64,
    /// How far (in log time) one partition may be read ahead of another while both have records waiting.
    #[serde(with = "humantime_serde")]
    pub max_skew: Duration,
    /// Unreadable records in a row, in one partition, before the pipeline stops.
    pub max_unreadable_in_a_row: u32,

    /// Shards of the sink. Part of the insert tokens: changing it makes the sink begin a new generation.
    pub shards: u32,
    /// Intervals waiting for a writer.
    pub writer_queue: usize,
    /// Progress without rows is written once this much log time has passed.
    #[serde(with = "humantime_serde")]
    pub progress_every: Duration,

    /// A heartbeat is written to a partition that was silent this long, in a single process.
    #[serde(with = "humantime_serde")]
    pub heartbeat_idle: Duration,
    /// The same in a cluster, where a process cannot see that another's records, or what comes due there, wait for its
    /// partitions. What is due is told within a tick and a second though nobody writes: this may be half of the second.
    #[serde(with = "humantime_serde")]
    pub heartbeat_idle_cluster: Duration,

    /// Where snapshots of what the pipeline remembers are kept: a folder, or the URL of an object store (`s3://bucket/folder`,
    /// in a program built with that; keys and region come from the environment). All processes of a cluster must reach the
    /// same, and no other pipeline. Empty: none; a restart then reads the log from before everything that may still matter.
    /// (`parlance up` then uses a folder in its data folder.)
    pub snapshot_url: String,
    /// Log time between two snapshots, at least a second. A restart reads the log from the last one on.
    #[serde(with = "humantime_serde")]
    pub snapshot_every: Duration,

    /// No progress for this long, although the log grew and no write is under way, ends the process.
    #[serde(with = "humantime_serde")]
    pub stall_after: Duration,
    /// On shutdown: how long what is in flight may take to become durable.
    #[serde(with = "humantime_serde")]
    pub drain: Duration,

    /// Whether `/metrics` says how long each operator of the dataflow works and what arrangements hold. Costs two looks at a
    /// clock each time an operator is scheduled.
    pub introspect: bool,
    /// Address for `/healthz`, `/readyz` and `/metrics`, e.g. `127.0.0.1:9102`. Empty: none.
    pub metrics_listen: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            workers: 1,
            processes: 1,
            process: 0,
            hosts: Vec::new(),
            hosts_file: PathBuf::new(),
            lateness: 72 * HOUR,
            dedup_horizon: 72 * HOUR,
            rules_remember: 24 * HOUR,
            max_future: 5 * MINUTE,
            max_clock_lead: 5 * MINUTE,
            queue: 64,
            fuel: 4_096,
            max_lead: HOUR,
            max_in_flight_bytes: 64 * 1024 * 1024,
            max_skew: Duration::from_secs(10),
            max_unreadable_in_a_row: 100,
            shards: 1,
            writer_queue: 16,
            progress_every: Duration::from_secs(10),
            heartbeat_idle: Duration::from_secs(10),
            heartbeat_idle_cluster: Duration::from_millis(500),
            snapshot_url: String::new(),
            snapshot_every: 5 * MINUTE,
            stall_after: 5 * MINUTE,
            drain: Duration::from_secs(5),
            introspect: true,
            metrics_listen: String::new(),
        }
    }
}

impl Config {
    /// Refuses settings that cannot work together, by name.
    ///
    /// # Errors
    /// [`Error::Config`] with the setting and what it must be.
    pub fn validate(&self) -> Result<(), Error> {
        let year = 366 * 24 * HOUR;
        let rules = [
            ((1..=64).contains(&self.workers), "workers must be 1 to 64"),
            ((1..=64).contains(&self.processes), "processes must be 1 to 64"),
            (self.process < self.processes, "process must be less than processes"),
            (
                self.hosts.is_empty() || self.hosts_file.as_os_str().is_empty(),
                "give hosts or hosts_file, not both",
            ),
            (
                [self.lateness, self.dedup_horizon, self.max_future]
                    .iter()
                    .all(|span| *span <= year),
                "lateness, dedup_horizon and max_future must be at most a year",
            ),
            (self.rules_remember <= 72 * HOUR, "rules_remember must be at most 72h"),
            (self.queue > 0, "queue must be at least 1"),
            (self.fuel > 0, "fuel must be at least 1"),
            (self.max_lead >= Duration::from_secs(1), "max_lead must be at least 1s"),
            (
                self.max_in_flight_bytes >= 1024,
                "max_in_flight_bytes must be at least 1024",
            ),
            (
                self.max_unreadable_in_a_row > 0,
                "max_unreadable_in_a_row must be at least 1",
            ),
            ((1..=1024).contains(&self.shards), "shards must be 1 to 1024"),
            (self.writer_queue > 0, "writer_queue must be at least 1"),
            (
                self.snapshot_every >= Duration::from_secs(1) && self.snapshot_every <= year,
                "snapshot_every must be 1s to a year",
            ),
            (
                self.heartbeat_idle >= Duration::from_millis(100)
                    && self.heartbeat_idle_cluster >= Duration::from_millis(100),
                "heartbeat_idle and heartbeat_idle_cluster must be at least 100ms",
            ),
        ];
        match rules.iter().find(|(holds, _)| !holds) {
            Some((_, rule)) => Err(Error::Config((*rule).to_owned())),
            None => Ok(()),
        }
    }

    /// The horizon of de-duplication in force: at least as long as any window a first copy was counted in
    /// still takes messages, or a later copy would be counted a second time.
    pub fn dedup_horizon(&self) -> Duration {
        self.dedup_horizon.max(self.windows_open())
    }

    /// How long after a message was logged a window that counts it may still be open.
    pub(crate) fn windows_open(&self) -> Duration {
        crate::windows::LARGEST + self.lateness + self.max_future
    }

    /// The addresses of a cluster; empty for a single process.
    ///
    /// # Errors
    /// [`Error::Config`] when the file cannot be read or the number of addresses is not `processes`.
    pub fn addresses(&self) -> Result<Vec<String>, Error> {
        if self.processes == 1 {
            return Ok(Vec::new());
        }
        let hosts = if self.hosts_file.as_os_str().is_empty() {
            self.hosts.clone()
        } else {
            let text = std::fs::read_to_string(&self.hosts_file)
                .map_err(|error| Error::Config(format!("hosts_file {}: {error}", self.hosts_file.display())))?;
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            lines.map(str::to_owned).collect()
        };
        if hosts.len() == self.processes {
            Ok(hosts)
        } else {
            Err(Error::Config(format!(
                "{} processes need as many addresses, {} are given",
                self.processes,
                hosts.len()
            )))
        }
    }

    /// The heartbeat interval that applies, in milliseconds.
    pub(crate) fn heartbeat_idle_ms(&self) -> u64 {
        millis(if self.processes > 1 {
            self.heartbeat_idle_cluster
        } else {
            self.heartbeat_idle
        })
    }
}

/// Whole milliseconds of a span. Spans are validated to be at most a year where that matters.
pub(crate) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// Milliseconds of a span, rounded up to whole ticks: times of the dataflow are only ever compared with such.
pub(crate) fn ticks(span: Duration) -> u64 {
    millis(span).div_ceil(TICK) * TICK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid_and_a_bad_setting_is_named() {
        Config::default().validate().unwrap();
        let config = Config {
            process: 1,
            ..Config::default()
        };
        assert!(config.validate().unwrap_err().to_string().contains("process"));
    }

    #[test]
    fn duplicates_are_known_for_as_long_as_a_window_could_count_them_twice() {
        let config = Config::default();
        assert_eq!(config.dedup_horizon(), (72 + 24) * HOUR + 5 * MINUTE);
    }

    #[test]
    fn a_cluster_needs_an_address_for_each_process() {
        let config = Config {
            processes: 2,
            hosts: vec!["a:1".into()],
            ..Config::default()
        };
        assert!(config.addresses().is_err());
    }
}
