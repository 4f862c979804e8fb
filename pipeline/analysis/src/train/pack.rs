//! From learned numbers to the table: six bits a weight, and probabilities that mean what they say.

use super::Options;
use super::left_out::Said;
use super::logistic::Linear;
use super::samples::Sample;
use crate::features::Feature;
use crate::model::Reading;
use crate::weights::{CLASSES, Head, ROW, Task, Weights, tag_of};

/// The largest weights are cut to this many times the usual one, so that the steps measure the usual one well.
const LARGEST: f32 = 8.0;

/// Steps from nothing to the largest weight. Eight bits would hold 127; a quarter of them is as good, as the errors of a text's
/// many features cancel out, and lets the file be compressed to half.
const STEPS: f32 = 31.0;

/// The table of four models that share `placed` features.
pub(crate) fn weights(models: &[Linear; 4], placed: &[(Feature, usize)], options: &Options) -> Weights {
    let mut rows = vec![[0i8; ROW]; 1 << options.rows_log2];
    for (feature, row) in placed {
        rows[*row][CLASSES] = tag_of(*feature);
    }
    let heads = Task::ALL.map(|task| {
        let model = &models[task as usize];
        let squares: f32 = model.weights.iter().map(|weight| weight * weight).sum();
        let usual = (squares / model.weights.len().max(1) as f32).sqrt();
        let largest = model
            .weights
            .iter()
            .fold(f32::MIN_POSITIVE, |most, weight| most.max(weight.abs()));
        let step = largest.min(LARGEST * usual).max(f32::MIN_POSITIVE) / STEPS;
        for ((_, row), weights) in placed.iter().zip(model.weights.chunks_exact(model.classes)) {
            for (cell, weight) in rows[*row][task.place()].iter_mut().zip(weights) {
                *cell = (weight / step).round().clamp(-STEPS, STEPS) as i8;
            }
        }
        Head {
            task,
            scale: step,
            bias: model.bias.clone(),
        }
    });
    Weights::new(options.version.clone(), heads, &rows)
}

/// The same weights with each task's logits divided by the temperature that makes samples it did not learn from likeliest
/// (Guo, Pleiss, Sun, Weinberger 2017): half of what counts are authors apart, half public sources left out in turn, for a
/// business's messages lie between the two. Without samples of a task its temperature stays 1.
pub(crate) fn calibrated(weights: Weights, apart: &[Sample], left_out: &Said) -> Weights {
    let mut reading = Reading::default();
    let mut said = left_out.clone();
    for task in &mut said {
        let sum: f32 = task.iter().map(|(_, _, weight)| weight).sum();
        task.iter_mut().for_each(|(_, _, weight)| *weight /= sum);
    }
    for sample in apart {
        let scores = reading.score(&weights, None, &sample.text);
        for task in Task::ALL {
            if let Some(class) = sample.class(task) {
                let logs = scores.task(task).iter().map(|score| score.max(1e-9).ln()).collect();
                said[task as usize].push((class, logs, 1.0 / apart.len() as f32));
            }
        }
    }
    let temperatures = said.map(|said| temperature(&said));
    tracing::info!(?temperatures, "calibrated");
    weights.cooled(temperatures)
}

fn temperature(said: &[(usize, Vec<f32>, f32)]) -> f32 {
    let loss = |temperature: f32| -> f32 {
        let losses = said.iter().map(|(class, logits, weight)| {
            let sum: f32 = logits.iter().map(|logit| (logit / temperature).exp()).sum();
            weight * (sum.ln() - logits[*class] / temperature)
        });
        losses.sum()
    };
    if said.is_empty() {
        return 1.0;
    }
    // The loss has one valley: a fine grid finds its bottom.
    let grid = (20..=400).map(|step| step as f32 / 100.0);
    grid.map(|temperature| (temperature, loss(temperature)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map_or(1.0, |(temperature, _)| temperature)
}
