//! A decision: what a person settles about a conversation or a customer.
//!
//! ```text
//! {"v":1,"kind":"decision","author":"ana@example.com","at":1764000000123,"waba_id":"1029…","phone_number_id":"1065…",
//!  "contact_id":"US.1349…","group_id":"","what":"resolve"}
//! ```
//!
//! Decisions stand in `parlance.verdicts`, keyed by customer.

use serde::{Deserialize, Serialize};

/// One record of `parlance.verdicts` that decides something. Every field is always written: it also travels between
/// processes in a form that has no names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// See [`crate::record::VERSION`].
    pub v: u8,
    /// Who decided.
    pub author: String,
    /// When, Unix milliseconds by the author's clock.
    pub at: i64,
    /// The WhatsApp Business Account.
    pub waba_id: String,
    /// The integration; empty for `link` and `unlink`.
    #[serde(default)]
    pub phone_number_id: String,
    /// The customer, by any of their identifiers.
    pub contact_id: String,
    /// The group, or empty.
    #[serde(default)]
    pub group_id: String,
    /// What was decided.
    pub what: What,
}

/// What can be decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The conversation is done.
    Resolve,
    /// The conversation is given to a team, a person, both, or (both empty) taken from them.
    Assign {
        /// The team, or empty.
        team: String,
        /// The person, or empty.
        agent: String,
    },
    /// The customer is also the one with this identifier.
    Link(String),
    /// The customer is not the one with this identifier, whatever Meta's webhooks suggest.
    Unlink(String),
}

impl What {
    /// The word for it, in JSON and in the table.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Assign { .. } => "assign",
            Self::Link(_) => "link",
            Self::Unlink(_) => "unlink",
        }
    }
}

impl Decision {
    /// Why it cannot be accepted, if so.
    pub fn problem(&self) -> Option<&'static str> {
        let about_conversation = matches!(self.what, What::Resolve | What::Assign { .. });
        let other = match &self.what {
            What::Link(other) | What::Unlink(other) => Some(other),
            What::Resolve | What::Assign { .. } => None,
        };
        if self.waba_id.is_empty() {
            Some("a decision names the account (waba_id)")
        } else if about_conversation && self.phone_number_id.is_empty() {
            Some("a decision about a conversation names the integration (phone_number_id)")
        } else if self.contact_id.is_empty() && (self.group_id.is_empty() || !about_conversation) {
            Some("a decision names the customer (contact_id)")
        } else if other.is_some_and(|other| other.is_empty() || *other == self.contact_id) {
            Some("a customer is linked to another identifier than their own")
        } else {
            None
        }
    }
}
