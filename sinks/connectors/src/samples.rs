//! The two contexts that every document is tried with: one in which everything is known, and one in which nearly nothing is.

use std::collections::BTreeMap;

use parlance_schemas::labels::{Intent, Language, Sentiment, Urgency};
use parlance_schemas::settings::rules::Priority;

use crate::context::{Contact, Context, Message, Slot, no_entities};
use crate::run::Outcome;

/// 2025-11-24 16:00:00 UTC.
const AT: i64 = 1_764_000_000_000;
const HOUR: i64 = 3_600_000;

/// Names of actions whose outcomes later ones may use.
pub(crate) const ACTIONS: &[&str] = &[
    "crm_lead",
    "ticket",
    "complaint",
    "escalate",
    "assign",
    "reply",
    "order_lookup",
    "payment_lookup",
    "appointment_request",
    "alert",
    "webhook",
];

impl Context {
    /// A customer of whom everything is known, and who wrote something with quotes, a newline and other letters.
    pub fn sample() -> Self {
        let outcome = Outcome {
            id: "1001".to_owned(),
            number: "T-1001".to_owned(),
            url: "https://help.example/tickets/1001".to_owned(),
            fields: BTreeMap::new(),
        };
        let mut entities = no_entities();
        for (kind, value) in [
            ("phone", "+4930123456"),
            ("email", "ana@example.com"),
            ("url", "https://example.com/p/7"),
            ("money", "49.90 EUR"),
            ("date", "2025-11-27"),
            ("time", "10:00"),
            ("order", "A-10277"),
        ] {
            entities.entry(kind.to_owned()).or_default().push(value.to_owned());
        }
        Self {
            action_id: "5c0a1f2e-7d3b-5a4c-9e8f-0123456789ab".to_owned(),
            rule_id: "angry".to_owned(),
            action: "complaint".to_owned(),
            integration: "106540352242922".to_owned(),
            contact: Contact {
                id: "4915112345678".to_owned(),
                name: "Ana Müller".to_owned(),
                phone: "+4915112345678".to_owned(),
            },
            message: Message {
                id: "wamid.HBgN".to_owned(),
                text: "My order \"A-10277\" never came;\nI'm waiting, 3 weeks & counting.".to_owned(),
            },
            conversation_id: "106540352242922:4915112345678".to_owned(),
            intent: Intent::Complaint,
            sentiment: Sentiment::Angry,
            urgency: Urgency::High,
            language: Language::En,
            priority: Priority::High,
            entities,
            slot: Some(Slot {
                from: AT + 66 * HOUR,
                until: AT + 67 * HOUR,
            }),
            earlier: ACTIONS
                .iter()
                .map(|name| ((*name).to_owned(), outcome.clone()))
                .collect(),
            at: AT,
            now: AT + 2_000,
        }
    }

    /// A customer of whom nothing is known but an id, about something without a text.
    pub fn bare_sample() -> Self {
        Self {
            contact: Contact {
                id: "US.13491208655302741918".to_owned(),
                ..Contact::default()
            },
            message: Message::default(),
            conversation_id: String::new(),
            intent: Intent::None,
            sentiment: Sentiment::None,
            urgency: Urgency::None,
            language: Language::None,
            priority: Priority::Normal,
            entities: no_entities(),
            slot: None,
            earlier: BTreeMap::new(),
            ..Self::sample()
        }
    }
}
