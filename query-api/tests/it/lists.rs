//! `/v1/integrations`, `/v1/contacts`, `/v1/account-events`.

use parlance_schemas::labels::Direction;
use parlance_schemas::rows::{AccountEventRow, ContactRow, MessageRow};
use serde_json::{Value, json};

use crate::fixture::House;
use crate::metrics::tally;
use crate::rows::{DAY, HOUR, MINUTE, START, account_event, contact, iso, message};

/// Reads all pages of a list and gives one field of every item.
async fn walk(house: &House, path: &str, list: &str, field: &str) -> Vec<String> {
    let mut found = vec![];
    let mut cursor = String::new();
    loop {
        let page: Value = house.get(&format!("{path}{cursor}")).await;
        let items = page[list].as_array().unwrap();
        found.extend(items.iter().map(|item| item[field].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn integrations_are_the_numbers_seen_busiest_first() {
    let house = House::start().await;
    let other = |row: MessageRow| MessageRow {
        phone_number_id: "2065".to_owned(),
        waba_id: "2029".to_owned(),
        ..row
    };
    let world = vec![
        message("a", START),
        message("b", START + MINUTE),
        MessageRow {
            direction: Direction::Outbound,
            ..message("c", START + 2 * MINUTE)
        },
        other(message("d", START + HOUR)),
        MessageRow {
            phone_number_id: "3065".to_owned(),
            ..message("idle", START - 90 * DAY)
        },
    ];
    house.insert("messages", &world).await;
    tally(&house, &world).await;
    let answer = house
        .get("/v1/integrations?from=2026-03-01T00:00:00Z&to=2026-03-03T00:00:00Z")
        .await;
    let at = |ms: i64| json!(iso(ms));
    assert_eq!(
        answer["integrations"],
        json!([
            {"phone_number_id": "1065", "waba_id": "1029", "last_message_at": at(START + 2 * MINUTE), "inbound": 2, "outbound": 1},
            {"phone_number_id": "2065", "waba_id": "2029", "last_message_at": at(START + HOUR), "inbound": 1, "outbound": 0},
            {"phone_number_id": "3065", "waba_id": "1029", "last_message_at": at(START - 90 * DAY), "inbound": 0, "outbound": 0},
        ])
    );
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_are_merged_however_their_rows_lie_and_paged_last_seen_first() {
    let house = House::start().await;
    house.execute("SYSTEM STOP MERGES contacts").await;
    house.insert("contacts", &[contact("ada", "Ada", START)]).await;
    house
        .insert("contacts", &[contact("ada", "Ada Lovelace", START + HOUR)])
        .await;
    // A later update without a name does not take it away, an earlier one with another does not win.
    house
        .insert(
            "contacts",
            &[contact("ada", "", START + 2 * HOUR), contact("ada", "Old", START - DAY)],
        )
        .await;
    let crowd: Vec<ContactRow> = (0..25)
        .map(|i| contact(&format!("c{i:02}"), "Crowd", START - HOUR))
        .collect();
    house.insert("contacts", &crowd).await;

    let page = house.get("/v1/contacts?q=LOVELACE").await;
    assert_eq!(
        page["contacts"],
        json!([{
            "waba_id": "1029", "contact_id": "ada", "name": "Ada Lovelace", "username": null, "wa_id": "ada",
            "user_id": null, "first_seen_at": iso(START - DAY), "last_seen_at": iso(START + 2 * HOUR),
        }])
    );
    let found = walk(&house, "/v1/contacts?limit=4", "contacts", "contact_id").await;
    let expected: Vec<String> = std::iter::once("ada".to_owned())
        .chain((0..25).rev().map(|i| format!("c{i:02}")))
        .collect();
    assert_eq!(found, expected);
    let recent = house.get("/v1/contacts?from=2026-03-02T11:00:00Z&account=1029").await;
    assert_eq!(recent["contacts"].as_array().unwrap().len(), 1);
    let none = house.get("/v1/contacts?account=other").await;
    assert_eq!(none["contacts"], json!([]));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn account_events_are_paged_newest_first_and_filtered() {
    let house = House::start().await;
    let mut rows: Vec<AccountEventRow> = (0..20).map(|i| account_event(i, "account_update", START)).collect();
    rows.push(account_event(20, "phone_number_quality_update", START + HOUR));
    house.execute("SYSTEM STOP MERGES account_events").await;
    house.insert("account_events", &rows).await;
    house.insert("account_events", &rows[..5]).await;
    let found = walk(&house, "/v1/account-events?limit=3", "events", "event_id").await;
    let expected: Vec<String> = (0..=20u32).rev().map(|i| format!("{i:032x}")).collect();
    assert_eq!(found, expected);
    let page = house.get("/v1/account-events?field=phone_number_quality_update").await;
    assert_eq!(page["events"][0]["raw"], json!({"event": "APPROVED"}));
    assert_eq!(page["events"].as_array().unwrap().len(), 1);
    let page = house
        .get("/v1/account-events?to=2026-03-02T10:30:00Z&integration=1065")
        .await;
    assert_eq!(page["events"], json!([]));
    house.stop().await;
}
