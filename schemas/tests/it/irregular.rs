//! Bodies that are not as documented: what is wrong stays whole where it is, and its siblings are split as ever.

use parlance_schemas::record::Part;
use parlance_schemas::webhook::{AccountEvent, ErrorObject, FieldKind, Message, Status, known_field, split};

/// Key, part, name and bytes of each update.
fn pieces(body: &str) -> Vec<(String, Part, String, String)> {
    let updates = split(body.as_bytes(), "post", 1).expect("JSON");
    let of = updates.into_iter().map(|keyed| {
        let update = keyed.update;
        (
            keyed.key,
            update.part,
            update.name.unwrap_or_default().into_owned(),
            update.update.get().to_owned(),
        )
    });
    of.collect()
}

fn piece(key: &str, part: Part, name: &str, raw: &str) -> (String, Part, String, String) {
    (key.to_owned(), part, name.to_owned(), raw.to_owned())
}

/// A body with this entry.
fn entry(entry: &str) -> String {
    format!(r#"{{"object":"whatsapp_business_account","entry":[{entry}]}}"#)
}

/// A body with this value in field `messages` of number 8.
fn value(members: &str) -> String {
    entry(&format!(
        r#"{{"id":"7","changes":[{{"field":"messages","value":{{"metadata":{{"phone_number_id":"8"}},{members}}}}}]}}"#
    ))
}

#[test]
fn only_what_is_not_json_is_refused() {
    for body in [&b""[..], b"{", b"{}x", b"\xff\xfe", b"{\"a\":\"\xff\"}"] {
        assert!(split(body, "post", 1).is_err(), "{body:?}");
    }
}

#[test]
fn a_body_without_entries_is_kept_whole() {
    for body in [
        "null",
        "7",
        "\"x\"",
        "[]",
        "[{\"entry\":[]}]",
        "{}",
        "{\"entry\":{}}",
        "{\"entry\":[]}",
        "{\"entry\":null}",
    ] {
        assert_eq!(pieces(body), [piece("", Part::Body, "", body)], "{body}");
    }
}

#[test]
fn an_entry_without_changes_is_kept_whole_and_harms_no_other() {
    for bad in [
        "null",
        "7",
        "{\"id\":\"6\"}",
        "{\"id\":\"6\",\"changes\":[]}",
        "{\"id\":\"6\",\"changes\":{\"a\":1}}",
    ] {
        let body = entry(&format!(
            "{bad},{}",
            r#"{"id":"7","changes":[{"field":"f","value":1}]}"#
        ));
        let kept = pieces(&body);
        let key = if bad.contains("id") { "6" } else { "" };
        assert_eq!(
            kept,
            [piece(key, Part::Entry, "", bad), piece("7", Part::Change, "", "1")]
        );
    }
}

#[test]
fn a_change_without_a_value_is_kept_whole_and_harms_no_other() {
    for bad in ["null", "[]", "{\"field\":\"messages\"}", "{\"valeur\":{}}"] {
        let body = entry(&format!(
            r#"{{"id":7,"changes":[{bad},{{"field":"f","value":{{"a":[]}}}}]}}"#
        ));
        assert_eq!(
            pieces(&body),
            [
                piece("7", Part::Change, "", bad),
                piece("7", Part::Change, "", "{\"a\":[]}")
            ]
        );
    }
}

#[test]
fn lists_of_the_wrong_type_are_unknown_keys_and_empty_ones_a_change() {
    let kept = pieces(&value(
        r#""messages":{"0":1},"statuses":[{"id":"s","recipient_id":"49"}],"extra":{"x":1}"#,
    ));
    assert_eq!(
        kept,
        [
            piece("8:49", Part::Status, "", r#"{"id":"s","recipient_id":"49"}"#),
            piece("8", Part::UnknownKey, "value.messages", r#"{"0":1}"#),
            piece("8", Part::UnknownKey, "value.extra", r#"{"x":1}"#),
        ]
    );
    let empty = pieces(&value(r#""messages":[]"#));
    assert_eq!(
        empty,
        [piece(
            "8",
            Part::Change,
            "",
            r#"{"metadata":{"phone_number_id":"8"},"messages":[]}"#
        )]
    );
}

#[test]
fn items_of_any_type_are_items() {
    let kept = pieces(&value(r#""messages":[null,7,{"id":"a","from":"49"},[]]"#));
    let expected = [
        ("8", "null"),
        ("8", "7"),
        ("8:49", r#"{"id":"a","from":"49"}"#),
        ("8", "[]"),
    ];
    assert_eq!(kept, expected.map(|(key, raw)| piece(key, Part::Message, "", raw)));
    assert!(Message::parse("null").is_err());
}

#[test]
fn keys_that_occur_twice_lose_nothing() {
    let kept = pieces(concat!(
        r#"{"entry":[{"id":"1","id":"2","changes":[{"field":"a","field":"b","value":1,"value":2}]}],"#,
        r#""entry":[{"id":"3","changes":[{"field":"messages","value":{"messages":[{"id":"m1"}],"messages":[{"id":"m2"}],"#,
        r#""metadata":{"phone_number_id":"8"},"metadata":{"phone_number_id":"9"}}}]}]}"#,
    ));
    assert_eq!(
        kept,
        [
            piece("1", Part::Change, "", "1"),
            piece("1", Part::Change, "", "2"),
            piece("1", Part::UnknownKey, "change.field", "\"b\""),
            piece("1", Part::UnknownKey, "entry.id", "\"2\""),
            piece("8", Part::Message, "", r#"{"id":"m1"}"#),
            piece("8", Part::Message, "", r#"{"id":"m2"}"#),
            piece("8", Part::UnknownKey, "value.metadata.phone_number_id", "\"9\""),
        ]
    );
}

#[test]
fn what_stands_beside_is_kept_under_its_path() {
    let kept = pieces(concat!(
        r#"{"object":"page","entry":[{"id":"7","time":"soon","n":1,"changes":[{"field":"messages","c":2,"#,
        r#""value":{"messaging_product":"fax","metadata":{"phone_number_id":"8","m":3},"messages":[{"id":"a"}]}}]}],"b":4}"#,
    ));
    let names: Vec<_> = kept
        .iter()
        .map(|(key, _, name, raw)| (&**key, &**name, &**raw))
        .collect();
    assert_eq!(
        names,
        [
            ("8", "", r#"{"id":"a"}"#),
            ("8", "value.metadata.m", "3"),
            ("8", "value.messaging_product", "\"fax\""),
            ("7", "change.c", "2"),
            ("7", "entry.time", "\"soon\""),
            ("7", "entry.n", "1"),
            ("", "body.object", "\"page\""),
            ("", "body.b", "4"),
        ]
    );
}

#[test]
fn nesting_is_bounded_by_the_body_and_not_by_the_stack() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let kept = pieces(&value(&format!(
        r#""messages":[{{"id":"a","text":{deep}}},{{"id":"b"}}],"x":{deep}"#
    )));
    assert_eq!(kept.len(), 3);
    let message = Message::parse(&kept[0].3).unwrap();
    assert_eq!(message.id.as_deref(), Some("a"));
    assert_eq!(pieces(&deep), [piece("", Part::Body, "", &deep)]);
}

#[test]
fn half_an_emoji_costs_nothing_but_itself() {
    let body =
        value(r#""messages":[{"id":"a","from":"4\ud83d9","type":"text","text":{"body":"x \udc00 \ud83d\ude00"}}]"#);
    let kept = pieces(&body);
    assert_eq!(kept[0].0, "8:4\u{fffd}9");
    assert_eq!(Message::parse(&kept[0].3).unwrap().text(), "x \u{fffd} 😀");
}

#[test]
fn a_contact_travels_with_its_item_or_alone() {
    let contacts = |body: &str| -> Vec<(String, Option<String>)> {
        let updates = split(body.as_bytes(), "post", 1).unwrap();
        updates
            .into_iter()
            .map(|it| (it.key, it.update.contact.map(|raw| raw.get().to_owned())))
            .collect()
    };
    // A single contact whose number is spelled otherwise: Brazil's ninth digit.
    let body =
        value(r#""contacts":[{"wa_id":"5511955550001"}],"messages":[{"from":"551155550001"},{"from":"551155550001"}]"#);
    assert!(
        contacts(&body)
            .iter()
            .all(|(key, contact)| key == "8:551155550001" && contact.is_some())
    );
    // Two users: nobody can say whose it is.
    let body = value(r#""contacts":[{"wa_id":"1"}],"messages":[{"from":"2"},{"from":"3"}]"#);
    assert_eq!(
        contacts(&body),
        [
            ("8:2".to_owned(), None),
            ("8:3".to_owned(), None),
            ("8:1".to_owned(), None)
        ]
    );
    // Another BSUID is another user, even with the same number.
    let body = value(r#""contacts":[{"wa_id":"2","user_id":"A"}],"messages":[{"from":"2","from_user_id":"B"}]"#);
    assert_eq!(contacts(&body), [("8:B".to_owned(), None), ("8:A".to_owned(), None)]);
    // The contact brings the BSUID that the item lacks; an error takes nobody's contact.
    let body = value(r#""contacts":[{"wa_id":"2","user_id":"A"}],"messages":[{"from":"2"}],"errors":[{"code":1}]"#);
    let contact = Some(r#"{"wa_id":"2","user_id":"A"}"#.to_owned());
    assert_eq!(contacts(&body), [("8:A".to_owned(), contact), ("8".to_owned(), None)]);
}

#[test]
fn the_business_is_not_the_user() {
    let key = |item: &str| {
        let body = entry(&format!(
            r#"{{"id":"7","changes":[{{"field":"f","value":{{"metadata":{{"phone_number_id":"8","display_phone_number":"+49 30 55"}},{item}}}}}]}}"#
        ));
        pieces(&body)[0].0.clone()
    };
    assert_eq!(key(r#""message_echoes":[{"from":"493055","to":"33"}]"#), "8:33");
    assert_eq!(key(r#""message_echoes":[{"from":"33","to":"493055"}]"#), "8:33");
    assert_eq!(
        key(r#""calls":[{"from":"493055","to":"33","direction":"BUSINESS_INITIATED"}]"#),
        "8:33"
    );
    assert_eq!(
        key(r#""calls":[{"from":"33","to":"493055","direction":"USER_INITIATED"}]"#),
        "8:33"
    );
    assert_eq!(key(r#""groups":[{"group_id":"G","wa_id":"33"}]"#), "8:G");
    assert_eq!(
        key(r#""history":[{"threads":[{"id":"33","messages":[{"from":"493055","to":"33"}]}]}]"#),
        "8:33"
    );
}

#[test]
fn values_of_account_fields_are_one_event_each() {
    let body = entry(
        r#"{"id":"7","changes":[{"field":"flows","value":{"event":"CLIENT_ERROR_RATE","flow_id":"5","errors":[{"error_type":"X"}]}}]}"#,
    );
    let kept = pieces(&body);
    assert_eq!((kept.len(), kept[0].1), (1, Part::Change));
    let event = AccountEvent::parse("flows", &kept[0].3).unwrap();
    assert_eq!(
        (&*event.event, &*event.subject, event.error_code),
        ("CLIENT_ERROR_RATE", "5", None)
    );
}

#[test]
fn account_events_say_what_happened_to_what() {
    let cases = [
        ("account_review_update", r#"{"decision":"APPROVED"}"#, "APPROVED", ""),
        (
            "account_update",
            r#"{"event":"PARTNER_ADDED","waba_info":{"waba_id":"42"}}"#,
            "PARTNER_ADDED",
            "42",
        ),
        (
            "account_alerts",
            r#"{"entity_type":"WABA","entity_id":"42","alert_info":{"alert_type":"OBA_APPROVED"}}"#,
            "OBA_APPROVED",
            "42",
        ),
        (
            "message_template_quality_update",
            r#"{"new_quality_score":"RED","message_template_id":5,"message_template_name":"hi"}"#,
            "RED",
            "hi",
        ),
        (
            "template_category_update",
            r#"{"new_category":"UTILITY","correct_category":"MARKETING","message_template_id":5}"#,
            "UTILITY",
            "5",
        ),
        (
            "phone_number_name_update",
            r#"{"display_phone_number":"4930","decision":"REJECTED"}"#,
            "REJECTED",
            "4930",
        ),
        (
            "security",
            r#"{"display_phone_number":"4930","event":"PIN_CHANGED"}"#,
            "PIN_CHANGED",
            "4930",
        ),
        (
            "business_capability_update",
            r#"{"max_daily_conversations_per_business":"TIER_2K"}"#,
            "TIER_2K",
            "",
        ),
        (
            "business_username_updates",
            r#"{"display_phone_number":"4930","username":"sofa","status":"approved"}"#,
            "approved",
            "sofa",
        ),
        (
            "payment_configuration_update",
            r#"{"configuration_name":"upi","status":"Active","updated_timestamp":1763000000}"#,
            "Active",
            "upi",
        ),
        (
            "account_settings_update",
            r#"{"type":"phone_number_settings","timestamp":"1763000000","phone_number_settings":{"phone_number_id":"8"}}"#,
            "phone_number_settings",
            "8",
        ),
    ];
    for (field, json, event, subject) in cases {
        assert_eq!(known_field(field), FieldKind::Account, "{field}");
        let read = AccountEvent::parse(field, json).unwrap();
        assert_eq!((&*read.event, &*read.subject), (event, subject), "{field}");
        assert_eq!(
            read.occurred_at_ms,
            json.contains("1763000000").then_some(1_763_000_000_000),
            "{field}"
        );
    }
    let error = ErrorObject::parse(r#"{"code":"131000","message":"Something went wrong","title":7}"#).unwrap();
    let event = AccountEvent::of_error(&error);
    assert_eq!((event.error_code, &*event.event), (Some(131_000), "7"));
    assert_eq!(known_field("brand_new"), FieldKind::Unknown);
    assert_eq!(known_field("tracking_events"), FieldKind::Other);
}

#[test]
fn a_wrong_member_of_a_status_costs_itself_alone() {
    let status = Status::parse(
        r#"{"id":"s","status":"sent","timestamp":["x"],"recipient_id":49,"pricing":"free","conversation":{"id":1,"type":"service"},"errors":[{"code":1},7],"new":1}"#,
    )
    .unwrap();
    assert_eq!(
        (status.id.as_deref(), status.recipient(), status.timestamp_ms),
        (Some("s"), Some("49"), None)
    );
    assert_eq!(
        (status.conversation_origin(), status.errors.len()),
        (Some("service"), 1)
    );
    assert_eq!(
        (status.remarks.notes.len(), status.remarks.unknown_keys),
        (3, 1),
        "{:?}",
        status.remarks
    );
}
