//! The types of messages: `type` and the body under its name.

use rand::RngExt;
use rand_chacha::ChaCha12Rng;
use serde_json::{Map, Value, json};

use super::ids;
use super::scene::object;
use crate::text::noise::emoji_of;
use crate::text::writer::pick;
use crate::text::{Asking, Library};
use crate::world::{Business, Customer};

/// What a message holds: `type`, the body, and perhaps `context`, `referral` or `errors`.
pub type Content = Map<String, Value>;

/// Plain text.
pub fn text(body: &str) -> Content {
    object(json!({ "type": "text", "text": { "body": body } }))
}

/// A picture, video, document, voice note, audio file or sticker. A caption goes where the type takes one.
pub fn media(rng: &mut ChaCha12Rng, kind: &'static str, caption: Option<String>) -> Content {
    let id = ids::numeric(rng, 16);
    let mut body = json!({ "id": id, "sha256": ids::media_hash(rng) });
    body["mime_type"] = json!(match kind {
        "image" => "image/jpeg",
        "video" => "video/mp4",
        "audio" => "audio/ogg; codecs=opus",
        "sticker" => "image/webp",
        _ => "application/pdf",
    });
    match kind {
        "audio" => body["voice"] = json!(rng.random_bool(0.9)),
        "sticker" => body["animated"] = json!(rng.random_bool(0.3)),
        "document" => {
            let name = *pick(
                rng,
                &[
                    "invoice",
                    "receipt",
                    "contract",
                    "scan",
                    "Lebenslauf",
                    "请假条",
                    "تقرير",
                ],
            );
            body["filename"] = json!(format!("{name}_{}.pdf", rng.random_range(1..400)));
        }
        _ => {}
    }
    if let Some(caption) = caption
        && !matches!(kind, "audio" | "sticker")
    {
        body["caption"] = json!(caption);
    }
    if rng.random_bool(0.6) {
        let token = ids::token(rng);
        body["url"] = json!(format!("https://media.example/whatsapp/{id}?oh={token}&ext=1"));
    }
    object(json!({ "type": kind, kind: body }))
}

/// A place: where someone stands, or a named one.
pub fn location(rng: &mut ChaCha12Rng, place: Option<&str>) -> Content {
    let latitude = f64::from(rng.random_range(-5_000_000..6_000_000)) / 100_000.0;
    let longitude = f64::from(rng.random_range(-12_000_000..14_500_000)) / 100_000.0;
    let mut body = json!({ "latitude": latitude, "longitude": longitude });
    if let Some(place) = place {
        body["name"] = json!(place);
        body["address"] = json!(format!("{} {place}", rng.random_range(1..200)));
    }
    object(json!({ "type": "location", "location": body }))
}

/// A contact card; `own` is the customer's own verified number, asked for by the business.
pub fn contacts(rng: &mut ChaCha12Rng, library: &Library, customer: &Customer, own: bool) -> Content {
    let (given, family) = customer.names.clone();
    let mut card = if own {
        let mut phone = json!({ "type": "CELL" });
        if let Some(digits) = &customer.wa_id {
            phone["phone"] = json!(format!("+{digits}"));
            phone["wa_id"] = json!(digits);
        }
        json!({ "name": { "first_name": given, "last_name": family, "formatted_name": format!("{given} {family}") },
                "phones": [phone] })
    } else {
        let (given, family, name) = library.name(rng, customer.author.language);
        json!({ "name": { "first_name": given, "last_name": family, "formatted_name": name },
                "phones": [{ "phone": format!("+1 202 555 01{:02}", rng.random_range(0..100)), "type": "WORK" }],
                "emails": [{ "email": format!("office{}@example.com", rng.random_range(1..99)), "type": "WORK" }],
                "org": { "company": family } })
    };
    if own || rng.random_bool(0.3) {
        card["origin"] = json!(if own { "contact_request" } else { "other" });
    }
    object(json!({ "type": "contacts", "contacts": [card] }))
}

/// A reply to buttons of the business.
pub fn button_reply(rng: &mut ChaCha12Rng, title: &str) -> Content {
    let id = format!("choice_{}", rng.random_range(1..4));
    interactive(&json!({ "type": "button_reply", "button_reply": { "id": id, "title": title } }))
}

/// A choice out of a list of the business.
pub fn list_reply(rng: &mut ChaCha12Rng, title: &str, description: &str) -> Content {
    let id = format!("row_{}", rng.random_range(1..11));
    let row = json!({ "id": id, "title": title, "description": description });
    interactive(&json!({ "type": "list_reply", "list_reply": row }))
}

/// A filled-in form. `response_json` is JSON in a string.
pub fn flow_reply(rng: &mut ChaCha12Rng, comment: &str) -> Content {
    let answers = json!({
        "flow_token": ids::token(rng),
        "rating": rng.random_range(1..6).to_string(),
        "comment": comment,
    });
    let reply = json!({ "name": "flow", "body": "Sent", "response_json": answers.to_string() });
    interactive(&json!({ "type": "nfm_reply", "nfm_reply": reply }))
}

fn interactive(body: &Value) -> Content {
    object(json!({ "type": "interactive", "interactive": body }))
}

/// A template's quick reply.
pub fn button(payload: &str, text: &str) -> Content {
    object(json!({ "type": "button", "button": { "payload": payload, "text": text } }))
}

