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
    /// Under which of the customer's identifiers it came: its place among those of the thread.
    pub under: u16,
    /// Who wrote it.
    pub author: Author,
    /// Whether it says something.
    pub says: Says,
    /// Whether its own update is known, and not only what became of it.
    pub written: bool,
    /// Whether Meta said, in so many words, that it was sent.
    pub sent: bool,
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

    /// Whether it counts at all: a message that Meta gave up and that never arrived was never said to anyone. One that is known
    /// by its statuses alone counts once Meta said that it was sent: that it was read may be told a month later, when what was
    /// known of it is forgotten, and must not make another of it.
    pub fn counts(&self) -> bool {
        if self.written {
            self.is_inbound() || !self.failed || self.sent_at != i64::MAX
        } else {
            self.sent
        }
    }
}

/// Whether a message says something to the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Says {
    /// It does: it asks for an answer, or is one.
    Something,
    /// It is a reaction to a message: a customer's may be held to ask for an answer.
    Reaction,
    /// It is an edit, a revocation or the like: neither asks nor answers.
    Nothing,
}

impl Says {
    /// By a message's type. `is_edit`: edits also come as `unsupported`.
    pub fn of(kind: MessageType, is_edit: bool) -> Self {
        match kind {
            MessageType::Reaction => Self::Reaction,
            MessageType::Unsupported if is_edit => Self::Nothing,
            MessageType::System | MessageType::RequestWelcome | MessageType::Edit | MessageType::Revoke => {
                Self::Nothing
            }
            _ => Self::Something,
        }
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
}

impl Mark {
    /// The team and the person that something was given to.
    pub fn owner(&self) -> (Option<&str>, Option<&str>) {
        match &self.what {
            Decided::Assign { team, agent } => (
                Some(&**team).filter(|team| !team.is_empty()),
                Some(&**agent).filter(|agent| !agent.is_empty()),
            ),
            Decided::Resolve => (None, None),
        }
    }
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
