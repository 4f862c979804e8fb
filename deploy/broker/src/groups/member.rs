//! A member of a consumer group, and what it is asked and answered.

use std::time::{Duration, Instant};

use bytes::Bytes;
use kafka_protocol::error::ResponseError;
use tokio::sync::oneshot;

/// A `JoinGroup` request.
#[derive(Clone, Debug)]
pub(crate) struct JoinRequest {
    pub(crate) member: String,
    pub(crate) instance: Option<String>,
    pub(crate) client: Client,
    pub(crate) protocol_type: String,
    pub(crate) protocols: Vec<(String, Bytes)>,
    pub(crate) session: Duration,
    pub(crate) rebalance: Duration,
    /// The client can take "come back with this member id" (version 4 and later).
    pub(crate) takes_member_id: bool,
}

/// Who a member is, for people.
#[derive(Clone, Debug, Default)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) host: String,
}

/// A successful join.
#[derive(Debug)]
pub(crate) struct Joined {
    pub(crate) generation: i32,
    pub(crate) protocol_type: String,
    pub(crate) protocol: String,
    pub(crate) leader: String,
    pub(crate) member: String,
    /// For the leader: member, instance, metadata. Empty for others.
    pub(crate) members: Vec<(String, Option<String>, Bytes)>,
}

/// A refused join.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) code: ResponseError,
    /// The member id to come back with.
    pub(crate) member: String,
}

impl Refused {
    pub(crate) fn because(code: ResponseError) -> Self {
        Self {
            code,
            member: String::new(),
        }
    }
}

/// A member's assignment.
#[derive(Debug)]
pub(crate) struct Synced {
    pub(crate) protocol_type: String,
    pub(crate) protocol: String,
    pub(crate) assignment: Bytes,
}

pub(super) type JoinReply = oneshot::Sender<Result<Joined, Refused>>;
pub(super) type SyncReply = oneshot::Sender<Result<Synced, ResponseError>>;

/// A member.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) instance: Option<String>,
    pub(crate) client: Client,
    pub(super) protocols: Vec<(String, Bytes)>,
    pub(super) session: Duration,
    pub(super) rebalance: Duration,
    pub(super) expires: Instant,
    pub(super) join: Option<JoinReply>,
    pub(super) sync: Option<SyncReply>,
    pub(crate) assignment: Bytes,
}

impl Member {
    /// Its metadata for a protocol.
    pub(crate) fn metadata(&self, protocol: &str) -> Bytes {
        self.protocols
            .iter()
            .find(|(name, _)| name == protocol)
            .map(|(_, bytes)| bytes.clone())
            .unwrap_or_default()
    }

    /// Whether it can work with a protocol.
    pub(super) fn takes(&self, protocol: &str) -> bool {
        self.protocols.iter().any(|(name, _)| name == protocol)
    }

    /// It waits for our answer, so its silence is ours.
    pub(super) fn waits(&self) -> bool {
        self.join.is_some() || self.sync.is_some()
    }
}
