//! Promises by example.

use parlance_schemas::labels::{Intent, Urgency};
use parlance_schemas::settings::{HoursSetting, SlaSetting};
use parlance_timeline::hours::Hours;
use parlance_timeline::sla::{Clock, Promise, Series, Sla};
use serde_json::{Value, json};

use crate::{at, zone};

fn sla(setting: Value) -> Sla {
    let setting: SlaSetting = serde_json::from_value(setting).unwrap();
    assert_eq!(setting.problems(), []);
    Sla::compile(&setting)
}

fn office() -> Hours {
    let setting: HoursSetting = serde_json::from_value(json!({"weekly": [
        {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "to": "17:00"}]}))
    .unwrap();
    Hours::compile(&setting, &zone("Europe/Berlin"))
}

const MINUTE: i64 = 60_000;

#[test]
fn the_first_target_that_fits_is_the_promise() {
    let sla = sla(json!({"targets": [
        {"intents": ["complaint"], "urgencies": ["urgent", "critical"], "within": "5m", "clock": "calendar", "by": "human"},
        {"intents": ["complaint"], "within": "1h"},
        {"urgencies": ["critical"], "within": "15m"},
        {"intents": ["lead_inquiry", "none"], "within": "2h"}]}));
    let within = |intent, urgency| sla.promise(intent, urgency).map(|promise| promise.within_ms / MINUTE);
    assert_eq!(
        sla.promise(Intent::Complaint, Urgency::Critical),
        Some(Promise {
            within_ms: 5 * MINUTE,
            clock: Clock::Calendar,
            by: Series::Human
        })
    );
    assert_eq!(
        sla.promise(Intent::Complaint, Urgency::None),
        Some(Promise {
            within_ms: 60 * MINUTE,
            clock: Clock::Business,
            by: Series::Any
        })
    );
    assert_eq!(within(Intent::LeadInquiry, Urgency::Critical), Some(15));
    assert_eq!(within(Intent::LeadInquiry, Urgency::Urgent), Some(120));
    assert_eq!(within(Intent::None, Urgency::None), Some(120));
    assert_eq!(within(Intent::Spam, Urgency::Low), None);
}

#[test]
fn every_turn_has_the_promise_of_the_targets_read_from_the_top() {
    let setting = json!({"targets": [
        {"intents": ["complaint", "spam"], "urgencies": ["low", "none"], "within": "1m"},
        {"urgencies": ["high", "low"], "within": "2m"}, {"intents": ["spam", "other"], "within": "3m"}]});
    let sla = sla(setting.clone());
    for intent in Intent::ALL {
        for urgency in Urgency::ALL {
            let names = |target: &Value, list: &str, label: &str| {
                target[list]
                    .as_array()
                    .is_none_or(|labels| labels.iter().any(|listed| listed == label))
            };
            let targets = setting["targets"].as_array().unwrap();
            let fits = |target: &&Value| {
                names(target, "intents", intent.as_str()) && names(target, "urgencies", urgency.as_str())
            };
            let expected = targets
                .iter()
                .find(fits)
                .map(|target| target["within"].as_str().unwrap().to_owned());
            let found = sla
                .promise(*intent, *urgency)
                .map(|promise| format!("{}m", promise.within_ms / MINUTE));
            assert_eq!(found, expected, "{intent} {urgency}");
        }
    }
}

#[test]
fn nothing_is_promised_and_nothing_told_without_a_setting() {
    for sla in [Sla::default(), sla(json!({}))] {
        assert_eq!(sla.promise(Intent::Complaint, Urgency::Critical), None);
        assert_eq!((sla.closing_notice_ms(), sla.follow_up_after_ms()), (None, None));
    }
    let sla = sla(json!({"closing_notice": "2h", "follow_up_after": "1day"}));
    assert_eq!(
        (sla.closing_notice_ms(), sla.follow_up_after_ms()),
        (Some(120 * MINUTE), Some(1_440 * MINUTE))
    );
}

#[test]
fn what_cannot_be_meant_is_left_out() {
    let setting = json!({"targets": [{"within": "soon"}, {"within": "90days"}, {"within": "4h"}], "closing_notice": "24h",
        "follow_up_after": "?"});
    let sla = Sla::compile(&serde_json::from_value(setting).unwrap());
    let promise = sla.promise(Intent::Other, Urgency::Low).unwrap();
    assert_eq!(promise.within_ms, 240 * MINUTE);
    assert_eq!((sla.closing_notice_ms(), sla.follow_up_after_ms()), (None, None));
}

#[test]
fn shares_of_a_promise_fall_due_on_its_clock() {
    let promise = |clock| Promise {
        within_ms: 60 * MINUTE,
        clock,
        by: Series::Any,
    };
    let friday = at("2026-11-20T16:30+01");
    let due = |clock, share| promise(clock).due(friday, share, &office());
    assert_eq!(due(Clock::Calendar, 50), Some(at("2026-11-20T17:00+01")));
    assert_eq!(due(Clock::Calendar, 100), Some(at("2026-11-20T17:30+01")));
    assert_eq!(due(Clock::Business, 0), Some(friday));
    assert_eq!(
        due(Clock::Business, 50),
        Some(at("2026-11-20T17:00+01")),
        "at closing time"
    );
    assert_eq!(due(Clock::Business, 80), Some(at("2026-11-23T09:18+01")));
    assert_eq!(due(Clock::Business, 100), Some(at("2026-11-23T09:30+01")));
    assert_eq!(
        promise(Clock::Business).due(friday, 100, &Hours::always()),
        due(Clock::Calendar, 100)
    );
}

#[test]
fn a_fraction_of_a_millisecond_counts_as_one_and_nothing_overflows() {
    let promise = |within_ms| Promise {
        within_ms,
        clock: Clock::Calendar,
        by: Series::Any,
    };
    assert_eq!(promise(1_001).due(0, 50, &Hours::always()), Some(501));
    assert_eq!(promise(1_001).due(0, 80, &Hours::always()), Some(801));
    assert_eq!(promise(i64::MAX).due(0, u32::MAX, &Hours::always()), None);
    assert_eq!(promise(1).due(i64::MAX, 100, &Hours::always()), None);
}
