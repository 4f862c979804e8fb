//! What must exist before a service can work: topics, tables, and servers that answer.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use parlance_schemas::topics;
use parlance_service::config::{ClickHouseConfig, KafkaConfig};
use parlance_service::kafka::{TopicSpec, ensure_topics};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::settings::Settings;

/// Longest that a server or service may take to become ready. A pipeline with much to replay is ready before it
/// has caught up, so this is about starting, not about catching up.
pub(crate) const READY_WITHIN: Duration = Duration::from_secs(60);
/// Longest that a server may take to answer whether it is there.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// `parlance topics`: creates what is missing, says what is not as it must be.
pub(crate) async fn topics(settings: &Settings) -> anyhow::Result<ExitCode> {
    let kafka = settings.reachable_kafka()?;
    let created = create_topics(&kafka).await?;
    for topic in topic_specs(&kafka) {
        let what = if created.contains(&topic.name) {
            "created"
        } else {
            "as it should be"
        };
        println!("{:<32} {:>2} partitions  {what}", topic.name, topic.partitions);
    }
    Ok(ExitCode::SUCCESS)
}

/// `parlance migrate`: applies the migrations that ClickHouse lacks.
pub(crate) async fn migrate(settings: &Settings) -> anyhow::Result<ExitCode> {
    let mut clickhouse = settings.reachable_clickhouse()?;
    // `--config` and the environment may name another database on the embedded server.
    clickhouse.database.clone_from(&settings.clickhouse.database);
    let applied = create_tables(&clickhouse).await?;
    match applied.as_slice() {
        [] => println!("database {} has every table already", clickhouse.database),
        applied => println!("database {}: applied {applied:?}", clickhouse.database),
    }
    Ok(ExitCode::SUCCESS)
}

/// Every topic of the installation, by full name.
pub(crate) fn topic_specs(kafka: &KafkaConfig) -> Vec<TopicSpec> {
    let specs = topics::ALL.iter().map(|topic| TopicSpec {
        name: topic.full_name(&kafka.topic_prefix),
        partitions: topic.partitions,
        partitions_may_differ: topic.partitions_may_differ,
        settings: topic.settings(),
    });
    specs.collect()
}

/// Creates missing topics; the names of those created.
pub(crate) async fn create_topics(kafka: &KafkaConfig) -> anyhow::Result<Vec<String>> {
    Ok(ensure_topics(kafka, &topic_specs(kafka)).await?)
}

/// Applies missing migrations; the versions applied. Waits for the server, at most [`READY_WITHIN`].
pub(crate) async fn create_tables(clickhouse: &ClickHouseConfig) -> anyhow::Result<Vec<u32>> {
    let given_up = CancellationToken::new();
    let migrated = parlance_sinks::clickhouse::migrate(clickhouse, &given_up);
    match tokio::time::timeout(READY_WITHIN, migrated).await {
        Ok(applied) => Ok(applied?),
        Err(_) => bail!("ClickHouse did not take the migrations within {READY_WITHIN:?}"),
    }
}

/// Whether any of the brokers takes connections.
pub(crate) async fn broker_answers(kafka: &KafkaConfig) -> anyhow::Result<()> {
    let mut last = None;
    for broker in kafka.brokers.split(',').map(str::trim) {
        match tokio::time::timeout(ANSWER_WITHIN, TcpStream::connect(broker)).await {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => last = Some(anyhow::Error::new(error).context(format!("cannot reach {broker}"))),
            Err(_) => last = Some(anyhow::anyhow!("{broker} does not answer within {ANSWER_WITHIN:?}")),
        }
    }
    Err(last.unwrap_or_else(|| anyhow::anyhow!("no broker is configured")))
}

/// Whether ClickHouse answers `/ping`.
pub(crate) async fn clickhouse_answers(clickhouse: &ClickHouseConfig) -> anyhow::Result<()> {
    answers(&format!("{}/ping", clickhouse.url.trim_end_matches('/'))).await
}

/// Whether a service says that it is ready.
pub(crate) async fn answers_ready(address: SocketAddr) -> anyhow::Result<()> {
    answers(&format!("http://{address}/readyz")).await
}

async fn answers(url: &str) -> anyhow::Result<()> {
    let client = reqwest::Client::builder()
        .tls_certs_only([])
        .timeout(ANSWER_WITHIN)
        .build()?;
    let answer = client
        .get(url)
        .send()
        .await
        .with_context(|| format!("cannot reach {url}"))?;
    if !answer.status().is_success() {
        let status = answer.status();
        bail!("{url} answers {status}: {}", answer.text().await.unwrap_or_default());
    }
    Ok(())
}
