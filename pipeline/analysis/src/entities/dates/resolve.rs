//! From what was said to what it means at the time it was said.
//!
//! Where a phrase could mean several days, the next one from the message on is taken: customers ask about what is to
//! come. Weeks begin on Monday (ISO 8601).

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time, Weekday};

use super::parts::{Clock, HalfDay, Named, Parts};
use crate::entities::lexicon::{Edge, Feast, Part, Unit};

/// When the message was written, where the business is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reference {
    pub(super) now: DateTime,
    /// Whether an hour from one to six without more means the afternoon.
    pub(super) half_day_clock: bool,
}

/// What a phrase means. Ends of spans are not included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Meaning {
    Days(Date, Date),
    Moment(DateTime),
    Moments(DateTime, DateTime),
    Clock(Time),
    Clocks(Time, Time),
    /// A date, but which cannot be told.
    Unknown,
}

impl Meaning {
    /// The ISO 8601 form: a date, a local date and time, or `start/end`.
    pub(super) fn iso(&self) -> Option<String> {
        Some(match *self {
            Self::Days(start, end) if start.checked_add(1.day()).is_ok_and(|next| next == end) => start.to_string(),
            Self::Days(start, end) => format!("{start}/{end}"),
            Self::Moment(moment) => seconds(moment),
            Self::Moments(start, end) => format!("{}/{}", seconds(start), seconds(end)),
            Self::Clock(time) => time.strftime("T%H:%M:%S").to_string(),
            Self::Clocks(start, end) => format!("{}/{}", start.strftime("T%H:%M:%S"), end.strftime("T%H:%M:%S")),
            Self::Unknown => return None,
        })
    }

    /// Where it begins, as it stands in an open range.
    pub(super) fn start(&self) -> Option<String> {
        match *self {
            Self::Days(start, _) => Some(start.to_string()),
            Self::Moment(at) | Self::Moments(at, _) => Some(seconds(at)),
            Self::Clock(_) | Self::Clocks(..) => self.iso(),
            Self::Unknown => None,
        }
    }

    /// Where what comes after it begins.
    pub(super) fn after(&self) -> Option<String> {
        match *self {
            Self::Days(start, end) if start.checked_add(1.day()).is_ok_and(|next| next == end) => {
                Some(start.to_string())
            }
            Self::Days(_, end) => Some(end.to_string()),
            Self::Moments(_, end) => Some(seconds(end)),
            _ => self.start(),
        }
    }
}

fn seconds(moment: DateTime) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// The meaning of the parts; `None` when they name no day there is ("32 March") or nothing at all.
pub(super) fn resolve(parts: &Parts, reference: &Reference) -> Option<Meaning> {
    if let Some(moment) = parts.moment {
        return Some(Meaning::Moment(moment));
    }
    if let Some((start, end)) = parts.moments {
        return Some(Meaning::Moments(start, end));
    }
    if parts.unknown {
        return Some(Meaning::Unknown);
    }
    if !parts.has_date() {
        let clock = parts.clock?;
        return Some(Meaning::Clock(time(clock, parts.part, reference)?));
    }
    let (start, end) = days(parts, reference)?;
    if let Some(clock) = parts.clock {
        let time = time(clock, parts.part, reference)?;
        let next = clock.hour == 24;
        let start = if next { start.checked_add(1.day()).ok()? } else { start };
        return Some(Meaning::Moment(start.to_datetime(time)));
    }
    if let Some(part) = parts.part {
        let single = start.checked_add(1.day()).is_ok_and(|next| next == end);
        if single {
            let (from, to) = span(part);
            return Some(match part {
                Part::Noon | Part::Midnight => Meaning::Moment(start.to_datetime(from)),
                _ => Meaning::Moments(start.to_datetime(from), start.to_datetime(to)),
            });
        }
    }
    match parts.edge {
        Some(edge) => edge_of(start, end, edge),
        None => Some(Meaning::Days(start, end)),
    }
}

