//! A verdict: what a person, or a language model that was asked, says of a message that the analyser has labelled.
//!
//! ```text
//! {"v":1,"kind":"verdict","judge":"person","author":"ana@example.com","at":1764000000123,
//!  "intent":"complaint","urgency":"high","confidence":1.0,"message":{…the row as it stood…}}
//! ```
//!
//! It carries the row it is about: the pipeline keeps no texts, and can yet write the row anew and move what the windows
//! counted. The record's key is the message's id.

use serde::{Deserialize, Serialize};

use crate::labels::{Intent, Judge, Language, Sentiment, Urgency};
use crate::rows::MessageRow;

/// One record of `parlance.verdicts`. A heartbeat there is the same as in `parlance.events`. Every field is always written:
/// it also travels between processes in a form that has no names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// See [`crate::record::VERSION`].
    pub v: u8,
    /// Who says so: [`Judge::Person`] or [`Judge::Llm`]; a person's word outweighs a model's, of equals the later stands.
    pub judge: Judge,
    /// The person, or the model's name and version.
    pub author: String,
    /// When it was said, Unix milliseconds by the sayer's clock.
    pub at: i64,
    /// What the sender wants; absent when nothing is said of it, like the three below.
    #[serde(default)]
    pub intent: Option<Intent>,
    /// How the sender feels.
    #[serde(default)]
    pub sentiment: Option<Sentiment>,
    /// How soon someone must act.
    #[serde(default)]
    pub urgency: Option<Urgency>,
    /// The language of the text.
    #[serde(default)]
    pub language: Option<Language>,
    /// How sure they are, 0 to 1: what the message's confidences become.
    pub confidence: f32,
    /// The message's row as it stood when it was judged.
    pub message: Box<MessageRow>,
}

impl Verdict {
    /// Why it cannot be accepted, if so: it is silent, its judge gives no verdicts, or its confidence is no probability.
    pub fn problem(&self) -> Option<&'static str> {
        let silent =
            self.intent.is_none() && self.sentiment.is_none() && self.urgency.is_none() && self.language.is_none();
        if silent {
            Some("a verdict says something of intent, sentiment, urgency or language")
        } else if !matches!(self.judge, Judge::Person | Judge::Llm) {
            Some("the judge of a verdict is person or llm")
        } else if !(0.0..=1.0).contains(&self.confidence) {
            Some("a verdict's confidence is a probability, 0 to 1")
        } else {
            None
        }
    }
}
