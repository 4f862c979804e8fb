//! Rows of what rules react to, and of what becomes of the actions they ask for.

use serde::{Deserialize, Serialize};

use super::LogTime;
use crate::outcome::{Made, OutcomeState};

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
    /// What it reacted to: the message, or the turn or conversation of it where the rule reacts once for each. 128-bit identity, 32 hex
    /// digits.
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

/// What became of an attempt to take an action. Unique by (`phone_number_id`, `action_id`, `outcome_id`); an action has one that
/// succeeded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "clickhouse", derive(clickhouse::Row))]
pub struct OutcomeRow {
    /// 128-bit identity, 32 hex digits.
    pub outcome_id: String,
    /// The integration.
    pub phone_number_id: String,
    /// The action.
    pub action_id: String,
    /// The rule that asked for it.
    pub rule_id: String,
    /// What the rule said then.
    pub rule_version: String,
    /// The action by its key.
    pub action: String,
    /// What was to be made.
    pub made: Made,
    /// What became of it.
    pub state: OutcomeState,
    /// Which attempt it was, from 1.
    pub attempt: u32,
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
    /// What was made, by its id where it is, or empty.
    pub external_id: String,
    /// Where people find it, or empty.
    pub url: String,
    /// What went wrong, or empty.
    pub error: String,
    /// When.
    pub at: i64,
    /// Its time in the log, rounded up to the tick.
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
    /// How often it would have reacted: the things it matches; the turns or conversations that begin to match in the hour where it
    /// reacts once for each; of windows: how often one would have been raised.
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

impl OutcomeRow {
    /// What it is unique by.
    pub fn key(&self) -> [String; 3] {
        [
            self.phone_number_id.clone(),
            self.action_id.clone(),
            self.outcome_id.clone(),
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