/// The hours a part of the day is taken for.
fn span(part: Part) -> (Time, Time) {
    let at = |hour| Time::constant(hour, 0, 0, 0);
    match part {
        Part::EarlyMorning => (at(6), at(10)),
        Part::Morning => (at(8), at(12)),
        Part::Noon => (at(12), at(13)),
        Part::Afternoon => (at(12), at(16)),
        Part::Evening => (at(16), at(20)),
        Part::Night => (at(20), Time::constant(23, 59, 59, 0)),
        Part::Midnight => (at(0), at(1)),
    }
}

/// The time of day, the half of the day taken from its part or from what is usual.
pub(super) fn time(clock: Clock, part: Option<Part>, reference: &Reference) -> Option<Time> {
    let late = match (clock.half, part) {
        (Some(HalfDay::Pm), _) => true,
        (Some(HalfDay::Am), _) => false,
        (None, Some(Part::Afternoon | Part::Evening)) => true,
        (None, Some(Part::Night)) => clock.hour >= 6,
        (None, Some(Part::Noon)) => clock.hour < 10,
        (None, Some(Part::Morning | Part::EarlyMorning | Part::Midnight)) => false,
        (None, None) => !clock.full_day && reference.half_day_clock && (1..=6).contains(&clock.hour),
    };
    let early = clock.half == Some(HalfDay::Am) || matches!(part, Some(Part::Midnight));
    let hour = match clock.hour {
        12 if early => 0,
        12 if part == Some(Part::Night) && clock.half.is_none() => 0,
        hour @ 0..=11 if late => hour + 12,
        24 => 0,
        hour => hour,
    };
    Time::new(hour, clock.minute, clock.second, 0).ok()
}

/// The days the parts name.
pub(super) fn days(parts: &Parts, reference: &Reference) -> Option<(Date, Date)> {
    let today = reference.now.date();
    if let Some(days) = parts.days {
        return Some(days);
    }
    let year = parts.year.map(|year| match year {
        Named::Absolute(year) => year,
        Named::Relative(shift) => today.year().saturating_add(i16::from(shift)),
    });
    if let Some(feast) = parts.feast {
        return feast_day(feast, year, parts.weekday_shift, today);
    }
    if let Some(week) = parts.week {
        let monday = monday_of(today)?.checked_add((i64::from(week) * 7).days()).ok()?;
        return match parts.weekday {
            Some(weekday) => one(monday.checked_add(i64::from(weekday - 1).days()).ok()?),
            None => Some((monday, monday.checked_add(7.days()).ok()?)),
        };
    }
    let month = match parts.month {
        Some(Named::Absolute(month)) => Some((year, month)),
        Some(Named::Relative(shift)) => {
            let then = today.first_of_month().checked_add(i64::from(shift).months()).ok()?;
            Some((Some(then.year()), then.month()))
        }
        None => None,
    };
    if let Some((count, unit)) = parts.nth {
        return nth(count, parts.nth_count.max(1), unit, month, year, today);
    }
    match (month, parts.day) {
        (Some((year, month)), Some(day)) => {
            let of = |year| Date::new(year, month, day).ok();
            match year {
                Some(year) => one(of(year)?),
                None => one(next_of(today, parts, of)?),
            }
        }
        (Some((year, month)), None) => {
            let of = |year| Date::new(year, month, 1).ok();
            let first = match year {
                Some(year) => of(year)?,
                None => {
                    let this = of(today.year())?;
                    let forward = match parts.weekday_shift {
                        Some(shift) => i16::from(shift),
                        None => i16::from(month < today.month()),
                    };
                    of(this.year().saturating_add(forward))?
                }
            };
            if let Some(weekday) = parts.weekday {
                let wanted = weekday_of(weekday)?;
                return one(first.checked_sub(1.day()).ok()?.nth_weekday(1, wanted).ok()?);
            }
            Some((first, first.checked_add(1.month()).ok()?))
        }
        (None, Some(day)) => one(day_alone(day, parts.weekday, today)?),
        (None, None) => match (year, parts.weekday) {
            (_, Some(weekday)) => one(weekday_alone(weekday, parts.weekday_shift, today)?),
            (Some(year), None) => Some((Date::new(year, 1, 1).ok()?, Date::new(year.checked_add(1)?, 1, 1).ok()?)),
            (None, None) => None,
        },
    }
}

