//! Which messages there are to ask about, read from ClickHouse as the reader.
//!
//! Twice, as the query API does it: first the keys of what was written since the last look, in the order of log time,
//! and no further than every shard of the sink is complete, so that none is passed over; then, of the few that are
//! wanted, the newest row, without `FINAL`, unless there is a verdict on it already. Both are bounded by time and count.

use std::time::Duration;

use ::clickhouse::error::{Error as ClientError, Result as ClientResult};
use ::clickhouse::{Client, Row, RowOwned, RowRead};
use parlance_schemas::labels::Intent;
use parlance_schemas::rows::MessageRow;
use parlance_service::config::ClickHouseConfig;
use serde::{Deserialize, Serialize};

use crate::clickhouse::connect;

/// Keys read at once.
pub(crate) const KEYS_MAX: usize = 1000;
/// Rows read at once: their keys travel in the URL, which may have 64 KiB.
pub(crate) const ROWS_MAX: usize = 64;
/// Integrations whose day is read back.
const INTEGRATIONS_MAX: u32 = 100_000;
/// Verdicts of today may have been logged a little before the day began by this machine's clock.
const CLOCKS_APART_MS: i64 = 60 * 60 * 1000;
const DEADLINE: Duration = connect::STATEMENT_TIMEOUT;

/// A message that may be asked about.
#[derive(Clone, Debug, Row, Deserialize)]
pub(crate) struct Candidate {
    pub(crate) version: u64,
    pub(crate) phone_number_id: String,
    pub(crate) message_id: String,
    pub(crate) intent: Intent,
    pub(crate) intent_confidence: f32,
}

/// A place in the order of candidates: after this one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    version: u64,
    phone_number_id: String,
    message_id: String,
}

impl Place {
    /// Before everything of this log time, in Unix milliseconds.
    pub(crate) fn before(log_time: i64) -> Self {
        Self {
            version: u64::try_from(log_time).unwrap_or(0),
            ..Self::default()
        }
    }

    /// Right after a candidate.
    pub(crate) fn after(candidate: &Candidate) -> Self {
        Self {
            version: candidate.version,
            phone_number_id: candidate.phone_number_id.clone(),
            message_id: candidate.message_id.clone(),
        }
    }

    /// The later of two by log time.
    pub(crate) fn later(self, other: Self) -> Self {
        if other.version > self.version { other } else { self }
    }
}

#[derive(Row, Deserialize)]
struct Shards {
    expected: u32,
    present: u64,
    least: u64,
}

/// Verdicts of language models on one integration's messages today.
#[derive(Row, Deserialize)]
pub(crate) struct Given {
    pub(crate) phone_number_id: String,
    pub(crate) verdicts: u64,
}

/// Access to the tables.
pub(crate) struct Source(Client);

/// Values that a statement speaks of as `{name:Type}`, beside it and never in it.
struct Question<'a> {
    client: &'a Client,
    sql: String,
}

