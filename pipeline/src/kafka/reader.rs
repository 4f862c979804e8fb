//! Reading partitions of a topic, each through a queue of its own, so that none can hide another.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread::Thread;
use std::time::Duration;

use parlance_service::kafka::Client;
use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message, Timestamp};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::RDKafkaErrorCode;

use super::{PATIENCE, failed, signed};
use crate::error::Error;
use crate::log::{Fetched, LogReader, LogRecord};

/// Reads some partitions of one topic.
pub(crate) struct KafkaReader {
    consumer: Arc<BaseConsumer<Client>>,
    lanes: BTreeMap<u32, Lane>,
}

struct Lane {
    queue: PartitionQueue<Client>,
    at_end: bool,
}

/// Where a partition's records begin and end, and the one to begin with.
struct Bounds {
    start: i64,
    end: i64,
}

impl KafkaReader {
    /// Assigns the partitions, each from its first record logged at or after `from`.
    pub(super) fn open(
        consumer: BaseConsumer<Client>,
        topic: &str,
        partitions: &[u32],
        from: u64,
        progress: u64,
    ) -> Result<Self, Error> {
        // The ends come first: "the end", as a later answer means it, may be past records that must be read.
        let mut bounds = BTreeMap::new();
        for partition in partitions {
            let (start, end) = consumer
                .fetch_watermarks(topic, signed(*partition), PATIENCE)
                .map_err(|error| failed("asking how far the log goes", &error))?;
            bounds.insert(*partition, Bounds { start, end });
        }
        if progress > 0 {
            refuse_another_log(&consumer, topic, &bounds, progress)?;
        }
        let begin = first_since(&consumer, topic, &bounds, from)?;
        let mut assignment = TopicPartitionList::new();
        for (partition, offset) in &begin {
            assignment
                .add_partition_offset(topic, signed(*partition), Offset::Offset(*offset))
                .map_err(|error| failed("assigning partitions", &error))?;
        }
        consumer
            .assign(&assignment)
            .map_err(|error| failed("assigning partitions", &error))?;
        let consumer = Arc::new(consumer);
        let poller = std::thread::current();
        let mut lanes = BTreeMap::new();
        for partition in partitions {
            let lane = split(&consumer, topic, *partition, poller.clone())?;
            lanes.insert(*partition, lane);
        }
        Ok(Self { consumer, lanes })
    }
}

fn split(consumer: &Arc<BaseConsumer<Client>>, topic: &str, partition: u32, poller: Thread) -> Result<Lane, Error> {
    let queue = consumer.split_partition_queue(topic, signed(partition));
    let mut queue = queue.ok_or_else(|| failed("splitting a partition's queue", &KafkaError::Canceled))?;
    queue.set_nonempty_callback(move || poller.unpark());
    Ok(Lane { queue, at_end: false })
}

/// The first offset of each partition logged at or after `time`; its end when there is none.
fn first_since(
    consumer: &BaseConsumer<Client>,
    topic: &str,
    bounds: &BTreeMap<u32, Bounds>,
    time: u64,
) -> Result<BTreeMap<u32, i64>, Error> {
    let doing = "looking up offsets by time";
    let time = i64::try_from(time).unwrap_or(i64::MAX);
    let mut asked = TopicPartitionList::new();
    for partition in bounds.keys() {
        asked
            .add_partition_offset(topic, signed(*partition), Offset::Offset(time))
            .map_err(|error| failed(doing, &error))?;
    }
    let found = consumer
        .offsets_for_times(asked, PATIENCE)
        .map_err(|error| failed(doing, &error))?;
    let mut first = BTreeMap::new();
    for (partition, bounds) in bounds {
        let element = found.find_partition(topic, signed(*partition));
        let element = element.ok_or_else(|| failed(doing, &KafkaError::Canceled))?;
        element.error().map_err(|error| failed(doing, &error))?;
        let offset = match element.offset() {
            Offset::Offset(offset) => offset.clamp(bounds.start, bounds.end),
            Offset::Beginning => bounds.start,
            _ => bounds.end,
        };
        first.insert(*partition, offset);
    }
    Ok(first)
}

