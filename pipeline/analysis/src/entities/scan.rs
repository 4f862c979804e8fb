//! One pass over the folded text: numbers, known phrases, marks, and the words that mean nothing here.

use parlance_schemas::labels::Language;

use super::fold::{NOTHING, in_word, runs_on};
use super::lexicon::{Lexicon, Sense, class};
use super::number::han_digit;

/// A piece of the text, by character positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) kind: Kind,
}

/// What a piece of the text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Digits, their value and count; Chinese numerals have a count of 0. Too long a number has the largest value.
    Number(u32, u8),
    /// A phrase of the lexicon.
    Phrase(u32),
    /// A single character that is neither letter nor digit.
    Mark(char),
    /// Anything else.
    Word,
}

/// What the pass came across, to decide which rules have anything to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// Digits of any script; how many in all.
    pub(super) digits: usize,
    /// An at sign.
    pub(super) at: bool,
    /// A full stop between two characters, or `://`.
    pub(super) dot: bool,
    /// What the phrases are good for, as bits of [`class`].
    pub(super) classes: u8,
}

impl Seen {
    /// Whether there can be a date: a word for one, digits, or a number in words with something to count.
    pub(super) fn dates(&self) -> bool {
        let has = |class: u8| self.classes & class != 0;
        let counted = has(class::COUNT | class::SHIFT) && has(class::UNIT) || has(class::COUNT) && has(class::OPENS);
        self.digits > 0 || has(class::DATE) || counted
    }

    /// Whether there can be money.
    pub(super) fn currency(&self) -> bool {
        self.classes & class::CURRENCY != 0
    }

    /// Whether there can be anything at all.
    pub(super) fn anything(&self) -> bool {
        self.at || self.dot || self.currency() || self.dates()
    }
}

/// Splits the text. Every character is looked at once, and from the start of every word the lexicon reads no further
/// than its longest phrase.
pub(super) fn scan(folded: &[char], lexicon: &Lexicon, language: Language, tokens: &mut Vec<Token>) -> Seen {
    tokens.clear();
    let mut seen = Seen::default();
    let mut at = 0;
    while at < folded.len() {
        let c = folded[at];
        if c == ' ' || c == NOTHING {
            at += 1;
            continue;
        }
        if c.is_ascii_digit() {
            let end = run(folded, at, |c| c.is_ascii_digit());
            let value = folded[at..end].iter().take(10).fold(0_u32, |value, c| {
                value.saturating_mul(10).saturating_add(c.to_digit(10).unwrap_or(0))
            });
            let count = u8::try_from(end - at).unwrap_or(u8::MAX);
            let value = if count > 9 { u32::MAX } else { value };
            seen.digits += end - at;
            tokens.push(Token {
                start: at,
                end,
                kind: Kind::Number(value, count),
            });
            at = end;
            continue;
        }
        seen.at |= c == '@';
        seen.dot |= c == ':' && folded.get(at + 1) == Some(&'/');
        seen.dot |= c == '.' && folded.get(at + 1).is_some_and(|next| in_word(*next));
        let token = phrase(folded, at, lexicon, language, tokens);
        let numeral = numeral(folded, at);
        let token = match (token, numeral) {
            (Some(token), Some(numeral)) if numeral.end >= token.end => numeral,
            (None, Some(numeral)) => numeral,
            (Some(token), _) => token,
            (None, None) => unknown(folded, at),
        };
        match token.kind {
            Kind::Phrase(phrase) => seen.classes |= lexicon.class(phrase),
            Kind::Number(..) => seen.classes |= class::COUNT,
            _ => {}
        }
        tokens.push(token);
        at = token.end;
        if language == Language::De {
            seen.classes |= split_compound(folded, lexicon, tokens);
        }
    }
    seen
}

fn run(folded: &[char], start: usize, belongs: impl Fn(char) -> bool) -> usize {
    folded[start..]
        .iter()
        .position(|c| !belongs(*c))
        .map_or(folded.len(), |length| start + length)
}

/// A phrase of the lexicon that may begin here.
fn phrase(folded: &[char], at: usize, lexicon: &Lexicon, language: Language, tokens: &[Token]) -> Option<Token> {
    let hangul = |c: char| ('\u{ac00}'..='\u{d7a3}').contains(&c);
    if hangul(folded[at]) {
        let follows = tokens
            .last()
            .is_some_and(|token| token.end == at && token.kind != Kind::Word);
        if !follows && at > 0 && hangul(folded[at - 1]) {
            return None;
        }
    }
    let found = |start: usize| {
        let found = lexicon.longest(folded, start)?;
        Some(Token {
            start,
            end: found.end,
            kind: Kind::Phrase(found.phrase),
        })
    };
    found(at).or_else(|| {
        // Arabic writes "and", "with", "for" as one letter ahead of the word.
        let particle = language == Language::Ar && matches!(folded[at], 'و' | 'ب' | 'ل' | 'ف');
        (particle && folded.get(at + 1).is_some_and(|c| in_word(*c)))
            .then(|| found(at + 1))
            .flatten()
    })
}

