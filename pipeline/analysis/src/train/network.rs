//! An embedding-bag network for all tasks at once (Joulin, Grave, Bojanowski, Mikolov 2017), to compare with: each feature is a
//! vector, a text the sum of its vectors over the square root of their number, and each task a linear layer on that.

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::model::softmax;
use crate::weights::Task;

/// Numbers in a vector.
const WIDTH: usize = 48;
const EPOCHS: usize = 6;
const RATE: f32 = 0.05;
const DROPOUT: f32 = 0.3;
/// What the sums of squared gradients begin with.
const FIRST_SQUARE: f32 = 1e-3;

/// A text with what it should be taken for.
pub(crate) struct Example {
    pub(crate) rows: Vec<u32>,
    /// By task: how likely each class is the right one, and how much the text counts.
    pub(crate) targets: [Option<(Vec<f32>, f32)>; 4],
}

/// Numbers that are learned by Adagrad.
struct Learned {
    values: Vec<f32>,
    squares: Vec<f32>,
}

impl Learned {
    fn new(values: Vec<f32>) -> Self {
        let squares = vec![FIRST_SQUARE; values.len()];
        Self { values, squares }
    }

    fn at(&self, row: usize) -> &[f32] {
        &self.values[row * WIDTH..(row + 1) * WIDTH]
    }

    /// A step against the gradient `by` times `of`, from number `from` on.
    fn step(&mut self, from: usize, by: f32, of: &[f32], rate: f32) {
        let values = &mut self.values[from..from + of.len()];
        let squares = &mut self.squares[from..from + of.len()];
        for ((value, square), of) in values.iter_mut().zip(squares).zip(of) {
            let gradient = by * of;
            *square += gradient * gradient;
            *value -= rate * gradient / square.sqrt();
        }
    }
}

/// The network.
pub(crate) struct Network {
    vectors: Learned,
    /// By task, a vector for each class.
    heads: [Learned; 4],
    biases: [Learned; 4],
}

impl Network {
    pub(crate) fn learn(examples: &[Example], rows: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut network = Self {
            vectors: Learned::new((0..rows * WIDTH).map(|_| rng.random_range(-0.05..0.05)).collect()),
            heads: Task::ALL.map(|task| {
                Learned::new(
                    (0..task.classes() * WIDTH)
                        .map(|_| rng.random_range(-0.15..0.15))
                        .collect(),
                )
            }),
            biases: Task::ALL.map(|task| Learned::new(vec![0.0; task.classes()])),
        };
        let mut order: Vec<usize> = (0..examples.len()).collect();
        for epoch in 0..EPOCHS {
            order.shuffle(&mut rng);
            let rate = RATE * (1.0 - epoch as f32 / EPOCHS as f32).max(0.05);
            for number in &order {
                let example = &examples[*number];
                let kept: Vec<u32> = example
                    .rows
                    .iter()
                    .copied()
                    .filter(|_| rng.random::<f32>() >= DROPOUT)
                    .collect();
                if !kept.is_empty() {
                    network.learn_one(&kept, &example.targets, rate);
                }
            }
        }
        network
    }

    fn learn_one(&mut self, rows: &[u32], targets: &[Option<(Vec<f32>, f32)>; 4], rate: f32) {
        let text = self.text(rows);
        let mut gradient = [0.0; WIDTH];
        for (task, target) in targets.iter().enumerate() {
            let Some((target, weight)) = target else { continue };
            let scores = self.task(task, &text);
            let (head, bias) = (&mut self.heads[task], &mut self.biases[task]);
            for (class, (score, target)) in scores.iter().zip(target).enumerate() {
                let error = (score - target) * weight;
                for (gradient, value) in gradient.iter_mut().zip(head.at(class)) {
                    *gradient += error * value;
                }
                head.step(class * WIDTH, error, &text, rate);
                bias.step(class, error, &[1.0], rate);
            }
        }
        let scale = 1.0 / (rows.len() as f32).sqrt();
        for row in rows {
            self.vectors.step(*row as usize * WIDTH, scale, &gradient, rate);
        }
    }

    fn text(&self, rows: &[u32]) -> [f32; WIDTH] {
        let mut text = [0.0; WIDTH];
        for row in rows {
            for (sum, value) in text.iter_mut().zip(self.vectors.at(*row as usize)) {
                *sum += value;
            }
        }
        let scale = 1.0 / (rows.len().max(1) as f32).sqrt();
        text.map(|sum| sum * scale)
    }

    fn task(&self, task: usize, text: &[f32; WIDTH]) -> Vec<f32> {
        let biases = self.biases[task].values.iter().enumerate();
        let mut scores: Vec<f32> = biases
            .map(|(class, bias)| {
                bias + self.heads[task]
                    .at(class)
                    .iter()
                    .zip(text)
                    .map(|(a, b)| a * b)
                    .sum::<f32>()
            })
            .collect();
        softmax(&mut scores);
        scores
    }

    /// The probability of each class of each task for a text's rows.
    pub(crate) fn scores(&self, rows: &[u32]) -> [Vec<f32>; 4] {
        let text = self.text(rows);
        std::array::from_fn(|task| self.task(task, &text))
    }
}
