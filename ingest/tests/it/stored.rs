//! 200 means that all of it is in Kafka, untouched and in order.

use std::collections::BTreeMap;

use parlance_schemas::record::Record;

use crate::door::{OLD_SECRET, PATH, SECRET, messages, metric, open, open_alone, sign};
use crate::topic::stored;

#[tokio::test]
async fn both_secrets_of_a_rotation_are_accepted() {
    let door = open(|_| {}).await;
    let body = messages(&[("491", "wamid.1")]);
    for secret in [OLD_SECRET, SECRET] {
        let signature = sign(secret, body.as_bytes());
        let answer = door
            .ask("POST", PATH, &[("x-hub-signature-256", &signature)], body.as_bytes())
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    assert_eq!(stored(&door.kafka, "events").await.len(), 2);
    door.close().await.unwrap();
}

#[tokio::test]
async fn a_thousand_updates_in_one_post_keep_their_order_within_each_conversation() {
    let door = open_alone(|_| {}).await;
    let before = metric(r#"ingest_updates_total{part="message",field="items"}"#);
    let names: Vec<(String, String)> = (0..1000)
        .map(|i| (format!("49{}", i % 17), format!("wamid.{i}")))
        .collect();
    let pairs: Vec<(&str, &str)> = names.iter().map(|(from, id)| (from.as_str(), id.as_str())).collect();
    let body = messages(&pairs);
    assert_eq!(door.post(body.as_bytes()).await.status, 200);
    assert_eq!(
        metric(r#"ingest_updates_total{part="message",field="items"}"#) - before,
        1000.0
    );

    let mut by_key: BTreeMap<String, (i32, Vec<u32>)> = BTreeMap::new();
    for record in stored(&door.kafka, "events").await {
        let Record::Update(update) = Record::from_json(&record.payload).unwrap() else {
            panic!("{record:?}")
        };
        assert!(
            body.contains(update.update.get()),
            "not the sender's bytes: {}",
            update.update
        );
        let conversation = by_key
            .entry(record.key.unwrap())
            .or_insert((record.partition, Vec::new()));
        assert_eq!(conversation.0, record.partition, "a conversation in two partitions");
        conversation.1.push(update.item);
    }
    assert_eq!(by_key.len(), 17);
    assert_eq!(by_key.values().map(|(_, items)| items.len()).sum::<usize>(), 1000);
    for (key, (_, items)) in by_key {
        assert!(key.starts_with("number:49"), "{key}");
        assert!(items.is_sorted(), "{key}: {items:?}");
    }
    door.close().await.unwrap();
}

#[tokio::test]
async fn signed_bytes_that_are_not_json_are_kept_as_they_came_and_answered_400() {
    let door = open(|_| {}).await;
    let body = b"{\"object\": \xff broken";
    let answer = door.post(body).await;
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("urn:parlance:problem:not-json"), "{answer:?}");
    let dead = stored(&door.kafka, "ingest.dead").await;
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].payload, body);
    let names: Vec<&str> = dead[0].headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["post", "received_at", "reason"]);
    assert!(stored(&door.kafka, "events").await.is_empty());
    door.close().await.unwrap();
}

#[tokio::test]
async fn json_that_is_no_webhook_is_stored_whole() {
    let door = open(|_| {}).await;
    assert_eq!(door.post(b"[1, 2]").await.status, 200);
    let records = stored(&door.kafka, "events").await;
    let Record::Update(update) = Record::from_json(&records[0].payload).unwrap() else {
        panic!("{records:?}")
    };
    assert_eq!((records.len(), update.update.get()), (1, "[1, 2]"));
    door.close().await.unwrap();
}
