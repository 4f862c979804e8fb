//! The tables as books that can be gone over: what others follow from, in the order of the log; what is stored of what follows;
//! and what is to be put right.

use ::clickhouse::query::RowCursor;
use ::clickhouse::sql::Identifier;
use ::clickhouse::{Client, RowOwned, RowRead, RowWrite};
use parlance_schemas::rows::{DecisionRow, IdentityRow, Interval, LogTime, MessageRow, OutcomeRow, StatusRow, Table};
use parlance_schemas::tables;
use parlance_service::config::ClickHouseConfig;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::blocks::{Measured, cut};
use super::retry::persist;
use super::writer::insert;
use super::{Error, connect, progress};

/// Sorting spills to disk beyond this, as it may be about months.
const SORT_BYTES_MAX: &str = "400000000";

/// Goes over the tables, as the user that writes.
pub struct Books {
    client: Client,
}

/// Which rows others follow from.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Event times, Unix milliseconds: the first, …
    pub from: i64,
    /// … and beyond the last.
    pub to: i64,
    /// Logged up to this.
    pub until: LogTime,
    /// What was logged longer after it happened, milliseconds, comes as if it had been logged then.
    pub lateness_ms: i64,
}

/// Rows of a table, one after the other.
pub struct Rows<T>(RowCursor<T>);

impl<T: RowOwned + RowRead> Rows<T> {
    /// The next row.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when ClickHouse does not answer as it should.
    pub async fn next(&mut self) -> Result<Option<T>, Error> {
        self.0.next().await.map_err(|error| unavailable(&error))
    }
}

impl Books {
    /// Opens Parlance's database. Nothing is asked yet.
    pub fn new(config: &ClickHouseConfig) -> Self {
        let client = connect::writing(config).with_setting("max_bytes_before_external_sort", SORT_BYTES_MAX);
        Self { client }
    }

    /// The log time through which every shard is durable; 0 before anything was.
    ///
    /// # Errors
    /// As [`Rows::next`], as of all below.
    pub async fn complete_through(&self) -> Result<LogTime, Error> {
        let through = progress::complete_through(&self.client).await;
        through.map_err(|error| unavailable(&error))
    }

    /// Messages, without what nothing follows from: their texts, and what was found in these.
    pub fn messages(&self, page: Page) -> Result<Rows<MessageRow>, Error> {
        let sql = "SELECT ?fields FROM (SELECT * REPLACE (\
                   '' AS text, emptyArrayString() AS replies, \
                   if(type IN ('unsupported', 'interactive', 'button'), raw, '') AS raw) \
                   FROM messages FINAL \
                   WHERE sent_at >= fromUnixTimestamp64Milli(?, 'UTC') AND sent_at < fromUnixTimestamp64Milli(?, 'UTC') \
                   AND logged_at <= fromUnixTimestamp64Milli(?, 'UTC')) \
                   ORDER BY least(logged_at, addMilliseconds(sent_at, ?)), phone_number_id, message_id";
        self.page(sql, page)
    }

    /// Statuses, without what they looked like.
    pub fn statuses(&self, page: Page) -> Result<Rows<StatusRow>, Error> {
        let sql = "SELECT ?fields FROM (SELECT * REPLACE ('' AS raw) FROM statuses FINAL \
                   WHERE occurred_at >= fromUnixTimestamp64Milli(?, 'UTC') AND occurred_at < fromUnixTimestamp64Milli(?, 'UTC') \
                   AND logged_at <= fromUnixTimestamp64Milli(?, 'UTC')) \
                   ORDER BY least(logged_at, addMilliseconds(occurred_at, ?)), phone_number_id, message_id, status, recipient_id";
        self.page(sql, page)
    }

    /// What people decided.
    pub fn decisions(&self, page: Page) -> Result<Rows<DecisionRow>, Error> {
        self.page(&by_time("decisions", "decision_id"), page)
    }

    /// What became of actions.
    pub fn outcomes(&self, page: Page) -> Result<Rows<OutcomeRow>, Error> {
        self.page(&by_time("outcomes", "outcome_id"), page)
    }

    /// Who is who by Meta's word, whenever it was said; what people said of it is among the decisions.
    pub fn identities(&self, until: LogTime) -> Result<Rows<IdentityRow>, Error> {
        let sql = "SELECT ?fields FROM identities FINAL WHERE version <= ? AND source != 'person' \
                   ORDER BY version, waba_id, kind, value, other_kind, other_value";
        let rows = self.client.query(sql).bind(until).fetch();
        rows.map(Rows).map_err(|error| unavailable(&error))
    }

