//! How each task is learned: how much each source counts, and the numbers that were found to work on authors and sources apart.

use super::logistic;
use super::samples::Sample;
use crate::weights::Task;

/// The files of public data, and the task each is labelled for.
pub(crate) const PUBLIC_FILES: [(&str, Task); 5] = [
    ("intent.jsonl", Task::Intent),
    ("sentiment.jsonl", Task::Sentiment),
    ("urgency.jsonl", Task::Urgency),
    ("language.jsonl", Task::Language),
    ("language_other.jsonl", Task::Language),
];

/// Authors of the corpus whose messages are kept apart, to measure on and to calibrate with.
const APART: [&str; 2] = ["parlance/y", "parlance/z"];

/// Whether a sample of the corpus is kept apart.
pub(crate) fn is_apart(sample: &Sample) -> bool {
    APART.contains(&sample.source.as_str())
}

/// What a task's weights count when features compete for rows. Languages are told apart by far fewer than the table holds.
pub(crate) fn importance(task: Task) -> f32 {
    match task {
        Task::Language => 0.1,
        Task::Intent | Task::Sentiment | Task::Urgency => 1.0,
    }
}

/// How a task is learned.
pub(crate) struct Recipe {
    task: Task,
    pub(crate) options: logistic::Options,
    /// 0: classes count as often as they occur; 1: all the same.
    pub(crate) balance: f32,
    /// Share of a label's certainty that goes to the other classes.
    smoothing: f32,
}

impl Recipe {
    pub(crate) fn of(task: Task) -> Self {
        let options = logistic::Options {
            epochs: 8,
            rate: 0.3,
            dropout: 0.3,
            seed: 1,
        };
        Self {
            task,
            options,
            balance: 0.5,
            smoothing: 0.05,
        }
    }

    /// How much a sample counts: messages of the corpus are what customers write and have every label; public sources are of
    /// other kinds, and the labels of some are guesses. Left out in turn, urgency gains most from the others, and sentiment
    /// loses by subtitles that were labelled by way of their translations.
    pub(crate) fn weight(&self, sample: &Sample) -> f32 {
        match (self.task, sample.source.as_str()) {
            (_, source) if source.starts_with("parlance/") => 1.0,
            (Task::Language, _) => 1.0,
            (Task::Intent, _) => 0.15,
            (Task::Urgency, _) => 0.4,
            (Task::Sentiment, "goemotions" | "kote") => 0.15,
            (Task::Sentiment, _) => 0.05,
        }
    }

    /// A class's label, softened. Of urgency the neighbours on the scale get the softness, for a message between two is
    /// what people differ on.
    pub(crate) fn target(&self, class: usize, classes: usize) -> Vec<f32> {
        let mut target = vec![0.0; classes];
        target[class] = 1.0 - self.smoothing;
        if self.task == Task::Urgency {
            let neighbours: Vec<usize> = [class.checked_sub(1), (class + 1 < classes).then_some(class + 1)]
                .into_iter()
                .flatten()
                .collect();
            for neighbour in &neighbours {
                target[*neighbour] += self.smoothing / neighbours.len() as f32;
            }
        } else {
            for share in &mut target {
                *share += self.smoothing / classes as f32;
            }
        }
        target
    }
}
