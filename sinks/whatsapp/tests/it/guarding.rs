//! Opt-outs and caps.

use std::time::Duration;

use parlance_schemas::webhook::UserPreference;
use parlance_whatsapp::guard::{Cap, Preferences, Purpose, Refused, may_send};
use parlance_whatsapp::message::Recipient;

fn to() -> Recipient {
    Recipient::Phone("+250788123200".to_owned())
}

fn preference(value: &str, at_s: i64) -> UserPreference {
    let json =
        format!(r#"{{"wa_id":"250788123200","category":"marketing_messages","value":"{value}","timestamp":{at_s}}}"#);
    UserPreference::parse(&json).unwrap()
}

fn may(purpose: Purpose, preferences: &Preferences) -> Result<(), Refused> {
    may_send(purpose, &to(), preferences, &[], &[], 1_000_000)
}

#[test]
fn a_stop_ends_marketing_and_nothing_else_until_it_is_resumed() {
    let mut preferences = Preferences::default();
    may(Purpose::Marketing, &preferences).unwrap();
    preferences.learn(&preference("stop", 10), 0);
    assert_eq!(
        may(Purpose::Marketing, &preferences),
        Err(Refused::MarketingStopped { since_ms: 10_000 })
    );
    for purpose in [Purpose::Reply, Purpose::Utility, Purpose::Authentication] {
        may(purpose, &preferences).unwrap();
    }
    preferences.learn(&preference("resume", 11), 0);
    may(Purpose::Marketing, &preferences).unwrap();
    preferences.refused(12_000);
    assert!(may(Purpose::Marketing, &preferences).is_err());
}

#[test]
fn the_last_word_counts_in_whatever_order_it_comes() {
    let words = [
        ("stop", 10),
        ("resume", 20),
        ("stop", 30),
        ("resume", 30),
        ("nonsense", 99),
    ];
    let mut outcomes = Vec::new();
    for turn in 0..words.len() {
        let mut preferences = Preferences::default();
        for index in 0..words.len() {
            let (value, at) = words[(index + turn) % words.len()];
            preferences.learn(&preference(value, at), 0);
        }
        outcomes.push(preferences);
    }
    assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]));
    assert_eq!(outcomes[0].marketing_stopped_ms(), Some(30_000));
}

#[test]
fn who_has_opted_out_gets_answers_only() {
    let mut preferences = Preferences::default();
    preferences.opt_out(true, 7);
    may(Purpose::Reply, &preferences).unwrap();
    assert_eq!(
        may(Purpose::Utility, &preferences),
        Err(Refused::OptedOut { since_ms: 7 })
    );
    assert_eq!(preferences.marketing_stopped_ms(), Some(7));
    preferences.opt_out(false, 8);
    may(Purpose::Utility, &preferences).unwrap();
}

#[test]
fn marketing_does_not_go_to_the_united_states() {
    let marketing = |to: Recipient| may_send(Purpose::Marketing, &to, &Preferences::default(), &[], &[], 0);
    let phone = |phone: &str| Recipient::Phone(phone.to_owned());
    assert_eq!(marketing(phone("+12125550123")), Err(Refused::NoMarketingThere));
    assert_eq!(
        marketing(Recipient::User("US.134".to_owned())),
        Err(Refused::NoMarketingThere)
    );
    for elsewhere in ["+14165550123", "+18765550123", "+250788123200"] {
        marketing(phone(elsewhere)).unwrap();
    }
    marketing(Recipient::User("RW.134".to_owned())).unwrap();
}

#[test]
fn a_cap_counts_what_the_business_began_inside_its_span() {
    let day = Duration::from_secs(86_400);
    let caps = [
        Cap {
            purpose: Some(Purpose::Marketing),
            count: 1,
            span: day,
        },
        Cap {
            purpose: None,
            count: 3,
            span: day * 7,
        },
    ];
    let may = |purpose, sent: &[(Purpose, i64)], now_ms| {
        may_send(purpose, &to(), &Preferences::default(), sent, &caps, now_ms)
    };
    let day_ms = 86_400_000;
    let sent = [
        (Purpose::Marketing, 1_000),
        (Purpose::Reply, 1_500),
        (Purpose::Utility, 2_000),
    ];
    may(Purpose::Utility, &sent, 5_000).unwrap();
    let capped = may(Purpose::Marketing, &sent, 5_000).unwrap_err();
    assert_eq!(
        capped,
        Refused::Capped {
            cap: caps[0],
            until_ms: 1_000 + day_ms
        }
    );
    may(Purpose::Marketing, &sent, 1_000 + day_ms).unwrap();
    let more = [&sent[..], &[(Purpose::Utility, 3_000)]].concat();
    let capped = may(Purpose::Utility, &more, 5_000).unwrap_err();
    assert_eq!(
        capped,
        Refused::Capped {
            cap: caps[1],
            until_ms: 1_000 + 7 * day_ms
        }
    );
    may(Purpose::Reply, &more, 5_000).unwrap();
    let never = [Cap {
        purpose: None,
        count: 0,
        span: day,
    }];
    let refused = may_send(Purpose::Utility, &to(), &Preferences::default(), &[], &never, 0);
    assert!(matches!(refused, Err(Refused::Capped { until_ms: i64::MAX, .. })));
}
