//! What a customer wants to receive.

use super::object::{Object, Remarks};

/// An item of `user_preferences[]`. `stop` must end marketing to this customer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserPreference {
    /// The customer's number.
    pub wa_id: Option<String>,
    /// The customer's BSUID.
    pub user_id: Option<String>,
    /// The customer's BSUID in the parent portfolio.
    pub parent_user_id: Option<String>,
    /// Meta's sentence about it.
    pub detail: Option<String>,
    /// `marketing_messages`.
    pub category: Option<String>,
    /// `stop`, `resume`, `signup`.
    pub value: Option<String>,
    /// The sign-up link's id.
    pub signup_id: Option<String>,
    /// When they chose so, Unix milliseconds.
    pub timestamp_ms: Option<i64>,
    /// What was not understood.
    pub remarks: Remarks,
}

impl UserPreference {
    /// Reads one preference.
    ///
    /// # Errors
    /// When `json` is not an object. A member of the wrong shape reads as none, and is noted in `remarks`.
    pub fn parse(json: &str) -> Result<Self, serde_json::Error> {
        let mut object = Object::parse(json)?;
        let mut preference = Self {
            wa_id: object.id("wa_id"),
            user_id: object.id("user_id"),
            parent_user_id: object.id("parent_user_id"),
            detail: object.text("detail"),
            category: object.text("category"),
            value: object.text("value"),
            signup_id: object.id("signup_id"),
            timestamp_ms: object.millis("timestamp"),
            remarks: Remarks::default(),
        };
        preference.remarks = object.finish();
        Ok(preference)
    }

    /// True when the customer wants no marketing any more.
    pub fn is_stop(&self) -> bool {
        self.value
            .as_deref()
            .is_some_and(|value| value.eq_ignore_ascii_case("stop"))
    }
}
