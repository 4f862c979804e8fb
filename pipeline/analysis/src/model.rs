//! From a text to the probability of every label, in one pass over its features.

use crate::adapted::Adaptation;
use crate::features::{Feature, Origin, each_feature};
use crate::text::Text;
use crate::weights::{CLASSES, Head, ROW, Task, Weights};

/// The probability of every class of every task, in the order of [`Task::place`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scores {
    of: [f32; CLASSES],
    /// How many of the text's features were learned. With none, the scores are the priors.
    pub(crate) known: u32,
}

impl Scores {
    /// The probabilities of a task's classes.
    pub(crate) fn task(&self, task: Task) -> &[f32] {
        &self.of[task.place()]
    }

    /// The same, to be changed.
    pub(crate) fn task_mut(&mut self, task: Task) -> &mut [f32] {
        &mut self.of[task.place()]
    }

    /// The likeliest class of a task, the first of equals.
    pub(crate) fn best(&self, task: Task) -> usize {
        let scores = self.task(task);
        (1..scores.len()).fold(0, |best, class| if scores[class] > scores[best] { class } else { best })
    }

    /// The likeliest class of a task but for the best.
    pub(crate) fn second(&self, task: Task) -> usize {
        let scores = self.task(task);
        let best = self.best(task);
        let first = usize::from(best == 0);
        (0..scores.len())
            .filter(|class| *class != best)
            .fold(
                first,
                |second, class| if scores[class] > scores[second] { class } else { second },
            )
    }
}

/// A text as it was read and scored, kept from text to text for its memory.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) text: Text,
    pub(crate) features: Vec<(Feature, Origin)>,
    found: Vec<Found>,
    /// How many of `found` are of this text; behind them is what others left.
    known: usize,
    /// Those features that have a row in the adaptation: its number, and where the feature stands.
    pub(crate) adapted: Vec<(usize, Origin)>,
}

/// A feature that was learned: its row, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) row: u32,
    pub(crate) origin: Origin,
}

impl Reading {
    /// Reads a text and scores it, with what was learned on top of the weights, if anything was.
    pub(crate) fn score(&mut self, weights: &Weights, adaptation: Option<&Adaptation>, text: &str) -> Scores {
        let (mut of, known) = self.logits(weights, text);
        self.adapted.clear();
        if let Some(adaptation) = adaptation {
            adaptation.look_up(&self.features, &mut self.adapted);
            let rows = self.adapted.iter().map(|(number, _)| *number);
            adaptation.add(rows, self.features.len(), &mut of);
        }
        for task in Task::ALL {
            softmax(&mut of[task.place()]);
        }
        Scores { of, known }
    }

    /// Reads a text: the logit of every class, and how many of its features were learned.
    pub(crate) fn logits(&mut self, weights: &Weights, text: &str) -> ([f32; CLASSES], u32) {
        self.text.read(text);
        self.look_up(weights);
        let sums = sums(weights, self.found());
        let known = self.known as u32;
        let mut of = [0.0; CLASSES];
        for head in weights.heads() {
            logits_of_task(head, &sums[head.task.place()], known, &mut of[head.task.place()]);
        }
        (of, known)
    }

    /// The features that were learned, in the order of the text.
    pub(crate) fn found(&self) -> &[Found] {
        &self.found[..self.known]
    }

    /// Finds the features' rows. Nothing here branches on what a look-up brings: an entry that is not learned is written
    /// over by the next.
    fn look_up(&mut self, weights: &Weights) {
        const NONE: Found = Found {
            row: 0,
            origin: Origin::Text,
        };
        self.features.clear();
        each_feature(&self.text, |feature, origin| self.features.push((feature, origin)));
        weights.fetch(self.features.iter().map(|(feature, _)| *feature));
        self.found.resize(self.found.len().max(self.features.len() + 1), NONE);
        self.known = 0;
        for (feature, origin) in &self.features {
            let (row, learned) = weights.find(*feature);
            self.found[self.known] = Found { row, origin: *origin };
            self.known += usize::from(learned);
        }
    }
}

/// What a weight of one adds to a task's logits, for a text with so many learned features.
pub(crate) fn unit(head: &Head, known: u32) -> f32 {
    head.scale / (known.max(1) as f32).sqrt()
}

fn logits_of_task(head: &Head, sums: &[i32], known: u32, out: &mut [f32]) {
    let scale = unit(head, known);
    for ((out, sum), bias) in out.iter_mut().zip(sums).zip(&head.bias) {
        *out = *sum as f32 * scale + bias;
    }
}

/// Logits to probabilities, in place.
pub(crate) fn softmax(values: &mut [f32]) {
    let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for value in values.iter_mut() {
        *value = (*value - most).exp();
        sum += *value;
    }
    for value in values.iter_mut() {
        *value /= sum;
    }
}

/// The sums of rows.
fn sums(weights: &Weights, found: &[Found]) -> [i32; ROW] {
    let mut sums = [0; ROW];
    for found in found.chunks(NARROW_ROWS) {
        for (sum, narrow) in sums.iter_mut().zip(narrow_sums(weights, found)) {
            *sum += i32::from(narrow);
        }
    }
    sums
}

/// 255 · 128 is the most that sixteen bits hold.
const NARROW_ROWS: usize = 255;

/// The sums of so few rows that sixteen bits hold them: eight lanes an instruction. The compiler makes it four where it sees
/// that the sums are widened in the end.
#[inline(never)]
fn narrow_sums(weights: &Weights, found: &[Found]) -> [i16; ROW] {
    let mut sums = [0_i16; ROW];
    for found in found {
        for (sum, weight) in sums.iter_mut().zip(weights.row(found.row)) {
            *sum += i16::from(*weight);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_right_beyond_what_sixteen_bits_hold() {
        let mut row = [127; ROW];
        row[3] = -128;
        let head = |task: Task| Head {
            task,
            scale: 1.0,
            bias: vec![0.0; task.classes()],
        };
        let weights = Weights::new(String::new(), Task::ALL.map(head), &[row, row]);
        let found = Found {
            row: 1,
            origin: Origin::Text,
        };
        let sums = sums(&weights, &[found; 1_000]);
        assert_eq!((sums[0], sums[3]), (127_000, -128_000));
    }

    #[test]
    fn logits_of_any_size_become_probabilities() {
        let mut values = [1e30, 1e30, -1e30];
        softmax(&mut values);
        assert_eq!(values, [0.5, 0.5, 0.0]);
    }
}
