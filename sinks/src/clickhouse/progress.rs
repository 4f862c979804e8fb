//! How far each shard is durable, and who may write.
//!
//! `sink_progress` holds, per *claim*, one row per shard. A claim is (generation, owner): every start takes
//! the next generation under a name of its own, and writes a row for every shard at once, carrying over what
//! was durable before. So the newest claim alone says everything, also when the number of shards changed.
//!
//! A writer looks for a larger claim before each interval and halts when it sees one. Of two that start at
//! the same moment with the same generation, the larger owner stays. Between the look and the insert another
//! process may still start; that is harmless, because both write the same rows under the same tokens.

use ::clickhouse::error::Result as ClientResult;
use ::clickhouse::{Client, Row};
use parlance_schemas::rows::{LogTime, Progress};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::Error;
use super::connect::INSERT_TIMEOUT;
use super::retry::persist;

/// This sink's name in the table.
const SINK: &str = "clickhouse";
/// The table.
pub(crate) const TABLE: &str = "sink_progress";

#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
struct ProgressRow {
    sink: String,
    generation: u64,
    owner: String,
    shards: u32,
    shard: u32,
    complete_through: LogTime,
}

/// The right to write, until somebody takes a larger one. Larger is later, then by owner.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Row, Deserialize)]
pub(crate) struct Claim {
    generation: u64,
    owner: String,
}

impl std::fmt::Display for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {}", self.generation, self.owner)
    }
}

/// Reads what is durable and takes the next generation.
pub(crate) async fn claim(
    client: &Client,
    shards: u32,
    shutdown: &CancellationToken,
) -> Result<(Claim, Progress), Error> {
    let doing = "reading the sink's progress";
    let before = persist(doing, shutdown, || newest(client)).await?;
    let rows = match &before {
        None => vec![],
        Some(claim) => persist(doing, shutdown, || rows_of(client, claim)).await?,
    };
    let progress = carried_over(&rows, shards);
    let claim = Claim {
        generation: before.map_or(0, |claim| claim.generation) + 1,
        owner: uuid::Uuid::new_v4().to_string(),
    };
    let rows: Vec<ProgressRow> = (0..shards)
        .zip(&progress.complete_through)
        .map(|(shard, through)| row(&claim, shards, shard, *through))
        .collect();
    let token = format!("{TABLE}/{SINK}/{}/{}/claim", claim.generation, claim.owner);
    persist("taking the sink", shutdown, || insert(client, &token, &rows)).await?;
    Ok((claim, progress))
}

/// What the shards of this run have, from the rows of the newest claim: each its own while their number is the
/// same; else the least of all, because a key may have moved to any shard.
fn carried_over(rows: &[ProgressRow], shards: u32) -> Progress {
    let newest = |shard: u32| {
        rows.iter()
            .filter(|row| row.shard == shard)
            .map(|row| row.complete_through)
            .max()
            .unwrap_or(0)
    };
    let same = !rows.is_empty() && rows.iter().all(|row| row.shards == shards);
    let before = rows.first().map_or(0, |row| row.shards);
    let least = (0..before).map(newest).min().unwrap_or(0);
    Progress {
        complete_through: (0..shards)
            .map(|shard| if same { newest(shard) } else { least })
            .collect(),
    }
}

/// The largest claim there is, if any.
async fn newest(client: &Client) -> ClientResult<Option<Claim>> {
    let sql =
        format!("SELECT generation, owner FROM {TABLE} WHERE sink = ? ORDER BY generation DESC, owner DESC LIMIT 1");
    client.query(&sql).bind(SINK).fetch_optional().await
}

async fn rows_of(client: &Client, claim: &Claim) -> ClientResult<Vec<ProgressRow>> {
    let sql = format!("SELECT ?fields FROM {TABLE} WHERE sink = ? AND generation = ? AND owner = ?");
    client
        .query(&sql)
        .bind(SINK)
        .bind(claim.generation)
        .bind(&claim.owner)
        .fetch_all()
        .await
}

/// The claim that has been taken after `mine`, if any.
pub(crate) async fn overtaken_by(
    client: &Client,
    mine: &Claim,
    shutdown: &CancellationToken,
) -> Result<Option<Claim>, Error> {
    let newest = persist("looking for another writer", shutdown, || newest(client)).await?;
    Ok(newest.filter(|newest| newest > mine))
}

/// Records that the shard is durable through `through`.
pub(crate) async fn record(
    client: &Client,
    claim: &Claim,
    (shard, shards): (u32, u32),
    through: LogTime,
    shutdown: &CancellationToken,
) -> Result<(), Error> {
    let rows = [row(claim, shards, shard, through)];
    let token = format!("{TABLE}/{SINK}/{}/{}/{shard}/{through}", claim.generation, claim.owner);
    persist("recording progress", shutdown, || insert(client, &token, &rows)).await
}

fn row(claim: &Claim, shards: u32, shard: u32, complete_through: LogTime) -> ProgressRow {
    ProgressRow {
        sink: SINK.to_owned(),
        generation: claim.generation,
        owner: claim.owner.clone(),
        shards,
        shard,
        complete_through,
    }
}

async fn insert(client: &Client, token: &str, rows: &[ProgressRow]) -> ClientResult<()> {
    let mut insert = client
        .insert::<ProgressRow>(TABLE)
        .await?
        .with_setting("insert_deduplication_token", token)
        .with_timeouts(Some(INSERT_TIMEOUT), Some(INSERT_TIMEOUT));
    for row in rows {
        insert.write(row).await?;
    }
    insert.end().await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(shards: u32, through: &[LogTime]) -> Vec<ProgressRow> {
        let claim = Claim {
            generation: 1,
            owner: "me".to_owned(),
        };
        (0..shards)
            .zip(through)
            .map(|(shard, through)| row(&claim, shards, shard, *through))
            .collect()
    }

    #[test]
    fn the_same_shards_go_on_where_each_was() {
        let mut before = rows(3, &[10, 20, 30]);
        before.extend(rows(1, &[15]).into_iter().map(|row| ProgressRow { shards: 3, ..row }));
        assert_eq!(carried_over(&before, 3).complete_through, [15, 20, 30]);
    }

    #[test]
    fn other_shards_go_on_from_what_all_had() {
        assert_eq!(carried_over(&rows(3, &[10, 20, 30]), 2).complete_through, [10, 10]);
        assert_eq!(carried_over(&rows(2, &[10, 20]), 3).complete_through, [10, 10, 10]);
        assert_eq!(carried_over(&[], 2).complete_through, [0, 0]);
    }
}
