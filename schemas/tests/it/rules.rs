//! The JSON Schema of rules says the same as the code that reads and checks them.

use jsonschema::Validator;
use parlance_schemas::failures::Cause;
use parlance_schemas::labels::{Intent, Language, MessageType, Sentiment, Urgency};
use parlance_schemas::settings::rules::{EntityKind, SCHEMA, TEMPLATE, TimerEvent};
use parlance_schemas::settings::{Kind, check};
use serde_json::{Value, json};

fn schema() -> Value {
    serde_json::from_str(SCHEMA).expect("the schema is JSON")
}

/// Of one document: what the schema says, and what the code says.
fn verdicts(validator: &Validator, rules: &Value) -> (Vec<String>, Vec<String>) {
    let by_schema = validator
        .iter_errors(rules)
        .map(|error| format!("{}: {error}", error.instance_path()));
    let by_code = check(Kind::Rules, rules.to_string().as_bytes())
        .err()
        .unwrap_or_default();
    (by_schema.collect(), by_code.iter().map(ToString::to_string).collect())
}

fn rule(on: &str, when: &Value) -> Value {
    json!({"rules": [{"id": "a", "on": on, "when": when, "then": [{"crm_lead": {}}]}]})
}

fn with(field: &str, value: &Value) -> Value {
    let mut rules = rule("message", &json!({"assigned": true}));
    rules["rules"][0][field] = value.clone();
    rules
}

/// A rule that reacts to all of a kind, with some fields more.
fn all_of(on: &str, fields: &Value) -> Value {
    let mut rule = json!({"id": "a", "on": on, "then": [{"crm_lead": {}}]});
    for (field, value) in fields.as_object().expect("fields are an object") {
        rule[field] = value.clone();
    }
    json!({ "rules": [rule] })
}

fn doing(action: &Value) -> Value {
    with("then", &json!([action]))
}

fn share(fields: &Value) -> Value {
    let mut share = json!({"of": {"assigned": true}, "at_least": 0.2, "within": "5m", "until_below": 0.1});
    for (field, value) in fields.as_object().expect("fields are an object") {
        share[field] = value.clone();
    }
    rule("window", &json!({ "share": share }))
}

/// One value of each condition, and what it may be asked of.
fn conditions() -> Vec<(Value, &'static [&'static str])> {
    const OF_LABELS: &[&str] = &["message", "timer"];
    const OF_OWNERS: &[&str] = &["message", "timer", "delivery"];
    vec![
        (
            json!({"intent": {"in": ["complaint", "none"], "confidence_at_least": 0.6}}),
            OF_LABELS,
        ),
        (json!({"sentiment": {"confidence_below": 1}}), OF_LABELS),
        (json!({"urgency": {"at_least": "high"}}), OF_LABELS),
        (json!({"urgency": {"in": ["high"], "confidence_below": 0.5}}), OF_LABELS),
        (json!({"language": {"in": ["en", "other"]}}), OF_LABELS),
        (json!({"pattern": {"in": ["seal", "a-b_0"]}}), &["message"]),
        (json!({"custom_intent": {"in": ["warranty"]}}), &["message"]),
        (json!({"entity": {"in": ["money", "order"]}}), &["message"]),
        (
            json!({"message_type": {"in": ["text", "unknown"]}}),
            &["message", "delivery"],
        ),
        (json!({"first_contact": true}), OF_LABELS),
        (
            json!({"consecutive_negative": {"at_least": 2, "at_most": 255}}),
            OF_LABELS,
        ),
        (json!({"sentiment_trend_milli": {"at_most": -400}}), OF_LABELS),
        (json!({"waiting_messages": {"at_least": 0}}), OF_LABELS),
        (json!({"assigned": false}), OF_OWNERS),
        (json!({"team": {"in": ["sales"]}}), OF_OWNERS),
        (json!({"agent": {"in": ["ana@example.com"]}}), OF_OWNERS),
        (json!({"timer": {"in": ["at_risk_80", "breached"]}}), &["timer"]),
        (json!({"failure": {"in": ["window_closed"]}}), &["delivery"]),
        (json!({"failure_code": {"in": [0, 131_047]}}), &["delivery"]),
    ]
}

#[test]
fn a_condition_suits_the_same_rules_by_schema_and_by_code() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for (condition, suits) in conditions() {
        for on in ["message", "timer", "delivery"] {
            for when in [condition.clone(), json!({"all": [{"any": [{"not": condition}]}]})] {
                let (by_schema, by_code) = verdicts(&validator, &rule(on, &when));
                let sound = suits.contains(&on);
                assert_eq!(by_schema.is_empty(), sound, "{on} {when}: {by_schema:?}");
                assert_eq!(by_code.is_empty(), sound, "{on} {when}: {by_code:?}");
            }
        }
        let (by_schema, by_code) = verdicts(&validator, &share(&json!({ "of": condition })));
        let sound = suits.contains(&"message");
        assert_eq!(
            (by_schema.is_empty(), by_code.is_empty()),
            (sound, sound),
            "{condition}"
        );
        let (by_schema, by_code) = verdicts(&validator, &rule("window", &condition));
        assert!(!by_schema.is_empty() && !by_code.is_empty(), "{condition}");
    }
}

