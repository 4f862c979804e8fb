//! When a business is open: the intervals of its week, and the days that are not as the others.
//!
//! Times are those of a clock on the wall in the integration's time zone, which [`super::IntegrationSetting`] names.

use std::collections::HashMap;
use std::ops::Range;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Problem;

/// Intervals of a week: seven days of seven each, and one.
const MAX_WEEKLY: usize = 50;
/// Days that are not as the others: those of twenty years, with twenty a year.
const MAX_HOLIDAYS: usize = 400;
/// Intervals of such a day.
const MAX_OPEN: usize = 10;
/// Characters of a holiday's name.
const MAX_NAME_CHARS: usize = 100;
/// Years a holiday may be in: `0206-12-25` is a slip.
const YEARS: Range<i16> = 2000..2100;
const DAY_MINUTES: u16 = 24 * 60;

/// When one integration's business is open. Kind `hours`.
///
/// An interval belongs to the day it begins on, also where it runs past midnight. What several intervals cover is open
/// once. Without weekly intervals every day is open all day, save the holidays: a setting that says nothing is as none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoursSetting {
    /// The usual week, in any order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weekly: Vec<Weekly>,
    /// The days that are not as the week says, in any order, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<Holiday>,
}

/// An interval of some days of each week: open from `from`, closed at `to`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weekly {
    /// The days it begins on.
    pub days: Vec<Day>,
    /// `HH:MM`, 00:00 to 23:59.
    pub from: String,
    /// `HH:MM`, 00:00 to 24:00. Earlier than `from`: of the next day.
    pub to: String,
}

/// A local date on which other intervals begin than the week says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// `YYYY-MM-DD`.
    pub date: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The intervals that begin on that day, and no others do. Empty: closed all day; an interval that began the evening
    /// before still runs to its end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<Opening>,
}

/// An interval of one day, as those of the week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// `HH:MM`, 00:00 to 23:59.
    pub from: String,
    /// `HH:MM`, 00:00 to 24:00. Earlier than `from`: of the next day.
    pub to: String,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "they are the days of the week")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Day {
    /// How many days after Monday it is, 0 to 6.
    pub const fn since_monday(self) -> usize {
        self as usize
    }
}

impl Weekly {
    /// Its minutes, counted from the midnight its day begins with, end excluded; up to 2,878 where it runs past the next.
    /// Nothing when its times cannot be meant.
    pub fn minutes(&self) -> Option<Range<u16>> {
        minutes(&self.from, &self.to)
    }
}

impl Opening {
    /// Its minutes, as those of [`Weekly::minutes`].
    pub fn minutes(&self) -> Option<Range<u16>> {
        minutes(&self.from, &self.to)
    }
}

impl Holiday {
    /// Its date; nothing when there is no such day, or not in the years 2000 to 2099.
    pub fn day(&self) -> Option<Date> {
        let [year, month, day] = numbers(&self.date, '-', [4, 2, 2])?;
        let (year, month, day) = (year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?);
        YEARS.contains(&year).then_some(())?;
        Date::new(year, month, day).ok()
    }
}

impl HoursSetting {
    /// Everything that is wrong with it, each with its place; empty when it is sound. Of a list that is too long only that is
    /// said.
    ///
    /// * at most 50 weekly intervals and 400 holidays with 10 each; no date twice; names of 1 to 100 characters
    /// * an interval of the week has a day at least and none twice, so that a setting with intervals is open some time
    /// * times are `HH:MM`, dates are `YYYY-MM-DD` of the years 2000 to 2099, and both exist
    /// * an interval is longer than nothing and no longer than a day
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if too_long("weekly", self.weekly.len(), MAX_WEEKLY, &mut problems) {
            return problems;
        }
        if too_long("holidays", self.holidays.len(), MAX_HOLIDAYS, &mut problems) {
            return problems;
        }
        for (number, weekly) in self.weekly.iter().enumerate() {
            let at = format!("weekly[{number}]");
            if weekly.days.is_empty() {
                problems.push(Problem::new(
                    format!("{at}.days"),
                    "names no day, so that it never opens",
                ));
            } else if repeats(&weekly.days) {
                problems.push(Problem::new(format!("{at}.days"), "names a day twice"));
            }
            problems_of_times(&at, &weekly.from, &weekly.to, &mut problems);
        }
        let mut first_on = HashMap::new();
        for (number, holiday) in self.holidays.iter().enumerate() {
            let at = format!("holidays[{number}]");
            holiday.problems(&at, &mut problems);
            let first = *first_on.entry(holiday.date.as_str()).or_insert(number);
            if first != number {
                let what = format!("{} is that of holidays[{first}] already", holiday.date);
                problems.push(Problem::new(format!("{at}.date"), what));
            }
        }
        problems
    }
}

