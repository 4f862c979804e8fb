//! The business's numbers that were seen in messages.
//!
//! Which there are, the tallies of days know without reading a message. When each last had one, the messages of its
//! last day know: the primary key leads to the number, the index on time to the day.

use serde::Deserialize;

use super::{Store, Value, Where};
use crate::error::Refusal;

/// Integrations listed at most.
const INTEGRATIONS_MAX: usize = 1000;
/// Integrations asked about in one statement: they travel in the URL, which may have 64 KiB.
const ASKED_MAX: usize = 200;

/// A number and the last day it had messages.
#[derive(Clone, Debug, clickhouse::Row, Deserialize)]
pub(crate) struct Seen {
    pub(crate) number: String,
    /// Start of that day, Unix seconds.
    pub(crate) last_day: u32,
}

/// A number's newest message.
#[derive(Clone, Debug, clickhouse::Row, Deserialize)]
pub(crate) struct Newest {
    pub(crate) number: String,
    pub(crate) account: String,
    pub(crate) last_message: i64,
}

impl Store {
    /// Every number that ever had a message, at most 1000, last active first.
    pub(crate) async fn numbers_seen(&self) -> Result<Vec<Seen>, Refusal> {
        let sql = format!(
            "SELECT toString(phone_number_id) AS number, toUInt32(max(window_start)) AS last_day \
             FROM metrics_1d WHERE is_deleted = 0 GROUP BY number ORDER BY last_day DESC, number \
             LIMIT {INTEGRATIONS_MAX}"
        );
        self.rows("numbers_seen", &sql, &Where::all()).await
    }

    /// The newest message of each number.
    pub(crate) async fn newest_messages(&self, seen: &[Seen]) -> Result<Vec<Newest>, Refusal> {
        let mut newest = Vec::with_capacity(seen.len());
        for some in seen.chunks(ASKED_MAX) {
            let mut given = Where::all();
            given.value(
                "number",
                Value::Texts(some.iter().map(|seen| seen.number.clone()).collect()),
            );
            let oldest = some.iter().map(|seen| seen.last_day).min().unwrap_or_default();
            given.value("oldest", Value::Count(u64::from(oldest)));
            let days = some.iter().map(|seen| (seen.number.clone(), i64::from(seen.last_day)));
            given.value("days", Value::Times(days.collect()));
            let sql = "SELECT toString(phone_number_id) AS number, argMax(waba_id, sent_at) AS account, \
                           max(sent_at) AS last_message \
                       FROM messages WHERE phone_number_id IN {number:Array(String)} \
                       AND sent_at >= toDateTime({oldest:UInt32}, 'UTC') \
                       AND (phone_number_id, toInt64(toUInt32(toStartOfDay(sent_at, 'UTC')))) \
                           IN {days:Array(Tuple(String, Int64))} \
                       GROUP BY number";
            newest.extend(self.rows::<Newest>("newest_messages", sql, &given).await?);
        }
        Ok(newest)
    }
}
