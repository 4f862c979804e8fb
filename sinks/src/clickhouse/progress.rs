//! How far each shard is durable, and who may write.
//!
//! Every start takes a *claim*, (generation, owner): the next generation, under a name of its own. It is written
//! down with the [`Member`] that took it, beside what each shard had before. What was ever recorded of a shard
//! stays true, whoever recorded it, so progress is the maximum over all members and claims; only when the number
//! of shards changes does it begin anew, at what all shards had.
//!
//! A writer looks for a claim that overtakes its own before each interval and halts when it sees one. Of two that
//! start at the same moment with the same generation, the larger owner stays. Between the look and the insert
//! another process may still start; that is harmless, because both write the same rows under the same tokens.
//! For the same reason the members of a cluster need not read the same progress while an earlier pipeline comes
//! to its end: what each reads is true. (That all of them begin at the same place is the pipeline's to see to.)

use ::clickhouse::error::Result as ClientResult;
use ::clickhouse::{Client, Row};
use parlance_schemas::rows::{LogTime, Progress};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::connect::INSERT_TIMEOUT;
use super::retry::persist;
use super::{Error, Member};

/// This sink's name in the table.
const SINK: &str = "clickhouse";
/// The table.
pub(crate) const TABLE: &str = "sink_progress";

/// Generation and owner. Larger is later, then by owner.
type Number = (u64, String);

#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
struct ProgressRow {
    sink: String,
    cluster: String,
    process: u32,
    shards: u32,
    shard: u32,
    claim: Number,
    complete_through: LogTime,
}

/// The right of a member to write, until another takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    number: Number,
    member: Member,
}

impl Claim {
    /// A later claim ends this one's right, except that of another process of the same cluster.
    fn is_overtaken_by(&self, other: &Claim) -> bool {
        let beside = other.member.cluster == self.member.cluster && other.member.process != self.member.process;
        other.number > self.number && !beside
    }
}

impl std::fmt::Display for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (generation, owner) = &self.number;
        write!(f, "{generation} of {owner} ({})", self.member)
    }
}

/// One shard, by all that was ever written of it.
#[derive(Debug, Row, Deserialize)]
struct Shard {
    shards: u32,
    shard: u32,
    newest: Number,
    through: LogTime,
}

/// Reads what is durable and takes the next generation.
pub(crate) async fn claim(
    client: &Client,
    shards: u32,
    member: &Member,
    shutdown: &CancellationToken,
) -> Result<(Claim, Progress), Error> {
    let before = persist("reading the sink's progress", shutdown, || recorded(client)).await?;
    let progress = carried_over(&before, shards);
    let generation = before.iter().map(|shard| shard.newest.0).max().unwrap_or(0) + 1;
    let claim = Claim {
        number: (generation, uuid::Uuid::new_v4().to_string()),
        member: member.clone(),
    };
    let rows: Vec<ProgressRow> = (0..shards)
        .zip(&progress.complete_through)
        .map(|(shard, through)| row(&claim, shards, shard, *through))
        .collect();
    let token = token(&claim, "claim");
    persist("taking the sink", shutdown, || insert(client, &token, &rows)).await?;
    Ok((claim, progress))
}

/// What the shards of this run have: each its own while their number is that of the newest claim; else the least
/// of all, because a key may have moved to any shard.
fn carried_over(recorded: &[Shard], shards: u32) -> Progress {
    let newest = recorded.iter().max_by_key(|shard| &shard.newest);
    let before = newest.map_or(0, |shard| shard.shards);
    let through = |number: u32| {
        let own = recorded
            .iter()
            .filter(|shard| (shard.shards, shard.shard) == (before, number));
        own.map(|shard| shard.through).max().unwrap_or(0)
    };
    let least = (0..before).map(through).min().unwrap_or(0);
    Progress {
        complete_through: (0..shards)
            .map(|shard| if before == shards { through(shard) } else { least })
            .collect(),
    }
}

/// What every shard has, of as many as the newest claim has.
pub(crate) async fn complete_through(client: &Client) -> ClientResult<LogTime> {
    let recorded = recorded(client).await?;
    let shards = recorded
        .iter()
        .max_by_key(|shard| &shard.newest)
        .map_or(0, |shard| shard.shards);
    Ok(carried_over(&recorded, shards).least())
}

