//! What became of an action. Records of `parlance.outcomes`, keyed by `action_id`.
//!
//! ```text
//! {"v":1,"kind":"outcome","action_id":"5c0a…","rule_id":"complaint","rule_version":"3538…","action":"complaint","made":"ticket",
//!  "state":"succeeded","attempt":1,"at":1764000000900,"phone_number_id":"1065…","contact_id":"US.1349…","external_id":"4711",…}
//! ```
//!
//! Whoever takes actions writes one for each attempt. **An action succeeds once**: of several records that say so, because one
//! was written again or an action was taken twice, the first stands. What was made counts in the window of when it was made; an
//! outcome `undone` is kept, and takes nothing back. Fields that are not known here are passed over.

use serde::{Deserialize, Serialize};

use crate::labels::vocabulary;

/// The longest of the texts that are names and ids, in bytes.
const NAME_BYTES_MAX: usize = 512;
/// The longest of those that are for people, and addresses, in bytes.
const TEXT_BYTES_MAX: usize = 4_096;

vocabulary! {
    /// What an action made.
    Made, "thing that is made" {
        /// A lead in the CRM.
        Lead = "lead",
        /// A ticket at the help desk, a complaint among them.
        Ticket = "ticket",
        /// An appointment in the calendar.
        Appointment = "appointment",
        /// A message to the customer.
        Message = "message",
        /// Something else: it was assigned, looked up, told to somebody.
        Other = "other",
    }
}

vocabulary! {
    /// What became of an attempt.
    OutcomeState, "state of an outcome" {
        /// It is done.
        Succeeded = "succeeded",
        /// It did not come off, and will be tried again.
        Retrying = "retrying",
        /// It did not come off, and was given up.
        Failed = "failed",
        /// It was too late to do it.
        Expired = "expired",
        /// What was done is done no longer.
        Undone = "undone",
    }
}

/// One record of `parlance.outcomes`. Every field is always written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// See [`crate::record::VERSION`].
    pub v: u8,
    /// See [`ActionRecord::action_id`](crate::action::ActionRecord::action_id); like the next three and those on the subject.
    pub action_id: String,
    /// The rule.
    #[serde(default)]
    pub rule_id: String,
    /// What the rule said.
    #[serde(default)]
    pub rule_version: String,
    /// The action by its key: see [`Action::name`](crate::settings::rules::Action::name).
    pub action: String,
    /// What was to be made.
    pub made: Made,
    /// What became of it.
    pub state: OutcomeState,
    /// Which attempt it was, from 1.
    pub attempt: u32,
    /// When, Unix milliseconds by the clock of who took the action.
    pub at: i64,
    /// The integration.
    pub phone_number_id: String,
    /// The WhatsApp Business Account.
    #[serde(default)]
    pub waba_id: String,
    /// The customer, or empty.
    #[serde(default)]
    pub contact_id: String,
    /// The group, or empty.
    #[serde(default)]
    pub group_id: String,
    /// The conversation, or empty.
    #[serde(default)]
    pub conversation_id: String,
    /// The message, or the first of the turn, or empty.
    #[serde(default)]
    pub message_id: String,
    /// What was made, by its id where it is, or empty.
    #[serde(default)]
    pub external_id: String,
    /// Where people find it, or empty.
    #[serde(default)]
    pub url: String,
    /// What went wrong, or empty.
    #[serde(default)]
    pub error: String,
}

impl Outcome {
    /// Why it cannot be accepted, if so.
    pub fn problem(&self) -> Option<&'static str> {
        let names = [
            &self.action_id,
            &self.rule_id,
            &self.rule_version,
            &self.action,
            &self.phone_number_id,
            &self.waba_id,
            &self.contact_id,
            &self.group_id,
            &self.conversation_id,
            &self.message_id,
            &self.external_id,
        ];
        if self.action_id.is_empty() || self.action.is_empty() || self.phone_number_id.is_empty() {
            Some("an outcome names its action (action_id, action) and the integration (phone_number_id)")
        } else if self.attempt == 0 {
            Some("attempts are counted from 1")
        } else if names.iter().any(|name| name.len() > NAME_BYTES_MAX) {
            Some("an outcome's ids have at most 512 bytes")
        } else if [&self.url, &self.error].iter().any(|text| text.len() > TEXT_BYTES_MAX) {
            Some("an outcome's address and error have at most 4096 bytes")
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = r#"{"v":1,"action_id":"5c0a","action":"ticket","made":"ticket","state":"succeeded","attempt":1,
        "at":1764000000900,"phone_number_id":"1065","colour":"green"}"#;

    #[test]
    fn fields_that_are_not_known_are_passed_over_and_the_rest_may_be_left_out() {
        let outcome: Outcome = serde_json::from_str(LEAST).unwrap();
        assert_eq!((outcome.made, outcome.state), (Made::Ticket, OutcomeState::Succeeded));
        assert_eq!((outcome.problem(), outcome.url.as_str()), (None, ""));
        let written = serde_json::to_string(&outcome).unwrap();
        assert_eq!(serde_json::from_str::<Outcome>(&written).unwrap(), outcome);
    }

    #[test]
    fn one_of_nothing_or_too_long_is_refused() {
        let sound: Outcome = serde_json::from_str(LEAST).unwrap();
        let changed = |change: fn(&mut Outcome)| {
            let mut outcome = sound.clone();
            change(&mut outcome);
            outcome.problem().is_some()
        };
        assert!(changed(|outcome| outcome.action_id.clear()));
        assert!(changed(|outcome| outcome.phone_number_id.clear()));
        assert!(changed(|outcome| outcome.attempt = 0));
        assert!(changed(|outcome| outcome.external_id = "x".repeat(513)));
        assert!(changed(|outcome| outcome.error = "x".repeat(4_097)));
        assert!(!changed(|outcome| outcome.error = "x".repeat(4_096)));
        assert!(serde_json::from_str::<Outcome>(&LEAST.replace("succeeded", "perhaps")).is_err());
    }
}
