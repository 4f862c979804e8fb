//! The updates seen within the horizon, in little memory.
//!
//! Some 27 bytes an update in a [`Store`]: an identity of 16, and 8 for what it said (40 bits of its content's fingerprint)
//! and the generation it was last seen in. A generation is a stretch of log time, so whether an entry still counts is read
//! off it; taking dead ones out is housekeeping, spread over many ticks, that changes no answer.

use crate::event::Time;
use crate::snapshot::{Frozen, Keep, Sheets};
use crate::store::{Store, whole};

/// Log time that shares one expiry, in milliseconds. An update is known for the horizon and up to this long more.
pub(crate) const GENERATION: Time = 10 * 60 * 1_000;

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

/// What was seen, by identity.
pub(crate) struct Seen {
    known: Store<Sighting>,
    /// Generations an entry lives on after the one it was last seen in.
    lives: u32,
}

impl Seen {
    /// `horizon` in milliseconds of log time.
    pub(crate) fn new(horizon: Time) -> Self {
        Self {
            known: Store::new(),
            lives: lives(horizon),
        }
    }

    /// Notes a sighting at log time `now`. The content that was seen first stands; every sighting prolongs it,
    /// so that what is known now follows from the last horizon of the log alone: a replay need go back no further.
    pub(crate) fn see(&mut self, identity: u128, content: u64, now: Time) -> Verdict {
        let now = Sighting::new(content, generation(now));
        let Some(known) = self.known.get(identity) else {
            self.known.put(identity, now);
            return Verdict::New;
        };
        let mut sighting = known;
        let verdict = sighting.see(now, self.lives);
        // Most copies come soon after the first and change nothing.
        if sighting != known {
            self.known.put(identity, sighting);
        }
        verdict
    }

    /// Takes the dead out of one part; every part has its turn.
    pub(crate) fn sweep(&mut self, now: Time) {
        let (now, lives) = (generation(now), self.lives);
        self.known.sweep(|known| known.lives_in(now, lives));
    }

    /// Entries held, those included that are dead and not swept yet.
    pub(crate) fn len(&self) -> usize {
        self.known.len()
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
        let known = self.known.share();
        Box::new(move |sheets: &mut Sheets| {
            known.for_each(|[high, low], sighting| {
                if sighting.lives_in(generation, lives) {
                    sheets.put(low, &(high, low, sighting.0));
                }
            });
        })
    }

    fn take_back(&mut self, (high, low, sighting): Kept) {
        self.known.put(whole([high, low]), Sighting(sighting));
    }
}

/// For how many generations after its last something lives that is to be known for a horizon.
pub(crate) fn lives(horizon: Time) -> u32 {
    u32::try_from(horizon.div_ceil(GENERATION)).unwrap_or(u32::MAX)
}

/// The generation of a log time.
pub(crate) fn generation(now: Time) -> u32 {
    let generation = now / GENERATION;
    assert!(
        generation < 1 << Sighting::GENERATION_BITS,
        "log time is before the year 2280"
    );
    generation as u32
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
        (0..100).for_each(|_| seen.sweep(2 * GENERATION));
        assert_eq!(seen.len(), 1);
        assert_eq!(seen.see(ID, 1, 2 * GENERATION), Verdict::Duplicate);
    }
}
