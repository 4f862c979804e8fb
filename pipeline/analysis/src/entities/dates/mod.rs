//! Dates and times: pieces of a phrase are read one by one and put together in whatever order the language has.
//!
//! A piece is at most a dozen tokens long and a date at most [`PIECES`] pieces, so the work per token is bounded and
//! the whole is linear in the length of the text.

mod calendar;
mod clock;
mod durations;
mod parts;
mod ranges;
mod reader;
mod relative;
mod resolve;
#[cfg(test)]
mod tests;

use jiff::civil::DateTime;
use parlance_schemas::labels::Language;

use super::lexicon::{Lexicon, Sense, class};
use super::scan::{Kind, Token};
use parts::Parts;
use reader::Reader;
use resolve::{Meaning, Reference, resolve};

/// A date is put together from no more pieces than this.
const PIECES: usize = 6;

/// What the dates of a message are resolved against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    /// The local time the message was written at.
    pub(super) now: DateTime,
    /// Whether `3/4` is the fourth of March there.
    pub(super) month_first: bool,
    pub(super) language: Language,
}

/// A date or a time of day in the text, by character positions.
#[derive(Debug, PartialEq)]
pub(super) struct Found {
    pub(super) start: usize,
    pub(super) end: usize,
    /// ISO 8601; `None` when it cannot be told.
    pub(super) value: Option<String>,
    /// Whether it names a time of day only.
    pub(super) time_only: bool,
}

/// Finds all dates, in order and apart from each other; at most `limit`.
pub(super) fn find(
    tokens: &[Token],
    folded: &[char],
    lexicon: &'static Lexicon,
    setting: &Setting,
    limit: usize,
) -> Vec<Found> {
    let reader = Reader {
        tokens,
        folded,
        lexicon,
        language: setting.language,
        month_first: setting.month_first,
        now: setting.now,
    };
    let half_day_clock = !matches!(setting.language, Language::De | Language::Fr);
    let reference = Reference {
        now: setting.now,
        half_day_clock,
    };
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() && found.len() < limit {
        if !reader.may_begin(at) {
            at += 1;
            continue;
        }
        if reader.has(at, Sense::Every) {
            at = reader.skip_repeated(at);
            continue;
        }
        match reader.expression(at, &reference) {
            Some((date, next)) => {
                at = next.max(at + 1);
                found.extend(date);
            }
            None => at += 1,
        }
    }
    found
}

