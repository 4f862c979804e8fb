//! How often the rules are right, on labelled messages that lie beside the repository.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use parlance_pipeline::analysis::{Analyser, Analysis, Context, RuleAnalyser};
use parlance_schemas::labels::{Direction, MessageType};

fn data() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let shared = std::env::var_os("PARLANCE_SHARED").map_or(beside, PathBuf::from);
    let data = shared.join("data");
    data.is_dir().then_some(data)
}

/// One labelled message.
struct Labelled {
    text: String,
    label: String,
    lang: String,
}

/// Every so many-th line of a file, so that no source is left out.
fn labelled(file: &Path, every: usize) -> Vec<Labelled> {
    let text = std::fs::read_to_string(file).unwrap();
    let field = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let lines = text.lines().step_by(every);
    let rows = lines.map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    rows.map(|row| Labelled {
        text: field(&row, "text"),
        label: field(&row, "label"),
        lang: field(&row, "lang"),
    })
    .collect()
}

/// Share of messages that are labelled right, over all and where the rules claim at least even odds; and how many
/// those are.
fn measure(rows: &[Labelled], pick: impl Fn(&Analysis) -> (String, f32)) -> (f64, f64, f64) {
    let analyser = RuleAnalyser::new();
    let context = Context {
        direction: Direction::Inbound,
        message_type: MessageType::Text,
    };
    let (mut right, mut sure, mut sure_and_right) = (0, 0, 0);
    let mut by_language: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for row in rows {
        let (label, confidence) = pick(&analyser.analyse(&row.text, &context));
        let hit = label == row.label;
        right += u32::from(hit);
        sure += u32::from(confidence >= 0.5);
        sure_and_right += u32::from(hit && confidence >= 0.5);
        let (hits, all) = by_language.entry(&row.lang).or_default();
        *hits += u32::from(hit);
        *all += 1;
    }
    println!("right by language: {by_language:?}");
    let count = rows.len() as f64;
    (
        f64::from(right) / count,
        f64::from(sure_and_right) / f64::from(sure.max(1)),
        f64::from(sure) / count,
    )
}

#[test]
fn rules_are_right_often_enough_to_be_of_use_and_know_when_they_are_not() {
    let Some(data) = data() else {
        println!("skipped: no labelled messages (set PARLANCE_SHARED)");
        return;
    };
    let languages = labelled(&data.join("language.jsonl"), 20);
    let (language, _, _) = measure(&languages, |analysis| {
        (analysis.language.0.to_string(), analysis.language.1)
    });
    let others = labelled(&data.join("language_other.jsonl"), 4);
    let (other, _, _) = measure(&others, |analysis| {
        (analysis.language.0.to_string(), analysis.language.1)
    });
    let intents = labelled(&data.join("intent.jsonl"), 10);
    let (intent, intent_sure, claimed) =
        measure(&intents, |analysis| (analysis.intent.0.to_string(), analysis.intent.1));
    let sentiments = labelled(&data.join("sentiment.jsonl"), 20);
    let (sentiment, sentiment_sure, _) = measure(&sentiments, |analysis| {
        (analysis.sentiment.0.to_string(), analysis.sentiment.1)
    });
    let urgencies = labelled(&data.join("urgency.jsonl"), 10);
    let (urgency, _, _) = measure(&urgencies, |analysis| {
        (analysis.urgency.0.to_string(), analysis.urgency.1)
    });
    println!(
        "right: language {language:.2} (others {other:.2}), intent {intent:.2} (where sure {intent_sure:.2}, \
         {claimed:.2} of all), sentiment {sentiment:.2} (where sure {sentiment_sure:.2}), urgency {urgency:.2}"
    );
    // Floors a little below what was measured when the rules were written: they guard against breaking the lexicon.
    assert!(language > 0.85 && other > 0.85, "language {language}, others {other}");
    assert!(
        intent > 0.3 && intent_sure > 0.55,
        "intent {intent}, where sure {intent_sure}"
    );
    assert!(
        sentiment > 0.2 && sentiment_sure > 0.4,
        "sentiment {sentiment}, where sure {sentiment_sure}"
    );
    assert!(urgency > 0.35, "urgency {urgency}");
}
