//! The updates seen within the horizon, in little memory.
//!
//! An entry is an identity, 8 bytes of its content's fingerprint and the generation it was last seen in; about
//! 40 bytes with the table's slack. A generation is a stretch of log time, so whether an entry still counts is
//! read off it; taking dead ones out is housekeeping, spread over many ticks, that changes no answer.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};

use crate::event::Time;

/// Log time that shares one expiry, in milliseconds. An update is known for the horizon and up to this long more.
pub(crate) const GENERATION: Time = 10 * 60 * 1_000;

/// The map is swept in so many parts, one at a time, so that no sweep is felt.
const PARTS: usize = 64;

/// What is already known of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Not seen within the horizon.
    New,
    /// Seen, and said the same.
    Duplicate,
    /// Seen, but said something else.
    Conflict,
}

#[derive(Clone, Copy)]
struct Sighting {
    content: u64,
    generation: u32,
}

/// Identities are hashes already: their low bits serve as they are.
#[derive(Default)]
pub(crate) struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _bytes: &[u8]) {
        unreachable!("only identities are hashed, and those are written as u128");
    }
    fn write_u128(&mut self, identity: u128) {
        // The high half: the low bits choose worker and part.
        self.0 = (identity >> 64) as u64;
    }
}

type Part = HashMap<u128, Sighting, BuildHasherDefault<AsIs>>;

/// What was seen, by identity.
pub(crate) struct Seen {
    parts: Vec<Part>,
    /// Generations an entry lives on after the one it was last seen in.
    lives: u32,
    swept: usize,
}

impl Seen {
    /// `horizon` in milliseconds of log time.
    pub(crate) fn new(horizon: Time) -> Self {
        Self {
            parts: (0..PARTS).map(|_| Part::default()).collect(),
            lives: u32::try_from(horizon.div_ceil(GENERATION)).unwrap_or(u32::MAX),
            swept: 0,
        }
    }

    /// Notes a sighting at log time `now`. The content that was seen first stands; every sighting prolongs it,
    /// so that what is known now follows from the last horizon of the log alone: a replay need go back no further.
    pub(crate) fn see(&mut self, identity: u128, content: u64, now: Time) -> Verdict {
        let generation = generation(now);
        match self.parts[part_of(identity)].entry(identity) {
            Entry::Vacant(slot) => {
                slot.insert(Sighting { content, generation });
                Verdict::New
            }
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                if generation > known.generation.saturating_add(self.lives) {
                    *known = Sighting { content, generation };
                    return Verdict::New;
                }
                known.generation = known.generation.max(generation);
                if known.content == content {
                    Verdict::Duplicate
                } else {
                    Verdict::Conflict
                }
            }
        }
    }

    /// Takes the dead out of one part; every part has its turn.
    pub(crate) fn sweep(&mut self, now: Time) {
        let (generation, lives) = (generation(now), self.lives);
        let part = &mut self.parts[self.swept];
        part.retain(|_, known| generation <= known.generation.saturating_add(lives));
        if part.capacity() > 4 * part.len().max(1024) {
            part.shrink_to(2 * part.len());
        }
        self.swept = (self.swept + 1) % PARTS;
    }

    /// Entries held, those included that are dead and not swept yet.
    pub(crate) fn len(&self) -> usize {
        self.parts.iter().map(Part::len).sum()
    }
}

fn generation(now: Time) -> u32 {
    u32::try_from(now / GENERATION).expect("log time is within 80,000 years")
}

fn part_of(identity: u128) -> usize {
    // Workers are told apart by the lowest bits, so take the next.
    (identity >> 32) as usize % PARTS
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: u128 = 7 << 64 | 9;

    #[test]
    fn the_first_content_stands() {
        let mut seen = Seen::new(GENERATION);
        assert_eq!(seen.see(ID, 1, 0), Verdict::New);
        assert_eq!(seen.see(ID, 1, 5), Verdict::Duplicate);
        assert_eq!(seen.see(ID, 2, 5), Verdict::Conflict);
        assert_eq!(seen.see(ID, 1, 5), Verdict::Duplicate);
    }

    #[test]
    fn an_update_is_known_for_the_horizon_since_it_was_last_seen() {
        let horizon = 3 * GENERATION;
        let mut seen = Seen::new(horizon);
        seen.see(ID, 1, 0);
        assert_eq!(seen.see(ID, 1, horizon), Verdict::Duplicate);
        assert_eq!(seen.see(ID, 1, 2 * horizon), Verdict::Duplicate, "prolonged");
        assert_eq!(seen.see(ID, 2, 3 * horizon + GENERATION), Verdict::New, "forgotten");
    }

    #[test]
    fn sweeping_takes_out_the_dead_and_changes_no_answer() {
        let mut seen = Seen::new(GENERATION);
        for id in 0..10_000u128 {
            seen.see(id << 32, 0, 0);
        }
        seen.see(ID, 1, 2 * GENERATION);
        (0..PARTS).for_each(|_| seen.sweep(2 * GENERATION));
        assert_eq!(seen.len(), 1);
        assert_eq!(seen.see(ID, 1, 2 * GENERATION), Verdict::Duplicate);
    }
}
