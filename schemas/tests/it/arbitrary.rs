//! Nothing is lost and nothing panics, whatever the JSON.

use parlance_schemas::record::{Record, Update};
use parlance_schemas::webhook::{
    AccountEvent, AccountUpdate, Call, Contact, ErrorObject, FlowChange, Group, HistoryChunk, Message, PhoneChange,
    StateSync, Status, TemplateChange, UserPreference, split,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Any JSON with keys that mean something to us now and then.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    let known = [
        "object",
        "entry",
        "id",
        "time",
        "changes",
        "field",
        "value",
        "metadata",
        "phone_number_id",
        "messages",
        "message_echoes",
        "statuses",
        "calls",
        "errors",
        "contacts",
        "history",
        "threads",
        "groups",
        "state_sync",
        "user_preferences",
        "messaging_product",
        "from",
        "wa_id",
        "user_id",
        "timestamp",
        "type",
        "text",
        "body",
        "image",
        "interactive",
        "nfm_reply",
        "response_json",
        "edit",
        "message",
        "context",
        "reaction",
        "order",
        "product_items",
        "location",
        "latitude",
        "system",
        "unsupported",
        "code",
        "error_data",
        "profile",
        "name",
        "event",
        "restriction_info",
        "waba_info",
        "phase",
        "chunk_order",
        "contact",
        "session",
        "pricing",
    ];
    prop_oneof![4 => prop::sample::select(known.to_vec()).prop_map(String::from), 1 => ".{0,6}"]
}

/// An object of these members, each there or not, and each what it should be or anything else.
fn object(members: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let pick = |(name, right): (&'static str, BoxedStrategy<Value>)| {
        let value = prop_oneof![
            8 => right.prop_map(Some),
            1 => any_json().prop_map(Some),
            1 => Just(None),
        ];
        value
            .prop_map(move |value| value.map(|value| (name.to_owned(), value)))
            .boxed()
    };
    let members: Vec<_> = members.into_iter().map(pick).collect();
    let extra = prop::option::weighted(0.2, (key(), any_json()));
    (members, extra)
        .prop_map(|(members, extra)| Value::Object(members.into_iter().flatten().chain(extra).collect::<Map<_, _>>()))
        .boxed()
}

fn list(item: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    prop::collection::vec(item, 0..4).prop_map(Value::from).boxed()
}

fn text() -> BoxedStrategy<Value> {
    "[a-z]{1,4}".prop_map(Value::from).boxed()
}

/// A body of a webhook's shape, wrong in a place or two.
fn webhook() -> BoxedStrategy<Value> {
    let item = || {
        object(vec![
            ("id", text()),
            ("from", text()),
            ("user_id", text()),
            ("timestamp", text()),
        ])
    };
    let thread = object(vec![("id", text()), ("messages", list(item())), ("context", item())]);
    let history = object(vec![
        ("metadata", item()),
        ("threads", list(thread)),
        ("errors", list(item())),
    ]);
    let numbers = object(vec![("phone_number_id", text()), ("display_phone_number", text())]);
    let value = object(vec![
        ("messaging_product", Just(json!("whatsapp")).boxed()),
        ("metadata", numbers),
        (
            "contacts",
            list(object(vec![
                ("wa_id", text()),
                ("user_id", text()),
                ("profile", item()),
            ])),
        ),
        ("messages", list(item())),
        ("statuses", list(item())),
        ("errors", list(item())),
        ("history", list(history)),
    ]);
    let change = object(vec![("field", Just(json!("messages")).boxed()), ("value", value)]);
    let entry = object(vec![
        ("id", text()),
        ("time", Just(json!(1_764_000_000)).boxed()),
        ("changes", list(change)),
    ]);
    object(vec![
        ("object", Just(json!("whatsapp_business_account")).boxed()),
        ("entry", list(entry)),
    ])
}

/// Gives every text in the JSON a mark of its own, save the two that the envelope takes for granted.
fn mark(value: &mut Value, marks: &mut Vec<String>) {
    match value {
        Value::String(text) if text != "whatsapp" && text != "whatsapp_business_account" && text != "messages" => {
            *text = format!("mark{}.", marks.len());
            marks.push(text.clone());
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mark(item, marks)),
        Value::Object(members) => members.values_mut().for_each(|member| mark(member, marks)),
        _ => {}
    }
}

