//! What a message means after what came before it: "still waiting!!!" after a complaint is not chatter.
//!
//! ```text
//! 10:02  customer   my lamp came broken      complaint   frustrated  medium
//! 11:30  customer   still waiting!!!         other       neutral     low       on its own
//!                                            complaint   frustrated  high      in its conversation
//! ```
//!
//! Rules, not a trained model: there is no public set of conversations whose every message is labelled with and without
//! what came before. They change little and say what they changed; what the classifiers said of the text alone stays beside.

use parlance_schemas::labels::{Direction, Intent, Sentiment, Urgency};
use serde::{Deserialize, Serialize};

/// How long before a message another may have been sent to matter to it, in milliseconds: the length of WhatsApp's
/// customer service window.
pub const REACH_MS: i64 = 24 * 60 * 60 * 1_000;
/// The most messages before one that are looked at, the nearest.
pub const DEPTH: usize = 8;

/// A message longer than this says itself what it is about, see [`length`].
const SHORT: u32 = 80;
/// One no longer than this hardly can: "any news?", "hello??".
const VERY_SHORT: u32 = 20;
/// The intent of a short message is a guess when it is less probable than this; of a very short one, than the next.
const UNSURE: f32 = 0.6;
const UNSURE_IF_VERY_SHORT: f32 = 0.9;
/// An earlier message must have said what it wants with at least this probability.
const SURE: f32 = 0.5;
/// A follow-up takes its matter's intent with this share of its probability.
const CARRIED: f32 = 0.7;
/// Probability given to what is concluded of feeling and haste.
const CONCLUDED: f32 = 0.6;
/// Who asks again after this has waited long.
const LONG_WAIT_MS: i64 = 60 * 60 * 1_000;
/// So many asks before without an answer make a repeated failure, however quick they came.
const ASKED_OFTEN: usize = 2;

/// A message of a conversation, as far as others depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// Who wrote to whom.
    pub direction: Direction,
    /// When it was sent, Unix milliseconds.
    pub sent_at: i64,
    /// Its intent by its text alone, and the probability.
    pub intent: (Intent, f32),
    /// Its sentiment by its text alone.
    pub sentiment: Sentiment,
    /// Its urgency by its text alone.
    pub urgency: Urgency,
    /// Equal for texts that differ in case, blanks and punctuation only; 0 for no text.
    pub likeness: u32,
    /// How long its text is, see [`length`]; of the message that is judged only.
    pub length: u32,
}

/// Labels that follow from the conversation, each with its probability; absent where it changes nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Concluded {
    /// What the sender wants.
    pub intent: Option<(Intent, f32)>,
    /// How the sender feels.
    pub sentiment: Option<(Sentiment, f32)>,
    /// How soon someone must act.
    pub urgency: Option<(Urgency, f32)>,
}

/// The likeness of a text, for [`Said::likeness`].
pub fn likeness(text: &str) -> u32 {
    let mut letters = text.chars().filter(|letter| letter.is_alphanumeric()).peekable();
    if letters.peek().is_none() {
        return 0;
    }
    let folded: String = letters.flat_map(char::to_lowercase).collect();
    (xxhash_rust::xxh3::xxh3_64(folded.as_bytes()) as u32).max(1)
}

/// The length of a text in letters of an alphabet: an ideograph or syllable counts for three.
pub fn length(text: &str) -> u32 {
    let weight = |letter: char| if letter >= '\u{2e80}' { 3 } else { 1 };
    u32::try_from(text.chars().map(weight).sum::<usize>()).unwrap_or(u32::MAX)
}

/// What follows for a message from those before it, oldest first. Only what the customer writes is judged. Of `before` the
/// last [`DEPTH`] within [`REACH_MS`] are looked at; the caller may give more.
pub fn conclude(message: &Said, before: &[Said]) -> Concluded {
    if message.direction != Direction::Inbound {
        return Concluded::default();
    }
    let before = &before[before.len().saturating_sub(DEPTH)..];
    let near = before.partition_point(|said| said.sent_at < message.sent_at.saturating_sub(REACH_MS));
    let before = &before[near..];
    let unanswered = before
        .iter()
        .rposition(|said| said.direction == Direction::Outbound)
        .map_or(before, |answer| &before[answer + 1..]);
    let Some(first) = unanswered.first() else {
        return Concluded::default();
    };
    let Some(matter) = unanswered.iter().rev().find(|said| names_a_matter(said)) else {
        return Concluded::default();
    };
    let was_unhappy = unanswered.iter().any(|said| is_unhappy(said.sentiment));
    let follows_up = is_follow_up(message);
    let asks_again = follows_up || message.intent.0 == matter.intent.0 || repeats(message, unanswered);
    if !asks_again || is_pleased(message, was_unhappy) {
        return Concluded::default();
    }
    let asks = unanswered.iter().filter(|said| !is_pleased(said, was_unhappy)).count();
    let long_wait = message.sent_at.saturating_sub(first.sent_at) >= LONG_WAIT_MS;
    let lost_patience = long_wait || asks >= ASKED_OFTEN;

    let mut concluded = Concluded::default();
    if follows_up && message.intent.0 != matter.intent.0 {
        concluded.intent = Some((matter.intent.0, matter.intent.1 * CARRIED));
    }
    let mut urgency = message.urgency;
    if follows_up {
        urgency = urgency.max(matter.urgency);
    }
    if lost_patience {
        urgency = urgency.max(Urgency::High);
    }
    if message.urgency != Urgency::None && urgency != message.urgency {
        concluded.urgency = Some((urgency, CONCLUDED));
    }
    if !is_unhappy(message.sentiment) && (lost_patience || follows_up && was_unhappy) {
        concluded.sentiment = Some((Sentiment::Frustrated, CONCLUDED));
    }
    concluded
}

