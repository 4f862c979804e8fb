//! One ClickHouse for all tests; one database and one service per test.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use clickhouse::{Client, Row, RowWrite};
use parlance_clickhouse::testing::Server;
use parlance_query_api::{Config, Error};
use parlance_schemas::migrations;
use parlance_service::config::{ClickHouseConfig, Secret};
use serde::Serialize;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::document;

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(Server::start)
}

/// Longest wait for something that should happen at once.
const SOON: Duration = Duration::from_secs(20);

/// A running service on a database of its own.
pub(crate) struct House {
    pub(crate) url: String,
    pub(crate) clickhouse: ClickHouseConfig,
    writer: Client,
    shutdown: CancellationToken,
    task: JoinHandle<Result<(), Error>>,
}

/// One row of `sink_progress`.
#[derive(Row, Serialize)]
struct ProgressRow {
    sink: &'static str,
    cluster: &'static str,
    process: u32,
    shards: u32,
    shard: u32,
    claim: (u64, &'static str),
    complete_through: u64,
}

/// Settings as in the product, but faster.
pub(crate) fn config() -> Config {
    Config {
        live_poll: Duration::from_millis(50),
        drain_timeout: Duration::from_secs(2),
        ..Config::default()
    }
}

impl House {
    pub(crate) async fn start() -> Self {
        Self::start_with(config()).await
    }

    pub(crate) async fn start_with(config: Config) -> Self {
        let server = tokio::task::spawn_blocking(server).await.unwrap();
        let clickhouse = ClickHouseConfig {
            url: server.url.clone(),
            database: server.database(),
            user: server.user.clone(),
            password: Secret::new(&server.password),
            reader_user: server.reader_user.clone(),
            reader_password: Secret::new(&server.reader_password),
        };
        let client = Client::default()
            .with_url(&server.url)
            .with_user(&server.user)
            .with_password(&server.password);
        client
            .query_raw(&format!("CREATE DATABASE {}", clickhouse.database))
            .execute()
            .await
            .unwrap();
        let writer = client
            .with_database(&clickhouse.database)
            .with_setting("async_insert", "0");
        for migration in migrations::ALL {
            writer
                .query_raw(&migration.sql(&clickhouse.database))
                .execute()
                .await
                .unwrap();
        }
        let (url, shutdown, task) = serve(config, clickhouse.clone()).await;
        let house = Self {
            url,
            clickhouse,
            writer,
            shutdown,
            task,
        };
        house.ready().await;
        house
    }

    async fn ready(&self) {
        eventually("ready", async || self.raw("/readyz").await.status().is_success()).await;
    }

    pub(crate) async fn insert<T>(&self, table: &str, rows: &[T])
    where
        T: Row + for<'a> Row<Value<'a> = T> + RowWrite,
    {
        let mut insert = self.writer.insert::<T>(table).await.unwrap();
        for row in rows {
            insert.write(row).await.unwrap();
        }
        insert.end().await.unwrap();
    }

    pub(crate) async fn execute(&self, sql: &str) {
        self.writer.query_raw(sql).execute().await.unwrap();
    }

    /// Writes down that one of `shards` is complete, as the sink does after its rows.
    pub(crate) async fn complete_shard(&self, through: u64, shard: u32, shards: u32) {
        let row = ProgressRow {
            sink: "clickhouse",
            cluster: "alone",
            process: 0,
            shards,
            shard,
            claim: (1, "test"),
            complete_through: through,
        };
        self.insert("sink_progress", &[row]).await;
    }

    /// Writes progress and waits until the service has seen it.
    pub(crate) async fn complete(&self, through: u64) {
        self.complete_shard(through, 0, 1).await;
        let expected = crate::rows::iso(i64::try_from(through).unwrap());
        eventually("the watermark", async || {
            self.get("/v1/metrics").await["watermark"] == expected
        })
        .await;
    }

    /// Asks, and leaves the answer as it is.
    pub(crate) async fn raw(&self, path: &str) -> reqwest::Response {
        reqwest::get(format!("{}{path}", self.url)).await.unwrap()
    }

    /// Asks, holds the answer against the document, and gives its status and body.
    pub(crate) async fn ask(&self, path: &str) -> (u16, Value) {
        let response = self.raw(path).await;
        let status = response.status().as_u16();
        let media_type = response.headers()["content-type"].to_str().unwrap().to_owned();
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"));
        document::check(path.split('?').next().unwrap(), status, &media_type, &body);
        (status, body)
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask(path).await;
        assert_eq!(status, 200, "{path}: {body:#}");
        body
    }

    /// The names of the parameters for which a request is refused.
    pub(crate) async fn refused(&self, path: &str) -> Vec<String> {
        let (status, body) = self.ask(path).await;
        assert_eq!((status, body["status"].as_u64()), (400, Some(400)), "{path}: {body:#}");
        let errors = body["errors"].as_array().unwrap();
        errors
            .iter()
            .map(|error| error["parameter"].as_str().unwrap().to_owned())
            .collect()
    }

    /// A second service on the same database.
    pub(crate) async fn another(&self) -> (String, CancellationToken, JoinHandle<Result<(), Error>>) {
        serve(config(), self.clickhouse.clone()).await
    }

    /// Stops the service; fails when it takes longer than it may.
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        tokio::time::timeout(Duration::from_secs(5), self.task)
            .await
            .expect("it stops in time")
            .unwrap()
            .unwrap();
    }
}

pub(crate) async fn serve(
    config: Config,
    clickhouse: ClickHouseConfig,
) -> (String, CancellationToken, JoinHandle<Result<(), Error>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let shutdown = CancellationToken::new();
    let task = tokio::spawn(parlance_query_api::run(config, clickhouse, listener, shutdown.clone()));
    (url, shutdown, task)
}

/// Waits until it holds.
pub(crate) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < SOON, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
