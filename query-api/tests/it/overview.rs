//! `/v1/overview`: a range beside the one before it.

use parlance_schemas::labels::{Direction, Sentiment, Urgency};
use parlance_schemas::rows::MessageRow;
use serde_json::json;

use crate::fixture::House;
use crate::metrics::tally;
use crate::rows::{HOUR, MINUTE, START, iso, message, status};

#[tokio::test(flavor = "multi_thread")]
async fn the_range_and_the_one_before_it_are_counted_apart() {
    let house = House::start().await;
    let contact = |id: &str, row: MessageRow| MessageRow {
        contact_id: id.to_owned(),
        ..row
    };
    let world = vec![
        contact("x", message("before", START - HOUR)),
        contact("x", message("a", START)),
        contact(
            "y",
            MessageRow {
                sentiment: Sentiment::Angry,
                ..message("b", START + MINUTE)
            },
        ),
        contact(
            "y",
            MessageRow {
                urgency: Urgency::Critical,
                ..message("c", START + 90 * MINUTE)
            },
        ),
        contact(
            "z",
            MessageRow {
                direction: Direction::Outbound,
                ..message("d", START + 90 * MINUTE)
            },
        ),
        contact(
            "x",
            MessageRow {
                phone_number_id: "2065".to_owned(),
                ..message("e", START + 90 * MINUTE)
            },
        ),
        contact("q", message("after", START + 3 * HOUR)),
    ];
    house.insert("messages", &world).await;
    tally(&house, &world).await;
    let statuses = [
        ("d", "sent", 90),
        ("d", "delivered", 91),
        ("d", "read", 95),
        ("p", "sent", -5),
        ("p", "delivered", 3),
    ];
    let statuses: Vec<_> = statuses
        .iter()
        .map(|(id, word, at)| status(id, word, START + at * MINUTE))
        .collect();
    house.insert("statuses", &statuses).await;
    // The same status once more, not merged yet.
    house.insert("statuses", &statuses[..1]).await;
    house.complete(u64::try_from(START + HOUR).unwrap()).await;

    let query = "/v1/overview?from=2026-03-02T10:00:00Z&to=2026-03-02T12:00:00Z&step=1h";
    let answer = house.get(query).await;
    assert_eq!(
        answer["previous_range"],
        json!({"from": iso(START - 2 * HOUR), "to": iso(START)})
    );
    assert_eq!(answer["current"]["inbound"]["messages"], 4);
    assert_eq!(answer["current"]["outbound"]["messages"], 1);
    assert_eq!(answer["current"]["contacts"], 2);
    assert_eq!(answer["current"]["inbound"]["by_sentiment"]["angry"], 1);
    assert_eq!(answer["current"]["inbound"]["by_urgency"]["critical"], 1);
    assert_eq!(
        (
            &answer["previous"]["inbound"]["messages"],
            &answer["previous"]["contacts"]
        ),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        answer["series"],
        json!([
            {"at": iso(START), "inbound": 2, "outbound": 0},
            {"at": iso(START + HOUR), "inbound": 2, "outbound": 1},
        ])
    );
    assert_eq!(answer["previous_series"][1]["inbound"], 1);
    assert_eq!(answer["urgent"].as_array().unwrap().len(), 1);
    assert_eq!(answer["urgent"][0]["message_id"], "c");
    assert_eq!(answer["last_bucket_open"], true);
    assert_eq!(
        answer["statuses"],
        json!([
            {"status": "delivered", "current": 2, "previous": 0},
            {"status": "sent", "current": 1, "previous": 1},
            {"status": "read", "current": 1, "previous": 0},
        ])
    );

    let answer = house.get(&format!("{query}&integration=2065")).await;
    assert_eq!(
        (
            &answer["current"]["inbound"]["messages"],
            &answer["current"]["contacts"]
        ),
        (&json!(1), &json!(1))
    );
    assert_eq!(answer["statuses"], json!([]));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_house_has_an_overview_of_zeros() {
    let house = House::start().await;
    let answer = house.get("/v1/overview").await;
    assert_eq!(
        (
            &answer["current"]["inbound"]["messages"],
            &answer["current"]["contacts"]
        ),
        (&json!(0), &json!(0))
    );
    assert!(answer["series"].as_array().unwrap().len() > 20);
    assert_eq!(answer["last_bucket_open"], true);
    house.stop().await;
}
