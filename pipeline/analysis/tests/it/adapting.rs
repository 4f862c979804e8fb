//! Learning from corrections: a climbing hall whose customers' words mean other things than elsewhere.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use parlance_analysis::train::adapt::{Adapted, Error, Measurement, adapt};
use parlance_analysis::train::samples::{Sample, corpus};
use parlance_analysis::{Adaptation, Analyser, Context, Custom, Task, Trained, Weights, WeightsError, region_of};
use parlance_schemas::labels::{Direction, Intent, MessageType};
use parlance_schemas::settings::Measured;

/// Corrections that the figures are about.
const CORRECTED: usize = 300;

fn read(folder: &str) -> Vec<Sample> {
    corpus(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap()
}

/// The hall's messages in an order that has nothing to do with what they say (FNV-1a of the text), without their language,
/// which nobody would correct.
fn hall() -> Vec<Sample> {
    let mut messages = read("tests/climbing");
    messages.sort_by_key(|message| {
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        message.text.bytes().fold(0xcbf2_9ce4_8422_2325, step)
    });
    messages.iter_mut().for_each(|message| message.language = None);
    messages
}

fn label(message: &Sample, task: Task) -> Option<&'static str> {
    match task {
        Task::Intent => message.intent.map(|label| label.as_str()),
        Task::Sentiment => message.sentiment.map(|label| label.as_str()),
        Task::Urgency => message.urgency.map(|label| label.as_str()),
        Task::Language => message.language.map(|label| label.as_str()),
    }
}

/// What is said of a text, in the order of the tasks.
fn said(adaptation: Option<&Adaptation>, text: &str) -> [&'static str; 4] {
    let likeliest = |scores: Vec<(&'static str, f32)>| {
        let best = scores.into_iter().max_by(|one, other| one.1.total_cmp(&other.1));
        best.unwrap().0
    };
    Trained::shipped().scores(text, adaptation).map(likeliest)
}

/// Percent of messages whose intent, sentiment and urgency are right.
fn right(adaptation: Option<&Adaptation>, messages: &[Sample]) -> [f64; 3] {
    let mut right = [0.0; 3];
    for message in messages {
        let said = said(adaptation, &message.text);
        for (right, task) in right.iter_mut().zip(Task::ALL) {
            let is_right = label(message, task) == Some(said[task as usize]);
            *right += f64::from(u8::from(is_right)) * 100.0 / messages.len() as f64;
        }
    }
    right
}

/// The messages as they are labelled without corrections.
fn labelled_by_base(messages: &[Sample]) -> Vec<Sample> {
    let messages = messages.iter().map(|message| {
        let [intent, sentiment, urgency, _] = said(None, &message.text);
        Sample {
            intent: intent.parse().ok(),
            sentiment: sentiment.parse().ok(),
            urgency: urgency.parse().ok(),
            ..message.clone()
        }
    });
    messages.collect()
}

fn learned(corrected: &[Sample], kept: &[Sample]) -> Adapted {
    adapt(Trained::shipped().weights(), corrected, kept, "hall-1").unwrap()
}

fn measured(adapted: &Adapted, task: Task) -> Measurement {
    let mut of_task = adapted.measured.iter().filter(|measurement| measurement.task == task);
    *of_task.next().unwrap()
}

/// What 300 corrections teach.
static LEARNED: LazyLock<Adapted> = LazyLock::new(|| learned(&hall()[..CORRECTED], &[]));

/// A number like a random one.
fn random(state: &mut u64) -> usize {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize
}

