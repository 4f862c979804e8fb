//! What could identify a person is replaced before a text leaves: phone numbers, e-mail and web addresses, numbers of
//! orders, cards, accounts and documents, and the sender's name.
//!
//! ```text
//! "Anna here, order #48213, call +49 151 2345678"  ──▶  "[name] here, order [order], call [phone]"
//! ```
//!
//! What the analyser found is masked by its place; then a pass of its own, which needs no analyser, takes whatever
//! looks like an address or has five digits or more. It rather masks too much: a label seldom hangs on a number. Sums of
//! money, days and times that the analyser found stay, as urgency hangs on them, unless they have the digits of more.
//!
//! What it cannot know: names other than the one in the sender's profile, street addresses, and numbers in words.

use std::sync::LazyLock;

use parlance_schemas::rows::MessageRow;
use regex::Regex;

const NUMBER: &str = "[number]";
const NAME: &str = "[name]";

/// Digits from which on a number is masked: years and the clock have four.
const DIGITS: usize = 5;
/// Digits up to which a sum or a day is one.
const PLAIN_DIGITS: usize = 9;
/// Letters from which on a part of a name is looked for; fewer where one sign is a syllable or a word.
const NAME_LETTERS: usize = 3;
const NAME_SIGNS: usize = 2;
/// From here on: Chinese characters, kana, Hangul.
const FIRST_SIGN: char = '\u{2E80}';

/// A piece of the text, in bytes, and what stands there instead; `None`: what it is stays.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: usize,
    end: usize,
    tag: Option<&'static str>,
}

/// What is looked for whatever the analyser found; of those that overlap the earlier in this list counts.
static PATTERNS: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    let pattern = |text: &str, tag| (Regex::new(text).expect("a constant that tests compile"), tag);
    vec![
        pattern(
            r#"[^\s@＠<>(),;:"]+\s?[@＠]\s?[\p{L}\p{N}-]+(?:[.．。][\p{L}\p{N}-]+)+"#,
            "[email]",
        ),
        pattern(r"(?i)\b(?:https?://|www\.)[^\s<>]+", "[url]"),
        pattern(r"(?i)\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}/[^\s<>]*", "[url]"),
        // An IBAN, in groups or not.
        pattern(
            r"(?i)\b[a-z]{2}[0-9]{2}(?:[ -]?[a-z0-9]{4}){2,7}(?:[ -]?[a-z0-9]{1,3})?\b",
            NUMBER,
        ),
        // Digits in any script, with little between them.
        pattern(
            r"[+＋]?\(?\p{Nd}(?:[\s.\-‐‑–—－ー/()_·*#\u{200B}-\u{200F}\u{202A}-\u{202E}]{0,2}\p{Nd})*",
            NUMBER,
        ),
        // Codes of letters and digits: passports, plates, parcels.
        pattern(r"\b[A-Za-z0-9]+(?:[-_/][A-Za-z0-9]+)*\b", NUMBER),
    ]
});

/// Index of the pattern of codes, which take fewer digits as letters come on top.
const CODES: usize = 5;
/// Digits from which on a code is masked.
const CODE_DIGITS: usize = 4;

/// Something the analyser found: its kind, its first character and the one after its last.
type Found<'a> = (&'a str, u32, u32);

/// The message's text as it may leave.
pub(crate) fn mask(message: &MessageRow) -> String {
    let kinds = message.entities_kind.iter().map(String::as_str);
    let places = message.entities_start.iter().zip(&message.entities_end);
    let found: Vec<Found<'_>> = kinds
        .zip(places)
        .map(|(kind, (start, end))| (kind, *start, *end))
        .collect();
    mask_text(&message.text, &message.contact_name, &found)
}

