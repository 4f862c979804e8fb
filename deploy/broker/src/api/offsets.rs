//! `OffsetCommit` and `OffsetFetch`. A commit is answered when it is on the disk.

use std::collections::BTreeMap;
use std::sync::Arc;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::offset_commit_response::{
    OffsetCommitResponse, OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use kafka_protocol::messages::offset_fetch_response::{
    OffsetFetchResponse, OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions,
    OffsetFetchResponseTopic, OffsetFetchResponseTopics,
};
use kafka_protocol::messages::{OffsetCommitRequest, OffsetFetchRequest, TopicName};

use super::text;
use crate::broker::Broker;
use crate::groups::Committer;
use crate::groups::offsets::Committed;

/// From this version on, several groups are asked for at once.
const ASKS_FOR_GROUPS: i16 = 8;

/// Stores offsets.
pub(super) async fn commit(broker: &Arc<Broker>, request: OffsetCommitRequest) -> OffsetCommitResponse {
    let mut offsets = Vec::new();
    let mut topics = Vec::with_capacity(request.topics.len());
    for topic in &request.topics {
        let mut partitions = Vec::with_capacity(topic.partitions.len());
        for asked in &topic.partitions {
            let metadata = asked
                .committed_metadata
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            let error = if broker
                .topics
                .partition(topic.name.as_str(), asked.partition_index)
                .is_none()
            {
                ResponseError::UnknownTopicOrPartition.code()
            } else if metadata.len() > broker.config.max_offset_metadata_bytes {
                ResponseError::OffsetMetadataTooLarge.code()
            } else {
                let leader_epoch = asked.committed_leader_epoch;
                let committed = Committed {
                    offset: asked.committed_offset,
                    leader_epoch,
                    metadata,
                };
                offsets.push((topic.name.to_string(), asked.partition_index, committed));
                0
            };
            let answer = OffsetCommitResponsePartition::default().with_partition_index(asked.partition_index);
            partitions.push(answer.with_error_code(error));
        }
        topics.push(
            OffsetCommitResponseTopic::default()
                .with_name(topic.name.clone())
                .with_partitions(partitions),
        );
    }
    let committer = Committer {
        group: request.group_id.as_str(),
        member: request.member_id.as_str(),
        instance: request.group_instance_id.as_deref(),
        generation: request.generation_id_or_member_epoch,
    };
    let stored = match broker.groups.commit(&committer, offsets) {
        Ok(mark) => broker
            .groups
            .offsets
            .durable(mark)
            .await
            .map_err(|_| ResponseError::KafkaStorageError),
        Err(error) => Err(error),
    };
    if let Err(error) = stored {
        for answer in topics
            .iter_mut()
            .flat_map(|topic| &mut topic.partitions)
            .filter(|answer| answer.error_code == 0)
        {
            answer.error_code = error.code();
        }
    }
    OffsetCommitResponse::default().with_topics(topics)
}

/// Reads offsets back.
pub(super) fn fetch(broker: &Broker, request: OffsetFetchRequest, version: i16) -> OffsetFetchResponse {
    if version < ASKS_FOR_GROUPS {
        let group = request.group_id.as_str();
        let asked = request
            .topics
            .map(|topics| topics.into_iter().map(|topic| (topic.name, topic.partition_indexes)));
        let topics = asked
            .map_or_else(|| committed_by(broker, group), Iterator::collect)
            .into_iter();
        let topics = topics.map(|(name, partitions)| {
            let one = |partition| {
                let found = find(broker, group, &name, partition);
                OffsetFetchResponsePartition::default()
                    .with_partition_index(partition)
                    .with_committed_offset(found.offset)
                    .with_committed_leader_epoch(found.leader_epoch)
                    .with_metadata(Some(text(&found.metadata)))
            };
            let partitions = partitions.into_iter().map(one).collect();
            OffsetFetchResponseTopic::default()
                .with_name(name.clone())
                .with_partitions(partitions)
        });
        return OffsetFetchResponse::default().with_topics(topics.collect());
    }
    let groups = request.groups.into_iter().map(|asked| {
        let group = asked.group_id.as_str();
        let topics = asked
            .topics
            .map(|topics| topics.into_iter().map(|topic| (topic.name, topic.partition_indexes)));
        let topics = topics
            .map_or_else(|| committed_by(broker, group), Iterator::collect)
            .into_iter();
        let topics = topics.map(|(name, partitions)| {
            let one = |partition| {
                let found = find(broker, group, &name, partition);
                OffsetFetchResponsePartitions::default()
                    .with_partition_index(partition)
                    .with_committed_offset(found.offset)
                    .with_committed_leader_epoch(found.leader_epoch)
                    .with_metadata(Some(text(&found.metadata)))
            };
            let partitions = partitions.into_iter().map(one).collect();
            OffsetFetchResponseTopics::default()
                .with_name(name.clone())
                .with_partitions(partitions)
        });
        let topics = topics.collect();
        OffsetFetchResponseGroup::default()
            .with_group_id(asked.group_id.clone())
            .with_topics(topics)
    });
    OffsetFetchResponse::default().with_groups(groups.collect())
}

fn find(broker: &Broker, group: &str, topic: &TopicName, partition: i32) -> Committed {
    let nothing = Committed {
        offset: -1,
        leader_epoch: -1,
        metadata: String::new(),
    };
    broker
        .groups
        .offsets
        .get(group, topic.as_str(), partition)
        .unwrap_or(nothing)
}

/// All partitions a group has committed, by topic.
fn committed_by(broker: &Broker, group: &str) -> Vec<(TopicName, Vec<i32>)> {
    let mut topics: BTreeMap<String, Vec<i32>> = BTreeMap::new();
    for (topic, partition) in broker.groups.offsets.partitions(group) {
        topics.entry(topic).or_default().push(partition);
    }
    topics
        .into_iter()
        .map(|(topic, partitions)| (TopicName(text(&topic)), partitions))
        .collect()
}