impl Holiday {
    fn problems(&self, at: &str, problems: &mut Vec<Problem>) {
        if self.day().is_none() {
            let what = format!(
                "`{}` is not a date YYYY-MM-DD of the years {} to {}",
                self.date,
                YEARS.start,
                YEARS.end - 1
            );
            problems.push(Problem::new(format!("{at}.date"), what));
        }
        let length = self.name.as_ref().map(|name| name.chars().count());
        if length.is_some_and(|length| !(1..=MAX_NAME_CHARS).contains(&length)) {
            let what = format!("takes 1 to {MAX_NAME_CHARS} characters");
            problems.push(Problem::new(format!("{at}.name"), what));
        }
        if too_long(&format!("{at}.open"), self.open.len(), MAX_OPEN, problems) {
            return;
        }
        for (number, opening) in self.open.iter().enumerate() {
            problems_of_times(&format!("{at}.open[{number}]"), &opening.from, &opening.to, problems);
        }
    }
}

/// Tells of a list that is too long.
fn too_long(at: &str, length: usize, most: usize, problems: &mut Vec<Problem>) -> bool {
    if length > most {
        problems.push(Problem::new(at, format!("are {length}, and at most {most} are kept")));
    }
    length > most
}

fn repeats(days: &[Day]) -> bool {
    days.iter()
        .enumerate()
        .any(|(number, day)| days[..number].contains(day))
}

fn problems_of_times(at: &str, from: &str, to: &str, problems: &mut Vec<Problem>) {
    let (begin, end) = (time(from, DAY_MINUTES - 1), time(to, DAY_MINUTES));
    for (field, text, time, latest) in [("from", from, begin, "23:59"), ("to", to, end, "24:00")] {
        if time.is_none() {
            let what = format!("`{text}` is not a time HH:MM, 00:00 to {latest}");
            problems.push(Problem::new(format!("{at}.{field}"), what));
        }
    }
    if begin.is_some() && begin == end {
        let what = format!("begins and ends at {from}, so that it never opens: a whole day is 00:00 to 24:00");
        problems.push(Problem::new(at, what));
    }
}

fn minutes(from: &str, to: &str) -> Option<Range<u16>> {
    let (from, to) = (time(from, DAY_MINUTES - 1)?, time(to, DAY_MINUTES)?);
    match from.cmp(&to) {
        std::cmp::Ordering::Less => Some(from..to),
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => Some(from..to + DAY_MINUTES),
    }
}

/// The minute of the day that a text names, up to the latest.
fn time(text: &str, latest: u16) -> Option<u16> {
    let [hour, minute] = numbers(text, ':', [2, 2])?;
    let time = hour * 60 + minute;
    (minute < 60 && time <= latest).then_some(time)
}

