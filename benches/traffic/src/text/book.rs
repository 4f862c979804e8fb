//! The phrases of one language. All of them were written for this project.

use std::collections::BTreeMap;

use parlance_schemas::labels::{Intent, Language, Sentiment};
use serde::Deserialize;

use crate::world::Trade;

/// The phrases of one language; see `texts/en.toml` for what each list is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Book {
    /// What stands between parts of a message: a space, or nothing where sentences need none.
    pub join: String,
    /// How messages open.
    pub greetings: Vec<String>,
    /// How messages close.
    pub closings: Vec<String>,
    /// What people add when it must be soon.
    pub hurry: Vec<String>,
    /// Emergencies, whole messages.
    pub danger: Vec<String>,
    /// A customer who waits.
    pub still_waiting: Vec<String>,
    /// A customer who was helped.
    pub thanks: Vec<String>,
    /// How a conversation goes on after an answer.
    pub follow_on: Vec<String>,
    /// Automatic answers of the business.
    pub bot: Vec<String>,
    /// Templates of campaigns.
    pub campaign: Vec<String>,
    /// Captions of pictures and videos.
    pub captions: Vec<String>,
    /// For the slot `{day}`.
    pub days: Vec<String>,
    /// For the slot `{time}`.
    pub times: Vec<String>,
    /// For the slot `{place}`.
    pub places: Vec<String>,
    /// For the slot `{money}`; each holds `{amount}`.
    pub money: Vec<String>,
    /// Given names.
    pub given: Vec<String>,
    /// Family names.
    pub family: Vec<String>,
    /// How the two are put together.
    pub name: String,
    /// What a business of a trade sells; for the slot `{item}`.
    pub items: BTreeMap<Trade, Vec<String>>,
    /// What agents answer, by what was asked.
    pub answers: BTreeMap<Intent, Vec<String>>,
    /// What customers write: intent, then mood.
    pub ask: BTreeMap<Intent, BTreeMap<Sentiment, Vec<String>>>,
}

impl Book {
    /// The phrases of an intent in a mood, or in the nearest milder mood the language has for it.
    pub fn asking(&self, intent: Intent, mood: Sentiment) -> &[String] {
        use Sentiment::{Angry, Excited, Frustrated, Negative, Neutral, Positive};
        let milder: &[Sentiment] = match mood {
            Angry => &[Angry, Frustrated, Negative, Neutral],
            Frustrated => &[Frustrated, Negative, Neutral],
            Negative => &[Negative, Frustrated, Neutral],
            Excited => &[Excited, Positive, Neutral],
            Positive => &[Positive, Excited, Neutral],
            Neutral | Sentiment::None => &[Neutral, Positive, Negative],
        };
        let moods = &self.ask[&intent];
        let found = milder.iter().find_map(|mood| moods.get(mood));
        found.expect("a test finds phrases for every intent and mood")
    }

    /// What an agent answers to an intent; chatter where the language has nothing special.
    pub fn answering(&self, intent: Intent) -> &[String] {
        self.answers
            .get(&intent)
            .unwrap_or_else(|| &self.answers[&Intent::Other])
    }
}

/// The books of all ten languages.
#[derive(Debug)]
pub struct Library {
    books: BTreeMap<Language, Book>,
}

/// The languages of the world.
pub const LANGUAGES: [Language; 10] = [
    Language::En,
    Language::Es,
    Language::Fr,
    Language::De,
    Language::It,
    Language::Pt,
    Language::Ar,
    Language::Zh,
    Language::Ja,
    Language::Ko,
];

impl Library {
    /// Reads the books that are compiled in.
    pub fn open() -> Self {
        let texts = [
            include_str!("../../texts/en.toml"),
            include_str!("../../texts/es.toml"),
            include_str!("../../texts/fr.toml"),
            include_str!("../../texts/de.toml"),
            include_str!("../../texts/it.toml"),
            include_str!("../../texts/pt.toml"),
            include_str!("../../texts/ar.toml"),
            include_str!("../../texts/zh.toml"),
            include_str!("../../texts/ja.toml"),
            include_str!("../../texts/ko.toml"),
        ];
        let books = LANGUAGES.into_iter().zip(texts).map(|(language, text)| {
            let book = toml::from_str(text);
            (language, book.expect("the books compiled in are read by a test"))
        });
        Self { books: books.collect() }
    }

    /// The book of one of [`LANGUAGES`].
    pub fn book(&self, language: Language) -> &Book {
        &self.books[&language]
    }
}
