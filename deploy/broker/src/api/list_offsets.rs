//! `ListOffsets`: first, last, and by time.

use std::sync::Arc;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::list_offsets_request::ListOffsetsRequest;
use kafka_protocol::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsResponse, ListOffsetsTopicResponse,
};

use crate::broker::Broker;

/// Instead of a time: the end of the log.
const LATEST: i64 = -1;
/// Instead of a time: the start of the log.
const EARLIEST: i64 = -2;
/// Instead of a time: the record with the newest time.
const NEWEST: i64 = -3;

/// From this version on, answers name the leader's epoch.
const NAMES_LEADER_EPOCH: i16 = 4;

/// Finds the offsets.
pub(super) async fn list_offsets(
    broker: &Arc<Broker>,
    request: ListOffsetsRequest,
    version: i16,
) -> ListOffsetsResponse {
    broker.blocking(move |broker| all(broker, request, version)).await
}

fn all(broker: &Broker, request: ListOffsetsRequest, version: i16) -> ListOffsetsResponse {
    let topics = request.topics.into_iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|asked| {
            let answer = ListOffsetsPartitionResponse::default().with_partition_index(asked.partition_index);
            match one(broker, topic.name.as_str(), asked.partition_index, asked.timestamp) {
                Ok((offset, timestamp)) => {
                    let epoch = if offset >= 0 && version >= NAMES_LEADER_EPOCH {
                        0
                    } else {
                        -1
                    };
                    answer
                        .with_offset(offset)
                        .with_timestamp(timestamp)
                        .with_leader_epoch(epoch)
                }
                Err(error) => answer.with_error_code(error.code()).with_offset(-1).with_timestamp(-1),
            }
        });
        let partitions = partitions.collect();
        ListOffsetsTopicResponse::default()
            .with_name(topic.name)
            .with_partitions(partitions)
    });
    ListOffsetsResponse::default().with_topics(topics.collect())
}

/// Offset and time; -1 for what there is not.
fn one(broker: &Broker, topic: &str, partition: i32, timestamp: i64) -> Result<(i64, i64), ResponseError> {
    let (_, partition) = broker
        .topics
        .partition(topic, partition)
        .ok_or(ResponseError::UnknownTopicOrPartition)?;
    let found = match timestamp {
        LATEST => return Ok((partition.bounds().visible, -1)),
        EARLIEST => return Ok((partition.bounds().start, -1)),
        NEWEST => partition.newest(),
        timestamp if timestamp < 0 => return Err(ResponseError::InvalidRequest),
        timestamp => partition.first_at(timestamp),
    };
    match found {
        Ok(found) => Ok(found.unwrap_or((-1, -1))),
        Err(error) => {
            tracing::error!(%error, path = %partition.dir.display(), "cannot read the log");
            Err(ResponseError::KafkaStorageError)
        }
    }
}
