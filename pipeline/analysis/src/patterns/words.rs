//! Finding many words in one pass over a text, as people write them in chat.
//!
//! Words and text are folded alike, as the classifiers read them: lower case, without accents, vowel marks and invisible
//! characters, full-width forms made narrow, Arabic spelling variants joined, any white space a single space. So `devolucion`
//! is `Devolución`, decomposed or not, and `año` is also `ano`: who must tell these apart uses a regular expression. Not
//! folded: half-width katakana, Hangul decomposed into jamo, `ß`.
//!
//! | a word | is found |
//! |---|---|
//! | of Chinese, Japanese or Thai letters, or of signs | anywhere |
//! | of Korean letters | at the start of a word, whatever particle follows: `환불` in `환불이`, not in `재환불` |
//! | of Arabic letters | also behind `و ف ب ل ال` and what they make: `طلب` in `والطلب`, not in `مطلب` |
//! | of other letters and digits | as a whole: `card` in `l'card!`, not in `discard` or `card2` |
//!
//! This holds for each end of a word by itself, and only where it touches a letter or digit of a script with spaces:
//! `iPhone` is found in `我的iPhone坏了` and in `iPhone이`.
//!
//! Every letter of the text is looked at once, whatever the number of words, and every place where a word ends once for each
//! length of such words.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, BuildError};
use unicode_normalization::char::is_combining_mark;

use crate::text::{Class, folded, normal};

/// What stands before a word in Arabic without a space, folded: and, so, with, for, the.
const PARTICLES: [&str; 14] = [
    "و", "ف", "ب", "ل", "ال", "لل", "وال", "فال", "بال", "كال", "ولل", "وب", "ول", "وبال",
];
/// Letters of the longest particle.
const LONGEST_PARTICLE: usize = 4;

/// Words of patterns, each once.
#[derive(Clone, Debug)]
pub(super) struct Words {
    automaton: AhoCorasick,
    /// The patterns of each word of the automaton.
    patterns: Vec<Vec<usize>>,
}

impl Words {
    /// Of words and the number of the pattern each belongs to. `None` when there is no word.
    ///
    /// # Errors
    /// They take more states than can be counted. Words of patterns that may be saved never do.
    pub(super) fn new(words: &[(&str, usize)]) -> Result<Option<Self>, BuildError> {
        let mut patterns: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (word, pattern) in words {
            let mut folded = String::with_capacity(word.len());
            fold(word, &mut folded);
            let folded = folded.trim_ascii();
            if !folded.is_empty() {
                patterns.entry(folded.to_owned()).or_default().push(*pattern);
            }
        }
        if patterns.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self {
            automaton: AhoCorasick::new(patterns.keys())?,
            patterns: patterns.into_values().collect(),
        }))
    }

    /// Tells the number of every pattern of which the text has a word; of some several times.
    pub(super) fn find(&self, text: &str, mut tell: impl FnMut(usize)) {
        let mut folded = String::with_capacity(text.len());
        fold(text, &mut folded);
        // Overlapping: the longest word at a place may be no whole word where a shorter one is.
        for found in self.automaton.find_overlapping_iter(&folded) {
            if is_whole(&folded, found.start(), found.end()) {
                self.patterns[found.pattern()].iter().copied().for_each(&mut tell);
            }
        }
    }
}

/// Appends a text to an empty buffer, folded.
fn fold(text: &str, into: &mut String) {
    for c in text.chars() {
        let (letter, class) = normal(c);
        match class {
            Class::Nothing => {}
            Class::Space if into.ends_with(' ') => {}
            Class::Space => into.push(' '),
            _ => into.push(match char::from_u32(folded(letter)).unwrap_or(c) {
                // Phones put the curved one where people type the straight one.
                '’' | '‘' | 'ʼ' | '´' => '\'',
                // The end of a Greek word in capitals.
                'ς' => 'σ',
                other => other,
            }),
        }
    }
}

/// Whether a stretch of a folded text is a whole word, as its scripts have it.
fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let ends = |text: &str| (text.chars().next(), text.chars().next_back());
    let ((first, last), (_, before), (after, _)) = (ends(&text[start..end]), ends(&text[..start]), ends(&text[end..]));
    // Between Hangul and anything else a word may begin or end: 삼성TV, iPhone이.
    let begins = match (before, first) {
        (Some(before), Some(first)) => {
            !joins(before)
                || !joins(first)
                || is_hangul(before) != is_hangul(first)
                || is_arabic(first) && is_behind_particle(&text[..start])
        }
        _ => true,
    };
    let ends = match (last, after) {
        (Some(last), Some(after)) => !joins(last) || !joins(after) || is_hangul(last) || is_hangul(after),
        _ => true,
    };
    begins && ends
}

