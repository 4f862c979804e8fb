//! The poll thread of one worker: partitions in, one queue out.
//!
//! Partitions are merged by log time, always the one furthest behind first: the frontier is the least of them, so
//! whatever is read ahead of it only waits in memory. Records are decoded here, off the worker; one that cannot
//! be read is put aside durably before the log is read on. Quiet partitions get their heartbeats here.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use parlance_schemas::record::Heartbeat;

use crate::config::{Config, millis};
use crate::decode::{self, Decoded, Unreadable};
use crate::error::Error;
use crate::event::{Draft, Event, tick_of};
use crate::heartbeat::{Heartbeats, NewestData, NextDue};
use crate::log::{DeadLetter, Fetched, Log, LogReader, LogRecord};
use crate::settings::History;
use crate::source::{Fed, Feed};
use crate::stop::Stop;

/// Records handed to the worker at once.
const BATCH: usize = 256;

/// How long to wait for records before looking whether heartbeats are due.
const IDLE: Duration = Duration::from_millis(20);

/// What the poll threads of a process share.
#[derive(Debug)]
pub(crate) struct Reading {
    /// The next offset of each partition of the log, -1 while it was not read by this process.
    positions: Vec<AtomicI64>,
    newest_data: NewestData,
    next_due: Arc<NextDue>,
    /// Everything up to this time was dealt with by an earlier run.
    dealt_with: u64,
    settings: History,
    /// Which settings came into force in each partition that is read, and since which bound of it: what a snapshot says.
    in_force: Mutex<BTreeMap<u32, Vec<(u64, i64)>>>,
}

impl Reading {
    pub(crate) fn new(partitions: u32, dealt_with: u64, settings: History, next_due: Arc<NextDue>) -> Self {
        Self {
            positions: (0..partitions).map(|_| AtomicI64::new(-1)).collect(),
            newest_data: NewestData::default(),
            next_due,
            dealt_with,
            settings,
            in_force: Mutex::default(),
        }
    }

    /// The settings in force in each partition that is read, for a record logged right after a tick that all have passed.
    /// Later ticks may still be asked for; earlier ones not.
    pub(crate) fn settings_at(&self, tick: u64) -> BTreeMap<u32, i64> {
        let mut in_force = self.in_force.lock().unwrap_or_else(PoisonError::into_inner);
        let settings = in_force.iter_mut().map(|(partition, since)| {
            let later = since.partition_point(|(bound, _)| *bound <= tick);
            since.drain(..later.saturating_sub(1));
            (*partition, since.first().map_or(0, |(_, settings)| *settings))
        });
        settings.collect()
    }

    fn note_settings(&self, partition: u32, bound: u64, settings: i64) {
        let mut in_force = self.in_force.lock().unwrap_or_else(PoisonError::into_inner);
        in_force.entry(partition).or_default().push((bound, settings));
    }

    /// The partitions this process has begun to read, and where it is in each.
    pub(crate) fn positions(&self) -> impl Iterator<Item = (u32, i64)> + '_ {
        let positions = self.positions.iter().map(|at| at.load(Ordering::Relaxed));
        (0..).zip(positions).filter(|(_, at)| *at >= 0)
    }
}

/// One partition, as far as it has been read.
struct Lane {
    partition: u32,
    /// Log time of the last record taken.
    low: u64,
    head: Option<LogRecord>,
    at_end: bool,
    heartbeats: Heartbeats,
    unreadable_in_a_row: u32,
}

/// Reads some partitions for one worker until told to stop.
pub(crate) struct Poller<L: Log> {
    log: Arc<L>,
    reader: L::Reader,
    lanes: Vec<Lane>,
    reading: Arc<Reading>,
    max_skew: u64,
    max_clock_lead: u64,
    max_unreadable_in_a_row: u32,
    batch: Vec<Fed>,
}

impl<L: Log> Poller<L> {
    /// `from`: the log time that reading begins at; `in_force`: the settings in force there by partition, where that is known.
    pub(crate) fn new(
        log: Arc<L>,
        reader: L::Reader,
        partitions: &[u32],
        (from, in_force): (u64, &BTreeMap<u32, i64>),
        config: &Config,
        reading: Arc<Reading>,
    ) -> Self {
        // Until a heartbeat says more, what had been set before reading begins.
        let before = reading.settings.position_at(from);
        let lane = |partition: &u32| {
            let settings = in_force.get(partition).copied().unwrap_or(before);
            reading.note_settings(*partition, 0, settings);
            Lane {
                partition: *partition,
                low: from,
                head: None,
                at_end: false,
                heartbeats: Heartbeats::new(config.heartbeat_idle_ms(), settings),
                unreadable_in_a_row: 0,
            }
        };
        let mut batch = Vec::with_capacity(BATCH);
        let settings = partitions
            .iter()
            .map(|partition| in_force.get(partition).copied().unwrap_or(before))
            .max();
        if let (Some(partition), Some(settings @ 1..)) = (partitions.first(), settings) {
            let event = Some(self::in_force(*partition, -1, settings));
            batch.push(Fed {
                partition: *partition,
                log_time: from,
                bytes: 0,
                event,
            });
        }
        Self {
            log,
            reader,
            lanes: partitions.iter().map(lane).collect(),
            reading,
            max_skew: millis(config.max_skew),
            max_clock_lead: millis(config.max_clock_lead),
            max_unreadable_in_a_row: config.max_unreadable_in_a_row,
            batch,
        }
    }

