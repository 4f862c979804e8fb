//! One interval, written: every table's blocks, then the shard's progress.

use std::sync::Arc;
use std::time::Instant;

use ::clickhouse::error::Result as ClientResult;
use ::clickhouse::{Client, RowOwned, RowWrite};
use metrics::{counter, gauge, histogram};
use parlance_schemas::rows::{Interval, RowWriter, Table, WriteError};
use parlance_schemas::tables;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::Error;
use super::blocks::{Measured, cut, token};
use super::connect::INSERT_TIMEOUT;
use super::progress::{self, Claim};
use super::retry::persist;

/// What all writers of a process share.
pub(crate) struct Shared {
    pub(crate) client: Client,
    pub(crate) claim: Claim,
    pub(crate) shards: u32,
    pub(crate) shutdown: CancellationToken,
}

/// Writes intervals for one worker. Blocks the calling thread, which must not be one of an async runtime.
pub struct Writer {
    shared: Arc<Shared>,
    /// Of the sink's own runtime, so that a worker's thread can wait without one.
    runtime: Handle,
}

impl Writer {
    pub(crate) fn new(shared: Arc<Shared>, runtime: Handle) -> Self {
        Self { shared, runtime }
    }
}

impl RowWriter for Writer {
    fn write(&mut self, interval: &Interval) -> Result<(), WriteError> {
        self.runtime
            .block_on(self.shared.write(interval))
            .map_err(|error| match error {
                Error::Stopped(_) => WriteError::Stopped,
                error => WriteError::Halt(error.to_string()),
            })
    }
}

impl Shared {
    async fn write(&self, interval: &Interval) -> Result<(), Error> {
        let Interval { shard, through, .. } = interval;
        if *shard >= self.shards {
            let reason = format!("shard {shard} of {} was asked for", self.shards);
            return Err(Error::Refused {
                doing: "writing an interval",
                reason,
            });
        }
        if let Some(other) = progress::overtaken_by(&self.client, &self.claim, &self.shutdown).await? {
            let reason = format!("another pipeline writes: it has claim {other}, this one {}", self.claim);
            return Err(Error::Refused {
                doing: "writing an interval",
                reason,
            });
        }
        // Tables do not depend on each other, so they go at once; progress waits for them all.
        macro_rules! insert_all {
            ($($table:ident $field:ident $row:ident $what:literal,)+) => {
                tokio::try_join!($(self.table(Table::$table, &interval.$field, interval),)+)?
            };
        }
        tables!(insert_all);
        progress::record(
            &self.client,
            &self.claim,
            (*shard, self.shards),
            *through,
            &self.shutdown,
        )
        .await?;
        // An instant in milliseconds is far below 2^53, so the gauge is exact.
        #[allow(clippy::cast_precision_loss)]
        gauge!("sink_complete_through_milliseconds", "shard" => shard.to_string()).set(*through as f64);
        Ok(())
    }

    async fn table<R>(&self, table: Table, rows: &[R], interval: &Interval) -> Result<(), Error>
    where
        R: Measured + RowOwned + RowWrite + Sync,
    {
        for (part, block) in cut(rows).into_iter().enumerate() {
            let token = token(table, interval, self.shards, part);
            let started = Instant::now();
            persist("inserting rows", &self.shutdown, || {
                insert(&self.client, table, &token, block)
            })
            .await?;
            histogram!("sink_insert_seconds", "table" => table.name()).record(started.elapsed());
            let bytes: usize = block.iter().map(Measured::bytes).sum();
            counter!("sink_rows_total", "table" => table.name()).increment(block.len() as u64);
            counter!("sink_rows_bytes_total", "table" => table.name()).increment(bytes as u64);
        }
        Ok(())
    }
}

/// One try: the same rows under the same token give the same insert.
pub(super) async fn insert<R>(client: &Client, table: Table, token: &str, rows: &[R]) -> ClientResult<()>
where
    R: RowOwned + RowWrite,
{
    let mut insert = client
        .insert::<R>(table.name())
        .await?
        .with_setting("insert_deduplication_token", token)
        .with_timeouts(Some(INSERT_TIMEOUT), Some(INSERT_TIMEOUT));
    for row in rows {
        insert.write(row).await?;
    }
    insert.end().await
}
