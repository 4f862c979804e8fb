//! What a phrase may mean to the rules that combine phrases.

use crate::entities::Region;

/// A length of time that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::entities) enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Workday,
    Week,
    Workweek,
    Weekend,
    Fortnight,
    Month,
    Quarter,
    HalfYear,
    Year,
    Decade,
    Century,
}

/// A part of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::entities) enum Part {
    EarlyMorning,
    Morning,
    Noon,
    Afternoon,
    Evening,
    Night,
    Midnight,
}

/// Which end of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::entities) enum Edge {
    Start,
    Middle,
    End,
}

/// A feast or a public holiday, by the rule that places it in a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::entities) enum Feast {
    /// Month and day.
    Fixed(i8, i8),
    /// Days after Easter Sunday of the western churches.
    Easter(i16),
    /// The day after Thanksgiving.
    BlackFriday,
    /// Month, weekday from 1 for Monday, and which of them; negative counts from the end.
    Nth(i8, i8, i8),
}

/// What a phrase may mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::entities) enum Sense {
    /// A number in words.
    Number(u32),
    /// A position in words, "third".
    Ordinal(u32),
    /// What stands behind digits to make a position of them, "th".
    OrdinalMark,
    /// Thousand, million, lakh: what the number before it is multiplied by.
    Scale(u64),
    /// One half, of an hour or behind a number.
    Half,
    /// One quarter of an hour.
    Fourth,
    /// Month from 1.
    Month(i8),
    /// A month of another calendar: an entity without a value.
    OtherMonth,
    /// Weekday from 1 for Monday.
    Weekday(i8),
    /// A month whose name is also an ordinary word, "may": it needs company.
    WeakMonth(i8),
    /// A weekday whose short form is also an ordinary word, "sat".
    WeakWeekday(i8),
    /// The hour of the clock in words that would be a position elsewhere.
    HourNumber(u32),
    /// So many units in one word: 이틀.
    Units(u32, Unit),
    /// The first or second half of the unit that follows: 上半年.
    HalfOf(u32),
    /// The year before the first of an era: 令和.
    Era(i16),
    /// An end of the present unit in one word: 年末.
    EdgeOf(Edge, Unit),
    /// Makes the number behind it a position: 第.
    OrdinalAhead,
    /// "about", standing behind.
    AboutBehind,
    /// Stands ahead of a date and says that a date follows: "on", "in".
    On,
    /// Days from today.
    Day(i8),
    /// Days from today and a part of that day: "tonight".
    DayPart(i8, Part),
    /// A part of a day.
    Part(Part),
    /// This very moment.
    Now,
    /// A length of time.
    Unit(Unit),
    /// Units from the present one: 0 for "this", 1 for "next".
    Shift(i8),
    /// The same where it only ever stands behind the unit: "la semaine passée".
    ShiftBehind(i8),
    /// A unit and the shift of it in one word: "next year" as 明年.
    Shifted(i8, Unit),
    /// Begins a time from now on: "in (3 days)".
    In,
    /// Begins a time that has passed: "hace (3 días)".
    AgoAhead,
    /// Ends a time that has passed: "(3 days) ago".
    Ago,
    /// Ends a time from now on: "(3 days) later".
    Later,
    /// Begins an hour: "at".
    At,
    /// May stand between two parts of one date: "of", "the", "on".
    Glue,
    /// "about": belongs to what follows and changes nothing.
    Approximately,
    /// Begins a range.
    From,
    /// Stands between the ends of a range.
    To,
    /// Begins a range whose ends are joined by "and".
    Between,
    /// "and".
    And,
    /// "or".
    Or,
    /// Before, after, since, until, standing ahead of the date.
    BeforeAhead,
    AfterAhead,
    SinceAhead,
    UntilAhead,
    /// The same, standing behind the date.
    BeforeBehind,
    AfterBehind,
    SinceBehind,
    UntilBehind,
    /// Ends a range: の間.
    RangeEnd,
    /// Which end of the period.
    Edge(Edge),
    /// What repeats is no date.
    Every,
    /// A holiday.
    Feast(Feast),
    /// A season: an entity without a value, for the hemisphere is not known.
    Season,
    /// Before noon.
    Am,
    /// After noon.
    Pm,
    /// Ends an hour: "Uhr", 時.
    Hours,
    /// Ends minutes: 分.
    Minutes,
    /// Ends the day of a month: 日.
    DayMark,
    /// Ends a month's number: 月.
    MonthMark,
    /// Ends a year's number: 年.
    YearMark,
    /// Stands between minutes and the hour they come after: "past".
    Past,
    /// Stands between minutes and the hour they come before: "to".
    ToHour,
    /// Begins a year: "year 2020".
    YearWord,
    /// Behind a duration, says it is one: "for 3 days" is no date.
    Lasting,
    /// A currency, by its number in the lexicon.
    Currency(u8),
    /// What follows is a telephone number.
    Telephone,
    /// What follows is some other number: an account, a card.
    OtherNumber,
    /// What follows is the number of an order or a parcel.
    Order,
    /// Between such a word and the number: "number", "is", 号.
    NumberWord,
}

