//! What a business's patterns find, and what follows for the labels.

use parlance_analysis::{Matches, Patterns, Task};
use parlance_schemas::labels::{Intent, Sentiment, Urgency};
use parlance_schemas::settings::PatternsSetting;
use serde_json::{Value, json};

fn compile(patterns: &Value) -> Patterns {
    let setting: PatternsSetting = serde_json::from_value(json!({ "patterns": patterns })).unwrap();
    Patterns::compile(&setting).unwrap()
}

/// A pattern for each list of words, named by its number.
fn of_words(words: &[&[&str]]) -> Patterns {
    let patterns = words.iter().enumerate();
    let patterns =
        patterns.map(|(number, words)| json!({"id": number.to_string(), "words": words, "custom_intent": "x"}));
    compile(&patterns.collect())
}

fn probabilities(task: Task) -> Vec<f32> {
    vec![1.0 / task.classes() as f32; task.classes()]
}

fn decided(matches: &Matches<'_>, task: Task) -> Option<(&'static str, f32)> {
    let mut probabilities = probabilities(task);
    let decided = matches.decide(task, &mut probabilities);
    let best = (0..probabilities.len())
        .rev()
        .max_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b]))?;
    decided.then(|| (task.label(best), probabilities[best]))
}

#[test]
fn words_are_found_in_every_language() {
    // The words, a message that has one of them, and one that only has its letters.
    let messages: [(&[&str], &str, &str); 10] = [
        (
            &["broken seal"],
            "It arrived with a BROKEN  seal!",
            "It was broken. Sealed badly",
        ),
        (&["devolución"], "Quiero la Devolucion ya", "las devoluciones"),
        (&["résilier"], "Comment puis-je RÉSILIER?", "résilierons"),
        (
            &["kündigung", "anwalt"],
            "Sonst kommt mein Anwalt.",
            "Rechtsanwaltskanzlei, Kündigungsfrist",
        ),
        (&["più caro"], "l'altro era più caro", "più carote"),
        (&["não recebi"], "nao recebi nada", "não recebido"),
        (&["استرداد", "محامي"], "أريد الإسترداد والمحامي معي", "المحامين"),
        (&["退款"], "我要求全额退款，谢谢", "退 款"),
        (&["返品"], "昨日の商品を返品したいです", "返事と商品"),
        (&["환불", "고소"], "빨리 환불해 주세요", "재환불"),
    ];
    for (words, with, without) in messages {
        let patterns = of_words(&[words]);
        assert_eq!(patterns.find(with).ids, ["0"], "{words:?} in {with}");
        assert!(patterns.find(without).is_empty(), "{words:?} in {without}");
    }
}

#[test]
fn overlapping_words_are_all_found_in_the_settings_order() {
    let patterns = of_words(&[
        &["order number"],
        &["my order"],
        &["order"],
        &["number 5"],
        &["my orders", "ORDER"],
        &["numb"],
    ]);
    assert_eq!(patterns.find("My order number 55").ids, ["0", "1", "2", "4"]);
    assert_eq!(patterns.find("my order number 5").ids, ["0", "1", "2", "3", "4"]);
    assert_eq!(
        of_words(&[&["退款申请", "款"], &["申请"], &["请退"]])
            .find("退款申请")
            .ids,
        ["0", "1"]
    );
}

#[test]
fn expressions_match_whatever_the_case_in_the_text_as_it_was_written() {
    let patterns = compile(&json!([
        {"id": "vip", "regex": r"\bvip-\d{3}\b", "custom_intent": "x"},
        {"id": "accent", "regex": "^año", "custom_intent": "x"},
        {"id": "greek", "regex": "ΟΔΌΣ", "custom_intent": "x"},
    ]));
    assert_eq!(patterns.find("AÑO VIP-123.").ids, ["vip", "accent"]);
    assert_eq!(patterns.find("ano: vip-1234, οδός").ids, ["greek"]);
}

