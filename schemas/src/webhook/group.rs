//! Groups: made, changed, joined, left.

use serde::Deserialize;

use super::error::ErrorObject;
use super::lenient;
use super::object::{Object, Remarks};

/// An item of `groups[]`, of all four group fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    /// Meta's id of the group.
    pub group_id: Option<String>,
    /// `group_create`, `group_delete`, `group_settings_update`, `group_add_participants`, …
    pub r#type: Option<String>,
    /// The business's request that it answers.
    pub request_id: Option<String>,
    /// When it happened, Unix milliseconds.
    pub timestamp_ms: Option<i64>,
    /// The group's name.
    pub subject: Option<String>,
    /// The group's description.
    pub description: Option<String>,
    /// Where one can join.
    pub invite_link: Option<String>,
    /// Who may join.
    pub join_approval_mode: Option<String>,
    /// Why somebody came or went.
    pub reason: Option<String>,
    /// Who began it: `business` or `participant`.
    pub initiated_by: Option<String>,
    /// Who asks to join.
    pub wa_id: Option<String>,
    /// The BSUID of who asks to join.
    pub user_id: Option<String>,
    /// The request to join.
    pub join_request_id: Option<String>,
    /// Who came.
    pub added_participants: Vec<Participant>,
    /// Who went.
    pub removed_participants: Vec<Participant>,
    /// Who could not be added or removed.
    pub failed_participants: Vec<Participant>,
    /// The group's new picture.
    pub profile_picture: Option<ProfilePicture>,
    /// What went wrong.
    pub errors: Vec<ErrorObject>,
    /// What was not understood.
    pub remarks: Remarks,
}

/// A member of a group.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Participant {
    /// The number as the business wrote it.
    #[serde(deserialize_with = "lenient::text")]
    pub input: Option<String>,
    /// Their number.
    #[serde(deserialize_with = "lenient::text")]
    pub wa_id: Option<String>,
    /// Their BSUID.
    #[serde(deserialize_with = "lenient::text")]
    pub user_id: Option<String>,
    /// Their BSUID in the parent portfolio.
    #[serde(deserialize_with = "lenient::text")]
    pub parent_user_id: Option<String>,
    /// Why they could not be added or removed.
    pub errors: Vec<ErrorObject>,
}

/// A group's picture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ProfilePicture {
    /// Its type.
    pub mime_type: Option<String>,
    /// Its SHA-256, base64.
    pub sha256: Option<String>,
    /// Whether it could be set.
    #[serde(deserialize_with = "lenient::flag")]
    pub update_successful: Option<bool>,
}

impl Group {
    /// Reads one group update.
    ///
    /// # Errors
    /// When `json` is not an object. A member of the wrong shape reads as none, and is noted in `remarks`.
    pub fn parse(json: &str) -> Result<Self, serde_json::Error> {
        let mut object = Object::parse(json)?;
        let mut group = Self {
            group_id: object.id("group_id"),
            r#type: object.id("type"),
            request_id: object.id("request_id"),
            timestamp_ms: object.millis("timestamp"),
            subject: object.text("subject"),
            description: object.text("description"),
            invite_link: object.text("invite_link"),
            join_approval_mode: object.text("join_approval_mode"),
            reason: object.text("reason"),
            initiated_by: object.text("initiated_by"),
            wa_id: object.id("wa_id"),
            user_id: object.id("user_id"),
            join_request_id: object.id("join_request_id"),
            added_participants: object.parts("added_participants"),
            removed_participants: object.parts("removed_participants"),
            failed_participants: object.parts("failed_participants"),
            profile_picture: object.part("profile_picture"),
            errors: object.parts("errors"),
            remarks: Remarks::default(),
        };
        group.remarks = object.finish();
        Ok(group)
    }
}
