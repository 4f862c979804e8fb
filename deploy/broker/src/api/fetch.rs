//! `Fetch`: whole batches as they are stored; waits for new ones without polling. A waiting fetch is woken by its own
//! partitions only, and reads again only when enough has come.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::BrokerId;
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchRequest};
use kafka_protocol::messages::fetch_response::{FetchResponse, FetchableTopicResponse, PartitionData};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::broker::Broker;
use crate::log::Partition;
use crate::log::commit::Progress;
use crate::log::read::OutOfRange;

/// What one look at the log gave.
struct Look {
    response: FetchResponse,
    bytes: usize,
    failed: bool,
    /// The partitions looked at, and how much had been written to them before.
    watched: Vec<(watch::Receiver<Progress>, u64)>,
}

/// Reads, or waits until there is enough to read.
pub(super) async fn fetch(broker: &Arc<Broker>, request: FetchRequest) -> FetchResponse {
    if request.session_id != 0 {
        // No sessions are kept: the client goes back to full requests.
        return FetchResponse::default().with_error_code(ResponseError::FetchSessionIdNotFound.code());
    }
    let wait = Duration::from_millis(u64::try_from(request.max_wait_ms).unwrap_or(0));
    let deadline = Instant::now() + wait.min(broker.config.max_fetch_wait);
    let enough = usize::try_from(request.min_bytes).unwrap_or(0);
    let request = Arc::new(request);
    loop {
        let asked = Arc::clone(&request);
        let Look {
            response,
            bytes,
            failed,
            mut watched,
        } = broker.blocking(move |broker| look(broker, &asked)).await;
        if failed || bytes >= enough || !more_comes(&mut watched, enough - bytes, deadline).await {
            metrics::counter!("broker_fetched_bytes_total").increment(bytes as u64);
            return response;
        }
    }
}

/// Waits until `missing` bytes have been written to the watched partitions; false when the time is over.
async fn more_comes(watched: &mut [(watch::Receiver<Progress>, u64)], missing: usize, deadline: Instant) -> bool {
    loop {
        let new: u64 = watched
            .iter_mut()
            .map(|(seen, before)| seen.borrow_and_update().durable.bytes - *before)
            .sum();
        if new >= missing as u64 {
            return true;
        }
        let mut changes: FuturesUnordered<_> = watched.iter_mut().map(|(seen, _)| seen.changed()).collect();
        let change = async {
            if changes.next().await.is_none_or(|changed| changed.is_err()) {
                std::future::pending::<()>().await; // nothing to wait for (any more): until the deadline
            }
        };
        if tokio::time::timeout_at(deadline, change).await.is_err() {
            return false;
        }
    }
}

fn look(broker: &Broker, request: &FetchRequest) -> Look {
    let most = usize::try_from(request.max_bytes)
        .unwrap_or(0)
        .min(broker.config.max_fetch_bytes);
    let mut look = Look {
        response: FetchResponse::default(),
        bytes: 0,
        failed: false,
        watched: Vec::new(),
    };
    for topic in &request.topics {
        let mut answers = Vec::with_capacity(topic.partitions.len());
        for asked in &topic.partitions {
            let mut answer = PartitionData::default()
                .with_partition_index(asked.partition)
                .with_high_watermark(-1)
                .with_last_stable_offset(-1)
                .with_log_start_offset(-1)
                .with_preferred_read_replica(BrokerId(-1))
                .with_aborted_transactions(None)
                .with_records(Some(Bytes::new()));
            let outcome = match broker.topics.partition(topic.topic.as_str(), asked.partition) {
                None => Err(ResponseError::UnknownTopicOrPartition),
                Some((_, partition)) => {
                    let mut seen = partition.commit.subscribe();
                    let before = seen.borrow_and_update().durable.bytes;
                    look.watched.push((seen, before));
                    read(
                        &partition,
                        asked,
                        most.saturating_sub(look.bytes),
                        look.bytes == 0,
                        &mut answer,
                    )
                }
            };
            match outcome {
                Ok(bytes) => look.bytes += bytes,
                Err(error) => {
                    look.failed = true;
                    answer.error_code = error.code();
                }
            }
            answers.push(answer);
        }
        let answer = FetchableTopicResponse::default()
            .with_topic(topic.topic.clone())
            .with_partitions(answers);
        look.response.responses.push(answer);
    }
    look
}

/// Reads one partition; beyond `left` bytes only for the `first` records of the answer, so that a large batch passes.
fn read(
    partition: &Partition,
    asked: &FetchPartition,
    left: usize,
    first: bool,
    answer: &mut PartitionData,
) -> Result<usize, ResponseError> {
    let most = left.min(usize::try_from(asked.partition_max_bytes).unwrap_or(0));
    let read = if most == 0 && !first {
        Ok(Ok(Bytes::new()))
    } else {
        partition.read(asked.fetch_offset, most)
    };
    let bounds = partition.bounds();
    answer.log_start_offset = bounds.start;
    answer.high_watermark = bounds.visible;
    answer.last_stable_offset = bounds.visible;
    match read {
        Ok(Ok(records)) if records.len() <= left || first => {
            let bytes = records.len();
            answer.records = Some(records);
            Ok(bytes)
        }
        Ok(Ok(_)) => Ok(0),
        Ok(Err(OutOfRange)) => Err(ResponseError::OffsetOutOfRange),
        Err(error) => {
            tracing::error!(%error, path = %partition.dir.display(), "cannot read the log");
            Err(ResponseError::KafkaStorageError)
        }
    }
}