#[test]
fn the_first_to_force_a_task_wins_and_forces_for_certain() {
    let patterns = compile(&json!([
        {"id": "off", "words": ["seal"], "force": {"intent": "spam"}, "enabled": false},
        {"id": "a", "words": ["seal"], "force": {"intent": "complaint"}},
        {"id": "b", "words": ["broken"], "force": {"intent": "feedback", "urgency": "critical"}},
        {"id": "c", "words": ["nowhere"], "force": {"sentiment": "angry"}},
    ]));
    let matches = patterns.find("broken seal");
    assert_eq!(matches.ids, ["a", "b"]);
    assert_eq!(
        (matches.forced.intent, matches.forced.urgency),
        (Some(Intent::Complaint), Some(Urgency::Critical))
    );
    assert_eq!(decided(&matches, Task::Intent), Some(("complaint", 1.0)));
    assert_eq!(decided(&matches, Task::Urgency), Some(("critical", 1.0)));
    assert_eq!(decided(&matches, Task::Sentiment), None);
    let mut certain = probabilities(Task::Intent);
    assert!(matches.decide(Task::Intent, &mut certain));
    assert_eq!(certain.iter().sum::<f32>(), 1.0);
}

#[test]
fn nudges_add_up_and_a_force_outdoes_them() {
    let patterns = compile(&json!([
        {"id": "a", "words": ["late"], "nudge": {"sentiment": "angry", "urgency": "high"}, "strength": 1.0},
        {"id": "b", "words": ["again"], "nudge": {"sentiment": "angry"}, "strength": 0.5},
        {"id": "c", "words": ["thanks"], "force": {"sentiment": "positive"}},
    ]));
    let odds_of_angry = |text| {
        let mut probabilities = probabilities(Task::Sentiment);
        patterns.find(text).decide(Task::Sentiment, &mut probabilities);
        let angry = probabilities[Sentiment::Angry as usize];
        angry / (1.0 - angry)
    };
    let plain = odds_of_angry("on time");
    assert!((odds_of_angry("late") / plain - 1.0_f32.exp()).abs() < 1e-4);
    assert!((odds_of_angry("late again") / plain - 1.5_f32.exp()).abs() < 1e-4);
    assert_eq!(
        decided(&patterns.find("late again, thanks"), Task::Sentiment),
        Some(("positive", 1.0))
    );
    assert_eq!(decided(&patterns.find("late again"), Task::Language), None);
}

#[test]
fn a_nudge_decides_only_what_it_turns() {
    let patterns = compile(&json!([{"id": "a", "words": ["late"], "nudge": {"urgency": "high"}, "strength": 1.0}]));
    let matches = patterns.find("late");
    let decides = |mut probabilities: [f32; 5]| matches.decide(Task::Urgency, &mut probabilities);
    assert!(decides([0.1, 0.5, 0.3, 0.1, 0.0]));
    assert!(!decides([0.1, 0.8, 0.1, 0.0, 0.0]));
    assert!(!decides([0.1, 0.3, 0.5, 0.1, 0.0]));
}

#[test]
fn custom_intents_are_listed_once_each() {
    let patterns = compile(&json!([
        {"id": "a", "words": ["seal"], "custom_intent": "tampering"},
        {"id": "b", "regex": "brok.n", "custom_intent": "warranty", "nudge": {"intent": "complaint"}},
        {"id": "c", "words": ["broken"], "custom_intent": "tampering"},
    ]));
    let matches = patterns.find("broken seal");
    assert_eq!(
        (matches.ids.as_slice(), matches.custom_intents.as_slice()),
        (&["a", "b", "c"][..], &["tampering", "warranty"][..])
    );
}

#[test]
fn without_patterns_nothing_is_found_and_nothing_changes() {
    let disabled =
        compile(&json!([{"id": "a", "words": ["seal"], "regex": null, "custom_intent": "x", "enabled": false}]));
    for patterns in [Patterns::default(), compile(&json!([])), disabled] {
        let matches = patterns.find("broken seal");
        assert_eq!(matches, Matches::default());
        let mut after = [0.3, 0.200_000_1, 0.1, 0.2, 0.2];
        assert!(!matches.decide(Task::Urgency, &mut after));
        assert_eq!(after, [0.3, 0.200_000_1, 0.1, 0.2, 0.2]);
    }
}

