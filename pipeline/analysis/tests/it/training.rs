//! Training, from a corpus small enough to follow.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use parlance_analysis::train::{self, Options, samples};
use parlance_analysis::{Analyser, Context, Trained, Weights, WeightsError, region_of};
use parlance_schemas::labels::{Direction, Intent, Language, MessageType};

fn corpus(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn small() -> tempfile::TempDir {
    corpus(&[
        (
            "en/a-01.txt",
            "# fruit and rooms\n[order_inquiry neutral medium]\nwhere are my apples\nwhere is the pear I bought\napples late again\n\
             [appointment_request neutral low]\na room for tonight please\nany room on friday\nroom for two nights\n",
        ),
        (
            "de/a-01.txt",
            "[order_inquiry neutral medium]\nwo bleiben meine äpfel\nwo ist die birne\nbirne und äpfel fehlen\n\
             [appointment_request neutral low]\nein zimmer für heute bitte\nist ein zimmer frei\nzimmer für zwei nächte\n",
        ),
        (
            "en/y-01.txt",
            "[order_inquiry neutral medium]\nmy apples are not here\n",
        ),
    ])
}

fn options(folder: &Path) -> Options {
    Options {
        corpus: folder.to_owned(),
        public: None,
        rows_log2: 12,
        version: "small".to_owned(),
        compare: true,
    }
}

#[test]
fn what_was_learned_is_said_and_survives_the_file() {
    let folder = small();
    let trained = train::run(&options(folder.path())).unwrap();
    let weights = Weights::from_bytes(&trained.weights.to_bytes()).unwrap();
    let analyser = Trained::with(weights);
    let context = Context {
        direction: Direction::Inbound,
        message_type: MessageType::Text,
        sent_at: Timestamp::UNIX_EPOCH,
        custom: Arc::default(),
        region: region_of(""),
    };
    let analysis = analyser.analyse("apples please", &context);
    assert_eq!(
        (analysis.labels.intent.0, analysis.labels.language.0),
        (Intent::OrderInquiry, Language::En)
    );
    let analysis = analyser.analyse("zimmer", &context);
    assert_eq!(
        (analysis.labels.intent.0, analysis.labels.language.0),
        (Intent::AppointmentRequest, Language::De)
    );
    assert_eq!(analyser.name(&parlance_analysis::Custom::default()), "small");
}

#[test]
fn the_same_samples_make_the_same_weights_to_the_byte() {
    let folder = small();
    let once = train::run(&options(folder.path())).unwrap();
    let again = train::run(&options(folder.path())).unwrap();
    assert_eq!(once.weights.to_bytes(), again.weights.to_bytes());
}

#[test]
fn authors_kept_apart_are_measured_on_and_not_learned_from() {
    let folder = small();
    let trained = train::run(&options(folder.path())).unwrap();
    assert_eq!(trained.report.learned["parlance/a"], 12);
    assert!(!trained.report.learned.contains_key("parlance/y"));
    let apart = trained
        .report
        .measured
        .iter()
        .find(|one| one.set == "authors apart")
        .unwrap();
    assert_eq!(apart.samples, 1);
    let card = trained.report.card();
    assert!(
        card.contains("small") && card.contains("naive Bayes") && card.contains("embedding bag"),
        "{card}"
    );
}

#[test]
fn what_is_wrong_with_a_corpus_is_named_with_file_and_line() {
    for (file, text, line, problem) in [
        ("en/a-01.txt", "hello\n", 1, "before the first section"),
        (
            "en/a-01.txt",
            "# x\n[other neutral]\nhello\n",
            2,
            "[intent sentiment urgency]",
        ),
        ("en/a-01.txt", "[other neutral lowest]\n", 1, "unknown urgency `lowest`"),
        ("xx/a-01.txt", "[other neutral low]\nhello\n", 0, "no language"),
    ] {
        let folder = corpus(&[(file, text)]);
        let error = samples::corpus(folder.path()).unwrap_err();
        let samples::Error::Line {
            line: at,
            problem: said,
            ..
        } = &error
        else {
            panic!("{error}");
        };
        assert_eq!(*at, line, "{error}");
        assert!(said.contains(problem), "{error}");
    }
    assert!(matches!(
        samples::corpus(&PathBuf::from("/nowhere")),
        Err(samples::Error::Io { .. })
    ));
}

#[test]
fn a_message_may_begin_with_the_signs_of_the_format() {
    let folder = corpus(&[(
        "en/a-01.txt",
        "[spam neutral low]\n\\[WEB] you won\n\\#1 offer\ntwo\\nlines\n",
    )]);
    let texts: Vec<_> = samples::corpus(folder.path())
        .unwrap()
        .into_iter()
        .map(|sample| sample.text)
        .collect();
    assert_eq!(texts, ["[WEB] you won", "#1 offer", "two\nlines"]);
}

#[test]
fn damaged_weights_are_refused() {
    let folder = small();
    let bytes = train::run(&options(folder.path())).unwrap().weights.to_bytes();
    for cut in [0, 4, 20, bytes.len() / 2] {
        assert!(Weights::from_bytes(&bytes[..cut]).is_err(), "{cut}");
    }
    let content = zstd::decode_all(bytes.as_slice()).unwrap();
    for place in [0, 9, 100, content.len() / 2, content.len() - 1] {
        let mut flipped = content.clone();
        flipped[place] ^= 1;
        let flipped = zstd::encode_all(flipped.as_slice(), 1).unwrap();
        assert!(
            matches!(Weights::from_bytes(&flipped), Err(WeightsError::Damaged(_))),
            "{place}"
        );
    }
}

#[test]
fn the_shipped_corpus_can_be_read_and_has_every_language_and_label() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let samples = samples::corpus(&folder).unwrap();
    for language in &Language::ALL[..10] {
        for intent in &Intent::ALL[..9] {
            let found = samples
                .iter()
                .filter(|sample| sample.language == Some(*language) && sample.intent == Some(*intent));
            assert!(found.count() >= 50, "{intent} in {language}");
        }
    }
}
