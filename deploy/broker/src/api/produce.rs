//! `Produce` and `InitProducerId`.

use std::sync::Arc;
use std::time::Duration;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::produce_response::{PartitionProduceResponse, ProduceResponse, TopicProduceResponse};
use kafka_protocol::messages::{InitProducerIdRequest, InitProducerIdResponse, ProduceRequest, ProducerId};

use super::{Answer, BadRequest, Head, text};
use crate::broker::Broker;
use crate::log::Partition;
use crate::log::partition::{Appended, Refused};
use crate::log::producer_state::Verdict;

/// Longest wait for the disk, whatever the client allows.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// An appended batch that must become durable before the answer (topic and partition by place in the answer).
struct Pending {
    place: (usize, usize),
    partition: Arc<Partition>,
    next: i64,
}

/// Appends now; answers when it is durable.
pub(super) async fn produce(broker: &Arc<Broker>, request: ProduceRequest, head: Head) -> Result<Answer, BadRequest> {
    let (acks, wait) = (
        request.acks,
        Duration::from_millis(u64::try_from(request.timeout_ms).unwrap_or(0)),
    );
    let (mut response, pending) = broker.blocking(move |broker| append(broker, request)).await;
    if acks == 0 {
        return Ok(Answer::Ready(bytes::BytesMut::new()));
    }
    Ok(Answer::WhenDurable(Box::pin(async move {
        let deadline = tokio::time::Instant::now() + wait.min(MAX_WAIT);
        for Pending { place, partition, next } in pending {
            let failure = match tokio::time::timeout_at(deadline, partition.commit.reached(next)).await {
                Ok(Ok(())) => continue,
                Ok(Err(_)) => ResponseError::KafkaStorageError,
                Err(_) => ResponseError::RequestTimedOut,
            };
            let answer = &mut response.responses[place.0].partition_responses[place.1];
            answer.error_code = failure.code();
            answer.base_offset = -1;
        }
        head.frame(&response)
    })))
}

fn append(broker: &Broker, request: ProduceRequest) -> (ProduceResponse, Vec<Pending>) {
    let acks_known = matches!(request.acks, -1..=1);
    let transactional = request.transactional_id.is_some();
    let mut response = ProduceResponse::default();
    let mut pending = Vec::new();
    for topic in request.topic_data {
        let mut answers = Vec::with_capacity(topic.partition_data.len());
        for data in topic.partition_data {
            let mut answer = PartitionProduceResponse::default()
                .with_index(data.index)
                .with_base_offset(-1);
            answer.log_append_time_ms = -1;
            let found = broker.topics.partition(topic.name.as_str(), data.index);
            let refusal = match found {
                _ if !acks_known => Some((ResponseError::InvalidRequiredAcks, "acks is -1, 0 or 1".to_owned())),
                _ if transactional => Some(explain(&Refused::Transactional)),
                None => Some((ResponseError::UnknownTopicOrPartition, "no such partition".to_owned())),
                Some((topic, partition)) => {
                    let records = data.records.unwrap_or_default();
                    match partition.append(&records, &topic.config) {
                        Ok(appended) => {
                            note(&mut answer, &appended);
                            metrics::counter!("broker_produced_bytes_total").increment(records.len() as u64);
                            let place = (response.responses.len(), answers.len());
                            pending.push(Pending {
                                place,
                                partition,
                                next: appended.next,
                            });
                            None
                        }
                        Err(refused) => Some(explain(&refused)),
                    }
                }
            };
            if let Some((code, why)) = refusal {
                metrics::counter!("broker_refused_batches_total", "error" => format!("{code:?}")).increment(1);
                answer.error_code = code.code();
                answer.error_message = Some(text(&why));
            }
            answers.push(answer);
        }
        let answers = TopicProduceResponse::default()
            .with_name(topic.name)
            .with_partition_responses(answers);
        response.responses.push(answers);
    }
    (response, pending)
}

fn note(answer: &mut PartitionProduceResponse, appended: &Appended) {
    answer.base_offset = appended.base;
    answer.log_append_time_ms = appended.log_append_time;
    answer.log_start_offset = appended.log_start;
}

fn explain(refused: &Refused) -> (ResponseError, String) {
    let code = match refused {
        Refused::Corrupt => ResponseError::CorruptMessage,
        Refused::Invalid(_) => ResponseError::InvalidRecord,
        Refused::TooLarge { .. } => ResponseError::MessageTooLarge,
        Refused::Transactional => ResponseError::TransactionalIdAuthorizationFailed,
        Refused::Timestamp => ResponseError::InvalidTimestamp,
        Refused::Storage(_) => ResponseError::KafkaStorageError,
        Refused::Sequence(Verdict::RepeatedLongAgo) => ResponseError::DuplicateSequenceNumber,
        Refused::Sequence(Verdict::Fenced) => ResponseError::InvalidProducerEpoch,
        Refused::Sequence(Verdict::Unknown) => ResponseError::UnknownProducerId,
        Refused::Sequence(_) => ResponseError::OutOfOrderSequenceNumber,
    };
    (code, refused.to_string())
}

/// A new id for an idempotent producer; transactional ones are refused for good.
pub(super) async fn init_producer_id(broker: &Arc<Broker>, request: InitProducerIdRequest) -> InitProducerIdResponse {
    let mut response = InitProducerIdResponse::default()
        .with_producer_id(ProducerId(-1))
        .with_producer_epoch(-1);
    if request.transactional_id.is_some() {
        // The code that clients take as final.
        response.error_code = ResponseError::TransactionalIdAuthorizationFailed.code();
        return response;
    }
    match broker.blocking(|broker| broker.producer_ids.next()).await {
        Ok(id) => response.with_producer_id(ProducerId(id)).with_producer_epoch(0),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "cannot reserve producer ids");
            response.with_error_code(ResponseError::KafkaStorageError.code())
        }
    }
}