#[test]
fn good_rules_are_good_by_schema_and_by_code() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let mut good: Vec<Value> = vec![
        serde_json::from_str(TEMPLATE).unwrap(),
        json!({"rules": []}),
        json!({"rules": [{"id": "all", "on": "message", "then": [{"webhook": {"destination": "archive"}}]}]}),
        share(&json!({"among_at_least": 1, "at_least": 1})),
        rule(
            "window",
            &json!({"count": {"of": {"first_contact": true}, "at_least": 2, "within": "24h", "until_below": 1}}),
        ),
        with("name", &json!("Für Leute")),
        with("mode", &json!("dry_run")),
        with("priority", &json!(-2_147_483_648)),
        with("stop", &json!(true)),
        with("direction", &json!("any")),
        with("hours", &json!("closed")),
        with("max_age", &json!("90s")),
        with("per", &json!("message")),
        with("per", &json!("turn")),
        with("per", &json!("conversation")),
        all_of("timer", &json!({"per": "turn"})),
        all_of("timer", &json!({"per": "conversation"})),
        all_of("delivery", &json!({"per": "message"})),
        all_of("message", &json!({"per": "conversation", "direction": "any"})),
    ];
    for action in [
        json!({"crm_lead": {"destination": "crm"}}),
        json!({"ticket": {}}),
        json!({"ticket": {"priority": "urgent", "destination": "desk"}}),
        json!({"complaint": {"priority": "from_urgency"}}),
        json!({"escalate": {"team": "managers"}}),
        json!({"assign": {"agent": "ana@example.com"}}),
        json!({"assign": {"team": "sales", "agent": "ana"}}),
        json!({"reply": {"text": "our_own-text"}}),
        json!({"order_lookup": {"otherwise_team": "orders"}}),
        json!({"payment_lookup": {}}),
        json!({"appointment_request": {}}),
        json!({"alert": {"destination": "ops"}}),
    ] {
        good.push(doing(&action));
    }
    for rules in good {
        let (by_schema, by_code) = verdicts(&validator, &rules);
        assert!(
            by_schema.is_empty() && by_code.is_empty(),
            "{rules}: {by_schema:?} {by_code:?}"
        );
    }
}

