//! Which words of a text weighed most for what was said of it: the "why" beside a label.
//!
//! A signal's weight is the sum of its features' weights for the label, above what they give the next likely one, as a share of
//! all that spoke for the label. It explains the classifier, not the customer.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use crate::adapted::Adaptation;
use crate::features::Origin;
use crate::model::{Found, Reading, Scores, unit};
use crate::weights::{ROW, Task, Weights};

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

/// Something that may become a signal.
#[derive(Debug)]
pub(crate) struct Candidate {
    place: Place,
    weight: i32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    /// Number of a word.
    Word(u16),
    /// Place in [`Text::surface`](crate::text::Text::surface).
    Letters(u16, u16),
}

/// A text that was read and scored, whose labels have reasons.
pub(crate) struct Scored<'a> {
    pub(crate) weights: &'a Weights,
    pub(crate) adaptation: Option<&'a Adaptation>,
    pub(crate) original: &'a str,
    pub(crate) reading: &'a Reading,
    pub(crate) scores: &'a Scores,
}

impl Scored<'_> {
    /// Adds the words that spoke for the best label of a task, the weightiest first. What `candidates` held is forgotten.
    pub(crate) fn explain(&self, task: Task, candidates: &mut Vec<Candidate>, signals: &mut Vec<Signal>) {
        let spoken_for = self.gather(task, candidates);
        let spoken_for = spoken_for.max(1) as f32;
        let (least, least_of_pieces) = ((LEAST * spoken_for) as i32, (LEAST_OF_PIECES * spoken_for) as i32);
        candidates.retain(|candidate| match candidate.place {
            Place::Word(_) => candidate.weight > least,
            Place::Letters(..) => candidate.weight > least_of_pieces,
        });
        // Of equals, words go before pieces; else they stay in the order of the text.
        candidates.sort_by_key(|candidate| {
            let is_piece = matches!(candidate.place, Place::Letters(..));
            (Reverse(candidate.weight), is_piece)
        });
        let (text, before) = (&self.reading.text, signals.len());
        let mut letters = String::new();
        for Candidate { place, weight } in candidates.iter() {
            let shown = match *place {
                Place::Word(number) => {
                    let word = &text.words[usize::from(number)];
                    &self.original[word.from..word.to]
                }
                Place::Letters(start, end) => {
                    letters.clear();
                    let piece = &text.surface[usize::from(start)..usize::from(end)];
                    letters.extend(piece.iter().filter_map(|letter| char::from_u32(*letter)));
                    letters.as_str()
                }
            };
            // Of pieces within one another the weightiest will do.
            let overlaps = |signal: &Signal| signal.text.contains(shown) || shown.contains(&signal.text);
            if signals[before..].iter().any(overlaps) {
                continue;
            }
            signals.push(Signal {
                task,
                text: shown.to_owned(),
                weight: *weight as f32 / spoken_for,
            });
            if signals.len() == before + MOST {
                break;
            }
        }
    }

    /// Collects the words and pieces that have some weight for the best label of a task; all weight that spoke for it.
    fn gather(&self, task: Task, candidates: &mut Vec<Candidate>) -> i32 {
        let classes = task.place();
        let (best, next) = (
            classes.start + self.scores.best(task),
            classes.start + self.scores.second(task),
        );
        let above_next = |row: &[i8; ROW]| i32::from(row[best]) - i32::from(row[next]);
        candidates.clear();
        let mut spoken_for = 0;
        // A word's features stand together: its weight is known where those of the next begin.
        let (mut word, mut of_word) = (0, 0);
        for Found { row, origin } in self.reading.found() {
            let weight = above_next(self.weights.row(*row));
            spoken_for += weight.max(0);
            match *origin {
                Origin::Word(number) if number == word => of_word += weight,
                Origin::Word(number) => {
                    candidates.push(Candidate {
                        place: Place::Word(word),
                        weight: of_word,
                    });
                    (word, of_word) = (number, weight);
                }
                Origin::Letters { start, end } if weight > 0 => {
                    candidates.push(Candidate {
                        place: Place::Letters(start, end),
                        weight,
                    });
                }
                Origin::Letters { .. } | Origin::Text => {}
            }
        }
        candidates.push(Candidate {
            place: Place::Word(word),
            weight: of_word,
        });
        if let Some(adaptation) = self.adaptation {
            spoken_for += self.gather_adapted(adaptation, task, above_next, candidates);
        }
        spoken_for
    }

    /// Adds what the adaptation's features weigh to what has been collected; all weight that spoke for the label.
    fn gather_adapted(
        &self,
        adaptation: &Adaptation,
        task: Task,
        above_next: impl Fn(&[i8; ROW]) -> i32,
        candidates: &mut Vec<Candidate>,
    ) -> i32 {
        // In the steps of the weights: in 256ths, as whole numbers are faster, and not so large that sums could overflow.
        let steps = adaptation.unit(task, self.reading.features.len())
            / unit(&self.weights.heads()[task as usize], self.scores.known);
        let steps = (256.0 * steps).clamp(0.0, 4096.0) as i32;
        let weigh = |row: usize| above_next(adaptation.row(row)) * steps / 256;
        let mut spoken_for = 0;
        for of_place in self.reading.adapted.chunk_by(|(_, one), (_, next)| one == next) {
            let weights = of_place.iter().map(|(row, _)| weigh(*row));
            spoken_for += weights.clone().map(|weight| weight.max(0)).sum::<i32>();
            let weight = weights.sum();
            match of_place[0].1 {
                Origin::Word(number) => {
                    let place = Place::Word(number);
                    match candidates.iter_mut().find(|candidate| candidate.place == place) {
                        Some(candidate) => candidate.weight += weight,
                        None => candidates.push(Candidate { place, weight }),
                    }
                }
                Origin::Letters { start, end } if weight > 0 => {
                    candidates.push(Candidate {
                        place: Place::Letters(start, end),
                        weight,
                    });
                }
                Origin::Letters { .. } | Origin::Text => {}
            }
        }
        spoken_for
    }
}