/// Every mark is somewhere, and the bytes of no update are part of another's.
fn nothing_is_lost(mut body: Value) {
    let mut marks = Vec::new();
    mark(&mut body, &mut marks);
    let body = body.to_string();
    let updates = split(body.as_bytes(), "post", 1).expect("JSON");
    assert!(!updates.is_empty());
    let mut kept = String::new();
    let mut ranges = Vec::new();
    for update in updates.iter().map(|keyed| &keyed.update) {
        let bytes = update.update.get();
        ranges.push((bytes.as_ptr() as usize, bytes.len()));
        let contact = update.contact.map_or("", |contact| contact.get());
        let numbers = [&update.phone_number_id, &update.display_phone_number, &update.name];
        kept.extend([bytes, contact, &update.waba_id, &update.field]);
        kept.extend(numbers.into_iter().flatten().map(|text| &**text));
    }
    for keyed in updates {
        the_log_gives_it_back(keyed.update);
    }
    for mark in marks {
        assert!(kept.contains(&mark), "{mark} of {body} in {kept}");
    }
    ranges.sort_unstable();
    for pair in ranges.windows(2) {
        assert!(pair[0].0 + pair[0].1 <= pair[1].0, "updates overlap in {body}");
    }
}

/// An update reads from the log as it was written.
fn the_log_gives_it_back(update: Update<'_>) {
    let shown = format!("{update:?}");
    let json = serde_json::to_vec(&Record::Update(update)).expect("an update is JSON");
    let Record::Update(read) = Record::from_json(&json).expect("what was written") else {
        panic!("an update")
    };
    assert_eq!(format!("{read:?}"), shown);
}

/// Calls every parser; none may panic, and whatever is an object is read.
fn every_parser_reads(value: &Value) {
    let json = value.to_string();
    let read = [
        Message::parse(&json)
            .map(|message| (message.text().len(), message.context_id().map(str::len)))
            .is_ok(),
        Status::parse(&json)
            .map(|status| status.recipient().map(str::len))
            .is_ok(),
        Call::parse(&json).is_ok(),
        Contact::parse(&json).is_ok(),
        ErrorObject::parse(&json).is_ok(),
        UserPreference::parse(&json).is_ok(),
        Group::parse(&json).is_ok(),
        StateSync::parse(&json).is_ok(),
        AccountEvent::parse("account_update", &json).is_ok(),
        AccountEvent::parse("business_username_updates", &json).is_ok(),
        AccountUpdate::parse(&json).is_ok(),
        TemplateChange::parse(&json).is_ok(),
        PhoneChange::parse(&json).is_ok(),
        FlowChange::parse(&json).is_ok(),
    ];
    assert!(read.iter().all(|read| *read == value.is_object()), "{read:?} {json}");
    assert!(HistoryChunk::parse(&json).is_ok() || !value.is_object());
}

fn message() -> BoxedStrategy<Value> {
    let kinds = [
        "text",
        "image",
        "location",
        "contacts",
        "interactive",
        "button",
        "order",
        "reaction",
        "system",
        "unsupported",
        "edit",
        "revoke",
        "template",
        "request_welcome",
        "sticker",
        "poll",
    ];
    let kind = prop::sample::select(kinds.to_vec());
    kind.prop_flat_map(|kind| {
        let body = prop_oneof![
            any_json(),
            prop::collection::vec(any_json(), 0..3).prop_map(Value::from)
        ]
        .boxed();
        let inner = object(vec![
            ("type", Just(json!("text")).boxed()),
            ("text", any_json().boxed()),
        ]);
        let edit = object(vec![("original_message_id", text()), ("message", inner)]);
        let body = if kind == "edit" { edit } else { body };
        object(vec![
            ("type", Just(json!(kind)).boxed()),
            ("id", text()),
            ("timestamp", any_json().boxed()),
            (kind, body),
        ])
    })
    .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn split_keeps_all_of_any_json(body in any_json()) {
        nothing_is_lost(body);
    }

    #[test]
    fn split_keeps_all_of_a_damaged_webhook(body in webhook()) {
        nothing_is_lost(body);
    }

    #[test]
    fn split_never_panics_on_bytes(body in prop::collection::vec(any::<u8>(), 0..64)) {
        let is_json = serde_json::from_slice::<Value>(&body).is_ok();
        prop_assert!(split(&body, "post", 1).is_ok() || !is_json);
    }

    #[test]
    fn every_parser_reads_any_json(value in any_json()) {
        every_parser_reads(&value);
    }

    #[test]
    fn every_parser_reads_a_damaged_message(value in message()) {
        every_parser_reads(&value);
    }

    #[test]
    fn fingerprints_ignore_spelling(value in any_json()) {
        use parlance_schemas::fingerprint::of_json;
        let plain = value.to_string();
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        let meta = crate::meta_form::meta_form(&pretty);
        prop_assert_eq!(of_json(&plain).unwrap(), of_json(&pretty).unwrap());
        prop_assert_eq!(of_json(&plain).unwrap(), of_json(&meta).unwrap());
    }
}