#[test]
fn corrections_teach_a_business_s_own_words_and_leave_ordinary_ones() {
    let hall = hall();
    let (corrected, rest) = hall.split_at(CORRECTED);
    assert!(rest.len() >= 600, "{}", rest.len());
    // Half of the others were there when it was learned, labelled as the base labels them: mostly wrong.
    let kept = labelled_by_base(&rest[..rest.len() / 2]);
    let adapted = learned(corrected, &kept);
    let adaptation = Some(&adapted.adaptation);
    println!(
        "{} rows, {} bytes",
        adapted.adaptation.rows(),
        adapted.adaptation.to_bytes().len()
    );
    adapted
        .measured
        .iter()
        .for_each(|measurement| println!("{measurement:?}"));

    let (before, after) = (right(None, rest), right(adaptation, rest));
    println!("the hall's: {before:.1?} to {after:.1?}");
    assert!(adapted.is_better() && measured(&adapted, Task::Intent).learned);
    assert!(before[0] < 45.0 && after[0] >= before[0] + 15.0, "{before:?} {after:?}");
    assert!(
        after[1] >= before[1] + 10.0 && after[2] >= before[2] - 1.0,
        "{before:?} {after:?}"
    );
    // What was said of it when it was learned is how good it is.
    let foretold = measured(&adapted, Task::Intent);
    assert!(
        (100.0 * foretold.after - after[0]).abs() < 6.0,
        "{foretold:?} {after:?}"
    );

    let mut ordinary = read("corpus");
    ordinary.retain(|message| message.source == "parlance/y");
    let (before, after) = (right(None, &ordinary), right(adaptation, &ordinary));
    println!("ordinary: {before:.1?} to {after:.1?}");
    assert!(
        after[0] >= before[0] - 2.0 && after[1] >= before[1] - 2.0,
        "{before:?} {after:?}"
    );
    assert!(after[2] >= before[2] - 3.0, "{before:?} {after:?}");

    assert!(adapted.adaptation.to_bytes().len() < 100_000);
}

#[test]
fn what_was_learned_is_named_as_a_reason() {
    let hall = hall();
    let adapted = learned(&hall, &[]);
    let context = Context {
        direction: Direction::Inbound,
        message_type: MessageType::Text,
        sent_at: Timestamp::UNIX_EPOCH,
        custom: Arc::new(Custom {
            adaptation: Some(Arc::new(adapted.adaptation.clone())),
            ..Custom::default()
        }),
        region: region_of(""),
    };
    // With all of them there are more features than it has room for, and it still travels in a setting.
    assert_eq!(adapted.adaptation.rows(), 8_192);
    assert!(adapted.adaptation.to_bytes().len() < 200_000);
    let text = "any news on my rubber";
    let analysis = Trained::shipped().analyse(text, &context);
    assert_eq!(analysis.labels.intent.0, Intent::OrderInquiry);
    let signals: Vec<&str> = analysis.signals.iter().map(|signal| signal.text.as_str()).collect();
    assert!(signals.contains(&"rubber"), "{signals:?}");
}

#[test]
fn a_text_with_nothing_that_was_learned_is_scored_as_by_the_base_to_the_bit() {
    let shipped = Trained::shipped();
    for text in ["注文した商品がまだ届きません", "", "주문취소"] {
        assert_eq!(
            shipped.scores(text, Some(&LEARNED.adaptation)),
            shipped.scores(text, None),
            "{text}"
        );
    }
}

#[test]
fn the_same_corrections_make_the_same_bytes_in_whatever_order() {
    let mut hall = hall();
    hall.truncate(CORRECTED);
    hall.reverse();
    let (once, again) = (&*LEARNED, learned(&hall, &[]));
    assert!(once.is_better());
    assert_eq!(once.adaptation.to_bytes(), again.adaptation.to_bytes());
    assert_eq!(once.measured, again.measured);
}

#[test]
fn an_adaptation_survives_its_file_and_a_damaged_one_is_refused() {
    let base = Trained::shipped();
    let adaptation = &LEARNED.adaptation;
    assert!(adaptation.rows() > 0);
    let bytes = adaptation.to_bytes();
    let again = Adaptation::from_bytes(&bytes, base.weights()).unwrap();
    assert_eq!(&again, adaptation);
    assert_eq!((again.version(), again.base()), ("hall-1", base.weights().version()));

    for cut in [0, 1, 10, bytes.len() / 2, bytes.len() - 1] {
        assert!(Adaptation::from_bytes(&bytes[..cut], base.weights()).is_err(), "{cut}");
    }
    for place in (0..bytes.len()).step_by(bytes.len() / 50) {
        let mut damaged = bytes.clone();
        damaged[place] ^= 0x10;
        // Some bits of a compressed file say nothing about its content.
        let read = Adaptation::from_bytes(&damaged, base.weights());
        assert!(read.is_err() || read.unwrap() == *adaptation, "{place}");
    }
    let weights = include_bytes!("../../weights/model.bin");
    assert!(matches!(
        Adaptation::from_bytes(weights, base.weights()),
        Err(WeightsError::Damaged(_))
    ));
    assert!(matches!(Weights::from_bytes(&bytes), Err(WeightsError::Damaged(_))));
}

