//! How far back the log must be read so that what comes after is as if nothing had happened.

use crate::config::{Config, millis};
use crate::event::Time;
use crate::seen::GENERATION;
use crate::windows::LARGEST;

/// The log time to begin at, given what every shard of the sink has.
///
/// A window that is still open after `least` may have taken messages since the largest width, the lateness and
/// `max_future` (a message may be logged before its window begins); whether each of those was the first of its kind
/// follows from the horizon before it. What comes out of the replay up to `least` is there already and is dropped.
pub(crate) fn rewind(config: &Config, least: Time) -> Time {
    let windows = millis(LARGEST + config.lateness + config.max_future);
    // De-duplication remembers in whole generations: up to one more at either end.
    let seen = millis(config.dedup_horizon()) + 2 * GENERATION;
    least.saturating_sub(windows + seen)
}
