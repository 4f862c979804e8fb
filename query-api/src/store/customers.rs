//! What only rows can say of a range: how many customers wrote, and how far messages got.

use serde::Deserialize;

use super::{Store, Value, Where};
use crate::error::Refusal;
use crate::time::Range;

/// Statuses listed at most; Meta has about a dozen words.
const STATUSES_MAX: usize = 50;

#[derive(clickhouse::Row, Deserialize)]
struct Writers {
    current: u64,
    previous: u64,
}

/// How many messages, per recipient, reached a status in a range and in the one before.
#[derive(Debug, clickhouse::Row, Deserialize)]
pub(crate) struct Reached {
    pub(crate) word: String,
    pub(crate) current: u64,
    pub(crate) previous: u64,
}

fn ranges(range: Range, integrations: &[String]) -> Where {
    let mut given = Where::all();
    given.value("before", Value::Number(range.previous().from.0));
    given.value("from", Value::Number(range.from.0));
    given.value("to", Value::Number(range.to.0));
    given.and_any_of(
        "phone_number_id IN {integration:Array(String)}",
        "integration",
        integrations,
    );
    given
}

impl Store {
    /// Different customers who wrote in the range, and in the equally long one before it.
    pub(crate) async fn writers(&self, range: Range, integrations: &[String]) -> Result<(u64, u64), Refusal> {
        let given = ranges(range, integrations);
        let sql = format!(
            "SELECT uniqExactIf(contact_id, sent_at >= fromUnixTimestamp64Milli({{from:Int64}}, 'UTC')) \
                     AS current, \
                 uniqExactIf(contact_id, sent_at < fromUnixTimestamp64Milli({{from:Int64}}, 'UTC')) \
                     AS previous \
             FROM messages WHERE direction = 'inbound' AND contact_id != '' \
             AND sent_at >= fromUnixTimestamp64Milli({{before:Int64}}, 'UTC') \
             AND sent_at < fromUnixTimestamp64Milli({{to:Int64}}, 'UTC') AND {}",
            given.sql()
        );
        let counted = self.rows::<Writers>("writers", &sql, &given).await?.pop();
        Ok(counted.map_or((0, 0), |writers| (writers.current, writers.previous)))
    }

    /// Delivery statuses of messages in the range and the one before, most frequent first. Counted by identity, so
    /// that a row which was written twice and is not merged yet counts once.
    pub(crate) async fn statuses_reached(
        &self,
        range: Range,
        integrations: &[String],
    ) -> Result<Vec<Reached>, Refusal> {
        let given = ranges(range, integrations);
        let sql = format!(
            "SELECT toString(status) AS word, \
                 uniqExactIf((phone_number_id, message_id, recipient_id), \
                     occurred_at >= fromUnixTimestamp64Milli({{from:Int64}}, 'UTC')) AS current, \
                 uniqExactIf((phone_number_id, message_id, recipient_id), \
                     occurred_at < fromUnixTimestamp64Milli({{from:Int64}}, 'UTC')) AS previous \
             FROM statuses WHERE kind = 'message' \
             AND occurred_at >= fromUnixTimestamp64Milli({{before:Int64}}, 'UTC') \
             AND occurred_at < fromUnixTimestamp64Milli({{to:Int64}}, 'UTC') AND {} \
             GROUP BY word ORDER BY current DESC, previous DESC, word LIMIT {STATUSES_MAX}",
            given.sql()
        );
        self.rows("statuses_reached", &sql, &given).await
    }
}