/// An order from the catalogue.
pub fn order(rng: &mut ChaCha12Rng, business: &Business, note: &str) -> Content {
    let currency = *pick(rng, &["EUR", "USD", "BRL", "AED", "JPY", "GBP"]);
    let items: Vec<Value> = (0..rng.random_range(1..5))
        .map(|_| {
            json!({
                "product_retailer_id": format!("{}-{}", business.trade.article(), rng.random_range(100..999)),
                "quantity": rng.random_range(1..6),
                "item_price": f64::from(rng.random_range(100..20_000)) / 100.0,
                "currency": currency,
            })
        })
        .collect();
    object(json!({ "type": "order",
        "order": { "catalog_id": business.catalog_id, "text": note, "product_items": items } }))
}

/// An emoji on a message of the business; `None` takes it back (Meta sends an empty emoji, or none).
pub fn reaction(rng: &mut ChaCha12Rng, message_id: &str, emoji: Option<&str>) -> Content {
    let mut body = json!({ "message_id": message_id });
    match emoji {
        Some(emoji) => body["emoji"] = json!(emoji),
        None if rng.random_bool(0.5) => body["emoji"] = json!(""),
        None => {}
    }
    object(json!({ "type": "reaction", "reaction": body }))
}

/// An emoji that suits what was asked.
pub fn fitting_emoji(rng: &mut ChaCha12Rng, asking: &Asking) -> &'static str {
    pick::<&'static str>(rng, emoji_of(asking.mood))
}

/// Something Meta does not pass on.
pub fn unsupported(rng: &mut ChaCha12Rng) -> Content {
    let first = rng.random_bool(0.1);
    let (code, title, details) = if first {
        (
            131_060,
            "This message is unavailable",
            "The message can not be shown; ask for it to be sent again.",
        )
    } else {
        (
            131_051,
            "Message type unknown",
            "Message type is currently not supported.",
        )
    };
    let kinds = [
        "edit",
        "gif",
        "poll_creation",
        "poll_update",
        "pin",
        "keep_in_chat",
        "link_preview",
        "group_invite",
        "view_once",
        "media_placeholder",
        "product",
    ];
    let error = json!({ "code": code, "title": title, "message": title, "error_data": { "details": details } });
    let mut content = object(json!({ "type": "unsupported", "errors": [error] }));
    if !first {
        content.insert("unsupported".to_owned(), json!({ "type": pick(rng, &kinds) }));
    }
    content
}

/// The customer opened the chat.
pub fn request_welcome() -> Content {
    object(json!({ "type": "request_welcome" }))
}

/// An edit of one's earlier text.
pub fn edit(original: &str, body: &str) -> Content {
    let message = json!({ "context": { "id": original }, "type": "text", "text": { "body": body } });
    object(json!({ "type": "edit", "edit": { "original_message_id": original, "message": message } }))
}

/// A deletion of one's earlier message.
pub fn revoke(original: &str) -> Content {
    object(json!({ "type": "revoke", "revoke": { "original_message_id": original } }))
}

/// A change of number, of user id, or of the security code.
pub fn system(rng: &mut ChaCha12Rng, customer: &Customer) -> Content {
    let name = &customer.author.name;
    match (rng.random_range(0..3), &customer.wa_id, &customer.user_id) {
        (0, Some(old), _) => {
            let new = format!("{}{:07}", &old[..old.len().min(4)], rng.random_range(0..10_000_000));
            let body = format!("User {name} changed from {old} to {new}");
            object(json!({ "type": "system", "system": { "body": body, "wa_id": new, "type": "user_changed_number" } }))
        }
        (1, _, Some(old)) => {
            let new = format!("{}.{}", &old[..2], ids::numeric(rng, 17));
            let body = format!("User {name} changed from {old} to {new}");
            object(
                json!({ "type": "system", "system": { "body": body, "user_id": new, "type": "user_changed_user_id" } }),
            )
        }
        _ => {
            let body = format!("The security code of {name} changed");
            let hash = ids::token(rng);
            object(
                json!({ "type": "system", "identity": { "acknowledged": true, "hash": hash },
                "system": { "body": body, "type": "customer_identity_changed" } }),
            )
        }
    }
}

/// Puts a message under an earlier one of the business.
pub fn replying_to(content: &mut Content, from: &str, id: &str) {
    content.insert("context".to_owned(), json!({ "from": from, "id": id }));
}

/// Marks a message as forwarded.
pub fn forwarded(content: &mut Content, often: bool) {
    let key = if often { "frequently_forwarded" } else { "forwarded" };
    content.insert("context".to_owned(), json!({ key: true }));
}

/// Puts a question under an article of the catalogue.
pub fn about_product(rng: &mut ChaCha12Rng, content: &mut Content, business: &Business, from: &str) {
    let article = format!("{}-{}", business.trade.article(), rng.random_range(100..999));
    let product = json!({ "catalog_id": business.catalog_id, "product_retailer_id": article });
    let id = ids::wamid(rng, from);
    content.insert(
        "context".to_owned(),
        json!({ "from": from, "id": id, "referred_product": product }),
    );
}

/// The advertisement or post the customer came from.
pub fn from_ad(rng: &mut ChaCha12Rng, content: &mut Content, headline: &str) {
    let post = rng.random_bool(0.2);
    let mut referral = json!({
        "source_url": format!("https://fb.example/{}", ids::numeric(rng, 12)),
        "source_id": ids::numeric(rng, 17),
        "source_type": if post { "post" } else { "ad" },
        "headline": headline,
        "body": headline,
        "media_type": "image",
        "image_url": format!("https://media.example/ads/{}", ids::numeric(rng, 12)),
    });
    // Advertisements placed in Status carry no click id.
    if !post && rng.random_bool(0.8) {
        referral["ctwa_clid"] = json!(ids::token(rng));
    }
    if rng.random_bool(0.3) {
        referral["welcome_message"] = json!({ "text": headline });
    }
    content.insert("referral".to_owned(), referral);
}