    fn page<T: RowOwned + RowRead>(&self, sql: &str, page: Page) -> Result<Rows<T>, Error> {
        let query = self.client.query(sql).bind(page.from).bind(page.to);
        let query = query.bind(page.until).bind(page.lateness_ms);
        query.fetch().map(Rows).map_err(|error| unavailable(&error))
    }

    /// What is stored of what begins from one time to before another, Unix milliseconds: of each key the newest row, if it was
    /// taken back too.
    pub async fn stored(&self, from: i64, to: i64) -> Result<Interval, Error> {
        const METRIC: &str = "phone_number_id, window_start, direction";
        const MEASURE: &str = "phone_number_id, window_start, measure, by, label";
        let between = (from, to);
        Ok(Interval {
            conversations: self
                .newest(Table::Conversations, "phone_number_id, conversation_id", between)
                .await?,
            turns: self
                .newest(Table::Turns, "phone_number_id, message_id", between)
                .await?,
            timers: self
                .newest(Table::Timers, "phone_number_id, message_id, event", between)
                .await?,
            metrics_1m: self.newest(Table::Metrics1m, METRIC, between).await?,
            metrics_1h: self.newest(Table::Metrics1h, METRIC, between).await?,
            metrics_1d: self.newest(Table::Metrics1d, METRIC, between).await?,
            measures_1m: self.newest(Table::Measures1m, MEASURE, between).await?,
            measures_1h: self.newest(Table::Measures1h, MEASURE, between).await?,
            measures_1d: self.newest(Table::Measures1d, MEASURE, between).await?,
            ..Interval::default()
        })
    }

    async fn newest<T: RowOwned + RowRead>(
        &self,
        table: Table,
        key: &str,
        (from, to): (i64, i64),
    ) -> Result<Vec<T>, Error> {
        let between = |begin| {
            format!(
                "WHERE {begin} >= fromUnixTimestamp64Milli(?, 'UTC') AND {begin} < fromUnixTimestamp64Milli(?, 'UTC')"
            )
        };
        // When something began may change from row to row; where a window does is part of its key.
        let (before, after) = match key.contains("window_start") {
            true => (between("window_start"), String::new()),
            false => (String::new(), between("started_at")),
        };
        // Not FINAL: it hides rows that were taken back, and with them how new the row must be that is put in their place.
        let sql = format!(
            "SELECT ?fields FROM (SELECT * FROM ? {before} ORDER BY {key}, version DESC LIMIT 1 BY {key}) {after}"
        );
        let query = self.client.query(&sql).bind(Identifier(table.name()));
        let rows = query.bind(from).bind(to).fetch_all().await;
        rows.map_err(|error| unavailable(&error))
    }

    /// Writes rows in the place of those of the same keys.
    ///
    /// # Errors
    /// [`Error::Refused`] when ClickHouse will not have them; what may pass is tried again until `shutdown`.
    pub async fn repair(&self, repairs: &Interval, shutdown: &CancellationToken) -> Result<(), Error> {
        let run = Uuid::new_v4();
        macro_rules! insert_all {
            ($($table:ident $field:ident $row:ident $what:literal,)+) => {
                $(self.put_right(Table::$table, &repairs.$field, run, shutdown).await?;)+
            };
        }
        tables!(insert_all);
        Ok(())
    }

    async fn put_right<R>(&self, table: Table, rows: &[R], run: Uuid, shutdown: &CancellationToken) -> Result<(), Error>
    where
        R: Measured + RowOwned + RowWrite + Sync,
    {
        for (part, block) in cut(rows).into_iter().enumerate() {
            let token = format!("repair/{run}/{}/{part}", table.name());
            persist("repairing rows", shutdown, || {
                insert(&self.client, table, &token, block)
            })
            .await?;
        }
        Ok(())
    }
}

/// The page of a table whose rows say `at` what time they are of.
fn by_time(table: &str, id: &str) -> String {
    format!(
        "SELECT ?fields FROM {table} FINAL \
         WHERE at >= fromUnixTimestamp64Milli(?, 'UTC') AND at < fromUnixTimestamp64Milli(?, 'UTC') \
         AND logged_at <= fromUnixTimestamp64Milli(?, 'UTC') \
         ORDER BY least(logged_at, addMilliseconds(at, ?)), {id}"
    )
}

fn unavailable(error: &::clickhouse::error::Error) -> Error {
    Error::Unavailable {
        doing: "going over the tables",
        reason: error.to_string(),
    }
}
