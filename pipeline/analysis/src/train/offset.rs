//! Multinomial logistic regression on top of another model: that one's logits stay as they are, what is learned is added.
//!
//! By Adagrad (Duchi, Hazan, Singer 2011), each weight drawn towards zero each time its feature is learned from: where the other
//! model is right, and where there is little evidence, little is added. Features are left out at random as in
//! [`logistic`](super::logistic).

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::model::softmax;

/// What Adagrad's sums of squares begin with: as much as about a hundred texts add, so that the first few do not move a weight as
/// far as all the others.
const FIRST_SQUARE: f32 = 0.1;

/// A text to learn from.
#[derive(Clone, Debug)]
pub(crate) struct Example<'a> {
    /// Numbers of those of its features that are learned, repeated as they repeat.
    pub(crate) rows: &'a [u32],
    /// How much a feature's weight adds to the text's logits.
    pub(crate) scale: f32,
    /// The other model's logits.
    pub(crate) offset: &'a [f32],
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
    /// How strongly weights are drawn to zero: half their squares, times this, are part of the loss at each occurrence.
    pub(crate) decay: f32,
    /// Share of features left out, 0 to 1; the others then count for more, as those of a shorter text do.
    pub(crate) dropout: f32,
    pub(crate) seed: u64,
}

/// Learns from examples whose rows are all below `rows`: row by row, a weight for each class.
pub(crate) fn learn(examples: &[Example<'_>], rows: usize, classes: usize, options: Options) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
    let mut weights = vec![0.0_f32; rows * classes];
    let mut squares = vec![FIRST_SQUARE; rows * classes];
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let (mut kept, mut p) = (Vec::new(), vec![0.0_f32; classes]);
    let grown = 1.0 / (1.0 - options.dropout).sqrt();
    for epoch in 0..options.epochs {
        order.shuffle(&mut rng);
        let rate = options.rate * (1.0 - epoch as f32 / options.epochs as f32).max(0.1);
        for &number in &order {
            let example = &examples[number];
            kept.clear();
            kept.extend(
                example
                    .rows
                    .iter()
                    .copied()
                    .filter(|_| rng.random::<f32>() >= options.dropout),
            );
            let scale = example.scale * grown;
            p.fill(0.0);
            for &row in &kept {
                let at = row as usize * classes;
                for (sum, weight) in p.iter_mut().zip(&weights[at..at + classes]) {
                    *sum += weight;
                }
            }
            for (logit, offset) in p.iter_mut().zip(example.offset) {
                *logit = *logit * scale + offset;
            }
            softmax(&mut p);
            for (p, target) in p.iter_mut().zip(&example.target) {
                *p = (*p - target) * example.weight * scale;
            }
            let decay = options.decay * example.weight;
            for &row in &kept {
                let at = row as usize * classes;
                let weights = &mut weights[at..at + classes];
                let squares = &mut squares[at..at + classes];
                for ((weight, square), gradient) in weights.iter_mut().zip(squares).zip(&p) {
                    let gradient = gradient + decay * *weight;
                    *square += gradient * gradient;
                    *weight -= rate * gradient / square.sqrt();
                }
            }
        }
    }
    weights
}
