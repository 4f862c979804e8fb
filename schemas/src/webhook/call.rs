//! Calls between the business and its customers.

use serde::Deserialize;
use serde_json::Value;

use super::error::ErrorObject;
use super::object::{Object, Remarks};

/// An item of `calls[]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Call {
    /// Meta's id of it (`wacid.…`).
    pub id: Option<String>,
    /// `connect`, `terminate`, …
    pub event: Option<String>,
    /// Who calls.
    pub from: Option<String>,
    /// The caller's BSUID.
    pub from_user_id: Option<String>,
    /// The caller's BSUID in the parent portfolio.
    pub from_parent_user_id: Option<String>,
    /// Who is called.
    pub to: Option<String>,
    /// The BSUID of who is called.
    pub to_user_id: Option<String>,
    /// The BSUID in the parent portfolio of who is called.
    pub to_parent_user_id: Option<String>,
    /// `USER_INITIATED` or `BUSINESS_INITIATED`.
    pub direction: Option<String>,
    /// When it happened, Unix milliseconds.
    pub timestamp_ms: Option<i64>,
    /// Of one that ended: `COMPLETED` or `FAILED`.
    pub status: Option<String>,
    /// When it was taken up, Unix milliseconds.
    pub start_time_ms: Option<i64>,
    /// When it ended, Unix milliseconds.
    pub end_time_ms: Option<i64>,
    /// How long it lasted, seconds.
    pub duration_s: Option<i64>,
    /// The offer or answer (RFC 8866).
    pub session: Option<Session>,
    /// Settings of the connection.
    pub connection: Option<Value>,
    /// What the business gave along.
    pub biz_opaque_callback_data: Option<String>,
    /// What the customer's link gave along.
    pub cta_payload: Option<String>,
    /// The link's payload, where Meta names it so.
    pub deeplink_payload: Option<String>,
    /// Why it failed.
    pub errors: Vec<ErrorObject>,
    /// What was not understood.
    pub remarks: Remarks,
}

/// The session description of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Session {
    /// `offer` or `answer`.
    pub sdp_type: Option<String>,
    /// The description itself.
    pub sdp: Option<String>,
}

impl Call {
    /// Reads one call.
    ///
    /// # Errors
    /// When `json` is not an object. A member of the wrong shape reads as none, and is noted in `remarks`.
    pub fn parse(json: &str) -> Result<Self, serde_json::Error> {
        let mut object = Object::parse(json)?;
        let mut call = Self {
            id: object.id("id"),
            event: object.id("event"),
            from: object.id("from"),
            from_user_id: object.id("from_user_id"),
            from_parent_user_id: object.id("from_parent_user_id"),
            to: object.id("to"),
            to_user_id: object.id("to_user_id"),
            to_parent_user_id: object.id("to_parent_user_id"),
            direction: object.id("direction"),
            timestamp_ms: object.millis("timestamp"),
            status: object.text("status"),
            start_time_ms: object.millis("start_time"),
            end_time_ms: object.millis("end_time"),
            duration_s: object.integer("duration"),
            session: object.part("session"),
            connection: object
                .raw("connection")
                .and_then(|raw| serde_json::from_str(raw.get()).ok()),
            biz_opaque_callback_data: object.text("biz_opaque_callback_data"),
            cta_payload: object.text("cta_payload"),
            deeplink_payload: object.text("deeplink_payload"),
            errors: object.parts("errors"),
            remarks: Remarks::default(),
        };
        call.remarks = object.finish();
        Ok(call)
    }
}