/// That the sink is complete through a time means every partition went beyond it. One that does not has lost records
/// (or is another log): reading on would wait for ever, or number new records as old.
fn refuse_another_log(
    consumer: &BaseConsumer<Client>,
    topic: &str,
    bounds: &BTreeMap<u32, Bounds>,
    progress: u64,
) -> Result<(), Error> {
    let beyond = first_since(consumer, topic, bounds, progress + 1)?;
    for (partition, Bounds { start, end }) in bounds {
        let ends_before = beyond.get(partition) == Some(end);
        if ends_before && start < end || *end == 0 {
            return Err(Error::LogRefused(format!(
                "topic {topic} partition {partition} ends (offset {end}) before log time {progress}, up to which its \
                 records are in ClickHouse already: the log has lost records, or is another one; restore it, or \
                 begin anew with an empty database"
            )));
        }
        if ends_before {
            tracing::warn!(partition, "every record of the partition has been dropped by retention");
        } else if beyond.get(partition) == Some(start) && *start > 0 {
            tracing::warn!(
                partition,
                first_offset = start,
                "retention has reached records that may not have been read"
            );
        }
    }
    Ok(())
}

impl LogReader for KafkaReader {
    fn fetch(&mut self, partition: u32) -> Result<Fetched, Error> {
        let lane = self.lanes.get_mut(&partition).expect("asked only for what was opened");
        match lane.queue.poll(Duration::ZERO) {
            None if lane.at_end => Ok(Fetched::End),
            None => Ok(Fetched::Pending),
            Some(Ok(message)) => {
                lane.at_end = false;
                record(&message).map(Fetched::Record)
            }
            Some(Err(KafkaError::PartitionEOF(_))) => {
                lane.at_end = true;
                Ok(Fetched::End)
            }
            Some(Err(error)) if passes(&error) => Ok(Fetched::Pending),
            Some(Err(error)) => Err(reading(&error, partition)),
        }
    }

    fn wait(&mut self, at_most: Duration) {
        // Serves the client's callbacks; records come through the partitions' own queues.
        match self.consumer.poll(Duration::ZERO) {
            Some(Err(error)) if !passes(&error) => {
                tracing::warn!(%error, "the Kafka client reports");
            }
            _ => {}
        }
        std::thread::park_timeout(at_most);
    }
}

fn record(message: &BorrowedMessage<'_>) -> Result<LogRecord, Error> {
    let Timestamp::LogAppendTime(log_time) = message.timestamp() else {
        return Err(Error::LogRefused(format!(
            "partition {} offset {} carries its sender's time; the topic must have message.timestamp.type=LogAppendTime",
            message.partition(),
            message.offset()
        )));
    };
    Ok(LogRecord {
        offset: message.offset(),
        log_time: u64::try_from(log_time).unwrap_or(0),
        key: message.key().map(<[u8]>::to_vec),
        payload: message.payload().unwrap_or_default().to_vec(),
    })
}

fn reading(error: &KafkaError, partition: u32) -> Error {
    match error.rdkafka_error_code() {
        Some(RDKafkaErrorCode::OffsetOutOfRange | RDKafkaErrorCode::AutoOffsetReset) => Error::LogRefused(format!(
            "partition {partition} no longer has the records that come next: they were deleted before they were read"
        )),
        _ => failed(&format!("reading partition {partition}"), error),
    }
}

/// The client mends these by itself and only reports them.
fn passes(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::BrokerTransportFailure
                | Code::AllBrokersDown
                | Code::OperationTimedOut
                | Code::RequestTimedOut
                | Code::NotLeaderForPartition
                | Code::LeaderNotAvailable
                | Code::ReplicaNotAvailable
                | Code::BrokerNotAvailable
                | Code::UnknownTopicOrPartition
                | Code::Resolve
                | Code::NodeUpdate
        )
    )
}
