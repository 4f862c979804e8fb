//! Recorded bodies against a receiver.

use std::path::{Path, PathBuf};

use parlance_schemas::webhook::split;
use parlance_traffic::Error;
use parlance_traffic::replay::load::load;
use parlance_traffic::replay::{self, Replay, join, pack};
use parlance_traffic::sign::AppSecret;
use parlance_traffic::target::Target;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::receiver::Receiver;

fn body(waba: &str, text: &str) -> String {
    format!(
        "{{ \"object\":\"whatsapp_business_account\", \"entry\":[ {{\"id\":\"{waba}\",\"changes\":[{{\"field\":\"messages\",\
         \"value\":{{\"messages\":[{{\"id\":\"wamid.{waba}\",\"text\":{{\"body\":\"{text}\"}}}}]}}}}]}} ]}}\n"
    )
}

/// A folder with two bodies, one that is no webhook, one that is no JSON, and a `.jsonl` of two.
fn recordings(dir: &Path) -> PathBuf {
    std::fs::create_dir_all(dir.join("inner")).unwrap();
    std::fs::write(dir.join("a.json"), body("1", "ß / < % @ 😀")).unwrap();
    std::fs::write(dir.join("inner/b.json"), body("2", "two")).unwrap();
    std::fs::write(dir.join("c.json"), r#"{"object":"page","entry":[1],"more":true}"#).unwrap();
    std::fs::write(
        dir.join("d.jsonl"),
        format!("{}\n{}\n\n", body("3", "three").trim(), body("4", "four").trim()),
    )
    .unwrap();
    std::fs::write(dir.join("notes.txt"), "no body").unwrap();
    dir.to_owned()
}

fn anywhere() -> Target {
    Target::new("http://127.0.0.1:9/".parse().unwrap(), AppSecret::new("s"))
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_arrive_byte_for_byte_and_each_answer_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let folder = recordings(dir.path());
    std::fs::write(folder.join("broken.json"), b"{ \xff not JSON").unwrap();
    let receiver = Receiver::start(|_, body| if body.starts_with(b"{ \xff") { 400 } else { 200 }).await;
    let options = Replay::new(vec![folder.clone()], receiver.target());
    let report = replay::run(options, CancellationToken::new()).await.unwrap();
    assert!(!report.is_ok());
    assert_eq!((report.posts, report.answers.len()), (6, 6), "{report}");
    let broken = &report.answers[&folder.join("broken.json").display().to_string()];
    assert_eq!(broken.get("400"), Some(&1));
    let answered_200 = report
        .answers
        .values()
        .filter(|answers| answers.get("200") == Some(&1))
        .count();
    assert_eq!(answered_200, 5, "{report}");
    let mut arrived: Vec<Vec<u8>> = receiver
        .seen
        .lock()
        .unwrap()
        .posts
        .iter()
        .map(|(body, _)| body.to_vec())
        .collect();
    let mut recorded: Vec<Vec<u8>> = load(&[folder])
        .unwrap()
        .into_iter()
        .map(|recorded| recorded.body)
        .collect();
    arrived.sort();
    recorded.sort();
    assert_eq!(arrived, recorded);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_is_told_for_every_file() {
    let dir = tempfile::tempdir().unwrap();
    let receiver = Receiver::start(|_, _| 200).await;
    let target = receiver.target();
    drop(receiver);
    let options = Replay::new(vec![recordings(dir.path())], target);
    let report = replay::run(options, CancellationToken::new()).await.unwrap();
    assert!(!report.is_ok());
    assert!(
        report
            .answers
            .values()
            .all(|answers| answers.get("cannot connect") == Some(&1)),
        "{report}"
    );
}

#[test]
fn joined_bodies_hold_the_same_updates_and_odd_ones_go_alone() {
    let dir = tempfile::tempdir().unwrap();
    let recorded = load(&[recordings(dir.path())]).unwrap();
    let options = Replay {
        compose: 3,
        times: 3,
        shuffle: true,
        seed: 5,
        ..Replay::new(vec![], anywhere())
    };
    let parcels = pack(&options, &recorded).unwrap();
    assert_eq!(
        parcels,
        pack(&options, &recorded).unwrap(),
        "the order is drawn from the seed"
    );
    let updates = |body: &[u8]| -> Vec<String> {
        let split = split(body, "", 0).unwrap();
        split
            .iter()
            .map(|keyed| format!("{} {}", keyed.key, keyed.update.update))
            .collect()
    };
    let mut sent: Vec<String> = parcels.iter().flat_map(|parcel| updates(&parcel.body)).collect();
    let mut expected: Vec<String> = (0..3)
        .flat_map(|_| &recorded)
        .flat_map(|recorded| updates(&recorded.body))
        .collect();
    sent.sort();
    expected.sort();
    assert_eq!(sent, expected);
    assert_eq!(parcels.iter().map(|parcel| parcel.names.len()).max(), Some(3));
    let odd = parcels.iter().filter(|parcel| parcel.names[0].ends_with("c.json"));
    assert!(odd.clone().count() == 3 && odd.clone().all(|parcel| parcel.names.len() == 1));
    assert!(
        odd.clone()
            .all(|parcel| parcel.body.starts_with(br#"{"object":"page""#))
    );
}

#[test]
fn no_joined_post_is_larger_than_meta_sends() {
    let large = "x".repeat(join::MOST_BYTES / 3);
    let recorded: Vec<_> = ["1", "2", "3", "4", "5"]
        .map(|waba| replay::load::Recorded {
            name: waba.to_owned(),
            body: body(waba, &large).into_bytes(),
        })
        .into();
    let parcels = pack(
        &Replay {
            compose: 100,
            ..Replay::new(vec![], anywhere())
        },
        &recorded,
    )
    .unwrap();
    let sizes: Vec<usize> = parcels.iter().map(|parcel| parcel.names.len()).collect();
    assert_eq!(sizes, [2, 2, 1]);
    assert!(parcels.iter().all(|parcel| parcel.body.len() <= join::MOST_BYTES));
}

#[test]
fn the_escaped_form_says_the_same_and_what_is_no_json_cannot_have_it() {
    let dir = tempfile::tempdir().unwrap();
    let recorded = load(&[recordings(dir.path())]).unwrap();
    let options = Replay {
        escape: true,
        ..Replay::new(vec![], anywhere())
    };
    let parcels = pack(&options, &recorded).unwrap();
    for (parcel, recorded) in parcels.iter().zip(&recorded) {
        let value = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
        assert_eq!(value(&parcel.body), value(&recorded.body));
        assert!(parcel.body.is_ascii());
    }
    let broken = replay::load::Recorded {
        name: "broken".to_owned(),
        body: b"{".to_vec(),
    };
    let error = pack(&options, &[broken]).unwrap_err();
    assert!(
        matches!(&error, Error::Body { name, .. } if name == "broken"),
        "{error}"
    );
}

#[test]
fn a_missing_file_is_named() {
    let error = load(&["no/such/file.json".into()]).unwrap_err().to_string();
    assert!(error.starts_with("no/such/file.json: "), "{error}");
}

/// The recorded payloads of other projects, when they are at hand: every one can be joined and escaped losslessly.
#[test]
fn real_recordings_join_and_escape_without_loss() {
    let shared = std::env::var_os("PARLANCE_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let payloads = shared.join("payloads");
    if !payloads.is_dir() {
        eprintln!("skipped: no recorded payloads at {}", payloads.display());
        return;
    }
    let folders = std::fs::read_dir(&payloads).unwrap().map(|entry| entry.unwrap().path());
    let folders: Vec<PathBuf> = folders.filter(|path| path.is_dir()).collect();
    let recorded = load(&folders).unwrap();
    let count = |body: &[u8]| split(body, "", 0).unwrap().len();
    let expected: usize = recorded.iter().map(|recorded| count(&recorded.body)).sum();
    for compose in [1, 2, 50, 1_000] {
        let options = Replay {
            compose,
            escape: true,
            ..Replay::new(vec![], anywhere())
        };
        let parcels = pack(&options, &recorded).unwrap();
        assert_eq!(
            parcels.iter().map(|parcel| count(&parcel.body)).sum::<usize>(),
            expected,
            "{compose}"
        );
    }
}