/// Numbers of so many digits each, four at most.
fn numbers<const N: usize>(text: &str, between: char, digits: [usize; N]) -> Option<[u16; N]> {
    let mut parts = text.split(between);
    let mut numbers = [0; N];
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part = parts.next()?;
        // A sign is a number to `parse`, and none here.
        if part.len() != digits || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn setting(value: &Value) -> HoursSetting {
        serde_json::from_value(value.clone()).unwrap()
    }

    fn said(value: &Value) -> Vec<String> {
        setting(value).problems().iter().map(ToString::to_string).collect()
    }

    fn places(value: &Value) -> Vec<String> {
        setting(value)
            .problems()
            .into_iter()
            .map(|problem| problem.at)
            .collect()
    }

    #[test]
    fn sound_hours_have_no_problems_and_read_back_as_they_were() {
        let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let weekly = |from: &str, to: &str| json!({"days": days, "from": from, "to": to});
        for value in [
            json!({}),
            json!({"weekly": [weekly("09:00", "17:00"), weekly("12:00", "13:00"), weekly("17:00", "24:00")]}),
            json!({"weekly": [weekly("22:00", "02:00"), weekly("22:00", "00:00"), weekly("23:59", "23:58")]}),
            json!({"weekly": vec![weekly("00:00", "24:00"); 50]}),
            json!({"holidays": [{"date": "2024-02-29"}, {"date": "2099-12-31", "name": "Silvester",
                "open": [{"from": "10:00", "to": "14:00"}, {"from": "20:00", "to": "03:00"}]}]}),
        ] {
            assert_eq!(said(&value), [""; 0], "{value}");
            assert_eq!(serde_json::to_value(setting(&value)).unwrap(), value);
        }
        let first = Date::constant(2026, 1, 1);
        let dates = (0..400).map(|n| json!({"date": first.saturating_add(jiff::Span::new().days(n)).to_string()}));
        assert_eq!(said(&json!({"holidays": dates.collect::<Vec<_>>()})), [""; 0]);
    }

    #[test]
    fn every_bad_time_names_its_place() {
        for bad in [
            "", "9:00", "09:0", "009:00", "09:60", "25:00", "24:01", "09:00:00", "+9:00", "09.00", "0٩:00", "noon",
        ] {
            let interval = json!({"days": ["mon"], "from": bad, "to": bad});
            assert_eq!(
                places(&json!({"weekly": [interval]})),
                ["weekly[0].from", "weekly[0].to"],
                "{bad}"
            );
            let holiday = json!({"date": "2026-12-24", "open": [{"from": "08:00", "to": bad}]});
            assert_eq!(
                places(&json!({"holidays": [holiday]})),
                ["holidays[0].open[0].to"],
                "{bad}"
            );
        }
        let midnight = json!({"days": ["mon"], "from": "24:00", "to": "24:00"});
        assert_eq!(
            said(&json!({"weekly": [midnight]})),
            ["weekly[0].from: `24:00` is not a time HH:MM, 00:00 to 23:59"]
        );
    }

    #[test]
    fn intervals_that_never_open_are_refused() {
        let nothing = [
            json!({"days": ["mon"], "from": "09:00", "to": "09:00"}),
            json!({"days": [], "from": "09:00", "to": "17:00"}),
        ];
        let said = said(&json!({"weekly": nothing}));
        assert_eq!(
            said,
            [
                "weekly[0]: begins and ends at 09:00, so that it never opens: a whole day is 00:00 to 24:00",
                "weekly[1].days: names no day, so that it never opens"
            ]
        );
    }

    #[test]
    fn dates_are_days_that_exist_each_once() {
        for bad in [
            "",
            "2026-02-29",
            "2026-13-01",
            "20261225",
            "2026-12-25T00:00",
            "206-12-25",
            "0206-12-25",
            "1999-12-31",
        ] {
            assert_eq!(
                places(&json!({"holidays": [{"date": bad}]})),
                ["holidays[0].date"],
                "{bad}"
            );
        }
        let twice = json!({"holidays": [{"date": "2026-12-25"}, {"date": "2026-12-26"}, {"date": "2026-12-25"}]});
        assert_eq!(
            said(&twice),
            ["holidays[2].date: 2026-12-25 is that of holidays[0] already"]
        );
    }

    #[test]
    fn everything_is_bounded_and_told_at_once() {
        let weekly = json!({"days": ["mon", "tue", "mon"], "from": "9", "to": "17:00"});
        let holiday =
            json!({"date": "2026-12-32", "name": "x".repeat(101), "open": vec![json!({"from": "1", "to": "2"}); 11]});
        assert_eq!(
            places(&json!({"weekly": [weekly], "holidays": [holiday, {"date": "2026-12-24", "name": ""}]})),
            [
                "weekly[0].days",
                "weekly[0].from",
                "holidays[0].date",
                "holidays[0].name",
                "holidays[0].open",
                "holidays[1].name"
            ]
        );
        assert_eq!(places(&json!({"weekly": vec![weekly; 51]})), ["weekly"]);
        assert_eq!(
            places(&json!({"holidays": vec![json!({"date": ""}); 401]})),
            ["holidays"]
        );
    }

    #[test]
    fn an_interval_past_midnight_ends_on_the_next_day() {
        let opening = |from: &str, to: &str| {
            Opening {
                from: from.to_owned(),
                to: to.to_owned(),
            }
            .minutes()
        };
        assert_eq!(opening("09:00", "17:30"), Some(540..1_050));
        assert_eq!(opening("00:00", "24:00"), Some(0..1_440));
        assert_eq!(opening("22:00", "00:00"), Some(1_320..1_440));
        assert_eq!(opening("23:59", "23:58"), Some(1_439..2_878));
        assert_eq!(opening("09:00", "09:00"), None);
    }
}
