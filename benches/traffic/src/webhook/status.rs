//! What becomes of outbound messages: statuses, with price and conversation where Meta gives them.

use parlance_schemas::record::Part;
use rand::RngExt;
use rand_chacha::ChaCha12Rng;
use serde_json::{Value, json};

use super::ids;
use super::scene::{Scene, put};
use super::update::Update;
use crate::text::writer::pick;
use crate::world::Customer;

/// How a message is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charge {
    /// An answer inside the customer's 24 hours.
    Service,
    /// A utility template.
    Utility,
    /// A marketing template.
    Marketing,
    /// Anything within 72 hours of a click on an advertisement.
    FreeEntryPoint,
}

/// An outbound message whose statuses come.
#[derive(Debug)]
pub struct Outbound<'a> {
    /// Its id.
    pub id: &'a str,
    /// When it was sent, Unix seconds.
    pub sent_at: i64,
    /// How it is charged.
    pub charge: Charge,
    /// The business's own note on it.
    pub callback_data: Option<String>,
    /// A voice note, which can be played.
    pub voice: bool,
}

/// A status and when it happened, Unix seconds, and how many seconds later Meta sends it.
#[derive(Debug)]
pub struct Event {
    /// The update.
    pub update: Update,
    /// When it happened.
    pub at: i64,
    /// How much later the webhook comes, milliseconds: what reorders them.
    pub delay_ms: i64,
}

const FAILURES: [(i64, &str); 8] = [
    (131_026, "Message undeliverable"),
    (131_047, "Re-engagement message"),
    (
        131_049,
        "This message was not delivered to maintain healthy ecosystem engagement.",
    ),
    (130_472, "User's number is part of an experiment"),
    (131_050, "User has stopped marketing messages"),
    (131_053, "Media upload error"),
    (131_056, "Pair rate limit hit"),
    (131_000, "Something went wrong"),
];

/// Every status the message will get, in the order in which they happen.
pub fn life(rng: &mut ChaCha12Rng, scene: &Scene<'_>, message: &Outbound<'_>) -> Vec<Event> {
    let conversation = ids::token(rng);
    let mut events = Vec::new();
    let failed = rng.random_ratio(3, 100);
    let sent = message.sent_at + i64::from(rng.random_bool(0.3));
    let participants: Vec<Option<&Customer>> = match scene.group {
        Some(group) => group
            .members
            .iter()
            .map(|member| Some(&scene.business.customers[*member]))
            .collect(),
        None => vec![None],
    };
    for participant in participants {
        let mut steps = vec![("sent", sent)];
        if failed {
            steps = vec![("failed", sent + 1)];
        } else {
            let delivered = sent + rng.random_range(0..4);
            let is_read = rng.random_bool(0.72);
            // With the chat open, `delivered` never comes: only `read` does.
            if !is_read || rng.random_bool(0.93) {
                steps.push(("delivered", delivered));
            }
            if is_read {
                let read = delivered + rng.random_range(1..90);
                steps.push(("read", read));
                if message.voice {
                    steps.push(("played", read + rng.random_range(1..40)));
                }
            }
        }
        let mut billed = false;
        for (status, at) in steps {
            let mut item = json!({ "id": message.id, "status": status, "timestamp": at.to_string() });
            let recipient = address(scene, participant, &mut item);
            if let Some(data) = &message.callback_data {
                item["biz_opaque_callback_data"] = json!(data);
            }
            let priced = status == "sent" || (!billed && matches!(status, "delivered" | "read"));
            if priced {
                billed |= status != "sent";
                item["pricing"] = pricing(scene, message.charge);
            }
            let shown = scene.business.old_graph || message.charge == Charge::FreeEntryPoint;
            if shown && status != "failed" {
                item["conversation"] = conversation_block(&conversation, message, status, at);
            }
            if status == "failed" {
                let (code, title) = *pick(rng, &FAILURES);
                let error = json!({ "code": code, "title": title, "message": title, "error_data": { "details": title },
                    "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/" });
                item["errors"] = json!([error]);
            }
            // Since business-scoped ids came, statuses carry the contact too, except when they failed.
            let contact = (scene.customer.user_id.is_some() && status != "failed" && participant.is_none())
                .then(|| scene.contact());
            let update = scene.update("messages", Part::Status, item, contact, |line| {
                line.id = message.id.to_owned();
                line.status = status.to_owned();
                line.recipient = recipient;
                line.sent_at = at;
            });
            let delay_ms = if rng.random_bool(0.12) {
                rng.random_range(1_500..9_000)
            } else {
                rng.random_range(0..900)
            };
            events.push(Event { update, at, delay_ms });
        }
    }
    events
}

/// Puts in whom the status is about; returns that as the statuses table holds it.
fn address(scene: &Scene<'_>, participant: Option<&Customer>, item: &mut Value) -> String {
    match (scene.group, participant) {
        (Some(group), Some(member)) => {
            item["recipient_id"] = json!(group.id);
            item["recipient_type"] = json!("group");
            put(item, "recipient_participant_id", member.wa_id.as_ref());
            put(item, "recipient_participant_user_id", member.user_id.as_ref());
            member.user_id.clone().or_else(|| member.wa_id.clone())
        }
        _ => {
            put(item, "recipient_id", scene.customer.wa_id.as_ref());
            put(item, "recipient_user_id", scene.customer.user_id.as_ref());
            put(item, "recipient_parent_user_id", scene.customer.parent_user_id.as_ref());
            scene.customer.user_id.clone().or_else(|| scene.customer.wa_id.clone())
        }
    }
    .unwrap_or_default()
}

fn pricing(scene: &Scene<'_>, charge: Charge) -> Value {
    let (billable, kind, category) = match charge {
        Charge::Service => (false, "free_customer_service", "service"),
        Charge::Utility => (true, "regular", "utility"),
        Charge::Marketing => (true, "regular", "marketing"),
        Charge::FreeEntryPoint => (false, "free_entry_point", "referral_conversion"),
    };
    if scene.business.old_graph {
        json!({ "billable": billable, "pricing_model": "CBP", "category": category })
    } else {
        json!({ "billable": billable, "pricing_model": "PMP", "type": kind, "category": category })
    }
}

fn conversation_block(id: &str, message: &Outbound<'_>, status: &str, at: i64) -> Value {
    let (origin, hours) = match message.charge {
        Charge::Service => ("service", 24),
        Charge::Utility => ("utility", 24),
        Charge::Marketing => ("marketing", 24),
        Charge::FreeEntryPoint => ("referral_conversion", 72),
    };
    let mut block = json!({ "id": id, "origin": { "type": origin } });
    if status == "sent" {
        block["expiration_timestamp"] = json!((at + hours * 3_600).to_string());
    }
    block
}
