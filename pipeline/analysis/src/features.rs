//! What the classifiers look at: hashes of words, pairs of words, pieces of words, and the text's shape.
//!
//! ```text
//! my card       word: my, card          pair: my␣card      apart: (with one word between)
//!               pieces of ^card$: ^c ca ar rd d$ · ^ca car … · ^car card · …     first and last word of the text
//! ```
//!
//! Pieces let a classifier read a misspelt or unseen word by what it shares with others, and Chinese and Japanese at all.

use crate::text::{Kind, MAX_BYTES, Shape, Text, Word};

/// A feature's 64-bit hash: the high bits find its row, the lowest eight check that it is this feature's.
pub(crate) type Feature = u64;

const WORD: u64 = 0x9ae1_6a3b_2f90_404f;
const ACCENTED: u64 = 0xc2b2_ae3d_27d4_eb4f;
const PAIR: u64 = 0x1656_67b1_9e37_79f9;
const APART: u64 = 0x85eb_ca77_c2b2_ae63;
const FIRST: u64 = 0x27d4_eb2f_1656_67c5;
const LAST: u64 = 0xff51_afd7_ed55_8ccd;
const PIECE: u64 = 0xc4ce_b9fe_1a85_ec53;
const SURFACE_PIECE: u64 = 0x94d0_49bb_1331_11eb;
const SHAPE: u64 = 0xbf58_476d_1ce4_e5b9;

/// Of unspaced words, pieces have 1 to 4 letters.
const LONGEST_UNSPACED_PIECE: usize = 4;

/// Where a feature stands. Small, as a text has hundreds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// In the word of this number (for a pair: its second).
    Word(u16),
    /// In letters of [`Text::surface`] of an unspaced stretch.
    Letters {
        /// First letter.
        start: u16,
        /// After the last letter.
        end: u16,
    },
    /// In the text as a whole.
    Text,
}

const _: () = assert!(
    2 * MAX_BYTES < u16::MAX as usize,
    "places of letters, edges among them, fit"
);

/// Calls `each` with every feature of the text and where it stands. A feature that occurs twice comes twice.
pub(crate) fn each_feature(text: &Text, mut each: impl FnMut(Feature, Origin)) {
    let (mut before, mut before_that) = (None::<u64>, None::<u64>);
    let last = text.words.len().wrapping_sub(1);
    for (number, word) in text.words.iter().enumerate() {
        let mut emit = |hash: u64| each(finish(hash), Origin::Word(number as u16));
        let whole = hash_of(WORD, &text.folded[word.start..word.end]);
        if word.kind != Kind::Unspaced {
            emit(whole);
            if let Some(before) = before {
                emit(mix(mix(PAIR, before), whole));
            }
            if let Some(before_that) = before_that {
                emit(mix(mix(APART, before_that), whole));
            }
            if number == 0 {
                emit(mix(FIRST, whole));
            }
            if number == last {
                emit(mix(LAST, whole));
            }
        }
        match word.kind {
            Kind::Letters => pieces_of_letters(text, word, emit),
            Kind::Unspaced => pieces_of_unspaced(text, word, |hash, origin| each(finish(hash), origin)),
            Kind::Sign => {}
        }
        before_that = before;
        before = Some(whole);
    }
    for fact in facts(text.shape, text.words.len()).into_iter().flatten() {
        each(finish(mix(SHAPE, fact)), Origin::Text);
    }
}

fn pieces_of_letters(text: &Text, word: &Word, mut emit: impl FnMut(u64)) {
    if text.surface[word.start..word.end] != text.folded[word.start..word.end] {
        emit(hash_of(ACCENTED, &text.surface[word.start..word.end]));
    }
    // Pieces have 2 and 3 letters with accents, 4 and 5 without, and an edge is a letter.
    let surface = &text.surface[word.start - 1..=word.end];
    let folded = &text.folded[word.start - 1..=word.end];
    for start in 0..surface.len() - 1 {
        let letters = |of: &[u32], at: usize| of.get(start + at).copied().map(u64::from);
        let mut piece = mix(
            mix(SURFACE_PIECE, u64::from(surface[start])),
            u64::from(surface[start + 1]),
        );
        emit(piece);
        let Some(third) = letters(surface, 2) else { continue };
        piece = mix(piece, third);
        emit(piece);
        let Some(fourth) = letters(folded, 3) else { continue };
        piece = folded[start..start + 3]
            .iter()
            .fold(PIECE, |hash, letter| mix(hash, u64::from(*letter)));
        piece = mix(piece, fourth);
        emit(piece);
        let Some(fifth) = letters(folded, 4) else { continue };
        emit(mix(piece, fifth));
    }
}

