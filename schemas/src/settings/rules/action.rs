//! What a rule does: a list of actions, each an object with one key.
//!
//! ```text
//! [{"ticket": {"priority": "from_urgency"}}, {"assign": {"team": "support"}}, {"reply": {"text": "ticket_number"}}]
//! ```
//!
//! Here they are data. They are compared, kept and carried to whoever acts.

use serde::{Deserialize, Serialize};

use super::one_key::{given, one_key};
use crate::labels::Urgency;

/// One thing to do about the subject of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Action {
    /// Make the customer a lead in the CRM.
    CrmLead(Plain),
    /// Open a ticket at the help desk.
    Ticket(Ticket),
    /// Open a complaint: a ticket that is marked as one.
    Complaint(Complaint),
    /// Call in who stands above.
    Escalate(Escalate),
    /// Give the conversation to a team, an agent, or an agent of a team.
    Assign(Assign),
    /// Write to the customer.
    Reply(Reply),
    /// Find out how the order stands.
    OrderLookup(Lookup),
    /// Find out how the payment stands.
    PaymentLookup(Lookup),
    /// Ask the calendar for an appointment.
    AppointmentRequest(Plain),
    /// Tell the business's own people.
    Alert(To),
    /// Tell another system.
    Webhook(To),
}

one_key!(
    Action,
    r#"an action: an object with one key, such as {"assign": {"team": "sales"}}"#,
    "each action is an object of its own in the list"
);

impl Action {
    /// Its key.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::CrmLead(_) => "crm_lead",
            Self::Ticket(_) => "ticket",
            Self::Complaint(_) => "complaint",
            Self::Escalate(_) => "escalate",
            Self::Assign(_) => "assign",
            Self::Reply(_) => "reply",
            Self::OrderLookup(_) => "order_lookup",
            Self::PaymentLookup(_) => "payment_lookup",
            Self::AppointmentRequest(_) => "appointment_request",
            Self::Alert(_) => "alert",
            Self::Webhook(_) => "webhook",
        }
    }

    /// Where it goes; nothing when that is the integration's own for such actions.
    pub fn destination(&self) -> Option<&str> {
        match self {
            Self::CrmLead(Plain { destination })
            | Self::AppointmentRequest(Plain { destination })
            | Self::Ticket(Ticket { destination, .. })
            | Self::Complaint(Complaint { destination, .. })
            | Self::Escalate(Escalate { destination, .. })
            | Self::Assign(Assign { destination, .. })
            | Self::Reply(Reply { destination, .. })
            | Self::OrderLookup(Lookup { destination, .. })
            | Self::PaymentLookup(Lookup { destination, .. }) => destination.as_deref(),
            Self::Alert(To { destination }) | Self::Webhook(To { destination }) => Some(destination),
        }
    }
}

/// An action that needs to be told nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plain {
    /// Name of where it goes; left out: the integration's own for such actions. The same in every action below.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub destination: Option<String>,
}

/// A ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ticket {
    /// How soon it is to be seen to.
    #[serde(default)]
    pub priority: Priority,
    /// See [`Plain::destination`].
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub destination: Option<String>,
}

/// A complaint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Complaint {
    /// How soon it is to be seen to; `high` when left out.
    #[serde(default = "Complaint::priority")]
    pub priority: Priority,
    /// See [`Plain::destination`].
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub destination: Option<String>,
}

impl Complaint {
    const fn priority() -> Priority {
        Priority::High
    }
}

/// Calling in who stands above.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Escalate {
    /// The team that is called in; left out: the one that the destination has for it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub team: Option<String>,
    /// See [`Plain::destination`].
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub destination: Option<String>,
}

/// To whom the conversation goes. A team, an agent or both.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assign {
    /// The team.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub team: Option<String>,
    /// The agent.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub agent: Option<String>,
    /// See [`Plain::destination`].
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub destination: Option<String>,
}

/// What is written to the customer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// Name of a set of texts, one for each language: `acknowledgement`, `ticket_number`, `apology`, `order_update`,
    /// `payment_update`, `appointment_confirmation`, or one of the business's own.
    pub text: String,
    /// See [`Plain::destination`].
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub destination: Option<String>,
}

/// What is looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// The team that gets the conversation when nothing is found, or what is found is not in order; left out: nobody.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub otherwise_team: Option<String>,
    /// See [`Plain::destination`].
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub destination: Option<String>,
}

/// An action that is nothing without where it goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct To {
    /// Name of where it goes.
    pub destination: String,
}

/// How soon a ticket is to be seen to, in the words of help desks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// As urgent as the message: see [`Priority::of`].
    #[default]
    FromUrgency,
    /// When there is time.
    Low,
    /// In its turn.
    Normal,
    /// Before others.
    High,
    /// Now.
    Urgent,
}

impl Priority {
    /// The priority itself, for a message of an urgency: `urgent` for what is urgent or critical, `normal` for what is of
    /// medium urgency or has nothing to analyse.
    #[must_use]
    pub const fn of(self, urgency: Urgency) -> Self {
        match (self, urgency) {
            (Self::FromUrgency, Urgency::Low) => Self::Low,
            (Self::FromUrgency, Urgency::Medium | Urgency::None) => Self::Normal,
            (Self::FromUrgency, Urgency::High) => Self::High,
            (Self::FromUrgency, Urgency::Urgent | Urgency::Critical) => Self::Urgent,
            (fixed, _) => fixed,
        }
    }
}
