//! Customers who are somebody else from now on.

use serde::Deserialize;

use super::lenient;
use super::object::{Object, Remarks};

/// The value of `user_id_update`. The same news also comes as a `system` message of type `user_changed_user_id`: Meta's
/// documents disagree on which, so both are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserIdUpdate {
    /// Each customer whose BSUID changed.
    pub changes: Vec<UserIdChange>,
    /// What was not understood.
    pub remarks: Remarks,
}

/// One customer's change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct UserIdChange {
    /// Their number, where it is told.
    #[serde(deserialize_with = "lenient::text")]
    pub wa_id: Option<String>,
    /// Meta's sentence about it.
    pub detail: Option<String>,
    /// Their BSUID.
    pub user_id: Option<Replaced>,
    /// Their BSUID in the parent portfolio.
    pub parent_user_id: Option<Replaced>,
    /// When it changed, Unix milliseconds.
    #[serde(deserialize_with = "lenient::millis")]
    pub timestamp: Option<i64>,
}

/// An id and what it was before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Replaced {
    /// Before.
    #[serde(deserialize_with = "lenient::text")]
    pub previous: Option<String>,
    /// From now on.
    #[serde(deserialize_with = "lenient::text")]
    pub current: Option<String>,
}

impl UserIdUpdate {
    /// Reads the value of a `user_id_update`.
    ///
    /// # Errors
    /// When `json` is not an object. A change of the wrong shape is left out and noted in `remarks`.
    pub fn parse(json: &str) -> Result<Self, serde_json::Error> {
        let mut object = Object::parse(json)?;
        let changes = object.parts("user_id_update");
        // The envelope's, read where the update is split.
        for key in ["messaging_product", "metadata", "contacts"] {
            object.raw(key);
        }
        Ok(Self {
            changes,
            remarks: object.finish(),
        })
    }
}
