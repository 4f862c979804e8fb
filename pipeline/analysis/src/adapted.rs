//! What one business's corrections taught: for some features, weights that are added to what the trained weights say.
//!
//! ```text
//! file    "PARLADPT", a header, body: see `file`
//! body    hash of each feature (u64), rising · for each class in the order of a row, the weight of each feature (i8)
//! ```
//!
//! A task's logits become base + step · sum ÷ √features, over the rows of those features of the text that have one; the
//! features that are divided by are all of the text, so that one known word changes a long message less than a short one.
//! There is no bias: a text without such a feature keeps what the base says of it, to the last bit. Whole hashes are kept, so
//! that no other feature is taken for one that was learned.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::features::{Feature, Origin};
use crate::file;
use crate::weights::{CLASSES, Error, FEATURES_VERSION, ROW, Task, Weights};

const MAGIC: &[u8; 8] = b"PARLADPT";

/// More rows than this are not ours: the file has to travel in a setting.
pub(crate) const MOST_ROWS: usize = 1 << 13;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    version: String,
    /// Version of the weights it was learned on top of.
    base: String,
    features: u32,
    rows: usize,
    /// By task, the logit of a weight of one.
    steps: [f32; 4],
}

/// A sparse addition to the trained weights, learned from the corrections of one integration by
/// [`adapt`](crate::train::adapt()). A row takes 46 to 52 bytes of memory and 18 in the
/// file; there are 8,192 at most.
#[derive(Clone, PartialEq)]
pub struct Adaptation {
    version: String,
    base: String,
    steps: [f32; 4],
    /// Rising; a hash is as good as random, so its high bits say about where it stands.
    features: Box<[Feature]>,
    /// By feature; the last byte is not used.
    rows: Box<[[i8; ROW]]>,
    /// For each value of a hash's high bits, where features with it or a higher one begin; and the number of all features.
    starts: Box<[u16]>,
    /// A bit for each value of some more of a hash's high bits: whether there is a feature with it.
    any: Box<[u64]>,
}

impl fmt::Debug for Adaptation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Adaptation({} of {}, {} rows)",
            self.version,
            self.base,
            self.rows.len()
        )
    }
}

impl Adaptation {
    /// `rows` in rising order of their features, at most [`MOST_ROWS`].
    pub(crate) fn new(version: String, base: String, steps: [f32; 4], rows: Vec<(Feature, [i8; ROW])>) -> Self {
        assert!(rows.len() <= MOST_ROWS, "places are counted in sixteen bits");
        assert!(
            rows.is_sorted_by_key(|(feature, _)| feature),
            "places are found by order"
        );
        let (features, rows): (Vec<Feature>, Vec<[i8; ROW]>) = rows.into_iter().unzip();
        let bits = bits_of(features.len());
        let starts =
            (0..=1u64 << bits).map(|high| features.partition_point(|feature| high_bits(*feature, bits) < high));
        let mut any = vec![0; 1 << (bits + MORE_BITS).saturating_sub(6)].into_boxed_slice();
        for feature in &features {
            let (word, bit) = place_of_bit(*feature, bits + MORE_BITS);
            any[word] |= 1 << bit;
        }
        Self {
            version,
            base,
            steps,
            any,
            starts: starts.map(|start| start as u16).collect(),
            features: features.into(),
            rows: rows.into(),
        }
    }