fn one(day: Date) -> Option<(Date, Date)> {
    Some((day, day.checked_add(1.day()).ok()?))
}

pub(super) fn monday_of(day: Date) -> Option<Date> {
    let days = i64::from(day.weekday().to_monday_zero_offset());
    day.checked_sub(days.days()).ok()
}

fn weekday_of(number: i8) -> Option<Weekday> {
    Weekday::from_monday_one_offset(number).ok()
}

/// The date of a year of which it is the next; a leap day may be years away.
fn next_of(today: Date, parts: &Parts, of: impl Fn(i16) -> Option<Date>) -> Option<Date> {
    if let Some(shift) = parts.weekday_shift.filter(|_| parts.weekday.is_none()) {
        let past_this_year = of(today.year()).is_some_and(|date| date < today);
        let forward = match shift {
            1 => i16::from(past_this_year),
            -1 => -i16::from(!past_this_year),
            _ => 0,
        };
        return of(today.year().checked_add(forward)?);
    }
    (0..=8).find_map(|ahead| of(today.year().checked_add(ahead)?).filter(|date| *date >= today))
}

fn day_alone(day: i8, weekday: Option<i8>, today: Date) -> Option<Date> {
    let wanted = match weekday {
        Some(weekday) => Some(weekday_of(weekday)?),
        None => None,
    };
    let months = if wanted.is_some() { 0..=14 } else { 0..=2 };
    months
        .filter_map(|ahead: i64| {
            let first = today.first_of_month().checked_add(ahead.months()).ok()?;
            Date::new(first.year(), first.month(), day).ok()
        })
        .find(|date| *date >= today && wanted.is_none_or(|weekday| date.weekday() == weekday))
}

fn weekday_alone(weekday: i8, shift: Option<i8>, today: Date) -> Option<Date> {
    match shift {
        Some(shift) => {
            let monday = monday_of(today)?;
            monday
                .checked_add((i64::from(shift) * 7 + i64::from(weekday - 1)).days())
                .ok()
        }
        None => today.nth_weekday(1, weekday_of(weekday)?).ok(),
    }
}

/// Easter Sunday of the Gregorian calendar, by the rule of Meeus, Jones and Butcher.
fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    Date::new(year, i8::try_from(n / 31).ok()?, i8::try_from(n % 31 + 1).ok()?).ok()
}

fn feast_day(feast: Feast, year: Option<i16>, shift: Option<i8>, today: Date) -> Option<(Date, Date)> {
    let of = |year: i16| -> Option<Date> {
        match feast {
            Feast::Fixed(month, day) => Date::new(year, month, day).ok(),
            Feast::Easter(days) => easter(year)?.checked_add(i64::from(days).days()).ok(),
            Feast::Nth(month, weekday, count) => Date::new(year, month, 1)
                .ok()?
                .nth_weekday_of_month(count, weekday_of(weekday)?)
                .ok(),
            Feast::BlackFriday => {
                let thanksgiving = Date::new(year, 11, 1)
                    .ok()?
                    .nth_weekday_of_month(4, Weekday::Thursday)
                    .ok()?;
                thanksgiving.checked_add(1.day()).ok()
            }
        }
    };
    let day = match (year, shift) {
        (Some(year), _) => of(year)?,
        (None, Some(-1)) => [0, -1]
            .iter()
            .find_map(|back| of(today.year() + back).filter(|day| *day < today))?,
        (None, Some(0)) => of(today.year())?,
        (None, _) => [0, 1]
            .iter()
            .find_map(|ahead| of(today.year() + ahead).filter(|day| *day >= today))?,
    };
    one(day)
}

