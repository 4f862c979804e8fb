//! `kill -9`, many times: whatever was acknowledged is there afterwards, once, where it was said to be.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::client::*;

/// `PARLANCE_KILL_ROUNDS` overrides it.
const ROUNDS: usize = 200;
const PARTITIONS: i32 = 3;
/// Records one round may send: enough to be mid-write when the kill comes, few enough to check in the end.
const PER_ROUND: usize = 400;

/// A broker in a process of its own.
struct Process {
    child: Child,
    address: String,
}

impl Process {
    fn start(listen: &str, data: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_parlance-broker"))
            .args([listen, data.to_str().expect("a UTF-8 path")])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the broker starts");
        let mut address = String::new();
        let stdout = child.stdout.take().expect("piped");
        BufReader::new(stdout).read_line(&mut address).expect("its address");
        assert!(!address.is_empty(), "the broker did not start");
        Self {
            child,
            address: address.trim().to_owned(),
        }
    }

    fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("reaped");
    }
}

#[test]
fn two_hundred_kills_lose_nothing_that_was_acknowledged() {
    let rounds = std::env::var("PARLANCE_KILL_ROUNDS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(ROUNDS);
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("broker");
    let first = Process::start("127.0.0.1:0", &data);
    let address = first.address.clone();
    let topic = "killed";
    // Small segments, so that kills also hit the moment of rolling.
    create(
        &address,
        topic,
        PARTITIONS,
        &[("segment.bytes", "100000"), ("message.timestamp.type", "LogAppendTime")],
    );

    // One producer lives through all of it: what it retries must not be stored twice.
    let settings = [
        ("linger.ms", "1"),
        ("message.timeout.ms", "300000"),
        ("queue.buffering.max.messages", "100000"),
    ];
    let mut producer = Producer::new(&address, &settings);
    let mut process = first;
    let mut sent = 0_usize;
    for round in 0..rounds {
        let before = producer.settled();
        // A different moment each round, in steps that do not divide the fsync's pace.
        let life = Duration::from_millis(60 + (round as u64 * 37) % 180);
        let (until, most) = (Instant::now() + life, sent + PER_ROUND);
        while Instant::now() < until || producer.settled() == before {
            for _ in 0..10 {
                if sent < most {
                    let (key, value) = (sent.to_string(), value(sent));
                    let send = Send {
                        partition: sent as i32 % PARTITIONS,
                        key: Some(key.as_bytes()),
                        ..Send::default()
                    };
                    producer.send(
                        topic,
                        Send {
                            value: Some(value.as_bytes()),
                            ..send
                        },
                    );
                    sent += 1;
                }
            }
            producer.poll(Duration::from_millis(1));
            assert!(
                until.elapsed() < PATIENCE,
                "round {round}: nothing is acknowledged after a restart"
            );
        }
        process.kill();
        producer.poll(Duration::ZERO);
        process = Process::start(&address, &data);
    }

    let acknowledged = producer.acknowledged();
    assert_eq!(acknowledged.len(), sent);
    let got = read_all(&address, topic, PARTITIONS);
    let log: BTreeMap<_, _> = got
        .iter()
        .map(|record| ((record.partition, record.offset), record))
        .collect();
    for (number, at) in acknowledged.iter().enumerate() {
        // An acknowledgement whose answer was lost, repeated long after, may come without an offset.
        if at.1 < 0 {
            continue;
        }
        let record = log
            .get(at)
            .unwrap_or_else(|| panic!("record {number} was acknowledged at {at:?} and is missing"));
        assert_eq!(record.key, Some(number.to_string().into_bytes()), "at {at:?}");
        assert_eq!(record.value, Some(value(number).into_bytes()), "at {at:?}");
    }
    let mut times: BTreeMap<&Vec<u8>, usize> = BTreeMap::new();
    for record in &got {
        *times.entry(record.key.as_ref().expect("a key")).or_default() += 1;
    }
    assert_eq!(times.len(), sent, "every record is in the log");
    assert!(times.values().all(|count| *count == 1), "no record is in the log twice");
    for partition in 0..PARTITIONS {
        let mut records: Vec<_> = got.iter().filter(|record| record.partition == partition).collect();
        records.sort_by_key(|record| record.offset);
        assert!(
            records.is_sorted_by_key(|record| record.timestamp.to_millis()),
            "log time never steps back"
        );
    }
    println!("{rounds} kills, {sent} records acknowledged, none lost");
    process.kill();
}

#[test]
fn a_terminated_broker_stops_in_time_and_cleanly() {
    let dir = tempfile::tempdir().unwrap();
    let mut process = Process::start("127.0.0.1:0", &dir.path().join("broker"));
    let address = process.address.clone();
    create(&address, "stopped", 1, &[]);
    let waiting = consumer(
        &address,
        &[("fetch.wait.max.ms", "30000"), ("socket.timeout.ms", "60000")],
    );
    assign(&waiting, "stopped", 1, rdkafka::Offset::Beginning);
    assert!(poll(&waiting, Duration::from_millis(500)).is_none());
    let pid = Pid::from_raw(i32::try_from(process.child.id()).unwrap());
    kill(pid, Signal::SIGTERM).unwrap();
    let status = eventually("the process ends", || process.child.try_wait().unwrap());
    assert!(status.success(), "{status}");
}

#[test]
fn a_second_process_cannot_take_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("broker");
    let process = Process::start("127.0.0.1:0", &data);
    // Its address is known before the folder is taken; what it has stored, it has stored in the folder.
    create(&process.address, "held", 1, &[]);
    let second = Command::new(env!("CARGO_BIN_EXE_parlance-broker"))
        .args(["127.0.0.1:0", data.to_str().unwrap()])
        .output()
        .expect("it runs");
    assert!(!second.status.success());
    assert!(String::from_utf8_lossy(&second.stderr).contains("in use by another broker"));
    process.kill();
}

fn value(number: usize) -> String {
    format!("{number}:{}", "v".repeat(100 + number % 300))
}
