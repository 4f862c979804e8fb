//! The wire protocol without a client in between: every version that is offered is answered, and what careful clients
//! rely on (repeated batches, sessions, errors) has Kafka's codes. Embedded only.

mod versions;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use bytes::{Buf as _, Bytes, BytesMut};
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig};
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::find_coordinator_request::FindCoordinatorRequest;
use kafka_protocol::messages::join_group_request::JoinGroupRequestProtocol;
use kafka_protocol::messages::leave_group_request::MemberIdentity;
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use kafka_protocol::messages::offset_fetch_request::{OffsetFetchRequestGroup, OffsetFetchRequestTopic};
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::produce_response::PartitionProduceResponse;
use kafka_protocol::messages::*;
use kafka_protocol::protocol::{Decodable as _, Encodable as _, HeaderVersion as _, Request, StrBytes};
use kafka_protocol::records::{Compression, Record, RecordBatchEncoder, RecordEncodeOptions, TimestampType};
use parlance_broker::testing::Broker;

/// A connection that speaks the protocol's messages.
pub(crate) struct Wire(TcpStream);

impl Wire {
    pub(crate) fn to(broker: &Broker) -> Self {
        let stream = TcpStream::connect(broker.brokers()).expect("connected");
        stream.set_read_timeout(Some(crate::client::PATIENCE)).unwrap();
        Self(stream)
    }

    pub(crate) fn ask<R: Request>(&mut self, version: i16, request: &R) -> R::Response {
        self.send(version, request);
        self.receive::<R>(version)
    }

    fn send<R: Request>(&mut self, version: i16, request: &R) {
        let mut frame = BytesMut::from(&[0; 4][..]);
        let header = RequestHeader::default()
            .with_request_api_key(R::KEY)
            .with_request_api_version(version);
        header
            .with_correlation_id(7)
            .encode(&mut frame, R::header_version(version))
            .expect("a header");
        request
            .encode(&mut frame, version)
            .unwrap_or_else(|e| panic!("{} v{version}: {e}", R::KEY));
        let size = u32::try_from(frame.len() - 4).unwrap();
        frame[..4].copy_from_slice(&size.to_be_bytes());
        self.0.write_all(&frame).expect("sent");
    }

    fn receive<R: Request>(&mut self, version: i16) -> R::Response {
        let mut size = [0; 4];
        self.0
            .read_exact(&mut size)
            .unwrap_or_else(|e| panic!("no answer to {} v{version}: {e}", R::KEY));
        let mut answer = vec![0; u32::from_be_bytes(size) as usize];
        self.0.read_exact(&mut answer).expect("a whole answer");
        let mut answer = Bytes::from(answer);
        let header = ResponseHeader::decode(&mut answer, R::Response::header_version(version)).expect("a header");
        assert_eq!(header.correlation_id, 7);
        let response = R::Response::decode(&mut answer, version).expect("a response");
        assert!(!answer.has_remaining(), "{} v{version}: bytes left over", R::KEY);
        response
    }

    /// Sends bytes as they are and says whether the broker closes the connection.
    pub(crate) fn is_closed_after(&mut self, bytes: &[u8]) -> bool {
        // A write into a connection that is closed already is an answer, too.
        let _ = self.0.write_all(bytes);
        matches!(self.0.read(&mut [0; 64]), Ok(0) | Err(_))
    }
}

pub(crate) fn text(from: &str) -> StrBytes {
    StrBytes::from_string(from.to_owned())
}

fn topic_name(from: &str) -> TopicName {
    TopicName(text(from))
}

/// A batch of `count` records by a producer from a sequence number on (-1 and -1: not idempotent).
fn batch(producer: i64, sequence: i32, count: i32, transactional: bool) -> Bytes {
    let records: Vec<_> = (0..count)
        .map(|number| Record {
            transactional,
            control: false,
            delete_horizon: false,
            partition_leader_epoch: -1,
            producer_id: producer,
            producer_epoch: if producer < 0 { -1 } else { 0 },
            timestamp_type: TimestampType::Creation,
            offset: i64::from(number),
            sequence: sequence + number,
            timestamp: 1_000 + i64::from(number),
            key: Some(Bytes::from(format!("k{number}"))),
            value: Some(Bytes::from_static(b"v")),
            headers: Default::default(),
        })
        .collect();
    let mut bytes = BytesMut::new();
    let options = RecordEncodeOptions {
        version: 2,
        compression: Compression::None,
    };
    RecordBatchEncoder::encode(&mut bytes, &records, &options).expect("a batch");
    bytes.freeze()
}

