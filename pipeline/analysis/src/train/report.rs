//! How good weights are on messages they did not learn from.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use serde::Serialize;

use super::Samples;
use super::samples::Sample;
use super::scores::{self, Outcome};
use crate::model::Reading;
use crate::weights::{Task, Weights};

/// The set of samples by authors of the corpus who wrote nothing that was learned from.
pub(crate) const APART: &str = "authors apart";

/// What is measured: a task, or what a task's labels come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Sentiment as positive (with excited), negative (with angry and frustrated) or neutral.
    Polarity,
    /// Urgency as to be acted on at once (urgent and critical) or not.
    AtOnce,
    /// The labels of a task.
    #[serde(untagged)]
    Task(Task),
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Task(task) => task.fmt(f),
            Self::Polarity => f.write_str("polarity"),
            Self::AtOnce => f.write_str("at once"),
        }
    }
}

impl Measure {
    const ALL: [Self; 6] = [
        Self::Task(Task::Intent),
        Self::Task(Task::Sentiment),
        Self::Polarity,
        Self::Task(Task::Urgency),
        Self::AtOnce,
        Self::Task(Task::Language),
    ];

    /// Names of its classes.
    pub fn labels(self) -> Vec<&'static str> {
        match self {
            Self::Task(task) => (0..task.classes()).map(|class| task.label(class)).collect(),
            Self::Polarity => vec!["positive", "negative", "neutral"],
            Self::AtOnce => vec!["later", "at once"],
        }
    }

    fn task(self) -> Task {
        match self {
            Self::Task(task) => task,
            Self::Polarity => Task::Sentiment,
            Self::AtOnce => Task::Urgency,
        }
    }

    /// Its class for a class of its task.
    fn class(self, class: usize) -> usize {
        match (self, self.task().label(class)) {
            (Self::Task(_), _) => class,
            (Self::Polarity, "positive" | "excited") => 0,
            (Self::Polarity, "negative" | "angry" | "frustrated") => 1,
            (Self::Polarity, _) => 2,
            (Self::AtOnce, label) => usize::from(matches!(label, "urgent" | "critical")),
        }
    }

    fn outcome(self, truth: usize, scores: &[f32]) -> Outcome {
        let mut of = vec![0.0; self.labels().len()];
        for (class, score) in scores.iter().enumerate() {
            of[self.class(class)] += score;
        }
        let said = (1..of.len()).fold(0, |best, class| if of[class] > of[best] { class } else { best });
        Outcome {
            truth: self.class(truth),
            said,
            confidence: of[said],
        }
    }
}

/// Scores on one set of samples.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// What was measured.
    pub measure: Measure,
    /// Where the samples come from.
    pub set: String,
    /// How many.
    pub samples: usize,
    /// Share right, 0 to 1.
    pub accuracy: f64,
    /// Mean F1 of the classes that occur, 0 to 1.
    pub macro_f1: f64,
    /// Expected calibration error over ten bins, 0 to 1.
    pub calibration_error: f64,
    /// Share right of the more confident half.
    pub top_half: f64,
    /// Precision, recall and F1 of each class that occurs.
    pub classes: BTreeMap<&'static str, [f64; 3]>,
}

/// Everything that was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The weights' version.
    pub version: String,
    /// Samples learned from, by source.
    pub learned: BTreeMap<String, usize>,
    /// The scores.
    pub measured: Vec<Measured>,
    /// The same of other families of classifiers, learned from the same samples; empty unless asked for.
    pub families: Vec<(&'static str, Vec<Measured>)>,
    /// Each public source by weights that were learned without it.
    pub left_out: Vec<Measured>,
}

pub(crate) fn measure(weights: &Weights, samples: &Samples) -> Report {
    let mut learned = BTreeMap::new();
    for sample in &samples.learned {
        *learned.entry(sample.source.clone()).or_default() += 1;
    }
    Report {
        version: weights.version().to_owned(),
        learned,
        measured: measure_with(of_weights(weights), samples),
        families: Vec::new(),
        left_out: Vec::new(),
    }
}

/// The probability of each class of each task, for a text.
type Scores = [Vec<f32>; 4];

fn of_weights(weights: &Weights) -> impl FnMut(&str) -> Scores {
    let mut reading = Reading::default();
    move |text| {
        let scores = reading.score(weights, None, text);
        Task::ALL.map(|task| scores.task(task).to_vec())
    }
}

/// Measures any classifier on the samples that were not learned from.
pub(crate) fn measure_with(classify: impl FnMut(&str) -> Scores, samples: &Samples) -> Vec<Measured> {
    let mut sets: BTreeMap<String, Vec<&Sample>> = BTreeMap::new();
    for sample in &samples.apart {
        sets.entry(APART.to_owned()).or_default().push(sample);
        if let Some(language) = sample.spoken {
            sets.entry(format!("{APART}, {language}")).or_default().push(sample);
        }
    }
    for sample in &samples.barred {
        sets.entry(sample.source.clone()).or_default().push(sample);
    }
    measured_sets(classify, &sets)
}

