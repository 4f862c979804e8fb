//! What is neither message nor status: calls, marketing preferences, groups, address books, imported history.

use parlance_schemas::labels::{Intent, Sentiment, Urgency};
use parlance_schemas::record::Part;
use rand::RngExt;
use rand_chacha::ChaCha12Rng;
use serde_json::{Value, json};

use super::scene::{Scene, put};
use super::update::{Line, Update, fingerprint};
use super::{content, ids};
use crate::text::writer::pick;
use crate::text::{Asking, Library};

/// A call from the customer: its beginning, and its end some time later (with how many seconds).
pub fn call(rng: &mut ChaCha12Rng, scene: &Scene<'_>, at: i64) -> [(Update, i64); 2] {
    let id = ids::wacid(rng);
    let lasted = rng.random_range(10..400);
    let mut begin = json!({ "id": id, "to": scene.number.digits, "event": "connect", "direction": "USER_INITIATED",
        "timestamp": at.to_string(), "session": { "sdp_type": "offer", "sdp": "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n" } });
    let ended = at + lasted;
    let mut end = json!({ "id": id, "to": scene.number.digits, "event": "terminate", "direction": "USER_INITIATED",
        "timestamp": ended.to_string(), "status": "COMPLETED", "start_time": at.to_string(),
        "end_time": ended.to_string(), "duration": lasted });
    for item in [&mut begin, &mut end] {
        put(item, "from", scene.customer.wa_id.as_ref());
        put(item, "from_user_id", scene.customer.user_id.as_ref());
    }
    let update = |item, status: &str, at| {
        scene
            .update("calls", Part::Call, item, Some(scene.contact()), |line| {
                line.id.clone_from(&id);
                line.status = status.to_owned();
                line.sent_at = at;
            })
            .with_fingerprint()
    };
    [
        (update(begin, "connect", at), 0),
        (update(end, "terminate", ended), lasted),
    ]
}

/// The customer stops marketing messages, or takes them up again.
pub fn preference(rng: &mut ChaCha12Rng, scene: &Scene<'_>, at: i64) -> Update {
    let value = if rng.random_bool(0.8) { "stop" } else { "resume" };
    let mut item = json!({ "category": "marketing_messages", "value": value, "timestamp": at,
        "detail": format!("User requested to {value} marketing messages") });
    put(&mut item, "wa_id", scene.customer.wa_id.as_ref());
    put(&mut item, "user_id", scene.customer.user_id.as_ref());
    scene
        .update(
            "user_preferences",
            Part::UserPreference,
            item,
            Some(scene.contact()),
            |line| line.sent_at = at,
        )
        .with_fingerprint()
}

/// A group is made, changed, joined or left.
pub fn group(rng: &mut ChaCha12Rng, scene: &Scene<'_>, at: i64) -> Update {
    let group = pick(rng, &scene.business.groups);
    let mut item = json!({ "timestamp": at.to_string(), "group_id": group.id, "request_id": ids::token(rng) });
    let mut person = json!({});
    put(&mut person, "wa_id", scene.customer.wa_id.as_ref());
    put(&mut person, "user_id", scene.customer.user_id.as_ref());
    let field = match rng.random_range(0..3) {
        0 => {
            item["type"] = json!("group_create");
            item["subject"] = json!(format!("{} {}", scene.customer.names.1, rng.random_range(1..30)));
            "group_lifecycle_update"
        }
        1 => {
            item["type"] = json!("group_participants_add");
            item["added_participants"] = json!([person]);
            "group_participants_update"
        }
        _ => {
            item["type"] = json!("group_settings_update");
            item["group_subject"] = json!({ "text": scene.customer.names.0, "update_successful": true });
            "group_settings_update"
        }
    };
    scene
        .update(field, Part::Group, item, None, |line| line.sent_at = at)
        .with_fingerprint()
}

/// The phone app's address book gains or loses the customer.
pub fn address_book(rng: &mut ChaCha12Rng, scene: &Scene<'_>, at: i64) -> Update {
    let (given, family) = &scene.customer.names;
    let mut contact = json!({ "full_name": format!("{given} {family}"), "first_name": given });
    put(&mut contact, "phone_number", scene.customer.wa_id.as_ref());
    put(&mut contact, "user_id", scene.customer.user_id.as_ref());
    let action = if rng.random_bool(0.8) { "add" } else { "remove" };
    let item = json!({ "type": "contact", "contact": contact, "action": action,
        "metadata": { "timestamp": at.to_string() } });
    scene
        .update("smb_app_state_sync", Part::StateSync, item, None, |line| {
            line.sent_at = at
        })
        .with_fingerprint()
}

/// Which chunk of an import, and how long.
#[derive(Clone, Copy, Debug)]
pub struct Import {
    /// Its place among the number's chunks.
    pub order: u32,
    /// Past messages in it.
    pub messages: usize,
}

/// A chunk of imported history: past messages with the customer, hours to months before `at`.
pub fn history(rng: &mut ChaCha12Rng, library: &Library, scene: &Scene<'_>, at: i64, import: Import) -> Update {
    let customer = scene.customer;
    let thread_id = customer
        .wa_id
        .clone()
        .or_else(|| customer.user_id.clone())
        .unwrap_or_default();
    let book = library.book(customer.author.language);
    let asking = Asking {
        intent: Intent::OrderInquiry,
        mood: Sentiment::Neutral,
        urgency: Urgency::Medium,
        trade: scene.business.trade,
    };
    let mut lines = Vec::with_capacity(import.messages + 1);
    let mut sent_at = at - rng.random_range(3_600..150 * 86_400);
    let thread: Vec<Value> = (0..import.messages)
        .map(|_| {
            sent_at += rng.random_range(5..400);
            let id = ids::wamid(rng, scene.digits());
            let inbound = rng.random_bool(0.55);
            let body = if inbound {
                library.ask(rng, &customer.author, &asking)
            } else {
                library.reply(rng, &customer.author, &asking, book.answering(asking.intent))
            };
            let mut item = Value::Object(content::text(&body));
            item["id"] = json!(id);
            item["timestamp"] = json!(sent_at.to_string());
            let status = if inbound { "READ" } else { "DELIVERED" };
            item["history_context"] = json!({ "status": status });
            if inbound {
                put(&mut item, "from", customer.wa_id.as_ref());
                put(&mut item, "from_user_id", customer.user_id.as_ref());
            } else {
                item["from"] = json!(scene.number.digits);
                put(&mut item, "to", customer.wa_id.as_ref());
                put(&mut item, "to_user_id", customer.user_id.as_ref());
            }
            let line = scene.line("history", Part::HistoryMessage);
            lines.push(Line { id, sent_at, ..line });
            item
        })
        .collect();
    let metadata = json!({ "phase": rng.random_range(0..3), "chunk_order": import.order,
        "progress": rng.random_range(1..101) });
    let line = scene.line("history", Part::HistoryChunk);
    // Of the chunk itself the receiver keeps what it says of the import, which is not when it was sent.
    lines.push(Line {
        fingerprint: fingerprint(&metadata),
        ..line
    });
    let chunk = json!({ "metadata": metadata, "threads": [{ "id": thread_id, "messages": thread }] });
    let mut update = scene.update("history", Part::HistoryChunk, chunk, None, |_| ());
    update.lines = lines;
    update
}