impl Question<'_> {
    async fn rows<T: RowOwned + RowRead>(self, values: &[(&str, Value<'_>)]) -> ClientResult<Vec<T>> {
        let mut query = self.client.query_raw(&self.sql);
        for (name, value) in values {
            query = query.param(name, value);
        }
        tokio::time::timeout(DEADLINE, query.fetch_all())
            .await
            .unwrap_or(Err(ClientError::TimedOut))
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Value<'a> {
    Count(u64),
    Instant(i64),
    Text(&'a str),
    Pairs(Vec<(&'a str, &'a str)>),
}

impl Source {
    pub(crate) fn new(config: &ClickHouseConfig) -> Self {
        Self(connect::reader(config).with_database(&config.database))
    }

    fn question(&self, sql: impl Into<String>) -> Question<'_> {
        Question {
            client: &self.0,
            sql: sql.into(),
        }
    }

    /// Log time up to which every row is there, 0 when nothing was ever complete. After the number of shards was
    /// changed there are two sets of shards; the further one counts.
    pub(crate) async fn complete_through(&self) -> ClientResult<u64> {
        let question = self.question(
            "SELECT expected, count() AS present, min(through) AS least FROM \
                 (SELECT toUInt32(shards) AS expected, shard, toUInt64(max(complete_through)) AS through \
                  FROM sink_progress WHERE sink = 'clickhouse' GROUP BY expected, shard) \
             GROUP BY expected LIMIT 100",
        );
        let sets: Vec<Shards> = question.rows(&[]).await?;
        let complete = sets.iter().filter(|set| set.present == u64::from(set.expected));
        Ok(complete.map(|set| set.least).max().unwrap_or(0))
    }

    /// At most [`KEYS_MAX`] inbound messages with text after `after` and up to `through`, sent no earlier than `since`,
    /// whose intent no pattern, language model or person decided.
    pub(crate) async fn candidates(&self, after: &Place, through: u64, since: i64) -> ClientResult<Vec<Candidate>> {
        let question = self.question(format!(
            "SELECT version, phone_number_id, message_id, intent, intent_confidence FROM messages \
             WHERE version >= {{version:UInt64}} AND version <= {{through:UInt64}} \
             AND (version, phone_number_id, message_id) > ({{version:UInt64}}, {{number:String}}, {{message:String}}) \
             AND sent_at >= fromUnixTimestamp64Milli({{since:Int64}}, 'UTC') \
             AND direction = 'inbound' AND text != '' AND intent_by IN ('model', 'context') \
             ORDER BY version, phone_number_id, message_id \
             LIMIT 1 BY version, phone_number_id, message_id LIMIT {KEYS_MAX}"
        ));
        let values = [
            ("version", Value::Count(after.version)),
            ("number", Value::Text(&after.phone_number_id)),
            ("message", Value::Text(&after.message_id)),
            ("through", Value::Count(through)),
            ("since", Value::Instant(since)),
        ];
        question.rows(&values).await
    }

    /// The newest rows of at most [`ROWS_MAX`] candidates: of those whose intent still nobody stronger has decided, and
    /// that have no verdict yet.
    pub(crate) async fn rows(&self, candidates: &[Candidate], since: i64) -> ClientResult<Vec<MessageRow>> {
        let columns: Vec<String> = MessageRow::COLUMN_NAMES
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        let columns = columns.join(", ");
        let question = self.question(format!(
            "SELECT {columns} FROM \
                 (SELECT {columns} FROM messages \
                  WHERE (phone_number_id, message_id) IN {{keys:Array(Tuple(String, String))}} \
                  AND sent_at >= fromUnixTimestamp64Milli({{since:Int64}}, 'UTC') \
                  ORDER BY version DESC LIMIT 1 BY phone_number_id, message_id) \
             WHERE intent_by IN ('model', 'context') \
             AND (phone_number_id, message_id) NOT IN \
                 (SELECT phone_number_id, message_id FROM verdicts \
                  WHERE (phone_number_id, message_id) IN {{keys:Array(Tuple(String, String))}} \
                  AND judge IN ('llm', 'person')) \
             ORDER BY version, phone_number_id, message_id"
        ));
        let keys = candidates
            .iter()
            .map(|candidate| (candidate.phone_number_id.as_str(), candidate.message_id.as_str()));
        let values = [("keys", Value::Pairs(keys.collect())), ("since", Value::Instant(since))];
        question.rows(&values).await
    }

    /// How many verdicts language models gave since `day_start` (Unix milliseconds), by integration.
    pub(crate) async fn given_since(&self, day_start: i64) -> ClientResult<Vec<Given>> {
        let question = self.question(format!(
            "SELECT toString(phone_number_id) AS phone_number_id, \
                 uniqExact((message_id, author, given_at)) AS verdicts FROM verdicts \
             WHERE judge = 'llm' AND given_at >= fromUnixTimestamp64Milli({{start:Int64}}, 'UTC') \
             AND logged_at >= fromUnixTimestamp64Milli({{logged:Int64}}, 'UTC') \
             GROUP BY phone_number_id LIMIT {INTEGRATIONS_MAX}"
        ));
        let values = [
            ("start", Value::Instant(day_start)),
            ("logged", Value::Instant(day_start - CLOCKS_APART_MS)),
        ];
        question.rows(&values).await
    }
}
