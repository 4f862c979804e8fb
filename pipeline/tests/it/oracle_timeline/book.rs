//! The tables as they should be.

use std::collections::BTreeMap;

use parlance_schemas::labels::{By, Measure};
use parlance_schemas::rows::{ConversationRow, IdentityRow, TimerRow, TurnRow};

use super::measured::{Measured, Sum};
use super::presets::{DAY, HOUR, MINUTE};
use super::told::Told;

/// Width and start of a window, integration, measure, dimension, label.
pub(crate) type WindowKey = (i64, i64, String, Measure, By, String);

/// The tables, each row with the tick it was last told in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Book {
    pub(crate) conversations: BTreeMap<[String; 2], ConversationRow>,
    pub(crate) turns: BTreeMap<[String; 2], TurnRow>,
    pub(crate) timers: BTreeMap<[String; 3], TimerRow>,
    pub(crate) identities: BTreeMap<[String; 5], IdentityRow>,
    pub(crate) windows: BTreeMap<WindowKey, (Sum, u64)>,
    /// Windows that something was added to in this tick, as they were before.
    measured: BTreeMap<WindowKey, Sum>,
    /// How long windows take what is late.
    lateness: i64,
}

impl Book {
    pub(crate) fn new(lateness: i64) -> Self {
        Self {
            lateness,
            ..Self::default()
        }
    }

    /// What was told of conversations is gone, and something else is told.
    pub(crate) fn write(&mut self, gone: &[(String, Told)], new: &[(String, Told)], time: u64) {
        let Book {
            conversations,
            turns,
            timers,
            ..
        } = self;
        let (gone_rows, new_rows) = (gone.iter().map(|(_, told)| told), new.iter().map(|(_, told)| told));
        let of = |told: &Told| (told.conversation.key(), told.conversation.clone());
        put(
            conversations,
            gone_rows.clone().map(of),
            new_rows.clone().map(of),
            |row| row.version = time,
            |row| row.version = 0,
        );
        let of = |told: &Told| {
            told.turns
                .iter()
                .map(|row| (row.key(), row.clone()))
                .collect::<Vec<_>>()
        };
        put(
            turns,
            gone_rows.clone().flat_map(of),
            new_rows.clone().flat_map(of),
            |row| row.version = time,
            |row| row.version = 0,
        );
        let of = |told: &Told| {
            told.timers
                .iter()
                .map(|row| (row.key(), row.clone()))
                .collect::<Vec<_>>()
        };
        put(
            timers,
            gone_rows.flat_map(of),
            new_rows.flat_map(of),
            |row| row.version = time,
            |row| row.version = 0,
        );
        for (times, told) in [(-1, gone), (1, new)] {
            for (number, told) in told {
                told.measured
                    .iter()
                    .for_each(|measured| self.measure(number, measured, times, time));
            }
        }
    }

    /// Adds something to its windows that are still open.
    pub(crate) fn measure(&mut self, number: &str, measured: &Measured, times: i64, time: u64) {
        for width in [MINUTE, HOUR, DAY] {
            let start = measured.at.div_euclid(width) * width;
            if time < closes(self.lateness, start, width) {
                let key = (
                    width,
                    start,
                    number.to_owned(),
                    measured.measure,
                    measured.by,
                    measured.label.clone(),
                );
                let (sum, _) = self.windows.entry(key.clone()).or_default();
                self.measured.entry(key).or_insert_with(|| sum.clone());
                sum.add(&measured.sum, times);
            }
        }
    }

    /// What a tick left as it was, was not told again; what it left empty is gone.
    pub(crate) fn settle(&mut self, time: u64) {
        for (key, before) in std::mem::take(&mut self.measured) {
            let (sum, version) = self.windows.get_mut(&key).expect("was added to");
            if *sum != before {
                *version = time;
            }
            if *sum == Sum::default() {
                self.windows.remove(&key);
            }
        }
    }
}

/// Replaces rows of a table: what stays as it is keeps its version.
fn put<K: Ord, R: Clone + PartialEq>(
    table: &mut BTreeMap<K, R>,
    gone: impl Iterator<Item = (K, R)>,
    new: impl Iterator<Item = (K, R)>,
    date: impl Fn(&mut R),
    blank: impl Fn(&mut R),
) {
    let mut before = BTreeMap::new();
    for (key, _) in gone {
        if let Some(row) = table.remove(&key) {
            before.insert(key, row);
        }
    }
    for (key, mut row) in new {
        let was = before.get(&key).or(table.get(&key)).cloned();
        let same = was.filter(|was| {
            let mut was = was.clone();
            blank(&mut was);
            was == row
        });
        date(&mut row);
        table.insert(key, same.unwrap_or(row));
    }
}

/// The log time from which a window takes nothing more.
pub(crate) fn closes(lateness: i64, start: i64, width: i64) -> u64 {
    let end = u64::try_from(start + width + lateness).unwrap();
    end.div_ceil(1_000) * 1_000
}
