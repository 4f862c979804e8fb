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

use super::{PATIENCE, Place, failed};
use crate::error::Error;
use crate::log::{Fetched, LogReader, LogRecord};

/// Reads some partitions of the log.
pub(crate) struct KafkaReader {
    consumer: Arc<BaseConsumer<Client>>,
    lanes: BTreeMap<u32, Lane>,
}

struct Lane {
    place: Place,
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
        places: &[Place],
        from: u64,
        progress: u64,
    ) -> Result<Self, Error> {
        // The ends come first: "the end", as a later answer means it, may be past records that must be read.
        let mut bounds = BTreeMap::new();
        for place in places {
            let (start, end) = consumer
                .fetch_watermarks(&place.topic, place.partition, PATIENCE)
                .map_err(|error| failed("asking how far the log goes", &error))?;
            bounds.insert(place.lane, (place, Bounds { start, end }));
        }
        if progress > 0 {
            refuse_another_log(&consumer, &bounds, progress)?;
        }
        let begin = first_since(&consumer, &bounds, from)?;
        // Before they are assigned: what arrives between the two would go to the client's common queue.
        let consumer = Arc::new(consumer);
        let poller = std::thread::current();
        let mut lanes = BTreeMap::new();
        for (place, _) in bounds.values() {
            let lane = split(&consumer, place, begin[&place.lane], poller.clone())?;
            lanes.insert(place.lane, lane);
        }
        let mut assignment = TopicPartitionList::new();
        for (place, _) in bounds.values() {
            assignment
                .add_partition_offset(&place.topic, place.partition, Offset::Offset(begin[&place.lane]))
                .map_err(|error| failed("assigning partitions", &error))?;
        }
        consumer
            .assign(&assignment)
            .map_err(|error| failed("assigning partitions", &error))?;
        Ok(Self { consumer, lanes })
    }
}

fn split(consumer: &Arc<BaseConsumer<Client>>, place: &Place, next: i64, poller: Thread) -> Result<Lane, Error> {
    let queue = consumer.split_partition_queue(&place.topic, place.partition);
    let mut queue = queue.ok_or_else(|| failed("splitting a partition's queue", &KafkaError::Canceled))?;
    queue.set_nonempty_callback(move || poller.unpark());
    Ok(Lane {
        place: place.clone(),
        queue,
        strayed: VecDeque::new(),
        next,
        at_end: false,
    })
}

/// The first offset of each partition logged at or after `time`; its end when there is none.
fn first_since(
    consumer: &BaseConsumer<Client>,
    bounds: &BTreeMap<u32, (&Place, Bounds)>,
    time: u64,
) -> Result<BTreeMap<u32, i64>, Error> {
    let doing = "looking up offsets by time";
    let time = i64::try_from(time).unwrap_or(i64::MAX);
    let mut asked = TopicPartitionList::new();
    for (place, _) in bounds.values() {
        asked
            .add_partition_offset(&place.topic, place.partition, Offset::Offset(time))
            .map_err(|error| failed(doing, &error))?;
    }
    let found = consumer
        .offsets_for_times(asked, PATIENCE)
        .map_err(|error| failed(doing, &error))?;
    let mut first = BTreeMap::new();
    for (lane, (place, bounds)) in bounds {
        let element = found.find_partition(&place.topic, place.partition);
        let element = element.ok_or_else(|| failed(doing, &KafkaError::Canceled))?;
        element.error().map_err(|error| failed(doing, &error))?;
        let offset = match element.offset() {
            Offset::Offset(offset) => offset.clamp(bounds.start, bounds.end),
            Offset::Beginning => bounds.start,
            _ => bounds.end,
        };
        first.insert(*lane, offset);
    }
    Ok(first)
}

/// That the sink is complete through a time means every partition went beyond it. One that does not has lost records
/// (or is another log): reading on would wait for ever, or number new records as old.
fn refuse_another_log(
    consumer: &BaseConsumer<Client>,
    bounds: &BTreeMap<u32, (&Place, Bounds)>,
    progress: u64,
) -> Result<(), Error> {
    let beyond = first_since(consumer, bounds, progress + 1)?;
    for (lane, (place, Bounds { start, end })) in bounds {
        let Place { topic, partition, .. } = place;
        let ends_before = beyond.get(lane) == Some(end);
        let never_written = *end == 0 && !place.may_be_new;
        if ends_before && start < end || never_written {
            return Err(Error::LogRefused(format!(
                "topic {topic} partition {partition} ends (offset {end}) before log time {progress}, up to which its \
                 records are in ClickHouse already: the log has lost records, or is another one; restore it, or \
                 begin anew with an empty database"
            )));
        }
        if ends_before {
            tracing::warn!(
                topic,
                partition,
                "the partition has no records: new, or dropped by retention"
            );
        } else if beyond.get(lane) == Some(start) && *start > 0 {
            tracing::warn!(
                topic,
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
            match event {
                Ok(message) => {
                    let (topic, partition) = (message.topic(), message.partition());
                    tracing::warn!(topic, partition, "a record came through the client's common queue");
                    let at = |lane: &&mut Lane| lane.place.topic == topic && lane.place.partition == partition;
                    let lane =
                        self.lanes.values_mut().find(at).ok_or_else(|| {
                            failed("reading a partition that was not assigned", &KafkaError::Canceled)
                        })?;
                    lane.strayed.push_back(Fetched::Record(record(&message)?));
                }
                // It does not say of which topic. One that is not at its end is only asked once more.
                Err(KafkaError::PartitionEOF(partition)) => {
                    let lanes = self.lanes.values_mut().filter(|lane| lane.place.partition == partition);
                    lanes.for_each(|lane| lane.strayed.push_back(Fetched::End));
                }
                Err(error) if passes(&error) => {}
                Err(error) => tracing::warn!(%error, "the Kafka client reports"),
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
