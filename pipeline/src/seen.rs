//! The updates seen within the horizon, in little memory.
//!
//! Some 27 bytes an update: an identity of 16, and 8 for what it said (40 bits of its content's fingerprint) and the
//! generation it was last seen in. Each part of the set is a sorted array without slack, and a small hash table of
//! what came since; the table is merged into the array when it reaches a sixteenth of it. A look-up is a hash and a
//! binary search. A generation is a stretch of log time, so whether an entry still counts is read off it; taking
//! dead ones out is housekeeping, spread over many ticks, that changes no answer. A snapshot shares the arrays; a part that
//! changes while one is written is copied first.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use crate::event::Time;
use crate::snapshot::{Frozen, Keep, Sheets};

/// Log time that shares one expiry, in milliseconds. An update is known for the horizon and up to this long more.
pub(crate) const GENERATION: Time = 10 * 60 * 1_000;

/// The set is swept in so many parts, one at a time, so that no sweep and no merge is felt.
const PARTS: usize = 64;

/// New entries of a part wait for each other until they are this share of it, and at least [`FRESH_MIN`].
/// Less is less memory; more is less merging (each entry is moved about this often while the set doubles).
const FRESH_SHARE: usize = 16;
const FRESH_MIN: usize = 64;

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

/// What an update said and the generation it was last seen in: 40 and 24 bits (some 300 years of generations).
#[derive(Clone, Copy, PartialEq)]
struct Sighting(u64);

impl Sighting {
    const GENERATION_BITS: u32 = 24;

    fn new(content: u64, generation: u32) -> Self {
        Self((content << Self::GENERATION_BITS) | u64::from(generation))
    }

    fn generation(self) -> u32 {
        (self.0 & ((1 << Self::GENERATION_BITS) - 1)) as u32
    }

    /// Notes that it was seen again, and says what it was taken for.
    fn see(&mut self, now: Self, lives: u32) -> Verdict {
        if !self.lives_in(now.generation(), lives) {
            *self = now;
            return Verdict::New;
        }
        let same = self.0 >> Self::GENERATION_BITS == now.0 >> Self::GENERATION_BITS;
        let generation = self.generation().max(now.generation());
        *self = Self::new(self.0 >> Self::GENERATION_BITS, generation);
        if same { Verdict::Duplicate } else { Verdict::Conflict }
    }

    fn lives_in(self, generation: u32, lives: u32) -> bool {
        generation <= self.generation().saturating_add(lives)
    }
}

/// Identities are hashes already: their high half serves as it is (the low bits choose worker and part).
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
        self.0 = (identity >> 64) as u64;
    }
}

/// An entry of the sorted array. The identity in halves, high first: as a `u128` it would be padded to 32 bytes.
#[derive(Clone, Copy)]
struct Settled {
    identity: [u64; 2],
    sighting: Sighting,
}

#[derive(Default)]
struct Part {
    /// Sorted by identity, each once, none of them in `fresh`.
    settled: Arc<Vec<Settled>>,
    fresh: HashMap<u128, Sighting, BuildHasherDefault<AsIs>>,
}

impl Part {
    fn see(&mut self, identity: u128, now: Sighting, lives: u32) -> Verdict {
        let halves = halves(identity);
        if let Ok(place) = self.settled.binary_search_by_key(&halves, |entry| entry.identity) {
            let known = self.settled[place].sighting;
            let mut sighting = known;
            let verdict = sighting.see(now, lives);
            // Most copies come soon after the first and change nothing.
            if sighting != known {
                Arc::make_mut(&mut self.settled)[place].sighting = sighting;
            }
            return verdict;
        }
        match self.fresh.entry(identity) {
            Entry::Occupied(mut known) => known.get_mut().see(now, lives),
            Entry::Vacant(slot) => {
                slot.insert(now);
                if self.fresh.len() >= FRESH_MIN.max(self.settled.len() / FRESH_SHARE) {
                    self.settle();
                }
                Verdict::New
            }
        }
    }

    fn take_back(&mut self, identity: u128, sighting: Sighting) {
        self.fresh.insert(identity, sighting);
        if self.fresh.len() >= FRESH_MIN.max(self.settled.len() / FRESH_SHARE) {
            self.settle();
        }
    }

