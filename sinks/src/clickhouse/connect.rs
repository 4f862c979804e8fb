//! Clients with the settings the sink depends on, whatever the server's or the user's defaults are.

use std::time::Duration;

use ::clickhouse::Client;
use parlance_service::config::ClickHouseConfig;

/// Longest wait for one chunk to be taken, and for the answer after the last one. Well above a busy server's
/// slowest insert of one block (seconds), so that load does not turn into retries and so into more load.
pub(crate) const INSERT_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest wait for a small statement: progress, migrations.
pub(crate) const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

/// A client for the writing user, outside any database.
pub(crate) fn server(config: &ClickHouseConfig) -> Client {
    Client::default()
        .with_url(&config.url)
        .with_user(&config.user)
        .with_password(config.password.expose())
        .with_product_info("parlance", env!("CARGO_PKG_VERSION"))
}

/// A client for the reading user, outside any database.
pub(crate) fn reader(config: &ClickHouseConfig) -> Client {
    let (user, password) = config.reader();
    server(config).with_user(user).with_password(password.expose())
}

/// A client for Parlance's database.
pub(crate) fn database(config: &ClickHouseConfig) -> Client {
    server(config).with_database(&config.database)
}

/// A client whose inserts are one block each, de-duplicated by token, and answered when durable on the server.
pub(crate) fn writing(config: &ClickHouseConfig) -> Client {
    INSERT_SETTINGS.iter().fold(database(config), |client, (name, value)| {
        client.with_setting(*name, *value)
    })
}

/// Settings of every insert. All exist since ClickHouse 22.
pub(crate) const INSERT_SETTINGS: &[(&str, &str)] = &[
    // On by default in newer servers: it would cut our blocks anew.
    ("async_insert", "0"),
    ("insert_deduplicate", "1"),
    // The status line is only sent when the outcome is known.
    ("wait_end_of_query", "1"),
    // One block in, one part out: no parallel parsing, no parallel writing, limits far above our blocks.
    ("input_format_parallel_parsing", "0"),
    ("max_insert_threads", "1"),
    ("max_insert_block_size", "1048576"),
    ("min_insert_block_size_rows", "1048576"),
    ("min_insert_block_size_bytes", "268435456"),
];