fn pieces_of_unspaced(text: &Text, word: &Word, mut emit: impl FnMut(u64, Origin)) {
    for start in word.start..word.end {
        let mut hash = SURFACE_PIECE;
        for end in start + 1..=word.end.min(start + LONGEST_UNSPACED_PIECE) {
            hash = mix(hash, u64::from(text.surface[end - 1]));
            emit(
                hash,
                Origin::Letters {
                    start: start as u16,
                    end: end as u16,
                },
            );
        }
    }
}

/// Whole-text facts, each as one number.
fn facts(shape: Shape, words: usize) -> [Option<u64>; 5] {
    let some = |kind: u64, count: u32, most: u32| (count > 0).then(|| kind << 8 | u64::from(count.min(most)));
    let length = match words {
        0..=3 => words as u32,
        4..=5 => 4,
        6..=9 => 5,
        10..=19 => 6,
        20..=39 => 7,
        _ => 8,
    };
    let shouted = match (shape.shouted_words, shape.spoken_words) {
        (0 | 1, _) => 0,
        (shouted, spoken) if 2 * shouted > spoken => 2,
        _ => 1,
    };
    [
        some(1, length, 8),
        some(2, shouted, 2),
        some(3, shape.exclamations, 4),
        some(4, shape.questions, 3),
        some(5, shape.elongations, 2),
    ]
}

fn hash_of(seed: u64, letters: &[u32]) -> u64 {
    letters.iter().fold(seed, |hash, letter| mix(hash, u64::from(*letter)))
}

/// A step of the hash: a multiplication a letter, whose high bits come down before the next.
fn mix(hash: u64, value: u64) -> u64 {
    (hash.rotate_left(23) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Spreads what the steps left in the high bits over all.
fn finish(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn features(text: &str) -> HashSet<Feature> {
        let mut read = Text::default();
        read.read(text);
        let mut features = HashSet::new();
        each_feature(&read, |feature, _| {
            features.insert(feature);
        });
        features
    }

    /// Share of the features of the one that the other has too.
    fn shared(one: &str, other: &str) -> f64 {
        let (one, other) = (features(one), features(other));
        one.intersection(&other).count() as f64 / one.len() as f64
    }

    #[test]
    fn a_misspelt_word_keeps_some_of_its_features_and_another_word_none() {
        assert!(shared("delivery", "dilivery") > 0.3);
        assert!(shared("unbezahlt", "unbezahlte") > 0.6);
        // The length of the text is a feature, and the only one in common.
        assert!(shared("delivery", "xxo") < 0.1);
    }

    #[test]
    fn the_order_of_words_matters_and_capitals_alone_do_not() {
        assert!(shared("not good but late", "late but not good") < 1.0);
        assert_eq!(features("Hello there"), features("hello there"));
        assert_ne!(features("WHERE IS MY ORDER"), features("where is my order"));
    }

    #[test]
    fn accents_are_kept_beside_what_they_fold_to() {
        let (with, without) = (features("año"), features("ano"));
        assert!(with.intersection(&without).count() >= 3 && with != without);
    }

    #[test]
    fn a_stretch_without_spaces_is_read_by_its_letters() {
        assert!(shared("配送が遅い", "配送はいつ") > 0.15);
    }

    #[test]
    fn the_number_of_features_is_linear_in_the_text() {
        let count = |text: &str| {
            let mut read = Text::default();
            read.read(text);
            let mut count = 0;
            each_feature(&read, |_, _| count += 1);
            count
        };
        for piece in ["a", "1", "字", "😀", "[(", "a1", "e\u{301}", "א"] {
            let text = piece.repeat(8_000);
            assert!(count(&text) <= 6 * (text.chars().count() + 8), "{piece}");
        }
    }
}
