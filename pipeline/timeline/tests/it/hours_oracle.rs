//! Open hours against someone who looks at the clock on the wall every minute.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use parlance_schemas::settings::{Day, Holiday, HoursSetting, Opening, Weekly};
use parlance_timeline::hours::Hours;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::zone;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const DAYS: [Day; 7] = [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri, Day::Sat, Day::Sun];
/// Whose clocks are changed by night and at midnight, by half an hour, one, two and a whole day, and never.
const ZONES: [&str; 11] = [
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Beirut",
    "UTC",
];

/// Minutes of a day from which and up to which it is open; the second not after the first: of the next day.
type Times = (u32, u32);

/// Hours as the test thinks of them.
#[derive(Clone, Debug)]
struct Plain {
    weekly: Vec<([bool; 7], Times)>,
    holidays: BTreeMap<Date, Vec<Times>>,
}

impl Plain {
    fn setting(&self) -> HoursSetting {
        let text = |minutes: u32| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        let weekly = self.weekly.iter().map(|(days, (from, to))| Weekly {
            days: DAYS
                .into_iter()
                .zip(days)
                .filter_map(|(day, on)| on.then_some(day))
                .collect(),
            from: text(*from),
            to: text(*to),
        });
        let holidays = self.holidays.iter().map(|(date, open)| Holiday {
            date: date.to_string(),
            name: None,
            open: open
                .iter()
                .map(|(from, to)| Opening {
                    from: text(*from),
                    to: text(*to),
                })
                .collect(),
        });
        HoursSetting {
            weekly: weekly.collect(),
            holidays: holidays.collect(),
        }
    }

    fn compiled(&self, zone: &TimeZone) -> Hours {
        let setting = self.setting();
        assert_eq!(setting.problems(), []);
        Hours::compile(&setting, zone)
    }

    /// What begins on a date.
    fn on(&self, date: Date) -> Vec<Times> {
        if let Some(open) = self.holidays.get(&date) {
            return open.clone();
        }
        if self.weekly.is_empty() {
            return vec![(0, 1_440)];
        }
        let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap();
        self.weekly
            .iter()
            .filter(|(days, _)| days[weekday])
            .map(|(_, times)| *times)
            .collect()
    }

    /// Whether the wall shows an open time.
    fn is_open(&self, zone: &TimeZone, at: i64) -> bool {
        let shown = zone.to_datetime(Timestamp::from_millisecond(at).unwrap());
        let minute = u32::try_from(i32::from(shown.hour()) * 60 + i32::from(shown.minute())).unwrap();
        let of_today = |(from, to): Times| minute >= from && (minute < to || to <= from);
        let of_yesterday = |(from, to): Times| to <= from && minute < to;
        let yesterday = shown.date().yesterday().unwrap();
        self.on(shown.date()).into_iter().any(of_today) || self.on(yesterday).into_iter().any(of_yesterday)
    }

    /// Walks from an instant: the open time at its end, and when so much of it was over.
    fn walk(&self, zone: &TimeZone, (from, to): (i64, i64), wanted: i64) -> (i64, Option<i64>) {
        let (mut open, mut reached) = (0, (wanted <= 0).then_some(from));
        let mut minute = from.div_euclid(MINUTE) * MINUTE;
        while minute < to {
            let (begin, end) = (minute.max(from), (minute + MINUTE).min(to));
            if self.is_open(zone, minute) {
                if open < wanted && wanted <= open + (end - begin) {
                    reached = Some(begin + wanted - open);
                }
                open += end - begin;
            }
            minute += MINUTE;
        }
        (open, reached)
    }
}

/// A time of day, often one of the round or outermost ones.
fn time(latest: u32) -> impl Strategy<Value = u32> {
    prop_oneof![
        2 => (0..=latest / 30).prop_map(|half_hours| half_hours * 30),
        1 => 0..=latest,
        1 => Just(latest),
    ]
}

fn times() -> impl Strategy<Value = Times> {
    (time(1_439), time(1_440)).prop_filter("it opens", |(from, to)| from != to)
}

/// Hours with holidays on days near a date.
fn plain(near: Date) -> impl Strategy<Value = Plain> {
    let days = any::<[bool; 7]>().prop_filter("it opens", |days| days.contains(&true));
    let holiday = (-5..5_i64, prop::collection::vec(times(), 0..3));
    (
        prop::collection::vec((days, times()), 0..6),
        prop::collection::vec(holiday, 0..4),
    )
        .prop_map(move |(weekly, holidays)| {
            let on = |(days, open)| (near.checked_add(Span::new().days(days)).unwrap(), open);
            Plain {
                weekly,
                holidays: holidays.into_iter().map(on).collect(),
            }
        })
}

