//! What names the parts of a snapshot, and what a program must agree on to use them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::keeper::Kind;
use super::part::Section;
use crate::dataflow;
use crate::event::{TICK, Time};

/// The format of manifests and parts.
const FORMAT: u32 = 1;

/// What decides what the operators know. The weights of the analyser do not belong to it: what earlier ones said of earlier
/// messages stands in the tables, and windows must go on from that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fingerprint {
    /// Milliseconds, like the next four.
    pub(crate) tick: Time,
    pub(crate) dedup_horizon: Time,
    pub(crate) lateness: Time,
    pub(crate) max_future: Time,
    pub(crate) windows_open: Time,
    /// Partitions of the log: those of a later one would lack what was logged in them before the snapshot.
    pub(crate) partitions: u32,
    /// The states by name, and their versions.
    pub(crate) states: BTreeMap<String, u32>,
}

impl Fingerprint {
    pub(crate) fn of(settings: &dataflow::Settings, partitions: u32, states: &[Kind]) -> Self {
        let states = states.iter().map(|kind| (kind.name.to_owned(), kind.version));
        Self {
            tick: TICK,
            dedup_horizon: settings.dedup_horizon,
            lateness: settings.lateness,
            max_future: settings.max_future,
            windows_open: settings.windows_open,
            partitions,
            states: states.collect(),
        }
    }

    /// What differs from another, in words; nothing when they are equal.
    pub(super) fn differences(&self, now: &Self) -> Vec<String> {
        let numbers = [
            ("tick", self.tick, now.tick),
            ("dedup_horizon", self.dedup_horizon, now.dedup_horizon),
            ("lateness", self.lateness, now.lateness),
            ("max_future", self.max_future, now.max_future),
            ("windows_open", self.windows_open, now.windows_open),
            ("partitions", self.partitions.into(), now.partitions.into()),
        ];
        let numbers = numbers.into_iter().filter(|(_, then, now)| then != now);
        let mut words: Vec<_> = numbers
            .map(|(what, then, now)| format!("{what} was {then} and is {now}"))
            .collect();
        for (state, version) in &now.states {
            match self.states.get(state) {
                None => words.push(format!("it has no state `{state}`")),
                Some(then) if then != version => {
                    words.push(format!("version of state `{state}` was {then} and is {version}"));
                }
                Some(_) => {}
            }
        }
        let gone = self.states.keys().filter(|state| !now.states.contains_key(*state));
        words.extend(gone.map(|state| format!("state `{state}` is no more")));
        words
    }
}

/// One object of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) state: String,
    pub(crate) path: String,
    pub(crate) bytes: u64,
    pub(crate) sections: Vec<Section>,
}

/// What one process has written of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Share {
    /// Why it is not whole, if it is not.
    pub(crate) failed: Option<String>,
    /// The settings in force at the mark in each partition the process reads: the offset that follows them.
    pub(crate) settings: BTreeMap<u32, i64>,
    pub(crate) parts: Vec<Part>,
}

/// A whole snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) fingerprint: Fingerprint,
    /// The tick at whose end it was taken.
    pub(crate) at: Time,
    /// Of the run that took it.
    pub(crate) generation: u64,
    /// As in [`Share`], of all partitions.
    pub(crate) settings: BTreeMap<u32, i64>,
    pub(crate) parts: Vec<Part>,
}

impl Manifest {
    /// Bytes of its parts.
    pub(super) fn bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.bytes).sum()
    }
}

/// The text of a manifest or a share: format and checksum in the first line, JSON in the second.
pub(super) fn to_text<T: Serialize>(value: &T) -> Vec<u8> {
    let json = serde_json::to_string(value).expect("plain data serialises");
    format!("parlance-snapshot {FORMAT} {:016x}\n{json}\n", xxh3_64(json.as_bytes())).into_bytes()
}

/// Reads a manifest or a share.
///
/// # Errors
/// In words, when it is not whole, or of another format.
pub(super) fn from_text<T: for<'de> Deserialize<'de>>(text: &[u8]) -> Result<T, String> {
    let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
    let (head, json) = text.split_once('\n').ok_or("it is cut off")?;
    let mut words = head.split(' ').skip(1);
    let (format, checksum) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if format != FORMAT.to_string() {
        return Err(format!("its format is {format} and this program's is {FORMAT}"));
    }
    let json = json.trim_end();
    if checksum != format!("{:016x}", xxh3_64(json.as_bytes())) {
        return Err("it is damaged".to_owned());
    }
    serde_json::from_str(json).map_err(|error| error.to_string())
}

#[cfg(test)]
pub(super) fn example(at: Time, generation: u64) -> Manifest {
    Manifest {
        fingerprint: Fingerprint {
            tick: TICK,
            dedup_horizon: 3,
            lateness: 2,
            max_future: 1,
            windows_open: 6,
            partitions: 4,
            states: [("seen".to_owned(), 1), ("stands".to_owned(), 2)].into(),
        },
        at,
        generation,
        settings: [(0, 7)].into(),
        parts: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_named() {
        let then = example(0, 0).fingerprint;
        assert!(then.differences(&then).is_empty());
        let now = Fingerprint {
            lateness: 5,
            partitions: 8,
            states: [("seen".to_owned(), 2), ("turns".to_owned(), 1)].into(),
            ..then.clone()
        };
        assert_eq!(
            then.differences(&now),
            [
                "lateness was 2 and is 5",
                "partitions was 4 and is 8",
                "version of state `seen` was 1 and is 2",
                "it has no state `turns`",
                "state `stands` is no more",
            ]
        );
    }

    #[test]
    fn a_manifest_is_read_as_it_was_written_or_not_at_all() {
        let manifest = example(60_000, 3);
        let text = to_text(&manifest);
        assert_eq!(from_text::<Manifest>(&text).unwrap(), manifest);
        let mut flipped = text.clone();
        let place = text.len() - 12;
        flipped[place] ^= 1;
        assert_eq!(from_text::<Manifest>(&flipped).unwrap_err(), "it is damaged");
        assert_eq!(from_text::<Manifest>(&text[..20]).unwrap_err(), "it is cut off");
        let newer = String::from_utf8(text).unwrap().replacen(" 1 ", " 2 ", 1);
        assert!(
            from_text::<Manifest>(newer.as_bytes())
                .unwrap_err()
                .contains("format is 2")
        );
    }
}