/// Says what it wants, and surely enough for others to go by it.
fn names_a_matter(said: &Said) -> bool {
    let (intent, probability) = said.intent;
    let wish = !matches!(intent, Intent::Other | Intent::Feedback | Intent::Spam | Intent::None);
    wish && probability >= SURE
}

/// Short, and by itself about nothing or nothing sure.
fn is_follow_up(said: &Said) -> bool {
    let (intent, probability) = said.intent;
    let sure = match said.length {
        0..=VERY_SHORT => UNSURE_IF_VERY_SHORT,
        _ => UNSURE,
    };
    said.length <= SHORT && (intent == Intent::Other || probability < sure)
}

fn repeats(message: &Said, unanswered: &[Said]) -> bool {
    message.likeness != 0 && unanswered.iter().any(|said| said.likeness == message.likeness)
}

/// "Thanks in advance" is no reminder. Where somebody was unhappy a row of exclamation marks is not joy.
fn is_pleased(said: &Said, was_unhappy: bool) -> bool {
    said.sentiment == Sentiment::Positive || said.sentiment == Sentiment::Excited && !was_unhappy
}

fn is_unhappy(sentiment: Sentiment) -> bool {
    matches!(
        sentiment,
        Sentiment::Negative | Sentiment::Frustrated | Sentiment::Angry
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    fn said(minute: i64, intent: Intent, sentiment: Sentiment, urgency: Urgency, text: &str) -> Said {
        Said {
            direction: Direction::Inbound,
            sent_at: minute * MINUTE,
            intent: (intent, 0.9),
            sentiment,
            urgency,
            likeness: likeness(text),
            length: length(text),
        }
    }

    fn complaint() -> Said {
        let text = "My lamp came broken and nobody answers";
        said(0, Intent::Complaint, Sentiment::Frustrated, Urgency::Medium, text)
    }

    fn answer(minute: i64) -> Said {
        Said {
            direction: Direction::Outbound,
            ..said(
                minute,
                Intent::Other,
                Sentiment::Neutral,
                Urgency::Low,
                "We look into it",
            )
        }
    }

    /// As the classifiers have it: taken for joy about an order, and not surely.
    fn waiting(minute: i64) -> Said {
        let said = said(
            minute,
            Intent::OrderInquiry,
            Sentiment::Excited,
            Urgency::Medium,
            "still waiting!!!",
        );
        Said {
            intent: (Intent::OrderInquiry, 0.58),
            ..said
        }
    }

    #[test]
    fn a_reminder_after_a_complaint_is_of_the_complaint() {
        let concluded = conclude(&waiting(88), &[complaint()]);
        assert_eq!(concluded.intent.map(|intent| intent.0), Some(Intent::Complaint));
        assert_eq!(
            concluded.sentiment.map(|feeling| feeling.0),
            Some(Sentiment::Frustrated)
        );
        assert_eq!(concluded.urgency.map(|haste| haste.0), Some(Urgency::High));
    }

    #[test]
    fn a_line_more_of_the_same_matter_takes_its_haste_but_is_no_reminder() {
        let question = said(
            0,
            Intent::OrderInquiry,
            Sentiment::Neutral,
            Urgency::Medium,
            "Where is my order?",
        );
        let number = said(1, Intent::Other, Sentiment::Neutral, Urgency::Low, "it is 4471902");
        let concluded = conclude(&number, &[question]);
        assert_eq!(concluded.intent.map(|intent| intent.0), Some(Intent::OrderInquiry));
        assert_eq!(concluded.urgency.map(|haste| haste.0), Some(Urgency::Medium));
        assert_eq!(concluded.sentiment, None);
    }

    #[test]
    fn the_third_time_of_asking_is_pressing_however_quick() {
        let ask = |minute| {
            said(
                minute,
                Intent::OrderInquiry,
                Sentiment::Neutral,
                Urgency::Medium,
                "where is my order",
            )
        };
        assert_eq!(conclude(&ask(2), &[ask(0)]), Concluded::default());
        let third = conclude(&ask(4), &[ask(0), ask(2)]);
        assert_eq!(third.urgency.map(|haste| haste.0), Some(Urgency::High));
        assert_eq!(third.intent, None, "it says itself what it wants");
    }

    #[test]
    fn after_an_answer_thanks_or_a_day_nothing_follows() {
        assert_eq!(conclude(&waiting(88), &[complaint(), answer(5)]), Concluded::default());
        assert_eq!(conclude(&waiting(24 * 60 + 1), &[complaint()]), Concluded::default());
        let thanks = said(5, Intent::Other, Sentiment::Positive, Urgency::Low, "thanks in advance");
        assert_eq!(conclude(&thanks, &[complaint()]), Concluded::default());
        assert_eq!(conclude(&waiting(3), &[]), Concluded::default());
        assert_eq!(conclude(&answer(9), &[complaint()]), Concluded::default());
    }

    #[test]
    fn another_matter_stays_its_own() {
        let booking = said(
            90,
            Intent::AppointmentRequest,
            Sentiment::Neutral,
            Urgency::Medium,
            "A table for four on Friday?",
        );
        assert_eq!(conclude(&booking, &[complaint()]), Concluded::default());
    }

    #[test]
    fn texts_are_alike_whatever_their_case_and_punctuation() {
        assert_eq!(likeness("Hello??"), likeness("  hello "));
        assert_ne!(likeness("hello"), likeness("hell"));
        assert_eq!((likeness("?!"), likeness("")), (0, 0));
        assert_eq!((length("where?"), length("いつ来ますか")), (6, 18));
    }
}
