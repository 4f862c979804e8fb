//! Open time: how much of a span of time a business is open, and when so much of it has passed.
//!
//! A business is open at an instant when a clock on its wall then shows a time within one of its intervals, beginning
//! included and end excluded, on a day on which the interval begins or (past midnight) the day after. So on the two days of
//! a year on which clocks are changed
//!
//! * `09:00` to `17:00` is as long as ever, for clocks are changed at night;
//! * what the clock skips does not happen: where 02:00 is followed by 03:00, `01:30` to `02:30` is the half hour before, and
//!   `02:15` to `02:45` is nothing;
//! * what the clock shows twice is open twice: where 03:00 is followed by 02:00, `01:30` to `02:30` is open for an hour,
//!   closed for half of one, and open again from 02:00 to 02:30.
//!
//! # How
//!
//! The open milliseconds before an instant are those before what the wall shows, plus a number that changes with the clock
//! only. Both are kept in tables, so that an instant costs two or three binary searches, whatever the span. Zones are as
//! they were in 1970 before that year, and as in 2099 after it.

mod wall;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use parlance_schemas::settings::HoursSetting;

use self::wall::Wall;

/// How far ahead [`Hours::after`] looks, in milliseconds: 400 days, every day of a year and then some.
pub const LOOK_AHEAD_MS: i64 = 400 * 24 * 60 * 60 * 1_000;

/// 2100 begins, in seconds: nobody knows today how clocks will be changed then.
const LAST_SECOND: i64 = 4_102_444_800;
/// No time passes outside of this on either side of 1970, in milliseconds: 73 million years, so that sums of them fit.
const MAX_TIME: i64 = i64::MAX / 4;

/// When a business is open. Clones are cheap, and the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hours(Option<Arc<Calendar>>);

/// The hours of a business that is closed at times.
#[derive(Debug, PartialEq, Eq)]
struct Calendar {
    wall: Wall,
    /// In order of time; the first is from ever.
    clocks: Box<[Clock]>,
}

/// How clocks go from an instant on.
#[derive(Debug, PartialEq, Eq)]
struct Clock {
    /// Unix milliseconds.
    since: i64,
    /// What the wall shows more than UTC, in milliseconds.
    ahead: i64,
    /// Open milliseconds before an instant, less those before what the wall shows.
    base: i64,
}

impl Hours {
    /// Open always: business time is calendar time.
    pub const fn always() -> Self {
        Self(None)
    }

    /// The hours of a setting, by the clocks of a zone.
    ///
    /// Intervals and dates that cannot be meant ([`HoursSetting::problems`] names them) are left out, and when no interval of
    /// the week is left, every day is open all day, save the holidays: a business is never closed for good.
    pub fn compile(setting: &HoursSetting, zone: &TimeZone) -> Self {
        let Some(wall) = Wall::of(setting) else {
            return Self::always();
        };
        let clocks = clocks(&wall, zone);
        Self(Some(Arc::new(Calendar { wall, clocks })))
    }

    /// The open milliseconds from an instant to another that is not part of it, both in Unix milliseconds. 0 when the second
    /// is not after the first.
    pub fn between(&self, from: i64, to: i64) -> i64 {
        if to <= from {
            return 0;
        }
        self.before(to) - self.before(from)
    }

    /// The earliest instant, in Unix milliseconds, before which so many open milliseconds have passed since another: at
    /// closing time rather than when it opens next. The other itself when none are asked for; nothing when it does not come
    /// within [`LOOK_AHEAD_MS`].
    pub fn after(&self, from: i64, open_ms: i64) -> Option<i64> {
        if open_ms <= 0 {
            return Some(from);
        }
        let target = self.before(from).saturating_add(open_ms);
        // The instant is not before `low` and not after `high`: open time passes no faster than time.
        let mut low = from.saturating_add(open_ms);
        let mut high = from.saturating_add(LOOK_AHEAD_MS);
        if low > high || self.before(high) < target {
            return None;
        }
        let mut stride = 0;
        while low < high {
            let middle = low + (high - low).min(stride) / 2;
            let missing = target - self.before(middle);
            if missing > 0 {
                low = middle + missing;
            } else {
                high = middle + missing;
            }
            stride = (2 * stride).clamp(wall::DAY_MS, LOOK_AHEAD_MS);
        }
        Some(low)
    }

    /// Whether the business is open at an instant, in Unix milliseconds.
    pub fn is_open(&self, at: i64) -> bool {
        self.0.is_none() || self.between(at, at.saturating_add(1)) > 0
    }

    /// Open milliseconds before an instant, counted from some instant that is always the same.
    fn before(&self, at: i64) -> i64 {
        let at = at.clamp(-MAX_TIME, MAX_TIME);
        let Some(calendar) = &self.0 else { return at };
        let after = calendar.clocks.partition_point(|clock| clock.since <= at);
        let clock = &calendar.clocks[after - 1];
        clock.base + calendar.wall.before(at + clock.ahead)
    }
}

fn clocks(wall: &Wall, zone: &TimeZone) -> Box<[Clock]> {
    let millis = |offset: Offset| i64::from(offset.seconds()) * 1_000;
    let mut clocks = vec![Clock {
        since: i64::MIN,
        ahead: millis(zone.to_offset(Timestamp::UNIX_EPOCH)),
        base: 0,
    }];
    let changes = zone.following(Timestamp::UNIX_EPOCH);
    for change in changes.take_while(|change| change.timestamp().as_second() < LAST_SECOND) {
        let (since, ahead) = (change.timestamp().as_millisecond(), millis(change.offset()));
        let last = clocks.last().expect("the first is there");
        if ahead != last.ahead {
            let base = last.base + wall.before(since + last.ahead) - wall.before(since + ahead);
            clocks.push(Clock { since, ahead, base });
        }
    }
    clocks.into()
}
