//! Learning the rows of an [`Adaptation`]: features, weights by multinomial logistic regression on top of the base's logits, six
//! bits a weight.

use std::collections::{BTreeMap, HashMap};

use super::adapt::Message;
use super::offset::{self, Example, Options};
use crate::adapted::{Adaptation, MOST_ROWS};
use crate::features::Feature;
use crate::weights::{ROW, Task};

/// A feature of one message alone says little of others.
const FEWEST: u32 = 2;

/// Found on messages of a climbing hall and on ordinary ones, between what the one gains and the other loses.
const OPTIONS: Options = Options {
    epochs: 30,
    rate: 0.3,
    decay: 0.001,
    dropout: 0.5,
    seed: 1,
};

/// Steps from nothing to the largest weight; as good as more, and smaller as a file.
const STEPS: f32 = 31.0;

/// Messages that count alike.
pub(crate) struct Set<'a> {
    pub(crate) messages: &'a [&'a Message],
    /// How much one counts for a task it was given a label of.
    pub(crate) given: f32,
    /// How much one counts for a task of which the base's probabilities are to stay as they are.
    pub(crate) not_given: f32,
}

/// Learns from sets of messages, of the first of which the features are. `names`: the adaptation's, and the base's.
pub(crate) fn learn(sets: &[Set<'_>], tasks: &[Task], names: (&str, &str)) -> Adaptation {
    let counted = vocabulary(sets[0].messages);
    let mut features: Vec<Feature> = counted.iter().map(|(feature, _)| *feature).collect();
    let mut weights = weights(sets, tasks, &features);
    if features.len() > MOST_ROWS {
        features = most_important(&counted, tasks, &weights);
        weights = self::weights(sets, tasks, &features);
    }
    let mut rows: Vec<(Feature, [i8; ROW])> = features.into_iter().map(|feature| (feature, [0; ROW])).collect();
    let mut steps = [0.0; 4];
    for (task, weights) in tasks.iter().zip(&weights) {
        steps[*task as usize] = quantise(*task, weights, &mut rows);
    }
    rows.retain(|(_, row)| row.iter().any(|weight| *weight != 0));
    Adaptation::new(names.0.to_owned(), names.1.to_owned(), steps, rows)
}

/// The features of messages, in rising order, and in how many each occurs.
fn vocabulary(messages: &[&Message]) -> Vec<(Feature, u32)> {
    let mut counts: BTreeMap<Feature, u32> = BTreeMap::new();
    for message in messages {
        let mut features: Vec<Feature> = message.features.iter().map(|(feature, _)| *feature).collect();
        features.sort_unstable();
        features.dedup();
        for feature in features {
            *counts.entry(feature).or_default() += 1;
        }
    }
    counts.retain(|_, count| *count >= FEWEST);
    counts.into_iter().collect()
}

/// By task, the weights of each class of each feature.
fn weights(sets: &[Set<'_>], tasks: &[Task], features: &[Feature]) -> Vec<Vec<f32>> {
    let numbers: HashMap<Feature, u32> = features.iter().copied().zip(0..).collect();
    let numbers_of = |message: &Message| -> Vec<u32> {
        let numbers = message.features.iter().filter_map(|(feature, _)| numbers.get(feature));
        numbers.copied().collect()
    };
    let messages: Vec<(&Set<'_>, &Message, Vec<u32>)> = sets
        .iter()
        .flat_map(|set| set.messages.iter().map(move |message| (set, *message)))
        .map(|(set, message)| (set, message, numbers_of(message)))
        .collect();
    let of_task = |task: &Task| {
        let examples: Vec<Example<'_>> = messages
            .iter()
            .map(|(set, message, rows)| example(*task, set, message, rows))
            .collect();
        offset::learn(&examples, features.len(), task.classes(), OPTIONS)
    };
    tasks.iter().map(of_task).collect()
}

fn example<'a>(task: Task, set: &Set<'_>, message: &'a Message, rows: &'a [u32]) -> Example<'a> {
    let (target, weight) = match message.given(task) {
        Some(given) => {
            let mut target = vec![0.0; task.classes()];
            target[given] = 1.0;
            (target, set.given)
        }
        None => (message.probabilities[task.place()].to_vec(), set.not_given),
    };
    Example {
        rows,
        scale: 1.0 / (message.features.len().max(1) as f32).sqrt(),
        offset: &message.logits[task.place()],
        target,
        weight,
    }
}

/// The features that most would be lost without: the length of their weights, and how often they occur. In rising order.
fn most_important(features: &[(Feature, u32)], tasks: &[Task], weights: &[Vec<f32>]) -> Vec<Feature> {
    let squares = |number: usize| -> f32 {
        let of_task = |(task, weights): (&Task, &Vec<f32>)| -> f32 {
            let classes = task.classes();
            let weights = &weights[number * classes..][..classes];
            weights.iter().map(|weight| weight * weight).sum()
        };
        tasks.iter().zip(weights).map(of_task).sum()
    };
    let ranked = features.iter().enumerate();
    let mut ranked: Vec<(f32, Feature)> = ranked
        .map(|(number, (feature, count))| (squares(number) * *count as f32, *feature))
        .collect();
    ranked.sort_unstable_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    let mut kept: Vec<Feature> = ranked.into_iter().take(MOST_ROWS).map(|(_, feature)| feature).collect();
    kept.sort_unstable();
    kept
}

/// Writes a task's weights into rows; returns the step they are counted in.
fn quantise(task: Task, weights: &[f32], rows: &mut [(Feature, [i8; ROW])]) -> f32 {
    let largest = weights
        .iter()
        .fold(f32::MIN_POSITIVE, |most, weight| most.max(weight.abs()));
    let step = largest / STEPS;
    for ((_, row), weights) in rows.iter_mut().zip(weights.chunks_exact(task.classes())) {
        for (cell, weight) in row[task.place()].iter_mut().zip(weights) {
            *cell = (weight / step).round() as i8;
        }
    }
    step
}
