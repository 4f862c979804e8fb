//! A server for all tests that do not kill theirs, and a database of its own for each.

use std::sync::OnceLock;

use clickhouse::Client;
use parlance_clickhouse::testing::Server;
use parlance_schemas::rows::Progress;
use parlance_service::config::{ClickHouseConfig, Secret};
use parlance_sinks::clickhouse::{Factory, Member, migrate, open};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The server shared by this process.
pub(crate) fn shared() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(Server::start)
}

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().unwrap())
}

/// Waits on the calling thread, as the pipeline's workers do.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    runtime().block_on(future)
}

/// Goes on beside the calling thread.
pub(crate) fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    runtime().spawn(future)
}

/// A new database's configuration, not migrated.
pub(crate) fn config(server: &Server) -> ClickHouseConfig {
    ClickHouseConfig {
        url: server.url.clone(),
        database: server.database(),
        user: server.user.clone(),
        password: Secret::new(&server.password),
        reader_user: server.reader_user.clone(),
        reader_password: Secret::new(&server.reader_password),
    }
}

/// A new database with all tables.
pub(crate) fn migrated(server: &Server) -> ClickHouseConfig {
    let config = config(server);
    wait(migrate(&config, &CancellationToken::new())).unwrap();
    config
}

/// The sink, taken by a pipeline of one process, with a token that never fires.
pub(crate) fn taken(config: &ClickHouseConfig, shards: u32) -> (Progress, Factory) {
    taken_by(config, shards, &Member::alone())
}

/// The sink, taken by one of a cluster.
pub(crate) fn taken_by(config: &ClickHouseConfig, shards: u32, member: &Member) -> (Progress, Factory) {
    wait(open(config, shards, member, CancellationToken::new())).unwrap()
}

/// A client of the test's own, as the writing user.
pub(crate) fn client(config: &ClickHouseConfig) -> Client {
    Client::default()
        .with_url(&config.url)
        .with_database(&config.database)
        .with_user(&config.user)
        .with_password(config.password.expose())
}

/// One number from the database.
pub(crate) fn number(config: &ClickHouseConfig, sql: &str) -> u64 {
    wait(client(config).query_raw(sql).fetch_one()).unwrap()
}

/// A statement without an answer.
pub(crate) fn execute(config: &ClickHouseConfig, sql: &str) {
    wait(client(config).query_raw(sql).execute()).unwrap();
}
