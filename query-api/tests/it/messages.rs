//! `/v1/messages`: pages, filters, search, one message.

use std::collections::BTreeSet;

use parlance_schemas::labels::{Direction, Intent, Language, MessageType, Origin, Sentiment, Urgency};
use parlance_schemas::rows::MessageRow;
use serde_json::Value;

use crate::fixture::House;
use crate::rows::{DAY, HOUR, MINUTE, SECOND, START, iso, message, status};

fn ids(page: &Value) -> Vec<String> {
    let messages = page["messages"].as_array().unwrap();
    messages
        .iter()
        .map(|message| message["message_id"].as_str().unwrap().to_owned())
        .collect()
}

/// Reads page after page; `between` may change the world after each.
async fn walk(house: &House, query: &str, mut between: impl AsyncFnMut(usize)) -> Vec<String> {
    let mut found = vec![];
    let mut cursor = String::new();
    for page in 0.. {
        let answer = house.get(&format!("/v1/messages?{query}{cursor}")).await;
        found.extend(ids(&answer));
        match answer["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
        assert!(page < 1000, "paging does not end");
        between(page).await;
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn paging_is_complete_and_without_repeats_under_equal_times_and_while_rows_arrive() {
    let house = House::start().await;
    let mut rows: Vec<MessageRow> = (0..90).map(|i| message(format!("same-{i:03}"), START)).collect();
    // The same id may exist under two numbers.
    rows.extend((0..10).map(|i| MessageRow {
        phone_number_id: "2065".to_owned(),
        ..message(format!("same-{i:03}"), START)
    }));
    // Days, months and years apart: the search widens into the past.
    rows.extend((1..=40).map(|i| message(format!("older-{i:03}"), START - i * i * DAY)));
    house.insert("messages", &rows).await;

    let mut arrived = 0;
    let found = walk(&house, "limit=7", async |page| {
        let row = message(format!("new-{page}"), START + HOUR + i64::try_from(page).unwrap());
        house.insert("messages", &[row]).await;
        arrived += 1;
    })
    .await;
    assert!(arrived > 10, "nothing arrived meanwhile");
    assert_eq!(found.len(), rows.len());
    let mut expected = rows.clone();
    expected.sort_by(|a, b| {
        let key = |row: &MessageRow| (row.sent_at, row.message_id.clone(), row.phone_number_id.clone());
        key(b).cmp(&key(a))
    });
    let expected: Vec<String> = expected.into_iter().map(|row| row.message_id).collect();
    assert_eq!(found, expected);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_exactly_all_rows_has_no_next_one_and_limits_hold() {
    let house = House::start().await;
    let rows: Vec<MessageRow> = (0..200)
        .map(|i| message(format!("m{i:03}"), START + i * SECOND))
        .collect();
    house.insert("messages", &rows).await;
    let page = house.get("/v1/messages?limit=200").await;
    assert_eq!((ids(&page).len(), page["next_cursor"].is_null()), (200, true));
    let page = house.get("/v1/messages").await;
    assert_eq!((ids(&page).len(), ids(&page)[0].as_str()), (50, "m199"));
    assert_eq!(house.refused("/v1/messages?limit=201").await, ["limit"]);
    assert_eq!(house.refused("/v1/messages?limit=0").await, ["limit"]);
    assert_eq!(house.refused("/v1/messages?cursor=abc").await, ["cursor"]);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_filter_keeps_what_it_says_and_filters_combine() {
    let house = House::start().await;
    let plain = |id: &str| message(id, START);
    let rows = vec![
        plain("plain"),
        MessageRow {
            phone_number_id: "2065".to_owned(),
            ..plain("integration")
        },
        MessageRow {
            contact_id: "DE.123".to_owned(),
            ..plain("contact")
        },
        MessageRow {
            intent: Intent::Complaint,
            ..plain("intent")
        },
        MessageRow {
            intent: Intent::Spam,
            ..plain("intent2")
        },
        MessageRow {
            sentiment: Sentiment::Angry,
            ..plain("sentiment")
        },
        MessageRow {
            urgency: Urgency::Critical,
            ..plain("urgency")
        },
        MessageRow {
            language: Language::Ja,
            ..plain("language")
        },
        MessageRow {
            direction: Direction::Outbound,
            ..plain("direction")
        },
        MessageRow {
            r#type: MessageType::Image,
            ..plain("type")
        },
        MessageRow {
            origin: Origin::History,
            ..plain("origin")
        },
        MessageRow {
            text: "Die Straße ist 100% GRÜN_x".to_owned(),
            ..plain("text")
        },
        MessageRow {
            text: "你好，我的包裹在哪里？".to_owned(),
            ..plain("chinese")
        },
        message("early", START - HOUR),
        message("late", START + HOUR),
    ];
    house.insert("messages", &rows).await;
    let cases = [
        ("integration=2065", vec!["integration"]),
        ("contact=DE.123", vec!["contact"]),
        ("intent=complaint", vec!["intent"]),
        ("intent=complaint&intent=spam", vec!["intent", "intent2"]),
        ("sentiment=angry", vec!["sentiment"]),
        ("urgency=critical&urgency=urgent", vec!["urgency"]),
        ("language=ja", vec!["language"]),
        ("direction=outbound", vec!["direction"]),
        ("type=image", vec!["type"]),
        ("origin=history", vec!["origin"]),
        ("q=gr%C3%BCn_", vec!["text"]),
        ("q=100%25", vec!["text"]),
        ("q=100_", vec![]),
        ("q=%E5%8C%85%E8%A3%B9", vec!["chinese"]),
        ("intent=complaint&direction=outbound", vec![]),
        ("to=2026-03-02T10:00:00Z", vec!["early"]),
        ("from=2026-03-02T12:00:00%2B01:00&from=2026-03-02T10:00:00Z", vec![]),
        ("from=2026-03-02T11:00:00%2B00:00", vec!["late"]),
        ("from=2026-03-02T09:00:00Z&to=2026-03-02T09:00:00.001Z", vec!["early"]),
    ];
    for (query, expected) in cases {
        if query.matches("from=").count() > 1 {
            assert_eq!(house.refused(&format!("/v1/messages?{query}")).await, ["from"]);
            continue;
        }
        let found: BTreeSet<String> = ids(&house.get(&format!("/v1/messages?{query}")).await)
            .into_iter()
            .collect();
        let expected: BTreeSet<String> = expected.into_iter().map(str::to_owned).collect();
        assert_eq!(found, expected, "{query}");
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_a_client_gives_is_ever_read_as_sql() {
    let house = House::start().await;
    let nasty = r#"a' OR '1'='1 -- \' {x:String} `b` "c" ?"#;
    house
        .insert(
            "messages",
            &[
                message("victim", START),
                MessageRow {
                    text: nasty.to_owned(),
                    ..message(nasty, START)
                },
            ],
        )
        .await;
    let encoded: String = nasty.bytes().map(|byte| format!("%{byte:02X}")).collect();
    for parameter in ["integration", "contact"] {
        let page = house.get(&format!("/v1/messages?{parameter}={encoded}")).await;
        assert_eq!(ids(&page), Vec::<String>::new(), "{parameter}");
    }
    assert_eq!(ids(&house.get(&format!("/v1/messages?q={encoded}")).await), [nasty]);
    let detail = house.get(&format!("/v1/messages/1065/{encoded}")).await;
    assert_eq!(detail["message"]["message_id"], nasty);
    for (path, parameter) in [
        ("/v1/messages?intent=", "intent"),
        ("/v1/messages?cursor=", "cursor"),
        ("/v1/metrics?group_by=", "group_by"),
        ("/v1/metrics?group_by=intent&label=", "label"),
        ("/v1/metrics?step=", "step"),
    ] {
        assert_eq!(house.refused(&format!("{path}{encoded}")).await, [parameter], "{path}");
    }
    // A cursor that is well-formed and hostile is only a value, too.
    let cursor = hex::encode(serde_json::to_vec(&(START + 1, [nasty, nasty])).unwrap());
    assert_eq!(ids(&house.get(&format!("/v1/messages?cursor={cursor}")).await).len(), 2);
    for path in [
        "/v1/contacts?q=",
        "/v1/contacts?account=",
        "/v1/account-events?field=",
        "/v1/overview?integration=",
    ] {
        let encoded: String = nasty.bytes().take(60).map(|byte| format!("%{byte:02X}")).collect();
        house.get(&format!("{path}{encoded}")).await;
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_row_shows_only_its_newest_self() {
    let house = House::start().await;
    let old = MessageRow {
        intent: Intent::Complaint,
        ..message("corrected", START)
    };
    let new = MessageRow {
        intent: Intent::Feedback,
        version: old.version + 1000,
        ..old.clone()
    };
    house.execute("SYSTEM STOP MERGES messages").await;
    house.insert("messages", &[old]).await;
    house.insert("messages", &[new]).await;
    assert_eq!(
        ids(&house.get("/v1/messages?intent=complaint").await),
        Vec::<String>::new()
    );
    assert_eq!(ids(&house.get("/v1/messages?intent=feedback").await), ["corrected"]);
    let all = house.get("/v1/messages").await;
    assert_eq!(
        (ids(&all).len(), all["messages"][0]["intent"].as_str()),
        (1, Some("feedback"))
    );
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_message_comes_with_what_meta_sent_and_what_became_of_it() {
    let house = House::start().await;
    let id = "wamid.HBgL/+==";
    let mut row = MessageRow {
        direction: Direction::Outbound,
        contact_name: String::new(),
        ..message(id, START)
    };
    row.raw = r#"{"z":1.50,"a":"é","big":12345678901234567890123}"#.to_owned();
    house.insert("messages", &[row]).await;
    house
        .insert(
            "statuses",
            &[status(id, "read", START + MINUTE), status(id, "sent", START + SECOND)],
        )
        .await;
    house.complete(u64::try_from(START + MINUTE).unwrap()).await;

    let path = "/v1/messages/1065/wamid.HBgL%2F+%3D%3D";
    let detail = house.get(path).await;
    assert_eq!(detail["message"]["sent_at"], iso(START));
    assert!(detail["message"]["contact_name"].is_null());
    assert_eq!(detail["watermark"], iso(START + MINUTE));
    let words: Vec<&str> = detail["statuses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["status"].as_str().unwrap())
        .collect();
    assert_eq!(words, ["sent", "read"]);
    assert_eq!(detail["statuses"][0]["billable"], false);
    let text = house.raw(path).await.text().await.unwrap();
    assert!(
        text.contains(r#""raw":{"z":1.50,"a":"é","big":12345678901234567890123}"#),
        "{text}"
    );

    let (status, problem) = house.ask("/v1/messages/1065/none").await;
    assert_eq!(
        (status, problem["type"].as_str()),
        (404, Some("urn:parlance:problem:not-found"))
    );
    house.stop().await;
}
