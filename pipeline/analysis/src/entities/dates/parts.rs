//! What has been said of a date so far: each piece of a phrase fills in some fields, in any order.

use jiff::civil::{Date, DateTime};

use crate::entities::lexicon::{Edge, Feast, Part, Unit};

/// A value named as such, or by its distance from the present one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named<T> {
    /// As such.
    Absolute(T),
    /// So many from the present one.
    Relative(i8),
}

/// Which half of the day an hour is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HalfDay {
    Am,
    Pm,
}

/// A time of day as it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    pub(super) hour: i8,
    pub(super) minute: i8,
    pub(super) second: i8,
    pub(super) half: Option<HalfDay>,
    /// Whether the hour was written in a way that only a 24-hour clock has: "08:00", "18 Uhr".
    pub(super) full_day: bool,
}

/// The pieces of a date.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Parts {
    pub(super) year: Option<Named<i16>>,
    pub(super) month: Option<Named<i8>>,
    pub(super) week: Option<i8>,
    pub(super) day: Option<i8>,
    pub(super) weekday: Option<i8>,
    pub(super) weekday_shift: Option<i8>,
    /// A run of days, the end not included.
    pub(super) days: Option<(Date, Date)>,
    pub(super) feast: Option<Feast>,
    /// The so many-th of a unit within a longer one; negative counts from the end.
    pub(super) nth: Option<(i8, Unit)>,
    /// How many of them.
    pub(super) nth_count: i8,
    pub(super) edge: Option<Edge>,
    pub(super) clock: Option<Clock>,
    pub(super) part: Option<Part>,
    pub(super) moment: Option<DateTime>,
    pub(super) moments: Option<(DateTime, DateTime)>,
    /// A date whose value cannot be told: a season, a month of the lunar calendar.
    pub(super) unknown: bool,
    /// A number in a range that may be a day, an hour or a year.
    pub(super) bare: Option<i16>,
    /// An ordinary word unless something else says it is a date.
    pub(super) weak: bool,
}

impl Parts {
    /// Both, when they say different things about one date.
    pub(super) fn merge(self, other: Self) -> Option<Self> {
        fn either<T>(one: Option<T>, other: Option<T>) -> Option<Option<T>> {
            match (one, other) {
                (Some(_), Some(_)) => None,
                (one, other) => Some(one.or(other)),
            }
        }
        let (mut first, mut second) = (self, other);
        // "Friday of this week, the 15th of June": the day of the month is the more exact one.
        if first.weekday.is_some() && second.month.is_some() && second.day.is_some() {
            first.week = None;
        } else if second.weekday.is_some() && first.month.is_some() && first.day.is_some() {
            second.week = None;
        }
        let (this, other) = (first, second);
        let merged = Self {
            year: either(this.year, other.year)?,
            month: either(this.month, other.month)?,
            week: either(this.week, other.week)?,
            day: either(this.day, other.day)?,
            weekday: either(this.weekday, other.weekday)?,
            weekday_shift: this.weekday_shift.or(other.weekday_shift),
            days: either(this.days, other.days)?,
            feast: either(this.feast, other.feast)?,
            nth: either(this.nth, other.nth)?,
            nth_count: this.nth_count.max(other.nth_count),
            edge: either(this.edge, other.edge)?,
            clock: either(this.clock, other.clock)?,
            part: either(this.part, other.part)?,
            moment: either(this.moment, other.moment)?,
            moments: either(this.moments, other.moments)?,
            unknown: this.unknown || other.unknown,
            bare: either(this.bare, other.bare)?,
            weak: this.weak && other.weak,
        };
        merged.makes_sense().then_some(merged)
    }

    fn makes_sense(&self) -> bool {
        let calendar = self.month.is_some() || self.week.is_some() || self.year.is_some() || self.day.is_some();
        let fixed = self.days.is_some();
        let exact = self.moment.is_some() || self.moments.is_some();
        let any_date = calendar || fixed || self.feast.is_some() || self.nth.is_some() || self.weekday.is_some();
        let relative_weekday = self.weekday_shift.is_some() && (self.week.is_some() || self.month.is_some());
        // A time of day goes with a day, not with a week or a year.
        let long = self.week.is_some() && self.weekday.is_none()
            || self.month.is_some() && self.day.is_none() && self.weekday.is_none() && self.nth.is_none()
            || self.year.is_some()
                && self.month.is_none()
                && self.feast.is_none()
                && self.nth.is_none()
                && self.weekday.is_none()
                && self.day.is_none();
        let telling = self.day.is_some() || self.days.is_some() || self.week.is_some() || self.clock.is_some();
        !(self.unknown && telling)
            && !(long && (self.clock.is_some() || self.part.is_some()))
            && !(exact && (any_date || self.clock.is_some() || self.part.is_some()))
            && !(fixed && (calendar || self.feast.is_some() || self.nth.is_some()))
            && !(self.feast.is_some() && (self.month.is_some() || self.week.is_some() || self.day.is_some()))
            && !(self.week.is_some() && (self.month.is_some() || self.day.is_some() || self.nth.is_some()))
            && !(self.nth.is_some() && (self.day.is_some()))
            && !(relative_weekday && self.week.is_some_and(|week| week != 0))
            && self.bare.is_none()
    }

    /// Whether some day is meant, and not only a time of day.
    pub(super) fn has_date(&self) -> bool {
        self.year.is_some()
            || self.month.is_some()
            || self.week.is_some()
            || self.day.is_some()
            || self.weekday.is_some()
            || self.days.is_some()
            || self.feast.is_some()
            || self.nth.is_some()
            || self.moment.is_some()
            || self.moments.is_some()
            || self.unknown
    }
}
