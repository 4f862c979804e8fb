//! Words and phrases of ten languages and what they speak for, read once from the files beside this one.
//!
//! A file has a line for each label: `intent.complaint: refund, money back, disappoint*, …`. A trailing `*` stands for
//! any ending. Terms of Chinese, Japanese and Korean are found anywhere, those of other languages as whole words.

use std::collections::HashMap;

use parlance_schemas::labels::{Intent, Sentiment, Urgency};

/// The longest phrase, in words, or in characters where words are not set apart.
pub(super) const LONGEST: usize = 8;

/// What a term speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    Intent(Intent),
    Sentiment(Sentiment),
    Urgency(Urgency),
    /// Turns the feeling of what follows.
    Negation,
    /// Makes the feeling of what follows stronger.
    Intensifier,
}

const FILES: [&str; 11] = [
    include_str!("lexicon/en.txt"),
    include_str!("lexicon/es.txt"),
    include_str!("lexicon/fr.txt"),
    include_str!("lexicon/de.txt"),
    include_str!("lexicon/it.txt"),
    include_str!("lexicon/pt.txt"),
    include_str!("lexicon/ar.txt"),
    include_str!("lexicon/zh.txt"),
    include_str!("lexicon/ja.txt"),
    include_str!("lexicon/ko.txt"),
    include_str!("lexicon/emoji.txt"),
];

/// All terms.
pub(super) struct Lexicon {
    /// Words and phrases, words joined by one space.
    whole: HashMap<String, Vec<Says>>,
    /// Beginnings of single words.
    beginnings: HashMap<String, Vec<Says>>,
    /// Found anywhere: terms of scripts without spaces, and emoji.
    anywhere: HashMap<String, Vec<Says>>,
}

impl Lexicon {
    pub(super) fn new() -> Self {
        let mut lexicon = Self {
            whole: HashMap::new(),
            beginnings: HashMap::new(),
            anywhere: HashMap::new(),
        };
        for (number, file) in FILES.iter().enumerate() {
            for line in file.lines().map(str::trim) {
                if !line.is_empty() && !line.starts_with('#') {
                    let known = lexicon.read(line);
                    assert!(known, "lexicon file {number}: cannot read `{line}`");
                }
            }
        }
        lexicon
    }

    fn read(&mut self, line: &str) -> bool {
        let Some((label, terms)) = line.split_once(':') else {
            return false;
        };
        let Some(says) = says(label.trim()) else { return false };
        for term in terms.split(',').map(str::trim).filter(|term| !term.is_empty()) {
            let (map, term) = if term.chars().any(is_unspaced) {
                (&mut self.anywhere, normalise(term))
            } else if let Some(beginning) = term.strip_suffix('*') {
                if beginning.contains(char::is_whitespace) {
                    return false;
                }
                (&mut self.beginnings, normalise(beginning))
            } else {
                (&mut self.whole, words(&normalise(term)).join(" "))
            };
            let known: &mut Vec<Says> = map.entry(term).or_default();
            if !known.contains(&says) {
                known.push(says);
            }
        }
        true
    }

    /// What a phrase says, if it is a term.
    pub(super) fn whole(&self, phrase: &str) -> &[Says] {
        self.whole.get(phrase).map_or(&[], Vec::as_slice)
    }

    /// What a word says by its longest known beginning.
    pub(super) fn beginning(&self, word: &str) -> &[Says] {
        let ends = word.char_indices().map(|(at, letter)| at + letter.len_utf8()).rev();
        let mut found = ends.filter_map(|end| self.beginnings.get(&word[..end]));
        found.next().map_or(&[], Vec::as_slice)
    }

    /// What a stretch of characters says, if it is a term found anywhere.
    pub(super) fn anywhere(&self, stretch: &str) -> &[Says] {
        self.anywhere.get(stretch).map_or(&[], Vec::as_slice)
    }
}

fn says(label: &str) -> Option<Says> {
    match label.split_once('.') {
        Some(("intent", label)) => label.parse().ok().map(Says::Intent),
        Some(("sentiment", label)) => label.parse().ok().map(Says::Sentiment),
        Some(("urgency", label)) => label.parse().ok().map(Says::Urgency),
        None if label == "negation" => Some(Says::Negation),
        None if label == "intensifier" => Some(Says::Intensifier),
        _ => None,
    }
}

/// True for characters of scripts that set no spaces between words (or whose words take endings without end), and
/// for emoji.
pub(super) fn is_unspaced(letter: char) -> bool {
    matches!(u32::from(letter),
        0x203C | 0x2600..=0x27BF | 0x2B50 | 0x3000..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF
        | 0x1F300..=0x1FAFF)
}

/// Lower case, one kind of apostrophe, no Arabic vowel signs, no emoji variants and skin tones.
pub(super) fn normalise(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '’' | '‘' | '`' | '´' => normal.push('\''),
            '\u{64B}'..='\u{652}' | '\u{640}' | '\u{FE0F}' | '\u{1F3FB}'..='\u{1F3FF}' => {}
            'أ' | 'إ' | 'آ' => normal.push('ا'),
            'ة' => normal.push('ه'),
            'ى' => normal.push('ي'),
            letter => normal.extend(letter.to_lowercase()),
        }
    }
    normal
}

/// The words of a text. Of `l'ordre` or `n'est` the short word before the apostrophe is one by itself.
pub(super) fn words(text: &str) -> Vec<&str> {
    let parts = text.split(|letter: char| !letter.is_alphanumeric() && letter != '\'');
    let parts = parts.map(|part| part.trim_start_matches('\''));
    let split = parts.flat_map(|part| match part.find('\'') {
        Some(at) if part[..at].chars().count() <= 2 => [&part[..=at], &part[at + 1..]],
        _ => [part.trim_end_matches('\''), ""],
    });
    split.filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_words_before_an_apostrophe_stand_alone() {
        assert_eq!(
            words("ce n'est pas l'ordre, don't"),
            ["ce", "n'", "est", "pas", "l'", "ordre", "don't"]
        );
    }

    #[test]
    fn the_files_are_read_and_terms_are_found_in_each_way() {
        let lexicon = Lexicon::new();
        assert!(lexicon.whole("how much").contains(&Says::Intent(Intent::LeadInquiry)));
        assert!(
            lexicon
                .beginning("disappointing")
                .contains(&Says::Sentiment(Sentiment::Negative))
        );
        assert!(lexicon.anywhere("😡").contains(&Says::Sentiment(Sentiment::Angry)));
    }
}