/// A run of Chinese numerals.
fn numeral(folded: &[char], at: usize) -> Option<Token> {
    han_digit(folded[at])?;
    let end = run(folded, at, |c| han_digit(c).is_some());
    let end = end.min(at + 24);
    let value = super::number::han_number(&folded[at..end]).and_then(|value| u32::try_from(value).ok());
    Some(Token {
        start: at,
        end,
        kind: Kind::Number(value.unwrap_or(u32::MAX), 0),
    })
}

/// A word or a mark nothing is known about.
fn unknown(folded: &[char], at: usize) -> Token {
    let c = folded[at];
    let hangul = |c: char| ('\u{ac00}'..='\u{d7a3}').contains(&c);
    let end = if hangul(c) {
        run(folded, at, hangul)
    } else if in_word(c) {
        run(folded, at, |c| (in_word(c) && !c.is_ascii_digit()) || c == NOTHING)
    } else {
        at + 1
    };
    let kind = if in_word(c) || runs_on(c) {
        Kind::Word
    } else {
        Kind::Mark(c)
    };
    Token { start: at, end, kind }
}

/// German joins a weekday and a part of the day: "Dienstagabend". When the last token, taken for an unknown word, is
/// made of the two, they are put in its place. What they are good for is returned.
fn split_compound(folded: &[char], lexicon: &Lexicon, tokens: &mut Vec<Token>) -> u8 {
    let Some(word) = tokens.last().copied().filter(|token| token.kind == Kind::Word) else {
        return 0;
    };
    // The shortest weekday is "montag", the longest "donnerstag".
    for middle in (word.start + 6..word.end).take(5) {
        let head = lexicon
            .longest(&folded[..middle], word.start)
            .filter(|found| found.end == middle);
        let weekday = head.filter(|found| {
            lexicon
                .senses(found.phrase)
                .iter()
                .any(|sense| matches!(sense, Sense::Weekday(_)))
        });
        let Some(head) = weekday else { continue };
        let tail = lexicon.longest(folded, middle).filter(|found| found.end == word.end);
        let part = tail.filter(|found| {
            lexicon
                .senses(found.phrase)
                .iter()
                .any(|sense| matches!(sense, Sense::Part(_)))
        });
        let Some(tail) = part else { return 0 };
        tokens.pop();
        tokens.push(Token {
            start: word.start,
            end: middle,
            kind: Kind::Phrase(head.phrase),
        });
        tokens.push(Token {
            start: middle,
            end: word.end,
            kind: Kind::Phrase(tail.phrase),
        });
        return class::DATE;
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::fold::fold;

    fn kinds(text: &str, language: Language) -> Vec<(String, Kind)> {
        let (mut folded, mut tokens) = (Vec::new(), Vec::new());
        fold(text, &mut folded);
        scan(&folded, Lexicon::of(language), language, &mut tokens);
        let shown = |token: &Token| text.chars().skip(token.start).take(token.end - token.start).collect();
        tokens.iter().map(|token| (shown(token), token.kind)).collect()
    }

    #[test]
    fn a_word_inside_a_longer_one_is_no_phrase() {
        assert!(
            kinds("monday", Language::En)
                .iter()
                .all(|(_, kind)| matches!(kind, Kind::Phrase(_)))
        );
        assert_eq!(kinds("mondayish", Language::En), [("mondayish".into(), Kind::Word)]);
    }

    #[test]
    fn german_weekdays_carry_the_part_of_the_day() {
        let found = kinds("Dienstagabend", Language::De);
        let texts: Vec<&str> = found.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, ["Dienstag", "abend"]);
        assert!(found.iter().all(|(_, kind)| matches!(kind, Kind::Phrase(_))));
    }

    #[test]
    fn chinese_numerals_are_numbers() {
        let found = kinds("二十九日", Language::Zh);
        assert_eq!(found[0], ("二十九".into(), Kind::Number(29, 0)));
    }

    #[test]
    fn too_long_a_number_is_the_largest() {
        assert_eq!(kinds("12345678901234", Language::En)[0].1, Kind::Number(u32::MAX, 14));
    }
}
