//! Real webhooks, through the front door: what is stored adds up to what was sent, however it was packed.
//!
//! The recorded bodies and their oracle are shared between projects and not part of this one; without them
//! these tests say so and pass.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::house::House;

/// One line of the oracle: what a body holds.
#[derive(serde::Deserialize)]
struct Expected {
    file: String,
    messages: usize,
    statuses: usize,
    echoes: usize,
    history_messages: usize,
    value_errors: usize,
}

struct Recorded {
    file: String,
    body: Value,
}

fn recorded() -> Option<(Vec<Recorded>, Vec<Expected>)> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let shared = std::env::var_os("PARLANCE_SHARED")
        .map_or(beside, PathBuf::from)
        .join("payloads");
    let Ok(oracle) = std::fs::read_to_string(shared.join("expected.jsonl")) else {
        eprintln!("skipped: no recorded webhooks at {}", shared.display());
        return None;
    };
    let expected: Vec<Expected> = oracle
        .lines()
        .map(|line| serde_json::from_str(line).expect("an oracle line"))
        .collect();
    let bodies = expected.iter().map(|expected| {
        let bytes = std::fs::read(shared.join(&expected.file)).expect("the oracle names files that are there");
        Recorded {
            file: expected.file.clone(),
            body: serde_json::from_slice(&bytes).expect("recorded bodies are JSON"),
        }
    });
    Some((bodies.collect(), expected))
}

/// The same JSON as Meta puts it on the wire: everything outside ASCII, and `/ < % @`, escaped.
fn as_meta_escapes(body: &Value) -> Vec<u8> {
    let mut text = String::new();
    for character in body.to_string().chars() {
        match character {
            '/' => text.push_str("\\/"),
            '<' | '%' | '@' => text += &format!("\\u{:04X}", character as u32),
            ascii if ascii.is_ascii() => text.push(ascii),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    text += &format!("\\u{unit:04x}");
                }
            }
        }
    }
    text.into_bytes()
}

/// Every update of every table, by kind: what must add up, whatever shares an id.
fn stored(house: &House) -> String {
    house.sql(
        "SELECT \
           (SELECT count() FROM messages FINAL WHERE origin = 'live') \
             + (SELECT count() FROM raw_updates FINAL WHERE part = 'message'), \
           (SELECT count() FROM messages FINAL WHERE origin = 'phone_app') \
             + (SELECT count() FROM raw_updates FINAL WHERE part = 'echo'), \
           (SELECT count() FROM messages FINAL WHERE origin = 'history') \
             + (SELECT count() FROM raw_updates FINAL WHERE part = 'history_message'), \
           (SELECT count() FROM statuses FINAL) + (SELECT count() FROM raw_updates FINAL WHERE part = 'status'), \
           (SELECT count() FROM account_events FINAL WHERE field IN ('messages', 'calls'))",
    )
}

#[test]
fn every_recorded_body_in_both_byte_forms_adds_up_to_the_oracle() {
    let Some((bodies, expected)) = recorded() else { return };
    let house = House::start(&[]);
    for recorded in &bodies {
        assert_eq!(
            house.post(recorded.body.to_string().as_bytes()),
            200,
            "{}",
            recorded.file
        );
        assert_eq!(
            house.post(&as_meta_escapes(&recorded.body)),
            200,
            "{} escaped",
            recorded.file
        );
    }
    let sum = |of: fn(&Expected) -> usize| expected.iter().map(of).sum::<usize>();
    // Copies of one update in several files are stored once; the oracle's totals are reduced by them.
    let mut distinct = BTreeSet::new();
    let mut copies = [0usize; 5];
    for recorded in &bodies {
        for (kind, item) in items(&recorded.body) {
            if !distinct.insert((kind, item)) {
                copies[kind] += 1;
            }
        }
    }
    let wanted = [
        sum(|e| e.messages) - copies[0],
        sum(|e| e.echoes) - copies[1],
        sum(|e| e.history_messages) - copies[2],
        sum(|e| e.statuses) - copies[3],
        sum(|e| e.value_errors) - copies[4],
    ];
    assert!(
        wanted[0] > 60 && wanted[3] > 15,
        "the recorded set is smaller than it was: {wanted:?}"
    );
    let wanted: Vec<_> = wanted.iter().map(ToString::to_string).collect();
    // What is counted is complete when the last body's update is: the log keeps its order per partition only,
    // so the wait is for the sum itself.
    for (column, wanted) in wanted.iter().enumerate() {
        wait_for_column(&house, column, wanted);
    }
    assert_eq!(
        house.sql("SELECT count() FROM raw_updates FINAL WHERE field = 'invalid_field'"),
        "1"
    );
    assert_eq!(
        house.sql("SELECT count() FROM raw_updates FINAL WHERE reason = 'unreadable'"),
        "0"
    );
}

