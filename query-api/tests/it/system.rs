//! `/v1/system`: how the machinery is, by its tables and by the pipeline's own word.

use parlance_query_api::Config;
use parlance_schemas::labels::{By, Measure};
use parlance_schemas::rows::{MeasureRow, MessageRow, Table};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::fixture::{House, config, eventually};
use crate::rows::{HOUR, MINUTE, SECOND, START, iso, message};

fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

fn logged(id: &str, at: i64) -> MessageRow {
    MessageRow {
        logged_at: at,
        version: u64::try_from(at).unwrap(),
        ..message(id, at)
    }
}

fn table<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let tables = answer["tables"].as_array().unwrap();
    tables.iter().find(|table| table["table"] == name).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_house_says_so_and_why_nothing_is_known_of_the_pipeline() {
    let house = House::start().await;
    let answer = house.get("/v1/system").await;
    assert_eq!(answer["versions"]["parlance"], env!("CARGO_PKG_VERSION"));
    assert!(answer["versions"]["clickhouse"].as_str().unwrap().contains('.'));
    assert_eq!((&answer["sinks"], &answer["late"]), (&json!([]), &json!([])));
    assert_eq!(
        answer["messages"],
        json!({"last_minute": 0, "last_five_minutes": 0, "per_second": 0.0})
    );
    for of in Table::ALL {
        assert_eq!(table(&answer, of.name())["rows"], 0, "{}", of.name());
    }
    assert_eq!(
        answer["pipeline"],
        json!({"reported": null, "reason": "pipeline_url is not set"})
    );
    assert_eq!(house.refused("/v1/system?from=now").await, ["from"]);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_tables_know_is_told() {
    let house = House::start().await;
    let now = now();
    let again = MessageRow {
        version: u64::try_from(now).unwrap(),
        ..logged("a", now - 20 * SECOND)
    };
    let messages = [
        logged("a", now - 20 * SECOND),
        logged("b", now - 3 * MINUTE),
        logged("old", now - HOUR),
    ];
    house.insert("messages", &messages).await;
    // Judged anew: it is the same message.
    house.insert("messages", &[again]).await;
    let late = |label: &str, at: i64, count| MeasureRow {
        phone_number_id: "1065".to_owned(),
        window_start: u32::try_from(at.div_euclid(HOUR) * HOUR / SECOND).unwrap(),
        measure: Measure::Late,
        by: By::Window,
        label: label.to_owned(),
        count,
        sum: 0,
        within: Vec::new(),
        buckets: Vec::new(),
        version: 1,
        is_deleted: 0,
    };
    let counted = [
        late("1m", now, 3),
        late("1m", now - 5 * HOUR, 4),
        late("1m", now - 30 * HOUR, 9),
        late("conversation", now, 2),
    ];
    house.insert("measures_1h", &counted).await;
    // A newer state of the first.
    let newer = MeasureRow {
        version: 2,
        ..late("1m", now, 5)
    };
    house.insert("measures_1h", &[newer]).await;
    let complete = u64::try_from(START).unwrap();
    house.complete_shard(complete, 0, 2).await;
    let answer = house.get("/v1/system").await;
    assert_eq!(answer["messages"]["last_minute"], 1);
    assert_eq!(answer["messages"]["last_five_minutes"], 2);
    assert_eq!(
        answer["late"],
        json!([{"window": "1m", "last_day": 9}, {"window": "conversation", "last_day": 2}])
    );
    assert!(table(&answer, "messages")["rows"].as_u64() >= Some(3));
    assert!(table(&answer, "messages")["bytes"].as_u64() > Some(0));
    // One shard of two has nothing yet.
    let sink = &answer["sinks"][0];
    assert_eq!((&sink["sink"], &sink["generation"]), (&json!("clickhouse"), &json!(1)));
    assert_eq!(
        (&sink["complete_through"], &sink["age_seconds"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(sink["shards"][0]["complete_through"], iso(START));
    assert_eq!(sink["shards"][1]["complete_through"], Value::Null);

    house.complete_shard(complete + 60_000, 1, 2).await;
    let answer = house.get("/v1/system").await;
    let sink = &answer["sinks"][0];
    assert_eq!(sink["complete_through"], iso(START));
    let age = sink["age_seconds"].as_f64().unwrap();
    let expected = (now - START) as f64 / 1_000.0;
    assert!((age - expected).abs() < 60.0, "{age}, not {expected}");
    house.stop().await;
}

/// Something that answers every request with the same text.
async fn answers(status: &'static str, text: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = [0; 4_096];
            let read = stream.read(&mut asked).await.unwrap();
            assert!(
                asked[..read].starts_with(b"GET /metrics "),
                "another page was asked for"
            );
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                text.len()
            );
            stream.write_all((head + text).as_bytes()).await.unwrap();
        }
    });
    url
}

async fn asked_of(pipeline_url: String) -> Value {
    let house = House::start_with(Config {
        pipeline_url,
        ..config()
    })
    .await;
    let mut answer = house.get("/v1/system").await;
    house.stop().await;
    answer["pipeline"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_pipeline_says_of_itself_is_passed_on() {
    let page = r#"# HELP pipeline_frontier_age_seconds how long ago
# TYPE pipeline_frontier_age_seconds gauge
pipeline_frontier_age_seconds 1.25
pipeline_lag_records{partition="0"} 3
pipeline_lag_records{partition="1"} 4
pipeline_start_seconds{by="replay"} 2.5
pipeline_operator_seconds_total{worker="0",region="Rows",operator="Judged"} 7
"#;
    let said = asked_of(answers("200 OK", page).await).await;
    assert_eq!(said["reason"], Value::Null);
    let report = &said["reported"];
    assert_eq!(
        (&report["frontier_age_seconds"], &report["lag_records"]),
        (&json!(1.25), &json!(7.0))
    );
    assert_eq!(
        (&report["started_by"], &report["snapshot_bytes"]),
        (&json!("replay"), &Value::Null)
    );
    assert_eq!(
        report["operators"],
        json!([{"region": "Rows", "operator": "Judged", "seconds": 7.0}])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_that_cannot_be_read_costs_its_own_part_of_the_answer_only() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silence = format!("http://{}", silent.local_addr().unwrap());
    for (url, reason) in [
        (nobody, "the pipeline does not answer"),
        (silence, "the pipeline does not answer within 2 s"),
        (answers("503 Busy", "no").await, "the pipeline answers 503"),
        (
            answers("200 OK", "other 1\n").await,
            "what answers at pipeline_url is no pipeline",
        ),
    ] {
        let said = asked_of(url).await;
        assert_eq!((&said["reported"], &said["reason"]), (&Value::Null, &json!(reason)));
    }
    drop(silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_of_another_number_of_shards_is_that_of_those_that_are_written_to() {
    let house = House::start().await;
    let at = u64::try_from(START).unwrap();
    house.complete_shard(at, 0, 1).await;
    let shards = async || {
        house.get("/v1/system").await["sinks"][0]["shards"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(shards().await, 1);
    house
        .execute(
            "INSERT INTO sink_progress (sink, cluster, process, shards, shard, claim, complete_through) \
             VALUES ('clickhouse', 'alone', 0, 3, 0, (2, 'later'), 1)",
        )
        .await;
    eventually("the new shards", async || shards().await == 3).await;
    house.stop().await;
}
