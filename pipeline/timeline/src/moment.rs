//! What a thread keeps of one message.

use std::sync::Arc;

use parlance_schemas::labels::{Author, Intent, MessageType, Sentiment, Urgency};
use serde::{Deserialize, Serialize};

/// One message of a thread, as far as conversations depend on it. Moments of a thread are in order of [`Moment::order`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// When it was said, Unix milliseconds: Meta's `timestamp` for what the customer or a phone wrote; for what was sent
    /// otherwise when we accepted it, or, where we did not, when Meta first said anything of it.
    pub at: i64,
    /// Meta's id of the message.
    pub id: Arc<str>,
    /// When Meta first said that it was sent, delivered, read or played, of messages of the business; [`i64::MAX`] before.
    pub sent_at: i64,
    /// The name of the person or bot that wrote it, where it is known.
    pub name: Option<Arc<str>>,
    /// Under which of the customer's identifiers it came: its [`crate::identity::Identifier::key`], shortened.
    pub under: u32,
    /// When it was last logged, in seconds of log time.
    pub logged: u32,
    /// Who wrote it.
    pub author: Author,
    /// Whether it says something, as reactions, edits and the like do not: those neither ask for an answer nor are one.
    pub speaks: bool,
    /// Whether its own update is known, and not only what became of it.
    pub written: bool,
    /// Whether Meta gave it up.
    pub failed: bool,
    /// What the customer wants.
    pub intent: Intent,
    /// How the customer feels.
    pub sentiment: Sentiment,
    /// How soon somebody must act.
    pub urgency: Urgency,
}

impl Moment {
    /// The order of moments: by time, then by the message's id, as Meta's times have whole seconds.
    pub fn order(&self) -> (i64, &str) {
        (self.at, &self.id)
    }

    /// True for what the customer wrote.
    pub fn is_inbound(&self) -> bool {
        self.author == Author::Customer
    }

    /// Whether it counts at all: a message that Meta gave up and that never arrived was never said to anyone.
    pub fn counts(&self) -> bool {
        self.is_inbound() || self.sent_at != i64::MAX || (self.written && !self.failed)
    }
}

/// Whether a message of a type says something to the other side. `reactions`: whether a customer's reaction asks for an answer,
/// which integrations may choose. Edits also come as `unsupported`, which `is_edit` tells.
pub fn speaks(kind: MessageType, is_edit: bool, reactions: bool) -> bool {
    match kind {
        MessageType::Reaction => reactions,
        MessageType::Unsupported => !is_edit,
        MessageType::System | MessageType::RequestWelcome | MessageType::Edit | MessageType::Revoke => false,
        _ => true,
    }
}

/// What a person decided about a thread.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mark {
    /// When, Unix milliseconds. First, so that marks sort by it.
    pub at: i64,
    /// The decision's identity.
    pub id: u64,
    /// What was decided.
    pub what: Decided,
    /// When it was logged, in seconds of log time.
    pub logged: u32,
}

/// What can be decided about a thread.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Decided {
    /// The conversation is done.
    Resolve,
    /// It is given to a team, a person, or, both empty, to nobody.
    Assign {
        /// The team.
        team: Box<str>,
        /// The person.
        agent: Box<str>,
    },
}
