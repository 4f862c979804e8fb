//! A rule reacts to what its JSON says: against an interpreter that reads the JSON itself, word by word.

use parlance_rules::{Event, Rules, Subject};
use parlance_schemas::failures::failure;
use parlance_schemas::labels::{Direction, Urgency};
use parlance_schemas::settings::RulesSetting;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::arbitrary::{Known, ONS, rule, subject};

fn in_list(condition: &Value, is: impl serde::Serialize) -> bool {
    let is = json!(is);
    condition["in"].as_array().is_none_or(|list| list.contains(&is))
}

fn in_range(condition: &Value, is: i64) -> bool {
    condition["at_least"].as_i64().is_none_or(|least| is >= least)
        && condition["at_most"].as_i64().is_none_or(|most| is <= most)
}

fn sure(condition: &Value, percent: u8) -> bool {
    // A percent reaches a threshold when it is that or more, and no threshold of these tests is nearer to one than this.
    let is = f64::from(percent) / 100.0 + 1e-9;
    condition["confidence_at_least"]
        .as_f64()
        .is_none_or(|least| is >= least)
        && condition["confidence_below"].as_f64().is_none_or(|below| is < below)
}

fn holds(condition: &Value, known: &Known) -> bool {
    let subject = &known.subject;
    let labels = &subject.labels;
    let (name, asked) = condition.as_object().unwrap().iter().next().unwrap();
    match name.as_str() {
        "all" => asked.as_array().unwrap().iter().all(|inner| holds(inner, known)),
        "any" => asked.as_array().unwrap().iter().any(|inner| holds(inner, known)),
        "not" => !holds(asked, known),
        "intent" => in_list(asked, labels.intent.0) && sure(asked, labels.intent.1),
        "sentiment" => in_list(asked, labels.sentiment.0) && sure(asked, labels.sentiment.1),
        "language" => in_list(asked, labels.language.0) && sure(asked, labels.language.1),
        "urgency" => {
            let order = ["low", "medium", "high", "urgent", "critical"];
            let place = |name: &str| order.iter().position(|known| *known == name);
            let high_enough = asked["at_least"].as_str().is_none_or(|least| {
                labels.urgency.0 != Urgency::None && place(labels.urgency.0.as_str()) >= place(least)
            });
            in_list(asked, labels.urgency.0) && high_enough && sure(asked, labels.urgency.1)
        }
        "pattern" => known.patterns.iter().any(|id| in_list(asked, id)),
        "custom_intent" => known.custom_intents.iter().any(|intent| in_list(asked, intent)),
        "entity" => known.entities.iter().any(|kind| in_list(asked, kind)),
        "message_type" => in_list(asked, subject.message_type),
        "first_contact" => asked == known.first_contact,
        "consecutive_negative" => in_range(asked, subject.consecutive_negative.into()),
        "sentiment_trend_milli" => in_range(asked, subject.sentiment_trend_milli.into()),
        "waiting_messages" => in_range(asked, subject.waiting_messages.into()),
        "assigned" => asked == (known.team.is_some() || known.agent.is_some()),
        "team" => known.team.is_some_and(|team| in_list(asked, team)),
        "agent" => known.agent.is_some_and(|agent| in_list(asked, agent)),
        "timer" => matches!(subject.event, Event::Timer(timer) if in_list(asked, timer)),
        "failure" => known.code.is_some_and(|code| in_list(asked, failure(code).cause)),
        "failure_code" => known.code.is_some_and(|code| in_list(asked, code)),
        other => panic!("{other}"),
    }
}

fn reacts(rule: &Value, known: &Known) -> bool {
    let event = match known.subject.event {
        Event::Message => "message",
        Event::Timer(_) => "timer",
        Event::Delivery => "delivery",
    };
    let hours = match rule["hours"].as_str().unwrap() {
        "open" => known.open,
        "closed" => !known.open,
        _ => true,
    };
    let direction = match rule.get("direction").and_then(Value::as_str) {
        Some("inbound") => known.direction == Direction::Inbound,
        Some("outbound") => known.direction == Direction::Outbound,
        _ => true,
    };
    rule["on"] == event && hours && direction && rule.get("when").is_none_or(|when| holds(when, known))
}

fn compile(rules: &[Value]) -> Rules {
    let setting: RulesSetting = serde_json::from_value(json!({ "rules": rules })).unwrap();
    Rules::compile(&setting).unwrap_or_else(|problems| panic!("{problems:?} in {}", json!(rules)))
}

