//! An action to take: one step that a rule asks for, about one thing. Records of `parlance.actions`.
//!
//! ```text
//! {"v":1,"action_id":"5c0a…","rule_id":"angry","rule_version":"9f3c…","step":0,"action":{"ticket":{}},
//!  "phone_number_id":"1065…","contact_id":"US.1349…","message_id":"wamid.…","at":1764000000000,"expires_at":1764000600000,…}
//! ```
//!
//! The same rule, in the same version, about the same thing (a message, or, as its `per` says, a turn or a conversation), asks for
//! an action once: `action_id` is the name (UUIDv5) of just that. A record may be written twice all the same, when a process ends between writing it and noting that. **Whoever takes
//! actions does so once for each id**, and remembers an id until its `expires_at`; after that nothing is taken any more.
//!
//! Records lie in the topic under their [`key`](ActionRecord::key), with a header [`ACTION_ID`], so that one that was taken
//! before is known without reading it.

use serde::{Deserialize, Serialize};

use crate::labels::{Intent, Language, Sentiment, Urgency};
use crate::rows::{Interval, LogTime, WriteError};
use crate::settings::rules::Action;

/// Name of the header that holds the record's `action_id`.
pub const ACTION_ID: &str = "action_id";

/// One action to take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActionRecord {
    /// See [`crate::record::VERSION`].
    pub v: u8,
    /// UUIDv5 of integration, rule, version, subject and step.
    pub action_id: String,
    /// The rule.
    pub rule_id: String,
    /// What the rule said.
    pub rule_version: String,
    /// Its place among the rule's actions, from 0: they are taken in order, and later ones may use what came of earlier ones.
    pub step: u32,
    /// What to do.
    pub action: Action,
    /// What it is about: `message`, `timer`, `delivery`, `window`.
    pub reacts_to: String,
    /// The integration.
    pub phone_number_id: String,
    /// The WhatsApp Business Account.
    pub waba_id: String,
    /// The customer, or empty.
    pub contact_id: String,
    /// The customer's name, or empty.
    pub contact_name: String,
    /// The group, or empty.
    pub group_id: String,
    /// The conversation, or empty.
    pub conversation_id: String,
    /// The message that set the rule off, or the first of the turn that a timer is about, or empty.
    pub message_id: String,
    /// What the customer wants.
    pub intent: Intent,
    /// How they feel.
    pub sentiment: Sentiment,
    /// How soon somebody must act.
    pub urgency: Urgency,
    /// The language they wrote in.
    pub language: Language,
    /// What the message names: kind and value.
    pub entities: Vec<(String, String)>,
    /// When what it is about was, Unix milliseconds.
    pub at: i64,
    /// When the rule reacted, Unix milliseconds of log time.
    pub created_at: i64,
    /// From when on it must not be taken any more, Unix milliseconds.
    pub expires_at: i64,
}

impl ActionRecord {
    /// What it lies in the topic under: where it goes, or else the integration. What has the same key is taken in order.
    pub fn key(&self) -> &str {
        self.action.destination().unwrap_or(&self.phone_number_id)
    }
}

/// The actions of one shard for one closed interval of log time: what its live triggers ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actions {
    /// The shard, as of the interval.
    pub shard: u32,
    /// The interval's end.
    pub through: LogTime,
    /// [`ActionRecord`]s, JSON. What was earlier comes first, and the steps of one trigger come in their order.
    pub records: Vec<String>,
}

impl Actions {
    /// The actions of an interval; nothing when it has none. The same rows always give the same actions.
    pub fn of(interval: &Interval) -> Option<Self> {
        let mut live: Vec<_> = interval.triggers.iter().filter(|row| row.is_live()).collect();
        // Stable: at the same instant in the order of the rows.
        live.sort_by_key(|row| row.at);
        let records: Vec<_> = live.into_iter().flat_map(|row| row.actions.iter().cloned()).collect();
        (!records.is_empty()).then_some(Self {
            shard: interval.shard,
            through: interval.through,
            records,
        })
    }
}

/// What takes actions off the pipeline. One serves one worker; calls come from one thread at a time.
pub trait ActionWriter: Send {
    /// Makes actions durable, in their order within each key. Retries by itself whatever may pass. The same actions may come
    /// again after a restart, and are then written again: at least once, under the same ids. Those of a shard come in
    /// ascending `through`.
    ///
    /// # Errors
    /// As [`RowWriter::write`](crate::rows::RowWriter::write).
    fn write(&mut self, actions: &Actions) -> Result<(), WriteError>;
}

impl ActionWriter for Box<dyn ActionWriter> {
    fn write(&mut self, actions: &Actions) -> Result<(), WriteError> {
        (**self).write(actions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::TriggerRow;

    fn trigger(mode: &str, at: i64, actions: &[&str]) -> TriggerRow {
        TriggerRow {
            mode: mode.to_owned(),
            at,
            actions: actions.iter().map(|action| (*action).to_owned()).collect(),
            ..TriggerRow::default()
        }
    }

    #[test]
    fn actions_are_those_of_live_triggers_the_earliest_first() {
        let interval = Interval {
            shard: 3,
            through: 9_000,
            triggers: vec![
                trigger("live", 20, &["c", "d"]),
                trigger("dry_run", 5, &["never"]),
                trigger("live", 10, &["a", "b"]),
                trigger("live", 20, &["e"]),
            ],
            ..Interval::default()
        };
        let actions = Actions::of(&interval).unwrap();
        assert_eq!((actions.shard, actions.through), (3, 9_000));
        assert_eq!(actions.records, ["a", "b", "c", "d", "e"]);
    }

    #[test]
    fn an_interval_in_which_nothing_is_to_be_done_has_none() {
        let triggers = vec![trigger("dry_run", 5, &["never"]), trigger("live", 5, &[])];
        assert_eq!(
            Actions::of(&Interval {
                triggers,
                ..Interval::default()
            }),
            None
        );
    }
}
