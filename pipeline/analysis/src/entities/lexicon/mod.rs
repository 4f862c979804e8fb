//! The phrases of a language: what is written in `lexicon/*.txt`, compiled into a tree of characters.
//!
//! A line of such a file is `sense: phrase | phrase`. In a phrase, `(x)` may be left out and `[x/y]` is one of
//! several; phrases are folded like the text they are looked for in. The files are part of the program: a mistake in
//! one fails the first look-up in that language, and so the tests.

mod sense;
mod tree;

pub(super) use sense::{Currency, Edge, Feast, Part, Sense, Unit, class};
pub(super) use tree::Match;

use std::sync::LazyLock;

use parlance_schemas::labels::Language;

use super::fold::fold_char;
use tree::Tree;

/// The currencies of the world as they are written in any of the ten languages.
const CURRENCIES: &str = include_str!("currency.txt");

/// Words that say what a number is, in all ten languages.
const LABELS: &str = include_str!("labels.txt");

/// A compiled language.
pub(super) struct Lexicon {
    tree: Tree,
    currencies: Vec<Currency>,
}

impl Lexicon {
    /// The lexicon of a language; English where the language is not one of the ten. Compiled on first use.
    pub(super) fn of(language: Language) -> &'static Self {
        macro_rules! language {
            ($file:literal) => {{
                static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::compile(include_str!($file)));
                &LEXICON
            }};
        }
        match language {
            Language::Es => language!("es.txt"),
            Language::Fr => language!("fr.txt"),
            Language::De => language!("de.txt"),
            Language::It => language!("it.txt"),
            Language::Pt => language!("pt.txt"),
            Language::Ar => language!("ar.txt"),
            Language::Zh => language!("zh.txt"),
            Language::Ja => language!("ja.txt"),
            Language::Ko => language!("ko.txt"),
            Language::En | Language::Other | Language::None => language!("en.txt"),
        }
    }

    /// The longest phrase that begins at `start`.
    pub(super) fn longest(&self, folded: &[char], start: usize) -> Option<Match> {
        self.tree.longest(folded, start)
    }

    /// What a phrase may mean.
    pub(super) fn senses(&self, phrase: u32) -> &[Sense] {
        self.tree.senses(phrase)
    }

    /// What a phrase is good for, as bits of [`class`].
    pub(super) fn class(&self, phrase: u32) -> u8 {
        self.tree.class(phrase)
    }

    /// A currency by the number in its [`Sense::Currency`].
    pub(super) fn currency(&self, number: u8) -> &Currency {
        &self.currencies[usize::from(number)]
    }

    fn compile(language: &str) -> Self {
        let mut phrases = Vec::new();
        for (key, line) in lines(language).chain(lines(LABELS)) {
            let sense = Sense::parse(key).unwrap_or_else(|| panic!("the lexicon has an unknown sense `{key}`"));
            line.split('|')
                .for_each(|phrase| expand(phrase, &mut |text| phrases.push((text, sense))));
        }
        let mut currencies = Vec::new();
        for (key, line) in lines(CURRENCIES) {
            let number = u8::try_from(currencies.len()).expect("there are fewer than 256 lines of currencies");
            let currency = Currency::parse(key).unwrap_or_else(|| panic!("unknown currency `{key}`"));
            currencies.push(currency);
            for phrase in line.split('|') {
                expand(phrase, &mut |text| phrases.push((text, Sense::Currency(number))));
            }
        }
        Self {
            tree: Tree::build(phrases),
            currencies,
        }
    }
}

/// The lines of a file: the sense and the phrases. `#` begins a comment line.
fn lines(file: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = file
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| {
        line.split_once(": ")
            .unwrap_or_else(|| panic!("no sense in the lexicon line `{line}`"))
    })
}

/// Calls `each` with every way to write a phrase, folded.
fn expand(phrase: &str, each: &mut dyn FnMut(Vec<char>)) {
    let Some(open) = phrase.find(['(', '[']) else {
        return each(phrase.trim().chars().map(fold_char).collect());
    };
    let close = if phrase[open..].starts_with('(') { ')' } else { ']' };
    let length = phrase[open..]
        .find(close)
        .unwrap_or_else(|| panic!("`{phrase}` does not close its bracket"));
    let (before, inside, after) = (
        &phrase[..open],
        &phrase[open + 1..open + length],
        &phrase[open + length + 1..],
    );
    if close == ')' {
        expand(&format!("{before}{after}"), each);
    }
    for choice in inside.split('/') {
        expand(&format!("{before}{choice}{after}"), each);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_compiles() {
        for language in Language::ALL {
            let lexicon = Lexicon::of(*language);
            let word: Vec<char> = "usd".chars().collect();
            assert!(lexicon.longest(&word, 0).is_some(), "{language} has no currencies");
        }
    }

    #[test]
    fn brackets_expand() {
        let mut all = Vec::new();
        expand("nächst[e/er] (ganze )woche", &mut |text| {
            all.push(text.into_iter().collect::<String>())
        });
        all.sort();
        assert_eq!(
            all,
            [
                "nachste ganze woche",
                "nachste woche",
                "nachster ganze woche",
                "nachster woche"
            ]
        );
    }
}