/// What a phrase is good for when dates are looked for, as bits, so that most words of most texts are passed over
/// after one look.
pub(in crate::entities) mod class {
    /// A date by itself: a month, a weekday, "tomorrow".
    pub(in crate::entities) const DATE: u8 = 1;
    /// A date with a number or a shift: "weeks", "o'clock".
    pub(in crate::entities) const UNIT: u8 = 2;
    /// A number: "three".
    pub(in crate::entities) const COUNT: u8 = 4;
    /// A shift, or an article that counts as one: "next", "a".
    pub(in crate::entities) const SHIFT: u8 = 64;
    /// Begins a date if one of the above follows: "in", "from", "at".
    pub(in crate::entities) const OPENS: u8 = 8;
    /// A currency.
    pub(in crate::entities) const CURRENCY: u8 = 16;
    /// What repeats.
    pub(in crate::entities) const EVERY: u8 = 32;
}

impl Sense {
    /// What this is good for, as bits of [`class`].
    pub(super) fn class(self) -> u8 {
        match self {
            Self::Month(_)
            | Self::WeakMonth(_)
            | Self::OtherMonth
            | Self::Weekday(_)
            | Self::WeakWeekday(_)
            | Self::Day(_)
            | Self::DayPart(..)
            | Self::Part(_)
            | Self::Now
            | Self::Shifted(..)
            | Self::EdgeOf(..)
            | Self::Feast(_)
            | Self::HourNumber(_)
            | Self::Era(_) => class::DATE,
            Self::Season
            | Self::Unit(_)
            | Self::Hours
            | Self::DayMark
            | Self::MonthMark
            | Self::YearMark
            | Self::YearWord => class::UNIT,
            Self::Shift(_) | Self::ShiftBehind(_) | Self::Number(0 | 1) => class::SHIFT,
            Self::Number(_)
            | Self::Ordinal(_)
            | Self::OrdinalAhead
            | Self::Half
            | Self::Fourth
            | Self::Units(..)
            | Self::HalfOf(_)
            | Self::Scale(10) => class::COUNT,
            Self::In
            | Self::AgoAhead
            | Self::At
            | Self::From
            | Self::Between
            | Self::BeforeAhead
            | Self::AfterAhead
            | Self::SinceAhead
            | Self::Edge(_)
            | Self::Approximately => class::OPENS,
            Self::Every => class::EVERY,
            Self::Currency(_) => class::CURRENCY,
            _ => 0,
        }
    }

