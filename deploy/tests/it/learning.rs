//! The learning loop on the whole product: a business whose customers speak its own language corrects some messages, learns
//! from that, and its next messages are labelled better, while nobody else's are touched.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use parlance_analysis::train::samples::{Sample, corpus};

use crate::house::{House, PATIENCE};

/// Corrections that are made.
const CORRECTED: usize = 300;
/// Messages of one webhook.
const TOGETHER: usize = 50;
/// A climbing hall, and somebody else who is written to in the same words.
const HALL: &str = "106540352242922";
const OTHER: &str = "106540352242933";

/// What customers of a climbing hall write, each with the labels it should have.
fn said() -> Vec<Sample> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipeline/analysis/tests/climbing");
    let mut said = corpus(&folder).expect("the fixture can be read");
    // In an order that mixes its languages and labels.
    said.sort_by_key(|sample| parlance_schemas::fingerprint::identity("order", &[&sample.text]).0);
    said
}

/// Sends each text as a message of a customer of its own; the ids are `PREFIX-0`, `PREFIX-1`, …
fn send(house: &House, number: &str, prefix: &str, texts: &[&str]) {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("it is after 1970")
        .as_secs();
    for (chunk, some) in texts.chunks(TOGETHER).enumerate() {
        let messages: Vec<_> = (chunk * TOGETHER..)
            .zip(some)
            .map(|(place, text)| {
                serde_json::json!({
                    "id": format!("{prefix}-{place}"), "from": format!("49151{prefix:0>3}{place:0>4}"),
                    "timestamp": now.to_string(), "type": "text", "text": {"body": text}
                })
            })
            .collect();
        let body = serde_json::json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{
        "field": "messages", "value": {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "4930901820", "phone_number_id": number},
            "messages": messages
        }}]}]});
        assert_eq!(house.post(body.to_string().as_bytes()), 200);
    }
    let count = format!(
        "SELECT uniqExact(message_id) FROM messages WHERE phone_number_id = '{number}' AND startsWith(message_id, '{prefix}-')"
    );
    house.wait_for_sql(&count, &texts.len().to_string());
}

/// The intents of an integration's messages by id, of those whose id begins so.
fn intents(house: &House, number: &str, prefix: &str) -> BTreeMap<String, String> {
    let rows = house.sql(&format!(
        "SELECT message_id, intent FROM messages FINAL \
         WHERE phone_number_id = '{number}' AND startsWith(message_id, '{prefix}-')"
    ));
    let rows = rows.lines().filter_map(|line| line.split_once('\t'));
    rows.map(|(id, intent)| (id.to_owned(), intent.to_owned())).collect()
}

/// The share of intents that are right, 0 to 1.
fn accuracy(found: &BTreeMap<String, String>, prefix: &str, wanted: &[Sample]) -> f64 {
    let right = wanted.iter().enumerate().filter(|(place, sample)| {
        let found = found.get(&format!("{prefix}-{place}"));
        found.map(String::as_str) == sample.intent.map(|intent| intent.as_str())
    });
    right.count() as f64 / wanted.len() as f64
}

/// Everything that is stored of an integration, as one number.
fn fingerprint(house: &House, number: &str) -> String {
    house.sql(&format!(
        "SELECT (SELECT groupBitXor(cityHash64(*)) FROM messages FINAL WHERE phone_number_id = '{number}'), \
                (SELECT groupBitXor(cityHash64(*)) FROM metrics_1m FINAL WHERE phone_number_id = '{number}')"
    ))
}

#[test]
fn three_hundred_corrections_teach_a_business_its_own_words_and_nobody_elses_rows_change() {
    let said = said();
    let (corrected, rest) = said.split_at(CORRECTED);
    let texts = |samples: &[Sample]| samples.iter().map(|sample| sample.text.clone()).collect::<Vec<_>>();
    let (corrected_texts, rest_texts) = (texts(corrected), texts(rest));
    let corrected_texts: Vec<&str> = corrected_texts.iter().map(String::as_str).collect();
    let rest_texts: Vec<&str> = rest_texts.iter().map(String::as_str).collect();
    assert!(rest.len() >= 600, "{} messages are left to measure on", rest.len());

    let house = House::start(&[]);
    send(&house, HALL, "1", &corrected_texts);
    send(&house, HALL, "2", &rest_texts);
    send(&house, OTHER, "3", &rest_texts);
    let before = accuracy(&intents(&house, HALL, "2"), "2", rest);

    let file = house.scratch("corrections.jsonl");
    let lines: Vec<String> = corrected
        .iter()
        .enumerate()
        .map(|(place, sample)| {
            let labels = (sample.intent, sample.sentiment, sample.urgency);
            serde_json::json!({
                "phone_number_id": HALL, "message_id": format!("1-{place}"),
                "intent": labels.0, "sentiment": labels.1, "urgency": labels.2
            })
            .to_string()
        })
        .collect();
    std::fs::write(&file, lines.join("\n")).expect("the folder is ours");
    house.parlance(&["correct", file.to_str().expect("a path of ours"), "--author", "ana"]);
    house.wait_for_sql(
        &format!("SELECT count() FROM messages FINAL WHERE phone_number_id = '{HALL}' AND intent_by = 'person'"),
        &CORRECTED.to_string(),
    );
    house.wait_for_sql(
        "SELECT count() FROM verdicts FINAL WHERE author = 'ana'",
        &CORRECTED.to_string(),
    );
    let stored = intents(&house, HALL, "1");
    assert!(
        (accuracy(&stored, "1", corrected) - 1.0).abs() < 1e-9,
        "every correction is in its row"
    );
    let windows = "SELECT intent, sum(count) FROM (SELECT arrayJoin(by_intent) AS pair, pair.1 AS intent, pair.2 AS count \
                   FROM metrics_1m FINAL) GROUP BY intent ORDER BY intent";
    let messages = "SELECT intent, count() FROM messages FINAL GROUP BY intent ORDER BY intent";
    assert_eq!(
        house.sql(windows),
        house.sql(messages),
        "windows count what the rows say"
    );

    let others = fingerprint(&house, OTHER);
    let trained = house.parlance(&["train", "--integration", HALL]);
    let printed = String::from_utf8_lossy(&trained.stdout).into_owned();
    assert!(printed.contains("published"), "{printed}");

    // A setting comes into force at a place in the log: once a message shows that, all that follow have it.
    let deadline = Instant::now() + PATIENCE;
    for probe in 10.. {
        send(&house, HALL, &probe.to_string(), &["Is my tag at the desk?"]);
        let analyser = house.sql(&format!(
            "SELECT DISTINCT analyser FROM messages FINAL WHERE phone_number_id = '{HALL}' AND message_id = '{probe}-0'"
        ));
        if analyser.contains(HALL) {
            break;
        }
        assert!(Instant::now() < deadline, "{analyser} labels on:\n{printed}");
        std::thread::sleep(Duration::from_millis(500));
    }
    send(&house, HALL, "4", &rest_texts);
    let after = accuracy(&intents(&house, HALL, "4"), "4", rest);
    println!(
        "accuracy of intent: {:.1} % before, {:.1} % after",
        100.0 * before,
        100.0 * after
    );
    assert!(after >= before + 0.15, "{before} before, {after} after\n{printed}");

    assert_eq!(fingerprint(&house, OTHER), others, "nothing of the other changed");
    send(&house, OTHER, "5", &rest_texts);
    let (old, new) = (intents(&house, OTHER, "3"), intents(&house, OTHER, "5"));
    // Ids of equal length differ in their first letter only, so both are in the same order.
    assert!(old.values().eq(new.values()), "and it is labelled as before");
}
