//! Multinomial logistic regression on hashed features, by Adagrad.
//!
//! A text is the sum of its features' weights over the square root of their number. Each time a text is learned from, some of its
//! features are left out at random, so that none is relied upon alone (Wager, Wang, Liang 2013: dropout as adaptive
//! regularisation); labels are softened so that the noise of sources does not become certainty.

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::model::softmax;

/// A text to learn from.
#[derive(Clone, Debug)]
pub(crate) struct Example<'a> {
    /// Rows of its features.
    pub(crate) rows: &'a [u32],
    /// How likely each class is to be the right one; adds up to 1.
    pub(crate) target: Vec<f32>,
    /// How much it counts; 1 is normal.
    pub(crate) weight: f32,
}

/// How to learn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) epochs: usize,
    pub(crate) rate: f32,
    /// Share of features left out, 0 to 1.
    pub(crate) dropout: f32,
    pub(crate) seed: u64,
}

/// What was learned.
#[derive(Clone, Debug)]
pub(crate) struct Linear {
    pub(crate) classes: usize,
    pub(crate) bias: Vec<f32>,
    /// Row by row, a weight for each class.
    pub(crate) weights: Vec<f32>,
}

impl Linear {
    /// Learns from examples whose rows are all below `rows`.
    pub(crate) fn learn(examples: &[Example<'_>], rows: usize, classes: usize, options: Options) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
        let mut model = Self {
            classes,
            bias: vec![0.0; classes],
            weights: vec![0.0; rows * classes],
        };
        let mut squares = vec![1e-4_f32; rows * classes];
        let mut bias_squares = vec![1e-2_f32; classes];
        let mut order: Vec<usize> = (0..examples.len()).collect();
        let (mut kept, mut p) = (Vec::new(), vec![0.0_f32; classes]);
        for epoch in 0..options.epochs {
            order.shuffle(&mut rng);
            let rate = options.rate * (1.0 - epoch as f32 / options.epochs as f32).max(0.1);
            for &number in &order {
                let example = &examples[number];
                kept.clear();
                kept.extend(example.rows.iter().filter(|_| rng.random::<f32>() >= options.dropout));
                if kept.is_empty() {
                    continue;
                }
                let scale = 1.0 / (kept.len() as f32).sqrt();
                model.logits(&kept, &mut p);
                softmax(&mut p);
                for (class, p) in p.iter_mut().enumerate() {
                    *p = (*p - example.target[class]) * example.weight;
                    let gradient = *p;
                    bias_squares[class] += gradient * gradient;
                    model.bias[class] -= rate * gradient / bias_squares[class].sqrt();
                    *p *= scale;
                }
                for &row in &kept {
                    let at = row as usize * classes;
                    let weights = &mut model.weights[at..at + classes];
                    let squares = &mut squares[at..at + classes];
                    for ((weight, square), gradient) in weights.iter_mut().zip(squares).zip(&p) {
                        *square += gradient * gradient;
                        *weight -= rate * gradient / square.sqrt();
                    }
                }
            }
        }
        model
    }

    /// The classes' logits for a text's rows, into `out`.
    pub(crate) fn logits(&self, rows: &[u32], out: &mut [f32]) {
        out.fill(0.0);
        for &row in rows {
            let at = row as usize * self.classes;
            for (sum, weight) in out.iter_mut().zip(&self.weights[at..at + self.classes]) {
                *sum += weight;
            }
        }
        let scale = 1.0 / (rows.len().max(1) as f32).sqrt();
        for (sum, bias) in out.iter_mut().zip(&self.bias) {
            *sum = *sum * scale + bias;
        }
    }
}
