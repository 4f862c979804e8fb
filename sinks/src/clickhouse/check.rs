//! Whether a server will do, said in words a person can act on.

use std::fmt;

use ::clickhouse::Client;
use ::clickhouse::error::Result as ClientResult;
use parlance_schemas::rows::Table;
use parlance_service::config::ClickHouseConfig;

use super::connect::{self, INSERT_SETTINGS, STATEMENT_TIMEOUT};
use super::verdict::{code, reason};
use super::{migrate, progress};

/// Oldest server the sink's statements were written for (year, month).
const VERSION_MIN: (u32, u32) = (24, 10);

/// Something that keeps Parlance from working with this server, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub mend: String,
}

impl Problem {
    fn new(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            mend: mend.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.mend)
    }
}

/// Reaches the server as the writer and as the reader and looks at its version, rights, settings and tables.
/// Changes nothing. An empty list means that it will do. Each question waits half a minute at most.
pub async fn check(config: &ClickHouseConfig) -> Vec<Problem> {
    let client = connect::server(config);
    if let Err(problem) = reach(&client, config, &config.user, "user").await {
        // Nothing else can be asked.
        return vec![problem];
    }
    let mut problems = Vec::new();
    problems.extend(insert_settings(config).await);
    problems.extend(rights(&client, config).await);
    problems.extend(tables(&client, config).await);
    problems.extend(reader(config).await);
    problems
}

/// One question, bounded in time.
async fn ask<T>(question: impl Future<Output = ClientResult<T>>) -> ClientResult<T> {
    tokio::time::timeout(STATEMENT_TIMEOUT, question)
        .await
        .unwrap_or(Err(::clickhouse::error::Error::TimedOut))
}

async fn reach(client: &Client, config: &ClickHouseConfig, user: &str, field: &str) -> Result<(), Problem> {
    let version: String = ask(client.query("SELECT version()").fetch_one())
        .await
        .map_err(|error| {
            let text = error.to_string();
            match code(&text) {
                Some(192 | 193 | 194 | 516) => Problem::new(
                    format!("ClickHouse at {} does not let user `{user}` in", config.url),
                    format!("set `{field}` and its password in section [clickhouse] to those of a user of that server"),
                ),
                Some(195) => Problem::new(
                    format!(
                        "ClickHouse at {} does not let user `{user}` in from this machine",
                        config.url
                    ),
                    "allow this machine's address in that user's `networks`",
                ),
                _ => Problem::new(
                    format!("cannot use ClickHouse at {}: {}", config.url, reason(&error)),
                    "start it, or set CLICKHOUSE_URL to the HTTP interface of one that runs (e.g. http://host:8123)",
                ),
            }
        })?;
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().unwrap_or(0));
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found < VERSION_MIN {
        let (year, month) = VERSION_MIN;
        return Err(Problem::new(
            format!("ClickHouse at {} is version {version}", config.url),
            format!("upgrade it to {year}.{month} or newer"),
        ));
    }
    Ok(())
}

/// The writer must be allowed to override what would break de-duplication.
async fn insert_settings(config: &ClickHouseConfig) -> Option<Problem> {
    let error = ask(connect::writing(config)
        .with_database("system")
        .query("SELECT 1")
        .execute())
    .await
    .err()?;
    let names: Vec<&str> = INSERT_SETTINGS.iter().map(|(name, _)| *name).collect();
    Some(Problem::new(
        format!(
            "user `{}` may not choose the settings of its inserts: {}",
            config.user,
            reason(&error)
        ),
        format!("lift the constraints on {} in that user's profile", names.join(", ")),
    ))
}

async fn rights(client: &Client, config: &ClickHouseConfig) -> Vec<Problem> {
    let mut problems = Vec::new();
    for right in ["SELECT", "INSERT", "CREATE DATABASE", "CREATE TABLE", "ALTER"] {
        match granted(client, right, &config.database).await {
            Ok(true) => {}
            Ok(false) => problems.push(Problem::new(
                format!(
                    "user `{}` lacks the right {right} on database {}",
                    config.user, config.database
                ),
                format!("GRANT {right} ON {}.* TO {}", config.database, config.user),
            )),
            Err(error) => problems.push(Problem::new(
                format!("cannot tell the rights of user `{}`: {}", config.user, reason(&error)),
                "ask again when the server is well",
            )),
        }
    }
    problems
}

async fn granted(client: &Client, right: &str, database: &str) -> ClientResult<bool> {
    let sql = format!("CHECK GRANT {right} ON {}.*", migrate::identifier(database));
    Ok(ask(client.query_raw(&sql).fetch_one::<u8>()).await? == 1)
}

