//! A log in memory.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use parlance_schemas::decision::Decision;
use parlance_schemas::outcome::Outcome;
use parlance_schemas::record::{Heartbeat, Record, Update, VERSION};
use parlance_schemas::verdict::Verdict;

use crate::error::Error;
use crate::log::{DeadLetter, Fetched, Log, LogReader, LogRecord};

/// Partitions in memory. Clones are the same log.
#[derive(Clone, Debug)]
pub struct MemoryLog(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    appended: Condvar,
}

#[derive(Debug)]
struct State {
    partitions: Vec<Vec<LogRecord>>,
    /// How many records of each are not kept any more.
    gone: Vec<usize>,
    /// The times that readers asked to begin at.
    opened_at: Vec<u64>,
    dead: Vec<DeadLetter>,
    heartbeats: usize,
    now: u64,
    hiccups: bool,
}

impl MemoryLog {
    /// An empty log whose clock stands at 0.
    pub fn new(partitions: u32) -> Self {
        let state = State {
            partitions: vec![Vec::new(); partitions as usize],
            gone: vec![0; partitions as usize],
            opened_at: Vec::new(),
            dead: Vec::new(),
            heartbeats: 0,
            now: 0,
            hiccups: false,
        };
        Self(Arc::new(Inner {
            state: Mutex::new(state),
            appended: Condvar::new(),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes partitions now and then have nothing yet, as over a network; what comes out must not change.
    pub fn with_hiccups(self) -> Self {
        self.state().hiccups = true;
        self
    }

    /// Appends any bytes, logged at any time (even an earlier one: brokers' clocks step back).
    pub fn append(&self, partition: u32, log_time: u64, payload: &[u8]) {
        let mut state = self.state();
        let records = &mut state.partitions[partition as usize];
        records.push(LogRecord {
            offset: i64::try_from(records.len()).unwrap_or(i64::MAX),
            log_time,
            key: None,
            payload: payload.to_vec(),
        });
        drop(state);
        self.0.appended.notify_all();
    }

    /// Appends an update.
    pub fn append_update(&self, partition: u32, log_time: u64, update: Update<'_>) {
        let json = serde_json::to_vec(&Record::Update(update)).expect("a record serialises");
        self.append(partition, log_time, &json);
    }

    /// Appends a verdict.
    pub fn append_verdict(&self, partition: u32, log_time: u64, verdict: Verdict) {
        let json = serde_json::to_vec(&Record::Verdict(Box::new(verdict))).expect("a record serialises");
        self.append(partition, log_time, &json);
    }

    /// Appends a decision.
    pub fn append_decision(&self, partition: u32, log_time: u64, decision: Decision) {
        let json = serde_json::to_vec(&Record::Decision(Box::new(decision))).expect("a record serialises");
        self.append(partition, log_time, &json);
    }

    /// Appends an outcome.
    pub fn append_outcome(&self, partition: u32, log_time: u64, outcome: Outcome) {
        let json = serde_json::to_vec(&Record::Outcome(Box::new(outcome))).expect("a record serialises");
        self.append(partition, log_time, &json);
    }

    /// Appends a heartbeat: from here on the settings before this offset are in force in the partition.
    pub fn append_mark(&self, partition: u32, log_time: u64, settings: i64) {
        self.append(partition, log_time, &beat(settings));
    }

    /// Appends a heartbeat to every partition: everything before `log_time` is over.
    pub fn finish(&self, log_time: u64) {
        let json = beat(0);
        let partitions = self.state().partitions.len();
        for partition in 0..partitions {
            self.append(u32::try_from(partition).unwrap_or(u32::MAX), log_time, &json);
        }
        self.set_now(log_time);
    }

    /// Sets the clock (never back), Unix milliseconds.
    pub fn set_now(&self, now: u64) {
        let mut state = self.state();
        state.now = state.now.max(now);
        drop(state);
        self.0.appended.notify_all();
    }

    /// Lets go of the first records of every partition, those logged before a time, as a broker does when they are old.
    pub fn forget_before(&self, log_time: u64) {
        let mut state = self.state();
        let State { partitions, gone, .. } = &mut *state;
        for (records, gone) in partitions.iter().zip(gone) {
            let kept = records.iter().position(|record| record.log_time >= log_time);
            *gone = kept.unwrap_or(records.len()).max(*gone);
        }
    }

    /// The log times that readers asked to begin at, one for each time some partitions were opened.
    pub fn opened_at(&self) -> Vec<u64> {
        self.state().opened_at.clone()
    }

    /// What was put aside.
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        self.state().dead.clone()
    }

    /// How many heartbeats the pipeline wrote.
    pub fn heartbeats(&self) -> usize {
        self.state().heartbeats
    }
}

fn beat(settings: i64) -> Vec<u8> {
    let beat = Heartbeat { v: VERSION, settings };
    serde_json::to_vec(&Record::Heartbeat(beat)).expect("a record serialises")
}

impl Log for MemoryLog {
    type Reader = MemoryReader;

    fn partitions(&self) -> Result<u32, Error> {
        Ok(u32::try_from(self.state().partitions.len()).unwrap_or(u32::MAX))
    }

    fn open(&self, partitions: &[u32], from: u64, progress: u64) -> Result<MemoryReader, Error> {
        let mut state = self.state();
        state.opened_at.push(from);
        let mut next = vec![usize::MAX; state.partitions.len()];
        for partition in partitions {
            let records = &state.partitions[*partition as usize];
            if progress > 0 && records.iter().all(|record| record.log_time <= progress) {
                return Err(Error::LogRefused(format!(
                    "partition {partition} ends before {progress}"
                )));
            }
            let first = records.iter().position(|record| record.log_time >= from);
            next[*partition as usize] = first.unwrap_or(records.len()).max(state.gone[*partition as usize]);
        }
        Ok(MemoryReader {
            log: self.clone(),
            next,
            fetches: 0,
        })
    }

    fn end(&self, partition: u32) -> Result<i64, Error> {
        Ok(i64::try_from(self.state().partitions[partition as usize].len()).unwrap_or(i64::MAX))
    }

    fn heartbeat(&self, partition: u32, settings: i64) {
        let json = beat(settings);
        let now = {
            let mut state = self.state();
            state.heartbeats += 1;
            state.now
        };
        self.append(partition, now, &json);
    }

    fn put_aside(&self, letter: &DeadLetter) -> Result<(), Error> {
        self.state().dead.push(letter.clone());
        Ok(())
    }

    fn now(&self) -> u64 {
        self.state().now
    }
}

/// Reads a [`MemoryLog`].
#[derive(Debug)]
pub struct MemoryReader {
    log: MemoryLog,
    next: Vec<usize>,
    fetches: u64,
}

impl LogReader for MemoryReader {
    fn fetch(&mut self, partition: u32) -> Result<Fetched, Error> {
        let next = &mut self.next[partition as usize];
        let state = self.log.state();
        self.fetches += 1;
        // Any irregular pattern will do: it only has to differ between partitions and readers.
        let hash = (self.fetches ^ u64::from(partition) << 7).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        if state.hiccups && hash >> 62 == 0 {
            return Ok(Fetched::Pending);
        }
        Ok(match state.partitions[partition as usize].get(*next) {
            Some(record) => {
                *next += 1;
                Fetched::Record(record.clone())
            }
            None => Fetched::End,
        })
    }

    fn wait(&mut self, at_most: Duration) -> Result<(), Error> {
        let behind = |state: &State| {
            let ends = state.partitions.iter().zip(&self.next);
            let mut mine = ends.filter(|(_, next)| **next != usize::MAX);
            mine.any(|(records, next)| *next < records.len())
        };
        let state = self.log.state();
        if !behind(&state) {
            // Whether it was notified or not, the caller looks again.
            drop(self.log.0.appended.wait_timeout(state, at_most));
        }
        Ok(())
    }
}
