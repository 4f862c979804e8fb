//! `Metadata`, `ApiVersions`, `FindCoordinator`, `DescribeCluster`: there is one node, and it does everything.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::api_versions_response::{ApiVersion, ApiVersionsResponse};
use kafka_protocol::messages::describe_cluster_response::{DescribeClusterBroker, DescribeClusterResponse};
use kafka_protocol::messages::find_coordinator_response::{Coordinator, FindCoordinatorResponse};
use kafka_protocol::messages::metadata_response::{
    MetadataResponse, MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::{ApiKey, BrokerId, FindCoordinatorRequest, MetadataRequest, TopicName};

use super::text;
use crate::broker::{Broker, NODE};
use crate::topics::Topic;

/// The coordinator of transactions, as `FindCoordinator` numbers it.
const TRANSACTION: i8 = 1;

/// What everybody may do with a topic, as bits by the numbers of Kafka's `AclOperation`: read, write, create, delete,
/// alter, describe, describe its settings, alter them. Told to those who ask; there are no rights to be had or lost.
const TOPIC_OPERATIONS: i32 = 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 8 | 1 << 10 | 1 << 11;
/// The same for the cluster: create, alter, describe, describe and alter its settings, write idempotently.
const CLUSTER_OPERATIONS: i32 = 1 << 5 | 1 << 7 | 1 << 8 | 1 << 10 | 1 << 11 | 1 << 12;

/// The node and the topics asked for. Topics are never created by asking.
pub(super) fn metadata(broker: &Broker, request: MetadataRequest, version: i16) -> MetadataResponse {
    let node = MetadataResponseBroker::default()
        .with_node_id(BrokerId(NODE))
        .with_host(text(&broker.address.ip().to_string()))
        .with_port(i32::from(broker.address.port()));
    let rights = request.include_topic_authorized_operations;
    let cluster_rights = request.include_cluster_authorized_operations;
    let mut topics: Vec<MetadataResponseTopic> = match request.topics {
        // In version 0, no topics meant all.
        Some(asked) if !(asked.is_empty() && version == 0) => {
            let one = |asked: kafka_protocol::messages::metadata_request::MetadataRequestTopic| {
                let unknown = |code: ResponseError| MetadataResponseTopic::default().with_error_code(code.code());
                match asked.name {
                    Some(name) => match broker.topics.get(name.as_str()) {
                        Some(topic) => describe(&topic),
                        None => unknown(ResponseError::UnknownTopicOrPartition).with_name(Some(name)),
                    },
                    None => match broker.topics.by_id(asked.topic_id) {
                        Some(topic) => describe(&topic),
                        None => unknown(ResponseError::UnknownTopicId).with_topic_id(asked.topic_id),
                    },
                }
            };
            asked.into_iter().map(one).collect()
        }
        _ => broker.topics.all().iter().map(|topic| describe(topic)).collect(),
    };
    if rights {
        for topic in topics.iter_mut().filter(|topic| topic.error_code == 0) {
            topic.topic_authorized_operations = TOPIC_OPERATIONS;
        }
    }
    let mut response = MetadataResponse::default();
    if cluster_rights {
        response.cluster_authorized_operations = CLUSTER_OPERATIONS;
    }
    response
        .with_brokers(vec![node])
        .with_cluster_id(Some(text(&broker.cluster_id)))
        .with_controller_id(BrokerId(NODE))
        .with_topics(topics)
}

fn describe(topic: &Topic) -> MetadataResponseTopic {
    let partition = |number| {
        MetadataResponsePartition::default()
            .with_partition_index(number)
            .with_leader_id(BrokerId(NODE))
            .with_leader_epoch(0)
            .with_replica_nodes(vec![BrokerId(NODE)])
            .with_isr_nodes(vec![BrokerId(NODE)])
    };
    let count = i32::try_from(topic.partitions.len()).expect("partitions are created by 32-bit numbers");
    MetadataResponseTopic::default()
        .with_name(Some(TopicName(text(&topic.name))))
        .with_topic_id(topic.id)
        .with_partitions((0..count).map(partition).collect())
}

/// The same for administration clients.
pub(super) fn cluster(broker: &Broker) -> DescribeClusterResponse {
    let node = DescribeClusterBroker::default()
        .with_broker_id(BrokerId(NODE))
        .with_host(text(&broker.address.ip().to_string()))
        .with_port(i32::from(broker.address.port()));
    DescribeClusterResponse::default()
        .with_cluster_id(text(&broker.cluster_id))
        .with_controller_id(BrokerId(NODE))
        .with_brokers(vec![node])
}

/// What is served. With `known` false the request's own version was not.
pub(super) fn versions(served: &[(ApiKey, i16, i16)], known: bool) -> ApiVersionsResponse {
    let range = |(key, min, max): &(ApiKey, i16, i16)| {
        ApiVersion::default()
            .with_api_key(*key as i16)
            .with_min_version(*min)
            .with_max_version(*max)
    };
    let error = if known {
        0
    } else {
        ResponseError::UnsupportedVersion.code()
    };
    ApiVersionsResponse::default()
        .with_error_code(error)
        .with_api_keys(served.iter().map(range).collect())
}

/// This node, for groups; nobody, for transactions.
pub(super) fn coordinator(broker: &Broker, request: FindCoordinatorRequest, version: i16) -> FindCoordinatorResponse {
    let (host, port) = (text(&broker.address.ip().to_string()), i32::from(broker.address.port()));
    let refused = request.key_type == TRANSACTION;
    // The code that clients take as final.
    let error = if refused {
        ResponseError::TransactionalIdAuthorizationFailed.code()
    } else {
        0
    };
    let why = refused.then(|| text("the embedded broker has no transactions"));
    if version >= 4 {
        let one = |key| {
            Coordinator::default()
                .with_key(key)
                .with_node_id(BrokerId(NODE))
                .with_host(host.clone())
                .with_port(port)
                .with_error_code(error)
                .with_error_message(why.clone())
        };
        let coordinators = request.coordinator_keys.into_iter().map(one).collect();
        return FindCoordinatorResponse::default().with_coordinators(coordinators);
    }
    let response = FindCoordinatorResponse::default()
        .with_node_id(BrokerId(NODE))
        .with_host(host)
        .with_port(port);
    response.with_error_code(error).with_error_message(why)
}