#[test]
fn what_may_not_be_saved_is_not_compiled() {
    let patterns = json!({"patterns": [{"id": "a", "words": ["x"]}, {"id": "b", "regex": "(", "custom_intent": "x"}]});
    let setting: PatternsSetting = serde_json::from_value(patterns).unwrap();
    let problems = Patterns::compile(&setting).unwrap_err();
    assert_eq!(problems, setting.problems());
    assert_eq!(
        problems.iter().map(|problem| problem.at.as_str()).collect::<Vec<_>>(),
        ["patterns[0]", "patterns[1].regex"]
    );
}

#[test]
fn hostile_texts_and_patterns_come_to_an_end() {
    let a_to_some = |most: usize| (1..=most).map(|length| "a".repeat(length)).collect::<Vec<_>>();
    let patterns = compile(&json!([
        {"id": "nested", "regex": "(a+)+$", "custom_intent": "x"},
        {"id": "exploding", "regex": "(a|aa|é)*.{0,100}x", "custom_intent": "x"},
        {"id": "words", "words": a_to_some(200), "custom_intent": "x"},
    ]));
    for (text, ids) in [
        ("a", &["nested"][..]),
        ("é", &[]),
        ("字", &[]),
        ("\u{301}", &[]),
        ("a ", &["words"]),
        ("و", &[]),
    ] {
        let text = text.repeat(64 * 1024 / text.len());
        assert_eq!(patterns.find(&text).ids, ids, "{}", &text[..8]);
    }
}

#[test]
fn of_a_long_text_the_beginning_is_searched() {
    let patterns = of_words(&[&["seal"], &["late"]]);
    let text = format!("seal {} late", "é".repeat(8 * 1024));
    assert_eq!(patterns.find(&text).ids, ["0"]);
    assert_eq!(patterns.find(&text.replace('é', "")).ids, ["0", "1"]);
}

/// What is said of a customer's text by a business with these patterns.
fn said_with(patterns: &serde_json::Value, text: &str) -> parlance_analysis::Analysis {
    let setting: PatternsSetting = serde_json::from_value(serde_json::json!({ "patterns": patterns })).unwrap();
    let custom = parlance_analysis::Custom {
        patterns: Some(std::sync::Arc::new(Patterns::compile(&setting).unwrap())),
        ..parlance_analysis::Custom::default()
    };
    let context = parlance_analysis::Context {
        direction: parlance_schemas::labels::Direction::Inbound,
        message_type: parlance_schemas::labels::MessageType::Text,
        sent_at: jiff::Timestamp::UNIX_EPOCH,
        region: "DE".parse().unwrap(),
        custom: std::sync::Arc::new(custom),
    };
    parlance_analysis::Analyser::analyse(&parlance_analysis::Trained::shipped(), text, &context)
}

#[test]
fn a_business_has_the_last_word_on_its_texts_and_what_the_classifiers_say_is_kept() {
    use parlance_schemas::labels::{Intent, Judge, Urgency};
    let patterns = serde_json::json!([
        {"id": "seal", "words": ["broken seal"], "force": {"intent": "complaint"}, "custom_intent": "tampering"},
        {"id": "hurry", "words": ["before noon"], "nudge": {"urgency": "critical"}, "strength": 10.0},
    ]);
    let said = said_with(
        &patterns,
        "Do you sell tea? Mine has a broken seal, I need one before noon",
    );
    assert_eq!(
        (said.labels.intent, said.by[1]),
        ((Intent::Complaint, 1.0), Judge::Pattern)
    );
    assert_eq!((said.labels.urgency.0, said.by[3]), (Urgency::Critical, Judge::Pattern));
    assert_eq!(said.patterns, ["seal", "hurry"]);
    assert_eq!(said.custom_intents, ["tampering"]);
    assert!(said.base.urgency.0 != Urgency::Critical && said.base.intent.1 < 1.0);
    let other = said_with(&patterns, "Do you sell tea?");
    assert_eq!((other.labels, other.by), (other.base, [Judge::Model; 4]));
    assert!(other.patterns.is_empty() && other.custom_intents.is_empty());
}