fn produce(topic: &str, records: Bytes) -> ProduceRequest {
    let partition = PartitionProduceData::default().with_records(Some(records));
    let topic = TopicProduceData::default()
        .with_name(topic_name(topic))
        .with_partition_data(vec![partition]);
    ProduceRequest::default()
        .with_acks(-1)
        .with_timeout_ms(10_000)
        .with_topic_data(vec![topic])
}

fn idempotent() -> InitProducerIdRequest {
    InitProducerIdRequest::default().with_transactional_id(None)
}

fn produced(wire: &mut Wire, topic: &str, records: Bytes) -> (i16, i64) {
    let mut response = wire.ask(8, &produce(topic, records));
    let answer = response.responses.remove(0).partition_responses.remove(0);
    let PartitionProduceResponse {
        error_code,
        base_offset,
        error_message,
        ..
    } = answer;
    // Shown when the test fails.
    println!(
        "produced: {error_code} at {base_offset} {}",
        error_message.as_deref().unwrap_or_default()
    );
    (error_code, base_offset)
}

fn fetch(topic: &str, offset: i64) -> FetchRequest {
    let partition = FetchPartition::default()
        .with_fetch_offset(offset)
        .with_partition_max_bytes(1 << 20);
    let topic = FetchTopic::default()
        .with_topic(topic_name(topic))
        .with_partitions(vec![partition]);
    FetchRequest::default()
        .with_replica_id(BrokerId(-1))
        .with_max_bytes(1 << 20)
        .with_topics(vec![topic])
}

fn list_offsets(topic: &str, timestamp: i64) -> ListOffsetsRequest {
    let partition = ListOffsetsPartition::default().with_timestamp(timestamp);
    let topic = ListOffsetsTopic::default()
        .with_name(topic_name(topic))
        .with_partitions(vec![partition]);
    ListOffsetsRequest::default()
        .with_replica_id(BrokerId(-1))
        .with_topics(vec![topic])
}

fn create(wire: &mut Wire, topic: &str, settings: &[(&str, &str)]) {
    let config = |(name, value): &(&str, &str)| {
        CreatableTopicConfig::default()
            .with_name(text(name))
            .with_value(Some(text(value)))
    };
    let topic = CreatableTopic::default()
        .with_name(topic_name(topic))
        .with_num_partitions(1);
    let topic = topic
        .with_replication_factor(1)
        .with_configs(settings.iter().map(config).collect());
    let request = CreateTopicsRequest::default()
        .with_topics(vec![topic])
        .with_timeout_ms(10_000);
    assert_eq!(wire.ask(4, &request).topics[0].error_code, 0);
}

#[test]
fn repeated_missing_and_foreign_batches_are_told_apart_also_after_a_restart() {
    let mut broker = Broker::own();
    let mut wire = Wire::to(&broker);
    create(&mut wire, "t", &[]);
    let id = wire.ask(1, &idempotent()).producer_id.0;
    assert_eq!(produced(&mut wire, "t", batch(id, 0, 3, false)), (0, 0));
    assert_eq!(produced(&mut wire, "t", batch(id, 3, 2, false)), (0, 3));
    for _ in 0..2 {
        assert_eq!(
            produced(&mut wire, "t", batch(id, 0, 3, false)),
            (0, 0),
            "repeated: where it was"
        );
        assert_eq!(produced(&mut wire, "t", batch(id, 3, 2, false)), (0, 3));
        assert_eq!(
            produced(&mut wire, "t", batch(id, 6, 1, false)).0,
            ResponseError::OutOfOrderSequenceNumber.code()
        );
        assert_eq!(
            produced(&mut wire, "t", batch(id + 1, 9, 1, false)).0,
            ResponseError::UnknownProducerId.code()
        );
        drop(wire);
        broker.restart();
        wire = Wire::to(&broker);
    }
    for sequence in 5..12 {
        assert_eq!(produced(&mut wire, "t", batch(id, sequence, 1, false)).0, 0);
    }
    let long_ago = produced(&mut wire, "t", batch(id, 0, 3, false));
    assert_eq!(long_ago.0, ResponseError::DuplicateSequenceNumber.code());
    let next = wire.ask(1, &idempotent()).producer_id.0;
    assert!(next > id + 1, "producer ids are never handed out again");
    let transactional = produced(&mut wire, "t", batch(id, 12, 1, true));
    assert_eq!(
        transactional.0,
        ResponseError::TransactionalIdAuthorizationFailed.code()
    );
}