    fn settle(&mut self) {
        let already = self.settled.len();
        let mut settled = match Arc::get_mut(&mut self.settled) {
            Some(settled) => std::mem::take(settled),
            // A snapshot has it: copied with room for what is added.
            None => {
                let mut copy = Vec::with_capacity(already + self.fresh.len());
                copy.extend_from_slice(&self.settled);
                copy
            }
        };
        settled.reserve_exact(self.fresh.len());
        settled.extend(self.fresh.drain().map(|(identity, sighting)| Settled {
            identity: halves(identity),
            sighting,
        }));
        settled[already..].sort_unstable_by_key(|entry| entry.identity);
        // The stable sort finds the two runs and merges them.
        settled.sort_by_key(|entry| entry.identity);
        self.settled = Arc::new(settled);
    }

    fn sweep(&mut self, generation: u32, lives: u32) {
        self.fresh.retain(|_, known| known.lives_in(generation, lives));
        if self
            .settled
            .iter()
            .all(|entry| entry.sighting.lives_in(generation, lives))
        {
            return;
        }
        let settled = Arc::make_mut(&mut self.settled);
        settled.retain(|entry| entry.sighting.lives_in(generation, lives));
        if settled.capacity() > settled.len() + settled.len() / 4 {
            settled.shrink_to_fit();
        }
    }

    fn len(&self) -> usize {
        self.settled.len() + self.fresh.len()
    }
}

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
        let now = Sighting::new(content, generation(now));
        self.parts[part_of(identity)].see(identity, now, self.lives)
    }

    /// Takes the dead out of one part; every part has its turn.
    pub(crate) fn sweep(&mut self, now: Time) {
        self.parts[self.swept].sweep(generation(now), self.lives);
        self.swept = (self.swept + 1) % PARTS;
    }

    /// Entries held, those included that are dead and not swept yet.
    pub(crate) fn len(&self) -> usize {
        self.parts.iter().map(Part::len).sum()
    }
}

/// An identity in halves, high first, and its sighting.
type Kept = (u64, u64, u64);

impl Keep for Seen {
    type Entry = Kept;

    fn route((_, low, _): &Kept) -> u64 {
        *low
    }

    fn freeze(&self, at: Time) -> Frozen {
        let (generation, lives) = (generation(at), self.lives);
        let fresh =
            |part: &Part| -> Vec<(u128, Sighting)> { part.fresh.iter().map(|(id, known)| (*id, *known)).collect() };
        let parts: Vec<_> = self
            .parts
            .iter()
            .map(|part| (part.settled.clone(), fresh(part)))
            .collect();
        Box::new(move |sheets: &mut Sheets| {
            let mut put = |[high, low]: [u64; 2], sighting: Sighting| {
                if sighting.lives_in(generation, lives) {
                    sheets.put(low, &(high, low, sighting.0));
                }
            };
            for (settled, fresh) in parts {
                settled.iter().for_each(|entry| put(entry.identity, entry.sighting));
                fresh.into_iter().for_each(|(id, known)| put(halves(id), known));
            }
        })
    }

    fn take_back(&mut self, (high, low, sighting): Kept) {
        let identity = u128::from(high) << 64 | u128::from(low);
        self.parts[part_of(identity)].take_back(identity, Sighting(sighting));
    }
}

fn generation(now: Time) -> u32 {
    let generation = now / GENERATION;
    assert!(
        generation < 1 << Sighting::GENERATION_BITS,
        "log time is before the year 2280"
    );
    generation as u32
}

fn halves(identity: u128) -> [u64; 2] {
    [(identity >> 64) as u64, identity as u64]
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
    fn what_was_merged_into_the_array_answers_as_what_was_not() {
        let mut seen = Seen::new(GENERATION);
        // Spread over all bits, as hashes are; every third again at once, all again at the end.
        let identity = |n: u128| n.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        for n in 0..50_000u128 {
            assert_eq!(seen.see(identity(n), n as u64, 0), Verdict::New, "{n}");
            if n % 3 == 0 {
                assert_eq!(seen.see(identity(n), n as u64, 0), Verdict::Duplicate, "{n}");
            }
        }
        assert_eq!(seen.len(), 50_000);
        assert!(seen.parts.iter().all(|part| part.settled.len() > 8 * part.fresh.len()));
        for n in 0..50_000u128 {
            assert_eq!(
                seen.see(identity(n), n as u64 + 1, GENERATION),
                Verdict::Conflict,
                "{n}"
            );
            assert_eq!(
                seen.see(identity(n), n as u64, 2 * GENERATION),
                Verdict::Duplicate,
                "{n}"
            );
        }
        assert_eq!(seen.see(identity(7), 8, 4 * GENERATION), Verdict::New, "forgotten");
        assert_eq!(seen.see(identity(7), 8, 4 * GENERATION), Verdict::Duplicate);
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
