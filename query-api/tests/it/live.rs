//! `/v1/live`: each new message once, across reconnects, slow clients and restarts.

use std::collections::BTreeMap;
use std::time::Duration;

use parlance_query_api::Config;
use parlance_schemas::rows::MessageRow;
use serde_json::{Value, json};

use crate::events::Events;
use crate::fixture::{House, config, eventually};
use crate::metrics::tally;
use crate::rows::{HOUR, SECOND, START, iso, message};

/// Log time of the `second`-th second.
fn version(second: i64) -> u64 {
    u64::try_from(START + second * SECOND).unwrap()
}

fn logged(id: String, second: i64) -> MessageRow {
    MessageRow {
        version: version(second),
        logged_at: START + second * SECOND,
        ..message(id, START)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_new_message_comes_once_across_reconnects() {
    let house = House::start().await;
    house.insert("messages", &[logged("before".to_owned(), 1)]).await;
    house.complete(version(1)).await;
    let mut events = Events::open(&house.url, "", None).await;
    assert_eq!(
        events.next().await.unwrap().data,
        json!({"watermark": iso(START + SECOND)})
    );

    let writing = async {
        for second in 2..30 {
            let rows: Vec<MessageRow> = (0..5).map(|i| logged(format!("{second:02}-{i}"), second)).collect();
            house.insert("messages", &rows).await;
            // Rows of an interval that is not complete must not show yet.
            house
                .insert("messages", &[logged(format!("{:02}-x", second + 1), second + 1)])
                .await;
            house.complete_shard(version(second), 0, 1).await;
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    };
    let reading = async {
        let mut found: Vec<String> = vec![];
        // Leaves after ever more events, wherever that is, and comes back with the last id.
        for patience in 1.. {
            let mut left = patience;
            while left > 0 {
                let event = events.next().await.expect("the stream goes on");
                match event.name.as_str() {
                    "message" => found.push(event.data["message_id"].as_str().unwrap().to_owned()),
                    "watermark" if event.data["watermark"] == iso(START + 29 * SECOND) => return found,
                    "lagged" => panic!("{}", event.data),
                    _ => {}
                }
                left -= 1;
            }
            let last_id = events.last_id.clone();
            events = Events::open(&house.url, "", last_id.as_deref()).await;
        }
        found
    };
    let ((), found) = tokio::join!(writing, reading);
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for id in &found {
        *times.entry(id.clone()).or_default() += 1;
    }
    let expected: Vec<String> = (2..30)
        .flat_map(|second| {
            (0..5)
                .map(move |i| format!("{second:02}-{i}"))
                .chain((second > 2).then(|| format!("{second:02}-x")))
        })
        .collect();
    assert!(times.values().all(|times| *times == 1), "doubled: {times:#?}");
    assert_eq!(times.into_keys().collect::<Vec<_>>(), expected);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_larger_than_a_batch_arrives_whole_and_in_order() {
    let house = House::start().await;
    house.complete(version(1)).await;
    let mut events = Events::open(&house.url, "?events=message&events=watermark", None).await;
    events.until("watermark").await;
    let rows: Vec<MessageRow> = (0..1700).map(|i| logged(format!("m{i:04}"), 2 + i / 900)).collect();
    house.insert("messages", &rows).await;
    house.complete(version(4)).await;
    let found = events.messages_until(&iso(START + 4 * SECOND)).await;
    assert_eq!(found, rows.into_iter().map(|row| row.message_id).collect::<Vec<_>>());
    // The same again from the middle, out of the tables.
    let place = format!("{}.1065.m0100", version(2));
    let mut events = Events::open(&house.url, &format!("?last_event_id={place}"), None).await;
    let found = events.messages_until(&iso(START + 4 * SECOND)).await;
    assert_eq!((found.len(), found[0].as_str()), (1599, "m0101"));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_tallies_come_as_they_now_are() {
    let house = House::start().await;
    house.complete(version(1)).await;
    let mut events = Events::open(&house.url, "?events=metrics", None).await;
    let mut other = Events::open(&house.url, "?integration=2065", None).await;
    events.placed().await;
    other.until("watermark").await;
    tally(&house, &[logged("a".to_owned(), 2)]).await;
    tally(&house, &[logged("a".to_owned(), 3), logged("b".to_owned(), 3)]).await;
    house.complete(version(3)).await;
    let changed = events.until("metrics").await.data;
    let tallies: Vec<(Value, Value)> = changed["tallies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tally| (tally["step"].clone(), tally["tally"]["messages"].clone()))
        .collect();
    assert_eq!(
        tallies,
        [
            (json!("1d"), json!(2)),
            (json!("1h"), json!(2)),
            (json!("1m"), json!(2))
        ]
    );
    assert_eq!(changed["truncated"], false);
    // Who wants another integration hears only of the time.
    let next = other.next().await.unwrap();
    assert_eq!(
        (next.name.as_str(), &next.data["watermark"]),
        ("watermark", &json!(iso(START + 3 * SECOND)))
    );
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_client_is_told_that_it_lagged_and_goes_on() {
    // It takes nothing for as long as this test writes, however slow the machine: that must not cut it here.
    let house = House::start_with(Config {
        write_timeout: Duration::from_secs(600),
        ..config()
    })
    .await;
    house.complete(version(1)).await;
    let mut slow = Events::open(&house.url, "", None).await;
    slow.until("watermark").await;
    // More than the sockets, the channel and the broadcast hold.
    let text = "x".repeat(60_000);
    for second in 2..120 {
        let row = |i: i64| MessageRow {
            text: text.clone(),
            ..logged(format!("{second:03}-{i}"), second)
        };
        house.insert("messages", &(0..4).map(row).collect::<Vec<_>>()).await;
        house.complete(version(second)).await;
    }
    let lagged = slow.until("lagged").await;
    assert_eq!(lagged.data["reason"], "slow_client");
    let from = lagged.data["watermark"].as_str().unwrap().to_owned();
    house.insert("messages", &[logged("afterwards".to_owned(), 200)]).await;
    house.complete(version(200)).await;
    let found = slow.messages_until(&iso(START + 200 * SECOND)).await;
    assert_eq!(found.last().map(String::as_str), Some("afterwards"), "after {from}");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_cannot_be_served_from_where_it_was_is_told() {
    let house = House::start().await;
    house.complete(version(7200)).await;
    for (id, reason) in [
        (version(0).to_string(), "resume_too_old"),
        (version(9000).to_string(), "restarted"),
        ("not-ours".to_owned(), "restarted"),
    ] {
        let mut events = Events::open(&house.url, "", Some(&id)).await;
        let first = events.next().await.unwrap();
        assert_eq!(
            (first.name.as_str(), first.data["reason"].as_str()),
            ("lagged", Some(reason)),
            "{id}"
        );
        assert_eq!(first.data["watermark"], iso(START + 2 * HOUR));
    }
    // More than is made up for.
    let rows: Vec<MessageRow> = (0..2600).map(|i| logged(format!("m{i:04}"), 7201)).collect();
    house.insert("messages", &rows).await;
    house.complete(version(7201)).await;
    let mut events = Events::open(&house.url, "", Some(&version(7201).to_string())).await;
    let lagged = events.until("lagged").await;
    assert_eq!(lagged.data["reason"], "resume_too_old");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_goes_on_at_another_service_after_a_restart() {
    let house = House::start().await;
    house.complete(version(1)).await;
    let mut events = Events::open(&house.url, "", None).await;
    events.until("watermark").await;
    house.insert("messages", &[logged("a".to_owned(), 2)]).await;
    house.complete(version(2)).await;
    assert_eq!(events.messages_until(&iso(START + 2 * SECOND)).await, ["a"]);
    let last_id = events.last_id.clone().unwrap();

    house.insert("messages", &[logged("b".to_owned(), 3)]).await;
    house.complete(version(3)).await;
    let (url, shutdown, task) = house.another().await;
    eventually("ready", async || {
        reqwest::get(format!("{url}/readyz"))
            .await
            .unwrap()
            .status()
            .is_success()
    })
    .await;
    let mut events = Events::open(&url, "", Some(&last_id)).await;
    assert_eq!(events.messages_until(&iso(START + 3 * SECOND)).await, ["b"]);
    shutdown.cancel();
    task.await.unwrap().unwrap();
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_capped_beat_when_silent_and_end_at_shutdown() {
    let house = House::start_with(Config {
        live_streams: 1,
        live_heartbeat: Duration::from_secs(1),
        ..config()
    })
    .await;
    let mut events = Events::open(&house.url, "", None).await;
    assert!(events.until("watermark").await.data["watermark"].is_null());
    let (status, problem) = house.ask("/v1/live").await;
    assert_eq!(
        (status, problem["type"].as_str()),
        (503, Some("urn:parlance:problem:too-many-streams"))
    );
    assert_eq!(house.refused("/v1/live?events=nope&since=1").await, ["events", "since"]);

    let comments = tokio::time::timeout(Duration::from_millis(2500), events.next()).await;
    assert!(comments.is_err(), "nothing but comments came");
    assert!(events.comments >= 1);
    let url = house.url.clone();
    drop(events);
    // The slot of a client that left is free again.
    eventually("the slot", async || {
        reqwest::get(format!("{url}/v1/live")).await.unwrap().status() == 200
    })
    .await;
    let mut events = None;
    eventually("a stream", async || {
        let response = reqwest::get(format!("{url}/v1/live")).await.unwrap();
        let open = response.status() == 200;
        events = Some(response);
        open
    })
    .await;
    house.stop().await;
    // It ended, rather than hung: the rest of the body can be read.
    let rest = tokio::time::timeout(Duration::from_secs(5), events.unwrap().text()).await;
    assert!(rest.is_ok());
}