    /// Reads until `stop`, or the dataflow is gone.
    pub(crate) fn run(mut self, feed: &Feed, stop: &Stop) -> Result<(), Error> {
        // What a snapshot says to be in force must have been read before the first record is.
        let needed = self.lanes.iter().map(|lane| lane.heartbeats.settings()).max();
        self.reading.settings.wait_for(needed.unwrap_or(0), stop)?;
        while !stop.requested() {
            self.fetch_heads()?;
            let next = self.next();
            if let Some(lane) = next {
                self.take(lane, stop)?;
            }
            if self.batch.len() >= BATCH || next.is_none() {
                self.beat();
                if !self.batch.is_empty() {
                    let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
                    if feed.send(batch).is_err() {
                        break;
                    }
                }
            }
            if next.is_none() {
                self.reader.wait(IDLE)?;
            }
        }
        Ok(())
    }

    fn fetch_heads(&mut self) -> Result<(), Error> {
        for lane in self.lanes.iter_mut().filter(|lane| lane.head.is_none()) {
            match self.reader.fetch(lane.partition)? {
                Fetched::Record(record) => {
                    let latest = self.log.now().saturating_add(self.max_clock_lead);
                    if record.log_time > latest {
                        return Err(Error::LogRefused(format!(
                            "partition {} offset {} was logged at {}, which is more than {} ms ahead of this \
                             machine's clock; check the clocks of the broker and of this machine",
                            lane.partition, record.offset, record.log_time, self.max_clock_lead
                        )));
                    }
                    lane.at_end = false;
                    lane.head = Some(record);
                }
                Fetched::Pending => lane.at_end = false,
                Fetched::End => lane.at_end = true,
            }
        }
        Ok(())
    }

    /// The lane to take from: the one with the earliest record, unless another that is further behind than the
    /// allowed skew is about to have one.
    fn next(&self) -> Option<usize> {
        let heads = self.lanes.iter().enumerate();
        let heads = heads.filter_map(|(i, lane)| lane.head.as_ref().map(|head| (head.log_time, i)));
        let (log_time, lane) = heads.min()?;
        let awaited = |lane: &Lane| lane.head.is_none() && !lane.at_end;
        let behind = |lane: &Lane| lane.low.saturating_add(self.max_skew) < log_time;
        let must_wait = self.lanes.iter().any(|lane| awaited(lane) && behind(lane));
        (!must_wait).then_some(lane)
    }

    fn take(&mut self, lane: usize, stop: &Stop) -> Result<(), Error> {
        let lane = &mut self.lanes[lane];
        let Some(record) = lane.head.take() else { return Ok(()) };
        lane.low = lane.low.max(record.log_time);
        let tick = tick_of(lane.low);
        let (offset, log_time, bytes) = (record.offset, record.log_time, record.payload.len());
        let event = match decode::decode(&record.payload) {
            Ok(Decoded::Heartbeat(Heartbeat { settings, .. })) => {
                self.reading.settings.wait_for(settings, stop)?;
                let before = lane.heartbeats.settings();
                lane.heartbeats.read_back(settings, record.log_time);
                let settings = lane.heartbeats.settings();
                (settings > before).then(|| {
                    self.reading.note_settings(lane.partition, lane.low, settings);
                    in_force(lane.partition, offset, settings)
                })
            }
            Ok(Decoded::Event(mut event)) => {
                lane.unreadable_in_a_row = 0;
                self.reading.newest_data.note(tick);
                event.place.partition = lane.partition;
                event.place.offset = offset;
                event.settings = lane.heartbeats.settings();
                Some(event)
            }
            Err(Unreadable::Newer(version)) => {
                return Err(Error::LogRefused(format!(
                    "partition {} offset {offset} was written by a newer version (envelope {version})",
                    lane.partition
                )));
            }
            Err(Unreadable::Broken(reason)) => {
                // An earlier run has put it aside already.
                if tick > self.reading.dealt_with {
                    put_aside(&*self.log, lane, record, reason, self.max_unreadable_in_a_row)?;
                }
                None
            }
        };
        self.batch.push(Fed {
            partition: lane.partition,
            log_time,
            bytes,
            event,
        });
        self.reading.positions[lane.partition as usize].store(offset + 1, Ordering::Relaxed);
        Ok(())
    }

    fn beat(&mut self) {
        let now = self.log.now();
        let known = self.reading.settings.position();
        for lane in self.lanes.iter_mut().filter(|lane| lane.at_end && lane.head.is_none()) {
            let waiting = (&self.reading.newest_data, &*self.reading.next_due);
            if lane.heartbeats.due(lane.low, waiting, known, now) {
                metrics::counter!("pipeline_heartbeats_written_total").increment(1);
                self.log.heartbeat(lane.partition, known);
            }
        }
    }
}

/// Tells the dataflow that other settings are in force.
fn in_force(partition: u32, offset: i64, settings: i64) -> Box<Event> {
    let mut event = Event::of_people(0, Draft::InForce(settings));
    (event.place.partition, event.place.offset) = (partition, offset);
    Box::new(event)
}

fn put_aside<L: Log>(
    log: &L,
    lane: &mut Lane,
    record: LogRecord,
    reason: String,
    max_in_a_row: u32,
) -> Result<(), Error> {
    lane.unreadable_in_a_row += 1;
    if lane.unreadable_in_a_row > max_in_a_row {
        return Err(Error::Unreadable {
            count: lane.unreadable_in_a_row,
            partition: lane.partition,
            offset: record.offset,
            reason,
        });
    }
    tracing::warn!(
        partition = lane.partition,
        offset = record.offset,
        "a record could not be read and is put aside"
    );
    metrics::counter!("pipeline_records_unreadable_total").increment(1);
    log.put_aside(&DeadLetter {
        partition: lane.partition,
        record,
        reason,
    })
}
