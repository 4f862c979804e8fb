//! `parlance settings` beside a running house: what is put is found, what is wrong is told and not written.

use std::io::Write as _;
use std::process::{Output, Stdio};

use crate::house::{House, parlance};

const PATTERNS: &str = r#"{"patterns":[
  {"id":"seal","words":["broken seal"],"force":{"intent":"complaint"}},
  {"id":"recall","regex":"recall(ed)?","nudge":{"urgency":"high"},"strength":3}
]}"#;

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("it prints text")
}

fn stdout(house: &House, arguments: &[&str]) -> String {
    text(&house.parlance(arguments).stdout)
}

fn with_input(house: &House, arguments: &[&str], input: &str) -> Output {
    let mut command = house.command(arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary runs");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(input.as_bytes()).expect("it reads its input");
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

#[test]
fn settings_are_put_listed_read_back_and_taken_back() {
    let house = House::start(&[]);
    assert_eq!(
        stdout(&house, &["settings", "list"]).lines().count(),
        1,
        "only the head"
    );

    let file = house.scratch("patterns.json");
    std::fs::write(&file, format!("\n{PATTERNS}\n")).expect("the folder is ours");
    let file = file.to_str().expect("a plain name");
    let said = stdout(&house, &["settings", "put", "patterns/700100", file]);
    assert_eq!(said, "patterns/700100 is set, at offset 0\n");
    let put = with_input(
        &house,
        &["settings", "put", "integration/700100", "-"],
        r#"{"time_zone":"Europe/Berlin"}"#,
    );
    assert!(put.status.success(), "{}", text(&put.stderr));

    let listed = stdout(&house, &["settings", "list"]);
    let rows: Vec<Vec<&str>> = listed.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["KEY", "OFFSET", "TIME", "BYTES"]);
    assert_eq!([rows[1][0], rows[1][1], rows[1][3]], ["integration/700100", "1", "29"]);
    let bytes = PATTERNS.len().to_string();
    assert_eq!(
        [rows[2][0], rows[2][1], rows[2][3]],
        ["patterns/700100", "0", bytes.as_str()]
    );
    assert!(rows[2][2].starts_with("20") && rows[2][2].ends_with('Z'), "{listed}");

    assert_eq!(
        stdout(&house, &["settings", "get", "patterns/700100"]),
        format!("{PATTERNS}\n")
    );
    let said = stdout(&house, &["settings", "remove", "patterns/700100"]);
    assert_eq!(said, "patterns/700100 is taken back, at offset 2\n");
    let said = stdout(&house, &["settings", "remove", "patterns/700100"]);
    assert_eq!(said, "patterns/700100 is not set\n");
    let gone = house.command(&["settings", "get", "patterns/700100"]).output();
    let gone = gone.expect("the binary runs");
    assert_eq!(gone.status.code(), Some(1));
    assert!(text(&gone.stderr).contains("patterns/700100 is not set"));

    let wrong = PATTERNS.replace("recall\"", "seal\"");
    let refused = with_input(&house, &["settings", "put", "patterns/700100"], &wrong);
    assert_eq!(refused.status.code(), Some(1));
    let said = text(&refused.stderr);
    assert!(
        said.contains("patterns[1].id: ") && said.contains("nothing was written"),
        "{said}"
    );
    assert_eq!(stdout(&house, &["settings", "list"]).lines().count(), 2, "{said}");
}

#[test]
fn a_value_is_checked_without_any_server() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let check = |key: &str, value: &str| {
        let file = folder.path().join("value.json");
        std::fs::write(&file, value).expect("the folder is ours");
        let mut command = parlance();
        command.env("PARLANCE_DATA", folder.path());
        let output = command.args(["settings", "check", key]).arg(&file).output();
        output.expect("the binary runs")
    };
    assert!(check("patterns/1", PATTERNS).status.success());
    for (key, value, place) in [
        ("integration/1", r#"{"time_zone":"Europe/Atlantis"}"#, "time_zone: "),
        ("integration/1", r#"{"timezone":"UTC"}"#, "timezone: unknown field"),
        ("opinion/1", r#"{"below":7}"#, "below: "),
        ("model/1", "[", "line 1, column 1: "),
        ("patterns/1", "{\n\"patterns\": nothing}", "line 2, column 14: "),
    ] {
        let output = check(key, value);
        assert_eq!(output.status.code(), Some(1), "{key} {value}");
        let said = text(&output.stderr);
        assert!(said.starts_with(place), "{key} {value}: {said}");
    }
    let output = check("colours/1", "{}");
    assert_eq!(
        output.status.code(),
        Some(2),
        "a key that is none is a wrong command line"
    );
    assert!(text(&output.stderr).contains("is not the key of a setting"));
}

#[test]
fn rules_to_start_from_are_printed_and_sound() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let print = |what: &str| parlance().args(["rules", what]).output().expect("the binary runs");
    let template = print("template");
    assert!(template.status.success());
    let file = folder.path().join("rules.json");
    std::fs::write(&file, &template.stdout).expect("the folder is ours");
    let mut check = parlance();
    check.env("PARLANCE_DATA", folder.path());
    let checked = check.args(["settings", "check", "rules/1"]).arg(&file).output();
    let checked = checked.expect("the binary runs");
    assert!(checked.status.success(), "{}", text(&checked.stderr));
    let schema = print("schema").stdout;
    let schema: serde_json::Value = serde_json::from_slice(&schema).expect("it prints JSON");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
}
