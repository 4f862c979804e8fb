//! Dates by a number of units: "in 3 days", "3 days ago", "hace 3 días", 3日後, "los últimos 3 meses".

use jiff::ToSpan;
use jiff::civil::{Date, DateTime};

use super::parts::Parts;
use super::reader::Reader;
use super::resolve::{Reference, days};
use crate::entities::lexicon::{Sense, Unit};
use parlance_schemas::labels::Language;

type Piece = Option<(Parts, usize)>;

impl Reader<'_> {
    /// The local time so many units from the message on.
    pub(super) fn later(&self, unit: Unit, many: i64) -> Option<DateTime> {
        let span = match unit {
            Unit::Second => many.seconds(),
            Unit::Minute => many.minutes(),
            Unit::Hour => many.hours(),
            Unit::Day => many.days(),
            Unit::Week | Unit::Workweek | Unit::Weekend => (many * 7).days(),
            Unit::Fortnight => (many * 14).days(),
            Unit::Month => many.months(),
            Unit::Quarter => (many * 3).months(),
            Unit::HalfYear => (many * 6).months(),
            Unit::Year => many.years(),
            Unit::Decade => (many * 10).years(),
            Unit::Century => (many * 100).years(),
            Unit::Workday => {
                let mut day = self.now;
                let step = if many < 0 { (-1).days() } else { 1.days() };
                for _ in 0..many.unsigned_abs().min(366) {
                    day = day.checked_add(step).ok()?;
                    while matches!(
                        day.weekday(),
                        jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday
                    ) {
                        day = day.checked_add(step).ok()?;
                    }
                }
                return Some(day);
            }
        };
        self.now.checked_add(span).ok()
    }

    /// So many units from the message on, to the day or to the second.
    fn distance(&self, unit: Unit, many: i64) -> Option<Parts> {
        let then = self.later(unit, many)?;
        Some(if matches!(unit, Unit::Second | Unit::Minute | Unit::Hour) {
            Parts {
                moment: Some(then),
                ..Parts::default()
            }
        } else {
            let day = then.date();
            Parts {
                days: Some((day, day.checked_add(1.day()).ok()?)),
                ..Parts::default()
            }
        })
    }

    /// A number of units: "3 days", "two weeks", 三日, 이틀; and the token behind it.
    fn duration(&self, at: usize) -> Option<(i64, Unit, usize)> {
        let whole = self.find(at, |sense| match sense {
            Sense::Units(many, unit) => Some((i64::from(*many), *unit)),
            _ => None,
        });
        if let Some((many, unit)) = whole {
            return Some((many, unit, at + 1));
        }
        if self.has(at, Sense::Half) && self.unit_at(at + 1) == Some(Unit::Hour) {
            return Some((30, Unit::Minute, at + 2));
        }
        let (many, next) = self.cardinal(at)?;
        let next = next + usize::from(self.has(next, Sense::Glue) && self.language == Language::Es);
        let unit = self.unit_at(next)?;
        // 2018年 is a year and not so many years.
        if many > 999 || many > 150 && unit == Unit::Year {
            return None;
        }
        // A numbered day of a month is no duration: 21日 is told apart by what follows.
        Some((i64::from(many), unit, next + 1))
    }

    /// "in 3 days", "3 days ago", "hace 3 días", 3日後, "the next 3 days", "los últimos 3 meses".
    pub(super) fn by_duration(&self, at: usize) -> Piece {
        if self.has(at, Sense::AgoAhead)
            && let Some((many, unit, next)) = self.duration(at + 1)
        {
            return Some((self.distance(unit, -many)?, next));
        }
        if self.has(at, Sense::In) {
            let within = self.shift_at(at + 1).is_some();
            if !within && let Some((many, unit, next)) = self.duration(at + 1) {
                // "in 3 days time", "dentro de 3 minutos a partir de ahora".
                let next = next + usize::from(self.has(next, Sense::Later) && self.language != Language::Zh);
                return Some((self.distance(unit, many)?, next));
            }
        }
        // The next or last so many.
        if let Some(shift) = self.shift_at(at).filter(|shift| *shift != 0) {
            let glue = usize::from(self.has(at + 1, Sense::Glue));
            if let Some((many, unit, next)) = self.duration(at + 1 + glue).filter(|(many, ..)| *many > 0) {
                return Some((self.run_of(unit, many, shift)?, next));
            }
        }
        let (many, unit, next) = self.duration(at)?;
        // "13 últimos minutos", "3 next days": the number, then the shift, then the unit, is met in `mixed`.
        // "two days before yesterday", "5 days after Christmas", "3 days from Tuesday".
        let glue = usize::from(self.has(next, Sense::Glue));
        let back = self.has(next + glue, Sense::BeforeAhead) || self.has(next + glue, Sense::AgoAhead);
        let from = self.language == Language::En && self.has(next + glue, Sense::From);
        let ahead = from || self.has(next + glue, Sense::AfterAhead);
        if let Some((parts, behind)) = self.plain_date(next + glue + 1).filter(|_| back || ahead) {
            let reference = Reference {
                now: self.now,
                half_day_clock: false,
            };
            let (day, _) = days(&parts, &reference)?;
            let many = if back { -many } else { many };
            let moved = match unit {
                Unit::Day => day.checked_add(many.days()),
                Unit::Week => day.checked_add((many * 7).days()),
                Unit::Month => day.checked_add(many.months()),
                Unit::Year => day.checked_add(many.years()),
                _ => return None,
            };
            let day = moved.ok()?;
            return Some((
                Parts {
                    days: Some((day, day.checked_add(1.day()).ok()?)),
                    ..Parts::default()
                },
                behind,
            ));
        }
        if self.has(next, Sense::Ago) {
            return Some((self.distance(unit, -many)?, next + 1));
        }
        if self.has(next, Sense::Later) {
            return Some((self.distance(unit, many)?, next + 1));
        }
        let shift = self
            .shift_at(next)
            .filter(|shift| *shift != 0 && self.language != Language::En);
        if let Some(shift) = shift {
            return Some((self.run_of(unit, many, shift)?, next + 1));
        }
        None
    }

    /// A date that is not itself counted from another: what is counted from it ends there, so that reading a phrase
    /// never goes deeper than this.
    fn plain_date(&self, at: usize) -> Piece {
        let glued = self.skip_glue(at);
        let pieces = [at, glued].into_iter().flat_map(|at| {
            [
                self.numeric_date(at),
                self.marked_date(at),
                self.named_date(at),
                self.shifted_name(at),
                self.word(at).filter(|(parts, _)| parts.has_date()),
                self.weekday(at),
            ]
        });
        pieces
            .flatten()
            .filter(|(parts, _)| !parts.weak)
            .max_by_key(|(_, end)| *end)
    }

    /// "13 últimos minutos", "the 2 next days".
    pub(super) fn mixed(&self, at: usize) -> Piece {
        let (many, next) = self.cardinal(at)?;
        let shift = self.shift_at(next).filter(|shift| *shift != 0)?;
        let unit = self.unit_at(next + 1)?;
        // "only 3 next week" has no three weeks: the unit must be in the plural where the language has one.
        let plural = self.tokens[next + 1]
            .end
            .checked_sub(1)
            .is_some_and(|last| self.folded[last] == 's');
        let marked = matches!(self.language, Language::En | Language::Es | Language::Fr | Language::Pt);
        if marked && !plural {
            return None;
        }
        Some((self.run_of(unit, i64::from(many), shift)?, next + 2))
    }

    /// So many units up to the message or from it on. Days ahead begin with the next one.
    fn run_of(&self, unit: Unit, many: i64, shift: i8) -> Option<Parts> {
        let sign = if shift < 0 { -1 } else { 1 };
        let then = self.later(unit, many * sign)?;
        if matches!(unit, Unit::Second | Unit::Minute | Unit::Hour) {
            let (start, end) = if shift < 0 { (then, self.now) } else { (self.now, then) };
            return Some(Parts {
                moments: Some((start, end)),
                ..Parts::default()
            });
        }
        let today = self.now.date();
        let day = |date: Date| date.checked_add(1.day()).ok();
        let days = if shift < 0 {
            (then.date(), today)
        } else {
            (day(today)?, day(then.date())?)
        };
        Some(Parts {
            days: Some(days),
            ..Parts::default()
        })
    }
}
