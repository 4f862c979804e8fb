//! Webhooks that others recorded, with an oracle's counts beside them. They are not part of the project; without them
//! these tests say so and pass.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::counts::{Counts, says};
use crate::meta_form::meta_form;

/// A line of `expected.jsonl`.
#[derive(Deserialize)]
struct Expected {
    file: String,
    entries: usize,
    changes: usize,
    messages: usize,
    statuses: usize,
    calls: usize,
    echoes: usize,
    value_errors: usize,
    msg_errors: usize,
    status_errors: usize,
    contacts: usize,
    history_messages: usize,
    fields: Vec<String>,
    ids: Vec<String>,
    phone_number_ids: Vec<String>,
}

struct Recorded {
    file: String,
    body: String,
    expected: Counts,
}

fn recorded() -> Option<Vec<Recorded>> {
    let shared = std::env::var_os("PARLANCE_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")),
        PathBuf::from,
    );
    let folder = shared.join("payloads");
    let Ok(lines) = std::fs::read_to_string(folder.join("expected.jsonl")) else {
        println!(
            "skipped: no recorded webhooks in {} (set PARLANCE_SHARED)",
            folder.display()
        );
        return None;
    };
    let read = |line: &str| {
        let it: Expected = serde_json::from_str(line).expect("the oracle is JSON lines");
        let body = std::fs::read_to_string(folder.join(&it.file)).expect(&it.file);
        let expected = Counts {
            entries: it.entries,
            changes: it.changes,
            messages: it.messages,
            statuses: it.statuses,
            calls: it.calls,
            echoes: it.echoes,
            value_errors: it.value_errors,
            msg_errors: it.msg_errors,
            status_errors: it.status_errors,
            contacts: it.contacts,
            history_messages: it.history_messages,
            fields: it.fields,
            ids: it.ids,
            phone_number_ids: it.phone_number_ids,
        };
        Recorded {
            file: it.file,
            body,
            expected: expected.sorted(),
        }
    };
    Some(lines.lines().map(read).collect())
}

#[test]
fn every_recorded_webhook_counts_as_the_oracle_says_in_both_forms() {
    let Some(recorded) = recorded() else { return };
    assert!(recorded.len() >= 140, "the whole set: {}", recorded.len());
    for Recorded { file, body, expected } in &recorded {
        assert_eq!(Counts::of(body), *expected, "{file}");
        let meta = meta_form(body);
        assert_eq!(Counts::of(&meta), *expected, "{file} in Meta's form");
        assert_eq!(says(body), says(&meta), "{file}");
    }
}

#[derive(Deserialize)]
struct Entries<'a> {
    #[serde(borrow)]
    entry: Vec<&'a RawValue>,
}

#[test]
fn bodies_composed_into_one_post_count_as_their_sum() {
    let Some(recorded) = recorded() else { return };
    let mut state = 20_261_122_u64;
    let mut next = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for size in [2, 3, 10, 50, 333, 1000] {
        let mut expected = Counts::default();
        let mut entries = Vec::new();
        for _ in 0..size {
            let chosen = &recorded[next(recorded.len())];
            let body: Entries<'_> = serde_json::from_str(&chosen.body).expect(&chosen.file);
            entries.extend(body.entry.iter().map(|entry| entry.get()));
            expected = expected.plus(&chosen.expected);
        }
        for index in (1..entries.len()).rev() {
            entries.swap(index, next(index + 1));
        }
        let body = format!(
            r#"{{"object":"whatsapp_business_account","entry":[{}]}}"#,
            entries.join(",")
        );
        assert_eq!(Counts::of(&body), expected, "{size} bodies in one");
        assert_eq!(
            Counts::of(&meta_form(&body)),
            expected,
            "{size} bodies in one, in Meta's form"
        );
    }
}
