//! How well entities are found, on annotated messages that lie beside the repository.
//!
//! `PARLANCE_MISSES=1` shows what was missed and what was found in vain.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use parlance_analysis::entities::{EntityKind, Place, find};
use parlance_schemas::labels::Language;
use serde::Deserialize;

/// The annotated messages; none where the data is not.
fn data() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("PARLANCE_SHARED").map_or(beside, PathBuf::from);
    let data = shared.join("data/entities.jsonl");
    data.is_file().then_some(data)
}

#[derive(Deserialize)]
struct Row {
    text: String,
    lang: String,
    entities: Vec<Annotation>,
    annotated: Vec<String>,
    #[serde(rename = "ref")]
    reference: Option<String>,
    source: String,
}

#[derive(Deserialize)]
struct Annotation {
    #[serde(rename = "type")]
    kind: String,
    text: String,
    start: usize,
    value: Option<String>,
}

impl Annotation {
    /// The span without the spaces some annotators left at its ends; its length is that of the text, for the ends of
    /// some rows are one off.
    fn span(&self) -> (usize, usize) {
        let start = self.start + self.text.chars().take_while(|c| c.is_whitespace()).count();
        (start, start + self.text.trim().chars().count())
    }
}

/// Where the business of a message in this language is taken to be.
fn region(language: Language) -> &'static str {
    match language {
        Language::Es => "MX",
        Language::Fr => "FR",
        Language::De => "DE",
        Language::It => "IT",
        Language::Pt => "BR",
        Language::Ar => "SA",
        Language::Zh => "CN",
        Language::Ja => "JP",
        Language::Ko => "KR",
        _ => "US",
    }
}

#[derive(Clone, Copy, Default)]
struct Score {
    right: f64,
    found: f64,
    expected: f64,
    same_value: f64,
    valued: f64,
}

impl Score {
    fn f1(&self) -> f64 {
        200.0 * self.right / (self.found + self.expected).max(1.0)
    }

    fn add(&mut self, other: &Self) {
        self.right += other.right;
        self.found += other.found;
        self.expected += other.expected;
        self.same_value += other.same_value;
        self.valued += other.valued;
    }
}

fn name(kind: EntityKind) -> String {
    let json = serde_json::to_value(kind).expect("a kind is a string in JSON");
    json.as_str().expect("a kind is a string in JSON").to_owned()
}

/// Whether two values say the same: amounts by number, dates whatever stands between day and time.
fn same_value(kind: &str, expected: &str, found: &str) -> bool {
    match kind {
        "date" => expected.replace(' ', "T") == found,
        "money" => {
            let split = |value: &str| {
                let (amount, code) = value.rsplit_once(' ')?;
                Some((amount.replace(',', ".").parse::<f64>().ok()?, code.to_owned()))
            };
            matches!((split(expected), split(found)), (Some(a), Some(b)) if (a.0 - b.0).abs() < 1e-6 && a.1 == b.1)
        }
        _ => expected.eq_ignore_ascii_case(found),
    }
}

/// Whether the annotated value is written in the form that ours has: with a currency code, in E.164.
fn comparable(kind: &str, source: &str, value: &str) -> bool {
    match kind {
        "money" => value
            .rsplit_once(' ')
            .is_some_and(|(_, code)| code.len() == 3 && code.chars().all(char::is_uppercase)),
        "phone" => source.starts_with("synthetic"),
        "date" => value != "not resolved",
        _ => true,
    }
}

fn measure(file: &Path) -> BTreeMap<(String, String), Score> {
    let misses = std::env::var_os("PARLANCE_MISSES").is_some();
    let mut scores: BTreeMap<(String, String), Score> = BTreeMap::new();
    for line in std::fs::read_to_string(file).expect("the file can be read").lines() {
        let row: Row = serde_json::from_str(line).expect("a row of the file");
        let language: Language = row.lang.parse().expect("one of the ten languages");
        let now: DateTime = row
            .reference
            .as_deref()
            .unwrap_or("2018-11-19T12:00:00")
            .parse()
            .expect("a local time");
        let place = Place {
            timestamp: now
                .to_zoned(TimeZone::UTC)
                .map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp()),
            zone: TimeZone::UTC,
            region: region(language).parse().expect("a region"),
            language,
        };
        let entities = find(&row.text, &place);
        for kind in &row.annotated {
            let score = scores.entry((kind.clone(), row.lang.clone())).or_default();
            let expected: Vec<&Annotation> = row.entities.iter().filter(|entity| entity.kind == *kind).collect();
            let found: Vec<_> = entities.iter().filter(|entity| name(entity.kind) == *kind).collect();
            score.expected += expected.len() as f64;
            score.found += found.len() as f64;
            for entity in &found {
                let Some(annotation) = expected
                    .iter()
                    .find(|annotation| annotation.span() == (entity.start, entity.end))
                else {
                    if misses {
                        println!(
                            "VAIN {kind} {} {} [{}] in: {}",
                            row.source, row.lang, entity.text, row.text
                        );
                    }
                    continue;
                };
                score.right += 1.0;
                if let Some(value) = annotation
                    .value
                    .as_deref()
                    .filter(|value| comparable(kind, &row.source, value))
                    && (kind != "date" || row.reference.is_some() || value.len() == 10)
                {
                    score.valued += 1.0;
                    let same = entity
                        .value
                        .as_deref()
                        .is_some_and(|found| same_value(kind, value, found));
                    score.same_value += f64::from(same);
                    if misses && !same {
                        println!(
                            "VALUE {kind} {} [{}] {:?} not {value} ref {now} in: {}",
                            row.lang, entity.text, entity.value, row.text
                        );
                    }
                }
            }
            if misses {
                for annotation in &expected {
                    if !found
                        .iter()
                        .any(|entity| annotation.span() == (entity.start, entity.end))
                    {
                        println!(
                            "MISS {kind} {} {} [{}] in: {}",
                            row.source, row.lang, annotation.text, row.text
                        );
                    }
                }
            }
        }
    }
    scores
}

#[test]
fn entities_are_found_often_enough_to_be_of_use() {
    let Some(file) = data() else {
        eprintln!("skipped: no annotated messages (set PARLANCE_SHARED)");
        return;
    };
    let scores = measure(&file);
    let mut totals: BTreeMap<&str, Score> = BTreeMap::new();
    println!("type   lang   P     R     F1    n     value");
    for ((kind, language), score) in &scores {
        totals.entry(kind).or_default().add(score);
        print(kind, language, score);
    }
    for (kind, score) in &totals {
        print(kind, "all", score);
    }
    for (kind, floor) in [
        ("phone", 95.0),
        ("email", 95.0),
        ("url", 95.0),
        ("money", 85.0),
        ("date", 75.0),
    ] {
        let f1 = totals[kind].f1();
        assert!(f1 >= floor, "{kind}: F1 is {f1:.1}, below {floor}");
    }
}

fn print(kind: &str, language: &str, score: &Score) {
    let share = |part: f64, whole: f64| 100.0 * part / whole.max(1.0);
    println!(
        "{kind:6} {language:5} {:5.1} {:5.1} {:5.1} {:5} {:5.1}",
        share(score.right, score.found),
        share(score.right, score.expected),
        score.f1(),
        score.expected,
        share(score.same_value, score.valued),
    );
}
