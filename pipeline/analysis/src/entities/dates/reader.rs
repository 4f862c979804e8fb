//! Looking at tokens by what they may mean.

use jiff::civil::DateTime;
use parlance_schemas::labels::Language;

use crate::entities::lexicon::{Lexicon, Sense};
use crate::entities::scan::{Kind, Token};

/// The tokens of a message and what is known about it.
pub(super) struct Reader<'a> {
    pub(super) tokens: &'a [Token],
    pub(super) folded: &'a [char],
    pub(super) lexicon: &'static Lexicon,
    pub(super) language: Language,
    /// Whether `3/4` is the fourth of March.
    pub(super) month_first: bool,
    /// The local time the message was written at.
    pub(super) now: DateTime,
}

impl Reader<'_> {
    /// What token `at` may mean; nothing for tokens that are no phrases and behind the end.
    pub(super) fn senses(&self, at: usize) -> &[Sense] {
        match self.tokens.get(at).map(|token| token.kind) {
            Some(Kind::Phrase(phrase)) => self.lexicon.senses(phrase),
            _ => &[],
        }
    }

    pub(super) fn has(&self, at: usize, sense: Sense) -> bool {
        self.senses(at).contains(&sense)
    }

    pub(super) fn find<T>(&self, at: usize, pick: impl Fn(&Sense) -> Option<T>) -> Option<T> {
        self.senses(at).iter().find_map(pick)
    }

    pub(super) fn is_mark(&self, at: usize, mark: char) -> bool {
        self.tokens
            .get(at)
            .is_some_and(|token| self.folded[token.start] == mark && token.end == token.start + 1)
    }

    /// Whether nothing stands between token `at` and the one before it.
    pub(super) fn touches(&self, at: usize) -> bool {
        at > 0
            && self
                .tokens
                .get(at)
                .is_some_and(|token| token.start == self.tokens[at - 1].end)
    }

    /// Digits, with how many there are.
    pub(super) fn digits(&self, at: usize) -> Option<(i16, u8)> {
        match self.tokens.get(at)?.kind {
            Kind::Number(value, count) => Some((i16::try_from(value).ok()?, count)),
            _ => None,
        }
    }

    /// A cardinal number in digits or words and the token behind it.
    pub(super) fn cardinal(&self, at: usize) -> Option<(i16, usize)> {
        if let Some((value, _)) = self.digits(at) {
            return Some((value, at + 1));
        }
        let word = |at: usize| {
            self.find(at, |sense| match sense {
                Sense::Number(number) => i16::try_from(*number).ok(),
                _ => None,
            })
        };
        if let Some(value) = word(at) {
            if !(20..100).contains(&value) || value % 10 != 0 {
                return Some((value, at + 1));
            }
            let hyphen = usize::from(self.is_mark(at + 1, '-') || self.has(at + 1, Sense::And));
            return match word(at + 1 + hyphen).filter(|unit| (1..10).contains(unit)) {
                Some(unit) => Some((value + unit, at + 2 + hyphen)),
                None => Some((value, at + 1)),
            };
        }
        // Korean spells numbers out of scales: 십오.
        let scale = self.find(at, |sense| match sense {
            Sense::Scale(10) => Some(10),
            _ => None,
        })?;
        Some((scale, at + 1))
    }

    /// A position, "third", "3rd", 第三; and the token behind it.
    pub(super) fn ordinal(&self, at: usize) -> Option<(i16, usize)> {
        if self.has(at, Sense::OrdinalAhead) {
            return self.cardinal(at + 1);
        }
        if let Some((value, next)) = self.digits(at).map(|(value, _)| (value, at + 1)) {
            let marked = self.has(next, Sense::OrdinalMark) && self.touches(next);
            let stop = self.language == Language::De && self.is_mark(next, '.') && self.touches(next);
            return (marked || stop).then_some((value, next + 1));
        }
        let word = |at: usize| {
            self.find(at, |sense| match sense {
                Sense::Ordinal(number) => i16::try_from(*number).ok(),
                _ => None,
            })
        };
        if let Some(value) = word(at) {
            return Some((value, at + 1));
        }
        let (value, next) = self.cardinal(at)?;
        if self.has(next, Sense::OrdinalMark) {
            return Some((value, next + 1));
        }
        let hyphen = usize::from(self.is_mark(next, '-'));
        let unit = word(next + hyphen).filter(|unit| *unit < 10 && value >= 20 && value % 10 == 0)?;
        Some((value + unit, next + hyphen + 1))
    }

    /// Steps over what may stand between two pieces of one date; at most four tokens.
    pub(super) fn skip_glue(&self, from: usize) -> usize {
        let mut at = from;
        while at < from + 4 {
            let glue = self.senses(at).iter().any(|sense| {
                matches!(
                    sense,
                    Sense::Glue | Sense::On | Sense::Approximately | Sense::AboutBehind
                )
            });
            let mark = self.is_mark(at, ',') || self.is_mark(at, '(') || self.is_mark(at, ')');
            if !glue && !mark {
                break;
            }
            at += 1;
        }
        at
    }
}
