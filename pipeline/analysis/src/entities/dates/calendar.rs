//! Days, months and years: `2018-11-19`, `19/11`, "19th of November", "November 2018", 2018年11月19日.

use super::parts::{Named, Parts};
use super::reader::Reader;
use crate::entities::lexicon::Sense;
use crate::entities::number::{Amount, amount};

/// A piece of a date and the token behind it.
type Piece = Option<(Parts, usize)>;

impl Reader<'_> {
    pub(super) fn month_at(&self, at: usize) -> Option<(i8, bool)> {
        self.find(at, |sense| match sense {
            Sense::Month(month) => Some((*month, false)),
            Sense::WeakMonth(month) => Some((*month, true)),
            _ => None,
        })
    }

    /// A year of four digits, or of two where a date leaves no other reading.
    fn year(&self, at: usize, two_digits: bool) -> Option<(i16, usize)> {
        if self.digits(at).is_none() {
            // "two thousand and twenty"
            self.find(at, |sense| {
                matches!(sense, Sense::Number(2) | Sense::Number(1) | Sense::Scale(1000)).then_some(())
            })?;
            let (number, next) = amount(self.tokens, self.folded, self.lexicon, at)?;
            let year = (1500..=2200).find(|year| number == Amount::whole(*year))?;
            return Some((i16::try_from(year).ok()?, next));
        }
        match self.digits(at)? {
            (year @ 1500..=2200, 4 | 0) => Some((year, at + 1)),
            (year @ 0..=99, 2) if two_digits => Some((century(year), at + 1)),
            _ => None,
        }
    }

    /// Dates in digits, perhaps with a month's name between the same separators.
    pub(super) fn numeric_date(&self, at: usize) -> Piece {
        let field = |at: usize| -> Option<(i16, u8, bool)> {
            if let Some((value, count)) = self.digits(at).filter(|(_, count)| *count > 0) {
                return Some((value, count, false));
            }
            self.month_at(at).map(|(month, _)| (i16::from(month), 0, true))
        };
        let (first, first_count, first_named) = field(at)?;
        let separator = ['-', '/', '.'].into_iter().find(|mark| self.is_mark(at + 1, *mark))?;
        let gap = self.tokens.get(at + 2)?.start - self.tokens[at].end;
        if gap > 3 || (gap > 1 && first_count != 4) {
            return None;
        }
        // A number that goes on is no date: 1.2.3.4, 555-0199-22.
        let (second, second_count, second_named) = field(at + 2)?;
        let before = self.tokens[at].start.checked_sub(1).map(|before| self.folded[before]);
        // The second end of `2018-11-19/2018-11-22` follows a slash.
        let interval = before == Some('/') && first_count == 4 && separator == '-';
        if !interval && matches!(before, Some('.' | '/' | ':' | '$' | '€')) {
            return None;
        }
        let third = self.is_mark(at + 3, separator).then(|| field(at + 4)).flatten();
        let third = third.filter(|_| self.tokens[at + 4].start - self.tokens[at + 2].end <= 3);
        if let Some((third, third_count, third_named)) = third {
            let longer = self.is_mark(at + 5, separator) && field(at + 6).is_some() && self.touches(at + 6);
            let named = [first_named, second_named, third_named]
                .iter()
                .filter(|named| **named)
                .count();
            if longer && separator != '-' || named > 1 {
                return None;
            }
            let fields = [(first, first_count), (second, second_count), (third, third_count)];
            let (year, month, day) = self.order(fields, [first_named, second_named, third_named])?;
            let mut next = at + 5;
            if self.language == parlance_schemas::labels::Language::Ko && separator == '.' && self.is_mark(next, '.') {
                next += 1;
            }
            return valid(Some(year), month, Some(day)).map(|parts| (parts, next));
        }
        // Two fields: day and month, or month and year.
        let end = at + 3;
        if self.is_mark(end, separator) && separator != '-' && self.touches(end + 1) && self.digits(end + 1).is_some() {
            return None;
        }
        match (first_named, second_named) {
            (true, true) => None,
            (true, false) | (false, true) => {
                let (month, number, count) = if first_named {
                    (first, second, second_count)
                } else {
                    (second, first, first_count)
                };
                match count {
                    4 => valid(Some(number), month, None),
                    1 | 2 if first_named || separator != '.' => valid(None, month, Some(number)),
                    _ => None,
                }
            }
            .map(|parts| (parts, end)),
            (false, false) => match (first_count, second_count) {
                (4, 1 | 2) if separator != '.' => valid(Some(first), second, None),
                (1 | 2, 4) if separator != '.' => valid(Some(second), first, None),
                (1 | 2, 1 | 2) if separator == '/' => {
                    let (month, day) = if self.month_first {
                        (first, second)
                    } else {
                        (second, first)
                    };
                    valid(None, month, Some(day)).or_else(|| valid(None, day, Some(month)))
                }
                (1 | 2, 2) if separator == '.' && self.language == parlance_schemas::labels::Language::De => {
                    valid(None, second, Some(first))
                }
                _ => None,
            }
            .map(|parts| {
                let stop = separator == '.' && self.is_mark(end, '.') && self.touches(end);
                (parts, if stop { end + 1 } else { end })
            }),
        }
    }

    /// Which of three fields is the year, the month and the day.
    fn order(&self, fields: [(i16, u8); 3], named: [bool; 3]) -> Option<(i16, i16, i16)> {
        let [(a, a_count), (b, b_count), (c, c_count)] = fields;
        if fields.iter().any(|(_, count)| *count == 3 || *count > 4) {
            return None;
        }
        if a_count == 4 {
            return Some(if named[2] { (a, c, b) } else { (a, b, c) });
        }
        if b_count == 4 {
            return Some(if named[2] { (b, c, a) } else { (b, a, c) });
        }
        let year = match c_count {
            4 => c,
            2 => century(c),
            _ => return None,
        };
        if named[0] || named[1] {
            return Some(if named[0] { (year, a, b) } else { (year, b, a) });
        }
        let (month, day) = if self.month_first { (a, b) } else { (b, a) };
        Some(if month > 12 && day <= 12 {
            (year, day, month)
        } else {
            (year, month, day)
        })
    }

    /// A day of the month: digits or words, a position or a plain number.
    fn day_of_month(&self, at: usize) -> Option<(i16, usize)> {
        let (day, next) = self.ordinal(at).or_else(|| self.cardinal(at))?;
        (1..=31).contains(&day).then_some((day, next))
    }

    /// Day and month with a name, in either order, perhaps with the year; a month with a year; a month alone.
    pub(super) fn named_date(&self, at: usize) -> Piece {
        if let Some((month, weak)) = self.month_at(at) {
            let mut next = at + 1;
            let comma = usize::from(self.is_mark(next, ',') || self.is_mark(next, '/') || self.is_mark(next, '-'));
            let glue = if comma == 0 && self.has(next, Sense::Glue) {
                1
            } else {
                0
            };
            // "March 5th", but in "March 2018" the number is the year, and "May 5 to 7" leaves the 5.
            let year_in_words = self.digits(next).is_none() && self.year(next, false).is_some();
            let day = if year_in_words {
                None
            } else {
                self.day_of_month(next + comma + glue)
            };
            if let Some((day, behind)) = day {
                let hour = self.hour_follows(behind)
                    || (glue == 1
                        && !self.has(next, Sense::On)
                        && self.ordinal(next + 1).is_none()
                        && self.language != parlance_schemas::labels::Language::Ar);
                let digits = self.digits(next + comma + glue).is_none_or(|(_, count)| count <= 2);
                if !hour && digits {
                    let (year, behind) = self.year_behind(behind);
                    return Some((valid(year, i16::from(month), Some(day))?, behind));
                }
            }
            let (year, behind) = self.year_behind(next);
            if year.is_some() {
                next = behind;
            }
            let mut parts = valid(year, i16::from(month), None)?;
            parts.weak = weak && year.is_none();
            return Some((parts, next));
        }
        let (day, next) = self.day_of_month(at)?;
        let day_token_is_word = self.digits(at).is_none() && self.ordinal(at).is_none();
        let mut month_at = next;
        while month_at < next + 3 && (self.has(month_at, Sense::Glue) || self.is_mark(month_at, ',')) {
            month_at += 1;
        }
        if let Some((month, weak)) = self.month_at(month_at) {
            if day_token_is_word && weak {
                return None;
            }
            let (year, behind) = self.year_behind(month_at + 1);
            return Some((valid(year, i16::from(month), Some(day))?, behind));
        }
        // "7. vierter", "siebter 4.", "9 de 8 de 1971": a month by number.
        let german = self.language == parlance_schemas::labels::Language::De && self.ordinal(at).is_some();
        if german {
            let (month, behind) = self.ordinal(next).filter(|(month, _)| (1..=12).contains(month))?;
            let (year, after) = self.year_behind(behind);
            return Some((valid(year, month, Some(day))?, after));
        }
        let linked = next + 1 == month_at && self.digits(at).is_some();
        if let (true, Some((month @ 1..=12, 1 | 2))) = (linked, self.digits(month_at)) {
            let (year, behind) = self.year_behind(month_at + 1);
            if year.is_some() && behind > month_at + 2 {
                return Some((valid(year, month, Some(day))?, behind));
            }
        }
        None
    }

    /// Whether the number before this token is an hour.
    fn hour_follows(&self, at: usize) -> bool {
        self.is_mark(at, ':')
            || self
                .senses(at)
                .iter()
                .any(|sense| matches!(sense, Sense::Am | Sense::Pm | Sense::Hours))
                && self.month_at(at).is_none()
    }

    /// A year behind a month or a day: ", 2018", "of 2018", "de 2018", "'18" behind a day only.
    fn year_behind(&self, from: usize) -> (Option<i16>, usize) {
        let mut at = from;
        while at < from + 3
            && (self.is_mark(at, ',')
                || self.is_mark(at, '-')
                || self.is_mark(at, '.')
                || self
                    .senses(at)
                    .iter()
                    .any(|sense| matches!(sense, Sense::Glue | Sense::YearWord | Sense::On)))
        {
            at += 1;
        }
        let two_digits = at == from && self.language != parlance_schemas::labels::Language::En;
        match self.year(at, two_digits) {
            Some((year, next))
                if !self.hour_follows(next) && !self.is_mark(next, '-')
                    || at == from && year > 1900 && !self.hour_follows(next) =>
            {
                (Some(year), next)
            }
            _ => (None, from),
        }
    }

    /// 2018年11月19日 and its parts; 平成30年; 11월 19일.
    pub(super) fn marked_date(&self, at: usize) -> Piece {
        let mut parts = Parts::default();
        let mut next = at;
        let era = self.find(at, |sense| match sense {
            Sense::Era(before) => Some(*before),
            _ => None,
        });
        let number_at = if era.is_some() { at + 1 } else { at };
        if let Some((number, count)) = self
            .digits(number_at)
            .filter(|_| self.has(number_at + 1, Sense::YearMark))
        {
            let year = match (era, count) {
                (Some(before), _) => before.checked_add(number)?,
                (None, 2) => century(number),
                (None, _) => number,
            };
            if !(1500..=2200).contains(&year) {
                return None;
            }
            parts.year = Some(Named::Absolute(year));
            next = number_at + 2;
        }
        let link = usize::from(next > at && self.has(next, Sense::Glue));
        if let Some((month @ 1..=12, _)) = self
            .digits(next + link)
            .filter(|_| self.has(next + link + 1, Sense::MonthMark))
        {
            parts.month = Some(Named::Absolute(i8::try_from(month).ok()?));
            next += link + 2;
        } else if let (Some((month, _)), true) = (self.month_at(next + link), next > at) {
            parts.month = Some(Named::Absolute(month));
            next += link + 1;
        }
        let link = usize::from(next > at && self.has(next, Sense::Glue));
        let day = self
            .digits(next + link)
            .filter(|_| self.has(next + link + 1, Sense::DayMark));
        let korean = self.language == parlance_schemas::labels::Language::Ko;
        if let Some((day @ 1..=31, count)) = day {
            // A lone 3日 is three days as often as the third; a lone 21日 is a date.
            if parts.month.is_some() || count != 0 || day > 3 || parts.year.is_none() {
                parts.day = Some(i8::try_from(day).ok()?);
                next += link + 2;
            }
        } else if let (Some((day @ 1..=31, 0)), Some(_), false) = (self.digits(next), parts.month, korean) {
            // 十月二十 and 十月初一 leave the mark out.
            if self.touches(next) {
                parts.day = Some(i8::try_from(day).ok()?);
                next += 1;
            }
        }
        if next == at || (parts.month.is_none() && parts.year.is_some() && parts.day.is_some()) {
            return None;
        }
        if parts.month.is_none() && parts.day.is_some() && self.unit_of_days(next) {
            return None;
        }
        if let (Some(Named::Absolute(month)), Some(day)) = (parts.month, parts.day) {
            let year = match parts.year {
                Some(Named::Absolute(year)) => Some(year),
                _ => None,
            };
            valid(year, i16::from(month), Some(i16::from(day)))?;
        }
        Some((parts, next))
    }

    /// Whether what follows makes a number of days of a numbered day: 3日後, 3일 동안.
    fn unit_of_days(&self, at: usize) -> bool {
        self.senses(at).iter().any(|sense| {
            matches!(sense, Sense::Ago | Sense::Later | Sense::BeforeBehind | Sense::Lasting)
                && !matches!(sense, Sense::UntilBehind)
        }) && !self.has(at, Sense::UntilBehind)
    }

    /// A year behind a word for it, or behind a word that introduces dates: "in 2018".
    pub(super) fn year_alone(&self, at: usize) -> Piece {
        let year_of = |at| self.year(at, false).filter(|(_, next)| !self.hour_follows(*next));
        if self.has(at, Sense::YearWord)
            && let Some((year, next)) = year_of(at + 1 + usize::from(self.has(at + 1, Sense::Glue)))
        {
            return Some((
                Parts {
                    year: Some(Named::Absolute(year)),
                    ..Parts::default()
                },
                next,
            ));
        }
        let (year, next) = year_of(at)?;
        if self.digits(at).is_some_and(|(_, count)| count != 4) || !(1900..=2100).contains(&year) {
            return None;
        }
        let attached = |mark: char| {
            self.is_mark(next, mark) && self.touches(next) && self.touches(next + 1) && self.digits(next + 1).is_some()
        };
        if ['.', ',', '/', ':'].into_iter().any(attached) || self.touches(next) && !self.senses(next).is_empty() {
            return None;
        }
        let introduced = at > 0
            && self.senses(at - 1).iter().any(|sense| {
                matches!(
                    sense,
                    Sense::On
                        | Sense::YearWord
                        | Sense::BeforeAhead
                        | Sense::AfterAhead
                        | Sense::SinceAhead
                        | Sense::UntilAhead
                        | Sense::Edge(_)
                        | Sense::Weekday(_)
                )
            });
        let parts = Parts {
            year: Some(Named::Absolute(year)),
            weak: !introduced,
            ..Parts::default()
        };
        Some((parts, next))
    }
}

/// Two digits of a year: up to 39 of this century.
fn century(year: i16) -> i16 {
    if year < 40 { 2000 + year } else { 1900 + year }
}

/// The parts, if there can be such a day.
fn valid(year: Option<i16>, month: i16, day: Option<i16>) -> Option<Parts> {
    let month = i8::try_from(month).ok().filter(|month| (1..=12).contains(month))?;
    let day = match day {
        Some(day) => Some(i8::try_from(day).ok()?),
        None => None,
    };
    if year.is_some_and(|year| !(1000..=2999).contains(&year)) {
        return None;
    }
    // 2020 is a leap year: without a year the 29th of February stands.
    jiff::civil::Date::new(year.unwrap_or(2020), month, day.unwrap_or(1)).ok()?;
    Some(Parts {
        year: year.map(Named::Absolute),
        month: Some(Named::Absolute(month)),
        day,
        ..Parts::default()
    })
}
