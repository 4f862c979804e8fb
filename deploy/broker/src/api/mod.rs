//! Requests and answers: which are served in which versions, and by whom.
//!
//! # Layout
//! * `produce`, `fetch`, `list_offsets`: records
//! * `metadata`: who serves what
//! * `topics`, `configs`: administration
//! * `membership`, `offsets`, `group_admin`: consumer groups

mod configs;
mod fetch;
mod group_admin;
mod list_offsets;
mod membership;
mod metadata;
mod offsets;
mod produce;
mod topics;

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::{ApiKey, ApiVersionsRequest, RequestHeader, ResponseHeader};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, StrBytes};

use crate::broker::Broker;

/// What is served, from which to which version. Below the versions that name topics by id alone or that bring
/// transactions and server-side assignment.
const SERVED: &[(ApiKey, i16, i16)] = &[
    (ApiKey::Produce, 3, 9),
    (ApiKey::Fetch, 4, 12),
    (ApiKey::ListOffsets, 1, 7),
    (ApiKey::Metadata, 0, 12),
    (ApiKey::OffsetCommit, 2, 8),
    (ApiKey::OffsetFetch, 1, 8),
    (ApiKey::FindCoordinator, 0, 4),
    (ApiKey::JoinGroup, 0, 7),
    (ApiKey::Heartbeat, 0, 4),
    (ApiKey::LeaveGroup, 0, 4),
    (ApiKey::SyncGroup, 0, 5),
    (ApiKey::DescribeGroups, 0, 5),
    (ApiKey::ListGroups, 0, 4),
    (ApiKey::ApiVersions, 0, 3),
    (ApiKey::CreateTopics, 2, 7),
    (ApiKey::DeleteTopics, 1, 6),
    (ApiKey::InitProducerId, 0, 4),
    (ApiKey::DescribeConfigs, 1, 4),
    (ApiKey::AlterConfigs, 0, 2),
    (ApiKey::CreatePartitions, 0, 3),
    (ApiKey::DeleteGroups, 0, 2),
    (ApiKey::IncrementalAlterConfigs, 0, 1),
    (ApiKey::DescribeCluster, 0, 1),
];

/// A request that cannot be answered; Kafka, too, closes the connection then.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadRequest {
    #[error("no such request: {0}")]
    Unknown(i16),
    #[error("{0:?} version {1} is not served")]
    Version(ApiKey, i16),
    #[error("{0:?} version {1} is malformed: {2}")]
    Malformed(ApiKey, i16, String),
    #[error("{0:?} version {1} cannot be answered: {2}")]
    Unanswerable(ApiKey, i16, String),
}

/// What to send back.
pub(crate) enum Answer {
    /// These bytes (none: the client wants no answer).
    Ready(BytesMut),
    /// These bytes, once what they acknowledge is on the disk.
    WhenDurable(BoxFuture<'static, Result<BytesMut, BadRequest>>),
}

/// A request whose header has been read.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    head: Head,
    client: String,
    body: Bytes,
}

/// What an answer needs to know of its request.
#[derive(Clone, Copy, Debug)]
struct Head {
    key: ApiKey,
    version: i16,
    correlation: i32,
}

impl Request {
    /// Reads the header of a frame of at least 8 bytes.
    pub(crate) fn parse(mut frame: Bytes) -> Result<Self, BadRequest> {
        let number = |at: usize| i16::from_be_bytes([frame[at], frame[at + 1]]);
        let (number, version) = (number(0), number(2));
        let correlation = i32::from_be_bytes([frame[4], frame[5], frame[6], frame[7]]);
        let key = ApiKey::try_from(number).map_err(|()| BadRequest::Unknown(number))?;
        let head = Head {
            key,
            version,
            correlation,
        };
        let served = SERVED
            .iter()
            .find(|(served, ..)| *served == key)
            .ok_or(BadRequest::Unknown(number))?;
        if !(served.1..=served.2).contains(&version) {
            // Asking for the versions must work in any version.
            let body = Bytes::new();
            let asks = Self {
                head: Head { version: -1, ..head },
                client: String::new(),
                body,
            };
            return if key == ApiKey::ApiVersions {
                Ok(asks)
            } else {
                Err(BadRequest::Version(key, version))
            };
        }
        let header = RequestHeader::decode(&mut frame, key.request_header_version(version))
            .map_err(|error| BadRequest::Malformed(key, version, error.to_string()))?;
        let client = header.client_id.map(|id| id.to_string()).unwrap_or_default();
        Ok(Self {
            head,
            client,
            body: frame,
        })
    }

