//! A text as the classifiers see it: normalised, cut into words.
//!
//! One pass over the characters. Letters are lower-cased, elongations shortened (`sooooo` is `soo`), full-width forms
//! made narrow, Arabic spelling variants joined, vowel marks and invisible characters dropped. Numbers become a mark
//! of their length, addresses a mark of their kind, each emoji a word of its own; every Chinese or Japanese stretch
//! is one word, to be read by its characters.
//!
//! ```text
//! "Sooo LATE!! order 12345 😡"  ─▶  soo · late · ‼ · order · ⟨5 digits⟩ · 😡
//! ```

use unicode_normalization::char::decompose_canonical;

/// What kind of word it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Letters of a script that puts spaces between words.
    Letters,
    /// Letters of a script that does not: Han, kana, Thai.
    Unspaced,
    /// Digits, an address, a sign or an emoji: one unit, without parts worth reading.
    Sign,
}

/// A stretch of the buffers, and of the original text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word {
    pub(crate) kind: Kind,
    /// Place in [`Text::surface`] and [`Text::folded`], which run in step. A [`mark::EDGE`] stands on either side.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Byte offsets in the text that was read.
    pub(crate) from: usize,
    pub(crate) to: usize,
}

/// Facts of a whole text that no single word shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) shouted_words: u32,
    pub(crate) spoken_words: u32,
    pub(crate) exclamations: u32,
    pub(crate) questions: u32,
    pub(crate) elongations: u32,
}

/// Marks of what stands for a whole class of words; they lie outside Unicode, so that no text can contain them.
pub(crate) mod mark {
    /// Before the first letter of a word and after its last.
    pub(crate) const EDGE: u32 = 0x11_0001;
    pub(crate) const DIGITS: u32 = 0x11_0100;
    pub(crate) const URL: u32 = 0x11_0200;
    pub(crate) const EMAIL: u32 = 0x11_0201;
    pub(crate) const EXCLAMATION: u32 = 0x11_0300;
    pub(crate) const QUESTION: u32 = 0x11_0310;
    pub(crate) const BOTH: u32 = 0x11_0320;
    pub(crate) const ELLIPSIS: u32 = 0x11_0330;
}

/// Of a longer text this many bytes are read, so that the cost of a message is bounded. WhatsApp's longest text is 4,096
/// characters.
pub(crate) const MAX_BYTES: usize = 8 * 1024;

/// A text, normalised. The buffers are kept from text to text.
#[derive(Debug, Default)]
pub(crate) struct Text {
    /// Lower-cased, accents kept: what tells languages apart.
    pub(crate) surface: Vec<u32>,
    /// Accents folded away, as they are so often left out in chat: what tells meanings apart.
    pub(crate) folded: Vec<u32>,
    pub(crate) words: Vec<Word>,
    pub(crate) shape: Shape,
}

/// What a character is to a reader.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Letter,
    Unspaced,
    Digit,
    /// Dropped without a trace: marks, joiners, selectors.
    Nothing,
    Space,
    Punctuation,
    /// Emoji and other symbols.
    Symbol,
}

impl Text {
    /// Reads a text in place of the one before.
    pub(crate) fn read(&mut self, text: &str) {
        self.surface.clear();
        self.folded.clear();
        self.push(mark::EDGE, mark::EDGE);
        self.words.clear();
        self.shape = Shape::default();
        let text = &text[..text.floor_char_boundary(MAX_BYTES)];
        let mut at = 0;
        while let Some(first) = text[at..].chars().next() {
            let (letter, class) = normal(first);
            at = match class {
                Class::Nothing | Class::Space => at + first.len_utf8(),
                Class::Letter | Class::Digit => match address(text, at) {
                    Some((mark, end)) => self.sign(mark, at, end),
                    None if class == Class::Digit => self.number(text, at),
                    None => self.stretch(text, at, Class::Letter),
                },
                Class::Unspaced => self.stretch(text, at, Class::Unspaced),
                Class::Symbol => self.sign(letter, at, at + first.len_utf8()),
                Class::Punctuation => self.punctuation(text, at),
            };
        }
    }

    fn push(&mut self, letter: u32, folded: u32) {
        self.surface.push(letter);
        self.folded.push(folded);
    }

