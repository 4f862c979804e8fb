//! Open hours by example.

use parlance_schemas::settings::HoursSetting;
use parlance_timeline::hours::{Hours, LOOK_AHEAD_MS};
use serde_json::{Value, json};

use crate::{at, zone};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

fn hours(name: &str, setting: &Value) -> Hours {
    let setting: HoursSetting = serde_json::from_value(setting.clone()).unwrap();
    assert_eq!(setting.problems(), []);
    Hours::compile(&setting, &zone(name))
}

fn weekly(days: &[&str], from: &str, to: &str) -> Value {
    json!({"days": days, "from": from, "to": to})
}

fn daily(from: &str, to: &str) -> Value {
    weekly(&["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from, to)
}

fn office() -> Hours {
    let week = ["mon", "tue", "wed", "thu", "fri"];
    hours("Europe/Berlin", &json!({"weekly": [weekly(&week, "09:00", "17:00")]}))
}

/// Open minutes between two texts.
fn minutes(hours: &Hours, from: &str, to: &str) -> i64 {
    hours.between(at(from), at(to)) / MINUTE
}

#[test]
fn an_office_counts_its_hours_and_no_others() {
    let office = office();
    // A Friday in winter to the Monday after.
    assert_eq!(minutes(&office, "2026-11-20T16:30+01", "2026-11-23T09:10+01"), 40);
    assert_eq!(minutes(&office, "2026-11-20T17:00+01", "2026-11-23T09:00+01"), 0);
    assert_eq!(
        minutes(&office, "2026-11-23T00:00+01", "2026-11-30T00:00+01"),
        5 * 8 * 60
    );
    let beginning = at("2026-11-23T09:00+01");
    assert_eq!(
        [-1, 0, 8 * HOUR - 1, 8 * HOUR].map(|later| office.is_open(beginning + later)),
        [false, true, true, false]
    );
    assert_eq!(office.between(beginning, beginning - DAY), 0);
}

#[test]
fn so_much_open_time_later_is_at_closing_time_rather_than_the_next_morning() {
    let office = office();
    let friday = at("2026-11-20T16:30+01");
    assert_eq!(office.after(friday, 30 * MINUTE), Some(at("2026-11-20T17:00+01")));
    assert_eq!(
        office.after(friday, 30 * MINUTE + 1),
        Some(at("2026-11-23T09:00+01") + 1)
    );
    assert_eq!(office.after(friday, 40 * MINUTE), Some(at("2026-11-23T09:10+01")));
    let night = at("2026-11-20T23:00+01");
    assert_eq!(office.after(night, 15 * MINUTE), Some(at("2026-11-23T09:15+01")));
    assert_eq!([0, -1].map(|none| office.after(night, none)), [Some(night); 2]);
}

#[test]
fn without_hours_business_time_is_calendar_time() {
    let open = [
        Hours::always(),
        Hours::default(),
        hours("Europe/Berlin", &json!({})),
        hours("Europe/Berlin", &json!({"weekly": [daily("00:00", "24:00")]})),
        hours(
            "Europe/Berlin",
            &json!({"weekly": [daily("07:00", "19:00"), daily("19:00", "07:00")]}),
        ),
    ];
    for hours in open {
        assert_eq!(hours, Hours::always());
        for (from, length) in [
            (-5, 0),
            (0, 1),
            (at("2026-03-29T00:00Z"), 3 * DAY + 7),
            (-400 * DAY, 900 * DAY),
        ] {
            assert_eq!(hours.between(from, from + length), length);
            assert!(hours.is_open(from));
        }
        assert_eq!(hours.after(77, LOOK_AHEAD_MS), Some(77 + LOOK_AHEAD_MS));
        assert_eq!(hours.after(77, LOOK_AHEAD_MS + 1), None);
    }
}

#[test]
fn what_overlaps_or_touches_is_open_once() {
    let split = json!({"weekly": [daily("08:00", "12:00"), daily("11:00", "13:00"), daily("13:00", "14:00"), daily("09:00", "10:00")]});
    assert_eq!(
        hours("UTC", &split),
        hours("UTC", &json!({"weekly": [daily("08:00", "14:00")]}))
    );
}

#[test]
fn an_interval_past_midnight_belongs_to_the_day_it_begins_on() {
    let bar = hours(
        "UTC",
        &json!({"weekly": [weekly(&["wed", "sun"], "22:00", "02:00")],
        "holidays": [{"date": "2026-01-01"}, {"date": "2026-01-04"},
            {"date": "2026-01-14", "open": [{"from": "20:00", "to": "01:00"}]}]}),
    );
    // New Year's Day is closed, and the night before ends in it; on Sunday the 4th nothing begins.
    assert_eq!(minutes(&bar, "2025-12-31T00:00Z", "2026-01-01T00:00Z"), 120);
    assert_eq!(minutes(&bar, "2026-01-01T00:00Z", "2026-01-02T00:00Z"), 120);
    assert_eq!(minutes(&bar, "2026-01-04T00:00Z", "2026-01-07T00:00Z"), 0);
    // A usual Sunday night ends in the next week, and a special one in the next day.
    assert_eq!(minutes(&bar, "2026-01-11T23:00Z", "2026-01-12T12:00Z"), 180);
    assert_eq!(minutes(&bar, "2026-01-14T00:00Z", "2026-01-15T00:00Z"), 240);
    assert_eq!(minutes(&bar, "2026-01-15T00:00Z", "2026-01-16T00:00Z"), 60);
}

#[test]
fn holidays_close_a_business_that_is_open_always() {
    let shop = hours(
        "Europe/Berlin",
        &json!({"holidays": [{"date": "2026-12-25"}, {"date": "2026-12-26"},
        {"date": "2026-12-31", "open": [{"from": "00:00", "to": "14:00"}]}]}),
    );
    assert_eq!(
        minutes(&shop, "2026-12-24T00:00+01", "2026-12-28T00:00+01"),
        2 * 24 * 60
    );
    assert_eq!(
        minutes(&shop, "2026-12-31T00:00+01", "2027-01-02T00:00+01"),
        (14 + 24) * 60
    );
    let eve = at("2026-12-24T23:00+01");
    assert_eq!(shop.after(eve, 2 * HOUR), Some(at("2026-12-27T01:00+01")));
}

#[test]
fn what_the_clock_skips_is_not_open_and_what_it_shows_twice_is_open_twice() {
    let night = hours("Europe/Berlin", &json!({"weekly": [daily("01:30", "02:30")]}));
    let gap = |from, to| minutes(&night, from, to);
    assert_eq!(gap("2026-03-28T00:00+01", "2026-03-29T00:00+01"), 60);
    assert_eq!(gap("2026-03-29T00:00+01", "2026-03-30T00:00+02"), 30);
    assert_eq!(gap("2026-10-25T00:00+02", "2026-10-26T00:00+01"), 90);
    let fold = [
        "01:30+02", "02:29+02", "02:30+02", "02:59+02", "02:00+01", "02:29+01", "02:30+01",
    ];
    assert_eq!(
        fold.map(|time| night.is_open(at(&format!("2026-10-25T{time}")))),
        [true, true, false, false, true, true, false]
    );
    let skipped = hours("Europe/Berlin", &json!({"weekly": [daily("02:15", "02:45")]}));
    assert_eq!(minutes(&skipped, "2026-03-28T12:00+01", "2026-03-29T12:00+02"), 0);
    assert_eq!(minutes(&skipped, "2026-10-24T12:00+02", "2026-10-25T12:00+01"), 60);
    let day = hours("Europe/Berlin", &json!({"weekly": [daily("00:00", "12:00")]}));
    assert_eq!(minutes(&day, "2026-03-29T00:00+01", "2026-03-30T00:00+02"), 11 * 60);
    assert_eq!(minutes(&day, "2026-10-25T00:00+02", "2026-10-26T00:00+01"), 13 * 60);
}

#[test]
fn a_day_that_a_place_left_out_has_no_hours() {
    // Samoa went from Thursday 29 December 2011 to Saturday the 31st.
    let friday = hours("Pacific/Apia", &json!({"weekly": [weekly(&["fri"], "00:00", "24:00")]}));
    assert_eq!(minutes(&friday, "2011-12-29T00:00-10", "2012-01-06T00:00+14"), 0);
    let daily = hours("Pacific/Apia", &json!({"weekly": [daily("09:00", "17:00")]}));
    assert_eq!(
        minutes(&daily, "2011-12-29T00:00-10", "2012-01-01T00:00+14"),
        2 * 8 * 60
    );
}

#[test]
fn what_comes_too_late_or_never_is_not_waited_for() {
    let minute = hours("UTC", &json!({"weekly": [weekly(&["mon"], "09:00", "09:01")]}));
    let monday = at("2026-11-23T09:00Z");
    assert_eq!(minute.after(monday, 58 * MINUTE), Some(monday + 57 * 7 * DAY + MINUTE));
    assert_eq!(minute.after(monday, 58 * MINUTE + 1), None);
    for hours in [minute, Hours::always()] {
        assert_eq!(hours.after(0, i64::MAX), None);
        assert_eq!(hours.after(i64::MAX, 1), None);
        assert_eq!(hours.after(i64::MIN, 1), None);
        assert!(hours.between(i64::MIN, i64::MAX) > 0);
        assert_eq!(hours.between(i64::MAX, i64::MIN), 0);
    }
}

#[test]
fn what_cannot_be_meant_is_left_out_and_closes_nobody_for_good() {
    let compile = |value: Value| Hours::compile(&serde_json::from_value(value).unwrap(), &zone("UTC"));
    assert_eq!(
        compile(json!({"weekly": [daily("9", "17:00"), weekly(&[], "09:00", "17:00")]})),
        Hours::always()
    );
    assert_eq!(
        compile(json!({"weekly": [daily("9", "17:00"), daily("10:00", "11:00")], "holidays": [{"date": "soon"}]})),
        compile(json!({"weekly": [daily("10:00", "11:00")]}))
    );
}
