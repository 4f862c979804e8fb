//! What is known of a message before it is analysed, and what is said of it after.

use std::sync::Arc;

use jiff::Timestamp;
use parlance_schemas::labels::{Direction, Intent, Judge, Language, MessageType, Sentiment, Urgency};

use crate::custom::Custom;
use crate::entities::{Entity, Region};
use crate::signals::Signal;

/// What is known of a message beside its text.
#[derive(Clone, Debug)]
pub struct Context {
    /// Who wrote to whom: answers are suggested to what customers write.
    pub direction: Direction,
    /// Its type: of a reaction only the emoji is text.
    pub message_type: MessageType,
    /// When it was sent: what "tomorrow" in it is the day after.
    pub sent_at: Timestamp,
    /// The country of the business's number: how phone numbers are written there, and what `$` is.
    pub region: Region,
    /// What the business has of its own.
    pub custom: Arc<Custom>,
}

/// The labels of a message, each with its probability, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Labels {
    /// Language of the text.
    pub language: (Language, f32),
    /// What the sender wants.
    pub intent: (Intent, f32),
    /// How the sender feels.
    pub sentiment: (Sentiment, f32),
    /// How soon someone must act.
    pub urgency: (Urgency, f32),
}

impl Labels {
    /// Of a message with nothing to analyse.
    pub const NONE: Self = Self {
        language: (Language::None, 0.0),
        intent: (Intent::None, 0.0),
        sentiment: (Sentiment::None, 0.0),
        urgency: (Urgency::None, 0.0),
    };
}

/// What a message says.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// Its labels, by its text and the business's patterns.
    pub labels: Labels,
    /// What the classifiers say of the text alone.
    pub base: Labels,
    /// Who decided language, intent, sentiment and urgency.
    pub by: [Judge; 4],
    /// Ids of the business's patterns that match.
    pub patterns: Vec<String>,
    /// Intents of the business's own, by its patterns.
    pub custom_intents: Vec<String>,
    /// The words that weighed most for intent, sentiment and urgency.
    pub signals: Vec<Signal>,
    /// Phone numbers, addresses, money, dates, order numbers.
    pub entities: Vec<Entity>,
    /// Suggested answers, in the language of the text.
    pub replies: Vec<String>,
}

impl Analysis {
    /// Of a message with nothing to analyse.
    pub const NOTHING: Self = Self {
        labels: Labels::NONE,
        base: Labels::NONE,
        by: [Judge::Model; 4],
        patterns: Vec::new(),
        custom_intents: Vec::new(),
        signals: Vec::new(),
        entities: Vec::new(),
        replies: Vec::new(),
    };
}
