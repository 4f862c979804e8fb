//! Ranges: "from Monday to Friday", "November 19-20", "between 3 and 5pm tomorrow", 3月から5月まで; and half-open
//! ones: "after 2018".

use jiff::ToSpan;

use super::Found;
use super::parts::{Clock, Named, Parts};
use super::reader::Reader;
use super::resolve::{Meaning, Reference, resolve};
use crate::entities::lexicon::Sense;
use parlance_schemas::labels::Language;

type Expression = Option<(Option<Found>, usize)>;

impl Reader<'_> {
    /// A number of which only the other end of the range says what it is.
    fn bare(&self, at: usize) -> Option<(Parts, usize)> {
        let (number, next) = self.ordinal(at).or_else(|| self.cardinal(at))?;
        let fits = (0..=31).contains(&number) || (1900..=2100).contains(&number);
        let next = next + usize::from(self.has(next, Sense::DayMark));
        fits.then_some((
            Parts {
                bare: Some(number),
                ..Parts::default()
            },
            next,
        ))
    }

    fn end_of_range(&self, at: usize, chain: Option<(Parts, usize)>) -> Option<(Parts, usize)> {
        chain
            .filter(|(parts, _)| {
                !parts.weak || parts.year.is_some() || parts.month.is_some() || parts.weekday.is_some()
            })
            .or_else(|| self.bare(at))
    }

    pub(super) fn range(&self, at: usize, chain: Option<(Parts, usize)>, reference: &Reference) -> Expression {
        let between = self.has(at, Sense::Between);
        let from = between || self.has(at, Sense::From);
        let first = if from { self.skip_glue(at + 1) } else { at };
        let start = if from {
            self.end_of_range(first, self.chain(first))
        } else {
            self.end_of_range(at, chain)
        };
        let plain = start.and_then(|start| self.range_from(at, start, between, from, reference));
        if plain.is_some() || !from {
            return plain;
        }
        // The word may be part of the first date: "a partir de".
        let start = self.end_of_range(at, chain)?;
        self.range_from(at, start, false, false, reference)
    }

    fn range_from(
        &self,
        at: usize,
        start: (Parts, usize),
        between: bool,
        from: bool,
        reference: &Reference,
    ) -> Expression {
        let (start, mut next) = start;
        if start.bare.is_none() && start.weak && !from && start.year.is_none() {
            return None;
        }
        // から … まで, 부터 … 까지: behind the first date.
        // An interval as ISO 8601 writes it.
        let exact = start.year.is_some() && start.day.is_some();
        let slash = exact && self.is_mark(next, '/') && self.touches(next) && self.touches(next + 1);
        let spaced_dash = slash || self.is_mark(next, '-') || self.is_mark(next, '~') || self.has(next, Sense::To);
        let and = self.has(next, Sense::And) && (between || matches!(self.language, Language::Zh | Language::Ja));
        if !spaced_dash && !and {
            next += usize::from(self.is_mark(next, ',') && from);
            if !self.has(next, Sense::To) {
                return None;
            }
        }
        let dash = slash || self.is_mark(next, '-') || self.is_mark(next, '~');
        let second = if dash { next + 1 } else { self.skip_glue(next + 1) };
        if second >= self.tokens.len() {
            return None;
        }
        let (end, mut behind) = self
            .end_of_range(second, self.chain(second))
            .or_else(|| self.end_of_range(next + 1, self.chain(next + 1)))?;
        let mut end = end;
        // "from 3 to 4 tomorrow": what is behind the second end is said of both.
        if end.bare.is_some() {
            let glued = self.skip_glue(behind);
            let tail = self.chain(behind).or_else(|| self.chain(glued));
            if let Some((tail, after)) = tail.filter(|(tail, _)| tail.has_date() && tail.clock.is_none() && !tail.weak)
            {
                let day = tail.month.is_some() && tail.day.is_none();
                let number = end.bare?;
                end = if day {
                    Parts {
                        day: i8::try_from(number).ok(),
                        ..tail
                    }
                } else {
                    Parts {
                        clock: Some(plain_hour(number)?),
                        ..tail
                    }
                };
                behind = after;
            }
        }
        if start.bare.is_some() && end.bare.is_some() {
            let years = start.bare.is_some_and(|year| year >= 1900) && end.bare.is_some_and(|year| year >= 1900);
            if !years {
                return None;
            }
        }
        if start.bare.is_some()
            && !from
            && !(end.clock.is_some_and(|clock| clock.half.is_some() || end.has_date())
                || end.day.is_some() && end.month.is_some())
        {
            return None;
        }
        if end.bare.is_some() && !from && start.clock.is_none() && !(start.month.is_some() && start.day.is_some()) {
            return None;
        }
        // 5月9日から2泊: a number that is not said to be a day is one of something else.
        let east = matches!(self.language, Language::Zh | Language::Ja | Language::Ko);
        if east && end.bare.is_some_and(|number| number < 1900) {
            let marked = self.has(behind - 1, Sense::DayMark)
                || self.has(behind, Sense::UntilBehind)
                || self.has(behind, Sense::RangeEnd);
            if !marked {
                return None;
            }
        }
        let (start, end) = level(start, end)?;
        let one_sided = start.has_date() != end.has_date();
        if one_sided {
            return None;
        }
        if start.unknown || end.unknown {
            return None;
        }
        let from_meaning = resolve(&start, reference)?;
        let to_meaning = resolve(&end, reference)?;
        let meaning = span(&from_meaning, &to_meaning, &start, &end)?;
        let mut last = behind;
        for _ in 0..2 {
            if self.has(last, Sense::RangeEnd) || self.has(last, Sense::UntilBehind) {
                last += 1;
            }
        }
        // 3月と5月 are two months; 3月と5月の間 is what is between them.
        if and && !between && last == behind {
            return None;
        }
        if self.has(at, Sense::SinceAhead) && self.has(last, Sense::SinceBehind) {
            return None;
        }
        let time_only = !start.has_date() && !end.has_date();
        let value = match (end.edge, &to_meaning) {
            (Some(_), Meaning::Days(_, after)) => from_meaning.start().map(|start| format!("{start}/{after}")),
            _ => meaning,
        };
        let mut found = self.found(at, last, value, time_only);
        if self.has(at, Sense::From) || self.has(at, Sense::Between) {
            // "dalle" says both "from" and "at".
            found.start = self.tokens[at].start;
        }
        Some((Some(found), last))
    }

    /// A day and what it has several times of: "tomorrow from 7 to 8pm", "Monday 3-8", "today before 4pm".
    pub(super) fn times_of_day(&self, at: usize, chain: (Parts, usize), reference: &Reference) -> Expression {
        let (day, end) = chain;
        if !day.has_date() || day.clock.is_some() || day.weak {
            return None;
        }
        if day.moment.is_some() || day.moments.is_some() || day.unknown {
            return None;
        }
        let comma = end + usize::from(self.is_mark(end, ','));
        let sense = self.find(comma, |sense| match sense {
            Sense::BeforeAhead => Some((true, false)),
            Sense::AfterAhead | Sense::SinceAhead => Some((false, true)),
            Sense::From | Sense::Between => Some((false, false)),
            _ => None,
        });
        let glue = comma + usize::from(sense.is_some());
        let first = (glue..=self.skip_glue(glue)).find_map(|first| self.hour_of_range(first));
        let (start, next) = first?;
        let link = self.has(next, Sense::To)
            || self.is_mark(next, '-')
            || self.is_mark(next, '~')
            || sense.is_some() && self.has(next, Sense::And);
        let second = link
            .then(|| (next + 1..=self.skip_glue(next + 1)).find_map(|second| self.hour_of_range(second)))
            .flatten();
        if let Some((stop, behind)) = second {
            let (start, stop) = level(start, stop)?;
            let (start, stop) = (
                start.merge(Parts { part: None, ..day })?,
                stop.merge(Parts { part: None, ..day })?,
            );
            let (start, stop) = (
                Parts {
                    part: start.part.or(day.part),
                    ..start
                },
                Parts {
                    part: stop.part.or(day.part),
                    ..stop
                },
            );
            let value = span(&resolve(&start, reference)?, &resolve(&stop, reference)?, &start, &stop)?;
            return Some((Some(self.found(at, behind, value, false)), behind));
        }
        let (before, after) = sense.filter(|(before, after)| *before || *after)?;
        let moment = resolve(&start.merge(day)?, reference)?.start()?;
        let value = if before {
            format!("/{moment}")
        } else {
            format!("{moment}/")
        };
        (before != after).then(|| (Some(self.found(at, next, Some(value), false)), next))
    }

    /// A time, or a plain hour that stands in a range of times.
    fn hour_of_range(&self, at: usize) -> Option<(Parts, usize)> {
        if let Some((clock, next)) = self.clock(at) {
            let part = self.part_at(next).filter(|_| clock.part.is_none());
            return Some(match part {
                Some(part) => (
                    Parts {
                        part: Some(part),
                        ..clock
                    },
                    next + 1,
                ),
                None => (clock, next),
            });
        }
        let (hour, next) = self.cardinal(at)?;
        let plain = (1..=24).contains(&hour) && self.unit_at(next).is_none() && self.month_at(next).is_none();
        plain
            .then(|| {
                Some((
                    Parts {
                        clock: Some(plain_hour(hour)?),
                        ..Parts::default()
                    },
                    next,
                ))
            })
            .flatten()
    }

    /// "before Friday", "since 2015", "after the 15th of next month".
    pub(super) fn open_range(&self, at: usize, reference: &Reference) -> Expression {
        let mut senses = [None; 3];
        for sense in self.senses(at) {
            match sense {
                Sense::BeforeAhead => senses[0] = Some(*sense),
                Sense::AfterAhead => senses[1] = Some(*sense),
                Sense::SinceAhead => senses[2] = Some(*sense),
                _ => {}
            }
        }
        let sense = senses.into_iter().flatten().next()?;
        // Arabic "before" introduces a deadline, as "by" does, and "after" a distance.
        if self.language == Language::Ar && sense != Sense::SinceAhead {
            return None;
        }
        let first = self.skip_glue(at + 1);
        let (parts, end) = self.chain(at + 1).or_else(|| self.chain(first))?;
        if !parts.has_date() || parts.part.is_some() && parts.days.is_none() {
            return None;
        }
        let meaning = resolve(&parts, reference)?;
        let value = match sense {
            Sense::BeforeAhead => meaning.start().map(|start| format!("/{start}")),
            Sense::AfterAhead => meaning.after().map(|after| format!("{after}/")),
            _ => meaning.start().map(|start| format!("{start}/")),
        };
        // 从…开始, 自…起: said on both sides.
        let end = end + usize::from(sense == Sense::SinceAhead && self.has(end, Sense::SinceBehind));
        Some((Some(self.found(at, end, value, false)), end))
    }
}

