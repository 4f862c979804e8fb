//! What became of a message that the business sent, or of its call.

use serde::Deserialize;

use super::error::ErrorObject;
use super::lenient;
use super::object::{Object, Remarks};

/// An item of `statuses[]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// The message or call it is about.
    pub id: Option<String>,
    /// `sent`, `delivered`, `read`, `played`, `failed`; of calls `RINGING`, …; as Meta spells it.
    pub status: Option<String>,
    /// `call`, `payment`; none for a message.
    pub r#type: Option<String>,
    /// When it came to be so, Unix milliseconds.
    pub timestamp_ms: Option<i64>,
    /// The receiver's number, or the group's id when `recipient_type` is `group`.
    pub recipient_id: Option<String>,
    /// The receiver's BSUID.
    pub recipient_user_id: Option<String>,
    /// The receiver's BSUID in the parent portfolio.
    pub recipient_parent_user_id: Option<String>,
    /// `individual` or `group`.
    pub recipient_type: Option<String>,
    /// In a group: the number of the member it is about.
    pub recipient_participant_id: Option<String>,
    /// In a group: the BSUID of the member it is about.
    pub recipient_participant_user_id: Option<String>,
    /// In a group: the parent BSUID of the member it is about.
    pub recipient_participant_parent_user_id: Option<String>,
    /// The receiver's identity hash.
    pub recipient_identity_key_hash: Option<String>,
    /// The sender, on payments.
    pub from: Option<String>,
    /// The group, where it is given apart.
    pub group_id: Option<String>,
    /// What the business gave along when it sent.
    pub biz_opaque_callback_data: Option<String>,
    /// The conversation it was counted to; gone from version 24 on save for free entry points.
    pub conversation: Option<Conversation>,
    /// What it costs.
    pub pricing: Option<Pricing>,
    /// The payment it is about.
    pub payment: Option<Payment>,
    /// Why it failed.
    pub errors: Vec<ErrorObject>,
    /// What was not understood.
    pub remarks: Remarks,
}

/// A conversation in Meta's sense: what was billed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Conversation {
    /// Meta's id of it.
    #[serde(deserialize_with = "lenient::text")]
    pub id: Option<String>,
    /// When it ends, Unix milliseconds.
    #[serde(deserialize_with = "lenient::millis")]
    pub expiration_timestamp: Option<i64>,
    /// What opened it.
    pub origin: Option<Origin>,
    /// As `origin.type`, in older webhooks.
    pub r#type: Option<String>,
}

/// What opened a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Origin {
    /// `service`, `marketing`, `utility`, `authentication`, `referral_conversion`, …
    pub r#type: Option<String>,
}

/// What a message costs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Pricing {
    /// Whether it is billed; Meta means to drop it.
    #[serde(deserialize_with = "lenient::flag")]
    pub billable: Option<bool>,
    /// `CBP` (per conversation) or `PMP` (per message).
    pub pricing_model: Option<String>,
    /// `regular`, `free_customer_service`, `free_entry_point`.
    pub r#type: Option<String>,
    /// `service`, `marketing`, `utility`, `authentication`, …
    pub category: Option<String>,
}

/// A payment.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Payment {
    /// The business's own id of it.
    #[serde(deserialize_with = "lenient::text")]
    pub reference_id: Option<String>,
    /// The amount; its shape differs by country.
    pub amount: Option<serde_json::Value>,
    /// The currency.
    pub currency: Option<String>,
    /// The transfer; its shape differs by country.
    pub transaction: Option<serde_json::Value>,
    /// The receipt.
    pub receipt: Option<String>,
    /// The customer's own notes.
    pub notes: Option<serde_json::Value>,
}

impl Status {
    /// Reads one status.
    ///
    /// # Errors
    /// When `json` is not an object. A member of the wrong shape reads as none, and is noted in `remarks`.
    pub fn parse(json: &str) -> Result<Self, serde_json::Error> {
        let mut object = Object::parse(json)?;
        let mut status = Self {
            id: object.id("id"),
            status: object.id("status"),
            r#type: object.id("type"),
            timestamp_ms: object.millis("timestamp"),
            recipient_id: object.id("recipient_id"),
            recipient_user_id: object.id("recipient_user_id"),
            recipient_parent_user_id: object.id("recipient_parent_user_id"),
            recipient_type: object.id("recipient_type"),
            recipient_participant_id: object.id("recipient_participant_id"),
            recipient_participant_user_id: object.id("recipient_participant_user_id"),
            recipient_participant_parent_user_id: object.id("recipient_participant_parent_user_id"),
            recipient_identity_key_hash: object.id("recipient_identity_key_hash"),
            from: object.id("from"),
            group_id: object.id("group_id"),
            biz_opaque_callback_data: object.text("biz_opaque_callback_data"),
            conversation: object.part("conversation"),
            pricing: object.part("pricing"),
            payment: object.part("payment"),
            errors: object.parts("errors"),
            remarks: Remarks::default(),
        };
        status.remarks = object.finish();
        Ok(status)
    }

    /// Its first error.
    pub fn first_error(&self) -> Option<&ErrorObject> {
        self.errors.first()
    }

    /// Whom it is about, to tell statuses of one message apart: the group's member, else the receiver, each by BSUID
    /// before number.
    pub fn recipient(&self) -> Option<&str> {
        [
            &self.recipient_participant_user_id,
            &self.recipient_participant_id,
            &self.recipient_user_id,
            &self.recipient_id,
            &self.from,
        ]
        .into_iter()
        .find_map(|id| id.as_deref())
    }

    /// The group the message went to.
    pub fn group(&self) -> Option<&str> {
        let is_group = self.recipient_type.as_deref() == Some("group");
        self.group_id
            .as_deref()
            .or(self.recipient_id.as_deref().filter(|_| is_group))
    }

    /// What opened the conversation it was counted to.
    pub fn conversation_origin(&self) -> Option<&str> {
        let conversation = self.conversation.as_ref()?;
        let origin = conversation.origin.as_ref().and_then(|origin| origin.r#type.as_deref());
        origin.or(conversation.r#type.as_deref())
    }
}
