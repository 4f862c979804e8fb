//! Which features are learned, and which rows of the table they get.

use std::collections::HashMap;

use super::samples::Sample;
use crate::features::{Feature, each_feature};
use crate::text::Text;
use crate::weights::{line_of, tag_of};

/// The features of a set of samples that occur in at least two of them, numbered.
pub(crate) struct Vocabulary {
    numbers: HashMap<Feature, u32>,
    /// By number: in how many samples it occurs.
    occurrences: Vec<u32>,
}

/// A feature seen once says nothing of others.
const FEWEST: u32 = 2;

impl Vocabulary {
    pub(crate) fn of<'a>(samples: impl Iterator<Item = &'a Sample>) -> Self {
        let mut text = Text::default();
        let mut features = Vec::new();
        let mut counts: HashMap<Feature, u32> = HashMap::new();
        for sample in samples {
            features.clear();
            text.read(&sample.text);
            each_feature(&text, |feature, _| features.push(feature));
            features.sort_unstable();
            features.dedup();
            for feature in &features {
                *counts.entry(*feature).or_default() += 1;
            }
        }
        // In order of the hash, so that training says the same each time.
        let mut counts: Vec<_> = counts.into_iter().filter(|(_, count)| *count >= FEWEST).collect();
        counts.sort_unstable();
        Self {
            numbers: (0u32..)
                .zip(&counts)
                .map(|(number, (feature, _))| (*feature, number))
                .collect(),
            occurrences: counts.iter().map(|(_, count)| *count).collect(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.occurrences.len()
    }

    /// In how many samples the feature of this number occurs.
    pub(crate) fn occurrences(&self, number: usize) -> u32 {
        self.occurrences[number]
    }

    /// The numbers of a text's features, repeated as they repeat; those not in the vocabulary are left out.
    pub(crate) fn numbers(&self, text: &str, scratch: &mut Text) -> Vec<u32> {
        let mut numbers = Vec::new();
        scratch.read(text);
        each_feature(scratch, |feature, _| numbers.extend(self.numbers.get(&feature)));
        numbers
    }

    /// Gives the most important features rows of a table of 2^`rows_log2`; the others are taken out.
    /// Returns each remaining feature and its row, by its new number.
    pub(crate) fn place(&mut self, importance: &[f32], rows_log2: u32) -> Vec<(Feature, usize)> {
        let mut ranked: Vec<(Feature, u32)> = self
            .numbers
            .iter()
            .map(|(feature, number)| (*feature, *number))
            .collect();
        ranked.sort_unstable_by(|a, b| {
            let by_importance = importance[b.1 as usize].total_cmp(&importance[a.1 as usize]);
            by_importance.then(a.0.cmp(&b.0))
        });
        let mut owners: Vec<Option<Feature>> = vec![None; 1 << rows_log2];
        let mut placed = Vec::new();
        let mut occurrences = Vec::new();
        for (feature, number) in ranked {
            let line = line_of(feature, rows_log2);
            let told_apart = owners[line..line + 2]
                .iter()
                .flatten()
                .all(|owner| tag_of(*owner) != tag_of(feature));
            let free = (line..line + 2).find(|row| owners[*row].is_none());
            if let (true, Some(row)) = (told_apart, free) {
                owners[row] = Some(feature);
                placed.push((feature, row));
                occurrences.push(self.occurrences[number as usize]);
            }
        }
        self.numbers = (0u32..)
            .zip(&placed)
            .map(|(number, (feature, _))| (*feature, number))
            .collect();
        self.occurrences = occurrences;
        placed
    }
}
