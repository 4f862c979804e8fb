//! The authored phrases: complete, fillable, broad.

use std::collections::HashSet;

use parlance_schemas::labels::{Intent, Sentiment, Urgency};
use parlance_traffic::text::book::LANGUAGES;
use parlance_traffic::text::{Asking, Author, Library};
use parlance_traffic::world::Trade;
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

const SLOTS: [&str; 8] = ["item", "order", "money", "day", "time", "place", "email", "phone"];

#[test]
fn every_language_speaks_of_every_intent_and_trade() {
    let library = Library::open();
    for language in LANGUAGES {
        let book = library.book(language);
        for trade in Trade::ALL {
            assert!(
                book.items.get(&trade).is_some_and(|items| items.len() >= 4),
                "{language} {trade:?}"
            );
        }
        for intent in Intent::ALL.iter().filter(|intent| **intent != Intent::None) {
            let moods = book.ask.get(intent).unwrap_or_else(|| panic!("{language} {intent}"));
            let phrases: HashSet<&String> = moods.values().flatten().collect();
            assert!(phrases.len() >= 6, "{language} {intent}: {} phrases", phrases.len());
            assert_eq!(
                phrases.len(),
                moods.values().flatten().count(),
                "{language} {intent}: one twice"
            );
            let fallback = moods.contains_key(&Sentiment::Neutral);
            let angry = [Sentiment::Angry, Sentiment::Frustrated, Sentiment::Negative];
            let complaint = *intent == Intent::Complaint && angry.iter().all(|mood| moods.contains_key(mood));
            let feedback = *intent == Intent::Feedback && moods.contains_key(&Sentiment::Negative);
            assert!(fallback || complaint || feedback, "{language} {intent}");
        }
    }
}

#[test]
fn every_phrase_uses_known_slots_and_none_is_shared_between_languages() {
    let library = Library::open();
    let mut owners = std::collections::HashMap::new();
    for language in LANGUAGES {
        let book = library.book(language);
        let asked = book.ask.values().flat_map(|moods| moods.values()).flatten();
        let lists = [
            &book.greetings,
            &book.closings,
            &book.hurry,
            &book.danger,
            &book.still_waiting,
            &book.thanks,
        ];
        let more = [&book.follow_on, &book.bot, &book.campaign, &book.captions];
        let said = lists.into_iter().chain(more).flatten();
        for phrase in asked.clone().chain(said).chain(book.answers.values().flatten()) {
            for part in phrase.split('{').skip(1) {
                let slot = part.split('}').next().unwrap();
                assert!(
                    part.contains('}') && (SLOTS.contains(&slot) || slot == "name"),
                    "{language}: {phrase}"
                );
            }
        }
        for phrase in asked.filter(|phrase| phrase.chars().count() > 12) {
            if let Some(other) = owners.insert(phrase.clone(), language) {
                panic!("{phrase} is {other} and {language}");
            }
        }
        assert!(book.money.iter().all(|form| form.contains("{amount}")), "{language}");
    }
}

#[test]
fn the_same_concern_is_put_in_many_ways() {
    let library = Library::open();
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    for language in LANGUAGES {
        let author = Author {
            name: "Noor".to_owned(),
            language,
            second: None,
            typos: 10,
            emoji: 20,
        };
        let asking = Asking {
            intent: Intent::OrderInquiry,
            mood: Sentiment::Neutral,
            urgency: Urgency::Medium,
            trade: Trade::Fashion,
        };
        let texts: HashSet<String> = (0..500).map(|_| library.ask(&mut rng, &author, &asking)).collect();
        assert!(texts.len() > 350, "{language}: {} of 500", texts.len());
        assert!(
            texts
                .iter()
                .all(|text| !text.trim().is_empty() && !text.contains(['{', '}']))
        );
    }
}
