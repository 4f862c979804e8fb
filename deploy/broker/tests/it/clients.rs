//! Standard clients other than librdkafka-in-Rust read the embedded broker: kcat and kafka-python.
//!
//! They run when installed; with `PARLANCE_REQUIRE_CLIENTS=1` they must be. `PARLANCE_PYTHON` names a Python that has
//! kafka-python (default `python3`).

use std::process::{Command, Output};

use parlance_broker::testing::Broker;

use crate::client::*;

const PYTHON: &str = include_str!("clients.py");

#[test]
fn kcat_reads_and_writes() {
    if !installed("kcat", &["-V"]) {
        return;
    }
    let broker = Broker::start();
    let (brokers, topic) = (broker.brokers(), broker.topic("kcat"));
    create(&brokers, &topic, 2, &[]);
    let mut producer = Producer::new(&brokers, &[("compression.type", "lz4")]);
    for number in 0..100 {
        let key = format!("k{number}");
        producer.send(
            &topic,
            Send {
                partition: number % 2,
                key: Some(key.as_bytes()),
                value: Some(b"v"),
                ..Send::default()
            },
        );
    }
    producer.acknowledged();

    let listed = run(Command::new("kcat").args(["-b", &brokers, "-L"]));
    assert!(
        listed.contains(&format!("topic \"{topic}\" with 2 partitions")),
        "{listed}"
    );
    let read = run(Command::new("kcat").args(["-b", &brokers, "-C", "-e", "-q", "-K", ":", "-t", &topic]));
    let mut lines: Vec<_> = read.lines().collect();
    lines.sort_unstable();
    let mut expected: Vec<_> = (0..100).map(|number| format!("k{number}:v")).collect();
    expected.sort_unstable();
    assert_eq!(lines, expected);

    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "from-kcat:hello\n").unwrap();
    let path = file.path().to_str().unwrap();
    run(Command::new("kcat").args([
        "-b", &brokers, "-P", "-K", ":", "-l", "-z", "snappy", "-t", &topic, path,
    ]));
    let group = run(Command::new("kcat").args([
        "-b",
        &brokers,
        "-e",
        "-q",
        "-K",
        ":",
        "-X",
        "auto.offset.reset=earliest",
        "-G",
        &broker.topic("kcats"),
        &topic,
    ]));
    assert_eq!(group.lines().count(), 101, "{group}");
    assert!(group.contains("from-kcat:hello"));
}

#[test]
fn kafka_python_administers_reads_and_writes() {
    let python = std::env::var("PARLANCE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    if !installed(&python, &["-c", "import kafka"]) {
        return;
    }
    let broker = Broker::start();
    let (brokers, topic) = (broker.brokers(), broker.topic("python"));
    let said = run(Command::new(&python).args(["-c", PYTHON, &brokers, &topic, &broker.topic("pythons")]));
    assert_eq!(said.lines().last(), Some("ok"), "{said}");
    assert_eq!(read_all(&brokers, &topic, 3).len(), 300);
}

fn installed(program: &str, arguments: &[&str]) -> bool {
    let there = Command::new(program)
        .args(arguments)
        .output()
        .is_ok_and(|output| output.status.success());
    if !there {
        let required = std::env::var("PARLANCE_REQUIRE_CLIENTS").is_ok_and(|value| value == "1");
        assert!(
            !required,
            "{program} {arguments:?} does not run, and PARLANCE_REQUIRE_CLIENTS=1"
        );
        println!("skipped: {program} {arguments:?} does not run here");
    }
    there
}

fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("it runs");
    let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{command:?}: {status}\n{stdout}\n{stderr}");
    stdout.into_owned()
}