/// Whether a folded character is part of a word of a script that puts spaces between words.
fn joins(c: char) -> bool {
    // Laughs and tears of single jamo are put right behind a word: 늦어요ㅠㅠ.
    let is_single_jamo = matches!(c, '\u{3131}'..='\u{318e}');
    !is_single_jamo && (matches!(normal(c).1, Class::Letter | Class::Digit) || is_combining_mark(c))
}

fn is_hangul(c: char) -> bool {
    matches!(c, '\u{ac00}'..='\u{d7a3}')
}

fn is_arabic(c: char) -> bool {
    matches!(c, '\u{620}'..='\u{64a}')
}

/// Whether all that the last word of this text has is a particle.
fn is_behind_particle(text: &str) -> bool {
    let letters = text.char_indices().rev().take(LONGEST_PARTICLE + 1);
    let start = letters.take_while(|(_, c)| joins(*c)).last();
    start.is_some_and(|(start, _)| PARTICLES.contains(&&text[start..]))
}

#[cfg(test)]
mod tests {
    use parlance_schemas::settings::PatternsSetting;

    use super::*;

    fn shown(text: &str) -> String {
        let mut folded = String::new();
        fold(text, &mut folded);
        folded
    }

    fn is_found(word: &str, text: &str) -> bool {
        let words = Words::new(&[(word, 0)]).unwrap().unwrap();
        let mut found = false;
        words.find(text, |_| found = true);
        found
    }

    #[test]
    fn folding_leaves_what_people_mean() {
        assert_eq!(shown("  DON’T\u{a0}\n stop "), " don't stop ");
        assert_eq!(shown("Devolución"), shown("devolucio\u{301}n"));
        assert_eq!(shown("أُريدُ المـــساعدة ١٢"), "اريد المساعده 12");
        assert_eq!(shown("ＶＩＰ１ 👍🏽❤️"), "vip1 👍❤");
        assert_eq!(shown("ΟΔΟΣ"), shown("οδος"));
    }

    #[test]
    fn words_are_whole_where_their_script_has_them() {
        let whole = [
            ("card", "card"),
            ("card", "my CARD!"),
            ("card", "l'card_x"),
            ("1 kg", "(1 \t Kg)"),
            ("환불", "빠른 환불이 필요해요"),
            ("환불", "빨리환불 말고 환불"),
            ("tv", "삼성TV가"),
            ("ㅠㅠ", "늦어요ㅠㅠㅠ"),
            ("취소", "취소ㅠ"),
            ("طلب", "الطلب وين"),
            ("الطلب", "والطلب"),
            ("退款", "我要退款谢谢"),
            ("返金", "すぐ返金して"),
            ("เงิน", "ขอคืนเงินด้วย"),
            ("iphone", "我的iPhone坏了"),
            ("😡", "late😡again"),
            ("c++", "I know C++"),
            ("नमस्ते", "नमस्ते जी"),
        ];
        for (word, text) in whole {
            assert!(is_found(word, text), "{word} in {text}");
        }
        let parts = [
            ("card", "discard"),
            ("card", "cards card2 2card"),
            ("card", "cárdigan"),
            ("환불", "재환불"),
            ("طلب", "مطلب طلبي"),
            ("طلب", "استوالطلب"),
            ("12", "123 a12"),
            ("नमस", "नमस्ते"),
            ("a b", "ab"),
        ];
        for (word, text) in parts {
            assert!(!is_found(word, text), "{word} in {text}");
        }
    }

    #[test]
    fn a_particle_is_no_longer_than_looked_for() {
        assert!(
            PARTICLES
                .iter()
                .all(|particle| particle.chars().count() <= LONGEST_PARTICLE)
        );
        assert!(PARTICLES.iter().all(|particle| shown(particle) == *particle));
    }

    #[test]
    fn no_word_that_may_be_saved_folds_to_nothing() {
        let mut setting: PatternsSetting =
            serde_json::from_str(r#"{"patterns": [{"id": "x", "words": [], "custom_intent": "y"}]}"#).unwrap();
        let characters: Vec<char> = ('\0'..=char::MAX)
            .filter(|c| shown(&c.to_string()).trim().is_empty())
            .collect();
        assert!(characters.len() > 100);
        for some in characters.chunks(200) {
            setting.patterns[0].words = some.iter().map(char::to_string).collect();
            assert_eq!(setting.problems().len(), some.len(), "{some:?}");
        }
    }
}