#[test]
fn broken_batches_are_refused_and_harm_nobody() {
    let broker = Broker::own();
    let mut wire = Wire::to(&broker);
    create(&mut wire, "t", &[("max.message.bytes", "500")]);
    let good = batch(-1, -1, 2, false);
    for at in [16, 17, 30, good.len() - 1] {
        let mut bad = good.to_vec();
        bad[at] ^= 1;
        assert_eq!(
            produced(&mut wire, "t", bad.into()).0,
            ResponseError::CorruptMessage.code(),
            "byte {at}"
        );
    }
    assert_eq!(
        produced(&mut wire, "t", Bytes::new()).0,
        ResponseError::CorruptMessage.code()
    );
    assert_eq!(
        produced(&mut wire, "t", good.slice(..40)).0,
        ResponseError::CorruptMessage.code()
    );
    let two = [&good[..], &good[..]].concat();
    assert_eq!(
        produced(&mut wire, "t", two.into()).0,
        ResponseError::InvalidRecord.code()
    );
    assert_eq!(
        produced(&mut wire, "t", batch(-1, -1, 100, false)).0,
        ResponseError::MessageTooLarge.code()
    );
    assert_eq!(
        produced(&mut wire, "nowhere", good.clone()).0,
        ResponseError::UnknownTopicOrPartition.code()
    );
    let odd = wire.ask(7, &produce("t", good.clone()).with_acks(3));
    let code = odd.responses[0].partition_responses[0].error_code;
    assert_eq!(code, ResponseError::InvalidRequiredAcks.code());
    assert_eq!(
        produced(&mut wire, "t", good),
        (0, 0),
        "nothing of the above is in the log"
    );
}

#[test]
fn pipelined_batches_are_answered_in_order() {
    let broker = Broker::own();
    let mut wire = Wire::to(&broker);
    create(&mut wire, "t", &[]);
    for _ in 0..200 {
        wire.send(7, &produce("t", batch(-1, -1, 1, false)));
    }
    for offset in 0..200 {
        let response = wire.receive::<ProduceRequest>(7);
        assert_eq!(response.responses[0].partition_responses[0].base_offset, offset);
    }
}

#[test]
fn fetch_answers_as_kafka_does_at_and_beyond_the_ends() {
    let broker = Broker::own();
    let mut wire = Wire::to(&broker);
    create(&mut wire, "t", &[]);
    produced(&mut wire, "t", batch(-1, -1, 4, false));
    produced(&mut wire, "t", batch(-1, -1, 4, false));
    let mut one = |offset: i64| {
        let response = wire.ask(11, &fetch("t", offset));
        let found = &response.responses[0].partitions[0];
        assert_eq!(found.log_start_offset, 0);
        assert_eq!(found.high_watermark, 8);
        (found.error_code, found.records.as_ref().map_or(0, Bytes::len))
    };
    let both = one(0).1;
    assert!(both > 0);
    assert_eq!(one(3), (0, both), "the batch that holds it");
    assert_eq!(one(4), (0, both / 2));
    assert_eq!(one(8), (0, 0));
    assert_eq!(one(9).0, ResponseError::OffsetOutOfRange.code());
    assert_eq!(one(-1).0, ResponseError::OffsetOutOfRange.code());
    let tiny = wire.ask(11, &fetch("t", 0).with_max_bytes(1));
    assert_eq!(
        tiny.responses[0].partitions[0].records.as_ref().map(Bytes::len),
        Some(both / 2),
        "one whole batch"
    );
    let session = wire.ask(11, &fetch("t", 0).with_session_id(5));
    assert_eq!(session.error_code, ResponseError::FetchSessionIdNotFound.code());

    let newest = wire
        .ask(7, &list_offsets("t", -3))
        .topics
        .remove(0)
        .partitions
        .remove(0);
    assert_eq!((newest.offset, newest.timestamp), (3, 1_003));
}

#[test]
fn fetch_waits_for_as_much_as_was_asked() {
    let broker = Broker::own();
    let (mut reader, mut writer) = (Wire::to(&broker), Wire::to(&broker));
    create(&mut writer, "t", &[]);
    let size = batch(-1, -1, 1, false).len();
    let wanted = i32::try_from(size * 3).unwrap();
    reader.send(11, &fetch("t", 0).with_min_bytes(wanted).with_max_wait_ms(25_000));
    for _ in 0..3 {
        produced(&mut writer, "t", batch(-1, -1, 1, false));
    }
    let response = reader.receive::<FetchRequest>(11);
    assert_eq!(
        response.responses[0].partitions[0].records.as_ref().map(Bytes::len),
        Some(size * 3)
    );
}
