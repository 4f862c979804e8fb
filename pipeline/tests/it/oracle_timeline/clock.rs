//! The business's clocks, by looking at the wall every minute.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

use super::presets::{DAY, HOURS, MINUTE};

/// Stories lie within so many days before and after a dawn.
const BEFORE: i64 = 8 * DAY;
const AFTER: i64 = 90 * DAY;

/// For each minute from an instant on, how many minutes were open before it.
pub(crate) struct Wall {
    from: i64,
    open_before: Vec<u32>,
}

type Walls = HashMap<(&'static str, usize, i64), Arc<Wall>>;
static WALLS: LazyLock<Mutex<Walls>> = LazyLock::new(Mutex::default);

fn wall_time(zone: &TimeZone, at: i64) -> Zoned {
    Timestamp::from_millisecond(at).unwrap().to_zoned(zone.clone())
}

fn zone_of(name: &str) -> TimeZone {
    match name {
        "" => TimeZone::UTC,
        name => TimeZone::get(name).unwrap(),
    }
}

/// The hours of a preset on the walls of a zone, around a dawn.
pub(crate) fn wall(zone: &'static str, hours: usize, dawn: i64) -> Arc<Wall> {
    let mut walls = WALLS.lock().unwrap();
    let wall = walls.entry((zone, hours, dawn)).or_insert_with(|| {
        let (tz, from) = (zone_of(zone), (dawn - BEFORE).div_euclid(MINUTE) * MINUTE);
        let mut open_before = vec![0];
        for minute in 0..(BEFORE + AFTER) / MINUTE {
            let is_open = is_open(&wall_time(&tz, from + minute * MINUTE), hours);
            open_before.push(open_before[open_before.len() - 1] + u32::from(is_open));
        }
        Arc::new(Wall { from, open_before })
    });
    wall.clone()
}

/// Whether somebody who looks at the clock finds the business open.
fn is_open(now: &Zoned, hours: usize) -> bool {
    let minute = u16::try_from(now.hour()).unwrap() * 60 + u16::try_from(now.minute()).unwrap();
    let today = now.date();
    let began_on = |date: jiff::civil::Date, minute: u16| {
        let hours = &HOURS[hours];
        let date_of = |(year, month, day)| jiff::civil::date(year, month, day);
        let holiday = hours.holidays.iter().find(|(day, _)| date_of(*day) == date);
        let weekday = u8::try_from(date.weekday().to_monday_zero_offset()).unwrap();
        let intervals: Vec<(u16, u16)> = match holiday {
            Some((_, opens)) => opens.to_vec(),
            None if hours.weekly.is_empty() => vec![(0, 24 * 60)],
            None => {
                let of_today = hours.weekly.iter().filter(|(days, _)| days.contains(&weekday));
                of_today.flat_map(|(_, opens)| opens.iter().copied()).collect()
            }
        };
        intervals.into_iter().any(|(from, to)| {
            let to = if to < from { to + 24 * 60 } else { to };
            (from..to).contains(&minute)
        })
    };
    began_on(today, minute) || began_on(today.checked_sub(1.day()).unwrap(), minute + 24 * 60)
}

impl Wall {
    /// Open milliseconds from when the wall is first looked at to an instant.
    fn open_until(&self, at: i64) -> i64 {
        let minute = usize::try_from((at - self.from) / MINUTE).unwrap();
        let (before, after) = (self.open_before[minute], self.open_before[minute + 1]);
        i64::from(before) * MINUTE + i64::from(after - before) * ((at - self.from) % MINUTE)
    }

    /// Open milliseconds between two instants.
    pub(crate) fn between(&self, from: i64, to: i64) -> i64 {
        (self.open_until(to) - self.open_until(from)).max(0)
    }

    /// The first instant by which so many open milliseconds have passed.
    pub(crate) fn after(&self, from: i64, open: i64) -> i64 {
        let wanted = self.open_until(from) + open;
        let minutes = wanted.div_euclid(MINUTE);
        let whole = self.open_before.iter().position(|before| i64::from(*before) >= minutes);
        let begin = self.from + i64::try_from(whole.expect("stories lie within the wall")).unwrap() * MINUTE;
        if wanted == minutes * MINUTE {
            return begin.max(from);
        }
        // The rest of it passes in the next minute that is open.
        let mut at = begin;
        while self.open_until(at + MINUTE) == self.open_until(at) {
            at += MINUTE;
        }
        (at + wanted % MINUTE).max(from)
    }
}

/// The business's day of an instant; days begin at four in the morning.
pub(crate) fn day(zone: &str, at: i64) -> jiff::civil::Date {
    let now = wall_time(&zone_of(zone), at);
    if now.hour() < 4 {
        now.date().checked_sub(1.day()).unwrap()
    } else {
        now.date()
    }
}
