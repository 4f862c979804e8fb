//! The rule set: votes of words and phrases for labels. Honest rather than good: where nothing votes it says the
//! commonest label with little confidence, and its confidence never claims more than rules can know.

use parlance_schemas::labels::{Intent, MessageType, Sentiment, Urgency};

use super::language::Languages;
use super::lexicon::{LONGEST, Lexicon, Says, is_unspaced, normalise, words};
use super::{Analyser, Analysis, Context};

/// Words back from a feeling at which a negation still turns it.
const REACH: usize = 3;

/// Characters of a text that are looked at: what is wanted stands at its beginning.
const LOOKED_AT: usize = 4_000;

/// Labels by rules, in ten languages.
pub struct RuleAnalyser {
    languages: Languages,
    lexicon: Lexicon,
}

impl RuleAnalyser {
    /// Reads the lexicon.
    pub fn new() -> Self {
        Self {
            languages: Languages::new(),
            lexicon: Lexicon::new(),
        }
    }
}

impl Default for RuleAnalyser {
    fn default() -> Self {
        Self::new()
    }
}

impl Analyser for RuleAnalyser {
    fn name(&self) -> &str {
        "rules-1"
    }

    fn analyse(&self, text: &str, context: &Context) -> Analysis {
        // Meta's own sentences are nobody's words.
        if text.trim().is_empty() || context.message_type == MessageType::System {
            return Analysis::NOTHING;
        }
        let text = match text.char_indices().nth(LOOKED_AT) {
            Some((end, _)) => &text[..end],
            None => text,
        };
        let mut votes = Votes::default();
        let normal = normalise(text);
        votes.of_words(&self.lexicon, &normal);
        votes.of_stretches(&self.lexicon, &normal);
        let sentiment = votes.sentiment(is_raised(text));
        // An emoji on a message is a feeling, and neither a language nor a wish.
        if context.message_type == MessageType::Reaction {
            return Analysis {
                sentiment,
                ..Analysis::NOTHING
            };
        }
        let intent = votes.intent();
        Analysis {
            language: self.languages.detect(text),
            intent,
            sentiment,
            urgency: votes.urgency(intent.0, sentiment.0),
        }
    }
}

/// True for a text that shouts: mostly capitals, and enough of them to mean it.
fn is_raised(text: &str) -> bool {
    let upper = text.chars().filter(|letter| letter.is_uppercase()).count();
    let lower = text.chars().filter(|letter| letter.is_lowercase()).count();
    upper >= 8 && upper > 3 * lower
}

/// What speaks for each label.
#[derive(Default)]
struct Votes {
    intent: [f32; Intent::ALL.len()],
    sentiment: [f32; Sentiment::ALL.len()],
    urgency: [f32; Urgency::ALL.len()],
}

impl Votes {
    /// Longest phrases first; a word counts once.
    fn of_words(&mut self, lexicon: &Lexicon, text: &str) {
        let words = words(text);
        let mut negated_until = 0;
        let mut stronger_until = 0;
        let mut at = 0;
        while at < words.len() {
            let (said, length) = longest(lexicon, &words[at..]);
            for says in said {
                match says {
                    Says::Negation => negated_until = at + length + REACH,
                    Says::Intensifier => stronger_until = at + length + 1,
                    _ => {
                        let weight = (length as f32).sqrt() * if at < stronger_until { 1.5 } else { 1.0 };
                        self.vote(*says, weight, at < negated_until);
                    }
                }
            }
            at += length;
        }
    }

    fn of_stretches(&mut self, lexicon: &Lexicon, text: &str) {
        let letters: Vec<(usize, char)> = text.char_indices().collect();
        let mut at = 0;
        while at < letters.len() {
            let (start, letter) = letters[at];
            let mut length = 1;
            if is_unspaced(letter) {
                let most = LONGEST.min(letters.len() - at);
                for tried in (1..=most).rev() {
                    let end = letters.get(at + tried).map_or(text.len(), |(end, _)| *end);
                    let said = lexicon.anywhere(&text[start..end]);
                    if !said.is_empty() {
                        let weight = (tried as f32).sqrt().min(1.8);
                        said.iter().for_each(|says| self.vote(*says, weight, false));
                        length = tried;
                        break;
                    }
                }
            }
            at += length;
        }
    }

