//! What it costs to label a message, how long the slowest wait, what hostile messages cost, and how often the labels are right;
//! beside other language detectors and a sentiment lexicon, on the same messages: those of an author whose messages no
//! weights learned from.

#[path = "analysis/contenders.rs"]
mod contenders;

use std::collections::BTreeSet;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use hdrhistogram::Histogram;
use jiff::Timestamp;
use parlance_analysis::entities::{self, Place};
use parlance_analysis::train::adapt::adapt;
use parlance_analysis::train::samples::{Sample, corpus};
use parlance_analysis::{Analyser, Context, Custom, Patterns, Trained, region_of};
use parlance_benches::bodies::{START_MS, texts};
use parlance_schemas::labels::{Direction, Language, MessageType};
use parlance_schemas::settings::PatternsSetting;
use serde_json::{Value, json};

use contenders::{Contender, detectors, polarities, polarity};

/// The author whom nothing learned from.
const AUTHOR: &str = "parlance/y";

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipeline/analysis/corpus");
    let mut messages = corpus(&folder).expect("the corpus can be read");
    messages.retain(|message| message.source == AUTHOR);
    let analyser = Trained::shipped();
    let detectors = detectors(&analyser);
    let polarities = polarities(&analyser);

    let mut criterion = Criterion::default().configure_from_args();
    let ran = ours(&mut criterion, &analyser, &messages);
    patterns(&mut criterion, &messages);
    adapted(&mut criterion, &analyser, &messages);
    group(&mut criterion, "language", &detectors, &texts_in(&messages, None));
    let english = texts_in(&messages, Some(Language::En));
    group(&mut criterion, "polarity", &polarities, &english);
    criterion.final_summary();

    // Criterion has no place for these: they follow where their subject was not filtered out.
    if ran {
        latencies(&analyser, &detectors, &messages);
        hostile(&analyser);
        accuracies(&detectors, &polarities, &messages);
    }
}

/// Texts of one language, or of all.
fn texts_in(messages: &[Sample], language: Option<Language>) -> Vec<&str> {
    let messages = messages
        .iter()
        .filter(|message| language.is_none() || message.language == language);
    messages.map(|message| message.text.as_str()).collect()
}

