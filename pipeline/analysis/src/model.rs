//! From a text to the probability of every label, in one pass over its features.

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
    features: Vec<(Feature, Origin)>,
    /// The rows of those features that were learned, and where they stand; scoring fills it.
    pub(crate) found: Vec<(usize, Origin)>,
}

impl Reading {
    /// Reads a text and scores it.
    pub(crate) fn score(&mut self, weights: &Weights, text: &str) -> Scores {
        self.text.read(text);
        self.features.clear();
        each_feature(&self.text, |feature, origin| self.features.push((feature, origin)));
        self.look_up(weights);
        let mut sums = Sums::default();
        for (number, _) in &self.found {
            sums.add(weights.row(*number));
        }
        let (sums, known) = sums.finish();
        let mut of = [0.0; CLASSES];
        for head in weights.heads() {
            probabilities(head, &sums[head.task.place()], known, &mut of[head.task.place()]);
        }
        Scores { of, known }
    }

    /// Finds the features' rows. The table is larger than the near caches, so its lines are awaited side by side: nothing
    /// here branches on what a line holds, an entry that is not learned is written over by the next.
    fn look_up(&mut self, weights: &Weights) {
        self.found.clear();
        self.found.resize(self.features.len() + 1, (0, Origin::Text));
        let mut found = 0;
        for (feature, origin) in &self.features {
            let (number, learned) = weights.find(*feature);
            self.found[found] = (number, *origin);
            found += usize::from(learned);
        }
        self.found.truncate(found);
    }
}

fn probabilities(head: &Head, sums: &[i32], known: u32, out: &mut [f32]) {
    let scale = head.scale / (known.max(1) as f32).sqrt();
    for ((out, sum), bias) in out.iter_mut().zip(sums).zip(&head.bias) {
        *out = *sum as f32 * scale + bias;
    }
    softmax(out);
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

/// Sums of rows: in sixteen bits, eight lanes an instruction, emptied into wider ones before they can overflow.
struct Sums {
    narrow: [i16; ROW],
    wide: [i32; ROW],
    rows: u32,
}

impl Default for Sums {
    fn default() -> Self {
        Self {
            narrow: [0; ROW],
            wide: [0; ROW],
            rows: 0,
        }
    }
}

impl Sums {
    /// 255 · 128 is the most that sixteen bits hold.
    const NARROW_ROWS: u32 = 255;

    fn add(&mut self, row: &[i8; ROW]) {
        for (sum, weight) in self.narrow.iter_mut().zip(row) {
            *sum += i16::from(*weight);
        }
        self.rows += 1;
        if self.rows.is_multiple_of(Self::NARROW_ROWS) {
            self.widen();
        }
    }

    fn widen(&mut self) {
        for (wide, narrow) in self.wide.iter_mut().zip(&mut self.narrow) {
            *wide += i32::from(std::mem::take(narrow));
        }
    }

    fn finish(mut self) -> ([i32; ROW], u32) {
        self.widen();
        (self.wide, self.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_right_beyond_what_sixteen_bits_hold() {
        let mut sums = Sums::default();
        let mut row = [127; ROW];
        row[3] = -128;
        for _ in 0..1_000 {
            sums.add(&row);
        }
        let (sums, rows) = sums.finish();
        assert_eq!((rows, sums[0], sums[3]), (1_000, 127_000, -128_000));
    }

    #[test]
    fn logits_of_any_size_become_probabilities() {
        let mut values = [1e30, 1e30, -1e30];
        softmax(&mut values);
        assert_eq!(values, [0.5, 0.5, 0.0]);
    }
}
