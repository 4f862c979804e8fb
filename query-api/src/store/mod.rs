//! The one door to ClickHouse: as the reader user, with a deadline, a cap on questions at once, and only constants
//! as SQL. What a client gave travels beside the statement as a server-side parameter, never inside it.
//!
//! # Layout
//!
//! * [`messages`], [`statuses`], [`verdicts`], [`contacts`], [`account_events`]: rows by their keys, in pages
//! * [`tallies`]: sums over the `metrics_*` tables, exact to the minute
//! * [`customers`]: who wrote, and how far messages got, in a range
//! * [`integrations`]: the numbers seen
//! * [`progress`]: how far the tables are complete
//! * [`system`]: how the machinery is
//! * [`news`]: what came between two positions, for the live stream

pub(crate) mod account_events;
pub(crate) mod contacts;
pub(crate) mod customers;
pub(crate) mod integrations;
pub(crate) mod messages;
pub(crate) mod news;
pub(crate) mod progress;
pub(crate) mod statuses;
pub(crate) mod system;
pub(crate) mod tallies;
pub(crate) mod verdicts;

use std::time::{Duration, Instant};

use clickhouse::{Client, RowOwned, RowRead};
use parlance_service::config::ClickHouseConfig;
use serde::Serialize;
use tokio::sync::{OnceCell, Semaphore};

use crate::config::Config;
use crate::error::Refusal;

/// How long a question may wait for its turn.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(2);
/// What the network may add to ClickHouse's own deadline.
const NETWORK_ALLOWANCE: Duration = Duration::from_secs(2);
/// ClickHouse's errors can be as long as the statement and more.
const LOGGED_CHARACTERS_MAX: usize = 500;

/// Access to the tables.
pub(crate) struct Store {
    client: Client,
    query_timeout: Duration,
    turns: Semaphore,
    /// Whether the reader may set limits per question. A user with `readonly = 1` may not: then its profile rules.
    may_limit: OnceCell<bool>,
}

/// Conditions and the values they speak of. Conditions are constants of this program.
#[derive(Clone, Debug)]
pub(crate) struct Where {
    conditions: Vec<&'static str>,
    values: Vec<(String, Value)>,
}

/// A server-side parameter.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Value {
    Text(String),
    Texts(Vec<String>),
    Number(i64),
    Count(u64),
    Pairs(Vec<(String, String)>),
    /// Names, each with a time.
    Times(Vec<(String, i64)>),
}

impl Where {
    /// No condition.
    pub(crate) fn all() -> Self {
        Self {
            conditions: vec!["1"],
            values: Vec::new(),
        }
    }

    /// Adds a condition that speaks of no value.
    pub(crate) fn and(&mut self, condition: &'static str) {
        self.conditions.push(condition);
    }

    /// Adds a value that conditions, or the statement around them, speak of as `{name:Type}`.
    pub(crate) fn value(&mut self, name: impl Into<String>, value: Value) {
        self.values.push((name.into(), value));
    }

    /// Adds a condition with its value, when there is one.
    pub(crate) fn and_with(&mut self, condition: &'static str, name: &'static str, value: Option<Value>) {
        if let Some(value) = value {
            self.and(condition);
            self.value(name, value);
        }
    }

    /// Adds a condition on a list, when the list has anything.
    pub(crate) fn and_any_of(&mut self, condition: &'static str, name: &'static str, values: &[String]) {
        if !values.is_empty() {
            self.and(condition);
            self.value(name, Value::Texts(values.to_vec()));
        }
    }

    /// The conditions as SQL.
    pub(crate) fn sql(&self) -> String {
        self.conditions.join(" AND ")
    }
}

#[derive(clickhouse::Row, serde::Deserialize)]
struct Readonly {
    readonly: u64,
}

impl Store {
    pub(crate) fn new(clickhouse: &ClickHouseConfig, config: &Config) -> Self {
        let (user, password) = clickhouse.reader();
        let client = Client::default()
            .with_url(&clickhouse.url)
            .with_database(&clickhouse.database)
            .with_user(user)
            .with_password(password.expose());
        Self {
            client,
            query_timeout: config.query_timeout,
            turns: Semaphore::new(config.queries),
            may_limit: OnceCell::new(),
        }
    }

