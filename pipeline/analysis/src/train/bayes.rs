//! Multinomial naive Bayes (Manning, Raghavan, Schütze 2008, chapter 13): the simplest classifier there is, to compare with.

use super::logistic::Example;
use crate::model::softmax;

/// Added to every count, so that a feature that a class never had does not rule it out.
const SMOOTHING: f32 = 0.1;

/// Log-probabilities by class.
pub(crate) struct Bayes {
    classes: usize,
    prior: Vec<f32>,
    /// Row by row, a log-probability for each class.
    of_row: Vec<f32>,
}

impl Bayes {
    pub(crate) fn learn(examples: &[Example<'_>], rows: usize, classes: usize) -> Self {
        let mut prior = vec![SMOOTHING; classes];
        let mut of_row = vec![SMOOTHING; rows * classes];
        for example in examples {
            for (class, share) in example.target.iter().enumerate() {
                let count = share * example.weight;
                prior[class] += count;
                for row in example.rows {
                    of_row[*row as usize * classes + class] += count;
                }
            }
        }
        let mut totals = vec![0.0_f32; classes];
        for counts in of_row.chunks_exact(classes) {
            for (total, count) in totals.iter_mut().zip(counts) {
                *total += count;
            }
        }
        for counts in of_row.chunks_exact_mut(classes) {
            for (count, total) in counts.iter_mut().zip(&totals) {
                *count = (*count / total).ln();
            }
        }
        prior.iter_mut().for_each(|count| *count = count.ln());
        Self { classes, prior, of_row }
    }

    /// The classes' probabilities for a text's rows.
    pub(crate) fn scores(&self, rows: &[u32]) -> Vec<f32> {
        let mut sums = self.prior.clone();
        for row in rows {
            let at = *row as usize * self.classes;
            for (sum, log) in sums.iter_mut().zip(&self.of_row[at..at + self.classes]) {
                *sum += log;
            }
        }
        softmax(&mut sums);
        sums
    }
}
