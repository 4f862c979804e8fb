//! Patterns: words, phrases and regular expressions by which a business decides what a message is.

use serde::{Deserialize, Serialize};

use crate::labels::{Intent, Sentiment, Urgency};

/// The patterns of one integration. Kind `patterns`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatternsSetting {
    /// In order: of two that force the same task the first wins.
    pub patterns: Vec<Pattern>,
}

/// One pattern: what to find, and what follows. It has `words` or a `regex`, and at least one of `force`, `nudge` and
/// `custom_intent`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    /// Its name, stored with each message it matches; unique among the integration's patterns.
    pub id: String,
    /// Words and phrases, any of which is enough; whole words in scripts that have them, whatever their case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
    /// A regular expression (the syntax of the `regex` crate: no look-around, no back-references), whatever the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regex: Option<String>,
    /// The labels a message then has, whatever else it says.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub force: Labels,
    /// The labels that become likelier.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub nudge: Labels,
    /// By how much a nudge does that: the label's odds are multiplied by e to this power. 0 to 10.
    #[serde(default = "Pattern::strength")]
    pub strength: f32,
    /// An intent of the business's own that the message then has, beside the one of the eight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_intent: Option<String>,
    /// False: kept, but not used.
    #[serde(default = "Pattern::enabled")]
    pub enabled: bool,
}

impl Pattern {
    fn strength() -> f32 {
        2.0
    }

    fn enabled() -> bool {
        true
    }
}

/// Labels of some tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    /// What the sender wants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    /// How the sender feels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentiment: Option<Sentiment>,
    /// How soon someone must act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgency: Option<Urgency>,
}

impl Labels {
    /// True when it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
