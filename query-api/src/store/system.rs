//! What ClickHouse knows of the machinery: progress, sizes, and how much came lately.

use serde::Deserialize;

use super::{Store, Value, Where};
use crate::error::Refusal;
use crate::time::Moment;

/// How far one shard of a sink is.
#[derive(Clone, Debug, clickhouse::Row, Deserialize)]
pub(crate) struct Shard {
    /// The sink.
    pub(crate) name: String,
    /// Which shard.
    pub(crate) number: u32,
    /// Of how many.
    pub(crate) of: u32,
    /// Log time, Unix milliseconds.
    pub(crate) through: u64,
    /// How many pipelines have begun to write until now.
    pub(crate) generation: u64,
}

/// What a table takes.
#[derive(Clone, Debug, clickhouse::Row, Deserialize)]
pub(crate) struct Size {
    pub(crate) name: String,
    pub(crate) held: u64,
    pub(crate) taken: u64,
    pub(crate) pieces: u64,
}

/// How many messages were logged lately.
#[derive(Clone, Debug, Default, clickhouse::Row, Deserialize)]
pub(crate) struct Lately {
    pub(crate) last_minute: u64,
    pub(crate) five_minutes: u64,
}

/// How much came too late for windows of a width, or for its conversation.
#[derive(Clone, Debug, clickhouse::Row, Deserialize)]
pub(crate) struct Late {
    pub(crate) too_late_for: String,
    pub(crate) counted: u64,
}

/// The server.
#[derive(Clone, Debug, Default, clickhouse::Row, Deserialize)]
pub(crate) struct Server {
    pub(crate) version: String,
    pub(crate) up_seconds: u64,
}

impl Store {
    /// How far each shard of each sink is; the sets of shards that were before, too.
    pub(crate) async fn shards(&self) -> Result<Vec<Shard>, Refusal> {
        let sql = "SELECT toString(sink) AS name, toUInt32(shard) AS number, toUInt32(shards) AS of, \
                       toUInt64(max(complete_through)) AS through, \
                       toUInt64(tupleElement(max(claim), 1)) AS generation \
                   FROM sink_progress GROUP BY name, number, of ORDER BY name, of, number LIMIT 10000";
        self.rows("shards", sql, &Where::all()).await
    }

    /// What each table that has anything takes.
    pub(crate) async fn sizes(&self) -> Result<Vec<Size>, Refusal> {
        let sql = "SELECT toString(table) AS name, toUInt64(sum(rows)) AS held, \
                       toUInt64(sum(bytes_on_disk)) AS taken, toUInt64(count()) AS pieces \
                   FROM system.parts WHERE database = currentDatabase() AND active \
                   GROUP BY name ORDER BY name LIMIT 1000";
        self.rows("sizes", sql, &Where::all()).await
    }

    /// How many messages were logged in the minute and the five minutes before `now`.
    pub(crate) async fn lately(&self, now: Moment) -> Result<Lately, Refusal> {
        let mut given = Where::all();
        given.value("minute", Value::Number(now.0 - Moment::MINUTE_MS));
        given.value("since", Value::Number(now.0 - 5 * Moment::MINUTE_MS));
        // A row that was written again has a later version and the same log time; the index is on versions.
        let sql = "SELECT uniqExactIf((phone_number_id, message_id), \
                           logged_at > fromUnixTimestamp64Milli({minute:Int64}, 'UTC')) AS last_minute, \
                       uniqExact((phone_number_id, message_id)) AS five_minutes \
                   FROM messages WHERE version > {since:Int64} \
                   AND logged_at > fromUnixTimestamp64Milli({since:Int64}, 'UTC')";
        let counted = self.rows::<Lately>("lately", sql, &given).await?;
        Ok(counted.into_iter().next().unwrap_or_default())
    }

    /// What came too late, in the hours since `since`, by what it was too late for.
    pub(crate) async fn late_since(&self, since: Moment) -> Result<Vec<Late>, Refusal> {
        let mut given = Where::all();
        given.value("since", Value::Count(u64::from(since.seconds())));
        let sql = "SELECT toString(label) AS too_late_for, toUInt64(sum(count)) AS counted FROM measures_1h FINAL \
                   WHERE measure = 'late' AND `by` = 'window' AND window_start >= toDateTime({since:UInt32}, 'UTC') \
                   GROUP BY too_late_for ORDER BY too_late_for LIMIT 100";
        self.rows("late", sql, &given).await
    }

    /// The server's version, and for how long it has run.
    pub(crate) async fn server(&self) -> Result<Server, Refusal> {
        let sql = "SELECT version() AS version, toUInt64(uptime()) AS up_seconds";
        let said = self.rows::<Server>("server", sql, &Where::all()).await?;
        Ok(said.into_iter().next().unwrap_or_default())
    }
}