    /// Whether the answer may take long because of others (rather than the disk).
    pub(crate) fn may_wait(&self) -> bool {
        matches!(self.head.key, ApiKey::Fetch | ApiKey::JoinGroup | ApiKey::SyncGroup)
    }

    fn decode<R: Decodable>(&self) -> Result<R, BadRequest> {
        let Head { key, version, .. } = self.head;
        R::decode(&mut self.body.clone(), version)
            .map_err(|error| BadRequest::Malformed(key, version, error.to_string()))
    }
}

impl Head {
    fn frame<R: Encodable + HeaderVersion>(self, response: &R) -> Result<BytesMut, BadRequest> {
        let mut frame = BytesMut::from(&[0; 4][..]);
        let header = ResponseHeader::default().with_correlation_id(self.correlation);
        header
            .encode(&mut frame, R::header_version(self.version))
            .and_then(|()| response.encode(&mut frame, self.version))
            .map_err(|error| BadRequest::Unanswerable(self.key, self.version, error.to_string()))?;
        let size = u32::try_from(frame.len() - 4).expect("a response is smaller than 4 GiB");
        frame[..4].copy_from_slice(&size.to_be_bytes());
        Ok(frame)
    }

    fn ready<R: Encodable + HeaderVersion>(self, response: &R) -> Result<Answer, BadRequest> {
        self.frame(response).map(Answer::Ready)
    }
}

/// Answers one request. `host` is the client's address.
pub(crate) async fn answer(broker: &Arc<Broker>, request: &Request, host: &str) -> Result<Answer, BadRequest> {
    let head = request.head;
    metrics::counter!("broker_requests_total", "request" => format!("{:?}", head.key)).increment(1);
    let version = head.version;
    match head.key {
        ApiKey::Produce => produce::produce(broker, request.decode()?, head).await,
        ApiKey::Fetch => head.ready(&fetch::fetch(broker, request.decode()?).await),
        ApiKey::ListOffsets => head.ready(&list_offsets::list_offsets(broker, request.decode()?, version).await),
        ApiKey::Metadata => head.ready(&metadata::metadata(broker, request.decode()?, version)),
        ApiKey::DescribeCluster => head.ready(&metadata::cluster(broker)),
        ApiKey::FindCoordinator => head.ready(&metadata::coordinator(broker, request.decode()?, version)),
        ApiKey::OffsetCommit => head.ready(&offsets::commit(broker, request.decode()?).await),
        ApiKey::OffsetFetch => head.ready(&offsets::fetch(broker, request.decode()?, version)),
        ApiKey::JoinGroup => {
            let client = crate::groups::member::Client {
                id: request.client.clone(),
                host: host.to_owned(),
            };
            head.ready(&membership::join(broker, request.decode()?, version, client).await)
        }
        ApiKey::SyncGroup => head.ready(&membership::sync(broker, request.decode()?).await),
        ApiKey::Heartbeat => head.ready(&membership::heartbeat(broker, &request.decode()?)),
        ApiKey::LeaveGroup => head.ready(&membership::leave(broker, request.decode()?, version)),
        ApiKey::ListGroups => head.ready(&group_admin::list(broker, &request.decode()?)),
        ApiKey::DescribeGroups => head.ready(&group_admin::describe(broker, request.decode()?, version)),
        ApiKey::DeleteGroups => head.ready(&group_admin::delete(broker, request.decode()?).await),
        ApiKey::CreateTopics => head.ready(&topics::create(broker, request.decode()?).await),
        ApiKey::CreatePartitions => head.ready(&topics::grow(broker, request.decode()?).await),
        ApiKey::DeleteTopics => head.ready(&topics::delete(broker, request.decode()?, version).await),
        ApiKey::DescribeConfigs => head.ready(&configs::describe(broker, request.decode()?)),
        ApiKey::AlterConfigs => head.ready(&configs::alter(broker, request.decode()?).await),
        ApiKey::IncrementalAlterConfigs => head.ready(&configs::alter_some(broker, request.decode()?).await),
        ApiKey::InitProducerId => head.ready(&produce::init_producer_id(broker, request.decode()?).await),
        ApiKey::ApiVersions if version < 0 => Head { version: 0, ..head }.ready(&metadata::versions(SERVED, false)),
        ApiKey::ApiVersions => {
            request.decode::<ApiVersionsRequest>()?;
            head.ready(&metadata::versions(SERVED, true))
        }
        key => Err(BadRequest::Version(key, version)),
    }
}

/// A protocol string.
fn text(from: &str) -> StrBytes {
    StrBytes::from_string(from.to_owned())
}

/// A result's error code.
fn code<T>(result: &Result<T, ResponseError>) -> i16 {
    result.as_ref().err().map_or(0, ResponseError::code)
}
