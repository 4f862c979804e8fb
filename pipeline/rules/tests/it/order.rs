//! Which of several rules react, and in which order.

use parlance_rules::{Compiled, Event, Rules, Subject};
use parlance_schemas::settings::RulesSetting;
use parlance_schemas::settings::rules::{Action, TEMPLATE};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::arbitrary::{ONS, rule, subject};

fn setting(rules: &[Value]) -> RulesSetting {
    serde_json::from_value(json!({ "rules": rules })).unwrap()
}

fn with(id: &str, fields: &Value) -> Value {
    let mut rule = json!({"id": id, "mode": "live", "on": "message", "then": [{"crm_lead": {}}]});
    for (field, value) in fields.as_object().unwrap() {
        rule[field] = value.clone();
    }
    rule
}

fn ids(rules: &[Value]) -> String {
    let rules = Rules::compile(&setting(rules)).unwrap();
    let message = Subject::new(Event::Message, 0, 1, 1);
    rules.matching(&message).map(|rule| rule.id.as_str()).collect()
}

#[test]
fn higher_priorities_come_first_and_of_equals_the_first() {
    let rules = [
        with("a", &json!({})),
        with("b", &json!({"priority": 5})),
        with("c", &json!({"priority": -1})),
        with("d", &json!({"priority": 5})),
        with("e", &json!({"mode": "off", "priority": 9})),
    ];
    assert_eq!(ids(&rules), "bdac");
}

#[test]
fn a_live_rule_that_reacts_and_stops_is_the_last() {
    let stop = |id: &str, fields: &Value| {
        let mut rule = with(id, fields);
        rule["stop"] = json!(true);
        rule
    };
    let after = [with("y", &json!({"mode": "dry_run"})), with("z", &json!({}))];
    let first = |rule: Value| [&[rule], after.as_slice()].concat();
    assert_eq!(ids(&first(stop("a", &json!({})))), "a");
    assert_eq!(ids(&first(stop("a", &json!({"when": {"assigned": true}})))), "yz");
    assert_eq!(ids(&first(stop("a", &json!({"mode": "dry_run"})))), "ayz");
    assert_eq!(ids(&first(stop("a", &json!({"mode": "off"})))), "yz");
    assert_eq!(ids(&first(stop("a", &json!({"priority": -1})))), "yza");
    assert_eq!(ids(&first(stop("a", &json!({"on": "timer"})))), "yz");
}

#[test]
fn a_list_of_rules_is_asked_as_its_rules_one_by_one() {
    let mut chance = ChaCha8Rng::seed_from_u64(9);
    for number in 0..200 {
        let on = ONS[number % ONS.len()];
        let list: Vec<Value> = (0..12).map(|id| rule(&mut chance, &id.to_string(), on)).collect();
        let setting = setting(&list);
        let rules = Rules::compile(&setting).unwrap();
        for _ in 0..10 {
            let known = subject(&mut chance, on);
            let mut sorted: Vec<_> = setting.rules.iter().collect();
            sorted.sort_by_key(|rule| -rule.priority);
            let mut expected = Vec::new();
            for rule in sorted {
                let json = serde_json::to_value(rule).unwrap();
                let alone = rules.get(&rule.id).unwrap().matches(&known.subject);
                if alone && json["mode"] != "off" {
                    expected.push((rule.id.clone(), rule.version()));
                    if rule.stop && json["mode"] == "live" {
                        break;
                    }
                }
            }
            let found = |rule: &Compiled| (rule.id.clone(), rule.version.clone());
            assert_eq!(rules.matching(&known.subject).map(found).collect::<Vec<_>>(), expected);
        }
    }
}

#[test]
fn rules_with_a_problem_are_not_used_at_all() {
    let problems = Rules::compile(&setting(&[with("a", &json!({})), with("A", &json!({}))])).unwrap_err();
    assert_eq!(problems[0].at, "rules[1].id");
}

#[test]
fn what_is_older_than_the_rule_allows_is_not_in_time() {
    let rules = Rules::compile(&setting(&[with("a", &json!({"max_age": "1m"}))])).unwrap();
    let rule = &rules.all()[0];
    assert!(rule.in_time(1_000, 61_000) && rule.in_time(90_000, 61_000));
    assert!(!rule.in_time(999, 61_000) && !rule.in_time(i64::MIN, i64::MAX));
}

#[test]
fn actions_travel_between_processes_and_are_read_back() {
    let setting: RulesSetting = serde_json::from_str(TEMPLATE).unwrap();
    let actions: Vec<Action> = Rules::compile(&setting)
        .unwrap()
        .all()
        .iter()
        .flat_map(|rule| rule.actions.clone())
        .collect();
    assert!(actions.len() > 10);
    let bytes = bincode::serialize(&actions).unwrap();
    assert_eq!(bincode::deserialize::<Vec<Action>>(&bytes).unwrap(), actions);
}

#[test]
fn the_template_does_something_about_each_of_its_intents() {
    use parlance_schemas::labels::Intent;
    let rules = Rules::compile(&serde_json::from_str(TEMPLATE).unwrap()).unwrap();
    let mut message = Subject::new(Event::Message, 0, 1, 1);
    let mut reacting = |intent: Intent, percent: u8| -> Vec<&str> {
        message.labels.intent = (intent, percent);
        let ids: Vec<String> = rules.matching(&message).map(|rule| rule.id.clone()).collect();
        rules
            .all()
            .iter()
            .map(|rule| rule.id.as_str())
            .filter(|id| ids.iter().any(|found| found == id))
            .collect()
    };
    assert_eq!(reacting(Intent::LeadInquiry, 80), ["lead"]);
    assert_eq!(reacting(Intent::Complaint, 50), ["complaint"]);
    assert_eq!(reacting(Intent::Complaint, 49), [""; 0]);
    assert_eq!(reacting(Intent::Feedback, 99), [""; 0]);
}