    /// Its name.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Version of the weights it was learned on top of.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Features that have weights in it.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Reads a file's bytes, for use with the weights `base`.
    ///
    /// # Errors
    /// [`Error`] when they are not such a file, are damaged, or were learned for other features than this program's or on top
    /// of other weights.
    pub fn from_bytes(bytes: &[u8], base: &Weights) -> Result<Self, Error> {
        const FEATURE: usize = size_of::<Feature>();
        let (header, body): (Header, _) = file::read(MAGIC, bytes, MOST_ROWS * (FEATURE + CLASSES))?;
        if header.features != FEATURES_VERSION {
            return Err(Error::Features { found: header.features });
        }
        if header.base != base.version() {
            return Err(Error::Base {
                found: header.base,
                expected: base.version().to_owned(),
            });
        }
        if header.rows > MOST_ROWS || body.len() != header.rows * (FEATURE + CLASSES) {
            return Err(Error::Damaged("it has not as many rows as it says"));
        }
        if !header.steps.iter().all(|step| step.is_finite() && *step >= 0.0) {
            return Err(Error::Damaged("its weights are no numbers"));
        }
        let (features, weights) = body.split_at(header.rows * FEATURE);
        let (features, _) = features.as_chunks::<FEATURE>();
        let mut rows: Vec<(Feature, [i8; ROW])> = features
            .iter()
            .map(|feature| (Feature::from_le_bytes(*feature), [0; ROW]))
            .collect();
        if !rows.is_sorted_by(|one, next| one.0 < next.0) {
            return Err(Error::Damaged("its features are not in order"));
        }
        for (number, weight) in weights.iter().enumerate() {
            rows[number % header.rows].1[number / header.rows] = *weight as i8;
        }
        Ok(Self::new(header.version, header.base, header.steps, rows))
    }

    /// The file's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let header = Header {
            version: self.version.clone(),
            base: self.base.clone(),
            features: FEATURES_VERSION,
            rows: self.rows.len(),
            steps: self.steps,
        };
        let features = self.features.iter().flat_map(|feature| feature.to_le_bytes());
        // Class by class: those that nothing was learned of compress to nothing.
        let weights = (0..CLASSES).flat_map(|class| self.rows.iter().map(move |row| row[class] as u8));
        file::write(MAGIC, &header, features.chain(weights))
    }

    /// Finds the rows of those features that have one. Most have none, in no order that a processor could foresee: nothing in
    /// the first pass branches on that, and an entry without a row is written over by the next.
    pub(crate) fn look_up(&self, features: &[(Feature, Origin)], found: &mut Vec<(usize, Origin)>) {
        let bits = self.starts.len().ilog2();
        found.clear();
        found.resize(features.len() + 1, (0, Origin::Text));
        let mut candidates = 0;
        for (number, (feature, origin)) in features.iter().enumerate() {
            found[candidates] = (number, *origin);
            let (word, bit) = place_of_bit(*feature, bits + MORE_BITS);
            candidates += (self.any[word] >> bit & 1) as usize;
        }
        found.truncate(candidates);
        found.retain_mut(|(number, _)| {
            let row = self.find(features[*number].0, bits);
            *number = row.unwrap_or_default();
            row.is_some()
        });
    }

    /// The number of a feature's row, if it has one.
    fn find(&self, feature: Feature, bits: u32) -> Option<usize> {
        let high = high_bits(feature, bits) as usize;
        let (start, end) = (usize::from(self.starts[high]), usize::from(self.starts[high + 1]));
        let place = self.features[start..end].binary_search(&feature).ok()?;
        Some(start + place)
    }

    pub(crate) fn row(&self, number: usize) -> &[i8; ROW] {
        &self.rows[number]
    }

    /// What a weight of one adds to a task's logits, for a text with so many features.
    pub(crate) fn unit(&self, task: Task, features: usize) -> f32 {
        self.steps[task as usize] / (features.max(1) as f32).sqrt()
    }

    /// Adds rows to the base's logits of a text with so many features.
    pub(crate) fn add(&self, rows: impl Iterator<Item = usize>, features: usize, logits: &mut [f32; CLASSES]) {
        let mut sums = [0_i32; ROW];
        for number in rows {
            for (sum, weight) in sums.iter_mut().zip(self.row(number)) {
                *sum += i32::from(*weight);
            }
        }
        for task in Task::ALL {
            let unit = self.unit(task, features);
            for (logit, sum) in logits[task.place()].iter_mut().zip(&sums[task.place()]) {
                *logit += *sum as f32 * unit;
            }
        }
    }
}