/// The so many-th unit of a month or a year.
fn nth(
    count: i8,
    many: i8,
    unit: Unit,
    month: Option<(Option<i16>, i8)>,
    year: Option<i16>,
    today: Date,
) -> Option<(Date, Date)> {
    let many = i64::from(many);
    let index = i64::from(count);
    let (first, after) = match month {
        Some((year, month)) => {
            let year = year.unwrap_or(today.year() + i16::from(month < today.month()));
            let first = Date::new(year, month, 1).ok()?;
            (first, first.checked_add(1.month()).ok()?)
        }
        None => {
            let year = year.unwrap_or(today.year());
            (Date::new(year, 1, 1).ok()?, Date::new(year + 1, 1, 1).ok()?)
        }
    };
    let pick = |length: i64, step: fn(i64) -> jiff::Span| -> Option<(Date, Date)> {
        if index > 0 {
            let start = first.checked_add(step((index - 1) * length)).ok()?;
            Some((start, start.checked_add(step(length * many)).ok()?))
        } else {
            let start = after.checked_sub(step(length * many)).ok()?;
            Some((start, after))
        }
    };
    match unit {
        Unit::Day => pick(1, |n| n.days()),
        Unit::Month => pick(1, |n| n.months()),
        Unit::Quarter => pick(3, |n| n.months()),
        Unit::HalfYear => pick(6, |n| n.months()),
        Unit::Week | Unit::Workweek | Unit::Weekend => {
            // A week belongs to the month and year its Thursday is in (ISO 8601).
            let monday = if index > 0 {
                let in_first = monday_of(first.checked_add(3.days()).ok()?)?;
                let back = monday_of(first)?;
                let one = if back.checked_add(3.days()).ok()? >= first {
                    back
                } else {
                    in_first
                };
                let one = if one.checked_add(3.days()).ok()? < first {
                    one.checked_add(7.days()).ok()?
                } else {
                    one
                };
                one.checked_add(((index - 1) * 7).days()).ok()?
            } else {
                let last = monday_of(after.checked_sub(1.day()).ok()?)?;
                let last = if last.checked_add(3.days()).ok()? >= after {
                    last.checked_sub(7.days()).ok()?
                } else {
                    last
                };
                last.checked_sub(((many - 1) * 7).days()).ok()?
            };
            Some((monday, monday.checked_add((7 * many).days()).ok()?))
        }
        _ => None,
    }
}

/// The start, middle or end of a period.
fn edge_of(start: Date, end: Date, edge: Edge) -> Option<Meaning> {
    let length = start.until(end).ok()?.get_days();
    let day = |date: Date, ahead: i64| date.checked_add(ahead.days()).ok();
    let whole = |from: Date, to: Date| Some(Meaning::Days(from, to));
    if length == 1 {
        return match edge {
            Edge::Start => Some(Meaning::Moment(start.to_datetime(Time::midnight()))),
            Edge::Middle => Some(Meaning::Moments(start.at(10, 0, 0, 0), start.at(14, 0, 0, 0))),
            Edge::End => Some(Meaning::Moment(start.at(23, 59, 59, 0))),
        };
    }
    if length == 7 {
        return match edge {
            Edge::Start => whole(start, day(start, 3)?),
            Edge::Middle => whole(day(start, 2)?, day(start, 5)?),
            Edge::End => whole(day(start, 3)?, end),
        };
    }
    if length <= 31 {
        return match edge {
            Edge::Start => whole(start, day(start, 15)?),
            Edge::Middle => whole(day(start, 9)?, day(start, 20)?),
            Edge::End => whole(day(start, 15)?, end),
        };
    }
    let months = start.until((jiff::Unit::Month, end)).ok()?.get_months();
    let month = |ahead: i32| start.checked_add(i64::from(ahead).months()).ok();
    match edge {
        Edge::Start => whole(start, month(months / 2)?),
        Edge::Middle => whole(month(months / 3)?, month(months * 2 / 3)?),
        Edge::End => whole(month(months / 2)?, end),
    }
}