/// Measures any classifier on one set.
pub(crate) fn measure_each(classify: impl FnMut(&str) -> Scores, set: &str, samples: &[&Sample]) -> Vec<Measured> {
    measured_sets(classify, &BTreeMap::from([(set.to_owned(), samples.to_vec())]))
}

/// Measures labelled samples that were not learned from: all together, and by the language they are said to be in.
pub fn evaluate(weights: &Weights, samples: &[Sample]) -> Vec<Measured> {
    let mut sets: BTreeMap<String, Vec<&Sample>> = BTreeMap::new();
    sets.insert("all".to_owned(), samples.iter().collect());
    for sample in samples {
        if let Some(language) = sample.spoken {
            sets.entry(language.to_string()).or_default().push(sample);
        }
    }
    measured_sets(of_weights(weights), &sets)
}

fn measured_sets(mut classify: impl FnMut(&str) -> Scores, sets: &BTreeMap<String, Vec<&Sample>>) -> Vec<Measured> {
    let mut outcomes: BTreeMap<(usize, &str), Vec<Outcome>> = BTreeMap::new();
    for (set, samples) in sets {
        for sample in samples {
            let scores = classify(&sample.text);
            for (place, measure) in Measure::ALL.into_iter().enumerate() {
                if let Some(truth) = sample.class(measure.task()) {
                    let outcome = measure.outcome(truth, &scores[measure.task() as usize]);
                    outcomes.entry((place, set)).or_default().push(outcome);
                }
            }
        }
    }
    outcomes
        .into_iter()
        .map(|((place, set), outcomes)| measured(Measure::ALL[place], set.to_owned(), &outcomes))
        .collect()
}

fn measured(measure: Measure, set: String, outcomes: &[Outcome]) -> Measured {
    let labels = measure.labels();
    let classes = scores::by_class(outcomes, labels.len()).into_iter().zip(&labels);
    Measured {
        measure,
        set,
        samples: outcomes.len(),
        accuracy: scores::accuracy(outcomes),
        macro_f1: scores::macro_f1(outcomes, labels.len()),
        calibration_error: scores::calibration_error(outcomes),
        top_half: scores::top_half(outcomes),
        classes: classes
            .filter(|(score, _)| score.truly > 0)
            .map(|(score, label)| (*label, [score.precision, score.recall, score.f1]))
            .collect(),
    }
}

impl Report {
    /// The model card (Mitchell and others 2019), in Markdown.
    pub fn card(&self) -> String {
        let mut card = format!(include_str!("card.md"), version = self.version);
        card.push_str("## Learned from\n\n| source | messages |\n|---|---:|\n");
        for (source, count) in &self.learned {
            writeln!(card, "| {source} | {count} |").expect("a text takes any text");
        }
        card.push_str("\n## Measured\n\n");
        card.push_str(&table(&self.measured));
        for apart in self.measured.iter().filter(|one| one.set == APART) {
            card.push('\n');
            card.push_str(&class_table(apart));
        }
        if !self.left_out.is_empty() {
            card.push_str("\n## Public sources, each by weights learned without it\n\n");
            card.push_str(&table(&self.left_out));
        }
        if !self.families.is_empty() {
            card.push_str("\n## Other families, from the same messages and features, neither pruned nor rounded\n");
            for (family, measured) in &self.families {
                let kept: Vec<Measured> = measured
                    .iter()
                    .filter(|one| !one.set.starts_with("authors apart, "))
                    .cloned()
                    .collect();
                write!(card, "\n### {family}\n\n{}", table(&kept)).expect("a text takes any text");
            }
        }
        card
    }
}

/// Scores as a table in Markdown.
pub fn table(measured: &[Measured]) -> String {
    let mut table = String::from(
        "| | measured on | messages | macro-F1 | accuracy | of the surer half | calibration error |\n\
         |---|---|---:|---:|---:|---:|---:|\n",
    );
    for row in measured {
        let percent = [row.macro_f1, row.accuracy, row.top_half, row.calibration_error].map(|share| 100.0 * share);
        let [f1, accuracy, top_half, calibration] = percent;
        writeln!(
            table,
            "| {} | {} | {} | {f1:.1} | {accuracy:.1} | {top_half:.1} | {calibration:.1} |",
            row.measure, row.set, row.samples
        )
        .expect("a text takes any text");
    }
    table
}

/// Precision, recall and F1 of each class of a set, as a table in Markdown.
pub fn class_table(measured: &Measured) -> String {
    let mut table = format!(
        "| {} ({}) | precision | recall | F1 |\n|---|---:|---:|---:|\n",
        measured.measure, measured.set
    );
    for (label, [precision, recall, f1]) in &measured.classes {
        let [precision, recall, f1] = [precision, recall, f1].map(|share| 100.0 * share);
        writeln!(table, "| {label} | {precision:.1} | {recall:.1} | {f1:.1} |").expect("a text takes any text");
    }
    table
}
