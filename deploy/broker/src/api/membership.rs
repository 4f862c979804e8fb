//! `JoinGroup`, `SyncGroup`, `Heartbeat`, `LeaveGroup`.

use std::sync::Arc;
use std::time::Duration;

use kafka_protocol::messages::join_group_response::{JoinGroupResponse, JoinGroupResponseMember};
use kafka_protocol::messages::leave_group_response::{LeaveGroupResponse, MemberResponse};
use kafka_protocol::messages::{
    HeartbeatRequest, HeartbeatResponse, JoinGroupRequest, LeaveGroupRequest, SyncGroupRequest, SyncGroupResponse,
};

use super::{code, text};
use crate::broker::Broker;
use crate::groups::Committer;
use crate::groups::member::{Client, JoinRequest, Joined};

/// From this version on, clients come back with the member id they are given.
const TAKES_MEMBER_ID: i16 = 4;
/// From this version on, leaving names several members.
const LEAVES_IN_NUMBERS: i16 = 3;
/// From this version on, answers name the protocol type, and may lack the protocol.
const NAMES_PROTOCOL_TYPE: i16 = 7;

/// Joins a group.
pub(super) async fn join(
    broker: &Arc<Broker>,
    request: JoinGroupRequest,
    version: i16,
    client: Client,
) -> JoinGroupResponse {
    let session = millis(request.session_timeout_ms);
    let rebalance = if request.rebalance_timeout_ms > 0 {
        millis(request.rebalance_timeout_ms)
    } else {
        session
    };
    let join = JoinRequest {
        member: request.member_id.to_string(),
        instance: request.group_instance_id.map(|id| id.to_string()),
        client,
        protocol_type: request.protocol_type.to_string(),
        protocols: request
            .protocols
            .into_iter()
            .map(|taken| (taken.name.to_string(), taken.metadata))
            .collect(),
        session,
        rebalance: rebalance.min(broker.config.max_session_timeout),
        takes_member_id: version >= TAKES_MEMBER_ID,
    };
    match broker.groups.join(request.group_id.as_str(), join).await {
        Ok(joined) => accepted(joined, version),
        Err(refused) => JoinGroupResponse::default()
            .with_error_code(refused.code.code())
            .with_generation_id(-1)
            .with_protocol_name((version < NAMES_PROTOCOL_TYPE).then(|| text("")))
            .with_member_id(text(&refused.member)),
    }
}

fn accepted(joined: Joined, version: i16) -> JoinGroupResponse {
    let members = joined.members.into_iter().map(|(id, instance, metadata)| {
        JoinGroupResponseMember::default()
            .with_member_id(text(&id))
            .with_group_instance_id(instance.filter(|_| version >= 5).map(|id| text(&id)))
            .with_metadata(metadata)
    });
    JoinGroupResponse::default()
        .with_generation_id(joined.generation)
        .with_protocol_type((version >= NAMES_PROTOCOL_TYPE).then(|| text(&joined.protocol_type)))
        .with_protocol_name(Some(text(&joined.protocol)))
        .with_leader(text(&joined.leader))
        .with_member_id(text(&joined.member))
        .with_members(members.collect())
}

/// Hands in or receives assignments.
pub(super) async fn sync(broker: &Arc<Broker>, request: SyncGroupRequest) -> SyncGroupResponse {
    let committer = Committer {
        group: request.group_id.as_str(),
        member: request.member_id.as_str(),
        instance: request.group_instance_id.as_deref(),
        generation: request.generation_id,
    };
    let assignments = request
        .assignments
        .into_iter()
        .map(|one| (one.member_id.to_string(), one.assignment));
    match broker.groups.sync(&committer, assignments.collect()).await {
        Ok(synced) => SyncGroupResponse::default()
            .with_protocol_type(Some(text(&synced.protocol_type)))
            .with_protocol_name(Some(text(&synced.protocol)))
            .with_assignment(synced.assignment),
        Err(error) => SyncGroupResponse::default().with_error_code(error.code()),
    }
}

/// Says that a member lives.
pub(super) fn heartbeat(broker: &Broker, request: &HeartbeatRequest) -> HeartbeatResponse {
    let committer = Committer {
        group: request.group_id.as_str(),
        member: request.member_id.as_str(),
        instance: request.group_instance_id.as_deref(),
        generation: request.generation_id,
    };
    HeartbeatResponse::default().with_error_code(code(&broker.groups.heartbeat(&committer)))
}

/// Takes members out.
pub(super) fn leave(broker: &Broker, request: LeaveGroupRequest, version: i16) -> LeaveGroupResponse {
    let group = request.group_id.as_str();
    if version < LEAVES_IN_NUMBERS {
        let left = broker.groups.leave(group, request.member_id.as_str(), None);
        return LeaveGroupResponse::default().with_error_code(code(&left));
    }
    let members = request.members.into_iter().map(|member| {
        let instance = member.group_instance_id.as_deref();
        let left = broker.groups.leave(group, member.member_id.as_str(), instance);
        MemberResponse::default()
            .with_error_code(code(&left))
            .with_member_id(member.member_id.clone())
            .with_group_instance_id(member.group_instance_id.clone())
    });
    LeaveGroupResponse::default().with_members(members.collect())
}

fn millis(number: i32) -> Duration {
    Duration::from_millis(u64::try_from(number).unwrap_or(0))
}
