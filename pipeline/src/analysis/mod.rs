//! What a message says, in labels: behind one trait, so that a trained model can take the rules' place.
//!
//! # Layout
//!
//! * [`Analyser`], [`Analysis`]: the door
//! * [`RuleAnalyser`]: a language guess, and a lexicon of ten languages; it says how sure it is, and often is not

mod language;
mod lexicon;
mod rules;

use parlance_schemas::labels::{Direction, Intent, Language, MessageType, Sentiment, Urgency};

pub use rules::RuleAnalyser;

/// What is known of a message beside its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// Who wrote to whom.
    pub direction: Direction,
    /// Its type: of a reaction only the emoji is text.
    pub message_type: MessageType,
}

/// The labels of a message, each with its probability, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Analysis {
    /// Language of the text.
    pub language: (Language, f32),
    /// What the sender wants.
    pub intent: (Intent, f32),
    /// How the sender feels.
    pub sentiment: (Sentiment, f32),
    /// How soon someone must act.
    pub urgency: (Urgency, f32),
}

impl Analysis {
    /// Of a message with nothing to analyse.
    pub const NOTHING: Self = Self {
        language: (Language::None, 0.0),
        intent: (Intent::None, 0.0),
        sentiment: (Sentiment::None, 0.0),
        urgency: (Urgency::None, 0.0),
    };
}

/// Labels messages. It must be a function of its arguments: a replay has to say the same again.
pub trait Analyser: Send + Sync + 'static {
    /// Name and version, stored with each message; to change when the same text may get other labels.
    fn name(&self) -> &str;

    /// The labels of one text.
    fn analyse(&self, text: &str, context: &Context) -> Analysis;
}