fn plain_hour(number: i16) -> Option<Clock> {
    let hour = i8::try_from(number).ok().filter(|hour| (0..=24).contains(hour))?;
    Some(Clock {
        hour,
        minute: 0,
        second: 0,
        half: None,
        full_day: hour > 12 || hour == 0,
    })
}

/// Fills in what one end of a range leaves to the other.
fn level(start: Parts, end: Parts) -> Option<(Parts, Parts)> {
    let start = explain(start, &end)?;
    let end = explain(end, &start)?;
    let (mut start, mut end) = (start, end);
    if !start.has_date() && end.has_date() {
        start = Parts {
            clock: start.clock,
            part: start.part.or(end.part),
            ..end
        };
    } else if !end.has_date() && start.has_date() {
        end = Parts {
            clock: end.clock,
            part: end.part.or(start.part),
            ..start
        };
    }
    if let (Some(a), Some(b)) = (start.clock.as_mut(), end.clock.as_mut()) {
        if a.half.is_none() && b.half.is_some() && (a.hour <= b.hour || a.hour == 12) {
            a.half = b.half;
        } else if b.half.is_none() && a.half.is_some() && b.hour > a.hour && b.hour < 12 && a.hour != 12 {
            b.half = a.half;
        }
    }
    if start.part.is_none() && start.clock.is_some_and(|clock| clock.half.is_none()) {
        start.part = end.part;
    }
    if start.month.is_none() && start.day.is_some() && end.month.is_some() {
        start.month = end.month;
        start.year = start.year.or(end.year);
    }
    if end.month.is_none() && end.day.is_some() && start.month.is_some() {
        end.month = start.month;
        end.year = end.year.or(start.year);
    }
    if let (Some(Named::Absolute(a)), Some(Named::Absolute(b))) = (start.month, end.month) {
        let shift = |year: Named<i16>, by: i16| match year {
            Named::Absolute(year) => Named::Absolute(year + by),
            Named::Relative(year) => Named::Relative(year.saturating_add(i8::try_from(by).unwrap_or(0))),
        };
        match (start.year, end.year) {
            (None, Some(year)) => start.year = Some(shift(year, if a > b { -1 } else { 0 })),
            (Some(year), None) => end.year = Some(shift(year, if b < a { 1 } else { 0 })),
            _ => {}
        }
    }
    Some((start, end))
}

