//! Which words of a text weighed most for what was said of it: the "why" beside a label.
//!
//! A signal's weight is the sum of its features' weights for the label, above what they give the next likely one, as a share of
//! all that spoke for the label. It explains the classifier, not the customer.

use serde::{Deserialize, Serialize};

use crate::features::Origin;
use crate::model::{Reading, Scores};
use crate::weights::{Task, Weights};

/// Signals kept for a task.
const MOST: usize = 3;
/// A smaller share of what spoke for a label is not worth showing; of pieces of an unspaced stretch, which share it among many
/// that overlap, an even smaller one.
const LEAST: f32 = 0.08;
const LEAST_OF_PIECES: f32 = 0.02;

/// A word that weighed for a label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// Of which label: the one given for this task.
    pub task: Task,
    /// The word as it was written; of Chinese and Japanese, the letters.
    pub text: String,
    /// Share of what spoke for the label, 0 to 1.
    pub weight: f32,
}

/// The words that spoke for the best label of a task, the weightiest first.
pub(crate) fn of_task(
    weights: &Weights,
    original: &str,
    reading: &Reading,
    scores: &Scores,
    task: Task,
) -> Vec<Signal> {
    let text = &reading.text;
    let (best, next) = (scores.best(task), scores.second(task));
    let mut words = vec![0_i32; text.words.len()];
    let mut letters: Vec<((usize, usize), i32)> = Vec::new();
    let mut spoken_for = 0;
    for (number, origin) in &reading.found {
        let row = &weights.row(*number)[task.place()];
        let weight = i32::from(row[best]) - i32::from(row[next]);
        spoken_for += weight.max(0);
        match *origin {
            Origin::Word(number) => words[number] += weight,
            Origin::Letters { start, end } if weight > 0 => letters.push(((start, end), weight)),
            Origin::Letters { .. } | Origin::Text => {}
        }
    }
    let spoken_for = spoken_for.max(1) as f32;
    let least = |share: f32| (share * spoken_for) as i32;
    let whole = words.iter().enumerate().map(|(number, weight)| {
        let word = &text.words[number];
        (Place::Bytes(word.from, word.to), *weight)
    });
    let pieces = letters
        .into_iter()
        .map(|((start, end), weight)| (Place::Letters(start, end), weight));
    let mut ranked: Vec<(Place, i32)> = whole
        .filter(|(_, weight)| *weight > least(LEAST))
        .chain(pieces.filter(|(_, weight)| *weight > least(LEAST_OF_PIECES)))
        .collect();
    ranked.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
    let mut signals: Vec<Signal> = Vec::with_capacity(MOST);
    for (place, weight) in ranked {
        let shown = match place {
            Place::Bytes(from, to) => original[from..to].to_owned(),
            Place::Letters(start, end) => text.surface[start..end]
                .iter()
                .filter_map(|letter| char::from_u32(*letter))
                .collect(),
        };
        // Of pieces within one another the weightiest will do.
        if signals
            .iter()
            .any(|signal| signal.text.contains(&shown) || shown.contains(&signal.text))
        {
            continue;
        }
        signals.push(Signal {
            task,
            text: shown,
            weight: weight as f32 / spoken_for,
        });
        if signals.len() == MOST {
            break;
        }
    }
    signals
}

enum Place {
    Bytes(usize, usize),
    Letters(usize, usize),
}
