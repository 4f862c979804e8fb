//! Phone numbers, addresses, money, dates and order numbers in a text.
//!
//! The text is folded character by character ([`fold`]) and scanned once into tokens ([`scan`]) with the phrases of
//! its language ([`lexicon`]). What the scan came across decides which of the finders run at all; each of them looks
//! ahead a bounded number of characters or tokens, so that the whole is linear in the length of the text.

mod dates;
mod fold;
mod lexicon;
mod money;
mod number;
mod order;
mod phone;
mod region;
mod scan;
#[cfg(test)]
mod tests;
mod web;

pub use region::{Region, UnknownRegion};

use std::cell::RefCell;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use parlance_schemas::labels::Language;
use serde::Serialize;

use fold::runs_on;
use lexicon::Lexicon;
use scan::{Seen, Token, scan};

/// No message has more entities than this; what comes after is not looked for.
pub const MAX_ENTITIES: usize = 64;

/// No more of a text is looked at than this many characters: the longest text message WhatsApp carries is 4,096
/// (Cloud API, text messages), a longer one is no person's.
pub const MAX_CHARACTERS: usize = 16_384;

/// When, where and in which language a message was written.
#[derive(Clone, Debug)]
pub struct Place {
    /// When the message was sent.
    pub timestamp: Timestamp,
    /// The time zone of the business: "tomorrow" is the day after the one it is there.
    pub zone: TimeZone,
    /// The country of the business's number: what "$" is, how a national phone number is dialled, and whether the
    /// month or the day comes first.
    pub region: Region,
    /// The language of the message. Where its script is another one, the script decides.
    pub language: Language,
}

/// What an entity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EntityKind {
    /// A telephone number; the value is in E.164 (ITU-T), `+4917612345678`, where the number is one of the region.
    Phone,
    /// An e-mail address (RFC 5321); the value has its domain in lower case.
    Email,
    /// A web address (RFC 3986), with or without the scheme; the value is the address as it stands.
    Url,
    /// An amount of money; the value is the amount and the ISO 4217 code, `1234.56 EUR`.
    Money,
    /// A day, a longer time or a moment of a day. The value is ISO 8601 in the time of the business: `2018-11-19`,
    /// `2018-11-19T17:00:00`, `start/end`, `start/` and `/end`; a span of whole days ends where the next begins.
    Date,
    /// A time of day with no day to it, `T17:00:00`.
    Time,
    /// The number of an order, a booking or a parcel; the value is without spaces, in capitals.
    Order,
}

impl EntityKind {
    /// The kind as it stands in JSON, ClickHouse and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Url => "url",
            Self::Money => "money",
            Self::Date => "date",
            Self::Time => "time",
            Self::Order => "order",
        }
    }
}

/// Something the message names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entity {
    /// What it is.
    pub kind: EntityKind,
    /// Where it begins, in characters (Unicode scalar values).
    pub start: usize,
    /// Where it ends, in characters; this one is not part of it.
    pub end: usize,
    /// How it was written.
    pub text: String,
    /// What it means, in the form of its [`EntityKind`]; `None` when that cannot be told.
    pub value: Option<String>,
}

/// An entity before its text is cut out.
#[derive(Debug)]
struct Candidate {
    kind: EntityKind,
    start: usize,
    end: usize,
    value: Option<String>,
}

