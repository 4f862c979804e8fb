//! `/v1/metrics`: series that add up, filled with zeros, corrected, exact at their ends.

use parlance_schemas::labels::{Direction, Intent};
use parlance_schemas::rows::{MessageRow, MetricRow};
use serde_json::{Value, json};

use crate::fixture::House;
use crate::rows::{DAY, HOUR, MINUTE, START, iso, message, windows};

/// Inserts the windows that messages add up to, into all three tables.
pub(crate) async fn tally(house: &House, messages: &[MessageRow]) {
    for (table, width) in [("metrics_1m", MINUTE), ("metrics_1h", HOUR), ("metrics_1d", DAY)] {
        house.insert(table, &windows(messages, width)).await;
    }
}

fn series<'a>(answer: &'a Value, label: &str) -> &'a Value {
    let series = answer["series"].as_array().unwrap();
    series
        .iter()
        .find(|series| series["label"] == label)
        .unwrap_or_else(|| panic!("no {label} in {answer:#}"))
}

fn world() -> Vec<MessageRow> {
    let mut rows = vec![
        message("a", START),
        message("b", START + 59 * MINUTE),
        MessageRow {
            intent: Intent::Complaint,
            ..message("c", START + 3 * HOUR)
        },
        MessageRow {
            direction: Direction::Outbound,
            ..message("d", START + 3 * HOUR)
        },
        MessageRow {
            phone_number_id: "2065".to_owned(),
            ..message("e", START + 3 * HOUR)
        },
    ];
    rows.extend((0..30).map(|i| message(format!("old-{i}"), START - i * DAY - 7 * MINUTE)));
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn series_are_filled_with_zeros_and_add_up() {
    let house = House::start().await;
    tally(&house, &world()).await;
    house.complete(u64::try_from(START + 4 * HOUR).unwrap()).await;

    let range = "from=2026-03-02T10:00:00Z&to=2026-03-02T14:00:00Z";
    let answer = house.get(&format!("/v1/metrics?{range}&step=1h")).await;
    assert_eq!(series(&answer, "all")["values"], json!([2, 0, 0, 3]));
    assert_eq!(answer["last_bucket_open"], false);
    assert_eq!(answer["at"][3], iso(START + 3 * HOUR));

    let answer = house.get(&format!("/v1/metrics?{range}&step=1h&group_by=intent")).await;
    assert_eq!(answer["series"].as_array().unwrap().len(), Intent::ALL.len());
    assert_eq!(series(&answer, "complaint")["values"], json!([0, 0, 0, 1]));
    assert_eq!(series(&answer, "order_inquiry")["total"], 4);
    assert_eq!(series(&answer, "spam")["total"], 0);

    let answer = house
        .get(&format!(
            "/v1/metrics?{range}&step=1h&group_by=intent&label=spam&label=complaint"
        ))
        .await;
    assert_eq!(answer["series"].as_array().unwrap().len(), 2);
    let answer = house
        .get(&format!(
            "/v1/metrics?{range}&step=1h&group_by=direction&integration=1065"
        ))
        .await;
    assert_eq!(series(&answer, "inbound")["values"], json!([2, 0, 0, 1]));
    assert_eq!(series(&answer, "outbound")["values"], json!([0, 0, 0, 1]));
    let answer = house
        .get(&format!(
            "/v1/metrics?{range}&step=1h&group_by=integration&direction=inbound"
        ))
        .await;
    assert_eq!(
        answer["series"],
        json!([
            {"label": "1065", "total": 3, "values": [2, 0, 0, 1]},
            {"label": "2065", "total": 1, "values": [0, 0, 0, 1]},
        ])
    );
    for group in ["type", "origin", "sentiment", "urgency", "language"] {
        let answer = house.get(&format!("/v1/metrics?{range}&group_by={group}")).await;
        let total: u64 = answer["series"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| s["total"].as_u64().unwrap())
            .sum();
        assert_eq!(total, 5, "{group}");
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ranges_are_exact_to_the_minute_whatever_the_step() {
    let house = House::start().await;
    let world = world();
    tally(&house, &world).await;
    // Ends in the middle of an hour and of a day.
    let (from, to) = (START - 10 * DAY - 7 * MINUTE, START + 59 * MINUTE);
    let expected = world.iter().filter(|row| (from..to).contains(&row.sent_at)).count();
    for step in ["1h", "1d"] {
        let answer = house
            .get(&format!("/v1/metrics?from={}&to={}&step={step}", iso(from), iso(to)))
            .await;
        assert_eq!(series(&answer, "all")["total"], expected, "{step}");
        assert_eq!(answer["range"], json!({"from": iso(from), "to": iso(to)}));
    }
    let minutes = house
        .get(&format!(
            "/v1/metrics?from={}&to={}&step=1m",
            iso(START),
            iso(START + HOUR)
        ))
        .await;
    let values = minutes["series"][0]["values"].as_array().unwrap();
    assert_eq!((values.len(), &values[0], &values[59]), (60, &json!(1), &json!(1)));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_version_of_a_window_counts_and_a_deleted_one_does_not() {
    let house = House::start().await;
    for table in ["metrics_1m", "metrics_1h", "metrics_1d"] {
        house.execute(&format!("SYSTEM STOP MERGES {table}")).await;
    }
    tally(&house, &[message("a", START)]).await;
    tally(&house, &[message("a", START), message("b", START + 2000)]).await;
    let query = "/v1/metrics?from=2026-03-02T10:00:00Z&to=2026-03-02T10:01:00Z";
    assert_eq!(house.get(query).await["series"][0]["total"], 2);
    let deleted: Vec<MetricRow> = windows(&[message("b", START + 2000)], MINUTE)
        .into_iter()
        .map(|row| MetricRow {
            messages: 0,
            version: row.version + 1000,
            is_deleted: 1,
            ..row
        })
        .collect();
    house.insert("metrics_1m", &deleted).await;
    assert_eq!(house.get(query).await["series"][0]["total"], 0);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_watermark_is_what_all_shards_have_and_tells_whether_the_last_bucket_is_open() {
    let house = House::start().await;
    assert!(house.get("/v1/metrics").await["watermark"].is_null());
    let through = u64::try_from(START + HOUR).unwrap();
    house.complete_shard(through + 60_000, 0, 2).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(house.get("/v1/metrics").await["watermark"].is_null());
    house.complete_shard(through, 1, 2).await;
    let seen = async || house.get("/v1/metrics").await["watermark"] == iso(START + HOUR);
    crate::fixture::eventually("the watermark", seen).await;
    let open = async |to: i64| {
        house
            .get(&format!("/v1/metrics?from={}&to={}", iso(START), iso(to)))
            .await["last_bucket_open"]
            .clone()
    };
    assert_eq!(
        (open(START + HOUR).await, open(START + HOUR + MINUTE).await),
        (json!(false), json!(true))
    );
    // The number of shards was changed: the new set counts once it is further.
    house.complete_shard(through + 30_000, 0, 1).await;
    let seen = async || house.get("/v1/metrics").await["watermark"] == iso(START + HOUR + 30_000);
    crate::fixture::eventually("the new set of shards", seen).await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_too_much_is_refused_by_name() {
    let house = House::start().await;
    let year = "from=2024-01-01T00:00:00Z&to=2026-01-01T00:00:00Z";
    assert_eq!(house.refused(&format!("/v1/metrics?{year}")).await, ["from"]);
    let month = "from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z";
    assert_eq!(house.refused(&format!("/v1/metrics?{month}&step=1m")).await, ["step"]);
    assert_eq!(house.refused("/v1/metrics?label=spam").await, ["label"]);
    assert_eq!(house.refused("/v1/metrics?group_by=intent&label=nope").await, ["label"]);
    assert_eq!(
        house
            .refused("/v1/metrics?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z")
            .await,
        ["from"]
    );
    house.stop().await;
}