#[test]
fn bad_rules_are_bad_by_schema_and_by_code() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let mut bad = vec![
        json!({}),
        json!([]),
        json!({"rules": null}),
        json!({"rules": [], "more": 1}),
        json!({"rules": [{"id": "a", "on": "message"}]}),
        json!({"rules": [{"id": "a", "on": "window", "then": [{"crm_lead": {}}]}]}),
        share(&json!({"at_least": 0})),
        share(&json!({"at_least": 1.1})),
        share(&json!({"until_below": 0})),
        share(&json!({"among_at_least": 0})),
        share(&json!({"within": "5 min"})),
        share(&json!({"of": {"share": {}}})),
        share(&json!({"more": 1})),
        rule(
            "window",
            &json!({"count": {"of": {"assigned": true}, "at_least": 1, "within": "5m", "until_below": 0}}),
        ),
        rule("window", &json!({"all": [{"assigned": true}]})),
        with("id", &json!("A")),
        with("id", &json!("")),
        with("name", &json!("")),
        with("name", &json!("x".repeat(201))),
        with("name", &Value::Null),
        with("mode", &json!("on")),
        with("priority", &json!(0.5)),
        with("priority", &json!(2_147_483_648_u32)),
        with("stop", &json!("no")),
        with("on", &json!("call")),
        with("hours", &json!("night")),
        with("max_age", &json!("1.5h")),
        with("max_age", &json!(600)),
        with("then", &json!([])),
        with("then", &json!(vec![json!({"escalate": {}}); 11])),
        with("when", &Value::Null),
        with("per", &json!("customer")),
        with("per", &Value::Null),
        all_of("delivery", &json!({"per": "conversation"})),
        all_of("delivery", &json!({"per": "turn"})),
        all_of("message", &json!({"per": "turn", "direction": "any"})),
        all_of("message", &json!({"per": "turn", "direction": "outbound"})),
        json!({"rules": vec![json!({"id": "a", "on": "message", "then": [{"crm_lead": {}}]}); 101]}),
    ];
    let mut storm = share(&json!({}));
    storm["rules"][0]["per"] = json!("conversation");
    bad.push(storm);
    let mut outbound = rule("timer", &json!({"assigned": true}));
    outbound["rules"][0]["direction"] = json!("outbound");
    bad.push(outbound);
    for condition in [
        json!({}),
        json!("assigned"),
        json!({"mood": {"in": ["sad"]}}),
        json!({"assigned": true, "first_contact": true}),
        json!({"assigned": "yes"}),
        json!({"all": []}),
        json!({"any": [{}]}),
        json!({"not": [{"assigned": true}]}),
        json!({"intent": {}}),
        json!({"intent": {"in": []}}),
        json!({"intent": {"in": null}}),
        json!({"intent": {"in": "complaint"}}),
        json!({"intent": {"in": ["anger"]}}),
        json!({"intent": {"in": ["spam", "spam"]}}),
        json!({"intent": {"in": ["spam"], "at_least": "spam"}}),
        json!({"intent": {"confidence_at_least": 60}}),
        json!({"urgency": {"at_least": "none"}}),
        json!({"urgency": {"in": ["high"], "at_least": "high"}}),
        json!({"pattern": {"in": ["Seal"]}}),
        json!({"pattern": {"in": (0..51).map(|n| n.to_string()).collect::<Vec<_>>()}}),
        json!({"custom_intent": {"in": ["complaint"]}}),
        json!({"custom_intent": {"in": ["a-b"]}}),
        json!({"entity": {"in": ["colour"]}}),
        json!({"consecutive_negative": {}}),
        json!({"consecutive_negative": {"at_least": 256}}),
        json!({"waiting_messages": {"at_least": -1}}),
        json!({"sentiment_trend_milli": {"at_most": -0.4}}),
        json!({"team": {"in": ["two words"]}}),
    ] {
        bad.push(rule("message", &condition));
    }
    bad.push(rule("delivery", &json!({"failure_code": {"in": [-1]}})));
    for action in [
        json!({}),
        json!("crm_lead"),
        json!({"call": {}}),
        json!({"crm_lead": {}, "escalate": {}}),
        json!({"crm_lead": {"destination": null}}),
        json!({"crm_lead": {"more": 1}}),
        json!({"ticket": {"priority": "soon"}}),
        json!({"assign": {}}),
        json!({"assign": {"team": ""}}),
        json!({"reply": {}}),
        json!({"reply": {"text": "Hello you!"}}),
        json!({"alert": {}}),
        json!({"webhook": {"destination": "https://example.com"}}),
        json!({"escalate": {"team": "a b"}}),
        json!({"order_lookup": {"otherwise_team": ""}}),
    ] {
        bad.push(doing(&action));
    }
    for rules in bad {
        let (by_schema, by_code) = verdicts(&validator, &rules);
        assert!(!by_schema.is_empty(), "{rules}: {by_code:?}");
        assert!(!by_code.is_empty(), "{rules}: {by_schema:?}");
    }
}

#[test]
fn what_only_the_code_knows_is_little() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let deep = (0..7).fold(json!({"assigned": true}), |inner, _| json!({ "not": inner }));
    let twice = json!({"id": "a", "on": "message", "then": [{"crm_lead": {}}]});
    for rules in [
        json!({"rules": [twice, twice]}),
        rule("message", &deep),
        rule("message", &json!({"all": vec![json!({"assigned": true}); 50]})),
        rule("message", &json!({"waiting_messages": {"at_least": 2, "at_most": 1}})),
        rule(
            "message",
            &json!({"intent": {"confidence_at_least": 0.6, "confidence_below": 0.6}}),
        ),
        share(&json!({"until_below": 0.2})),
        share(&json!({"within": "29s"})),
        with("max_age", &json!("4d")),
    ] {
        let (by_schema, by_code) = verdicts(&validator, &rules);
        assert!(
            by_schema.is_empty() && by_code.len() == 1,
            "{rules}: {by_schema:?} {by_code:?}"
        );
    }
}

#[test]
fn the_vocabularies_of_the_schema_are_those_of_the_code() {
    let schema = schema();
    let of_schema = |at: &str| -> Vec<String> {
        let place = format!("/$defs/{at}");
        let words = schema.pointer(&place).and_then(Value::as_array);
        let words = words.unwrap_or_else(|| panic!("there is no {place}"));
        words.iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    };
    fn all<T: ToString>(labels: &[T]) -> Vec<String> {
        labels.iter().map(ToString::to_string).collect()
    }
    let list = |name: &str| of_schema(&format!("{name}/properties/in/items/enum"));
    assert_eq!(list("intent"), all(Intent::ALL));
    assert_eq!(list("sentiment"), all(Sentiment::ALL));
    assert_eq!(list("urgency"), all(Urgency::ALL));
    assert_eq!(list("language"), all(Language::ALL));
    assert_eq!(list("entity"), all(EntityKind::ALL));
    assert_eq!(list("message_type"), all(MessageType::ALL));
    assert_eq!(list("timer"), all(TimerEvent::ALL));
    assert_eq!(list("failure"), all(Cause::ALL));
    let (_none, degrees) = Urgency::ALL.split_last().unwrap();
    assert_eq!(of_schema("urgency/properties/at_least/enum"), all(degrees));
    assert_eq!(
        of_schema("custom_intent/properties/in/items/not/enum"),
        all(Intent::ALL)
    );
}
