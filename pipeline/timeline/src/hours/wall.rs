//! Open time by the clock on the wall, which knows no zones: every day has 24 hours, and every week is as the others save
//! for holidays.
//!
//! The open time before a wall time is that of its weeks, plus what the holidays before it changed. A holiday changes the
//! day itself and, for intervals that run past midnight, the day after. Such days stand in runs, each with its own intervals.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::civil::Date;
use parlance_schemas::settings::HoursSetting;

/// A day of the wall, in milliseconds.
pub(super) const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const MINUTE_MS: i64 = 60 * 1_000;
const WEEK_MS: i64 = 7 * DAY_MS;
/// Wall times and day numbers count from here, a Thursday.
const FIRST_DAY: Date = Date::constant(1970, 1, 1);
const DAYS_SINCE_MONDAY: i64 = 3;

/// The wall times at which a business is open, in milliseconds since 1970 began on the wall.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wall {
    /// Those of a usual week, in milliseconds since its Monday.
    week: Spans,
    /// Days that are not as the week says, in order of time, at least a day apart.
    runs: Box<[Run]>,
}

/// Days in a row that are not as the week says.
#[derive(Debug, PartialEq, Eq)]
struct Run {
    days: Range<i64>,
    /// What is open of them.
    spans: Spans,
    /// Open milliseconds before the first.
    before: i64,
    /// How many more milliseconds were open than the weeks say when it is over.
    gained: i64,
}

/// What begins on a day, in milliseconds since its midnight.
type Begins = Vec<Range<i64>>;

impl Wall {
    /// The wall times of a setting; nothing when they are all there are.
    pub(super) fn of(setting: &HoursSetting) -> Option<Self> {
        let millis = |minutes: Range<u16>| i64::from(minutes.start) * MINUTE_MS..i64::from(minutes.end) * MINUTE_MS;
        let mut usual: [Begins; 7] = Default::default();
        for weekly in &setting.weekly {
            let Some(minutes) = weekly.minutes() else { continue };
            for day in &weekly.days {
                usual[day.since_monday()].push(millis(minutes.clone()));
            }
        }
        if usual.iter().all(Vec::is_empty) {
            usual = std::array::from_fn(|_| std::iter::once(0..DAY_MS).collect());
        }
        let mut holidays: BTreeMap<i64, Begins> = BTreeMap::new();
        for holiday in &setting.holidays {
            let Some(day) = holiday.day() else { continue };
            let number = day.duration_since(FIRST_DAY).as_hours() / 24;
            let open = holiday.open.iter().filter_map(|opening| opening.minutes().map(millis));
            holidays.insert(number, open.collect());
        }
        let week = week(&usual);
        let runs = runs(&week, &usual, &holidays);
        let always = week.total == WEEK_MS && runs.iter().all(|run| run.gained == 0);
        (!always).then_some(Self { week, runs })
    }

    /// The open milliseconds before a wall time, less those before 1970's first Monday.
    pub(super) fn before(&self, wall: i64) -> i64 {
        let weekly = self.week.by_weeks(wall);
        let begun = self.runs.partition_point(|run| run.days.start < wall);
        match begun.checked_sub(1).map(|last| &self.runs[last]) {
            None => weekly,
            Some(run) if wall < run.days.end => run.before + run.spans.before(wall),
            Some(run) => weekly + run.gained,
        }
    }
}

fn week(usual: &[Begins; 7]) -> Spans {
    let days = (0..).zip(usual);
    let begins = days.flat_map(|(day, begins)| begins.iter().map(move |span| shifted(span, day * DAY_MS)));
    // What runs past the end of the week is at its beginning, too.
    let twice = begins.flat_map(|span| [shifted(&span, -WEEK_MS), span]);
    Spans::within(0..WEEK_MS, twice)
}

fn runs(week: &Spans, usual: &[Begins; 7], holidays: &BTreeMap<i64, Begins>) -> Box<[Run]> {
    let touched: BTreeSet<i64> = holidays.keys().flat_map(|day| [*day, day + 1]).collect();
    let mut rows: Vec<Range<i64>> = Vec::new();
    for day in touched {
        match rows.last_mut() {
            Some(row) if row.end == day => row.end += 1,
            _ => rows.push(day..day + 1),
        }
    }
    let mut gained = 0;
    let runs = rows.into_iter().map(|row| {
        let days = row.start * DAY_MS..row.end * DAY_MS;
        let begins = (row.start - 1..row.end).flat_map(|day| {
            let weekday = usize::try_from((day + DAYS_SINCE_MONDAY).rem_euclid(7)).expect("it is 0 to 6");
            let begins = holidays.get(&day).unwrap_or(&usual[weekday]);
            begins.iter().map(move |span| shifted(span, day * DAY_MS))
        });
        let spans = Spans::within(days.clone(), begins);
        let (first, last) = (week.by_weeks(days.start), week.by_weeks(days.end));
        let before = first + gained;
        gained += spans.total - (last - first);
        Run {
            days,
            spans,
            before,
            gained,
        }
    });
    runs.collect()
}

fn shifted(span: &Range<i64>, by: i64) -> Range<i64> {
    span.start + by..span.end + by
}

/// Spans that neither overlap nor touch, in order.
#[derive(Debug, PartialEq, Eq)]
struct Spans {
    /// Each with the length of those before it.
    spans: Box<[(Range<i64>, i64)]>,
    /// The length of all.
    total: i64,
}

impl Spans {
    /// What any of some spans covers, as far as it lies within another.
    fn within(bounds: Range<i64>, spans: impl Iterator<Item = Range<i64>>) -> Self {
        let clipped = spans.map(|span| span.start.max(bounds.start)..span.end.min(bounds.end));
        let mut sorted: Vec<_> = clipped.filter(|span| !span.is_empty()).collect();
        sorted.sort_unstable_by_key(|span| span.start);
        let mut joined: Vec<Range<i64>> = Vec::new();
        for span in sorted {
            match joined.last_mut() {
                Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
                _ => joined.push(span),
            }
        }
        let mut total = 0;
        let spans = joined.into_iter().map(|span| {
            let before = total;
            total += span.end - span.start;
            (span, before)
        });
        let spans = spans.collect();
        Self { spans, total }
    }

    /// The length of what lies before a place.
    fn before(&self, place: i64) -> i64 {
        let begun = self.spans.partition_point(|(span, _)| span.start < place);
        match begun.checked_sub(1).map(|last| &self.spans[last]) {
            None => 0,
            Some((span, before)) => before + place.min(span.end) - span.start,
        }
    }

    /// The same when they are those of every week, counted from the first of 1970's Mondays or back from it.
    fn by_weeks(&self, wall: i64) -> i64 {
        let since_monday = wall + DAYS_SINCE_MONDAY * DAY_MS;
        since_monday.div_euclid(WEEK_MS) * self.total + self.before(since_monday.rem_euclid(WEEK_MS))
    }
}