/// The tables are there, at this program's schema, and remember tokens.
async fn tables(client: &Client, config: &ClickHouseConfig) -> Vec<Problem> {
    match schema(client, config).await {
        Ok(problems) => problems,
        Err(error) => vec![Problem::new(
            format!(
                "cannot look at the tables of database {}: {}",
                config.database,
                reason(&error)
            ),
            "ask again when the server is well",
        )],
    }
}

async fn schema(client: &Client, config: &ClickHouseConfig) -> ClientResult<Vec<Problem>> {
    let database = &config.database;
    let found = match ask(migrate::is_there(client, database)).await? {
        false => 0,
        true => ask(migrate::version(&connect::database(config))).await?,
    };
    let known = migrate::known();
    if found != known {
        let mend = if found < known {
            "run `parlance migrate`"
        } else {
            "use a newer parlance"
        };
        let what = format!("database {database} is at schema {found}, this program needs {known}");
        return Ok(vec![Problem::new(what, mend)]);
    }
    let mut problems = Vec::new();
    for table in Table::ALL.iter().map(|table| table.name()).chain([progress::TABLE]) {
        let sql = "SELECT engine_full FROM system.tables WHERE database = ? AND name = ?";
        let engine: Option<String> = ask(client.query(sql).bind(database).bind(table).fetch_optional()).await?;
        match engine {
            None => problems.push(Problem::new(
                format!("table {database}.{table} is missing"),
                format!("drop {database}.schema_migrations and run `parlance migrate`"),
            )),
            Some(engine) => problems.extend(remembers_tokens(&engine).err().map(|setting| {
                Problem::new(
                    format!("table {database}.{table} forgets insert tokens: a repeated insert would be stored twice"),
                    format!("ALTER TABLE {database}.{table} MODIFY SETTING {setting} = 10000"),
                )
            })),
        }
    }
    Ok(problems)
}

/// The setting that is missing from an engine's definition, if it is.
fn remembers_tokens(engine: &str) -> Result<(), &'static str> {
    let setting = if engine.starts_with("Replicated") || engine.starts_with("Shared") {
        "replicated_deduplication_window"
    } else {
        "non_replicated_deduplication_window"
    };
    let words: Vec<&str> = engine.split([' ', ',', '=']).filter(|word| !word.is_empty()).collect();
    let window = words
        .windows(2)
        .find(|pair| pair[0] == setting)
        .and_then(|pair| pair[1].parse::<u64>().ok());
    match window {
        Some(blocks) if blocks > 0 => Ok(()),
        _ => Err(setting),
    }
}

/// The reader reaches the server and cannot write.
async fn reader(config: &ClickHouseConfig) -> Vec<Problem> {
    if config.reader_user.is_empty() {
        return vec![];
    }
    let client = connect::reader(config);
    if let Err(problem) = reach(&client, config, &config.reader_user, "reader_user").await {
        return vec![problem];
    }
    let readonly = "SELECT value != '0' FROM system.settings WHERE name = 'readonly'";
    match (
        ask(client.query(readonly).fetch_one::<bool>()).await,
        granted(&client, "INSERT", &config.database).await,
    ) {
        (Ok(false), Ok(true)) => vec![Problem::new(
            format!("user `{}` is for reading and may write", config.reader_user),
            "give it a profile with readonly = 2, or take its right to INSERT",
        )],
        (Ok(_), Ok(_)) => vec![],
        (Err(error), _) | (_, Err(error)) => vec![Problem::new(
            format!(
                "cannot tell the rights of user `{}`: {}",
                config.reader_user,
                reason(&error)
            ),
            "ask again when the server is well",
        )],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_that_is_missing_or_zero_is_seen() {
        let own = "ReplacingMergeTree(version) ORDER BY a SETTINGS non_replicated_deduplication_window = ";
        assert_eq!(
            remembers_tokens(&format!("{own}10000, index_granularity = 8192")),
            Ok(())
        );
        assert_eq!(
            remembers_tokens(&format!("{own}0")),
            Err("non_replicated_deduplication_window")
        );
        assert_eq!(
            remembers_tokens("MergeTree ORDER BY a"),
            Err("non_replicated_deduplication_window")
        );
        let replicated = "ReplicatedMergeTree('/a', 'b') ORDER BY a SETTINGS non_replicated_deduplication_window = 9";
        assert_eq!(remembers_tokens(replicated), Err("replicated_deduplication_window"));
    }
}
