//! What tells of something else than words: reactions, changes of identity, edits, deletions, and the untold.

use serde::Deserialize;

use super::content::Content;
use super::context::Context;
use super::lenient;
use crate::labels::MessageType;

/// The body of a `reaction`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Reaction {
    /// The message that is reacted to.
    #[serde(deserialize_with = "lenient::text")]
    pub message_id: Option<String>,
    /// The emoji; none or empty when the reaction was taken back.
    pub emoji: Option<String>,
}

impl Reaction {
    /// True when an earlier reaction was taken back.
    pub fn is_removal(&self) -> bool {
        self.emoji.as_deref().unwrap_or_default().is_empty()
    }
}

/// The body of a `system`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct System {
    /// Meta's sentence about it.
    pub body: Option<String>,
    /// `user_changed_number`, `user_changed_user_id`, `customer_identity_changed`.
    pub r#type: Option<String>,
    /// The customer's new number.
    #[serde(deserialize_with = "lenient::text")]
    pub wa_id: Option<String>,
    /// As `wa_id`, in older webhooks.
    #[serde(deserialize_with = "lenient::text")]
    pub new_wa_id: Option<String>,
    /// The customer's new BSUID.
    #[serde(deserialize_with = "lenient::text")]
    pub user_id: Option<String>,
    /// The customer's new parent BSUID.
    #[serde(deserialize_with = "lenient::text")]
    pub parent_user_id: Option<String>,
    /// The identity's hash, in older webhooks.
    pub identity: Option<String>,
    /// The customer, in older webhooks.
    #[serde(deserialize_with = "lenient::text")]
    pub customer: Option<String>,
}

/// The body of an `unsupported`, where there is one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Unsupported {
    /// What the customer sent: `poll_creation`, `edit`, `view_once`, …
    pub r#type: Option<String>,
}

/// The body of a `revoke`: the customer deleted a message, and its content must go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Revoke {
    /// The message that was deleted.
    #[serde(deserialize_with = "lenient::text")]
    pub original_message_id: Option<String>,
}

/// The body of an `edit`.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// The message that was edited.
    pub original_message_id: Option<String>,
    /// The type that it has now.
    pub r#type: MessageType,
    /// What it says now; an edit of an edit is not a thing.
    pub content: Box<Content>,
    /// What it refers to.
    pub context: Option<Context>,
}