fn wait_for_column(house: &House, column: usize, wanted: &str) {
    let deadline = std::time::Instant::now() + crate::house::PATIENCE;
    loop {
        let answer = stored(house);
        if answer.split('\t').nth(column) == Some(wanted) {
            return;
        }
        assert!(
            std::time::Instant::now() < deadline,
            "column {column} of {answer} is not {wanted}; raw: {}",
            house.sql("SELECT part, reason, count() FROM raw_updates FINAL GROUP BY ALL ORDER BY ALL")
        );
        std::thread::sleep(std::time::Duration::from_millis(250));
    }
}

/// (kind, identity and content) of each item of a body; kinds as the columns of [`stored`].
fn items(body: &Value) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    for entry in list(body, "entry") {
        for change in list(&entry, "changes") {
            let value = &change["value"];
            let number = &value["metadata"]["phone_number_id"];
            for (kind, key) in [(0, "messages"), (1, "message_echoes"), (3, "statuses")] {
                found.extend(list(value, key).iter().map(|item| (kind, format!("{number} {item}"))));
            }
            let account = format!("{} {} {number}", entry["id"], entry["time"]);
            found.extend(
                list(value, "errors")
                    .iter()
                    .map(|item| (4, format!("{account} {} {item}", change["field"]))),
            );
        }
    }
    found
}

/// Gives every id of a body a suffix of its own: some recorded bodies share placeholder ids.
fn with_own_ids(value: &mut Value, suffix: usize) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| with_own_ids(item, suffix)),
        Value::Object(fields) => {
            for (key, field) in fields.iter_mut() {
                match field {
                    Value::String(id) if key == "id" => *id = format!("{id}.{suffix}"),
                    _ => with_own_ids(field, suffix),
                }
            }
        }
        _ => {}
    }
}

/// The tables without what depends on when the POST arrived.
fn tables(house: &House) -> Vec<String> {
    let dump = |table: &str, but: &str, when: &str| {
        house.sql(&format!(
            "SELECT * EXCEPT ({but}) REPLACE ({when}) FROM {table} FINAL WHERE true ORDER BY ALL"
        ))
    };
    vec![
        dump(
            "messages",
            "received_at, logged_at, version, raw",
            "if(time_source = 'meta', sent_at, toDateTime64(0, 3)) AS sent_at",
        ),
        dump(
            "statuses",
            "received_at, logged_at, version, raw, occurred_at",
            "kind AS kind",
        ),
        dump(
            "account_events",
            "received_at, logged_at, version, raw, occurred_at",
            "field AS field",
        ),
        dump(
            "raw_updates",
            "received_at, logged_at, version, raw, occurred_at",
            "field AS field",
        ),
    ]
}

#[test]
fn however_the_bodies_are_packed_doubled_and_shuffled_the_tables_are_the_same() {
    let Some((bodies, _)) = recorded() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for (number, recorded) in bodies.iter().enumerate() {
        let mut body = recorded.body.clone();
        with_own_ids(&mut body, number);
        std::fs::write(folder.path().join(format!("{number:03}.json")), body.to_string()).expect("the folder is ours");
    }
    let folder = folder.path().to_str().expect("temporary folders have plain names");
    let packings: [&[&str]; 3] = [
        &[],
        &["--compose", "7", "--times", "3", "--shuffle", "--seed", "5"],
        &[
            "--compose",
            "1000",
            "--times",
            "3",
            "--shuffle",
            "--seed",
            "9",
            "--escape",
        ],
    ];
    let mut first: Option<Vec<String>> = None;
    for packing in packings {
        let house = House::start(&[]);
        let arguments: Vec<&str> = ["replay", folder].into_iter().chain(packing.iter().copied()).collect();
        house.parlance(&arguments);
        let last = first
            .as_ref()
            .map(|tables| tables.iter().map(|table| table.lines().count()).sum::<usize>());
        let rows = "SELECT (SELECT count() FROM messages FINAL) + (SELECT count() FROM statuses FINAL) \
                    + (SELECT count() FROM account_events FINAL) + (SELECT count() FROM raw_updates FINAL)";
        match last {
            Some(rows_before) => house.wait_for_sql(rows, &rows_before.to_string()),
            None => crate::effectively_once::wait_until_complete(&house),
        }
        crate::effectively_once::wait_until_complete(&house);
        let tables = tables(&house);
        assert!(
            tables.iter().all(|table| !table.is_empty()),
            "an empty table: {packing:?}"
        );
        match &first {
            None => first = Some(tables),
            Some(first) => {
                for (one, other) in first.iter().zip(&tables) {
                    let (one, other): (BTreeSet<_>, BTreeSet<_>) = (one.lines().collect(), other.lines().collect());
                    let differing: Vec<_> = one.symmetric_difference(&other).take(4).collect();
                    assert!(differing.is_empty(), "{packing:?}: {differing:#?}");
                }
            }
        }
    }
}