#[test]
fn every_rule_reacts_to_what_its_json_says() {
    let mut chance = ChaCha8Rng::seed_from_u64(7);
    let (mut asked, mut reacted) = (0_u32, 0_u32);
    for number in 0..1_500 {
        let on = ONS[number % ONS.len()];
        let json = rule(&mut chance, "a", on);
        let rules = compile(std::slice::from_ref(&json));
        let compiled = &rules.all()[0];
        for _ in 0..20 {
            let known = subject(&mut chance, ONS[asked as usize % 7 % ONS.len()]);
            let expected = reacts(&json, &known);
            assert_eq!(
                compiled.matches(&known.subject),
                expected,
                "{json:#} {:#?}",
                known.subject
            );
            asked += 1;
            reacted += u32::from(expected);
        }
    }
    // It shows nothing when hardly anything matches or hardly anything does not.
    assert!(reacted > asked / 20 && reacted < asked / 2, "{reacted} of {asked}");
}

/// The condition at a place, and whether it stands within an odd number of `not`.
fn at<'a>(rule: &'a Value, place: &str) -> (Value, bool) {
    let mut found: &'a Value = rule;
    let mut name = "";
    for part in place.split('.') {
        let mut parts = part.split('[');
        name = parts.next().unwrap();
        found = &found[name];
        for index in parts {
            found = &found[index.trim_end_matches(']').parse::<usize>().unwrap()];
        }
    }
    let nots = place.split('.').filter(|part| *part == "not").count();
    (json!({ name: found }), nots % 2 == 1)
}

#[test]
fn the_reasons_are_conditions_of_the_rule_that_are_as_they_must_be() {
    let mut chance = ChaCha8Rng::seed_from_u64(8);
    let mut reasons = 0;
    for number in 0..500 {
        let on = ONS[number % ONS.len()];
        let json = rule(&mut chance, "a", on);
        let rules = compile(std::slice::from_ref(&json));
        for _ in 0..10 {
            let known = subject(&mut chance, on);
            let why = rules.all()[0].why(&known.subject);
            let expected = reacts(&json, &known) && json.get("when").is_some();
            assert_eq!(!why.is_empty(), expected, "{json:#} {:#?}", known.subject);
            for place in why {
                let (condition, within_not) = at(&json, place);
                assert_eq!(holds(&condition, &known), !within_not, "{place} of {json:#}");
                reasons += 1;
            }
        }
    }
    assert!(reasons > 1_000, "{reasons}");
}

#[test]
fn reasons_leave_out_what_did_not_matter() {
    let rules = compile(&[
        json!({"id": "a", "on": "message", "then": [{"escalate": {}}], "when": {"any": [
            {"all": [{"assigned": false}, {"first_contact": true}]},
            {"not": {"all": [{"assigned": true}, {"waiting_messages": {"at_most": 9}}]}},
            {"consecutive_negative": {"at_least": 2}},
        ]}}),
    ]);
    let mut subject = Subject::new(Event::Message, 0, 1, 1);
    subject.consecutive_negative = 2;
    // Not the first branch, though half of it holds; of the second what broke it.
    assert_eq!(
        rules.all()[0].why(&subject),
        ["when.any[1].not.all[0].assigned", "when.any[2].consecutive_negative"]
    );
    assert!(rules.all()[0].why(&Subject::new(Event::Delivery, 0, 1, 1)).is_empty());
}

#[test]
fn a_threshold_written_in_percents_is_reached_by_that_percent() {
    for percents in 1..=100_u8 {
        let written: Value = serde_json::from_str(&format!("{}.{:02}", percents / 100, percents % 100)).unwrap();
        let rules = compile(&[
            json!({"id": "a", "on": "message", "then": [{"escalate": {}}], "when": {"intent": {"confidence_at_least": written}}}),
            json!({"id": "b", "on": "message", "then": [{"escalate": {}}], "when": {"intent": {"confidence_below": written}}}),
        ]);
        let mut subject = Subject::new(Event::Message, 0, 1, 1);
        let mut both = |percent: u8| {
            subject.labels.intent.1 = percent;
            (rules.all()[0].matches(&subject), rules.all()[1].matches(&subject))
        };
        assert_eq!(both(percents), (true, false), "{percents}");
        assert_eq!(both(percents - 1), (false, true), "{percents}");
    }
}
