//! Rows of what rules react to.

use serde::{Deserialize, Serialize};

use super::LogTime;

/// That a rule reacted to something, when it was logged. Unique by (`phone_number_id`, `rule_id`, `rule_version`, `subject`): a
/// rule reacts once to each thing.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "clickhouse", derive(clickhouse::Row))]
pub struct TriggerRow {
    /// The integration.
    pub phone_number_id: String,
    /// The rule.
    pub rule_id: String,
    /// What the rule said then: its version follows from its content.
    pub rule_version: String,
    /// What it reacted to: 128-bit identity, 32 hex digits.
    pub subject: String,
    /// What kind of thing that is: `message`, `timer`, `delivery` or `window`.
    pub reacts_to: String,
    /// `live`, or `dry_run` when nothing was done.
    pub mode: String,
    /// The WhatsApp Business Account.
    pub waba_id: String,
    /// The customer, or empty.
    pub contact_id: String,
    /// The group, or empty.
    pub group_id: String,
    /// The conversation, or empty.
    pub conversation_id: String,
    /// The message, or the first of the turn, or empty.
    pub message_id: String,
    /// The conditions that held, by their place in the rule.
    pub why: Vec<String>,
    /// What is to be done: records of `parlance.actions` ([`crate::action::ActionRecord`]), JSON. In a dry run: what would have been.
    pub actions: Vec<String>,
    /// When what it reacted to was.
    pub at: i64,
    /// When it is too late to do it.
    pub expires_at: i64,
    /// When it reacted, log time.
    pub logged_at: i64,
    /// See the module above.
    pub version: LogTime,
}

/// How many things of an hour a rule matches, of all that is remembered: of what came before the rule as well. Unique by
/// (`phone_number_id`, `rule_id`, `rule_version`, `window_start`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "clickhouse", derive(clickhouse::Row))]
pub struct RuleReportRow {
    /// The integration.
    pub phone_number_id: String,
    /// The rule.
    pub rule_id: String,
    /// What it says.
    pub rule_version: String,
    /// Start of the hour, Unix **seconds** (`DateTime('UTC')`), of when things were.
    pub window_start: u32,
    /// What it reacts to; of windows: how often one would have been raised.
    pub matched: u64,
    /// Of the hour, how many things there were of the kind it reacts to.
    pub among: u64,
    /// The names of its actions: each would have been done once for everything matched.
    pub actions: Vec<String>,
    /// See the module above.
    pub version: LogTime,
    /// 1 when nothing is left of it.
    pub is_deleted: u8,
}

impl TriggerRow {
    /// Whether its actions are to be done; else it only says what would have been.
    pub fn is_live(&self) -> bool {
        self.mode == "live"
    }

    /// What it is unique by.
    pub fn key(&self) -> [String; 4] {
        [
            self.phone_number_id.clone(),
            self.rule_id.clone(),
            self.rule_version.clone(),
            self.subject.clone(),
        ]
    }
}

impl RuleReportRow {
    /// What it is unique by.
    pub fn key(&self) -> (String, String, String, u32) {
        (
            self.phone_number_id.clone(),
            self.rule_id.clone(),
            self.rule_version.clone(),
            self.window_start,
        )
    }
}
