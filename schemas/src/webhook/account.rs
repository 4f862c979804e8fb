//! What happened to an account, a number, a template or a flow: the values of the account fields.
//!
//! Their shapes are many and small; what all have in common is what happened, to what, and when. The values that more
//! than one room needs are typed beside: [`super::TemplateChange`], [`super::PhoneChange`], [`super::FlowChange`].

use super::error::ErrorObject;
use super::object::{Object, Remarks};

/// What any of the account fields says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AccountEvent {
    /// What happened, in Meta's word: `event`, else the new state; empty when the field has neither.
    pub event: String,
    /// What it happened to: template name, flow id, number, …; empty for the account as a whole.
    pub subject: String,
    /// When, Unix milliseconds, where the value itself says so.
    pub occurred_at_ms: Option<i64>,
    /// Code of the first error it reports.
    pub error_code: Option<i64>,
}

/// Where the fields keep what happened, most telling first.
const EVENTS: [&str; 12] = [
    "event",
    "alert_type",
    "decision",
    "new_quality_score",
    "new_category",
    "correct_category",
    "status",
    "new_status",
    "solution_status",
    "max_daily_conversations_per_business",
    "max_daily_conversation_per_phone",
    "type",
];

/// Where the fields keep what it happened to, most telling first.
const SUBJECTS: [&str; 12] = [
    "message_template_name",
    "message_template_id",
    "flow_id",
    "solution_id",
    "configuration_name",
    "display_phone_number",
    "phone_number",
    "username",
    "entity_id",
    "phone_number_id",
    "waba_id",
    "client_business_id",
];

/// Where the fields keep when it happened.
const TIMES: [&str; 6] = [
    "timestamp",
    "updated_timestamp",
    "category_update_timestamp",
    "tier_update_time",
    "created_timestamp",
    "time",
];

/// The objects one level down that hold any of these for some fields.
const INSIDE: [&str; 6] = [
    "alert_info",
    "waba_info",
    "phone_number_settings",
    "partner_client_certification_info",
    "volume_tier_info",
    "partner_client_info",
];

impl AccountEvent {
    /// Reads the value of a change of an account field.
    ///
    /// # Errors
    /// When `json` is not an object.
    pub fn parse(field: &str, json: &str) -> Result<Self, serde_json::Error> {
        let mut object = Object::parse(json)?;
        let mut inside: Vec<Object<'_>> = INSIDE.iter().filter_map(|key| object.object(key)).collect();
        inside.insert(0, object);
        let mut first = |keys: &[&str]| {
            inside
                .iter_mut()
                .find_map(|object| keys.iter().find_map(|key| object.id(key)))
        };
        // In `business_username_updates` the name is what changes; the number would hide it.
        let subject = match field {
            "business_username_updates" => first(&["username"]),
            _ => None,
        };
        let subject = subject.or_else(|| first(&SUBJECTS)).unwrap_or_default();
        let event = first(&EVENTS).unwrap_or_default();
        let occurred_at_ms = inside
            .iter_mut()
            .find_map(|object| TIMES.iter().find_map(|key| object.millis(key)));
        let errors: Vec<ErrorObject> = inside[0].parts("errors");
        let code = errors
            .iter()
            .find_map(|error| error.code)
            .or_else(|| inside[0].integer("error_code"));
        Ok(Self {
            event,
            subject,
            occurred_at_ms,
            error_code: code,
        })
    }

    /// An error that Meta reports of the account or number as a whole (`value.errors[]`).
    pub fn of_error(error: &ErrorObject) -> Self {
        Self {
            event: error.title_or_message().to_owned(),
            subject: String::new(),
            occurred_at_ms: None,
            error_code: error.code,
        }
    }
}

/// The value of `account_update`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AccountUpdate {
    /// `ACCOUNT_DELETED`, `ACCOUNT_RESTRICTION`, `ACCOUNT_VIOLATION`, `DISABLED_UPDATE`, `PARTNER_ADDED`, …
    pub event: Option<String>,
    /// The number it is about.
    pub phone_number: Option<String>,
    /// `waba_info.waba_id`: the account it is about, where a partner is told.
    pub waba_id: Option<String>,
    /// `ban_info.waba_ban_state`: `SCHEDULE_FOR_DISABLE`, `DISABLE`, `REINSTATE`.
    pub ban_state: Option<String>,
    /// `ban_info.waba_ban_date`, in Meta's words.
    pub ban_date: Option<String>,
    /// `violation_info.violation_type`.
    pub violation_type: Option<String>,
    /// `restriction_info[]`: what is restricted.
    pub restrictions: Vec<Restriction>,
    /// What was not understood or is not typed.
    pub remarks: Remarks,
}

/// What an account may not do, and until when.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct Restriction {
    /// `RESTRICTED_BIZ_INITIATED_MESSAGING`, …
    pub restriction_type: Option<String>,
    /// Until when, Unix milliseconds.
    #[serde(deserialize_with = "super::lenient::millis")]
    pub expiration: Option<i64>,
}

impl AccountUpdate {
    /// Reads the value of an `account_update`.
    ///
    /// # Errors
    /// When `json` is not an object. A member of the wrong shape reads as none, and is noted in `remarks`.
    pub fn parse(json: &str) -> Result<Self, serde_json::Error> {
        let mut object = Object::parse(json)?;
        let mut update = Self {
            event: object.id("event"),
            phone_number: object.id("phone_number"),
            restrictions: object.parts("restriction_info"),
            ..Self::default()
        };
        if let Some(mut info) = object.object("waba_info") {
            update.waba_id = info.id("waba_id");
            object.absorb(info.finish());
        }
        if let Some(mut info) = object.object("ban_info") {
            update.ban_state = info.text("waba_ban_state");
            update.ban_date = info.text("waba_ban_date");
            object.absorb(info.finish());
        }
        if let Some(mut info) = object.object("violation_info") {
            update.violation_type = info.text("violation_type");
            object.absorb(info.finish());
        }
        update.remarks = object.finish();
        Ok(update)
    }
}