#[test]
fn an_adaptation_is_refused_with_other_weights_than_those_it_was_learned_on() {
    let bytes = LEARNED.adaptation.to_bytes();
    let options = parlance_analysis::train::Options {
        corpus: Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/climbing"),
        public: None,
        rows_log2: 10,
        version: "other".to_owned(),
        compare: false,
    };
    let other = parlance_analysis::train::run(&options).unwrap().weights;
    let error = Adaptation::from_bytes(&bytes, &other).unwrap_err();
    assert!(
        matches!(&error, WeightsError::Base { expected, .. } if expected == "other"),
        "{error}"
    );
    assert!(
        error.to_string().contains(Trained::shipped().weights().version()),
        "{error}"
    );
}

#[test]
fn too_few_corrections_say_how_many_are_needed() {
    let hall = hall();
    let weights = Trained::shipped();
    let Err(Error::TooFew { have, needed }) = adapt(weights.weights(), &hall[..30], &hall[30..], "few") else {
        panic!("thirty are too few");
    };
    assert_eq!((have, needed), (30, 40));
    // The same message again is not another one; nor is it when it is written in capitals.
    let mut same = vec![hall[0].clone(); 100];
    same[0].text = same[0].text.to_uppercase();
    let error = adapt(weights.weights(), &same, &[], "same").unwrap_err();
    assert!(error.to_string().contains("40 different messages"), "{error}");
    assert!(matches!(error, Error::TooFew { have: 1, .. }));
}

#[test]
fn a_task_with_few_corrections_stays_as_it_is() {
    let mut hall = hall();
    for message in &mut hall[20..] {
        message.sentiment = None;
    }
    let adapted = learned(&hall[..CORRECTED], &[]);
    let tasks: Vec<Task> = adapted.measured.iter().map(|measurement| measurement.task).collect();
    assert_eq!(tasks, [Task::Intent, Task::Urgency]);
    for message in &hall[CORRECTED..] {
        let ([_, before, ..], [_, after, ..]) = (
            said(None, &message.text),
            said(Some(&adapted.adaptation), &message.text),
        );
        assert_eq!(before, after, "{}", message.text);
    }
}

#[test]
fn labels_at_random_teach_nothing() {
    let hall = hall();
    for seed in 0..2 {
        let mut state = seed;
        let mut any = |task: Task| task.label(random(&mut state) % task.classes());
        let mut corrected = hall[..2 * CORRECTED].to_vec();
        for message in &mut corrected {
            message.intent = any(Task::Intent).parse().ok();
            message.sentiment = any(Task::Sentiment).parse().ok();
            message.urgency = any(Task::Urgency).parse().ok();
        }
        // As when every message is labelled, and as when only what is wrong is corrected, which cannot make anything worse.
        let mut only_wrong = corrected.clone();
        only_wrong.retain(|message| {
            let said = said(None, &message.text);
            Task::ALL[..3]
                .iter()
                .all(|task| label(message, *task) != Some(said[*task as usize]))
        });
        assert!(only_wrong.len() > CORRECTED);
        for corrected in [&corrected[..CORRECTED], &only_wrong] {
            let adapted = learned(corrected, &[]);
            assert!(!adapted.is_better(), "{seed}: {:?}", adapted.measured);
            assert_eq!(adapted.adaptation.rows(), 0);
            // What is published says what it does: nothing.
            let published = adapted.measured.iter().map(Measured::from);
            assert!(published.into_iter().all(|measured| measured.before == measured.after));
        }
    }
}

#[test]
fn corrections_of_nothing_but_what_was_wrong_teach_too() {
    let hall = hall();
    let (corrected, rest) = hall.split_at(CORRECTED);
    let mut corrected = corrected.to_vec();
    corrected.retain(|message| label(message, Task::Intent) != Some(said(None, &message.text)[0]));
    let adapted = learned(&corrected, &[]);
    let (before, after) = (right(None, rest), right(Some(&adapted.adaptation), rest));
    println!("with {} corrections: {before:.1?} to {after:.1?}", corrected.len());
    assert!(after[0] >= before[0] + 12.0, "{before:?} {after:?}");
}

#[test]
fn the_label_none_is_not_learned() {
    let mut hall = hall();
    hall.iter_mut().for_each(|message| message.intent = Some(Intent::None));
    let adapted = learned(&hall[..CORRECTED], &[]);
    assert!(
        adapted
            .measured
            .iter()
            .all(|measurement| measurement.task != Task::Intent)
    );
}