    /// Ends a word.
    fn word(&mut self, kind: Kind, start: usize, from: usize, to: usize) -> usize {
        self.words.push(Word {
            kind,
            start,
            end: self.surface.len(),
            from,
            to,
        });
        self.push(mark::EDGE, mark::EDGE);
        to
    }

    fn sign(&mut self, mark: u32, from: usize, to: usize) -> usize {
        let start = self.surface.len();
        self.push(mark, mark);
        self.word(Kind::Sign, start, from, to)
    }

    fn number(&mut self, text: &str, from: usize) -> usize {
        let mut to = from;
        let mut digits = 0;
        for c in text[from..].chars() {
            match normal(c).1 {
                Class::Digit => digits += 1,
                // Groups of one number: 1.234,56 and 12:30 and 555-0100.
                _ if matches!(c, '.' | ',' | ':' | '-' | '/' | '٫' | '٬')
                    && text[to + c.len_utf8()..].starts_with(|next| normal(next).1 == Class::Digit) => {}
                _ => break,
            }
            to += c.len_utf8();
        }
        let class = match digits {
            0..=4 => digits,
            5..=6 => 5,
            7..=9 => 6,
            _ => 7,
        };
        self.sign(mark::DIGITS + class, from, to)
    }

    fn punctuation(&mut self, text: &str, from: usize) -> usize {
        let (mut to, mut exclamations, mut questions, mut dots) = (from, 0, 0, 0);
        for c in text[from..].chars() {
            match c {
                '!' | '！' | '¡' | '‼' => exclamations += 1,
                '?' | '？' | '؟' | '¿' => questions += 1,
                '…' => dots += 3,
                '.' | '。' | '·' | '・' => dots += 1,
                _ if to == from => {}
                _ => break,
            }
            to += c.len_utf8();
        }
        self.shape.exclamations += exclamations;
        self.shape.questions += questions;
        match (exclamations, questions, dots) {
            (0, 0, 0..=1) => to,
            (0, 0, _) => self.sign(mark::ELLIPSIS, from, to),
            (_, 0, _) => self.sign(mark::EXCLAMATION + exclamations.min(3), from, to),
            (0, _, _) => self.sign(mark::QUESTION + questions.min(3), from, to),
            _ => self.sign(mark::BOTH, from, to),
        }
    }

    fn stretch(&mut self, text: &str, from: usize, class: Class) -> usize {
        let start = self.surface.len();
        let (mut to, mut letters, mut capitals, mut run) = (from, 0, 0, 0);
        for c in text[from..].chars() {
            let (letter, this) = normal(c);
            if this == class {
                // Only whether all are capitals counts.
                capitals += u32::from(capitals == letters && c.is_uppercase());
                letters += 1;
                run = if self.surface.len() > start && self.surface.last() == Some(&letter) {
                    run + 1
                } else {
                    1
                };
                if run <= 2 {
                    self.push(letter, folded(letter));
                } else if run == 3 {
                    self.shape.elongations += 1;
                }
            } else if this != Class::Nothing && !(class == Class::Letter && is_apostrophe_within(text, to, c)) {
                break;
            }
            to += c.len_utf8();
        }
        if class == Class::Letter && letters >= 3 {
            self.shape.spoken_words += 1;
            self.shape.shouted_words += u32::from(capitals == letters);
        }
        let kind = if class == Class::Letter {
            Kind::Letters
        } else {
            Kind::Unspaced
        };
        self.word(kind, start, from, to)
    }
}

fn is_apostrophe_within(text: &str, at: usize, c: char) -> bool {
    matches!(c, '\'' | '’') && text[at + c.len_utf8()..].starts_with(char::is_alphabetic)
}

