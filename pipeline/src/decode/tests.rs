use parlance_schemas::labels::{Direction, Origin};
use parlance_schemas::record::Record;
use parlance_schemas::webhook::split;

use super::*;

fn events(body: &str) -> Vec<Event> {
    let updates = split(body.as_bytes(), "post", 1_700_000_000_000).unwrap();
    let decode = |update| match decode(&serde_json::to_vec(&Record::Update(update)).unwrap()) {
        Ok(Decoded::Event(event)) => *event,
        _ => panic!("an update decodes to an event"),
    };
    updates.into_iter().map(|keyed| decode(keyed.update)).collect()
}

fn change(field: &str, value: &str) -> Vec<Event> {
    events(&format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"waba","time":1700000000,"changes":[{{"field":"{field}","value":{value}}}]}}]}}"#
    ))
}

const METADATA: &str =
    r#""messaging_product":"whatsapp","metadata":{"phone_number_id":"pn","display_phone_number":"1 555"}"#;

fn messages(items: &str) -> Vec<Event> {
    change(
        "messages",
        &format!(
            r#"{{{METADATA},"contacts":[{{"wa_id":"49","user_id":"DE.1","profile":{{"name":"Ana"}}}}],"messages":[{items}]}}"#
        ),
    )
}

#[test]
fn a_message_is_itself_however_it_is_spelt_and_another_when_it_says_another_thing() {
    let a = messages(r#"{"id":"w1","from":"49","timestamp":"1700000001","type":"text","text":{"body":"hi"}}"#);
    let b = messages(r#"{"type":"text","text":{"body":"\u0068i"},"from":"49","timestamp":"1700000001","id":"w1"}"#);
    let c = messages(r#"{"id":"w1","from":"49","timestamp":"1700000001","type":"text","text":{"body":"ho"}}"#);
    assert_eq!((a[0].identity, a[0].content), (b[0].identity, b[0].content));
    assert_eq!(a[0].identity, c[0].identity);
    assert_ne!(a[0].content, c[0].content);
    let Draft::Message(row) = &a[0].draft else {
        panic!("a message")
    };
    assert_eq!((row.direction, row.origin), (Direction::Inbound, Origin::Live));
    assert_eq!((row.contact_id.as_str(), row.contact_name.as_str()), ("DE.1", "Ana"));
    assert_eq!((row.sent_at, row.text.as_str()), (1_700_000_001_000, "hi"));
    let contact = a[0].contact.as_deref().unwrap();
    assert_eq!(contact.wa_id, (1_700_000_001_000, "49".to_owned()));
}

#[test]
fn what_is_no_message_harms_no_sibling() {
    let events = messages(r#"{"from":"49","type":"text"},7,{"id":"w2","type":"strange"}"#);
    let reasons: Vec<_> = events
        .iter()
        .map(|event| match &event.draft {
            Draft::Raw(row) => row.reason.as_str(),
            Draft::Message(row) => row.message_id.as_str(),
            _ => panic!("raw or message"),
        })
        .collect();
    assert_eq!(reasons, ["no_id", "unreadable", "w2"]);
}

#[test]
fn each_field_ends_in_its_table() {
    let table = |field, value: &str| {
        change(field, value)
            .into_iter()
            .map(|event| match event.draft {
                Draft::Message(_) => "messages".to_owned(),
                Draft::Status(_) => "statuses".to_owned(),
                Draft::AccountEvent(row) => format!("account_events {} {}", row.event, row.subject),
                Draft::Raw(row) => format!("raw_updates {}", row.reason),
                Draft::Verdict(_) | Draft::Decision(_) | Draft::Outcome(_) | Draft::InForce(_) => {
                    panic!("people say that")
                }
            })
            .collect::<Vec<_>>()
    };
    let with = |items: &str| format!("{{{METADATA},{items}}}");
    assert_eq!(
        table("account_update", r#"{"event":"ACCOUNT_DELETED"}"#),
        ["account_events ACCOUNT_DELETED "]
    );
    assert_eq!(
        table("messages", &with(r#""errors":[{"code":1,"title":"bad"}]"#)),
        ["account_events bad "]
    );
    assert_eq!(
        table(
            "messages",
            &with(r#""statuses":[{"id":"w","status":"sent"},{"id":"w"}]"#)
        ),
        ["statuses", "raw_updates no_id"]
    );
    assert_eq!(
        table("calls", &with(r#""calls":[{"id":"c","event":"connect"}]"#)),
        ["raw_updates no_table"]
    );
    assert_eq!(table("brand_new", r#"{"a":1}"#), ["raw_updates unknown_field"]);
    assert_eq!(table("messages", &with(r#""messages":[],"surprise":[1]"#)).len(), 1);
    assert_eq!(
        table(
            "smb_message_echoes",
            &with(r#""message_echoes":[{"id":"e","to":"49"}]"#)
        ),
        ["messages"]
    );
}

#[test]
fn an_import_tells_both_sides_of_a_thread_apart() {
    let value = format!(
        r#"{{{METADATA},"history":[{{"metadata":{{"phase":0}},"threads":[{{"id":"49","messages":[
            {{"id":"h1","from":"49","type":"text"}},{{"id":"h2","from":"1555","type":"text"}}]}}]}}]}}"#
    );
    let rows: Vec<_> = change("history", &value)
        .into_iter()
        .filter_map(|event| match event.draft {
            Draft::Message(row) => Some((row.message_id, row.direction, row.contact_id)),
            _ => None,
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("h1".to_owned(), Direction::Inbound, "49".to_owned()),
            ("h2".to_owned(), Direction::Outbound, "49".to_owned())
        ]
    );
}

#[test]
fn a_newer_envelope_is_not_taken_for_a_broken_one() {
    assert!(matches!(
        decode(br#"{"kind":"heartbeat","v":1}"#),
        Ok(Decoded::Heartbeat(_))
    ));
    assert!(matches!(
        decode(br#"{"kind":"heartbeat","v":9}"#),
        Err(Unreadable::Newer(9))
    ));
    assert!(matches!(decode(b"what"), Err(Unreadable::Broken(_))));
}

/// Recorded webhooks lie beside the repository; what they hold is listed there too.
#[test]
fn every_recorded_webhook_becomes_the_rows_that_its_list_says() {
    let beside = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let payloads = std::env::var_os("PARLANCE_SHARED")
        .map_or(beside, Into::into)
        .join("payloads");
    let Ok(list) = std::fs::read_to_string(payloads.join("expected.jsonl")) else {
        println!("skipped: no recorded webhooks (set PARLANCE_SHARED)");
        return;
    };
    let mut files = 0;
    for line in list.lines() {
        let expected: serde_json::Value = serde_json::from_str(line).unwrap();
        let file = expected["file"].as_str().unwrap();
        let count = |names: &[&str]| {
            names
                .iter()
                .map(|name| expected[*name].as_u64().unwrap_or(0))
                .sum::<u64>()
        };
        let (mut messages, mut statuses, mut errors, mut raw_items) = (0, 0, 0, 0);
        for event in events(&std::fs::read_to_string(payloads.join(file)).unwrap()) {
            match (&event.draft, event.part) {
                (Draft::Message(_), _) => messages += 1,
                (Draft::Status(_), _) => statuses += 1,
                (Draft::AccountEvent(_), Part::Error) => errors += 1,
                (Draft::Raw(row), Part::Message | Part::Echo | Part::HistoryMessage | Part::Status | Part::Error) => {
                    assert_eq!(row.reason, "no_id", "{file}: {}", row.detail);
                    raw_items += 1;
                }
                _ => {}
            }
        }
        let items = count(&["messages", "echoes", "history_messages", "statuses", "value_errors"]);
        assert_eq!(messages + statuses + errors + raw_items, items, "{file}");
        if expected["irregular"].as_array().is_some_and(Vec::is_empty) {
            assert_eq!(messages, count(&["messages", "echoes", "history_messages"]), "{file}");
            assert_eq!(statuses, count(&["statuses"]), "{file}");
        }
        files += 1;
    }
    assert!(files > 100, "{files} files");
}
