//! Folding: one character in, one character out, so that a position in the folded text is a position in the text.
//!
//! Case, accents, width and the digits of a script never change what a date or an amount means, and people who
//! type on a phone leave accents out. Everything after this step compares plain lower-case letters.

/// What a character becomes that carries no meaning here: a combining mark, a vowel sign, a direction mark.
pub(super) const NOTHING: char = '\0';

/// Folds the whole text; the result has exactly as many characters as the text.
pub(super) fn fold(text: &str, into: &mut Vec<char>) {
    into.clear();
    if text.is_ascii() {
        into.extend(text.bytes().map(|byte| char::from(byte.to_ascii_lowercase())));
    } else {
        into.extend(text.chars().map(fold_char));
    }
}

/// Folds one character.
pub(super) fn fold_char(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    match c {
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{652}' | '\u{670}' | '\u{640}' => NOTHING,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' => NOTHING,
        '\u{fe00}'..='\u{fe0f}' | '\u{feff}' => NOTHING,
        '’' | '‘' | '´' | 'ʼ' => '\'',
        '‐' | '‑' | '‒' | '–' | '—' | '−' => '-',
        '〜' | '～' | '∼' => '~',
        '،' | '、' | '\u{66c}' => ',',
        '\u{66b}' => '.',
        '٠'..='٩' => digit(c, '٠'),
        '۰'..='۹' => digit(c, '۰'),
        'أ' | 'إ' | 'آ' | 'ٱ' => 'ا',
        'ى' | 'ئ' => 'ي',
        'ة' => 'ه',
        '￥' => '¥',
        '￡' => '£',
        '\u{ff01}'..='\u{ff5e}' => narrow(c).to_ascii_lowercase(),
        'À'..='ÿ' | 'Ā'..='ž' => latin(c),
        _ if c < '\u{2000}' => c.to_lowercase().next().unwrap_or(c),
        _ => c,
    }
}

fn digit(c: char, zero: char) -> char {
    char::from_u32(c as u32 - zero as u32 + '0' as u32).unwrap_or(c)
}

/// The ASCII form of a full-width character; the two blocks are in the same order.
fn narrow(c: char) -> char {
    char::from_u32(c as u32 - 0xff01 + 0x21).unwrap_or(c)
}

/// The letter under the accent.
fn latin(c: char) -> char {
    match c {
        'À'..='Å' | 'à'..='å' | 'Ā'..='ą' => 'a',
        'Ç' | 'ç' | 'Ć'..='č' => 'c',
        'È'..='Ë' | 'è'..='ë' | 'Ē'..='ě' => 'e',
        'Ì'..='Ï' | 'ì'..='ï' | 'Ĩ'..='ı' => 'i',
        'Ñ' | 'ñ' | 'Ń'..='ň' => 'n',
        'Ò'..='Ö' | 'ò'..='ö' | 'Ø' | 'ø' | 'Ō'..='ő' => 'o',
        'Ù'..='Ü' | 'ù'..='ü' | 'Ũ'..='ų' => 'u',
        'Ý' | 'ý' | 'ÿ' => 'y',
        'ß' | 'Ś'..='š' => 's',
        'Ź'..='ž' => 'z',
        'ł' | 'Ł' => 'l',
        other => other.to_lowercase().next().unwrap_or(other),
    }
}

/// Whether words of the script of this letter are written without spaces between them, so that a word may begin
/// and end anywhere.
pub(super) fn runs_on(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '々' | '〇')
}

/// Whether a letter or digit of a spaced script.
pub(super) fn in_word(c: char) -> bool {
    if matches!(c, '\u{620}'..='\u{64a}') {
        // Arabic letters, without the look-up in Unicode's tables.
        return true;
    }
    c != NOTHING && (c.is_ascii_alphanumeric() || (!c.is_ascii() && !runs_on(c) && c.is_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_becomes_exactly_one() {
        let text = "ÀÉß ｶ１２：٣٫٥ صباحًا e\u{301} 日本 😀\u{200f}";
        let mut folded = Vec::new();
        fold(text, &mut folded);
        assert_eq!(folded.len(), text.chars().count());
        let shown: String = folded.iter().filter(|c| **c != NOTHING).collect();
        assert_eq!(shown, "aes ｶ12:3.5 صباحا e 日本 😀");
    }
}
