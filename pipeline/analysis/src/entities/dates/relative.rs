//! Dates by their distance from the message: "tomorrow", "in 3 days", "next Friday", 来週, "hace dos meses".

use jiff::ToSpan;
use jiff::civil::Date;

use super::parts::{Named, Parts};
use super::reader::Reader;
use super::resolve::monday_of;
use crate::entities::lexicon::{Sense, Unit};
use parlance_schemas::labels::Language;

type Piece = Option<(Parts, usize)>;

impl Reader<'_> {
    pub(super) fn shift_at(&self, at: usize) -> Option<i8> {
        self.find(at, |sense| match sense {
            Sense::Shift(shift) => Some(*shift),
            _ => None,
        })
    }

    /// A shift behind what it shifts.
    pub(super) fn shift_behind(&self, at: usize) -> Option<i8> {
        let behind = self.find(at, |sense| match sense {
            Sense::ShiftBehind(shift) => Some(*shift),
            _ => None,
        });
        behind.or_else(|| self.shift_at(at))
    }

    pub(super) fn unit_at(&self, at: usize) -> Option<Unit> {
        self.find(at, |sense| match sense {
            Sense::Unit(unit) => Some(*unit),
            _ => None,
        })
    }

    pub(super) fn weekday_at(&self, at: usize) -> Option<(i8, bool)> {
        self.find(at, |sense| match sense {
            Sense::Weekday(day) => Some((*day, false)),
            Sense::WeakWeekday(day) => Some((*day, true)),
            _ => None,
        })
    }

    /// Words that are a date by themselves.
    pub(super) fn word(&self, at: usize) -> Piece {
        let today = self.now.date();
        if let Some(found) = self.chinese_weekday(at) {
            return Some(found);
        }
        self.senses(at).iter().find_map(|sense| {
            let parts = match *sense {
                Sense::Day(shift) => days_from(today, shift)?,
                Sense::DayPart(shift, part) => Parts {
                    part: Some(part),
                    ..days_from(today, shift)?
                },
                // "Now, tell me" begins a sentence and means no time.
                Sense::Now if at == 0 && self.tokens.len() > 1 && self.tokens[0].end - self.tokens[0].start <= 4 => {
                    return None;
                }
                Sense::Now => Parts {
                    moment: Some(self.now),
                    ..Parts::default()
                },
                Sense::Shifted(shift, unit) => self.shifted(shift, unit)?,
                Sense::EdgeOf(edge, unit) => Parts {
                    edge: Some(edge),
                    ..self.shifted(0, unit)?
                },
                Sense::Feast(feast) => Parts {
                    feast: Some(feast),
                    ..Parts::default()
                },
                Sense::OtherMonth => Parts {
                    unknown: true,
                    ..Parts::default()
                },
                Sense::Season => Parts {
                    unknown: true,
                    weak: true,
                    ..Parts::default()
                },
                Sense::Part(part) => Parts {
                    part: Some(part),
                    ..Parts::default()
                },
                _ => return None,
            };
            Some((parts, at + 1))
        })
    }

    /// 下周二: the week has taken the first character of the weekday.
    fn chinese_weekday(&self, at: usize) -> Piece {
        let week = self.find(at, |sense| match sense {
            Sense::Shifted(shift, Unit::Week) => Some(*shift),
            _ => None,
        });
        let week = week.filter(|_| self.language == Language::Zh && self.touches(at + 1))?;
        let weekday = match self.digits(at + 1) {
            Some((day @ 1..=6, 0)) if self.tokens[at + 1].end == self.tokens[at + 1].start + 1 => {
                i8::try_from(day).ok()?
            }
            None if self.has(at + 1, Sense::Unit(Unit::Day)) => 7,
            _ => return None,
        };
        Some((
            Parts {
                week: Some(week),
                weekday: Some(weekday),
                ..Parts::default()
            },
            at + 2,
        ))
    }

    /// This, the next, the last unit.
    fn shifted(&self, shift: i8, unit: Unit) -> Option<Parts> {
        let today = self.now.date();
        let many = i64::from(shift);
        let days = |start: Date, end: Date| {
            Some(Parts {
                days: Some((start, end)),
                ..Parts::default()
            })
        };
        match unit {
            Unit::Day => days_from(today, shift),
            Unit::Week => Some(Parts {
                week: Some(shift),
                ..Parts::default()
            }),
            Unit::Month => Some(Parts {
                month: Some(Named::Relative(shift)),
                ..Parts::default()
            }),
            Unit::Year => Some(Parts {
                year: Some(Named::Relative(shift)),
                ..Parts::default()
            }),
            Unit::Weekend | Unit::Workweek => {
                let monday = monday_of(today)?.checked_add((many * 7).days()).ok()?;
                let (first, after) = if unit == Unit::Weekend { (5, 7) } else { (0, 5) };
                days(
                    monday.checked_add(first.days()).ok()?,
                    monday.checked_add(after.days()).ok()?,
                )
            }
            Unit::Fortnight => {
                let monday = monday_of(today)?.checked_add((many * 14).days()).ok()?;
                days(monday, monday.checked_add(14.days()).ok()?)
            }
            Unit::Quarter | Unit::HalfYear => {
                let months: i8 = if unit == Unit::Quarter { 3 } else { 6 };
                let first = Date::new(today.year(), (today.month() - 1) / months * months + 1, 1).ok()?;
                let first = first.checked_add((many * i64::from(months)).months()).ok()?;
                days(first, first.checked_add(i64::from(months).months()).ok()?)
            }
            Unit::Decade | Unit::Century => {
                let length: i16 = if unit == Unit::Decade { 10 } else { 100 };
                let first = (today.year() / length)
                    .checked_add(i16::from(shift))?
                    .checked_mul(length)?;
                days(
                    Date::new(first, 1, 1).ok()?,
                    Date::new(first.checked_add(length)?, 1, 1).ok()?,
                )
            }
            Unit::Workday => days_from(today, shift),
            Unit::Hour | Unit::Minute | Unit::Second => {
                let end = self.later(unit, shift.into())?;
                let (start, end) = if end < self.now {
                    (end, self.now)
                } else {
                    (self.now, end)
                };
                (shift != 0).then_some(Parts {
                    moments: Some((start, end)),
                    ..Parts::default()
                })
            }
        }
    }

    /// "next week", "la semana pasada", "this Friday", "viernes que viene", "esta tarde", "last August".
    pub(super) fn shifted_name(&self, at: usize) -> Piece {
        if let Some(shift) = self.shift_at(at) {
            let next = at
                + 1
                + usize::from(self.has(at + 1, Sense::Glue) && matches!(self.language, Language::Ja | Language::Zh));
            if let Some(found) = self.name(next, shift) {
                return Some(found);
            }
            // "next 5/12".
            let (parts, behind) = self.numeric_date(next)?;
            let parts = Parts {
                weekday_shift: Some(shift),
                ..parts
            };
            return parts.year.is_none().then_some((parts, behind));
        }
        let (_, next) = self.name(at, 0)?;
        let shift = self.shift_behind(next)?;
        let behind = matches!(
            self.language,
            Language::Es | Language::Fr | Language::It | Language::Pt | Language::Ar
        );
        if !behind {
            return None;
        }
        let (parts, _) = self.name(at, shift)?;
        Some((parts, next + 1))
    }

    /// A unit, weekday, month, part of the day, season or feast, so many from the present one.
    fn name(&self, at: usize, shift: i8) -> Piece {
        if let Some((weekday, _)) = self.weekday_at(at) {
            let parts = Parts {
                weekday: Some(weekday),
                weekday_shift: Some(shift),
                ..Parts::default()
            };
            return Some((parts, at + 1));
        }
        if let Some(unit) = self.unit_at(at) {
            return Some((self.shifted(shift, unit)?, at + 1));
        }
        let numbered = self.digits(at).filter(|_| self.has(at + 1, Sense::MonthMark));
        if let Some((month @ 1..=12, _)) = numbered {
            let month = Some(Named::Absolute(i8::try_from(month).ok()?));
            return Some((
                Parts {
                    month,
                    year: Some(Named::Relative(shift)),
                    ..Parts::default()
                },
                at + 2,
            ));
        }
        if let Some((month, _)) = self.month_at(at).filter(|(_, weak)| !weak || shift != 0) {
            // "this May" and "next May" are of this and the next year.
            let shift = match shift {
                1 if month > self.now.month() && self.language == Language::En => 1,
                shift => shift,
            };
            let month = Some(Named::Absolute(month));
            return Some((
                Parts {
                    month,
                    year: Some(Named::Relative(shift)),
                    ..Parts::default()
                },
                at + 1,
            ));
        }
        if let Some(part) = self.part_at(at) {
            let day = days_from(self.now.date(), shift)?;
            return Some((
                Parts {
                    part: Some(part),
                    ..day
                },
                at + 1,
            ));
        }
        self.senses(at).iter().find_map(|sense| match sense {
            Sense::Season => Some((
                Parts {
                    unknown: true,
                    ..Parts::default()
                },
                at + 1,
            )),
            Sense::Feast(feast) => Some((
                Parts {
                    feast: Some(*feast),
                    weekday_shift: Some(shift),
                    ..Parts::default()
                },
                at + 1,
            )),
            _ => None,
        })
    }

    /// A weekday by itself, or with the day of the month: "Friday 13".
    pub(super) fn weekday(&self, at: usize) -> Piece {
        let (weekday, weak) = self.weekday_at(at)?;
        let mut next = at + 1;
        if self.is_mark(next, '.') && self.touches(next) && self.tokens[at].end - self.tokens[at].start <= 3 {
            next += 1;
        }
        let mut parts = Parts {
            weekday: Some(weekday),
            weak,
            ..Parts::default()
        };
        let skip = self.skip_glue(next);
        if let Some((day, behind)) = self
            .ordinal(skip)
            .or_else(|| self.digits(skip).map(|(day, _)| (day, skip + 1)))
            && (1..=31).contains(&day)
            && self.digits(skip).is_none_or(|(_, count)| count <= 2)
            && self.clock(skip).is_none()
            && self.clock(next).is_none()
            && self.named_date(skip).is_none()
            && self.numeric_date(skip).is_none()
            && !self.is_mark(behind, '-')
            && self.unit_at(behind).is_none()
            && (!self.has(behind, Sense::To) || self.has(behind, Sense::At))
            && !self.has(behind, Sense::MonthMark)
        {
            let marked = self.has(behind, Sense::DayMark);
            parts.day = i8::try_from(day).ok();
            parts.weak = false;
            return Some((parts, behind + usize::from(marked)));
        }
        Some((parts, next))
    }

    /// "the third week of", "first quarter of", "week 27 of", "last week of", 第3週.
    pub(super) fn nth_unit(&self, at: usize) -> Piece {
        let counted = |unit: Unit| {
            matches!(
                unit,
                Unit::Day | Unit::Week | Unit::Workweek | Unit::Month | Unit::Quarter | Unit::HalfYear | Unit::Weekend
            )
        };
        if let Some(half) = self.find(at, |sense| match sense {
            Sense::HalfOf(half) => i8::try_from(*half).ok(),
            _ => None,
        }) {
            let unit = self.unit_at(at + 1)?;
            return match unit {
                Unit::Year | Unit::HalfYear => Some((nth_parts(half, Unit::HalfYear), at + 2)),
                _ => None,
            };
        }
        if let Some(unit) = self.unit_at(at).filter(|unit| *unit == Unit::Week) {
            let (number, next) = self.digits(at + 1).map(|(number, _)| (number, at + 2))?;
            let number = i8::try_from(number).ok().filter(|number| (1..=53).contains(number))?;
            return Some((
                Parts {
                    weak: false,
                    ..nth_parts(number, unit)
                },
                next,
            ));
        }
        let (count, next) = match self.ordinal(at) {
            Some((count, next)) => (i8::try_from(count).ok().filter(|count| (1..=53).contains(count))?, next),
            None => (self.shift_at(at).filter(|shift| *shift == -1)?, at + 1),
        };
        let next =
            next + usize::from(self.has(next, Sense::Glue) && matches!(self.language, Language::Ja | Language::Ko));
        let many = self.cardinal(next).filter(|(many, _)| (1..=31).contains(many));
        let unit_at = many.map_or(next, |(_, next)| next);
        let unit = self.unit_at(unit_at).filter(|unit| counted(*unit))?;
        if many.is_none() && unit_at == next && self.ordinal(at).is_none() && self.shift_at(at) != Some(-1) {
            return None;
        }
        let mut parts = nth_parts(count, unit);
        // 第3週 is the third, whatever of.
        parts.weak = !self.has(at, Sense::OrdinalAhead);
        parts.nth_count = many.and_then(|(many, _)| i8::try_from(many).ok()).unwrap_or(1);
        Some((parts, unit_at + 1))
    }
}

fn nth_parts(count: i8, unit: Unit) -> Parts {
    Parts {
        nth: Some((count, unit)),
        nth_count: 1,
        weak: true,
        ..Parts::default()
    }
}

fn days_from(today: Date, shift: i8) -> Option<Parts> {
    let day = today.checked_add(i64::from(shift).days()).ok()?;
    Some(Parts {
        days: Some((day, day.checked_add(1.day()).ok()?)),
        ..Parts::default()
    })
}
