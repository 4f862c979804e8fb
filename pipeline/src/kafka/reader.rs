//! Reading partitions of a topic, each through a queue of its own, so that none can hide another.

use std::collections::{BTreeMap, VecDeque};
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
    /// What came through the client's common queue; it is older than what is in `queue`.
    strayed: VecDeque<Fetched>,
    /// The offset that should come next.
    next: i64,
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
        // Before they are assigned: what arrives between the two would go to the client's common queue.
        let consumer = Arc::new(consumer);
        let poller = std::thread::current();
        let mut lanes = BTreeMap::new();
        for (partition, offset) in &begin {
            let lane = split(&consumer, topic, *partition, *offset, poller.clone())?;
            lanes.insert(*partition, lane);
        }
        let mut assignment = TopicPartitionList::new();
        for (partition, offset) in &begin {
            assignment
                .add_partition_offset(topic, signed(*partition), Offset::Offset(*offset))
                .map_err(|error| failed("assigning partitions", &error))?;
        }
        consumer
            .assign(&assignment)
            .map_err(|error| failed("assigning partitions", &error))?;
        Ok(Self { consumer, lanes })
    }
}

fn split(
    consumer: &Arc<BaseConsumer<Client>>,
    topic: &str,
    partition: u32,
    next: i64,
    poller: Thread,
) -> Result<Lane, Error> {
    let queue = consumer.split_partition_queue(topic, signed(partition));
    let mut queue = queue.ok_or_else(|| failed("splitting a partition's queue", &KafkaError::Canceled))?;
    queue.set_nonempty_callback(move || poller.unpark());
    Ok(Lane {
        queue,
        strayed: VecDeque::new(),
        next,
        at_end: false,
    })
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
        match lane.strayed.pop_front() {
            None => {}
            Some(Fetched::Record(record)) => return lane.in_order(partition, record),
            Some(end) => {
                lane.at_end = true;
                return Ok(end);
            }
        }
        let fetched = match lane.queue.poll(Duration::ZERO) {
            None if lane.at_end => return Ok(Fetched::End),
            None => return Ok(Fetched::Pending),
            Some(Ok(message)) => record(&message)?,
            Some(Err(KafkaError::PartitionEOF(_))) => {
                lane.at_end = true;
                return Ok(Fetched::End);
            }
            Some(Err(error)) if passes(&error) => return Ok(Fetched::Pending),
            Some(Err(error)) => return Err(reading(&error, partition)),
        };
        lane.in_order(partition, fetched)
    }

    fn wait(&mut self, at_most: Duration) -> Result<(), Error> {
        self.serve()?;
        std::thread::park_timeout(at_most);
        Ok(())
    }
}

impl KafkaReader {
    /// Serves the client's common queue. Records have queues of their own; should one come here it is not dropped.
    fn serve(&mut self) -> Result<(), Error> {
        while let Some(event) = self.consumer.poll(Duration::ZERO) {
            let (partition, fetched) = match event {
                Ok(message) => (message.partition(), Fetched::Record(record(&message)?)),
                Err(KafkaError::PartitionEOF(partition)) => (partition, Fetched::End),
                Err(error) => {
                    if !passes(&error) {
                        tracing::warn!(%error, "the Kafka client reports");
                    }
                    continue;
                }
            };
            tracing::warn!(partition, "a record came through the client's common queue");
            let lane = u32::try_from(partition).ok();
            match lane.and_then(|partition| self.lanes.get_mut(&partition)) {
                Some(lane) => lane.strayed.push_back(fetched),
                None => {
                    return Err(failed(
                        "reading a partition that was not assigned",
                        &KafkaError::Canceled,
                    ));
                }
            }
        }
        Ok(())
    }
}

impl Lane {
    /// A record that comes after another one is never taken for one that comes before: then something was lost or
    /// mixed up on the way, and reading begins anew.
    fn in_order(&mut self, partition: u32, record: LogRecord) -> Result<Fetched, Error> {
        if record.offset < self.next {
            return Err(Error::Log {
                doing: format!("reading partition {partition}"),
                reason: format!("offset {} came where {} was due", record.offset, self.next),
            });
        }
        if record.offset > self.next {
            // Compaction and transactions leave gaps; our topics have neither.
            metrics::counter!("pipeline_log_gaps_total").increment(1);
            tracing::warn!(
                partition,
                due = self.next,
                came = record.offset,
                "offsets are missing in the log"
            );
        }
        self.next = record.offset + 1;
        self.at_end = false;
        Ok(Fetched::Record(record))
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
