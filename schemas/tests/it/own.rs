//! Webhooks that we wrote ourselves, for what the recorded ones lack.

use parlance_schemas::labels::MessageType;
use parlance_schemas::record::{Part, Update};
use parlance_schemas::webhook::{
    Contact, Content, HistoryChunk, Keyed, Message, Remarks, StateSync, Status, UserIdUpdate, split,
};

use crate::counts::says;
use crate::meta_form::meta_form;

fn updates(body: &str) -> Vec<Keyed<'_>> {
    assert_eq!(says(body), says(&meta_form(body)), "both forms say the same");
    split(body.as_bytes(), "post", 1_764_000_000_000).expect("JSON")
}

/// Key, part and name of each update.
fn places<'u>(updates: &'u [Keyed<'_>]) -> Vec<(&'u str, Part, Option<&'u str>)> {
    updates
        .iter()
        .map(|keyed| (&*keyed.key, keyed.update.part, keyed.update.name.as_deref()))
        .collect()
}

fn contact(update: &Update<'_>) -> Contact {
    Contact::parse(update.contact.expect("a contact").get()).expect("an object")
}

#[test]
fn history_becomes_its_messages_and_what_is_said_of_the_chunk() {
    let updates = updates(include_str!("../payloads/history.json"));
    assert_eq!(
        places(&updates),
        [
            ("8001", Part::HistoryChunk, Some("metadata")),
            ("8001:491701112233", Part::HistoryMessage, Some("491701112233")),
            ("8001:491701112233", Part::HistoryMessage, Some("491701112233")),
            ("8001:DE.55501", Part::HistoryMessage, Some("491704445566")),
            ("8001", Part::UnknownKey, Some("value.history.threads")),
            ("8001", Part::UnknownKey, Some("value.history.checkpoint")),
        ]
    );
    let chunk = HistoryChunk::parse(updates[0].update.update.get()).unwrap();
    assert_eq!(
        (chunk.phase, chunk.chunk_order, chunk.progress),
        (Some(1), Some(3), Some(40))
    );
    let sent = Message::parse(updates[2].update.update.get()).unwrap();
    assert_eq!(sent.timestamp_ms, Some(1_761_000_060_000));
    assert_eq!(sent.history_status.as_deref(), Some("DELIVERED"));
    assert_eq!(sent.remarks.unknown_keys, 0);
    let placeholder = Message::parse(updates[3].update.update.get()).unwrap();
    assert_eq!(
        (placeholder.r#type, &*placeholder.type_name),
        (MessageType::Unknown, "media_placeholder")
    );
    assert_eq!(contact(&updates[3].update).profile.username.as_deref(), Some("nora.k"));
    assert!(
        updates
            .iter()
            .enumerate()
            .all(|(index, keyed)| keyed.update.item as usize == index)
    );
}

#[test]
fn a_declined_history_is_one_chunk_with_its_error() {
    let updates = updates(include_str!("../payloads/history_declined.json"));
    assert_eq!(places(&updates), [("8001", Part::HistoryChunk, None)]);
    let chunk = HistoryChunk::parse(updates[0].update.update.get()).unwrap();
    assert_eq!(chunk.errors[0].code, Some(2_593_109));
    assert_eq!(chunk.remarks.unknown_keys, 0);
}

#[test]
fn changes_of_the_address_book_are_items() {
    let updates = updates(include_str!("../payloads/state_sync.json"));
    assert_eq!(
        places(&updates),
        [("8001", Part::StateSync, None), ("8001", Part::StateSync, None)]
    );
    let syncs: Vec<_> = updates
        .iter()
        .map(|keyed| StateSync::parse(keyed.update.update.get()).unwrap())
        .collect();
    assert_eq!(syncs[0].full_name.as_deref(), Some("Nora Kern"));
    assert_eq!(
        (syncs[1].action.as_deref(), syncs[1].timestamp_ms),
        (Some("remove"), Some(1_763_000_200_000))
    );
    assert_eq!(updates[0].update.entry_time, None);
}

#[test]
fn standby_carries_messages_like_any_other() {
    let updates = updates(include_str!("../payloads/standby.json"));
    assert_eq!(places(&updates), [("8001:BR.9", Part::Message, None)]);
    assert_eq!(updates[0].update.field, "standby");
    assert_eq!(updates[0].update.entry_time, Some(1_763_000_000_000));
    assert_eq!(contact(&updates[0].update).name(), Some("Ana"));
}

#[test]
fn values_without_known_lists_stay_whole() {
    for body in [
        include_str!("../payloads/messaging_handovers.json"),
        include_str!("../payloads/user_id_update.json"),
    ] {
        let updates = updates(body);
        assert_eq!(places(&updates), [("8001", Part::Change, None)]);
        assert!(updates[0].update.update.get().contains("\"contacts\""));
    }
}

#[test]
fn a_changed_bsuid_tells_the_old_one() {
    let updates = updates(include_str!("../payloads/user_id_update.json"));
    let update = UserIdUpdate::parse(updates[0].update.update.get()).unwrap();
    let user = update.changes[0].user_id.as_ref().unwrap();
    assert_eq!(
        (user.previous.as_deref(), user.current.as_deref()),
        (Some("BR.9"), Some("BR.10"))
    );
    assert_eq!(update.changes[0].timestamp, Some(1_763_000_003_000));
    assert_eq!(update.remarks, Remarks::default());
}

#[test]
fn those_without_a_number_are_known_by_their_bsuid() {
    let updates = updates(include_str!("../payloads/username_only.json"));
    assert_eq!(
        places(&updates),
        [
            ("8001:FI.301", Part::Message, None),
            ("8001:FI.301", Part::Status, None),
            ("8001", Part::Message, None),
        ]
    );
    let message = Message::parse(updates[0].update.update.get()).unwrap();
    assert_eq!(
        (message.from.as_deref(), message.from_user_id.as_deref()),
        (None, Some("FI.301"))
    );
    let customer = contact(&updates[0].update);
    assert_eq!((customer.id(), customer.wa_id.as_deref()), (Some("FI.301"), None));
    assert_eq!(customer.profile.username.as_deref(), Some("mika.r"));
    let status = Status::parse(updates[1].update.update.get()).unwrap();
    assert_eq!(status.recipient(), Some("FI.301"));
    let system = Message::parse(updates[2].update.update.get()).unwrap();
    assert!(matches!(&system.content, Content::System(it) if it.user_id.as_deref() == Some("FI.302")));
    assert!(!system.is_written());
}

#[test]
fn a_group_is_one_conversation_and_each_member_keeps_their_contact() {
    let updates = updates(include_str!("../payloads/group.json"));
    assert_eq!(
        places(&updates),
        [
            ("8001:G1", Part::Message, None),
            ("8001:G1", Part::Message, None),
            ("8001:G1", Part::Status, None),
            ("8001:G1", Part::Status, None),
            ("8001:905325550003", Part::Contact, None),
        ]
    );
    let names: Vec<_> = updates[..4]
        .iter()
        .map(|keyed| contact(&keyed.update).profile.name.unwrap())
        .collect();
    assert_eq!(names, ["Ana", "Ben", "Ana", "Ben"]);
    let reaction = Message::parse(updates[1].update.update.get()).unwrap();
    assert_eq!(
        (reaction.context_id(), reaction.group_id.as_deref()),
        (Some("wamid.G1"), Some("G1"))
    );
    let status = Status::parse(updates[3].update.update.get()).unwrap();
    assert_eq!(
        (status.recipient(), status.group()),
        (Some("4477005550002"), Some("G1"))
    );
}

#[test]
fn every_type_is_read_as_far_as_it_can_be() {
    let updates = updates(include_str!("../payloads/types.json"));
    let messages: Vec<_> = updates
        .iter()
        .map(|keyed| Message::parse(keyed.update.update.get()).unwrap())
        .collect();
    let read: Vec<_> = messages
        .iter()
        .map(|it| (it.r#type, &*it.type_name, it.text().into_owned()))
        .collect();
    let expected = [
        (MessageType::RequestWelcome, "request_welcome", ""),
        (MessageType::Unknown, "hologram", ""),
        (MessageType::Text, "text", "chiffres"),
        (MessageType::Text, "text", "sans type"),
        (MessageType::Interactive, "interactive", "lundi\nfenêtre\ntrue\n2"),
        (MessageType::Interactive, "interactive", "un\n2"),
        (MessageType::Interactive, "interactive", "pas du JSON"),
        (MessageType::Interactive, "interactive", "Livraison\ndemain"),
        (MessageType::Edit, "edit", "corrigé"),
        (MessageType::Revoke, "revoke", ""),
        (MessageType::Image, "image", ""),
        (MessageType::Text, "text", "coupé \u{fffd}"),
        (MessageType::Order, "order", "vite"),
        (MessageType::Location, "location", ""),
        (MessageType::Unsupported, "unsupported", ""),
        (MessageType::Contacts, "contacts", ""),
        (MessageType::Template, "template", "Zoë\nmardi"),
    ];
    assert_eq!(read, expected.map(|(kind, name, text)| (kind, name, text.to_owned())));

    assert!(updates.iter().all(|keyed| keyed.key == "8001:33755550001"));
    assert!(
        messages
            .iter()
            .all(|message| message.id.is_some() && message.from.as_deref() == Some("33755550001"))
    );
    assert_eq!(
        messages[1].remarks.unknown_keys, 1,
        "`tint`; the body of an unknown type is not counted again"
    );
    assert_eq!(messages[2].timestamp_ms, Some(1_763_000_012_000));
    assert_eq!(messages[3].timestamp_ms, Some(1_763_000_012_345));
    assert_eq!(messages[8].context_id(), Some("wamid.T03"));
    assert_eq!(messages[9].context_id(), Some("wamid.T03"));
    assert_eq!(messages[10].content, Content::Unreadable);
    assert!(
        messages[10].remarks.notes[0].starts_with("image: "),
        "{:?}",
        messages[10].remarks
    );
    assert!(matches!(&messages[12].content, Content::Order(order) if order.product_items[0].quantity == Some(2.0)));
    assert!(matches!(&messages[13].content, Content::Location(place) if place.latitude == Some(48.85)));
    assert_eq!(messages[14].first_error().and_then(|error| error.code), Some(131_051));
    assert!(matches!(&messages[15].content, Content::Contacts(cards) if cards.len() == 1));
    assert_eq!(messages[15].remarks.notes.len(), 1, "{:?}", messages[15].remarks);
}
