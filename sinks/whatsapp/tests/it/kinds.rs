//! One message of every type, and how its own part of the JSON reads.

use parlance_whatsapp::message::*;
use serde_json::{Map, Value as Json, json};

pub(crate) fn to() -> Recipient {
    Recipient::Phone("+250788123200".to_owned())
}

pub(crate) fn text(text: &str) -> String {
    text.to_owned()
}

fn some(given: &str) -> Option<String> {
    Some(given.to_owned())
}

pub(crate) fn id() -> Source {
    Source::Id(text("1013859600285441"))
}

fn link() -> Source {
    Source::Link(text("https://example.com/file"))
}

fn data(value: &Json) -> Map<String, Json> {
    value.as_object().unwrap().clone()
}

pub(crate) fn interactive(action: Action) -> Content {
    Interactive::new("Choose", action).into()
}

/// Each type, and its own part of the JSON.
pub(crate) fn all() -> Vec<(Content, Json)> {
    let location = Location {
        latitude: -1.9441,
        longitude: 30.0619,
        name: some("Kigali"),
        address: some("KN 3 Rd"),
    };
    let button = |id: &str, title: &str| Button {
        id: text(id),
        title: text(title),
    };
    let flow = |flow, start, draft| {
        Action::Flow(Flow {
            flow,
            token: some("t-1"),
            button: text("Book"),
            start,
            draft,
        })
    };
    let card = |url: &str| Card {
        header: Header::Image(link()),
        body: some("New"),
        button: text("See"),
        url: text(url),
    };
    let card_json = |index: usize, url: &str| {
        json!({
            "card_index": index, "type": "cta_url",
            "header": { "type": "image", "image": { "link": "https://example.com/file" } },
            "body": { "text": "New" },
            "action": { "name": "cta_url", "parameters": { "display_text": "See", "url": url } },
        })
    };
    let contact = Contact {
        name: Name {
            formatted_name: text("Dr Ada Uwase"),
            first_name: some("Ada"),
            last_name: some("Uwase"),
            ..Name::default()
        },
        phones: vec![Phone {
            phone: text("+250 788 123 200"),
            wa_id: some("250788123200"),
            place: Some(Place::Work),
        }],
        emails: vec![Email {
            email: text("ada@example.com"),
            place: Some(Place::Home),
        }],
        addresses: vec![Address {
            city: some("Kigali"),
            country_code: some("rw"),
            place: Some(Place::Home),
            ..Address::default()
        }],
        urls: vec![Url {
            url: text("https://example.com"),
            place: None,
        }],
        birthday: some("1990-12-10"),
        ..Contact::default()
    };
    let header = Interactive {
        header: Some(Header::Text(text("Sizes"))),
        body: some("Which size?"),
        footer: some("Reply any time"),
        action: Action::List {
            button: text("Sizes"),
            sections: vec![Section {
                title: some("Shirts"),
                rows: vec![Row {
                    id: text("m"),
                    title: text("Medium"),
                    description: some("38 to 40"),
                }],
            }],
        },
    };
    let products = Interactive {
        header: Some(Header::Text(text("Ours"))),
        ..Interactive::new(
            "Choose",
            Action::Products {
                catalog: text("146265584024623"),
                sections: vec![ProductSection {
                    title: some("Tea"),
                    products: vec![text("sku-1"), text("sku-2")],
                }],
            },
        )
    };
    let filled = Template::new("order_update", "pt_BR")
        .with(Component::Header(Parameter::positional(Value::Document(
            link(),
            some("bill.pdf"),
        ))))
        .with(Component::Body(vec![
            Parameter::text("Ada"),
            Parameter::positional(Value::Currency {
                fallback: text("$100.99"),
                code: text("USD"),
                amount_1000: 100_990,
            }),
            Parameter::positional(Value::DateTime(text("3 May 2026"))),
        ]))
        .with(Component::Button {
            index: 0,
            value: ButtonValue::QuickReply(text("yes")),
        })
        .with(Component::Button {
            index: 1,
            value: ButtonValue::UrlEnding(text("orders/7")),
        });
    let named = Template::new("welcome", "en").with(Component::Body(vec![Parameter::named(
        "first_name",
        Value::Text(text("Ada")),
    )]));
    let special = Template::new("special", "en")
        .with(Component::Header(Parameter::positional(Value::Location(
            location.clone(),
        ))))
        .with(Component::Button {
            index: 0,
            value: ButtonValue::CouponCode(text("TEA20")),
        })
        .with(Component::Button {
            index: 1,
            value: ButtonValue::Flow {
                token: text("t-2"),
                data: data(&json!({ "order": 7 })),
            },
        })
        .with(Component::Button {
            index: 2,
            value: ButtonValue::Catalog(text("sku-1")),
        });
    let place = json!({ "latitude": "-1.9441", "longitude": "30.0619", "name": "Kigali", "address": "KN 3 Rd" });
    let language = |code: &str| json!({ "policy": "deterministic", "code": code });
    let pressed = |kind: &str, action: Json| json!({ "type": kind, "body": { "text": "Choose" }, "action": action });
    vec![
        (
            Text {
                body: text("See https://example.com"),
                preview_url: true,
            }
            .into(),
            json!({ "body": "See https://example.com", "preview_url": true }),
        ),
        (
            Image {
                source: id(),
                caption: some("Ours"),
            }
            .into(),
            json!({ "id": "1013859600285441", "caption": "Ours" }),
        ),
        (
            Video {
                source: link(),
                caption: None,
            }
            .into(),
            json!({ "link": "https://example.com/file" }),
        ),
        (Audio { source: id() }.into(), json!({ "id": "1013859600285441" })),
        (
            Document {
                source: link(),
                caption: some("Your bill"),
                filename: some("bill.pdf"),
            }
            .into(),
            json!({ "link": "https://example.com/file", "caption": "Your bill", "filename": "bill.pdf" }),
        ),
        (Sticker { source: id() }.into(), json!({ "id": "1013859600285441" })),
        (location.into(), place.clone()),
        (
            vec![contact].into(),
            json!([{
                "name": { "formatted_name": "Dr Ada Uwase", "first_name": "Ada", "last_name": "Uwase" },
                "phones": [{ "phone": "+250 788 123 200", "wa_id": "250788123200", "type": "WORK" }],
                "emails": [{ "email": "ada@example.com", "type": "HOME" }],
                "addresses": [{ "city": "Kigali", "country_code": "rw", "type": "HOME" }],
                "urls": [{ "url": "https://example.com" }],
                "birthday": "1990-12-10",
            }]),
        ),
        (
            Reaction {
                message_id: text("wamid.A"),
                emoji: text("👍🏽"),
            }
            .into(),
            json!({ "message_id": "wamid.A", "emoji": "👍🏽" }),
        ),
        (
            Reaction {
                message_id: text("wamid.A"),
                emoji: String::new(),
            }
            .into(),
            json!({ "message_id": "wamid.A", "emoji": "" }),
        ),
        (
            interactive(Action::Buttons(vec![button("y", "Yes"), button("n", "No")])),
            pressed(
                "button",
                json!({ "buttons": [
                    { "type": "reply", "reply": { "id": "y", "title": "Yes" } },
                    { "type": "reply", "reply": { "id": "n", "title": "No" } },
                ] }),
            ),
        ),
        (
            header.into(),
            json!({
                "type": "list", "header": { "type": "text", "text": "Sizes" }, "body": { "text": "Which size?" },
                "footer": { "text": "Reply any time" },
                "action": { "button": "Sizes", "sections": [{
                    "title": "Shirts", "rows": [{ "id": "m", "title": "Medium", "description": "38 to 40" }],
                }] },
            }),
        ),
        (
            interactive(Action::Link {
                button: text("Pay"),
                url: text("https://example.com/pay?o=7"),
            }),
            pressed(
                "cta_url",
                json!({ "name": "cta_url", "parameters": { "display_text": "Pay", "url": "https://example.com/pay?o=7" } }),
            ),
        ),
        (
            interactive(flow(
                FlowName::Id(text("77")),
                FlowStart::Navigate {
                    screen: text("FIRST"),
                    data: data(&json!({ "a": 1 })),
                },
                true,
            )),
            pressed(
                "flow",
                json!({ "name": "flow", "parameters": {
                    "flow_message_version": "3", "flow_id": "77", "flow_token": "t-1", "flow_cta": "Book", "mode": "draft",
                    "flow_action": "navigate", "flow_action_payload": { "screen": "FIRST", "data": { "a": 1 } },
                } }),
            ),
        ),
        (
            interactive(flow(FlowName::Name(text("booking")), FlowStart::Ask, false)),
            pressed(
                "flow",
                json!({ "name": "flow", "parameters": {
                    "flow_message_version": "3", "flow_name": "booking", "flow_token": "t-1", "flow_cta": "Book",
                    "flow_action": "data_exchange",
                } }),
            ),
        ),
        (
            Interactive {
                header: None,
                body: None,
                footer: None,
                action: Action::Product {
                    catalog: text("146265584024623"),
                    product: text("sku-1"),
                },
            }
            .into(),
            json!({ "type": "product", "action": { "catalog_id": "146265584024623", "product_retailer_id": "sku-1" } }),
        ),
        (
            products.into(),
            json!({
                "type": "product_list", "header": { "type": "text", "text": "Ours" }, "body": { "text": "Choose" },
                "action": { "catalog_id": "146265584024623", "sections": [{
                    "title": "Tea", "product_items": [{ "product_retailer_id": "sku-1" }, { "product_retailer_id": "sku-2" }],
                }] },
            }),
        ),
        (
            interactive(Action::Catalog {
                thumbnail: text("sku-1"),
            }),
            pressed(
                "catalog_message",
                json!({ "name": "catalog_message", "parameters": { "thumbnail_product_retailer_id": "sku-1" } }),
            ),
        ),
        (
            interactive(Action::AskLocation),
            pressed("location_request_message", json!({ "name": "send_location" })),
        ),
        (
            interactive(Action::AskAddress(AddressForm {
                country: text("IN"),
                values: data(&json!({ "city": "Pune" })),
                errors: Map::new(),
            })),
            pressed(
                "address_message",
                json!({ "name": "address_message", "parameters": { "country": "IN", "values": { "city": "Pune" } } }),
            ),
        ),
        (
            interactive(Action::AskCall),
            pressed("call_permission_request", json!({ "name": "call_permission_request" })),
        ),
        (
            interactive(Action::AskContact),
            pressed("request_contact_info", json!({ "name": "request_contact_info" })),
        ),
        (
            interactive(Action::Carousel(vec![
                card("https://example.com/1"),
                card("https://example.com/2"),
            ])),
            pressed(
                "carousel",
                json!({ "cards": [card_json(0, "https://example.com/1"), card_json(1, "https://example.com/2")] }),
            ),
        ),
        (
            Template::new("hello_world", "en_US").into(),
            json!({ "name": "hello_world", "language": language("en_US") }),
        ),
        (
            filled.into(),
            json!({ "name": "order_update", "language": language("pt_BR"), "components": [
                { "type": "header", "parameters": [
                    { "type": "document", "document": { "link": "https://example.com/file", "filename": "bill.pdf" } },
                ] },
                { "type": "body", "parameters": [
                    { "type": "text", "text": "Ada" },
                    { "type": "currency", "currency": { "fallback_value": "$100.99", "code": "USD", "amount_1000": 100_990 } },
                    { "type": "date_time", "date_time": { "fallback_value": "3 May 2026" } },
                ] },
                { "type": "button", "sub_type": "quick_reply", "index": "0", "parameters": [{ "type": "payload", "payload": "yes" }] },
                { "type": "button", "sub_type": "url", "index": "1", "parameters": [{ "type": "text", "text": "orders/7" }] },
            ] }),
        ),
        (
            named.into(),
            json!({ "name": "welcome", "language": language("en"), "components": [
                { "type": "body", "parameters": [{ "type": "text", "parameter_name": "first_name", "text": "Ada" }] },
            ] }),
        ),
        (
            special.into(),
            json!({ "name": "special", "language": language("en"), "components": [
                { "type": "header", "parameters": [{ "type": "location", "location": place }] },
                { "type": "button", "sub_type": "copy_code", "index": "0",
                  "parameters": [{ "type": "coupon_code", "coupon_code": "TEA20" }] },
                { "type": "button", "sub_type": "flow", "index": "1",
                  "parameters": [{ "type": "action", "action": { "flow_token": "t-2", "flow_action_data": { "order": 7 } } }] },
                { "type": "button", "sub_type": "catalog", "index": "2",
                  "parameters": [{ "type": "action", "action": { "thumbnail_product_retailer_id": "sku-1" } }] },
            ] }),
        ),
    ]
}
