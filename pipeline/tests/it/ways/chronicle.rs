//! A log with everything in it that the pipeline knows of, in episodes between which nothing happens for hours.

use std::collections::{BTreeMap, BTreeSet};

use parlance_pipeline::History;
use parlance_pipeline::testing::MemoryLog;
use parlance_schemas::outcome::Outcome;
use parlance_schemas::record::{Part, Update, VERSION};
use serde_json::Value;
use serde_json::value::RawValue;

use super::day;
use crate::oracle_timeline::run::template;
use crate::oracle_timeline::script::{self, Record, account, phone};
use crate::world::{self, Logged};

/// How long nothing is logged between two episodes.
pub(super) const PAUSE: u64 = 4 * 60 * 60 * 1_000;

/// One thing that comes to be.
#[derive(Clone, Debug)]
pub(super) enum Entry {
    /// A record of what people or Meta say.
    Told(Record),
    /// A record of what is rarer.
    Plain(Logged),
    /// A customer's message in its own words.
    Raw {
        partition: u32,
        log_time: u64,
        number: u8,
        body: Value,
    },
    /// What became of an action.
    Became {
        partition: u32,
        log_time: u64,
        outcome: Box<Outcome>,
    },
    /// A setting, in force in all partitions from now on.
    Set { log_time: u64, key: String, value: Value },
}

impl Entry {
    pub(super) fn log_time(&self) -> u64 {
        match self {
            Self::Told(record) => record.log_time,
            Self::Plain(logged) => logged.log_time,
            Self::Raw { log_time, .. } | Self::Became { log_time, .. } | Self::Set { log_time, .. } => *log_time,
        }
    }
}

/// The whole.
pub(super) struct Chronicle {
    pub(super) partitions: u32,
    pub(super) episodes: Vec<Vec<Entry>>,
    /// When everything is over.
    pub(super) end: u64,
}

impl Chronicle {
    /// A few days of a business with three numbers: the same for the same seed.
    pub(super) fn new(seed: u64) -> Self {
        day::chronicle(seed)
    }

    /// What the sink has to be complete through once the log is read to its end.
    pub(super) fn last_tick(&self) -> u64 {
        self.end.div_ceil(1_000) * 1_000 - 1_000
    }

    /// When everything of an episode was logged.
    pub(super) fn over(&self, episode: usize) -> u64 {
        self.episodes[episode].iter().map(Entry::log_time).max().unwrap()
    }

    /// All of it, with its settings.
    pub(super) fn log(&self) -> (MemoryLog, History) {
        let (log, history) = (MemoryLog::new(self.partitions).with_hiccups(), History::default());
        for episode in 0..self.episodes.len() {
            self.append(&log, &history, episode);
        }
        (log, history)
    }

    /// Appends an episode; the last one with its end.
    pub(super) fn append(&self, log: &MemoryLog, history: &History, episode: usize) {
        let earlier = self.episodes[..episode].iter().flatten();
        let mut settings = earlier.filter(|entry| matches!(entry, Entry::Set { .. })).count();
        for entry in &self.episodes[episode] {
            self.write(log, history, entry, &mut settings);
        }
        if episode + 1 == self.episodes.len() {
            log.finish(self.end);
        }
    }

    /// As it comes to be: all that was logged by a moment is there, then it is that moment.
    pub(super) fn happen(&self, log: &MemoryLog, history: &History, mut moment: impl FnMut(u64)) {
        let mut moments: BTreeMap<u64, Vec<&Entry>> = BTreeMap::new();
        let mut latest = 0;
        for entry in self.episodes.iter().flatten() {
            // What a clock that steps back dates earlier comes at the same moment as what was before it.
            latest = entry.log_time().max(latest);
            moments.entry(latest).or_default().push(entry);
        }
        let mut settings = 0;
        for (at, entries) in moments {
            log.set_now(at);
            for entry in entries {
                self.write(log, history, entry, &mut settings);
            }
            moment(at);
        }
        // First: a record from what is not yet is refused.
        log.set_now(self.end);
        log.finish(self.end);
    }

    fn write(&self, log: &MemoryLog, history: &History, entry: &Entry, settings: &mut usize) {
        match entry {
            Entry::Told(record) => script::write(log, record, Some(template())),
            Entry::Plain(logged) => world::write(log, logged),
            Entry::Raw {
                partition,
                log_time,
                number,
                body,
            } => raw(log, (*partition, *log_time), *number, body),
            Entry::Became {
                partition,
                log_time,
                outcome,
            } => log.append_outcome(*partition, *log_time, (**outcome).clone()),
            Entry::Set { log_time, key, value } => {
                let offset = i64::try_from(*settings).unwrap();
                *settings += 1;
                history.take(offset, *log_time, key, Some(value.to_string().as_bytes()));
                for partition in 0..self.partitions {
                    log.append_mark(partition, *log_time, offset + 1);
                }
            }
        }
    }

    /// The ids of everything put aside that cannot be read.
    pub(super) fn unreadable(&self) -> usize {
        let entries = self.episodes.iter().flatten();
        let unreadable =
            |entry: &&Entry| matches!(entry, Entry::Plain(logged) if logged.what == world::What::Unreadable);
        entries.filter(unreadable).count()
    }
}

fn raw(log: &MemoryLog, (partition, log_time): (u32, u64), number: u8, body: &Value) {
    let raw = RawValue::from_string(body.to_string()).unwrap();
    log.append_update(
        partition,
        log_time,
        Update {
            v: VERSION,
            received_at: 1_600_000_000_000,
            post: "post".into(),
            entry: 0,
            change: 0,
            item: 0,
            waba_id: account(number).into(),
            entry_time: None,
            field: "messages".into(),
            part: Part::Message,
            name: None,
            phone_number_id: Some(phone(number).into()),
            display_phone_number: None,
            author: None,
            author_name: None,
            contact: None,
            update: &raw,
        },
    );
}

/// How many of the records put aside are different ones.
pub(super) fn put_aside(log: &MemoryLog) -> usize {
    let letters = log.dead_letters().into_iter();
    let places: BTreeSet<_> = letters.map(|letter| (letter.partition, letter.record.offset)).collect();
    places.len()
}
