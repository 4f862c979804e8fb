//! Takes the sink for this process.

use std::sync::Arc;

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use parlance_schemas::rows::{Progress, RowWriter};
use parlance_service::config::ClickHouseConfig;
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::writer::{Shared, Writer};
use super::{Error, Member, connect, migrate, progress};

/// Threads of the sink's own runtime: they only move bytes, compress them and wait.
const THREADS: usize = 2;

/// Makes one writer per worker. Keep it for as long as any writer is used.
pub struct Factory {
    shared: Arc<Shared>,
    /// `Some` until dropped.
    runtime: Option<Runtime>,
}

impl Factory {
    /// A writer for one worker. All writers of a process share its claim.
    pub fn writer(&self) -> Writer {
        let runtime = self.runtime.as_ref().expect("present until dropped");
        Writer::new(self.shared.clone(), runtime.handle().clone())
    }

    /// [`Self::writer`] as the pipeline knows it.
    pub fn row_writer(&self) -> Box<dyn RowWriter> {
        Box::new(self.writer())
    }
}

impl Drop for Factory {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Waiting for it here would panic in async code; whatever still runs was not acknowledged.
            runtime.shutdown_background();
        }
    }
}

/// Checks that the tables are there, reads what each of `shards` shards has, and takes the right to write for
/// `member`: whoever had it before halts at its next interval, except other processes of the same cluster. Waits for
/// the server for as long as that may help.
///
/// # Errors
/// [`Error::OlderSchema`] and [`Error::NewerSchema`] when the tables do not fit this program;
/// [`Error::Refused`] when the server refuses for good; [`Error::Stopped`] on `shutdown`.
pub async fn open(
    config: &ClickHouseConfig,
    shards: u32,
    member: &Member,
    shutdown: CancellationToken,
) -> Result<(Progress, Factory), Error> {
    if shards == 0 {
        let reason = "the number of sink shards is 0, it must be 1 or more".to_owned();
        return Err(Error::Refused {
            doing: "opening the sink",
            reason,
        });
    }
    describe();
    // Connections belong to the runtime that opened them, so this client must not be given to the writers.
    let client = connect::writing(config);
    migrate::require_current(config, &shutdown).await?;
    let (claim, progress) = progress::claim(&client, shards, member, &shutdown).await?;
    info!(%claim, shards, from = progress.least(), "the clickhouse sink is taken");
    let runtime = Builder::new_multi_thread()
        .worker_threads(THREADS)
        .thread_name("clickhouse-sink")
        .enable_all()
        .build()
        .map_err(Error::Threads)?;
    let shared = Shared {
        client: connect::writing(config),
        claim,
        shards,
        shutdown,
    };
    Ok((
        progress,
        Factory {
            shared: Arc::new(shared),
            runtime: Some(runtime),
        },
    ))
}

fn describe() {
    describe_counter!("sink_rows_total", "rows acknowledged by ClickHouse, by table");
    describe_counter!(
        "sink_rows_bytes_total",
        Unit::Bytes,
        "estimated size of the rows acknowledged, by table"
    );
    describe_histogram!(
        "sink_insert_seconds",
        Unit::Seconds,
        "time until a block was acknowledged, retries included"
    );
    describe_counter!("sink_retries_total", "tries that failed and were repeated, by reason");
    describe_gauge!(
        "sink_complete_through_milliseconds",
        Unit::Milliseconds,
        "log time through which the shard is durable, Unix milliseconds"
    );
}
