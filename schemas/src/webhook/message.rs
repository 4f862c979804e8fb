//! A message: received, written on the business's phone (echo), or of the past (history).

use std::borrow::Cow;

use super::content::{self, Content};
use super::context::{Context, Identity, Referral};
use super::error::ErrorObject;
use super::object::{Object, Remarks};
use crate::labels::MessageType;

/// An item of `messages[]`, `message_echoes[]` or `history[].threads[].messages[]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Meta's id of it (`wamid.…`).
    pub id: Option<String>,
    /// The sender's number; absent for those who took a username.
    pub from: Option<String>,
    /// The sender's BSUID.
    pub from_user_id: Option<String>,
    /// The sender's BSUID in the parent portfolio.
    pub from_parent_user_id: Option<String>,
    /// Of an echo: the receiver's number.
    pub to: Option<String>,
    /// Of an echo: the receiver's BSUID.
    pub to_user_id: Option<String>,
    /// Of an echo: the receiver's BSUID in the parent portfolio.
    pub to_parent_user_id: Option<String>,
    /// The group it was written in.
    pub group_id: Option<String>,
    /// When it was written, Unix milliseconds; none when missing or no time.
    pub timestamp_ms: Option<i64>,
    /// Its type; `Unknown` for one not in the list.
    pub r#type: MessageType,
    /// Its type in Meta's word; where `type` is missing, the key its body stands under; else empty.
    pub type_name: String,
    /// What it answers.
    pub context: Option<Context>,
    /// The advertisement it came from.
    pub referral: Option<Referral>,
    /// Why it could not be passed on.
    pub errors: Vec<ErrorObject>,
    /// The customer's end-to-end identity (legacy).
    pub identity: Option<Identity>,
    /// Of the history: how far it came, as `READ`.
    pub history_status: Option<String>,
    /// What it says.
    pub content: Content,
    /// What was not understood.
    pub remarks: Remarks,
}

impl Message {
    /// Reads one message.
    ///
    /// # Errors
    /// When `json` is not an object. A member of the wrong shape reads as none, and is noted in `remarks`.
    pub fn parse(json: &str) -> Result<Self, serde_json::Error> {
        let mut object = Object::parse(json)?;
        let (kind, type_name) = content::kind(&mut object);
        let mut message = Self {
            id: object.id("id"),
            from: object.id("from"),
            from_user_id: object.id("from_user_id"),
            from_parent_user_id: object.id("from_parent_user_id"),
            to: object.id("to"),
            to_user_id: object.id("to_user_id"),
            to_parent_user_id: object.id("to_parent_user_id"),
            group_id: object.id("group_id"),
            timestamp_ms: object.millis("timestamp"),
            r#type: kind,
            context: object.part("context"),
            referral: object.part("referral"),
            errors: object.parts("errors"),
            identity: object.part("identity"),
            history_status: None,
            content: Content::read(kind, &type_name, &mut object),
            type_name,
            remarks: Remarks::default(),
        };
        if let Some(mut history) = object.object("history_context") {
            message.history_status = history.text("status");
            object.absorb(history.finish());
        }
        message.remarks = object.finish();
        Ok(message)
    }

    /// Everything a person would read: body, caption, title and description of what was chosen, answers of a form,
    /// order note, emoji, Meta's sentence of a system message, the new text of an edit. Parts on lines of their own.
    pub fn text(&self) -> Cow<'_, str> {
        self.content.text()
    }

    /// The message that this one reacts to, edits, revokes or answers.
    pub fn context_id(&self) -> Option<&str> {
        let answered = || self.context.as_ref().and_then(|context| context.id.as_deref());
        self.content.target().or_else(answered).filter(|id| !id.is_empty())
    }

    /// Its first error.
    pub fn first_error(&self) -> Option<&ErrorObject> {
        self.errors.first()
    }

    /// True when [`Self::text`] is somebody's own words, and not an emoji on a message or a sentence of Meta's.
    pub fn is_written(&self) -> bool {
        !matches!(self.r#type, MessageType::System | MessageType::Reaction) && !self.text().trim().is_empty()
    }
}
