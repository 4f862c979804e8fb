//! The customer that came with an update. Not a card (see [`super::Card`]).

use serde::Deserialize;

use super::lenient;
use super::object::{Object, Remarks};

/// An item of `value.contacts[]`, or the `context` of a thread of the history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// Their number; absent for those who took a username.
    pub wa_id: Option<String>,
    /// Their BSUID (`CC.…`).
    pub user_id: Option<String>,
    /// Their BSUID in the parent portfolio (`CC.ENT.…`).
    pub parent_user_id: Option<String>,
    /// What they show of themselves.
    pub profile: Profile,
    /// Their identity's hash, when the business asked for it.
    pub identity_key_hash: Option<String>,
    /// Of an answer to a send: the number as the business wrote it.
    pub input: Option<String>,
    /// What was not understood.
    pub remarks: Remarks,
}

/// What a customer shows of themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// Their name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: Option<String>,
    /// Their username; may change, and is no id.
    #[serde(deserialize_with = "lenient::text")]
    pub username: Option<String>,
    /// The country of the username's owner, where given.
    pub country_code: Option<String>,
}

impl Contact {
    /// Reads one contact.
    ///
    /// # Errors
    /// When `json` is not an object. A member of the wrong shape reads as none, and is noted in `remarks`.
    pub fn parse(json: &str) -> Result<Self, serde_json::Error> {
        let mut object = Object::parse(json)?;
        let mut contact = Self {
            wa_id: object.id("wa_id"),
            user_id: object.id("user_id"),
            parent_user_id: object.id("parent_user_id"),
            profile: object.part("profile").unwrap_or_default(),
            identity_key_hash: object.id("identity_key_hash"),
            input: object.id("input"),
            remarks: Remarks::default(),
        };
        // A thread's context has the username without a profile around it.
        if contact.profile.username.is_none() {
            contact.profile.username = object.id("username");
        }
        contact.remarks = object.finish();
        Ok(contact)
    }

    /// Their identity: the BSUID, else the number.
    pub fn id(&self) -> Option<&str> {
        self.user_id.as_deref().or(self.wa_id.as_deref())
    }

    /// Their name, where it says something.
    pub fn name(&self) -> Option<&str> {
        self.profile.name.as_deref().filter(|name| !name.is_empty())
    }
}
