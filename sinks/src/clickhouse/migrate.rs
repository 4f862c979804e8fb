//! Makes and changes the tables, one numbered migration after the other.
//!
//! ClickHouse has no transactions: a migration is recorded (in `schema_migrations`, which is made first) after
//! it was applied, so one that was cut off is applied again, and each is harmless the second time.

use ::clickhouse::error::Result as ClientResult;
use ::clickhouse::{Client, Row};
use parlance_schemas::migrations::{self, Migration};
use parlance_service::config::ClickHouseConfig;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::retry::persist;
use super::{Error, connect};

/// The record of what was applied.
const TABLE: &str = "schema_migrations";

#[derive(Debug, Clone, Row, Serialize, Deserialize)]
struct Applied {
    version: u32,
    name: String,
    applied_by: String,
}

/// Makes the database and brings it to the newest schema of this program; returns the numbers applied now,
/// none when it was there already. Two at a time are harmless. Waits for the server for as long as that may
/// help.
///
/// # Errors
/// [`Error::NewerSchema`] when the database is ahead of this program; [`Error::Refused`] when the server
/// refuses a statement; [`Error::Stopped`] on `shutdown`.
pub async fn migrate(config: &ClickHouseConfig, shutdown: &CancellationToken) -> Result<Vec<u32>, Error> {
    let server = connect::server(config);
    let create = format!("CREATE DATABASE IF NOT EXISTS {}", identifier(&config.database));
    persist("making the database", shutdown, || server.query_raw(&create).execute()).await?;
    let client = connect::database(config);
    let create = format!(
        "CREATE TABLE IF NOT EXISTS {TABLE} (version UInt32, name String, applied_by String) \
         ENGINE = ReplacingMergeTree ORDER BY version"
    );
    persist("making the record of migrations", shutdown, || {
        client.query_raw(&create).execute()
    })
    .await?;

    let found = refuse_newer(config, &client, shutdown).await?;
    let mut applied = Vec::new();
    for migration in migrations::ALL.iter().filter(|migration| migration.number > found) {
        let Migration { number, name, .. } = migration;
        let statement = migration.sql(&config.database);
        let named = |error| match error {
            Error::Refused { doing, reason } => Error::Refused {
                doing,
                reason: format!("{number:04}_{name}: {reason}"),
            },
            other => other,
        };
        persist("applying a migration", shutdown, || {
            client.query_raw(&statement).execute()
        })
        .await
        .map_err(named)?;
        persist("recording a migration", shutdown, || record(&client, migration)).await?;
        info!(number, name, database = config.database, "migration applied");
        applied.push(*number);
    }
    Ok(applied)
}

/// The database's schema version, 0 for none; refuses one that this program does not know.
async fn refuse_newer(config: &ClickHouseConfig, client: &Client, shutdown: &CancellationToken) -> Result<u32, Error> {
    let found = persist("reading the schema version", shutdown, || version(client)).await?;
    let known = known();
    if found > known {
        return Err(Error::NewerSchema {
            database: config.database.clone(),
            found,
            known,
        });
    }
    Ok(found)
}

/// Refuses a database whose schema is not exactly this program's.
pub(crate) async fn require_current(config: &ClickHouseConfig, shutdown: &CancellationToken) -> Result<(), Error> {
    let server = connect::server(config);
    let known = known();
    let older = |found| Error::OlderSchema {
        database: config.database.clone(),
        found,
        known,
    };
    let there = persist("looking for the database", shutdown, || {
        is_there(&server, &config.database)
    })
    .await?;
    if !there {
        return Err(older(0));
    }
    let found = refuse_newer(config, &connect::database(config), shutdown).await?;
    if found < known { Err(older(found)) } else { Ok(()) }
}

/// The newest schema of this program.
pub(crate) fn known() -> u32 {
    migrations::ALL.last().map_or(0, |newest| newest.number)
}

/// True when the database has the record of migrations.
pub(crate) async fn is_there(server: &Client, database: &str) -> ClientResult<bool> {
    let sql = "SELECT count() FROM system.tables WHERE database = ? AND name = ?";
    let count: u64 = server.query(sql).bind(database).bind(TABLE).fetch_one().await?;
    Ok(count > 0)
}

pub(crate) async fn version(client: &Client) -> ClientResult<u32> {
    client
        .query(&format!("SELECT max(version) FROM {TABLE}"))
        .fetch_one()
        .await
}

async fn record(client: &Client, migration: &Migration) -> ClientResult<()> {
    let mut insert = client.insert::<Applied>(TABLE).await?.with_setting("async_insert", "0");
    insert
        .write(&Applied {
            version: migration.number,
            name: migration.name.to_owned(),
            applied_by: concat!("parlance ", env!("CARGO_PKG_VERSION")).to_owned(),
        })
        .await?;
    insert.end().await
}

/// A name as ClickHouse's SQL takes it, whatever is in it.
pub(crate) fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
}
