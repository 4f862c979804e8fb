//! What an action is about, as templates see it.

use std::collections::BTreeMap;

use parlance_schemas::action::ActionRecord;
use parlance_schemas::labels::{Intent, Language, Sentiment, Urgency};
use parlance_schemas::settings::rules::{Action, EntityKind, Priority};
use serde::{Deserialize, Serialize};

use crate::run::Outcome;

/// What an action is about. Every public field is a name in templates; beside them stand `entity` (the first entity of each
/// kind, or empty), `fields` and `steps`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Context {
    /// The action's id: the same at every attempt.
    pub action_id: String,
    /// The rule that asked for it.
    pub rule_id: String,
    /// What the rule asked for, such as `complaint`.
    pub action: String,
    /// The integration: its phone number id.
    pub integration: String,
    /// The customer.
    pub contact: Contact,
    /// The message, or the first of the turn.
    pub message: Message,
    /// The conversation, or empty.
    pub conversation_id: String,
    /// What the customer wants.
    pub intent: Intent,
    /// How they feel.
    pub sentiment: Sentiment,
    /// How soon somebody must act.
    pub urgency: Urgency,
    /// The language they wrote in.
    pub language: Language,
    /// How soon a ticket is to be seen to: `low`, `normal`, `high`, `urgent`.
    pub priority: Priority,
    /// What the message names, by kind. Every kind is there, most of them empty.
    pub entities: BTreeMap<String, Vec<String>>,
    /// The time that an appointment is asked for, where somebody has understood one.
    pub slot: Option<Slot>,
    /// What came of the rule's earlier actions, by their names. `earlier.ticket` is undefined when there was none.
    pub earlier: BTreeMap<String, Outcome>,
    /// When what it is about was, Unix milliseconds.
    pub at: i64,
    /// When this attempt is made, Unix milliseconds. Signatures carry it; nothing else should, or attempts would differ.
    pub now: i64,
}

/// The customer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Their id at WhatsApp, or empty.
    pub id: String,
    /// Their name, or empty.
    pub name: String,
    /// Their telephone number in E.164 with `+`, or empty: not every id is one.
    pub phone: String,
}

/// The message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its id, or empty.
    pub id: String,
    /// Its text, or empty.
    pub text: String,
}

/// A time from when until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// Its beginning, Unix milliseconds.
    pub from: i64,
    /// Its end, Unix milliseconds.
    pub until: i64,
}

impl Context {
    /// The context of an action that is tried at `now`. What the record does not hold (the text, the slot, what came of
    /// earlier actions) is empty; whoever knows it sets it. A contact's id of 7 to 15 digits is a telephone number.
    pub fn of(record: &ActionRecord, now: i64) -> Self {
        let priority = match &record.action {
            Action::Ticket(ticket) => ticket.priority,
            Action::Complaint(complaint) => complaint.priority,
            _ => Priority::FromUrgency,
        };
        let mut entities = no_entities();
        for (kind, value) in &record.entities {
            entities.entry(kind.clone()).or_default().push(value.clone());
        }
        let id = &record.contact_id;
        let is_phone = (7..=15).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit());
        Self {
            action_id: record.action_id.clone(),
            rule_id: record.rule_id.clone(),
            action: record.action.name().to_owned(),
            integration: record.phone_number_id.clone(),
            contact: Contact {
                id: id.clone(),
                name: record.contact_name.clone(),
                phone: if is_phone { format!("+{id}") } else { String::new() },
            },
            message: Message {
                id: record.message_id.clone(),
                text: String::new(),
            },
            conversation_id: record.conversation_id.clone(),
            intent: record.intent,
            sentiment: record.sentiment,
            urgency: record.urgency,
            language: record.language,
            priority: priority.of(record.urgency),
            entities,
            slot: None,
            earlier: BTreeMap::new(),
            at: record.at,
            now,
        }
    }
}

/// Every kind of entity, with nothing of it.
pub(crate) fn no_entities() -> BTreeMap<String, Vec<String>> {
    let kinds = EntityKind::ALL.iter();
    kinds.map(|kind| (kind.as_str().to_owned(), Vec::new())).collect()
}