    /// Reads the key of a line of a lexicon, `month 3`.
    pub(super) fn parse(key: &str) -> Option<Self> {
        let mut words = key.split_whitespace();
        let name = words.next()?;
        let arguments: Vec<&str> = words.collect();
        let small = |at: usize| arguments.get(at).and_then(|word| word.parse::<i8>().ok());
        Some(match name {
            "number" => Self::Number(arguments.first()?.parse().ok()?),
            "ordinal" => Self::Ordinal(arguments.first()?.parse().ok()?),
            "ordinal-mark" => Self::OrdinalMark,
            "scale" => Self::Scale(arguments.first()?.parse().ok()?),
            "half" => Self::Half,
            "fourth" => Self::Fourth,
            "month" => Self::Month(small(0)?),
            "other-month" => Self::OtherMonth,
            "weekday" => Self::Weekday(small(0)?),
            "weak-month" => Self::WeakMonth(small(0)?),
            "weak-weekday" => Self::WeakWeekday(small(0)?),
            "hour-number" => Self::HourNumber(arguments.first()?.parse().ok()?),
            "two-units" => Self::Units(2, unit(arguments.first()?)?),
            "days" => Self::Units(arguments.first()?.parse().ok()?, Unit::Day),
            "half-of" => Self::HalfOf(arguments.first()?.parse().ok()?),
            "era" => Self::Era(arguments.first()?.parse().ok()?),
            "shifted-start" => Self::EdgeOf(Edge::Start, unit(arguments.first()?)?),
            "shifted-end" => Self::EdgeOf(Edge::End, unit(arguments.first()?)?),
            "ordinal-ahead" => Self::OrdinalAhead,
            "about-behind" => Self::AboutBehind,
            "on" => Self::On,
            "black-friday" => Self::Feast(Feast::BlackFriday),
            "day" => Self::Day(small(0)?),
            "day-part" => Self::DayPart(small(0)?, part(arguments.get(1)?)?),
            "part" => Self::Part(part(arguments.first()?)?),
            "now" => Self::Now,
            "unit" => Self::Unit(unit(arguments.first()?)?),
            "shift" => Self::Shift(small(0)?),
            "shift-behind" => Self::ShiftBehind(small(0)?),
            "shifted" => Self::Shifted(small(0)?, unit(arguments.get(1)?)?),
            "in" => Self::In,
            "ago-ahead" => Self::AgoAhead,
            "ago" => Self::Ago,
            "later" => Self::Later,
            "at" => Self::At,
            "glue" => Self::Glue,
            "approximately" => Self::Approximately,
            "from" => Self::From,
            "to" => Self::To,
            "between" => Self::Between,
            "and" => Self::And,
            "or" => Self::Or,
            "before" => Self::BeforeAhead,
            "after" => Self::AfterAhead,
            "since" => Self::SinceAhead,
            "until" => Self::UntilAhead,
            "before-behind" => Self::BeforeBehind,
            "after-behind" => Self::AfterBehind,
            "since-behind" => Self::SinceBehind,
            "until-behind" => Self::UntilBehind,
            "range-end" => Self::RangeEnd,
            "edge" => Self::Edge(match *arguments.first()? {
                "start" => Edge::Start,
                "middle" => Edge::Middle,
                "end" => Edge::End,
                _ => return None,
            }),
            "every" => Self::Every,
            "feast" => Self::Feast(Feast::Fixed(small(0)?, small(1)?)),
            "easter" => Self::Feast(Feast::Easter(arguments.first()?.parse().ok()?)),
            "nth" => Self::Feast(Feast::Nth(small(0)?, small(1)?, small(2)?)),
            "season" => Self::Season,
            "am" => Self::Am,
            "pm" => Self::Pm,
            "hours" => Self::Hours,
            "minutes" => Self::Minutes,
            "day-mark" => Self::DayMark,
            "month-mark" => Self::MonthMark,
            "year-mark" => Self::YearMark,
            "past" => Self::Past,
            "to-hour" => Self::ToHour,
            "year-word" => Self::YearWord,
            "lasting" => Self::Lasting,
            "telephone" => Self::Telephone,
            "other-number" => Self::OtherNumber,
            "order" => Self::Order,
            "number-word" => Self::NumberWord,
            _ => return None,
        })
    }
}

fn unit(name: &str) -> Option<Unit> {
    Some(match name {
        "second" => Unit::Second,
        "minute" => Unit::Minute,
        "hour" => Unit::Hour,
        "day" => Unit::Day,
        "workday" => Unit::Workday,
        "week" => Unit::Week,
        "workweek" => Unit::Workweek,
        "weekend" => Unit::Weekend,
        "fortnight" => Unit::Fortnight,
        "month" => Unit::Month,
        "quarter" => Unit::Quarter,
        "half-year" => Unit::HalfYear,
        "year" => Unit::Year,
        "decade" => Unit::Decade,
        "century" => Unit::Century,
        _ => return None,
    })
}

fn part(name: &str) -> Option<Part> {
    Some(match name {
        "early" => Part::EarlyMorning,
        "morning" => Part::Morning,
        "noon" => Part::Noon,
        "afternoon" => Part::Afternoon,
        "evening" => Part::Evening,
        "night" => Part::Night,
        "midnight" => Part::Midnight,
        _ => return None,
    })
}

/// A currency as it is called: what it is where nothing else is known, and where it means another.
#[derive(Debug)]
pub(in crate::entities) struct Currency {
    code: &'static str,
    regions: Vec<(Region, &'static str)>,
    /// How many of these make one of the currency: 100 for cents.
    pub(in crate::entities) parts: u32,
    /// Whether the word is an ordinary one unless in capitals: "TRY".
    pub(in crate::entities) capitals: bool,
    /// Whether it stands before the number as a rule, so that a bare number behind it belongs to it.
    pub(in crate::entities) symbol: bool,
}

impl Currency {
    /// The ISO 4217 code, guessed from where the business is when several currencies share the name.
    pub(in crate::entities) fn code(&self, region: Region) -> &'static str {
        self.regions
            .iter()
            .find(|(here, _)| *here == region)
            .map_or(self.code, |(_, code)| code)
    }

    /// Reads the key of a line: `USD CA=CAD /100 !`.
    pub(super) fn parse(key: &'static str) -> Option<Self> {
        let mut words = key.split_whitespace();
        let code = words.next()?;
        let mut currency = Self {
            code,
            regions: Vec::new(),
            parts: 1,
            capitals: false,
            symbol: false,
        };
        for word in words {
            if word == "!" {
                currency.capitals = true;
            } else if word == "$" {
                currency.symbol = true;
            } else if let Some(parts) = word.strip_prefix('/') {
                currency.parts = parts.parse().ok()?;
            } else {
                let (regions, code) = word.split_once('=')?;
                for region in regions.split(',') {
                    currency.regions.push((region.parse().ok()?, code));
                }
            }
        }
        Some(currency)
    }
}
