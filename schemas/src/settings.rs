//! Settings: what people decide about an integration. Records of `parlance.settings`, the newest of each key in force.
//!
//! ```text
//! key  patterns/106540352242922      value  {"patterns":[{"id":"seal","words":["broken seal"],"force":{"intent":"complaint"}}]}
//! ```
//!
//! A record without a value takes the setting back. Keys are small and so are values: everyone who needs settings holds
//! them in memory. Whatever is put goes through [`check`] first; readers rely on none of it, for others may write too.

mod check;
mod hours;
mod integration;
mod model;
mod opinion;
mod patterns;
pub mod rules;
mod sla;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use check::{Setting, check};
pub use hours::{Day, Holiday, HoursSetting, Opening, Weekly};
pub use integration::IntegrationSetting;
pub use model::{Measured, ModelSetting};
pub use opinion::OpinionSetting;
pub use patterns::{Labels, Pattern, PatternsSetting};
pub use rules::RulesSetting;
pub use sla::{Clock, Series, SlaSetting, Target};

/// The largest value, in bytes: a trained adaptation with room to spare.
pub const MAX_VALUE_BYTES: usize = 1024 * 1024;

/// The kinds of settings there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// [`IntegrationSetting`]: what an integration is.
    Integration,
    /// [`PatternsSetting`]: words that decide or nudge labels.
    Patterns,
    /// [`ModelSetting`]: what was learned from the integration's corrections.
    Model,
    /// [`OpinionSetting`]: when a language model is asked.
    Opinion,
    /// [`HoursSetting`]: when the business is open.
    Hours,
    /// [`SlaSetting`]: how soon customers are answered.
    Sla,
    /// [`RulesSetting`]: what is done about what.
    Rules,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Integration,
        Self::Patterns,
        Self::Model,
        Self::Opinion,
        Self::Hours,
        Self::Sla,
        Self::Rules,
    ];

    /// As it stands in keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Integration => "integration",
            Self::Patterns => "patterns",
            Self::Model => "model",
            Self::Opinion => "opinion",
            Self::Hours => "hours",
            Self::Sla => "sla",
            Self::Rules => "rules",
        }
    }
}

/// The key of a setting: its kind and what it is of, an integration's `phone_number_id`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// What kind of setting.
    pub kind: Kind,
    /// The integration: Meta's `phone_number_id`.
    pub id: String,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.as_str(), self.id)
    }
}

/// Why a text is no key.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is not the key of a setting: it takes a kind (integration, patterns, model, opinion, hours, sla, rules), `/` and a phone_number_id"
)]
pub struct NoKey(String);

impl FromStr for Key {
    type Err = NoKey;
    fn from_str(text: &str) -> Result<Self, NoKey> {
        let refused = || NoKey(text.to_owned());
        let (kind, id) = text.split_once('/').ok_or_else(refused)?;
        let kind = Kind::ALL
            .into_iter()
            .find(|known| known.as_str() == kind)
            .ok_or_else(refused)?;
        let sound = !id.is_empty() && id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_graphic());
        sound
            .then(|| Self {
                kind,
                id: id.to_owned(),
            })
            .ok_or_else(refused)
    }
}

/// What is wrong with a setting, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {what}")]
pub struct Problem {
    /// The place, e.g. `patterns[2].regex`.
    pub at: String,
    /// What is wrong there.
    pub what: String,
}

impl Problem {
    /// A problem at a place.
    pub fn new(at: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            at: at.into(),
            what: what.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_its_text() {
        let key: Key = "patterns/1065".parse().unwrap();
        assert_eq!(
            (key.kind, key.id.as_str(), key.to_string().as_str()),
            (Kind::Patterns, "1065", "patterns/1065")
        );
        for text in ["patterns", "patterns/", "colours/1", "patterns/a b"] {
            assert!(text.parse::<Key>().is_err(), "{text}");
        }
    }
}
