//! Recorded webhooks of other projects, in both spellings Meta might send them in.

use std::path::{Path, PathBuf};

use parlance_schemas::record::Record;

use crate::door::open;
use crate::topic::stored;

fn payloads() -> Vec<(PathBuf, String)> {
    let shared = std::env::var_os("PARLANCE_SHARED").map(PathBuf::from);
    let shared = shared.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"));
    let Ok(index) = std::fs::read_to_string(shared.join("payloads/index.tsv")) else {
        return Vec::new();
    };
    let files = index.lines().skip(1).filter_map(|line| line.split('\t').next());
    files
        .map(|file| shared.join("payloads").join(file))
        .map(|path| (path.clone(), std::fs::read_to_string(&path).unwrap()))
        .collect()
}

/// The same JSON as Meta spells it: everything beyond ASCII and some of it escaped.
fn like_meta(json: &str) -> String {
    let mut escaped = String::new();
    for c in json.chars() {
        match c {
            '<' | '%' | '@' => escaped.push_str(&format!("\\u{:04X}", u32::from(c))),
            c if c.is_ascii() => escaped.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    escaped.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    escaped
}

#[tokio::test]
async fn recorded_webhooks_are_accepted_in_both_spellings_and_stored_update_by_update() {
    let payloads = payloads();
    if payloads.is_empty() {
        eprintln!("skipped: no recorded webhooks, PARLANCE_SHARED does not name their folder");
        return;
    }
    let door = open(|_| {}).await;
    let mut expected = 0;
    for (path, plain) in &payloads {
        let plain = plain.clone();
        for body in [like_meta(&plain), plain] {
            let answer = door.post(body.as_bytes()).await;
            assert_eq!(answer.status, 200, "{}: {answer:?}", path.display());
            expected += parlance_schemas::webhook::split(body.as_bytes(), "post", 0)
                .unwrap()
                .len();
        }
    }
    let records = stored(&door.kafka, "events").await;
    assert_eq!(records.len(), expected);
    for record in &records {
        assert!(
            matches!(Record::from_json(&record.payload), Ok(Record::Update(_))),
            "{record:?}"
        );
    }
    assert!(stored(&door.kafka, "ingest.dead").await.is_empty());
    door.close().await.unwrap();
}
