//! Composes what one person writes: parts by intent and mood, slots filled, then noise.

use parlance_schemas::labels::{Intent, Language, Sentiment, Urgency};
use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha12Rng;

use super::book::{Book, Library};
use super::noise;
use crate::world::Trade;

/// Who writes, as far as it shows in the text.
#[derive(Clone, Debug)]
pub struct Author {
    /// Their name, for slots and signatures.
    pub name: String,
    /// The language they write in.
    pub language: Language,
    /// A second language that slips in now and then.
    pub second: Option<Language>,
    /// Out of 100 messages, how many have slips of the thumb.
    pub typos: u32,
    /// Out of 100 messages, how many carry emoji.
    pub emoji: u32,
}

/// What is asked, of whom.
#[derive(Clone, Copy, Debug)]
pub struct Asking {
    /// What the writer wants.
    pub intent: Intent,
    /// How they feel.
    pub mood: Sentiment,
    /// How soon it must be.
    pub urgency: Urgency,
    /// The trade of the business they write to.
    pub trade: Trade,
}

impl Library {
    /// The opening message of a concern.
    pub fn ask(&self, rng: &mut ChaCha12Rng, author: &Author, asking: &Asking) -> String {
        let book = self.book(author.language);
        if asking.urgency == Urgency::Critical {
            let cry = pick(rng, &book.danger).clone();
            return self.finish(rng, author, asking, &cry);
        }
        let mut parts = Vec::with_capacity(4);
        let chatter = asking.intent == Intent::Other;
        if !chatter && asking.intent != Intent::Spam && rng.random_bool(0.45) {
            parts.push(pick(rng, &book.greetings).clone());
        }
        let core = book.asking(asking.intent, asking.mood);
        let first = rng.random_range(0..core.len());
        parts.push(core[first].clone());
        // Some say it twice, in other words.
        if !chatter && rng.random_bool(0.12) {
            let second = rng.random_range(0..core.len());
            if second != first {
                parts.push(core[second].clone());
            }
        }
        if asking.urgency == Urgency::Urgent {
            parts.push(pick(rng, &book.hurry).clone());
        }
        if !chatter && asking.mood != Sentiment::Angry && asking.intent != Intent::Spam && rng.random_bool(0.3) {
            let language = author
                .second
                .filter(|_| rng.random_bool(0.5))
                .unwrap_or(author.language);
            parts.push(pick(rng, &self.book(language).closings).clone());
        }
        self.finish(rng, author, asking, &parts.join(&book.join))
    }

    /// A line out of a list of phrases, as this author writes it.
    pub fn say(&self, rng: &mut ChaCha12Rng, author: &Author, asking: &Asking, lines: &[String]) -> String {
        let line = pick(rng, lines);
        self.finish(rng, author, asking, line)
    }

    /// A line of the business: slots filled, no noise.
    pub fn reply(&self, rng: &mut ChaCha12Rng, customer: &Author, asking: &Asking, lines: &[String]) -> String {
        let line = pick(rng, lines).clone();
        fill(rng, self.book(customer.language), &customer.name, asking.trade, &line)
    }

    /// A name a speaker of the language might have.
    pub fn name(&self, rng: &mut ChaCha12Rng, language: Language) -> (String, String, String) {
        let book = self.book(language);
        let (given, family) = (pick(rng, &book.given).clone(), pick(rng, &book.family).clone());
        let full = book.name.replace("{given}", &given).replace("{family}", &family);
        (given, family, full)
    }

    fn finish(&self, rng: &mut ChaCha12Rng, author: &Author, asking: &Asking, text: &str) -> String {
        let text = fill(rng, self.book(author.language), &author.name, asking.trade, text);
        let text = if rng.random_ratio(author.typos, 100) {
            noise::slip(rng, &text)
        } else {
            text
        };
        let text = noise::raise(rng, text, asking.mood);
        if rng.random_ratio(author.emoji, 100) {
            noise::with_emoji(rng, &text, asking.mood)
        } else {
            text
        }
    }
}

/// One of a list; the books' lists are never empty (a test reads them all).
pub(crate) fn pick<'a, T>(rng: &mut ChaCha12Rng, list: &'a [T]) -> &'a T {
    list.choose(rng).expect("authored lists are not empty")
}

fn fill(rng: &mut ChaCha12Rng, book: &Book, name: &str, trade: Trade, line: &str) -> String {
    let mut out = String::with_capacity(line.len() + 32);
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (slot, after) = after.split_once('}').expect("a test fills every authored line");
        let value = slot_value(rng, book, name, trade, slot);
        // Slots are written in lower case; at the start of a line or sentence they get a capital.
        let opens = out.trim_end().is_empty() || out.trim_end().ends_with(['.', '!', '?']);
        let opens = opens && slot != "email";
        out.push_str(&if opens { capitalised(&value) } else { value });
        rest = after;
    }
    out.push_str(rest);
    out
}

fn slot_value(rng: &mut ChaCha12Rng, book: &Book, name: &str, trade: Trade, slot: &str) -> String {
    match slot {
        "item" => pick(rng, &book.items[&trade]).clone(),
        "day" => pick(rng, &book.days).clone(),
        "time" => pick(rng, &book.times).clone(),
        "place" => pick(rng, &book.places).clone(),
        "name" => name.to_owned(),
        "order" => match rng.random_range(0..4) {
            0 => format!("#{}", rng.random_range(1_000..99_999)),
            1 => format!("A-{}", rng.random_range(100_000..999_999)),
            2 => format!("{}-{:03}", rng.random_range(2024..2027), rng.random_range(1..999)),
            _ => rng.random_range(100_000_000_u32..999_999_999).to_string(),
        },
        "money" => {
            let amount = match rng.random_range(0..3) {
                0 => rng.random_range(5..100).to_string(),
                1 => (rng.random_range(2..90) * 50).to_string(),
                _ => format!("{}.{:02}", rng.random_range(3..400), rng.random_range(0..100)),
            };
            pick(rng, &book.money).replace("{amount}", &amount)
        }
        "email" => format!(
            "{}{}@{}",
            ["ana", "m.b", "office", "contact", "j-doe", "shop"][rng.random_range(0..6)],
            rng.random_range(1..999),
            ["example.com", "mail.example", "post.example.org"][rng.random_range(0..3)],
        ),
        // Numbers of ranges that regulators keep for fiction, so that nobody is named by chance.
        "phone" => match rng.random_range(0..3) {
            0 => format!("+1 202 555 01{:02}", rng.random_range(0..100)),
            1 => format!("+44 7700 900{:03}", rng.random_range(0..1000)),
            _ => format!("(555) 01{:02}", rng.random_range(0..100)),
        },
        other => panic!("no such slot in the texts: {other}"),
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
