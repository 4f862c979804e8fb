//! How far the tables are complete: what the sink wrote down beside its rows.

use serde::Deserialize;

use super::{Store, Where};
use crate::error::Refusal;

#[derive(Debug, clickhouse::Row, Deserialize)]
struct Shards {
    expected: u32,
    present: u64,
    least: u64,
}

impl Store {
    /// Log time, in Unix milliseconds, up to which every row is in the tables; `None` when nothing was ever
    /// complete.
    ///
    /// Rows lie in shards, each with its own progress; what all of them have is complete. After the number of
    /// shards was changed there are two such sets. The old one stays true, so the further one counts.
    pub(crate) async fn complete_through(&self) -> Result<Option<u64>, Refusal> {
        let sql = "SELECT expected, count() AS present, min(through) AS least FROM \
                       (SELECT toUInt32(shards) AS expected, shard, toUInt64(max(complete_through)) AS through \
                        FROM sink_progress WHERE sink = 'clickhouse' GROUP BY expected, shard) \
                   GROUP BY expected LIMIT 100";
        let sets = self.rows::<Shards>("progress", sql, &Where::all()).await?;
        let complete = sets.iter().filter(|set| set.present == u64::from(set.expected));
        Ok(complete.map(|set| set.least).filter(|least| *least > 0).max())
    }
}
