//! What happened to a number: its name, quality, limits, safety, username.

use super::object::{Object, Remarks};

/// The value of `phone_number_name_update`, `phone_number_quality_update`, `security`, `business_username_updates`
/// and `business_capability_update` (of all numbers of the account).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PhoneChange {
    /// The number, as Meta formats it.
    pub display_phone_number: Option<String>,
    /// `ONBOARDING`, `THROUGHPUT_UPGRADE`, `UPGRADE`, `DOWNGRADE`, `FLAGGED`, `UNFLAGGED`; `PIN_CHANGED`, …
    pub event: Option<String>,
    /// On a name: `APPROVED`, `REJECTED`, `PENDING`, `DEFERRED`.
    pub decision: Option<String>,
    /// The name that was asked for.
    pub requested_verified_name: Option<String>,
    /// Why the name was rejected.
    pub rejection_reason: Option<String>,
    /// The messaging limit before, as `TIER_1K`.
    pub old_limit: Option<String>,
    /// The messaging limit now, as `TIER_10K`.
    pub current_limit: Option<String>,
    /// The messaging limit of the portfolio, as `TIER_10K` or a number.
    pub max_daily_conversations_per_business: Option<String>,
    /// The messaging limit of a number, in older webhooks; -1 for none.
    pub max_daily_conversation_per_phone: Option<i64>,
    /// How many numbers the business may have.
    pub max_phone_numbers_per_business: Option<i64>,
    /// How many numbers the account may have.
    pub max_phone_numbers_per_waba: Option<i64>,
    /// Who changed the PIN.
    pub requester: Option<String>,
    /// The business's username.
    pub username: Option<String>,
    /// State of the username.
    pub status: Option<String>,
    /// What was not understood or is not typed.
    pub remarks: Remarks,
}

impl PhoneChange {
    /// Reads the value of a number's field.
    ///
    /// # Errors
    /// When `json` is not an object. A member of the wrong shape reads as none, and is noted in `remarks`.
    pub fn parse(json: &str) -> Result<Self, serde_json::Error> {
        let mut object = Object::parse(json)?;
        let mut change = Self {
            display_phone_number: object.id("display_phone_number"),
            event: object.id("event"),
            decision: object.id("decision"),
            requested_verified_name: object.text("requested_verified_name"),
            rejection_reason: object.text("rejection_reason"),
            old_limit: object.text("old_limit"),
            current_limit: object.text("current_limit"),
            max_daily_conversations_per_business: object.text("max_daily_conversations_per_business"),
            max_daily_conversation_per_phone: object.integer("max_daily_conversation_per_phone"),
            max_phone_numbers_per_business: object.integer("max_phone_numbers_per_business"),
            max_phone_numbers_per_waba: object.integer("max_phone_numbers_per_waba"),
            requester: object.text("requester"),
            username: object.text("username"),
            status: object.text("status"),
            remarks: Remarks::default(),
        };
        change.remarks = object.finish();
        Ok(change)
    }
}