/// The mark and end of a web or mail address that begins here.
fn address(text: &str, at: usize) -> Option<(u32, usize)> {
    /// Longer is no address, and looking further for its end would be paid again at each of its words.
    const LONGEST: usize = 256;
    let begins_word = at == 0 || text.as_bytes()[at - 1].is_ascii_whitespace() || text.as_bytes()[at - 1] == b'(';
    if !begins_word {
        return None;
    }
    let bytes = &text.as_bytes()[at..text.len().min(at + LONGEST)];
    let end = bytes
        .iter()
        .position(|byte| byte.is_ascii_whitespace() || !byte.is_ascii())
        .unwrap_or(bytes.len());
    let word = &bytes[..end];
    if word.starts_with(b"http") && memchr::memmem::find(word, b"://").is_some() || word.starts_with(b"www.") {
        return Some((mark::URL, at + end));
    }
    if let Some(sign) = memchr::memchr(b'@', word) {
        return (sign > 0 && memchr::memchr(b'.', &word[sign..]).is_some()).then_some((mark::EMAIL, at + end));
    }
    // A bare domain with a path: bit.ly/x, t.co/y.
    let dot = memchr::memchr(b'.', word)?;
    let slash = memchr::memchr(b'/', word)?;
    let is_domain = dot + 2 < slash
        && word[dot + 1..slash]
            .iter()
            .all(|byte| byte.is_ascii_alphabetic() || *byte == b'.');
    is_domain.then_some((mark::URL, at + end))
}

/// A character made normal, and its class.
pub(crate) fn normal(c: char) -> (u32, Class) {
    let code = u32::from(c);
    match code {
        0x61..=0x7a => (code, Class::Letter),
        0x41..=0x5a => (code + 0x20, Class::Letter),
        0x30..=0x39 => (code, Class::Digit),
        0x09..=0x0d | 0x20 | 0xa0 | 0x3000 => (code, Class::Space),
        0x24 | 0x25 | 0xa3 | 0xa5 | 0x20ac => (code, Class::Symbol),
        0x00..=0x7f => (code, Class::Punctuation),
        // What follows up to Korean is in Unicode's tables too, which take longer to ask.
        0xa1 | 0xab | 0xbb | 0xbf | 0x060c | 0x061b | 0x061f => (code, Class::Punctuation),
        0xc0..=0xd6 | 0xd8..=0xde => (code + 0x20, Class::Letter),
        0xdf..=0xf6 | 0xf8..=0xff => (code, Class::Letter),
        // Vowel marks and the stretching sign of Arabic.
        0x0610..=0x061a | 0x0640 | 0x064b..=0x065f | 0x0670 => (code, Class::Nothing),
        0x0622 | 0x0623 | 0x0625 | 0x0671 => (0x0627, Class::Letter),
        0x0649 => (0x064a, Class::Letter),
        0x0629 => (0x0647, Class::Letter),
        0x0620..=0x064a | 0xac00..=0xd7a3 => (code, Class::Letter),
        0x0660..=0x0669 => (code - 0x0660 + 0x30, Class::Digit),
        0x06f0..=0x06f9 => (code - 0x06f0 + 0x30, Class::Digit),
        0x0300..=0x036f | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x2069 | 0xfe00..=0xfe0f | 0xfeff => {
            (code, Class::Nothing)
        }
        // Skin tones: a thumb is a thumb.
        0x1_f3fb..=0x1_f3ff => (code, Class::Nothing),
        0x2010..=0x203f | 0x3001..=0x3003 | 0x3008..=0x3020 => (code, Class::Punctuation),
        // Han, kana with its long mark, Thai.
        0x0e00..=0x0e7f
        | 0x3005..=0x3007
        | 0x3041..=0x30ff
        | 0x31f0..=0x31ff
        | 0x3400..=0x4dbf
        | 0x4e00..=0x9fff
        | 0xf900..=0xfaff
        | 0xff66..=0xff9f
        | 0x2_0000..=0x3_ffff => (code, Class::Unspaced),
        0xff10..=0xff19 => (code - 0xff10 + 0x30, Class::Digit),
        0xff21..=0xff3a => (code - 0xff21 + 0x61, Class::Letter),
        0xff41..=0xff5a => (code - 0xff41 + 0x61, Class::Letter),
        0xff00..=0xff65 => (code, Class::Punctuation),
        0x2190..=0x2bff | 0x1_f000..=0x1_faff => (code, Class::Symbol),
        _ if c.is_alphabetic() => {
            let mut lower = c.to_lowercase();
            (lower.next().map_or(code, u32::from), Class::Letter)
        }
        _ if c.is_numeric() => (code, Class::Digit),
        _ if c.is_whitespace() => (code, Class::Space),
        _ => (code, Class::Punctuation),
    }
}

