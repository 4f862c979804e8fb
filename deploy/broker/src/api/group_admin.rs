//! `ListGroups`, `DescribeGroups`, `DeleteGroups`.

use std::sync::Arc;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::delete_groups_response::DeletableGroupResult;
use kafka_protocol::messages::describe_groups_response::{DescribedGroup, DescribedGroupMember};
use kafka_protocol::messages::list_groups_response::ListedGroup;
use kafka_protocol::messages::{
    DeleteGroupsRequest, DeleteGroupsResponse, DescribeGroupsRequest, DescribeGroupsResponse, GroupId,
    ListGroupsRequest, ListGroupsResponse,
};

use super::{code, text};
use crate::broker::Broker;
use crate::groups::group::Group;

/// Names all groups, or those in the states asked for.
pub(super) fn list(broker: &Broker, request: &ListGroupsRequest) -> ListGroupsResponse {
    let wanted = |state: &str| {
        request.states_filter.is_empty()
            || request
                .states_filter
                .iter()
                .any(|asked| asked.eq_ignore_ascii_case(state))
    };
    let groups = broker
        .groups
        .list()
        .into_iter()
        .filter(|(_, _, state)| wanted(state.name()));
    let groups = groups.map(|(id, protocol_type, state)| {
        ListedGroup::default()
            .with_group_id(GroupId(text(&id)))
            .with_protocol_type(text(&protocol_type))
            .with_group_state(text(state.name()))
    });
    ListGroupsResponse::default().with_groups(groups.collect())
}

/// Says who is in groups and what they are assigned.
pub(super) fn describe(broker: &Broker, request: DescribeGroupsRequest, version: i16) -> DescribeGroupsResponse {
    let groups = request.groups.into_iter().map(|id| {
        let described = broker.groups.describe(id.as_str(), |group| {
            DescribedGroup::default()
                .with_group_state(text(group.state().name()))
                .with_protocol_type(text(group.protocol_type()))
                .with_protocol_data(text(group.protocol()))
                .with_members(members(group, version))
        });
        // As Kafka says it: no error, but dead.
        let described = described.unwrap_or_else(|| DescribedGroup::default().with_group_state(text("Dead")));
        described.with_group_id(id)
    });
    DescribeGroupsResponse::default().with_groups(groups.collect())
}

fn members(group: &Group, version: i16) -> Vec<DescribedGroupMember> {
    let one = |(id, member): (&String, &crate::groups::member::Member)| {
        DescribedGroupMember::default()
            .with_member_id(text(id))
            .with_group_instance_id(member.instance.as_deref().filter(|_| version >= 4).map(text))
            .with_client_id(text(&member.client.id))
            .with_client_host(text(&member.client.host))
            .with_member_metadata(member.metadata(group.protocol()))
            .with_member_assignment(member.assignment.clone())
    };
    group.members().map(one).collect()
}

/// Deletes groups without members.
pub(super) async fn delete(broker: &Arc<Broker>, request: DeleteGroupsRequest) -> DeleteGroupsResponse {
    let mut results = Vec::with_capacity(request.groups_names.len());
    for id in request.groups_names {
        let deleted = match broker.groups.delete(id.as_str()) {
            Ok(mark) => broker
                .groups
                .offsets
                .durable(mark)
                .await
                .map_err(|_| ResponseError::KafkaStorageError),
            Err(error) => Err(error),
        };
        results.push(
            DeletableGroupResult::default()
                .with_group_id(id)
                .with_error_code(code(&deleted)),
        );
    }
    DeleteGroupsResponse::default().with_results(results)
}
