//! Kill anything, several times, under load: what was acknowledged is stored exactly once, and the metrics are
//! what a recomputation from the messages says, to the last digit.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use parlance_schemas::record::Part;
use parlance_traffic::webhook::Line;

use crate::house::{House, PATIENCE};
use crate::reconcile::assert_nothing_differs;

/// Waits until everything that is in the log at this moment is in ClickHouse.
pub(crate) fn wait_until_complete(house: &House) {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        .as_millis();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let through = house
            .command(&[
                "sql",
                "SELECT max(complete_through) FROM sink_progress",
                "--format",
                "TSV",
            ])
            .output();
        let through = String::from_utf8(through.expect("the binary runs").stdout).expect("TSV is text");
        if through.trim().parse::<u128>().is_ok_and(|through| through >= now) {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "complete through {through}, not {now}:\n{}",
            house.everything_logged()
        );
        std::thread::sleep(Duration::from_millis(250));
    }
}

/// Windows whose stored tally differs from one recomputed from the messages, either way.
fn differing_windows(house: &House, table: &str, width: &str) -> String {
    let stored = format!(
        "SELECT phone_number_id, window_start, direction, messages, {} FROM {table} FINAL",
        maps(|name| format!("CAST(by_{name} AS Map(String, UInt64))"))
    );
    let recomputed = format!(
        "SELECT phone_number_id, toDateTime(toStartOfInterval(sent_at, INTERVAL {width}), 'UTC') AS window_start, direction, \
         count() AS messages, {} FROM messages FINAL \
         WHERE logged_at < toStartOfInterval(sent_at, INTERVAL {width}) + INTERVAL {width} + INTERVAL 72 HOUR \
         GROUP BY phone_number_id, window_start, direction",
        maps(|name| format!("CAST(sumMap(map(toString({name}), toUInt64(1))) AS Map(String, UInt64))"))
    );
    house.sql(&format!(
        "SELECT count() FROM (({stored}) EXCEPT ({recomputed}) UNION ALL (({recomputed}) EXCEPT ({stored})))"
    ))
}

fn maps(column: impl Fn(&str) -> String) -> String {
    ["origin", "type", "intent", "sentiment", "urgency", "language"]
        .map(column)
        .join(", ")
}

/// Metrics of every width equal the recomputation, and there are some.
pub(crate) fn assert_metrics_equal_messages(house: &House) {
    for (table, width) in [
        ("metrics_1m", "1 MINUTE"),
        ("metrics_1h", "1 HOUR"),
        ("metrics_1d", "1 DAY"),
    ] {
        assert_ne!(
            house.sql(&format!("SELECT count() FROM {table} FINAL")),
            "0",
            "{table} is empty"
        );
        assert_eq!(
            differing_windows(house, table, width),
            "0",
            "windows of {table} differ from the messages"
        );
    }
}

/// Every update that is stored, under the name the ledger would give it; and how many of each.
fn stored_names(house: &House) -> BTreeMap<String, u64> {
    let mut names = BTreeMap::new();
    let mut count = |name: String| *names.entry(name).or_insert(0) += 1;
    let keyed = [
        "SELECT phone_number_id || ' ' || message_id FROM messages FINAL",
        "SELECT phone_number_id || ' ' || message_id || ' ' || status || ' ' || recipient_id FROM statuses FINAL",
    ];
    for query in keyed {
        house.sql(query).lines().for_each(|line| count(line.to_owned()));
    }
    let raws = "SELECT phone_number_id, raw FROM raw_updates FINAL UNION ALL SELECT phone_number_id, raw FROM account_events FINAL";
    let output = house.parlance(&["sql", raws, "--format", "JSONEachRow"]);
    for line in String::from_utf8(output.stdout).expect("JSON is text").lines() {
        let row: serde_json::Value = serde_json::from_str(line).expect("a JSON row");
        let (number, raw) = (
            row["phone_number_id"].as_str().expect("a text"),
            row["raw"].as_str().expect("a text"),
        );
        let item: serde_json::Value = serde_json::from_str(raw).expect("raw updates are JSON");
        match item["id"].as_str() {
            Some(id) => count(format!("{number} {id}")),
            None => count(
                parlance_schemas::fingerprint::of_json(raw)
                    .expect("raw updates are JSON")
                    .to_string(),
            ),
        }
    }
    names
}