/// The groups of texts that are measured apart.
fn groups(messages: &[Sample]) -> [(&'static str, Vec<&str>); 4] {
    [
        ("ja", texts_in(messages, Some(Language::Ja))),
        ("en", texts_in(messages, Some(Language::En))),
        ("ar", texts_in(messages, Some(Language::Ar))),
        ("all", texts_in(messages, None)),
    ]
}

fn context() -> Context {
    Context {
        direction: Direction::Inbound,
        message_type: MessageType::Text,
        sent_at: Timestamp::from_millisecond(START_MS).expect("an instant of our time"),
        custom: Arc::default(),
        region: region_of("+49 30 901820"),
    }
}

/// Everything that is found in a message, and of it the entities alone. Says whether the former was not filtered out.
fn ours(criterion: &mut Criterion, analyser: &Trained, messages: &[Sample]) -> bool {
    let context = context();
    let mut ran = false;
    let world = texts(1_000);
    let mut group = criterion.benchmark_group("analyse");
    let world = ("the demo's", world.iter().map(String::as_str).collect());
    for (name, texts) in groups(messages).into_iter().chain([world]) {
        group.throughput(Throughput::Elements(texts.len() as u64));
        group.bench_function(name, |bencher| {
            ran = true;
            bencher.iter(|| {
                for text in &texts {
                    black_box(analyser.analyse(text, &context));
                }
            });
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("entities");
    for (name, texts) in groups(messages) {
        // The language costs a pass of its own, which is not what is measured here.
        let place = |text: &&str| Place {
            timestamp: context.sent_at,
            zone: context.custom.zone.clone(),
            region: context.region,
            language: analyser.analyse(text, &context).labels.language.0,
        };
        let places: Vec<Place> = texts.iter().map(place).collect();
        group.throughput(Throughput::Elements(texts.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for (text, place) in texts.iter().zip(&places) {
                    black_box(entities::find(text, place));
                }
            });
        });
    }
    group.finish();
    ran
}

/// What the patterns of a business add to a message: fifty of five words each, all of them words of these messages, and
/// ten regular expressions.
fn patterns(criterion: &mut Criterion, messages: &[Sample]) {
    const EXPRESSIONS: [&str; 10] = [
        r"order\s*#?\d{4,10}",
        r"(broken|damaged)\s+seal",
        r"lawyer|attorney|anwalt|avocat|محامي|律师|弁護士",
        r"[A-Z]{2}\d{6}",
        r"cancel.{0,20}(contract|subscription)",
        r"退款|退货|返金|환불",
        r"\bvip-\d+\b",
        r"\b(refund|rembours\w*|devoluci[oó]n)\b",
        r"\b\d{4}-\d{4}\b",
        r"^stop\b",
    ];
    let words = messages.iter().flat_map(|message| message.text.split_whitespace());
    let words: Vec<&str> = words
        .filter(|word| (4..=12).contains(&word.chars().count()) && word.contains(char::is_alphabetic))
        .collect();
    let of_words = (0..50).map(|pattern| {
        let five = (0..5).map(|word| words[(pattern * 5 + word) * words.len() / 250]);
        json!({"id": format!("words-{pattern}"), "words": five.collect::<Vec<_>>(), "nudge": {"urgency": "high"}})
    });
    let expressions = EXPRESSIONS.iter().enumerate();
    let of_expressions = expressions.map(|(number, expression)| {
        json!({"id": format!("regex-{number}"), "regex": expression, "force": {"intent": "complaint"}})
    });
    let mut group = criterion.benchmark_group("patterns");
    for (kind, patterns) in [
        ("words", of_words.collect::<Value>()),
        ("regexes", of_expressions.collect()),
    ] {
        let setting: PatternsSetting = serde_json::from_value(json!({ "patterns": patterns })).expect("patterns");
        let patterns = Patterns::compile(&setting).expect("patterns that may be saved");
        for (name, texts) in groups(messages) {
            group.throughput(Throughput::Elements(texts.len() as u64));
            group.bench_function(format!("{kind}, {name}"), |bencher| {
                bencher.iter(|| {
                    for text in &texts {
                        black_box(patterns.find(text));
                    }
                });
            });
        }
    }
    group.finish();
}

/// What it costs to label messages with what 300 corrections taught, beside without, and to learn it: ordinary messages, and
/// others of the business that corrected, a climbing hall.
fn adapted(criterion: &mut Criterion, analyser: &Trained, messages: &[Sample]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipeline/analysis/tests/climbing");
    let hall = corpus(&folder).expect("the hall's messages can be read");
    // Every third, so that all languages and labels are among them.
    let corrected: Vec<Sample> = hall.iter().step_by(3).take(300).cloned().collect();
    let learn = || adapt(analyser.weights(), &corrected, &[], "bench").expect("300 corrections are enough");
    let adaptation = Arc::new(learn().adaptation);
    let mut group = criterion.benchmark_group("adapted");
    for (name, texts) in [("all", texts_in(messages, None)), ("the hall's", texts_in(&hall, None))] {
        group.throughput(Throughput::Elements(texts.len() as u64));
        for (how, adaptation) in [("without", None), ("with", Some(adaptation.clone()))] {
            let custom = Custom {
                adaptation,
                ..Custom::default()
            };
            let context = Context {
                custom: Arc::new(custom),
                ..context()
            };
            group.bench_function(format!("{name}, {how}"), |bencher| {
                bencher.iter(|| {
                    for text in &texts {
                        black_box(analyser.analyse(text, &context));
                    }
                });
            });
        }
    }
    group.throughput(Throughput::Elements(corrected.len() as u64));
    group.sample_size(10);
    group.bench_function("learning", |bencher| bencher.iter(|| black_box(learn())));
    group.finish();
}

fn group<T>(criterion: &mut Criterion, name: &str, contenders: &[Contender<'_, T>], texts: &[&str]) {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(texts.len() as u64));
    for (name, classify) in contenders {
        group.bench_function(*name, |bencher| {
            bencher.iter(|| {
                for text in texts {
                    black_box(classify(text));
                }
            });
        });
    }
    group.finish();
}

/// How often a measurement that criterion does not do is repeated: once where only is tried whether it runs.
fn rounds(rounds: usize) -> usize {
    let measured = std::env::args().any(|argument| argument == "--bench");
    if measured { rounds } else { 1 }
}

/// Prints percentiles of the time of a single message, over many rounds through all of them.
fn latencies(analyser: &Trained, detectors: &[Contender<'_, Language>], messages: &[Sample]) {
    println!("\n| µs for one message | messages | p50 | p99 | p99.9 | max |\n|---|---:|---:|---:|---:|---:|");
    let row = |name: &str, texts: &[&str], run: &dyn Fn(&str)| {
        let mut nanoseconds = Histogram::<u64>::new(3).expect("three digits can be kept");
        for _ in 0..rounds(50) {
            for text in texts {
                let began = Instant::now();
                run(text);
                nanoseconds += u64::try_from(began.elapsed().as_nanos()).expect("no message takes centuries");
            }
        }
        let micros = |value: u64| value as f64 / 1_000.0;
        let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|quantile| micros(nanoseconds.value_at_quantile(quantile)));
        let max = micros(nanoseconds.max());
        println!(
            "| {name} | {} | {p50:.1} | {p99:.1} | {p999:.1} | {max:.0} |",
            texts.len()
        );
    };
    let context = context();
    for (name, texts) in groups(messages) {
        row(&format!("analyse, {name}"), &texts, &|text| {
            black_box(analyser.analyse(text, &context));
        });
    }
    for (name, detect) in detectors {
        row(&format!("language, {name}"), &texts_in(messages, None), &|text| {
            black_box(detect(text));
        });
    }
}

/// Prints what messages cost that nobody writes, at lengths that grow fourfold: the time, the fastest of some, and how many
/// times that of the length before it is.
fn hostile(analyser: &Trained) {
    const KIB: [usize; 5] = [1, 4, 16, 64, 256];
    let zalgo = format!("a{}", "\u{0301}\u{0323}\u{0334}\u{0360}\u{0489}".repeat(6));
    let patterns = [
        ("digits", "1234567890"),
        ("emoji", "😡"),
        ("zalgo", zalgo.as_str()),
        ("nested brackets", "([{"),
        ("at signs and dots", "a.b@"),
        ("dates that do not end", "1/2-"),
        ("sums of money", "1,000.00 $"),
    ];
    println!(
        "\n| hostile text | {} |",
        KIB.map(|kib| format!("{kib} KiB")).join(" | ")
    );
    println!("|---|{}", "---:|".repeat(KIB.len()));
    let context = context();
    for (name, pattern) in patterns {
        let mut before = None;
        let cells = KIB.map(|kib| {
            let repeats = kib * 1024 / pattern.len();
            let mut text = pattern.repeat(repeats);
            if name == "nested brackets" {
                text = "([{".repeat(repeats / 2) + &"}])".repeat(repeats / 2);
            }
            let once = |_| {
                let began = Instant::now();
                black_box(analyser.analyse(&text, &context));
                began.elapsed()
            };
            let fastest: Duration = (0..rounds(30)).map(once).min().expect("at least one");
            let micros = fastest.as_secs_f64() * 1e6;
            let ratio = before
                .replace(micros)
                .map(|before| format!(" (×{:.1})", micros / before));
            format!("{micros:.0} µs{}", ratio.unwrap_or_default())
        });
        println!("| {name} | {} |", cells.join(" | "));
    }
}

/// Prints how often each is right.
fn accuracies(detectors: &[Contender<'_, Language>], polarities: &[Contender<'_, &'static str>], messages: &[Sample]) {
    println!("\n| % | messages | accuracy | macro-F1 |\n|---|---:|---:|---:|");
    let languages = |message: &Sample| message.language.expect("messages of the corpus have every label");
    for contender in detectors {
        accuracy("language", contender, &messages.iter().collect::<Vec<_>>(), languages);
    }
    let english = messages.iter().filter(|message| message.language == Some(Language::En));
    let english: Vec<&Sample> = english.collect();
    let felt = |message: &Sample| {
        let sentiment = message.sentiment.expect("messages of the corpus have every label");
        polarity(sentiment.as_str())
    };
    for contender in polarities {
        accuracy("polarity of English", contender, &english, felt);
    }
}

/// A row of [`accuracies`]. Macro-F1 is the mean F1 of the classes that occur, as in the model card.
fn accuracy<T: Copy + Ord>(
    task: &str,
    contender: &Contender<'_, T>,
    messages: &[&Sample],
    truth: impl Fn(&Sample) -> T,
) {
    let (name, classify) = contender;
    let outcomes: Vec<(T, T)> = messages
        .iter()
        .map(|message| (truth(message), classify(&message.text)))
        .collect();
    let right = outcomes.iter().filter(|(truth, said)| truth == said).count();
    let classes: BTreeSet<T> = outcomes.iter().map(|(truth, _)| *truth).collect();
    let f1 = |class: &T| {
        let count = |of: &dyn Fn(&(T, T)) -> bool| outcomes.iter().filter(|outcome| of(outcome)).count() as f64;
        let both = count(&|outcome| outcome == &(*class, *class));
        2.0 * both / (count(&|(truth, _)| truth == class) + count(&|(_, said)| said == class))
    };
    let macro_f1 = classes.iter().map(f1).sum::<f64>() / classes.len() as f64;
    println!(
        "| {task}, {name} | {} | {:.1} | {:.1} |",
        outcomes.len(),
        100.0 * right as f64 / outcomes.len() as f64,
        100.0 * macro_f1
    );
}