/// A zone and an instant: three times of four near one at which its clocks were changed.
fn place() -> impl Strategy<Value = (&'static str, i64)> {
    (
        prop::sample::select(&ZONES[..]),
        any::<Index>(),
        0..4_u8,
        -3 * DAY..2 * DAY,
    )
        .prop_map(|(name, index, kind, away)| {
            let (first, last) = (crate::at("2000-02-01T00:00Z"), crate::at("2099-11-01T00:00Z"));
            let zone = zone(name);
            let changes: Vec<i64> = zone
                .following(Timestamp::from_millisecond(first).unwrap())
                .map(|change| change.timestamp().as_millisecond())
                .take_while(|change| *change < last)
                .collect();
            if kind == 0 || changes.is_empty() {
                let days = index.index(usize::try_from((last - first) / DAY).unwrap());
                return (name, first + i64::try_from(days).unwrap() * DAY + away);
            }
            // The early ones are the odd ones: half of the cases.
            let among = if kind == 1 {
                changes.len()
            } else {
                changes.len().min(30)
            };
            (name, changes[index.index(among)] + away)
        })
}

/// A business, where it is, and a span of time of four days at most.
fn case() -> impl Strategy<Value = (Plain, &'static str, i64, i64)> {
    (place(), 0..4 * DAY, any::<bool>()).prop_flat_map(|((name, from), length, whole)| {
        // Whole minutes are what people write; odd milliseconds what messages have.
        let from = if whole { from.div_euclid(MINUTE) * MINUTE } else { from };
        let near = zone(name)
            .to_datetime(Timestamp::from_millisecond(from).unwrap())
            .date();
        plain(near).prop_map(move |plain| (plain, name, from, from + length))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn open_time_is_what_someone_counts_who_watches_the_clock(
        (plain, name, from, to) in case(), share in 0..=1_000_i64, probe in any::<Index>(),
    ) {
        let zone = zone(name);
        let hours = plain.compiled(&zone);
        let between = hours.between(from, to);
        let wanted = between * share / 1_000;
        let (open, reached) = plain.walk(&zone, (from, to), wanted);
        prop_assert_eq!(between, open);
        prop_assert_eq!(hours.after(from, wanted), reached);
        let at = from + i64::try_from(probe.index(usize::try_from(to - from + 1).unwrap())).unwrap();
        prop_assert_eq!(hours.is_open(at), plain.is_open(&zone, at));
        prop_assert_eq!(hours.between(from, at) + hours.between(at, to), between);
    }

    #[test]
    fn it_adds_up_and_is_undone_over_any_years(
        (plain, name, near, _) in case(), mut instants in prop::array::uniform3(-150_000 * DAY..150_000 * DAY), wanted in 0..40 * DAY,
    ) {
        let zone = zone(name);
        let hours = plain.compiled(&zone);
        instants.sort_unstable();
        let [a, b, c] = instants;
        prop_assert_eq!(hours.between(a, b) + hours.between(b, c), hours.between(a, c));
        prop_assert!((0..=c - a).contains(&hours.between(a, c)));
        for from in [a, near] {
            let later = hours.after(from, wanted + 1);
            match later {
                Some(later) => {
                    prop_assert_eq!(hours.between(from, later), wanted + 1);
                    prop_assert_eq!(hours.between(from, later - 1), wanted, "it was earlier");
                    let sooner = hours.after(from, wanted).unwrap();
                    prop_assert!(sooner < later);
                }
                None => prop_assert!(hours.between(from, from + parlance_timeline::hours::LOOK_AHEAD_MS) <= wanted),
            }
        }
    }

    #[test]
    fn any_instant_of_a_hundred_years_is_open_when_the_wall_says_so(
        (plain, name, near, _) in case(), days in prop::collection::vec(-40_000..40_000_i64, 30),
    ) {
        let zone = zone(name);
        let hours = plain.compiled(&zone);
        let (first, last) = (0, crate::at("2100-01-01T00:00Z"));
        for day in days {
            let at = (near + day * DAY).clamp(first, last - 1);
            prop_assert_eq!(hours.is_open(at), plain.is_open(&zone, at), "{}", at);
        }
    }
}