fn name(promised: &Line) -> String {
    match promised.kind {
        _ if promised.id.is_empty() => promised.fingerprint.clone(),
        Part::Status => format!(
            "{} {} {} {}",
            promised.phone_number_id, promised.id, promised.status, promised.recipient
        ),
        _ => format!("{} {}", promised.phone_number_id, promised.id),
    }
}

/// Each line of the ledger must be stored, whatever its kind; no message and no status may be stored twice.
fn assert_ledger_is_stored_once(house: &House, ledger: &str) {
    let stored = stored_names(house);
    let promised: Vec<Line> = ledger
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of the ledger"))
        .collect();
    assert!(
        promised.len() > 1000,
        "the ledger holds only {} updates",
        promised.len()
    );
    let missing: Vec<_> = promised
        .iter()
        .filter(|line| !stored.contains_key(&name(line)))
        .collect();
    let (some, of) = (missing.len(), promised.len());
    assert!(
        missing.is_empty(),
        "{some} of {of} acknowledged updates are missing, e.g. {:?}",
        &missing[..some.min(5)]
    );
    let with_table = promised.iter().filter(|line| {
        matches!(
            line.kind,
            Part::Message | Part::Echo | Part::HistoryMessage | Part::Status
        )
    });
    let twice: Vec<_> = with_table.map(name).filter(|name| stored[name] != 1).take(5).collect();
    assert!(twice.is_empty(), "stored more than once: {twice:?}");
}

/// The busiest businesses promise answers that some customers wait in vain for, and have rules.
fn promise_something(house: &House) {
    let busiest = house.sql("SELECT phone_number_id FROM messages GROUP BY 1 ORDER BY count() DESC, 1 LIMIT 3");
    assert_eq!(busiest.lines().count(), 3, "three have something to do: {busiest}");
    let put = |key: String, value: &[u8]| {
        let file = house.scratch("value.json");
        std::fs::write(&file, value).expect("the scratch folder can be written");
        house.parlance(&["settings", "put", &key, file.to_str().expect("a plain name")]);
    };
    let rules = house.parlance(&["rules", "template"]).stdout;
    for number in busiest.lines() {
        put(
            format!("sla/{number}"),
            br#"{"targets":[{"within":"10s","clock":"calendar"}]}"#,
        );
        put(format!("rules/{number}"), &rules);
    }
}

#[test]
fn whatever_is_killed_every_acknowledged_update_is_stored_exactly_once() {
    let mut house = House::start(&[]);
    let ledger = house.scratch("ledger.jsonl");
    let ledger_name = ledger.to_str().expect("a plain name").to_owned();
    let mut demo = house
        .command(&[
            "demo",
            "--rate",
            "150",
            "--for",
            "85s",
            "--duplicates",
            "3%",
            "--late",
            "5%",
            "--seed",
            "7",
            "--ledger",
            &ledger_name,
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let pause = Duration::from_secs(5);
    std::thread::sleep(2 * pause);
    promise_something(&house);
    for _round in 0..2 {
        for service in ["ingest", "pipeline", "clickhouse", "broker"] {
            std::thread::sleep(pause);
            house.kill(service);
        }
        std::thread::sleep(pause);
        house.kill_everything();
        house.start_again();
    }
    let status = demo.wait().expect("the demo was our child");
    assert!(status.success(), "the demo ended with {status}");
    wait_until_complete(&house);

    let promised = std::fs::read_to_string(&ledger).expect("the demo wrote its ledger");
    assert_ledger_is_stored_once(&house, &promised);
    assert_metrics_equal_messages(&house);
    // By default of the last day: what phones' histories told of the months before is too late for windows.
    assert_nothing_differs(
        &house,
        &[],
        &[
            "conversations",
            "turns",
            "timers",
            "metrics_1m",
            "measures_1m",
            "measures_1h",
            "measures_1d",
        ],
    );
    assert_eq!(
        house.sql("SELECT count() FROM messages FINAL"),
        house.sql("SELECT uniqExact(phone_number_id, message_id) FROM messages")
    );
}