async fn recorded(client: &Client) -> ClientResult<Vec<Shard>> {
    let sql = format!(
        "SELECT shards, shard, max(claim) AS newest, max(complete_through) AS through FROM {TABLE} \
         WHERE sink = ? GROUP BY shards, shard"
    );
    client.query(&sql).bind(SINK).fetch_all().await
}

/// The newest claim of every process.
async fn claims(client: &Client) -> ClientResult<Vec<Claim>> {
    #[derive(Row, Deserialize)]
    struct Taken {
        cluster: String,
        process: u32,
        newest: Number,
    }
    let sql =
        format!("SELECT cluster, process, max(claim) AS newest FROM {TABLE} WHERE sink = ? GROUP BY cluster, process");
    let taken: Vec<Taken> = client.query(&sql).bind(SINK).fetch_all().await?;
    let claim = |Taken {
                     cluster,
                     process,
                     newest,
                 }| Claim {
        number: newest,
        member: Member { cluster, process },
    };
    Ok(taken.into_iter().map(claim).collect())
}

/// A claim that has overtaken `mine`, if any has.
pub(crate) async fn overtaken_by(
    client: &Client,
    mine: &Claim,
    shutdown: &CancellationToken,
) -> Result<Option<Claim>, Error> {
    let claims = persist("looking for another writer", shutdown, || claims(client)).await?;
    Ok(claims.into_iter().find(|claim| mine.is_overtaken_by(claim)))
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
    let token = token(claim, &format!("{shard}/{through}"));
    persist("recording progress", shutdown, || insert(client, &token, &rows)).await
}

fn row(claim: &Claim, shards: u32, shard: u32, complete_through: LogTime) -> ProgressRow {
    ProgressRow {
        sink: SINK.to_owned(),
        cluster: claim.member.cluster.clone(),
        process: claim.member.process,
        shards,
        shard,
        claim: claim.number.clone(),
        complete_through,
    }
}

/// Owners are unique, so a token needs nothing of the member.
fn token(claim: &Claim, what: &str) -> String {
    let (generation, owner) = &claim.number;
    format!("{TABLE}/{SINK}/{generation}/{owner}/{what}")
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

    fn shards(generation: u64, shards: u32, through: &[LogTime]) -> Vec<Shard> {
        let shard = |(shard, through): (u32, &LogTime)| Shard {
            shards,
            shard,
            newest: (generation, "me".to_owned()),
            through: *through,
        };
        (0..shards).zip(through).map(shard).collect()
    }

    #[test]
    fn the_same_shards_go_on_where_each_was() {
        let before = shards(1, 3, &[10, 20, 30]);
        assert_eq!(carried_over(&before, 3).complete_through, [10, 20, 30]);
    }

    #[test]
    fn other_shards_go_on_from_what_all_had() {
        assert_eq!(carried_over(&shards(1, 3, &[10, 20, 30]), 2).complete_through, [10, 10]);
        assert_eq!(carried_over(&shards(1, 2, &[10, 20]), 3).complete_through, [10, 10, 10]);
        assert_eq!(carried_over(&[], 2).complete_through, [0, 0]);
    }

    #[test]
    fn the_number_of_shards_is_that_of_the_newest_claim() {
        let mut before = shards(2, 2, &[40, 50]);
        before.extend(shards(1, 3, &[10, 20, 30]));
        assert_eq!(carried_over(&before, 2).complete_through, [40, 50]);
        assert_eq!(carried_over(&before, 3).complete_through, [40, 40, 40]);
    }

    #[test]
    fn a_later_claim_overtakes_all_but_its_peers() {
        let claim = |generation, cluster: &str, process| Claim {
            number: (generation, "owner".to_owned()),
            member: Member {
                cluster: cluster.to_owned(),
                process,
            },
        };
        let mine = claim(2, "a", 0);
        assert!(!mine.is_overtaken_by(&mine));
        assert!(
            mine.is_overtaken_by(&claim(3, "a", 0)),
            "the same process, started again"
        );
        assert!(!mine.is_overtaken_by(&claim(3, "a", 1)), "its peer");
        assert!(mine.is_overtaken_by(&claim(3, "b", 0)) && mine.is_overtaken_by(&claim(3, "b", 1)));
        assert!(!mine.is_overtaken_by(&claim(1, "b", 1)), "an earlier one");
    }
}
