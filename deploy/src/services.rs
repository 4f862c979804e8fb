//! Runs one service or embedded server in this process: takes its part of the settings, binds, waits.

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::{Context, bail};
use parlance_pipeline::WithActions;
use parlance_service::telemetry;
use parlance_sinks::actions::KafkaActions;
use parlance_sinks::clickhouse::Member;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::cli::PipelineArgs;
use crate::settings::Settings;
use crate::stop::SUPERVISED;

/// The webhook receiver.
pub(crate) async fn ingest(settings: Settings, shutdown: CancellationToken) -> anyhow::Result<ExitCode> {
    telemetry::init("ingest", settings.log_format.into())?;
    let kafka = settings.reachable_kafka()?;
    let listener = bind("ingest", settings.ingest.listen, &settings).await?;
    parlance_ingest::run(settings.ingest, kafka, listener, shutdown).await?;
    Ok(ExitCode::SUCCESS)
}

/// The dataflow and its sinks.
pub(crate) async fn pipeline(
    settings: Settings,
    shape: PipelineArgs,
    shutdown: CancellationToken,
) -> anyhow::Result<ExitCode> {
    telemetry::init("pipeline", settings.log_format.into())?;
    telemetry::abort_on_panic();
    let kafka = settings.reachable_kafka()?;
    let clickhouse = settings.reachable_clickhouse()?;
    let mut config = settings.pipeline;
    config.workers = shape.workers.unwrap_or(config.workers);
    config.processes = shape.processes.unwrap_or(config.processes);
    config.process = shape.process.unwrap_or(config.process);
    if let Some(hosts) = shape.hosts {
        config.hosts_file = hosts;
    }
    // Checked before the sink is taken, so that a mistake here does not end a pipeline that runs well.
    config.validate()?;
    let member = Member::of(&config.addresses()?, u32::try_from(config.process)?);
    let actions = KafkaActions::connect(&kafka, shutdown.clone()).await?;
    let (progress, factory) =
        parlance_sinks::clickhouse::open(&clickhouse, config.shards, &member, shutdown.clone()).await?;
    let rows = move |_worker: usize| Ok(factory.writer());
    let writers = WithActions(rows, move |_worker: usize| actions.writer());
    parlance_pipeline::run(config, kafka, writers, progress, shutdown).await?;
    Ok(ExitCode::SUCCESS)
}

/// The API and the dashboard.
pub(crate) async fn query_api(settings: Settings, shutdown: CancellationToken) -> anyhow::Result<ExitCode> {
    telemetry::init("query-api", settings.log_format.into())?;
    let clickhouse = settings.reachable_clickhouse()?;
    let listener = bind("query-api", settings.api.listen, &settings).await?;
    parlance_query_api::run(settings.api, clickhouse, listener, shutdown).await?;
    Ok(ExitCode::SUCCESS)
}

/// The embedded broker.
pub(crate) async fn broker(settings: Settings, shutdown: CancellationToken) -> anyhow::Result<ExitCode> {
    telemetry::init("broker", settings.log_format.into())?;
    let mut config = settings.broker.clone();
    config.data = settings.data.path("broker");
    settings.data.create()?;
    let listener = bind("broker", config.listen, &settings).await?;
    parlance_broker::run(config, listener, shutdown).await?;
    Ok(ExitCode::SUCCESS)
}

/// The embedded ClickHouse. Returns when its standard input ends, or at once when it cannot start.
pub(crate) fn clickhouse(settings: &Settings) -> anyhow::Result<ExitCode> {
    telemetry::init("clickhouse", settings.log_format.into())?;
    if !settings.embedded_clickhouse.listen.ip().is_loopback() {
        bail!(
            "the embedded ClickHouse listens on 127.0.0.1 only, not on {}",
            settings.embedded_clickhouse.listen
        );
    }
    let credentials = settings.data.credentials()?;
    parlance_clickhouse::host(&parlance_clickhouse::Config {
        data: settings.data.path("clickhouse"),
        http_port: settings.embedded_clickhouse.listen.port(),
        password: credentials.clickhouse_password,
        reader_password: credentials.clickhouse_reader_password,
        memory_bytes: settings.embedded_clickhouse.memory_bytes,
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Binds, and, when a person started the service, says where it listens and notes it in the data folder.
async fn bind(service: &str, address: SocketAddr, settings: &Settings) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("{service} cannot listen on {address}"))?;
    let bound = listener.local_addr()?;
    tracing::info!(service, address = %bound, "listening");
    settings.data.note_listening(service)?;
    if std::env::var_os(SUPERVISED).is_none() {
        eprintln!("{service} listens on {bound}");
        settings.data.note_address(service, bound)?;
    }
    Ok(listener)
}
