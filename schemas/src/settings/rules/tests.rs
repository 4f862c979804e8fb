//! Rules: what is refused and where, and which version they have.

use serde_json::{Value, json};

use super::*;
use crate::settings::{Kind, check};

/// A sound rule with some fields replaced, or taken out by `null`.
fn with(fields: &Value) -> Value {
    let mut rule = json!({"id": "a", "on": "message", "when": {"intent": {"in": ["complaint"]}},
        "then": [{"assign": {"team": "sales"}}]});
    for (field, value) in fields.as_object().unwrap() {
        match value {
            Value::Null => rule.as_object_mut().unwrap().remove(field),
            value => rule.as_object_mut().unwrap().insert(field.clone(), value.clone()),
        };
    }
    rule
}

fn said(rules: &[Value]) -> Vec<String> {
    let json = json!({ "rules": rules }).to_string();
    match check(Kind::Rules, json.as_bytes()) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

fn rule(value: &Value) -> Rule {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn the_template_is_sound_and_all_of_it_acts() {
    let setting: RulesSetting = serde_json::from_str(TEMPLATE).unwrap();
    assert_eq!(setting.problems(), []);
    assert!(setting.rules.iter().all(|rule| rule.mode == Mode::Live));
    let intents = |rule: &Rule| match &rule.when {
        Some(Condition::Intent(label)) => label.r#in.clone().unwrap(),
        other => panic!("{other:?}"),
    };
    let served: Vec<String> = setting
        .rules
        .iter()
        .flat_map(intents)
        .map(|intent| intent.to_string())
        .collect();
    let calling = [
        "lead_inquiry",
        "support_ticket",
        "complaint",
        "order_inquiry",
        "payment_inquiry",
        "appointment_request",
    ];
    assert_eq!(served, calling);
    let done = |id: &str| -> Vec<&str> {
        let rule = setting.rules.iter().find(|rule| rule.id == id).unwrap();
        rule.then.iter().map(Action::name).collect()
    };
    assert_eq!(done("lead"), ["crm_lead", "assign", "reply"]);
    assert_eq!(done("support"), ["ticket", "reply", "assign"]);
    assert_eq!(done("complaint"), ["complaint", "escalate", "reply"]);
    assert_eq!(done("payment"), ["payment_lookup", "reply"]);
}

#[test]
fn the_edges_of_what_is_taken_are_taken() {
    let many = vec![json!({"first_contact": true}); 49];
    let names: Vec<String> = (0..50).map(|n| format!("p{n}")).collect();
    let deep = json!({"not": {"not": {"not": {"not": {"not": {"assigned": true}}}}}});
    let share = json!({"share": {"of": {"sentiment": {"in": ["angry"]}}, "at_least": 1, "within": "24h", "until_below": 0.9999}});
    let rules = [
        with(&json!({"when": null, "mode": "live", "direction": "any", "priority": -5, "max_age": "72h"})),
        with(&json!({"id": "x".repeat(64), "name": "ö".repeat(200), "when": {"all": many}, "max_age": "1s"})),
        with(&json!({"id": "n", "when": deep, "then": vec![json!({"escalate": {}}); 10]})),
        with(&json!({"id": "p", "when": {"pattern": {"in": names}}})),
        with(
            &json!({"id": "u", "when": {"urgency": {"at_least": "low", "confidence_at_least": 0, "confidence_below": 1}}}),
        ),
        with(&json!({"id": "t", "on": "timer", "when": {"timer": {"in": ["breached"]}}, "hours": "open"})),
        with(
            &json!({"id": "d", "on": "delivery", "when": {"any": [{"failure_code": {"in": [131_047, 0]}},
            {"failure": {"in": ["opted_out"]}}]}}),
        ),
        with(&json!({"id": "s", "on": "window", "when": share, "direction": "outbound"})),
        with(
            &json!({"id": "c", "on": "window", "when": {"count": {"of": {"entity": {"in": ["money"]}},
            "at_least": 2, "within": "30s", "until_below": 1}}}),
        ),
    ];
    assert_eq!(said(&rules), [""; 0]);
    let hundred: Vec<Value> = (0..100).map(|n| with(&json!({"id": n.to_string()}))).collect();
    assert_eq!(said(&hundred), [""; 0]);
}

#[test]
fn every_problem_names_its_place() {
    let share = |fields: &Value| {
        let mut share =
            json!({"of": {"sentiment": {"in": ["angry"]}}, "at_least": 0.2, "within": "5m", "until_below": 0.15});
        share
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        json!({"on": "window", "when": {"share": share}})
    };
    let when = |condition: Value| json!({ "when": condition });
    let deep = json!({"not": {"any": [{"assigned": true}, {"not": {"all": [{"not": {"not": {"assigned": true}}}]}}]}});
    let refused = [
        (json!({"id": "A"}), ".id"),
        (json!({"name": ""}), ".name"),
        (json!({"max_age": "73h"}), ".max_age"),
        (json!({"max_age": "0s"}), ".max_age"),
        (json!({"then": []}), ".then"),
        (json!({"then": [{"assign": {}}]}), ".then[0].assign"),
        (
            json!({"then": [{"crm_lead": {}}, {"assign": {"agent": "a b"}}]}),
            ".then[1].assign.agent",
        ),
        (
            json!({"then": [{"alert": {"destination": ""}}]}),
            ".then[0].alert.destination",
        ),
        (json!({"then": [{"reply": {"text": "Hello!"}}]}), ".then[0].reply.text"),
        (
            json!({"then": [{"payment_lookup": {"otherwise_team": ""}}]}),
            ".then[0].payment_lookup.otherwise_team",
        ),
        (json!({"on": "timer", "direction": "any"}), ".direction"),
        (json!({"on": "window"}), ".when"),
        (json!({"on": "window", "when": null}), ".when"),
        (when(json!({"all": []})), ".when.all"),
        (when(json!({"intent": {}})), ".when.intent"),
        (when(json!({"intent": {"in": []}})), ".when.intent.in"),
        (
            when(json!({"intent": {"in": ["spam", "other", "spam"]}})),
            ".when.intent.in[2]",
        ),
        (
            when(json!({"intent": {"confidence_at_least": 1.01}})),
            ".when.intent.confidence_at_least",
        ),
        (
            when(json!({"intent": {"confidence_at_least": 0.511, "confidence_below": 0.52}})),
            ".when.intent.confidence_below",
        ),
        (
            when(json!({"urgency": {"in": ["high"], "at_least": "high"}})),
            ".when.urgency",
        ),
        (when(json!({"urgency": {"at_least": "none"}})), ".when.urgency.at_least"),
        (when(json!({"pattern": {"in": ["seal", "A"]}})), ".when.pattern.in[1]"),
        (
            when(json!({"custom_intent": {"in": ["complaint"]}})),
            ".when.custom_intent.in[0]",
        ),
        (when(json!({"team": {"in": [""]}})), ".when.team.in[0]"),
        (when(json!({"waiting_messages": {}})), ".when.waiting_messages"),
        (
            when(json!({"waiting_messages": {"at_least": 3, "at_most": 2}})),
            ".when.waiting_messages.at_most",
        ),
        (when(deep), ".when.not.any[1].not.all[0].not.not"),
        (when(json!({"all": vec![json!({"assigned": true}); 50]})), ".when"),
        (
            when(json!({"all": [{"not": {"timer": {"in": ["breached"]}}}]})),
            ".when.all[0].not.timer",
        ),
        (when(json!({"failure": {"in": ["policy"]}})), ".when.failure"),
        (json!({"on": "delivery"}), ".when.intent"),
        (json!({"per": "turn", "direction": "outbound"}), ".per"),
        (json!({"on": "delivery", "when": null, "per": "conversation"}), ".per"),
        (
            json!({"on": "timer", "when": {"message_type": {"in": ["text"]}}}),
            ".when.message_type",
        ),
        (
            when(json!({"share": {"of": {"assigned": true}, "at_least": 0.2, "within": "5m", "until_below": 0.1}})),
            ".when.share",
        ),
        (share(&json!({"at_least": 1.1})), ".when.share.at_least"),
        (share(&json!({"until_below": 0.2})), ".when.share.until_below"),
        (share(&json!({"until_below": 0})), ".when.share.until_below"),
        (share(&json!({"until_below": 0.199_99})), ".when.share.until_below"),
        (share(&json!({"within": "29s"})), ".when.share.within"),
        (share(&json!({"within": "25h"})), ".when.share.within"),
        (share(&json!({"among_at_least": 0})), ".when.share.among_at_least"),
        (
            share(&json!({"of": {"timer": {"in": ["breached"]}}})),
            ".when.share.of.timer",
        ),
        (
            json!({"on": "window", "when": {"count": {"of": {"assigned": true}, "at_least": 2, "within": "5m", "until_below": 2}}}),
            ".when.count.until_below",
        ),
    ];
    for (fields, place) in refused {
        let found = said(&[with(&json!({"id": "first"})), with(&fields)]);
        let at = format!("rules[1]{place}: ");
        assert!(
            found.len() == 1 && found[0].starts_with(&at),
            "{fields}: {found:?}, not {at}"
        );
    }
    assert_eq!(
        said(&[with(&json!({})), with(&json!({}))]),
        ["rules[1].id: `a` is the id of rules[0] already"]
    );
    assert_eq!(
        said(&vec![with(&json!({"id": ""})); 101]),
        ["rules: are 101, and at most 100 are kept"]
    );
}

#[test]
fn what_cannot_be_read_names_its_place_too() {
    let read = [
        (json!({"mode": "on"}), "rules[0].mode: unknown variant `on`"),
        (json!({"wehn": 1}), "rules[0].wehn: unknown field `wehn`"),
        (
            json!({"max_age": "10 minutes"}),
            "rules[0].max_age: `10 minutes` is no length of time",
        ),
        (
            json!({"when": {"all": [{"intent": {"in": ["angry"]}}]}}),
            "rules[0].when.all[0].intent.in[0]: unknown intent `angry`",
        ),
        (
            json!({"when": {"all": [{"mood": {}}]}}),
            "rules[0].when.all[0].mood: unknown variant `mood`",
        ),
        (
            json!({"when": {"not": {"intent": {"in": ["spam"]}, "assigned": true}}}),
            "rules[0].when.not: has more than one key: conditions that must all hold go into",
        ),
        (
            json!({"when": {}}),
            "rules[0].when: is empty, and is to be a condition: an object with one key",
        ),
        (
            json!({"when": "intent"}),
            "rules[0].when: invalid type: string \"intent\", expected a condition",
        ),
        (
            json!({"then": [{"assign": {"team": "a"}, "reply": {"text": "b"}}]}),
            "rules[0].then[0]: has more than one key: each action",
        ),
        (
            json!({"then": ["crm_lead"]}),
            "rules[0].then[0]: invalid type: string \"crm_lead\", expected an action",
        ),
        (
            json!({"then": [{"crm_lead": {"destination": 1}}]}),
            "rules[0].then[0].crm_lead.destination: invalid type",
        ),
        (
            json!({"then": [{"reply": {}}]}),
            "rules[0].then[0].reply: missing field `text`",
        ),
        (
            json!({"when": {"waiting_messages": {"at_least": 256}}}),
            "rules[0].when.waiting_messages.at_least: invalid value",
        ),
    ];
    for (fields, expected) in read {
        let found = said(&[with(&fields)]);
        assert!(
            found.len() == 1 && found[0].starts_with(expected),
            "{found:?}, not {expected}"
        );
    }
    let null = r#"{"rules":[{"id":"a","on":"message","when":null,"then":[{"crm_lead":{}}]}]}"#;
    assert!(check(Kind::Rules, null.as_bytes()).is_err());
    let deep = format!(
        "{{\"rules\":[{{\"id\":\"a\",\"on\":\"message\",\"when\":{}",
        r#"{"not":"#.repeat(100_000)
    );
    assert!(check(Kind::Rules, deep.as_bytes()).is_err());
}

#[test]
fn a_version_is_what_the_rule_does_and_not_how_it_is_called_or_written() {
    let plain = rule(&with(&json!({})));
    let version = plain.version();
    assert!(version.len() == 16 && version.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
    let same = [
        json!({"id": "b"}),
        json!({"name": "for people"}),
        json!({"mode": "live"}),
        json!({"per": "message"}),
        json!({"mode": "off", "priority": 0, "stop": false, "hours": "any", "direction": "inbound", "max_age": "600s"}),
    ];
    for fields in same {
        assert_eq!(rule(&with(&fields)).version(), version, "{fields}");
    }
    let other_order =
        r#"{"then":[{"assign":{"team":"sales"}}],"when":{"intent":{"in":["complaint"]}},"on":"message","id":"a"}"#;
    let other_order: Rule = serde_json::from_str(other_order).unwrap();
    assert_eq!(other_order.version(), version);

    let mut seen = vec![version];
    for fields in [
        json!({"priority": 1}),
        json!({"per": "turn"}),
        json!({"per": "conversation"}),
        json!({"stop": true}),
        json!({"hours": "open"}),
        json!({"hours": "closed"}),
        json!({"direction": "any"}),
        json!({"max_age": "11m"}),
        json!({"when": null}),
        json!({"when": {"intent": {"in": ["spam"]}}}),
        json!({"when": {"intent": {"in": ["complaint", "spam"]}}}),
        json!({"when": {"intent": {"in": ["complaint"], "confidence_at_least": 0.5}}}),
        json!({"when": {"not": {"intent": {"in": ["complaint"]}}}}),
        json!({"when": {"all": [{"intent": {"in": ["complaint"]}}]}}),
        json!({"on": "timer"}),
        json!({"then": [{"assign": {"team": "support"}}]}),
        json!({"then": [{"assign": {"team": "sales", "agent": "ana"}}]}),
        json!({"then": [{"assign": {"team": "sales"}}, {"crm_lead": {}}]}),
    ] {
        let version = rule(&with(&fields)).version();
        assert!(!seen.contains(&version), "{fields}");
        seen.push(version);
    }
}

#[test]
fn versions_do_not_change_between_releases() {
    let setting: RulesSetting = serde_json::from_str(TEMPLATE).unwrap();
    // As they were before there was a `per`, which left out says nothing.
    let for_each_message = setting.rules.iter().cloned().map(|rule| Rule {
        per: Per::Message,
        ..rule
    });
    let versions: Vec<String> = for_each_message.map(|rule| rule.version()).collect();
    let pinned = [
        "cedfd4c0a4f5d2d2",
        "8fb13eafe6259240",
        "944caecd6ece1318",
        "cc1765537fda6973",
        "494610a67af111bf",
        "d311f922cc607ee9",
    ];
    assert_eq!(versions, pinned);
    let versions: Vec<String> = setting.rules.iter().map(Rule::version).collect();
    let pinned = [
        "078f22843fc3a602",
        "8e0965c4c46630db",
        "3538c4bcfeae3475",
        "3368b73ce907d0da",
        "f9d54f281450fc1b",
        "401678b987eba0f1",
    ];
    assert_eq!(versions, pinned);
}

#[test]
fn what_was_read_is_written_as_it_was() {
    let mut rules: Value = serde_json::from_str(TEMPLATE).unwrap();
    let setting: RulesSetting = serde_json::from_value(rules.clone()).unwrap();
    let written = serde_json::to_value(&setting).unwrap();
    assert_eq!(
        serde_json::from_value::<RulesSetting>(written.clone()).unwrap(),
        setting
    );
    // Beside what was left out.
    for rule in rules["rules"].as_array_mut().unwrap() {
        let rule = rule.as_object_mut().unwrap();
        for (field, value) in [
            ("priority", json!(0)),
            ("stop", json!(false)),
            ("direction", json!("inbound")),
            ("hours", json!("any")),
            ("max_age", json!("10m")),
            ("per", json!("message")),
        ] {
            rule.entry(field).or_insert(value);
        }
    }
    assert_eq!(written, rules);
}

#[test]
fn a_tickets_priority_follows_the_urgency_unless_it_is_fixed() {
    use crate::labels::Urgency;
    let followed = Urgency::ALL.iter().map(|urgency| Priority::FromUrgency.of(*urgency));
    let expected = [
        Priority::Low,
        Priority::Normal,
        Priority::High,
        Priority::Urgent,
        Priority::Urgent,
        Priority::Normal,
    ];
    assert!(followed.eq(expected));
    assert_eq!(Priority::High.of(Urgency::Low), Priority::High);
}