/// What is kept from one message to the next, so that only results are allocated.
#[derive(Default)]
struct Scratch {
    folded: Vec<char>,
    tokens: Vec<Token>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Finds the entities of a text: at most [`MAX_ENTITIES`], in order, none within another.
///
/// Never fails. The lexicon of a language is compiled when it is first needed, and so is the metadata of phone
/// numbers; [`warm_up`] does both ahead.
pub fn find(text: &str, place: &Place) -> Vec<Entity> {
    SCRATCH.with_borrow_mut(|scratch| {
        let text = match text
            .char_indices()
            .nth(MAX_CHARACTERS)
            .filter(|_| text.len() > MAX_CHARACTERS)
        {
            Some((cut, _)) => &text[..cut],
            None => text,
        };
        fold::fold(text, &mut scratch.folded);
        let language = language_of(&scratch.folded, place.language);
        let lexicon = Lexicon::of(language);
        let seen = scan(&scratch.folded, lexicon, language, &mut scratch.tokens);
        if !seen.anything() {
            return Vec::new();
        }
        let candidates = candidates(text, scratch, lexicon, language, seen, place);
        cut(text, candidates)
    })
}

/// Compiles everything that [`find`] would compile on first use, which takes a tenth of a second.
pub fn warm_up() {
    for language in Language::ALL {
        Lexicon::of(*language);
    }
    phone::warm_up();
}

fn candidates(
    text: &str,
    scratch: &Scratch,
    lexicon: &'static Lexicon,
    language: Language,
    seen: Seen,
    place: &Place,
) -> Vec<Candidate> {
    let Scratch { folded, tokens } = scratch;
    let mut all = Vec::new();
    if seen.at || seen.dot {
        web::find(folded, &mut all);
    }
    if seen.digits >= order::FEWEST_DIGITS {
        order::find(tokens, folded, lexicon, &mut all);
    }
    if seen.digits >= phone::FEWEST_DIGITS {
        phone::find(tokens, folded, lexicon, place.region, &mut all);
    }
    if seen.currency() {
        money::find(text, tokens, folded, lexicon, place.region, &mut all);
    }
    if seen.dates() {
        let setting = dates::Setting {
            now: place.zone.to_datetime(place.timestamp),
            month_first: place.region.writes_month_first() && language == Language::En,
            language,
        };
        for date in dates::find(tokens, folded, lexicon, &setting, MAX_ENTITIES) {
            let kind = if date.time_only {
                EntityKind::Time
            } else {
                EntityKind::Date
            };
            all.push(Candidate {
                kind,
                start: date.start,
                end: date.end,
                value: date.value,
            });
        }
    }
    all
}

/// The longest of those that overlap; of the same length, the kind that was looked for first. Then their texts.
fn cut(text: &str, mut candidates: Vec<Candidate>) -> Vec<Entity> {
    candidates.sort_by_key(|candidate| (candidate.start, std::cmp::Reverse(candidate.end)));
    let mut kept: Vec<Candidate> = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        match kept.last_mut() {
            Some(last) if candidate.start < last.end => {
                let longer = candidate.end - candidate.start > last.end - last.start;
                if longer && rank(candidate.kind) <= rank(last.kind) || rank(candidate.kind) < rank(last.kind) {
                    *last = candidate;
                }
            }
            _ => kept.push(candidate),
        }
    }
    kept.truncate(MAX_ENTITIES);
    // Character positions become byte positions in one walk.
    let mut entities = Vec::with_capacity(kept.len());
    let mut bytes = text
        .char_indices()
        .map(|(byte, _)| byte)
        .chain(std::iter::once(text.len()));
    let mut walked = 0;
    let mut byte_at = |position: usize| {
        let byte = bytes.nth(position - walked);
        walked = position + 1;
        byte
    };
    let mut last: Option<(usize, usize)> = None;
    for Candidate {
        kind,
        start,
        end,
        value,
    } in kept
    {
        let from = match last {
            Some((position, byte)) if position == start => Some(byte),
            _ => byte_at(start),
        };
        let to = byte_at(end);
        let (Some(from), Some(to)) = (from, to) else { break };
        last = Some((end, to));
        let text = &text[from..to];
        let value = match kind {
            EntityKind::Email => Some(web::email_value(text)),
            EntityKind::Url => Some(text.to_owned()),
            _ => value,
        };
        entities.push(Entity {
            kind,
            start,
            end,
            text: text.to_owned(),
            value,
        });
    }
    entities
}

/// Which kind wins where two overlap: an address may contain anything, an order number looks like a phone number.
fn rank(kind: EntityKind) -> u8 {
    match kind {
        EntityKind::Email | EntityKind::Url => 0,
        EntityKind::Order => 1,
        EntityKind::Money => 2,
        EntityKind::Phone | EntityKind::Date => 3,
        EntityKind::Time => 4,
    }
}

/// The language whose phrases are looked for: the one given, unless the text is in a script it is not written in.
fn language_of(folded: &[char], given: Language) -> Language {
    let (mut latin, mut han, mut kana, mut hangul, mut arabic) = (0_u32, 0_u32, 0_u32, 0_u32, 0_u32);
    for c in folded {
        match c {
            'a'..='z' => latin += 1,
            c if *c < '\u{600}' => {}
            '\u{600}'..='\u{6ff}' => arabic += 1,
            '\u{3040}'..='\u{30ff}' => kana += 1,
            '\u{ac00}'..='\u{d7a3}' => hangul += 1,
            c if runs_on(*c) => han += 1,
            _ => {}
        }
    }
    let east = han + kana + hangul;
    match given {
        Language::Ja if han + kana > 0 => Language::Ja,
        Language::Ko if hangul > 0 => Language::Ko,
        Language::Zh if han > 0 && kana == 0 => Language::Zh,
        Language::Ar if arabic > 0 => Language::Ar,
        _ if hangul > 0 && hangul >= han + kana => Language::Ko,
        _ if kana > 0 => Language::Ja,
        _ if han > 0 => Language::Zh,
        _ if arabic > 0 && arabic > latin.min(3) => Language::Ar,
        Language::Ja | Language::Ko | Language::Zh | Language::Ar if east == 0 && latin > 0 => Language::En,
        given => given,
    }
}
