//! An action to take: one step that a rule asks for, about one thing. Records of `parlance.actions`.
//!
//! ```text
//! {"v":1,"action_id":"5c0a…","rule_id":"angry","rule_version":"9f3c…","step":0,"action":{"ticket":{}},
//!  "phone_number_id":"1065…","contact_id":"US.1349…","message_id":"wamid.…","at":1764000000000,"expires_at":1764000600000,…}
//! ```
//!
//! The same rule, in the same version, about the same thing, asks for an action once: `action_id` is the name (UUIDv5) of just
//! that. A record may be written twice all the same, when a process ends between writing it and noting that; whoever takes
//! actions does so once for each id.

use serde::{Deserialize, Serialize};

use crate::labels::{Intent, Language, Sentiment, Urgency};
use crate::settings::rules::Action;

/// One action to take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActionRecord {
    /// See [`crate::record::VERSION`].
    pub v: u8,
    /// UUIDv5 of integration, rule, version, subject and step.
    pub action_id: String,
    /// The rule.
    pub rule_id: String,
    /// What the rule said.
    pub rule_version: String,
    /// Its place among the rule's actions, from 0: they are taken in order, and later ones may use what came of earlier ones.
    pub step: u32,
    /// What to do.
    pub action: Action,
    /// What it is about: `message`, `timer`, `delivery`, `window`.
    pub reacts_to: String,
    /// The integration.
    pub phone_number_id: String,
    /// The WhatsApp Business Account.
    pub waba_id: String,
    /// The customer, or empty.
    pub contact_id: String,
    /// The customer's name, or empty.
    pub contact_name: String,
    /// The group, or empty.
    pub group_id: String,
    /// The conversation, or empty.
    pub conversation_id: String,
    /// The message, or the first of the turn, or empty.
    pub message_id: String,
    /// What the customer wants.
    pub intent: Intent,
    /// How they feel.
    pub sentiment: Sentiment,
    /// How soon somebody must act.
    pub urgency: Urgency,
    /// The language they wrote in.
    pub language: Language,
    /// What the message names: kind and value.
    pub entities: Vec<(String, String)>,
    /// When what it is about was, Unix milliseconds.
    pub at: i64,
    /// When the rule reacted, Unix milliseconds of log time.
    pub created_at: i64,
    /// From when on it must not be taken any more, Unix milliseconds.
    pub expires_at: i64,
}
