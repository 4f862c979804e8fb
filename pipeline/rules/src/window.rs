//! What the messages of the last while are in all: raised when a share or a number is reached, cleared when it falls below a
//! smaller one.
//!
//! The window at a time `now` of the log is `(now − within, now]` of the messages' event times, in panes of whole seconds:
//! `within` / 30, rounded up, each half-open like the window and aligned to the epoch. A pane counts as soon as it has begun and
//! until the window's beginning enters it. So the window is exact where `now` and `within` are multiples of a pane; else it begins
//! late by less than a pane, and has what is ahead of `now` by less than a pane.
//!
//! Messages may come in any order and be taken back. What is said at a time depends on which there are then and on what was said
//! before, not on how they came; a message that was already behind the window when it came is never counted.
//!
//! Memory: 24 bytes for each pane that has messages: 31, and as many more as event time may be ahead of the log.

use std::collections::BTreeMap;

use parlance_schemas::settings::rules::{Count, Share};
use serde::{Deserialize, Serialize};

use crate::rules::Compiled;

/// Panes of a window.
const PANES: i64 = 30;
/// What a pane's length is a multiple of, in milliseconds: messages' times are no finer.
const SECOND: i64 = 1_000;

/// When a window is raised and cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Limits {
    within_ms: i64,
    pane_ms: i64,
    measure: Measure,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Measure {
    /// In ten-thousandths, so that no division is needed.
    Share {
        at_least_e4: u32,
        among_at_least: u32,
        until_below_e4: u32,
    },
    Count {
        at_least: u32,
        until_below: u32,
    },
}

impl Limits {
    pub(crate) fn of_share(share: &Share) -> Self {
        let measure = Measure::Share {
            at_least_e4: share.at_least_e4(),
            among_at_least: share.among_at_least,
            until_below_e4: share.until_below_e4(),
        };
        Self::new(share.within.millis(), measure)
    }

    pub(crate) fn of_count(count: &Count) -> Self {
        let measure = Measure::Count {
            at_least: count.at_least,
            until_below: count.until_below,
        };
        Self::new(count.within.millis(), measure)
    }

    fn new(within_ms: i64, measure: Measure) -> Self {
        let pane_ms = (within_ms as u64).div_ceil((PANES * SECOND) as u64) as i64 * SECOND;
        Self {
            within_ms,
            pane_ms,
            measure,
        }
    }

    /// The pane of a time: `(pane · length, (pane + 1) · length]`.
    const fn pane(&self, at: i64) -> i64 {
        at.saturating_sub(1).div_euclid(self.pane_ms)
    }

    /// The last pane of which nothing is left in the window at a time.
    const fn gone(&self, now: i64) -> i64 {
        self.pane(now.saturating_sub(self.within_ms))
    }
}

/// What one rule on windows sees of one integration. It can be kept and taken up again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    limits: Limits,
    /// Messages by pane; none is empty.
    panes: BTreeMap<i64, Tally>,
    /// Where it was moved to last.
    now: i64,
    raised: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Tally {
    matching: i64,
    among: i64,
}

/// What a window shows at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Seen {
    /// The time, Unix milliseconds of the log.
    pub at: i64,
    /// Messages of the kind that is counted…
    pub matching: u64,
    /// …among so many.
    pub among: u64,
}

/// A change of what a window says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Change {
    /// It was not the case and is now: the rule reacts.
    Raised(Seen),
    /// It was the case and is no longer.
    Cleared(Seen),
}

impl Window {
    /// Of a rule on windows, before any message; nothing of other rules.
    pub fn new(rule: &Compiled) -> Option<Self> {
        rule.limits.map(|limits| Self {
            limits,
            panes: BTreeMap::new(),
            now: i64::MIN,
            raised: false,
        })
    }

    /// Takes messages in (`times` above 0) or back: their event time, and whether they are of the kind, by [`Compiled::counts`].
    /// To be told of those only for which that says anything; a message that is judged anew is taken back and taken in again.
    pub fn take(&mut self, at: i64, matching: bool, times: i64) {
        let pane = self.limits.pane(at);
        if pane <= self.limits.gone(self.now) {
            return;
        }
        let tally = self.panes.entry(pane).or_default();
        tally.among += times;
        tally.matching += if matching { times } else { 0 };
        if *tally == Tally::default() {
            self.panes.remove(&pane);
        }
    }

    /// Moves to a time of the log, Unix milliseconds, and says what changed. Everything up to that time must have been taken; an
    /// earlier time than before is the same as that.
    pub fn move_to(&mut self, now: i64) -> Option<Change> {
        self.now = self.now.max(now);
        let gone = self.limits.gone(self.now);
        while let Some(first) = self.panes.first_entry()
            && *first.key() <= gone
        {
            first.remove();
        }
        let seen = self.seen();
        if self.raised == self.is_raised(seen) {
            return None;
        }
        self.raised = !self.raised;
        Some(if self.raised {
            Change::Raised(seen)
        } else {
            Change::Cleared(seen)
        })
    }

    /// The earliest time at which something may change without a message: a pane leaves the window, or one ahead of it enters.
    /// Whoever moves it there and whenever there were messages misses nothing. Nothing when there are none.
    pub fn due(&self) -> Option<i64> {
        let first = *self.panes.keys().next()?;
        let begins = |pane: i64| pane.saturating_mul(self.limits.pane_ms).saturating_add(1);
        let leaves = begins(first).saturating_add(self.limits.within_ms);
        let ahead = self.panes.range(self.limits.pane(self.now).saturating_add(1)..).next();
        Some(ahead.map_or(leaves, |(pane, _)| begins(*pane).min(leaves)))
    }

    /// Whether it is the case now.
    pub const fn raised(&self) -> bool {
        self.raised
    }

    fn seen(&self) -> Seen {
        let within = self.panes.range(..=self.limits.pane(self.now));
        let sum = within.fold(Tally::default(), |sum, (_, tally)| Tally {
            matching: sum.matching + tally.matching,
            among: sum.among + tally.among,
        });
        // Below nothing only when something was taken back that was never taken in.
        Seen {
            at: self.now,
            matching: sum.matching.try_into().unwrap_or(0),
            among: sum.among.try_into().unwrap_or(0),
        }
    }

    fn is_raised(&self, seen: Seen) -> bool {
        let (matching, among) = (u128::from(seen.matching), u128::from(seen.among));
        match self.limits.measure {
            Measure::Count { at_least, until_below } => {
                let least = if self.raised { until_below } else { at_least };
                matching >= least.into()
            }
            Measure::Share {
                at_least_e4,
                among_at_least,
                until_below_e4,
            } => {
                let reaches = |e4: u32| among > 0 && matching * 10_000 >= u128::from(e4) * among;
                if self.raised {
                    reaches(until_below_e4)
                } else {
                    among >= among_at_least.into() && reaches(at_least_e4)
                }
            }
        }
    }
}