    /// Asks one question. `subject` names it in metrics and logs; `sql` is built of constants.
    pub(crate) async fn rows<T>(&self, subject: &'static str, sql: &str, given: &Where) -> Result<Vec<T>, Refusal>
    where
        T: RowOwned + RowRead,
    {
        let turn = tokio::time::timeout(QUEUE_TIMEOUT, self.turns.acquire()).await;
        let Ok(Ok(_turn)) = turn else {
            metrics::counter!("api_queries_refused_total").increment(1);
            return Err(Refusal::unavailable("too many questions at once"));
        };
        let started = Instant::now();
        let deadline = self.query_timeout + NETWORK_ALLOWANCE;
        let asked = tokio::time::timeout(deadline, self.ask(sql, given)).await;
        metrics::histogram!("api_query_duration_seconds", "subject" => subject).record(started.elapsed());
        let result = asked.unwrap_or(Err(clickhouse::error::Error::TimedOut));
        result.map_err(|error| refusal(subject, &error))
    }

    async fn ask<T>(&self, sql: &str, given: &Where) -> clickhouse::error::Result<Vec<T>>
    where
        T: RowOwned + RowRead,
    {
        let mut query = self.client.query_raw(sql);
        if *self
            .may_limit
            .get_or_try_init(|| self.ask_whether_limits_may_be_set())
            .await?
        {
            query = query
                .with_setting("max_execution_time", self.query_timeout.as_secs_f64().to_string())
                // An abandoned question must not go on costing.
                .with_setting("cancel_http_readonly_queries_on_client_close", "1");
        }
        for (name, value) in &given.values {
            query = query.param(name, value);
        }
        query.fetch_all::<T>().await
    }

    async fn ask_whether_limits_may_be_set(&self) -> clickhouse::error::Result<bool> {
        let query = self
            .client
            .query_raw("SELECT toUInt64(getSetting('readonly')) AS readonly");
        Ok(query.fetch_one::<Readonly>().await?.readonly != 1)
    }
}

/// ClickHouse's codes for a question that ran into one of its limits.
const TOO_EXPENSIVE: &[&str] = &[
    "Code: 158.",
    "Code: 159.",
    "Code: 160.",
    "Code: 241.",
    "Code: 307.",
    "Code: 396.",
];
/// Its codes for being busy or shutting down.
const BUSY: &[&str] = &["Code: 202.", "Code: 236.", "Code: 394.", "Code: 745."];

fn refusal(subject: &'static str, error: &clickhouse::error::Error) -> Refusal {
    use clickhouse::error::Error;
    let text = error.to_string();
    let said = |codes: &[&str]| codes.iter().any(|code| text.contains(code));
    let (reason, refusal) = match error {
        Error::Network(_) | Error::TimedOut => ("unavailable", Refusal::unavailable("ClickHouse does not answer")),
        _ if said(TOO_EXPENSIVE) => ("too_expensive", Refusal::too_expensive()),
        _ if said(BUSY) => ("busy", Refusal::unavailable("ClickHouse is busy")),
        _ => ("failed", Refusal::internal()),
    };
    metrics::counter!("api_query_errors_total", "subject" => subject, "reason" => reason).increment(1);
    let text: String = text.chars().take(LOGGED_CHARACTERS_MAX).collect();
    tracing::warn!(subject, reason, error = text, "a question to ClickHouse failed");
    refusal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_joined_and_empty_filters_add_none() {
        let mut given = Where::all();
        given.and_any_of("intent IN {intent:Array(String)}", "intent", &[]);
        given.and_with("direction = {direction:String}", "direction", None);
        assert_eq!(given.sql(), "1");
        given.and_with(
            "direction = {direction:String}",
            "direction",
            Some(Value::Text("inbound".to_owned())),
        );
        assert_eq!(given.sql(), "1 AND direction = {direction:String}");
    }

    #[test]
    fn errors_of_clickhouse_become_what_the_client_can_do_about_them() {
        let answer = |text: &str| {
            let refusal = refusal("test", &clickhouse::error::Error::BadResponse(text.to_owned()));
            let Refusal::Problem(problem) = refusal else {
                panic!("not a problem")
            };
            problem.status.as_u16()
        };
        assert_eq!(answer("Code: 159. DB::Exception: Timeout exceeded"), 422);
        assert_eq!(answer("Code: 202. DB::Exception: Too many simultaneous queries"), 503);
        assert_eq!(answer("Code: 62. DB::Exception: Syntax error"), 500);
    }
}