    fn vote(&mut self, says: Says, weight: f32, negated: bool) {
        match says {
            Says::Intent(intent) => self.intent[intent as usize] += weight,
            Says::Urgency(urgency) => self.urgency[urgency as usize] += weight,
            Says::Sentiment(sentiment) => {
                let felt = match (negated, sentiment) {
                    (false, felt) => felt,
                    // Not good is bad; not bad is hardly good.
                    (true, Sentiment::Positive | Sentiment::Excited) => Sentiment::Negative,
                    (true, _) => return,
                };
                self.sentiment[felt as usize] += weight;
            }
            Says::Negation | Says::Intensifier => {}
        }
    }

    fn intent(&self) -> (Intent, f32) {
        // A greeting says nothing against what follows it.
        let mut wishes = self.intent;
        wishes[Intent::Other as usize] = 0.0;
        let greeting = self.intent[Intent::Other as usize] > 0.0;
        best(Intent::ALL, &wishes).unwrap_or((Intent::Other, if greeting { 0.5 } else { 0.3 }))
    }

    fn sentiment(&self, raised: bool) -> (Sentiment, f32) {
        let Some((sentiment, confidence)) = best(Sentiment::ALL, &self.sentiment) else {
            return (Sentiment::Neutral, 0.35);
        };
        match sentiment {
            Sentiment::Negative | Sentiment::Frustrated if raised => (Sentiment::Angry, confidence),
            Sentiment::Positive if raised => (Sentiment::Excited, confidence),
            _ => (sentiment, confidence),
        }
    }

    /// By its own words where there are any (the most urgent counts), else by what is wanted.
    fn urgency(&self, intent: Intent, sentiment: Sentiment) -> (Urgency, f32) {
        let said = Urgency::ALL
            .iter()
            .rev()
            .find(|urgency| self.urgency[**urgency as usize] > 0.0);
        if let Some(urgency) = said {
            let weight = self.urgency[*urgency as usize];
            return (*urgency, (weight / (weight + 1.0)).min(0.8));
        }
        match intent {
            Intent::Complaint if sentiment == Sentiment::Angry => (Urgency::High, 0.4),
            Intent::Complaint
            | Intent::SupportTicket
            | Intent::OrderInquiry
            | Intent::PaymentInquiry
            | Intent::AppointmentRequest => (Urgency::Medium, 0.35),
            _ => (Urgency::Low, 0.4),
        }
    }
}

/// What the longest known phrase at the beginning of `words` says, and how many words it has; one when none is known.
fn longest<'l>(lexicon: &'l Lexicon, words: &[&str]) -> (&'l [Says], usize) {
    let most = LONGEST.min(words.len());
    let mut phrase = words[..most].join(" ");
    for length in (1..=most).rev() {
        let said = lexicon.whole(&phrase);
        if !said.is_empty() {
            return (said, length);
        }
        if length > 1 {
            phrase.truncate(phrase.len() - words[length - 1].len() - 1);
        }
    }
    let word = words[0];
    let mut said = lexicon.beginning(word);
    // Arabic writes the article and some prepositions together with the word.
    for prefix in ["وال", "بال", "لل", "ال", "و", "ب", "ل"] {
        if said.is_empty()
            && let Some(bare) = word.strip_prefix(prefix)
        {
            said = lexicon.whole(bare);
            if said.is_empty() {
                said = lexicon.beginning(bare);
            }
        }
    }
    (said, 1)
}

/// The label with most votes; its confidence grows with its votes and shrinks with those for others. The first of
/// equals in the order of the vocabulary.
fn best<L: Copy>(labels: &[L], votes: &[f32]) -> Option<(L, f32)> {
    let mut best: Option<(usize, f32)> = None;
    for (index, vote) in votes.iter().enumerate() {
        if *vote > best.map_or(0.0, |(_, most)| most) {
            best = Some((index, *vote));
        }
    }
    let (index, most) = best?;
    let all: f32 = votes.iter().sum();
    Some((labels[index], (most / (all + 1.0)).min(0.85)))
}

#[cfg(test)]
mod tests;
