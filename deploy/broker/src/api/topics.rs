//! `CreateTopics`, `CreatePartitions`, `DeleteTopics`.

use std::sync::Arc;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::create_partitions_response::CreatePartitionsTopicResult;
use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::create_topics_response::{CreatableTopicConfigs, CreatableTopicResult};
use kafka_protocol::messages::delete_topics_response::DeletableTopicResult;
use kafka_protocol::messages::{
    CreatePartitionsRequest, CreatePartitionsResponse, CreateTopicsRequest, CreateTopicsResponse, DeleteTopicsRequest,
    DeleteTopicsResponse, TopicName,
};

use super::configs::source;
use super::text;
use crate::broker::{Broker, NODE};
use crate::groups::offsets::Entry;
use crate::topic_config::{Overrides, SETTINGS};
use crate::topics::{Refusal, Topic};

/// Partitions when the client leaves it to the broker.
const DEFAULT_PARTITIONS: i32 = 1;
/// "As the broker likes", for partitions and replication.
const BROKERS_CHOICE: i32 = -1;

/// Creates topics, each for itself.
pub(super) async fn create(broker: &Arc<Broker>, request: CreateTopicsRequest) -> CreateTopicsResponse {
    broker
        .blocking(move |broker| {
            let one = |asked: &CreatableTopic| {
                let result = CreatableTopicResult::default().with_name(asked.name.clone());
                let twice = request.topics.iter().filter(|other| other.name == asked.name).count() > 1;
                let created = if twice {
                    Err(Refusal::new(
                        ResponseError::InvalidRequest,
                        "the request names the topic twice",
                    ))
                } else {
                    create_one(broker, asked, request.validate_only)
                };
                match created {
                    Ok((topic, partitions)) => described(result, &topic, partitions),
                    Err(refusal) => {
                        let result = result.with_num_partitions(-1).with_replication_factor(-1);
                        result
                            .with_error_code(refusal.code.code())
                            .with_error_message(Some(text(&refusal.why)))
                    }
                }
            };
            CreateTopicsResponse::default().with_topics(request.topics.iter().map(one).collect())
        })
        .await
}

fn create_one(broker: &Broker, asked: &CreatableTopic, validate_only: bool) -> Result<(Arc<Topic>, i32), Refusal> {
    let mut partitions = asked.num_partitions;
    if !asked.assignments.is_empty() {
        if asked
            .assignments
            .iter()
            .any(|assigned| assigned.broker_ids.iter().any(|id| id.0 != NODE))
        {
            let why = format!("there is one node, number {NODE}");
            return Err(Refusal::new(ResponseError::InvalidReplicaAssignment, why));
        }
        partitions = i32::try_from(asked.assignments.len()).unwrap_or(i32::MAX);
    } else if !matches!(i32::from(asked.replication_factor), 1 | BROKERS_CHOICE) {
        let why = format!("one node cannot keep {} copies", asked.replication_factor);
        return Err(Refusal::new(ResponseError::InvalidReplicationFactor, why));
    }
    if partitions == BROKERS_CHOICE {
        partitions = DEFAULT_PARTITIONS;
    }
    let set = asked
        .configs
        .iter()
        .filter_map(|config| Some((config.name.to_string(), config.value.as_ref()?.to_string())));
    let overrides: Overrides = set.collect();
    let topic = broker
        .topics
        .create(asked.name.as_str(), partitions, overrides, validate_only)?;
    Ok((topic, partitions))
}

fn described(result: CreatableTopicResult, topic: &Topic, partitions: i32) -> CreatableTopicResult {
    let configs = SETTINGS.iter().map(|setting| {
        let (value, set) = topic.config.value(setting);
        CreatableTopicConfigs::default()
            .with_name(text(setting.name))
            .with_value(Some(text(value)))
            .with_config_source(source(set))
    });
    let configs = Some(configs.collect());
    result
        .with_topic_id(topic.id)
        .with_num_partitions(partitions)
        .with_replication_factor(1)
        .with_configs(configs)
}

/// Adds partitions to topics.
pub(super) async fn grow(broker: &Arc<Broker>, request: CreatePartitionsRequest) -> CreatePartitionsResponse {
    broker
        .blocking(move |broker| {
            let results = request.topics.into_iter().map(|asked| {
                let grown = broker
                    .topics
                    .grow(asked.name.as_str(), asked.count, request.validate_only);
                let (code, why) = outcome(grown);
                CreatePartitionsTopicResult::default()
                    .with_name(asked.name)
                    .with_error_code(code)
                    .with_error_message(why)
            });
            CreatePartitionsResponse::default().with_results(results.collect())
        })
        .await
}

/// Deletes topics, and what groups have committed for them.
pub(super) async fn delete(broker: &Arc<Broker>, request: DeleteTopicsRequest, version: i16) -> DeleteTopicsResponse {
    broker
        .blocking(move |broker| {
            let named = request.topic_names.into_iter().map(|name| (Some(name), None));
            let listed = request.topics.into_iter().map(|topic| match topic.name {
                Some(name) => (Some(name), None),
                None => (None, Some(topic.topic_id)),
            });
            let responses = named.chain(listed).map(|(name, id)| {
                let mut result = DeletableTopicResult::default();
                let topic = match (&name, id) {
                    (Some(name), _) => broker.topics.get(name.as_str()),
                    (None, Some(id)) => broker.topics.by_id(id),
                    (None, None) => None,
                };
                if version >= 6 {
                    result.topic_id = topic.as_ref().map(|topic| topic.id).or(id).unwrap_or_default();
                }
                let name = name.or_else(|| topic.map(|topic| TopicName(text(&topic.name))));
                let deleted = match &name {
                    Some(name) => delete_one(broker, name.as_str()),
                    None => Err(Refusal::new(ResponseError::UnknownTopicId, "no topic has this id")),
                };
                let (code, why) = outcome(deleted);
                // Before version 5 there is no room for the sentence.
                result
                    .with_name(name)
                    .with_error_code(code)
                    .with_error_message(why.filter(|_| version >= 5))
            });
            DeleteTopicsResponse::default().with_responses(responses.collect())
        })
        .await
}

fn delete_one(broker: &Broker, name: &str) -> Result<(), Refusal> {
    broker.topics.delete(name)?;
    let gone = Entry::TopicGone { topic: name.to_owned() };
    let forgotten = broker.groups.offsets.forget(&gone);
    forgotten
        .map(|_| ())
        .map_err(|code| Refusal::new(code, "the topic is deleted, but not what groups committed for it"))
}

fn outcome(result: Result<(), Refusal>) -> (i16, Option<kafka_protocol::protocol::StrBytes>) {
    match result {
        Ok(()) => (0, None),
        Err(refusal) => (refusal.code.code(), Some(text(&refusal.why))),
    }
}