/// A letter without its accents.
pub(crate) fn folded(letter: u32) -> u32 {
    // Hangul syllables decompose too, and are not meant here; nor is anything beyond Latin, Greek and Cyrillic.
    if !(0xc0..0x530).contains(&letter) {
        return letter;
    }
    let mut base = letter;
    let mut first = true;
    if let Some(c) = char::from_u32(letter) {
        decompose_canonical(c, |part| {
            if std::mem::take(&mut first) {
                base = u32::from(part);
            }
        });
    }
    base
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut read = Text::default();
        read.read(text);
        read.words
            .iter()
            .map(|word| {
                let letters = &read.folded[word.start..word.end];
                letters
                    .iter()
                    .map(|letter| char::from_u32(*letter).map_or(format!("⟨{letter:x}⟩"), String::from))
                    .collect()
            })
            .collect()
    }

    #[test]
    fn words_are_folded_and_shortened() {
        assert_eq!(
            words("Sooooo LATE, ¡Año!"),
            ["soo", "late", "⟨110301⟩", "ano", "⟨110301⟩"]
        );
        assert_eq!(words("don't l’eau"), ["dont", "leau"]);
        assert_eq!(words("أُريدُ المـــساعدة"), ["اريد", "المساعده"]);
        assert_eq!(words("ＡＢＣ ｄ１"), ["abc", "d", "⟨110101⟩"]);
        assert_eq!(
            words("注文した商品が届かない。なぜ？"),
            ["注文した商品が届かない", "なぜ", "⟨110311⟩"]
        );
        assert_eq!(words("ㅠㅠㅠㅠ 언제 와요ㅋㅋㅋ"), ["ㅠㅠ", "언제", "와요ㅋㅋ"]);
    }

    #[test]
    fn numbers_addresses_and_emoji_are_single_words() {
        assert_eq!(
            words("order 12345 for 1.234,56€"),
            ["order", "⟨110105⟩", "for", "⟨110105⟩", "€"]
        );
        assert_eq!(
            words("see https://a.b/c?d=1 or x@y.com"),
            ["see", "⟨110200⟩", "or", "⟨110201⟩"]
        );
        assert_eq!(words("win at bit.ly/abc now"), ["win", "at", "⟨110200⟩", "now"]);
        assert_eq!(words("and/or either"), ["and", "or", "either"]);
        assert_eq!(words("👍🏽👍 ok"), ["👍", "👍", "ok"]);
        assert_eq!(words("١٢٣ ريال"), ["⟨110103⟩", "ريال"]);
    }

    #[test]
    fn shape_counts_what_words_do_not_show() {
        let mut read = Text::default();
        read.read("WHERE is my ORDER?! helloooo!!!");
        assert_eq!(
            read.shape,
            Shape {
                shouted_words: 2,
                spoken_words: 3,
                exclamations: 4,
                questions: 1,
                elongations: 1
            }
        );
    }

    #[test]
    fn words_know_where_they_stood() {
        let text = "¡Año! déjà 12";
        let mut read = Text::default();
        read.read(text);
        let stood: Vec<_> = read.words.iter().map(|word| &text[word.from..word.to]).collect();
        assert_eq!(stood, ["¡", "Año", "!", "déjà", "12"]);
    }

    #[test]
    fn letters_that_are_not_searched_for_are_what_unicode_says() {
        for c in ('\u{620}'..='\u{64a}').chain('\u{ac00}'..='\u{d7a3}') {
            assert!(c.is_alphabetic() && c.to_lowercase().eq([c]), "{c}");
        }
        let latin = ('\u{c0}'..='\u{ff}').filter(|c| !matches!(c, '×' | '÷'));
        for c in latin {
            let lower = c.to_lowercase().next().map(u32::from);
            assert!(c.is_alphabetic() && lower == Some(normal(c).0), "{c}");
        }
    }

    #[test]
    fn long_texts_are_cut_at_a_character() {
        let mut read = Text::default();
        read.read(&"é ".repeat(10_000));
        assert!(read.words.len() <= MAX_BYTES / 3 + 1);
        assert_eq!(read.words.last().map(|word| word.to <= MAX_BYTES), Some(true));
    }
}
