//! Who is measured on messages: our analyser, and others that tell languages or feelings apart.

use lingua::LanguageDetectorBuilder;
use parlance_analysis::{Task, Trained};
use parlance_schemas::labels::Language;
use vader_sentiment::SentimentIntensityAnalyzer;

/// A name, and what is said of a text.
pub(crate) type Contender<'a, T> = (&'static str, Box<dyn Fn(&str) -> T + 'a>);

/// What tells languages apart. All but `whichlang`, which knows sixteen and cannot be told to leave any out, choose among the ten.
pub(crate) fn detectors(analyser: &Trained) -> [Contender<'_, Language>; 5] {
    let lingua = |low: bool| {
        let mut builder = LanguageDetectorBuilder::from_all_languages();
        builder.with_preloaded_language_models();
        if low {
            builder.with_low_accuracy_mode();
        }
        let detector = builder.build();
        move |text: &str| match detector.detect_language_of(text) {
            Some(lingua::Language::Arabic) => Language::Ar,
            Some(lingua::Language::Chinese) => Language::Zh,
            Some(lingua::Language::German) => Language::De,
            Some(lingua::Language::English) => Language::En,
            Some(lingua::Language::French) => Language::Fr,
            Some(lingua::Language::Italian) => Language::It,
            Some(lingua::Language::Japanese) => Language::Ja,
            Some(lingua::Language::Korean) => Language::Ko,
            Some(lingua::Language::Portuguese) => Language::Pt,
            Some(lingua::Language::Spanish) => Language::Es,
            None => Language::None,
        }
    };
    let ten = ["ara", "cmn", "deu", "eng", "fra", "ita", "jpn", "kor", "por", "spa"];
    let ten = ten.map(|code| whatlang::Lang::from_code(code).expect("a language it knows"));
    let whatlang = whatlang::Detector::with_allowlist(ten.to_vec());
    [
        (
            "ours (with all other labels)",
            Box::new(|text| {
                let [.., languages] = analyser.scores(text, None);
                best(&languages).parse().expect("a label of the vocabulary")
            }),
        ),
        ("lingua, high accuracy", Box::new(lingua(false))),
        ("lingua, low accuracy", Box::new(lingua(true))),
        (
            "whichlang",
            Box::new(|text| of_code(whichlang::detect_language(text).three_letter_code())),
        ),
        (
            "whatlang",
            Box::new(move |text| {
                let said = whatlang.detect_lang(text);
                said.map_or(Language::None, |said| of_code(said.code()))
            }),
        ),
    ]
}

/// The language of a code of ISO 639-3.
fn of_code(code: &str) -> Language {
    match code {
        "ara" => Language::Ar,
        "cmn" => Language::Zh,
        "deu" => Language::De,
        "eng" => Language::En,
        "fra" => Language::Fr,
        "ita" => Language::It,
        "jpn" => Language::Ja,
        "kor" => Language::Ko,
        "por" => Language::Pt,
        "spa" => Language::Es,
        _ => Language::Other,
    }
}

/// What tells whether a sender is content.
pub(crate) fn polarities(analyser: &Trained) -> [Contender<'_, &'static str>; 2] {
    let vader = SentimentIntensityAnalyzer::new();
    [
        (
            "ours (with all other labels)",
            Box::new(|text| {
                let scores = analyser.scores(text, None);
                let mut polarities = ["positive", "negative", "neutral"].map(|polarity| (polarity, 0.0));
                for (label, score) in &scores[Task::Sentiment as usize] {
                    let polarity = polarities.iter_mut().find(|(name, _)| *name == polarity(label));
                    polarity.expect("one of the three").1 += score;
                }
                best(&polarities)
            }),
        ),
        (
            // Its authors' thresholds (Hutto and Gilbert 2014, README).
            "VADER",
            Box::new(move |text| match vader.polarity_scores(text)["compound"] {
                0.05.. => "positive",
                ..=-0.05 => "negative",
                _ => "neutral",
            }),
        ),
    ]
}

/// Of a label of sentiment, as the model card counts it.
pub(crate) fn polarity(sentiment: &str) -> &'static str {
    match sentiment {
        "positive" | "excited" => "positive",
        "negative" | "angry" | "frustrated" => "negative",
        _ => "neutral",
    }
}

fn best(scores: &[(&'static str, f32)]) -> &'static str {
    let best = scores.iter().max_by(|one, other| one.1.total_cmp(&other.1));
    best.expect("there are labels").0
}
