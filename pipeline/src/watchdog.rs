//! Looks from outside whether the pipeline moves: lag and age for people, and an end to a run that hangs.
//!
//! A peer that went silent, or a client library that hangs, leaves a dataflow that waits for ever and says nothing.
//! When the log grows while nothing becomes durable, and it is not a slow database that is waited for, the run
//! ends with an error and its supervisor starts it again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::event::Time;
use crate::log::Log;
use crate::poll::Reading;
use crate::stop::Stop;
use crate::vitals::Vitals;
use crate::writer::Writing;

/// How often it says how far the process is.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// After how many times of that it looks whether anything moves, and asks the log for its ends.
const LOOK_EVERY: u32 = 5;

/// What it watches.
pub(crate) struct Watchdog<L> {
    pub(crate) log: Arc<L>,
    pub(crate) reading: Arc<Reading>,
    pub(crate) vitals: Arc<Vitals>,
    pub(crate) writing: Writing,
    pub(crate) stall_after: Duration,
    pub(crate) stop: Stop,
}

impl<L: Log> Watchdog<L> {
    /// Watches until the run ends.
    pub(crate) fn run(self) -> Result<(), Error> {
        let mut moved = Moved::new(Instant::now());
        for told in 0_u32.. {
            self.vitals.tell(self.log.now());
            if self.stop.wait(TELL_EVERY) {
                break;
            }
            if told % LOOK_EVERY != 0 {
                continue;
            }
            let ends = self.look();
            let durable = self.vitals.durable();
            let stuck = moved.stuck_for(durable, ends, self.writing.under_way(), Instant::now());
            if stuck > self.stall_after {
                return Err(Error::Stalled {
                    seconds: stuck.as_secs(),
                    frontier: durable,
                });
            }
        }
        Ok(())
    }

    /// The ends of the partitions this process reads, as far as they can be had.
    fn look(&self) -> BTreeMap<u32, i64> {
        let mut ends = BTreeMap::new();
        for (partition, position) in self.reading.positions() {
            match self.log.end(partition) {
                Ok(end) => {
                    metrics::gauge!("pipeline_lag_records", "partition" => partition.to_string())
                        .set((end - position).max(0) as f64);
                    ends.insert(partition, end);
                }
                // Not knowing the end is no reason to end: the reader has its own word on that.
                Err(error) => tracing::warn!(%error, partition, "cannot tell how far the log goes"),
            }
        }
        ends
    }
}

/// When something last moved.
struct Moved {
    durable: Time,
    ends: BTreeMap<u32, i64>,
    at: Instant,
}

impl Moved {
    fn new(now: Instant) -> Self {
        Self {
            durable: 0,
            ends: BTreeMap::new(),
            at: now,
        }
    }

    /// For how long nothing became durable although the log grew; nought while that is as it should be.
    fn stuck_for(&mut self, durable: Time, ends: BTreeMap<u32, i64>, writing: bool, now: Instant) -> Duration {
        let grew = |(partition, end): (&u32, &i64)| self.ends.get(partition).is_some_and(|before| end > before);
        let quiet = !self.ends.is_empty() && !ends.iter().any(grew);
        if durable > self.durable || self.ends.is_empty() || writing {
            *self = Self { durable, ends, at: now };
            return Duration::ZERO;
        }
        if quiet { Duration::ZERO } else { now - self.at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_log_that_grows_while_nothing_moves_is_a_stall() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let ends = |end| BTreeMap::from([(0, end)]);
        let mut moved = Moved::new(start);
        assert_eq!(moved.stuck_for(1, ends(5), false, after(0)), Duration::ZERO);
        assert_eq!(moved.stuck_for(1, ends(5), false, after(9)), Duration::ZERO, "quiet");
        assert_eq!(moved.stuck_for(1, ends(6), false, after(10)), Duration::from_secs(10));
        assert_eq!(moved.stuck_for(1, ends(7), true, after(20)), Duration::ZERO, "writing");
        assert_eq!(moved.stuck_for(1, ends(8), false, after(25)), Duration::from_secs(5));
        assert_eq!(moved.stuck_for(2, ends(9), false, after(26)), Duration::ZERO, "moved");
    }
}
