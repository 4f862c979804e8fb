//! What the tests share: a database to write messages into, a log that remembers, and the service between them.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use parlance_schemas::labels::{Direction, Intent, Judge};
use parlance_schemas::rows::{Interval, MessageRow, RowWriter, VerdictRow};
use parlance_schemas::settings::OpinionSetting;
use parlance_schemas::verdict::Verdict;
use parlance_service::config::{ClickHouseConfig, Secret};
use parlance_sinks::clickhouse::{Factory, Writer};
use parlance_sinks::opinion::{Config, Error, LogError, SettingOf, VerdictLog, run};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::api::Api;
use crate::rows;
use crate::server::{migrated, shared, spawn, taken, wait};

/// Long enough for anything that happens on a loaded machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// Several looks for messages.
pub(crate) const A_WHILE: Duration = Duration::from_millis(600);

pub(crate) fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// A database that messages are written into as the pipeline does it.
pub(crate) struct Database {
    pub(crate) config: ClickHouseConfig,
    writer: Writer,
    through: u64,
    _factory: Factory,
}

impl Database {
    pub(crate) fn new() -> Self {
        let config = migrated(shared());
        let (_, factory) = taken(&config, 1);
        Self {
            writer: factory.writer(),
            through: u64::try_from(now()).unwrap() - 60_000,
            config,
            _factory: factory,
        }
    }

    /// Writes messages and verdicts as one interval, after those that were written before.
    pub(crate) fn write(&mut self, messages: &[MessageRow], verdicts: &[VerdictRow]) {
        self.through += 1;
        let mut messages = messages.to_vec();
        for message in &mut messages {
            message.version = self.through;
        }
        messages.sort_by(|a, b| (&a.phone_number_id, &a.message_id).cmp(&(&b.phone_number_id, &b.message_id)));
        let mut verdicts = verdicts.to_vec();
        for verdict in &mut verdicts {
            verdict.version = self.through;
        }
        let interval = Interval {
            through: self.through,
            messages,
            verdicts,
            ..Interval::default()
        };
        self.writer.write(&interval).unwrap();
    }
}

/// A message that is asked about: inbound, with text, unsure, half a minute old.
pub(crate) fn unsure(number: u64, text: &str) -> MessageRow {
    let at = now() - 30_000;
    MessageRow {
        phone_number_id: "100".to_owned(),
        direction: Direction::Inbound,
        contact_name: String::new(),
        text: text.to_owned(),
        sent_at: at,
        received_at: at,
        logged_at: at,
        intent: Intent::Other,
        intent_confidence: 0.3,
        intent_by: Judge::Model,
        entities_kind: vec![],
        entities_text: vec![],
        entities_value: vec![],
        entities_start: vec![],
        entities_end: vec![],
        ..rows::message(number, u64::try_from(at).unwrap())
    }
}

/// The row that the pipeline makes of a verdict.
pub(crate) fn verdict_row(verdict: &Verdict) -> VerdictRow {
    VerdictRow {
        phone_number_id: verdict.message.phone_number_id.clone(),
        message_id: verdict.message.message_id.clone(),
        judge: verdict.judge,
        author: verdict.author.clone(),
        given_at: verdict.at,
        logged_at: verdict.at,
        ..rows::verdict(0, 1)
    }
}

/// A log that remembers, and fails as long as it is told to.
#[derive(Clone, Default)]
pub(crate) struct Log {
    verdicts: Arc<Mutex<Vec<Verdict>>>,
    pub(crate) failures: Arc<Mutex<u32>>,
}

impl Log {
    pub(crate) fn verdicts(&self) -> Vec<Verdict> {
        self.verdicts.lock().unwrap().clone()
    }

    /// Ids of the messages that have verdicts, sorted.
    pub(crate) fn ids(&self) -> Vec<String> {
        let verdicts = self.verdicts();
        let mut ids: Vec<String> = verdicts
            .iter()
            .map(|verdict| verdict.message.message_id.clone())
            .collect();
        ids.sort();
        ids
    }
}

impl VerdictLog for Log {
    async fn write(&self, verdict: Verdict) -> Result<(), LogError> {
        let mut failures = self.failures.lock().unwrap();
        if *failures > 0 {
            *failures -= 1;
            return Err(LogError::Passing("told to".to_owned()));
        }
        self.verdicts.lock().unwrap().push(verdict);
        Ok(())
    }
}

/// A configuration for an API, quick enough for tests.
pub(crate) fn config(api: &Api) -> Config {
    Config {
        anthropic_api_key: Secret::new("test-key-0123456789"),
        base_url: api.url.clone(),
        poll_every: Duration::from_millis(50),
        requests_per_second: 1000.0,
        breaker_pause: Duration::from_millis(200),
        ..Config::default()
    }
}

/// The service, running.
pub(crate) struct Running {
    task: JoinHandle<Result<(), Error>>,
    pub(crate) shutdown: CancellationToken,
}

impl Running {
    pub(crate) fn start(config: Config, database: &Database, log: &Log) -> Self {
        Self::with(config, database, log, Arc::new(|_| OpinionSetting::default()))
    }

    pub(crate) fn with(config: Config, database: &Database, log: &Log, settings: SettingOf) -> Self {
        let shutdown = CancellationToken::new();
        let (clickhouse, log, token) = (database.config.clone(), log.clone(), shutdown.clone());
        let task = spawn(Box::pin(run(config, clickhouse, log, settings, token)));
        Self { task, shutdown }
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) fn stop(self) -> Result<(), Error> {
        self.shutdown.cancel();
        self.ended()
    }

    /// Waits until it ends by itself.
    pub(crate) fn ended(self) -> Result<(), Error> {
        wait(async { tokio::time::timeout(PATIENCE, self.task).await })
            .expect("it ends in time")
            .unwrap()
    }

    pub(crate) fn is_running(&self) -> bool {
        !self.task.is_finished()
    }
}

/// Waits until it holds.
pub(crate) fn until(what: &str, holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < PATIENCE, "in vain for: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Lets some time go by, for things that must not happen.
pub(crate) fn a_while() {
    std::thread::sleep(A_WHILE);
}