impl Reader<'_> {
    fn may_begin(&self, at: usize) -> bool {
        match self.tokens[at].kind {
            // Digits in the middle of a word or a longer number begin nothing.
            Kind::Number(..) => {
                let start = self.tokens[at].start;
                let before = (start > 0).then(|| self.folded[start - 1]);
                !before.is_some_and(|c| c.is_ascii_alphabetic() && at > 0 && self.tokens[at - 1].kind == Kind::Word)
            }
            Kind::Phrase(phrase) => {
                let class = self.lexicon.class(phrase);
                let follows = || {
                    (at + 1..at + 5)
                        .any(|next| self.class(next) & (class::DATE | class::UNIT | class::COUNT | class::SHIFT) != 0)
                };
                class & (class::DATE | class::EVERY) != 0
                    || class & (class::COUNT | class::SHIFT | class::OPENS | class::UNIT) != 0 && follows()
            }
            Kind::Mark(_) | Kind::Word => false,
        }
    }

    fn class(&self, at: usize) -> u8 {
        match self.tokens.get(at).map(|token| token.kind) {
            Some(Kind::Phrase(phrase)) => self.lexicon.class(phrase),
            Some(Kind::Number(..)) => class::COUNT,
            _ => 0,
        }
    }

    /// Steps over what repeats: "every Monday at 5".
    fn skip_repeated(&self, at: usize) -> usize {
        let mut next = at + 1;
        if let Some((_, behind)) = self.ordinal(next).or_else(|| self.cardinal(next)) {
            next = behind;
        }
        if self.unit_at(next).is_some() {
            next += 1;
        }
        let glued = self.skip_glue(next);
        self.chain(glued)
            .filter(|(parts, _)| parts.days.is_none())
            .map_or(next, |(_, end)| end)
    }

    /// The longest piece that begins at this token.
    fn piece(&self, at: usize) -> Option<(Parts, usize)> {
        let edge = self.find(at, |sense| match sense {
            Sense::Edge(edge) => Some((
                Parts {
                    edge: Some(*edge),
                    ..Parts::default()
                },
                at + 1,
            )),
            _ => None,
        });
        let pieces = [
            self.numeric_date(at),
            self.marked_date(at),
            self.clock(at),
            self.named_date(at),
            self.by_duration(at),
            self.mixed(at),
            self.shifted_name(at),
            self.word(at),
            self.weekday(at),
            self.year_alone(at),
            edge,
        ];
        // The first of the longest.
        pieces.into_iter().flatten().rev().max_by_key(|(_, end)| *end)
    }

    /// Pieces that say different things about one date, and the token behind the last.
    fn chain(&self, at: usize) -> Option<(Parts, usize)> {
        let plain = self.piece(at).map(|first| self.extend(first));
        let counted = self.nth_unit(at).map(|first| self.extend(first));
        let counted = counted.filter(|(parts, _)| parts.month.is_some() || parts.year.is_some() || !parts.weak);
        let plain = plain.or_else(|| self.day_then_month(at));
        [counted, plain].into_iter().flatten().rev().max_by_key(|(_, end)| *end)
    }

    /// "the 12th of this month", "el 5 del mes que viene".
    fn day_then_month(&self, at: usize) -> Option<(Parts, usize)> {
        let (day, next) = self
            .ordinal(at)
            .or_else(|| self.digits(at).map(|(day, _)| (day, at + 1)))?;
        let glued = self.skip_glue(next);
        if !(1..=31).contains(&day) || glued == next {
            return None;
        }
        let (month, end) = self.shifted_name(glued).or_else(|| self.word(glued))?;
        let relative = matches!(month.month, Some(parts::Named::Relative(_))) && month.day.is_none();
        let parts = Parts {
            day: i8::try_from(day).ok(),
            ..month
        };
        relative.then(|| self.extend((parts, end)))
    }

    fn extend(&self, first: (Parts, usize)) -> (Parts, usize) {
        let (mut parts, mut end) = first;
        for _ in 0..PIECES {
            let direct = self.piece_for(end, &parts);
            let glued = self.skip_glue(end);
            let more = if glued > end {
                direct.or_else(|| self.piece_for(glued, &parts))
            } else {
                direct
            };
            // "the 5 of the next month at 3": the glue itself may begin a piece.
            let more = more.or_else(|| (glued > end + 1).then(|| self.piece_for(end + 1, &parts)).flatten());
            let Some((merged, behind)) = more else { break };
            (parts, end) = (merged, behind);
        }
        (parts, end)
    }

    /// A piece at this token that goes with the parts before it.
    fn piece_for(&self, at: usize, parts: &Parts) -> Option<(Parts, usize)> {
        let token = self.tokens.get(at)?;
        if at > 0 && token.start > self.tokens[at - 1].end + 2 {
            return None;
        }
        if parts.month.is_some() || parts.year.is_some() {
            let counted = self
                .nth_unit(at)
                .filter(|(counted, _)| counted.nth.is_some_and(|(count, _)| count < 54));
            let merged = counted.and_then(|(counted, end)| Some((parts.merge(counted)?, end)));
            if merged.is_some() {
                return merged;
            }
        }
        // Behind a day, German "morgen" is the morning.
        if parts.has_date()
            && let Some(part) = self.part_at(at)
            && let Some(merged) = parts.merge(Parts {
                part: Some(part),
                ..Parts::default()
            })
        {
            return Some((merged, at + 1));
        }
        // Only East Asian languages put "the end of" behind what it is the end of.
        let east = matches!(self.language, Language::Zh | Language::Ja | Language::Ko);
        if let Some((piece, end)) = self
            .piece(at)
            .filter(|(piece, _)| east || piece.edge.is_none() || !parts.has_date())
            && let Some(merged) = parts.merge(piece)
        {
            return Some((merged, end));
        }
        // A bare number that only the parts before it explain: "next month, the 5th".
        let month = parts.month.is_some() && parts.day.is_none() && parts.days.is_none() && parts.nth.is_none();
        if month && let Some((day, end)) = self.ordinal(at).filter(|(day, _)| (1..=31).contains(day)) {
            let merged = parts.merge(Parts {
                day: i8::try_from(day).ok(),
                ..Parts::default()
            })?;
            return Some((merged, end));
        }
        None
    }

    /// A date, an open range or a range that begins at this token. `Some((None, end))` is something that looks like
    /// one and is none.
    fn expression(&self, at: usize, reference: &Reference) -> Option<(Option<Found>, usize)> {
        let chain = self.chain(at).or_else(|| self.day_by_itself(at));
        let range = self.range(at, chain, reference);
        let times = chain.and_then(|chain| self.times_of_day(at, chain, reference));
        let open = self.open_range(at, reference);
        let single = self.single(at, chain, reference);
        [range, times, open, single]
            .into_iter()
            .flatten()
            .rev()
            .max_by_key(|(found, end)| (found.is_some(), *end))
    }

    fn single(
        &self,
        at: usize,
        chain: Option<(Parts, usize)>,
        reference: &Reference,
    ) -> Option<(Option<Found>, usize)> {
        let (parts, end) = chain?;
        if parts.weak && (parts.unknown || !self.introduced(at)) {
            return Some((None, end));
        }
        let Some(meaning) = resolve(&parts, reference) else {
            return Some((None, end));
        };
        // "3pm every day" and "Monday 9am weekly" repeat.
        if self.has(end, Sense::Every) && self.tokens[end].end - self.tokens[end].start > 3 {
            return Some((None, end));
        }
        let (value, end, open) = self.behind(&meaning, end);
        let time_only = !parts.has_date();
        if open && time_only {
            return Some((None, end));
        }
        let mut found = self.found(at, end, value, time_only);
        if let Some(start) = self.article(at, &parts) {
            found.start = start;
        }
        Some((Some(found), end))
    }

    /// Where the article begins that belongs to the name of the time: "the 14th", "la semana pasada".
    fn article(&self, at: usize, parts: &Parts) -> Option<usize> {
        let token = self.tokens[at.checked_sub(1)?];
        let word = &self.folded[token.start..token.end];
        let is = |text: &str| word.iter().copied().eq(text.chars());
        let day_alone = parts.day.is_some() && parts.month.is_none() && parts.weekday.is_none();
        let period = parts.week.is_some()
            || parts.nth.is_some()
            || matches!(parts.month, Some(parts::Named::Relative(_)))
            || matches!(parts.year, Some(parts::Named::Relative(_)));
        let period = period && parts.day.is_none() && parts.weekday.is_none();
        let belongs = match self.language {
            // "on the" is one phrase.
            Language::En if day_alone && word.ends_with(&['t', 'h', 'e']) => return Some(token.end - 3),
            Language::Es => period && (is("el") || is("la") || is("las")) || day_alone && is("el dia"),
            Language::Pt => day_alone && is("dia"),
            _ => false,
        };
        belongs.then_some(token.start)
    }

    /// What may follow a date in the languages that put "before" and "after" behind it.
    fn behind(&self, meaning: &Meaning, end: usize) -> (Option<String>, usize, bool) {
        let about = end + usize::from(self.has(end, Sense::AboutBehind));
        for sense in self.senses(about) {
            let value = match sense {
                Sense::BeforeBehind => meaning.start().map(|start| format!("/{start}")),
                Sense::AfterBehind if matches!(self.language, Language::Zh | Language::Ja | Language::Ko) => {
                    meaning.after().map(|after| format!("{after}/"))
                }
                Sense::AfterBehind | Sense::SinceBehind => meaning.start().map(|start| format!("{start}/")),
                _ => continue,
            };
            // "before 2010 or after 2018": what follows has its own word.
            let next = self.skip_glue(about + 1);
            if self.piece(next).is_some_and(|(parts, _)| parts.has_date())
                && !matches!(self.language, Language::Zh | Language::Ja | Language::Ko)
            {
                continue;
            }
            return (value, about + 1, true);
        }
        (meaning.iso(), about, false)
    }

    /// "the 14th", "el 17", "am 5.", "dia 12": a day of the month behind a word that introduces dates.
    fn day_by_itself(&self, at: usize) -> Option<(Parts, usize)> {
        let (day, next) = match self.language {
            Language::En => {
                let token = self.tokens.get(at.checked_sub(1)?)?;
                let the = self.folded[token.start..token.end].ends_with(&['t', 'h', 'e']);
                self.ordinal(at).filter(|_| the)?
            }
            Language::De => self
                .ordinal(at)
                .filter(|_| self.introduced(at) && !self.has(at - 1, Sense::Shift(0)))?,
            Language::Es | Language::It | Language::Pt | Language::Fr => {
                let token = self.tokens.get(at.checked_sub(1)?)?;
                let word: String = self.folded[token.start..token.end].iter().collect();
                let strong = matches!(
                    word.as_str(),
                    "el" | "dia" | "il" | "le" | "el dia" | "no dia" | "du" | "del" | "o dia" | "al"
                );
                self.cardinal(at)
                    .filter(|_| strong && self.digits(at).is_some_and(|(_, count)| count <= 2))?
            }
            _ => return None,
        };
        let token = self.tokens.get(next);
        let follows = token.is_some_and(|token| {
            let c = self.folded[token.start];
            matches!(c, '%' | '€' | '$' | '/' | ':' | '-') && token.start == self.tokens[next - 1].end
                || (matches!(c, '.' | ',') && self.touches(next + 1) && self.digits(next + 1).is_some())
        });
        let word = token.is_some_and(|token| token.kind == Kind::Word && !self.is_mark(next - 1, '.'));
        let counts = self.senses(next).iter().any(|sense| {
            matches!(
                sense,
                Sense::Currency(_) | Sense::Unit(_) | Sense::Scale(_) | Sense::Number(_) | Sense::Shift(_)
            )
        });
        let noun = word && !matches!(self.language, Language::De) && self.language == Language::En;
        if follows || counts || noun || !(1..=31).contains(&day) {
            return None;
        }
        Some((
            Parts {
                day: i8::try_from(day).ok(),
                ..Parts::default()
            },
            next,
        ))
    }

    /// Whether the word before says that a date follows.
    fn introduced(&self, at: usize) -> bool {
        at > 0
            && self.senses(at - 1).iter().any(|sense| {
                matches!(
                    sense,
                    Sense::On
                        | Sense::In
                        | Sense::SinceAhead
                        | Sense::UntilAhead
                        | Sense::BeforeAhead
                        | Sense::AfterAhead
                        | Sense::From
                        | Sense::To
                        | Sense::Between
                        | Sense::YearWord
                        | Sense::Approximately
                )
            })
    }

    fn found(&self, first: usize, end: usize, value: Option<String>, time_only: bool) -> Found {
        let mut first = first;
        // "at" says that a time follows and is no part of it.
        while first + 1 < end && self.has(first, Sense::At) && self.digits(first).is_none() {
            first += 1;
        }
        Found {
            start: self.tokens[first].start,
            end: self.tokens[end - 1].end,
            value,
            time_only,
        }
    }
}
