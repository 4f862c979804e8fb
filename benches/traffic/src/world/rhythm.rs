//! Who speaks at which hour, and who has an angry afternoon.
//!
//! The hours decide the shares of the businesses, not how much is said in all: that is the rate's.

use rand::RngExt;

use super::business::Business;
use super::{randomness, streams};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// Relative activity of each local hour: asleep at four, lunch and evening peaks.
const HOURS: [u32; 24] = [
    6, 4, 3, 2, 2, 3, 8, 20, 40, 60, 70, 75, 80, 74, 66, 64, 66, 72, 80, 84, 76, 56, 32, 14,
];

/// One in this many local days of a business has an angry afternoon.
const ANGRY_DAYS: u32 = 6;

/// The hours of a world. Shares are worked out anew each minute, not for each message.
#[derive(Debug)]
pub struct Rhythm {
    seed: u64,
    /// The business whose afternoon is angry as the run begins (there is always one to look at), and until when.
    opening: (usize, i64),
    minute: i64,
    weights: Vec<u32>,
    angry: Vec<bool>,
}

impl Rhythm {
    /// The rhythm of a run that begins at `start` (Unix seconds).
    pub fn new(seed: u64, start: i64, businesses: &[Business]) -> Self {
        let mut rng = randomness(seed, streams::RHYTHM);
        let opening = (
            rng.random_range(0..businesses.len()),
            start + rng.random_range(HOUR / 2..2 * HOUR),
        );
        let mut rhythm = Self {
            seed,
            opening,
            minute: i64::MIN,
            weights: Vec::new(),
            angry: Vec::new(),
        };
        rhythm.turn(businesses, start);
        rhythm
    }

    /// The businesses' weights at an instant (Unix seconds): size × local hour, threefold when angry.
    pub fn weights(&mut self, businesses: &[Business], now: i64) -> &[u32] {
        self.turn(businesses, now);
        &self.weights
    }

    /// Whether a business's customers are up in arms, as of the last call of [`Self::weights`].
    pub fn is_angry(&self, business: usize) -> bool {
        self.angry[business]
    }

    fn turn(&mut self, businesses: &[Business], now: i64) {
        let minute = now.div_euclid(60);
        if minute == self.minute {
            return;
        }
        self.minute = minute;
        self.angry = (0..businesses.len())
            .map(|index| self.has_angry_hour(businesses, index, now))
            .collect();
        self.weights = businesses
            .iter()
            .zip(&self.angry)
            .map(|(business, angry)| business.size * hour_weight(business, now) * if *angry { 3 } else { 1 })
            .collect();
    }

    /// Drawn from the seed, the business and its local day alone, so that it does not depend on when one asks.
    fn has_angry_hour(&self, businesses: &[Business], index: usize, now: i64) -> bool {
        if self.opening.0 == index && now < self.opening.1 {
            return true;
        }
        let local = now + businesses[index].utc_offset * 60;
        let (day, second) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        let mut rng = randomness(self.seed ^ day.unsigned_abs(), streams::RHYTHM + 1_000 + index as u64);
        let begins = rng.random_range(12 * HOUR..17 * HOUR);
        let lasts = rng.random_range(HOUR..3 * HOUR);
        rng.random_ratio(1, ANGRY_DAYS) && (begins..begins + lasts).contains(&second)
    }
}

/// Between two full hours the weight goes over evenly.
fn hour_weight(business: &Business, now: i64) -> u32 {
    let second = (now + business.utc_offset * 60).rem_euclid(DAY);
    let hour = usize::try_from(second / HOUR).expect("a day has 24 hours");
    let into = u32::try_from(second % HOUR).expect("an hour has 3600 seconds");
    (HOURS[hour] * (3_600 - into) + HOURS[(hour + 1) % 24] * into) / 3_600
}