/// Says what a bare number is by the other end of the range.
fn explain(parts: Parts, other: &Parts) -> Option<Parts> {
    let Some(number) = parts.bare else { return Some(parts) };
    if other.bare.is_some() || other.year.is_some() && other.month.is_none() && number >= 1900 {
        return (number >= 1900).then_some(Parts {
            year: Some(Named::Absolute(number)),
            ..Parts::default()
        });
    }
    if let Some(clock) = other.clock {
        let mut hour = plain_hour(number)?;
        hour.full_day |= clock.full_day && clock.hour > 12;
        return Some(Parts {
            clock: Some(hour),
            ..Parts::default()
        });
    }
    if number >= 1900 {
        return Some(Parts {
            year: Some(Named::Absolute(number)),
            ..Parts::default()
        });
    }
    let day = i8::try_from(number).ok()?;
    (other.day.is_some() || other.month.is_some()).then_some(Parts {
        day: Some(day),
        ..Parts::default()
    })
}

/// The range as ISO 8601 has it, the second end moved on when it is before the first.
fn span(from: &Meaning, to: &Meaning, start: &Parts, end: &Parts) -> Option<Option<String>> {
    let text = |a: String, b: String| Some(Some(format!("{a}/{b}")));
    match (*from, *to) {
        (Meaning::Clock(a), Meaning::Clock(b)) => {
            let b = if b <= a && b.hour() < 12 {
                b.wrapping_add(12.hours())
            } else {
                b
            };
            Some(Meaning::Clocks(a, b).iso())
        }
        (Meaning::Moment(a), Meaning::Moment(b)) => {
            let mut b = b;
            if b <= a && end.clock.is_some_and(|clock| clock.half.is_none() && clock.hour < 12) {
                b = b.checked_add(12.hours()).ok()?;
            }
            if b <= a && start.days == end.days {
                b = b.checked_add(1.day()).ok()?;
            }
            (a <= b).then(|| Meaning::Moments(a, b).iso())
        }
        (Meaning::Days(a, _), Meaning::Days(b, _)) => {
            let mut b = b;
            if b < a && end.weekday.is_some() {
                b = b.checked_add(7.days()).ok()?;
            } else if b < a && end.year.is_none() && end.month.is_some() {
                b = b.checked_add(1.year()).ok()?;
            } else if b < a && end.day.is_some() && end.month.is_none() {
                b = b.checked_add(1.month()).ok()?;
            }
            if b < a {
                // "From May 2019 to today", written before May 2019: a range, but not one that can be.
                return Some(None);
            }
            text(a.to_string(), b.to_string())
        }
        _ => text(from.start()?, to.start()?),
    }
}