/// How many of a hash's bits tell about where it stands among so many: there are two to four values for each.
fn bits_of(rows: usize) -> u32 {
    (2 * rows).max(1).next_power_of_two().ilog2().max(1)
}

/// Bits of a hash that are looked at before its row is looked for, below those that say where it stands: of features without a row
/// one in 16 to 32 is then looked for in vain, and the bits still lie in the nearest cache.
const MORE_BITS: u32 = 3;

/// The word and the bit of it that stand for so many of a hash's high bits.
fn place_of_bit(feature: Feature, bits: u32) -> (usize, u64) {
    let high = high_bits(feature, bits);
    ((high >> 6) as usize, high & 63)
}

fn high_bits(feature: Feature, bits: u32) -> u64 {
    feature >> (64 - bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(rows: u64) -> Adaptation {
        let mut rows: Vec<(Feature, [i8; ROW])> = (1..=rows)
            .map(|number| (number.wrapping_mul(0x9e37_79b9_7f4a_7c15), [number as i8; ROW]))
            .collect();
        rows.sort_unstable();
        Adaptation::new("some".to_owned(), "base".to_owned(), [1.0; 4], rows)
    }

    #[test]
    fn every_feature_finds_its_row_and_no_other_finds_any() {
        for rows in [0, 1, 2, 3, 1_000, MOST_ROWS as u64] {
            let adaptation = some(rows);
            let features: Vec<(Feature, Origin)> = (1..=2 * rows + 100)
                .map(|number| (number.wrapping_mul(0x9e37_79b9_7f4a_7c15), Origin::Text))
                .chain([(0, Origin::Text), (u64::MAX, Origin::Text)])
                .collect();
            let mut found = Vec::new();
            adaptation.look_up(&features, &mut found);
            assert_eq!(found.len() as u64, rows);
            for (number, (row, _)) in (1..=rows).zip(found) {
                assert_eq!(adaptation.row(row)[0], number as i8);
            }
        }
    }

    #[test]
    fn one_known_feature_changes_a_long_text_less_than_a_short_one() {
        let adaptation = some(1);
        let mut logits = [0.0; CLASSES];
        adaptation.add([0].into_iter(), 4, &mut logits);
        assert_eq!(logits, [0.5; CLASSES]);
        adaptation.add([0].into_iter(), 100, &mut logits);
        assert_eq!(logits, [0.6; CLASSES]);
    }

    #[test]
    fn files_that_say_what_cannot_be_are_refused() {
        let base = crate::Trained::shipped();
        let read = |features: u32, rows: usize, steps: [f32; 4], body: &[u8]| {
            let header = Header {
                version: "some".to_owned(),
                base: base.weights().version().to_owned(),
                features,
                rows,
                steps,
            };
            let bytes = file::write(MAGIC, &header, body.iter().copied());
            Adaptation::from_bytes(&bytes, base.weights())
        };
        let two = [0; 2 * (8 + CLASSES)];
        let mut in_order = two;
        in_order[8] = 1;
        assert!(read(FEATURES_VERSION, 2, [1.0; 4], &in_order).is_ok());
        assert!(read(FEATURES_VERSION, 0, [0.0; 4], &[]).is_ok());
        assert!(matches!(
            read(FEATURES_VERSION + 1, 2, [1.0; 4], &in_order),
            Err(Error::Features { found }) if found == FEATURES_VERSION + 1
        ));
        assert!(matches!(
            read(FEATURES_VERSION, 2, [1.0; 4], &two),
            Err(Error::Damaged(_))
        ));
        assert!(matches!(
            read(FEATURES_VERSION, 3, [1.0; 4], &in_order),
            Err(Error::Damaged(_))
        ));
        assert!(matches!(
            read(FEATURES_VERSION, usize::MAX, [1.0; 4], &in_order),
            Err(Error::Damaged(_))
        ));
        assert!(matches!(
            read(FEATURES_VERSION, 2, [-1.0; 4], &in_order),
            Err(Error::Damaged(_))
        ));
        // Not a number, and too large, cannot be written in JSON.
    }
}
