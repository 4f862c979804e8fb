//! `parlance analyse` and `parlance train`, as somebody types them.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn parlance(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_parlance"))
        .args(args)
        .env_remove("PARLANCE_SHARED")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    stdin.write_all(input.as_bytes()).expect("it reads its input");
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

fn lines(output: &Output) -> Vec<Value> {
    let text = std::str::from_utf8(&output.stdout).expect("JSON is UTF-8");
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("each line is JSON"))
        .collect()
}

#[test]
fn each_line_becomes_one_object() {
    let output = parlance(
        &["analyse", "--region", "DE"],
        "where is my order #48213?\n\n{\"text\": \"bis morgen um 18 Uhr\", \"timestamp\": \"1763800000\", \"region\": \"DE\"}\n",
    );
    assert!(output.status.success());
    let said = lines(&output);
    assert_eq!(said.len(), 2, "empty lines are nothing");
    assert_eq!(said[0]["intent"]["label"], "order_inquiry");
    assert_eq!(said[0]["entities"][0]["value"], "48213");
    assert!(!said[0]["signals"].as_array().expect("a list").is_empty());
    assert!(!said[0]["replies"].as_array().expect("a list").is_empty());
    let scores = said[0]["intent"]["scores"].as_object().expect("an object");
    assert_eq!(scores.len(), 9);
    let sum: f64 = scores.values().filter_map(Value::as_f64).sum();
    assert!((sum - 1.0).abs() < 1e-3, "{sum}");
    assert_eq!(said[1]["language"]["label"], "de");
    assert_eq!(said[1]["entities"][0]["value"], "2025-11-23T18:00:00");
}

#[test]
fn a_bad_line_is_named_and_harms_no_other() {
    let output = parlance(
        &["analyse"],
        "hello\n{\"txt\": \"no text\"}\n{\"text\": \"bye\", \"region\": \"Mars\"}\nthanks\n",
    );
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(lines(&output).len(), 2);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("-:2:") && errors.contains("text"), "{errors}");
    assert!(errors.contains("-:3: region"), "{errors}");
}

#[test]
fn a_line_without_end_is_refused_once_and_the_next_is_read() {
    let output = parlance(&["analyse"], &format!("{}\nthanks\n", "a b ".repeat(1_000_000)));
    assert_eq!(output.status.code(), Some(1));
    let said = lines(&output);
    assert_eq!((said.len(), &said[0]["text"]), (1, &Value::from("thanks")));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "-:1: longer than 1048576 bytes\n"
    );
}

#[test]
fn labelled_lines_are_scored() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine.jsonl");
    let rows = [
        ("where is my parcel", "order_inquiry", "en"),
        ("quanto costa?", "lead_inquiry", "it"),
    ];
    let rows =
        rows.map(|(text, label, lang)| format!("{{\"text\":\"{text}\",\"label\":\"{label}\",\"lang\":\"{lang}\"}}\n"));
    fs::write(&path, rows.concat() + "\n").expect("a file");
    let path = path.to_str().expect("a path in UTF-8");
    let output = parlance(&["analyse", "--eval", "--task", "intent", path], "");
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(table.contains("| intent | all | 2 | 100.0 | 100.0 |"), "{table}");
    assert!(table.contains("| intent | it | 1 |"), "{table}");

    let output = parlance(&["analyse", "--eval", "--task", "urgency", path], "");
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        errors.contains("mine.jsonl:1") && errors.contains("order_inquiry"),
        "{errors}"
    );
}

#[test]
fn what_was_trained_can_be_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let corpus = folder.path().join("corpus/en");
    fs::create_dir_all(&corpus).expect("a folder");
    let text = "[order_inquiry neutral low]\nflurb one\nflurb two\n[spam neutral low]\nzonk one\nzonk two\n";
    fs::write(corpus.join("a-01.txt"), text).expect("a file");
    let at = |name: &str| folder.path().join(name).to_str().expect("a path in UTF-8").to_owned();
    let (weights, card) = (at("w.bin"), at("card.md"));
    let output = parlance(
        &[
            "train",
            "--corpus",
            &at("corpus"),
            "--weights",
            &weights,
            "--card",
            &card,
            "--rows-log2",
            "12",
        ],
        "",
    );
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(Path::new(&card).is_file());
    let said = lines(&parlance(&["analyse", "--weights", &weights], "zonk\nflurb\n"));
    assert_eq!(said[0]["intent"]["label"], "spam");
    assert_eq!(said[1]["intent"]["label"], "order_inquiry");

    let output = parlance(&["analyse", "--weights", &card], "zonk\n");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("not a file of weights"));
}
