//! What timelines need to know of a row.

use parlance_schemas::fingerprint;
use parlance_schemas::labels::{Direction, IdentityKind, LinkSource, MessageType};
use parlance_schemas::rows::{ContactRow, DecisionRow, IdentityRow, MessageRow, StatusRow};
use parlance_schemas::webhook::{Content, Message};
use parlance_timeline::identity::Identifier;
use parlance_timeline::moment::{Decided, Mark, Says};
use parlance_timeline::thread::{Fate, Reported, Spoken};
use serde::{Deserialize, Serialize};

use super::subject::{Heard, heard};

/// What happened, in the order in which what happened at the same tick is taken: first who is who.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum What {
    /// Settings before this offset are in force.
    InForce(i64),
    Link(Link),
    Spoken(Place, Spoken, Box<Heard>),
    Reported(Place, Reported),
    Decided(Place, Mark),
}

/// Where something was said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) phone_number_id: String,
    /// The group, or empty.
    pub(crate) group_id: String,
    /// The customer; of a group empty.
    pub(crate) contact_id: String,
}

/// Two identifiers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Link {
    pub(crate) at: i64,
    pub(crate) a: Identifier,
    pub(crate) b: Identifier,
    pub(crate) source: LinkSource,
    pub(crate) linked: bool,
    /// Who said so, of people's decisions.
    pub(crate) author: String,
}

/// Something that happened in an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Fact {
    pub(crate) waba_id: String,
    pub(crate) what: What,
}

impl Fact {
    /// All of an account meets at one worker, as its customers may turn out to be the same.
    pub(crate) fn home(waba_id: &str) -> u64 {
        fingerprint::identity("account", &[waba_id]).0 as u64
    }
}

/// The thread of a message, if it has one.
fn place(phone_number_id: &str, group_id: &str, contact_id: &str) -> Option<Place> {
    let of_group = !group_id.is_empty();
    (!phone_number_id.is_empty() && (of_group || !contact_id.is_empty())).then(|| Place {
        phone_number_id: phone_number_id.to_owned(),
        group_id: group_id.to_owned(),
        contact_id: if of_group { String::new() } else { contact_id.to_owned() },
    })
}

/// Nothing for messages that nobody wrote to anyone: news about the customer, and those without a customer.
pub(crate) fn of_message(row: &MessageRow) -> Option<Fact> {
    if row.r#type == MessageType::System {
        return None;
    }
    let is_edit = row.r#type == MessageType::Unsupported && is_edit(&row.raw);
    let inbound = row.direction == Direction::Inbound;
    let spoken = Spoken {
        id: row.message_id.clone(),
        at: row.sent_at,
        contact: row.contact_id.clone(),
        author: row.author,
        name: if inbound {
            String::new()
        } else {
            row.author_name.clone()
        },
        says: Says::of(row.r#type, is_edit),
        intent: row.intent,
        sentiment: row.sentiment,
        urgency: row.urgency,
    };
    let place = place(&row.phone_number_id, &row.group_id, &row.contact_id)?;
    Some(Fact {
        waba_id: row.waba_id.clone(),
        what: What::Spoken(place, spoken, Box::new(heard(row))),
    })
}

/// An edit by a customer comes as a message that cannot be shown.
fn is_edit(raw: &str) -> bool {
    let content = Message::parse(raw).map(|message| message.content);
    matches!(content, Ok(Content::Unsupported(unsupported)) if unsupported.r#type.as_deref() == Some("edit"))
}

/// `latest`: no message was sent later, whatever Meta's time says.
pub(crate) fn of_status(row: &StatusRow, latest: i64) -> Option<Fact> {
    let fate = match row.status.as_str() {
        "sent" => Fate::Sent,
        "delivered" | "read" | "played" => Fate::Arrived,
        "failed" => Fate::Failed,
        _ => return None,
    };
    if row.kind != "message" {
        return None;
    }
    let category = row.pricing_category.as_str();
    let reported = Reported {
        id: row.message_id.clone(),
        at: row.occurred_at.min(latest),
        // Of a group its members have statuses of their own; the message went to all.
        contact: if row.group_id.is_empty() {
            row.recipient_id.clone()
        } else {
            String::new()
        },
        fate,
        error_code: if fate == Fate::Failed { row.error_code } else { 0 },
        campaign: category.starts_with("marketing") || category.starts_with("authentication"),
    };
    let place = place(&row.phone_number_id, &row.group_id, &row.recipient_id)?;
    Some(Fact {
        waba_id: row.waba_id.clone(),
        what: What::Reported(place, reported),
    })
}

/// A customer's BSUID and number that came together.
pub(crate) fn of_contact(row: &ContactRow) -> Option<Fact> {
    let (user_id, wa_id) = (&row.user_id.1, &row.wa_id.1);
    if user_id.is_empty() || wa_id.is_empty() {
        return None;
    }
    let link = Link {
        at: row.last_seen_at,
        a: Identifier {
            kind: IdentityKind::Bsuid,
            value: user_id.clone(),
        },
        b: Identifier {
            kind: IdentityKind::WaId,
            value: wa_id.clone(),
        },
        source: LinkSource::Together,
        linked: true,
        author: String::new(),
    };
    Some(Fact {
        waba_id: row.waba_id.clone(),
        what: What::Link(link),
    })
}

pub(crate) fn of_identity(row: &IdentityRow) -> Fact {
    let link = Link {
        at: row.at,
        a: Identifier {
            kind: row.kind,
            value: row.value.clone(),
        },
        b: Identifier {
            kind: row.other_kind,
            value: row.other_value.clone(),
        },
        source: row.source,
        linked: row.linked == 1,
        author: row.author.clone(),
    };
    Fact {
        waba_id: row.waba_id.clone(),
        what: What::Link(link),
    }
}

pub(crate) fn of_decision(row: &DecisionRow) -> Option<Fact> {
    let what = match row.kind.as_str() {
        "resolve" => Decided::Resolve,
        "assign" => Decided::Assign {
            team: row.team.as_str().into(),
            agent: row.agent.as_str().into(),
        },
        _ => {
            let (a, b) = (Identifier::guess(&row.contact_id), Identifier::guess(&row.other_id));
            let link = Link {
                at: row.at,
                a,
                b,
                source: LinkSource::Person,
                linked: row.kind == "link",
                author: row.author.clone(),
            };
            return Some(Fact {
                waba_id: row.waba_id.clone(),
                what: What::Link(link),
            });
        }
    };
    let id = fingerprint::identity("mark", &[&row.decision_id]).0 as u64;
    let place = place(&row.phone_number_id, &row.group_id, &row.contact_id)?;
    let mark = Mark { at: row.at, id, what };
    Some(Fact {
        waba_id: row.waba_id.clone(),
        what: What::Decided(place, mark),
    })
}