fn mask_text(text: &str, contact_name: &str, found: &[Found<'_>]) -> String {
    let mut spans = entities(text, found);
    for (index, (pattern, tag)) in PATTERNS.iter().enumerate() {
        for found in pattern.find_iter(text) {
            let digits = digits(found.as_str());
            let wanted = match index {
                CODES => digits >= CODE_DIGITS && found.as_str().bytes().any(|byte| byte.is_ascii_alphabetic()),
                _ if *tag == NUMBER => digits >= DIGITS,
                _ => true,
            };
            if wanted {
                spans.push(Span {
                    start: found.start(),
                    end: found.end(),
                    tag: Some(*tag),
                });
            }
        }
    }
    spans.extend(names(text, contact_name));
    replace(text, spans)
}

fn digits(text: &str) -> usize {
    text.chars().filter(|character| character.is_numeric()).count()
}

/// What the analyser found, where its place is one.
fn entities(text: &str, found: &[Found<'_>]) -> Vec<Span> {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let byte = |character: u32| usize::try_from(character).ok().and_then(|at| places.get(at).copied());
    let mut spans = Vec::with_capacity(found.len());
    for (kind, start, end) in found {
        let (Some(start), Some(end)) = (byte(*start), byte(*end)) else {
            continue;
        };
        if start >= end {
            continue;
        }
        let tag = match *kind {
            "phone" => Some("[phone]"),
            "email" => Some("[email]"),
            "url" => Some("[url]"),
            "order" => Some("[order]"),
            "money" | "date" | "time" if digits(&text[start..end]) <= PLAIN_DIGITS => None,
            // More digits than a sum or a day has, or a kind that is not known here.
            _ => Some(NUMBER),
        };
        spans.push(Span { start, end, tag });
    }
    spans
}

/// Where the sender's name stands, whole or in parts. Of names in letters that have cases only whole words count; in
/// other scripts words run together, or carry particles.
fn names(text: &str, name: &str) -> Vec<Span> {
    let folded: Vec<(usize, char)> = text.char_indices().map(|(at, letter)| (at, fold(letter))).collect();
    let mut spans = Vec::new();
    for part in name.split(|letter: char| !letter.is_alphabetic()) {
        let part: Vec<char> = part.chars().map(fold).collect();
        let cased = part.iter().any(|letter| letter.is_lowercase());
        let signs = part.iter().all(|letter| *letter >= FIRST_SIGN);
        if part.len() < if signs { NAME_SIGNS } else { NAME_LETTERS } {
            continue;
        }
        for (at, window) in folded.windows(part.len()).enumerate() {
            if !window.iter().map(|(_, letter)| letter).eq(part.iter()) {
                continue;
            }
            let end = at + part.len();
            let letter = |at: usize| folded.get(at).is_some_and(|(_, letter)| letter.is_alphabetic());
            if cased && (letter(end) || at > 0 && letter(at - 1)) {
                continue;
            }
            spans.push(Span {
                start: window[0].0,
                end: folded.get(end).map_or(text.len(), |(byte, _)| *byte),
                tag: Some(NAME),
            });
        }
    }
    spans
}

/// A letter whatever its case, as one letter, so that places stay.
fn fold(letter: char) -> char {
    letter.to_lowercase().next().unwrap_or(letter)
}

/// Puts tags in. Of spans that overlap, the one that came first keeps its tag and grows over the others'; one that
/// stays (a sum, a day) keeps out what lies wholly within it.
fn replace(text: &str, spans: Vec<Span>) -> String {
    let kept: Vec<Span> = spans.iter().filter(|span| span.tag.is_none()).copied().collect();
    let mut masked: Vec<Span> = Vec::new();
    for span in spans.into_iter().filter(|span| span.tag.is_some()) {
        let inside = |kept: &Span| kept.start <= span.start && span.end <= kept.end;
        if kept.iter().any(inside) {
            continue;
        }
        let mut grown = span;
        masked.retain(|other| {
            let apart = other.end <= grown.start || grown.end <= other.start;
            if !apart {
                grown = Span {
                    start: grown.start.min(other.start),
                    end: grown.end.max(other.end),
                    tag: other.tag,
                };
            }
            apart
        });
        masked.push(grown);
    }
    masked.sort_by_key(|span| span.start);
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for span in masked {
        out.push_str(&text[at..span.start]);
        out.push_str(span.tag.unwrap_or(NUMBER));
        at = span.end;
    }
    out.push_str(&text[at..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        mask_text(text, "", &[])
    }

    #[test]
    fn what_the_analyser_found_is_masked_by_its_place() {
        let text = "Größe: order #48213, ring +49 151 2345678";
        let found = [("order", 13, 19), ("phone", 26, 41)];
        assert_eq!(mask_text(text, "", &found), "Größe: order [order], ring [phone]");
        // Places that are none are left to the pass over the text.
        let found = [("order", 3, 3), ("phone", 90, 95), ("phone", 40, 99)];
        assert_eq!(mask_text(text, "", &found), "Größe: order #[number], ring [number]");
    }

    #[test]
    fn sums_and_days_stay_unless_they_hide_more() {
        let text = "12500 yen on 2026-11-22 for 4111111111111111 USD";
        let found = [("money", 0, 9), ("date", 13, 23), ("money", 28, 48)];
        assert_eq!(mask_text(text, "", &found), "12500 yen on 2026-11-22 for [number]");
        assert_eq!(
            plain("from 1999, at 17:30, for 25.50"),
            "from 1999, at 17:30, for 25.50"
        );
    }

    #[test]
    fn addresses_are_found_without_the_analyser() {
        for (text, masked) in [
            ("write to ana.lópez+x@correo.example.com!", "write to [email]!"),
            ("メールはtaro@例え.jpです", "[email]"),
            ("taro＠example.jp", "[email]"),
            ("see https://example.com/o?id=12#a now", "see [url] now"),
            ("example.com/track/12345 please", "[url] please"),
            ("انظر www.example.com شكرا", "انظر [url] شكرا"),
        ] {
            let out = plain(text);
            assert!(out.contains("[email]") || out.contains("[url]"), "{text}: {out}");
            if text.is_ascii() || masked.contains(' ') {
                assert_eq!(out, masked);
            }
        }
    }

    #[test]
    fn numbers_are_found_in_every_script_and_spelling() {
        for text in [
            "4111 1111 1111 1111",
            "DE89 3704 0044 0532 0130 00",
            "GB29NWBK60161331926819",
            "(030) 123-45 67",
            "0151.2345678",
            "٠١٢٣٤٥٦٧٨٩",
            "+۹۸ ۹۱۲ ۳۴۵",
            "０９０－１２３４－５６７８",
            "०९८७६५४३२१",
            "AB1234567",
            "1Z999AA10123456784",
            "123\u{200E}456",
            "48213",
        ] {
            let out = plain(text);
            assert_eq!(out, NUMBER, "{text}");
            assert_eq!(plain(&format!("订单{text}在哪里")).matches(NUMBER).count(), 1, "{text}");
        }
        assert_eq!(plain("2 of 3, size 42, room 1204"), "2 of 3, size 42, room 1204");
    }

    #[test]
    fn the_senders_name_is_masked_in_several_scripts() {
        for (name, text, masked) in [
            (
                "Anna Müller",
                "hi, ANNA here. annapurna? — müller",
                "hi, [name] here. annapurna? — [name]",
            ),
            ("Иван Петров", "это иван", "это [name]"),
            ("김민수", "저는 김민수입니다", "저는 [name]입니다"),
            ("李小明", "我是李小明，你好", "我是[name]，你好"),
            ("محمد علي", "أنا محمد ومحمد", "أنا [name] و[name]"),
            ("Jo", "jo", "jo"),
            ("🌸 ~ !!", "a ~ b", "a ~ b"),
        ] {
            assert_eq!(mask_text(text, name, &[]), masked, "{name}");
        }
    }

    #[test]
    fn overlaps_become_one_tag_and_nothing_of_them_is_left() {
        let text = "me@anna.example 12345 67890";
        let found = [("phone", 16, 21)];
        assert_eq!(mask_text(text, "Anna", &found), "[email] [phone]");
        for text in ["", " ", "@", "1", "ＡＢ", "\u{0}", "a@b"] {
            assert_eq!(plain(text), text);
        }
    }
}
