//! What the pipeline does to the log and takes from it: heartbeats, letters put aside, clocks it does not believe.

use std::time::Duration;

use parlance_pipeline::testing::{MemoryLog, MemorySink};
use parlance_pipeline::{Config, Error, History, Labels, run_on};
use tokio_util::sync::CancellationToken;

use crate::world::{DAWN, Logged, What, config, run_until, write};

fn message(partition: u32, log_time: u64, id: u32) -> Logged {
    Logged {
        partition,
        log_time,
        what: What::Message {
            number: 0,
            id,
            customer: 0,
            outbound: false,
            sent_at: Some(i64::try_from(log_time).unwrap()),
            text: "hello",
        },
    }
}

/// Runs until told to end, in the background.
struct Running {
    shutdown: CancellationToken,
    thread: std::thread::JoinHandle<Result<(), Error>>,
}

impl Running {
    fn start(config: Config, log: &MemoryLog, sink: &MemorySink) -> Self {
        let shutdown = CancellationToken::new();
        let (log, writers, progress, token) = (log.clone(), sink.writers(), sink.progress(), shutdown.clone());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(run_on(
                config,
                log,
                Labels::shipped(History::default()),
                writers,
                progress,
                token,
            ))
        });
        Self { shutdown, thread }
    }

    fn end(self) -> Result<(), Error> {
        self.shutdown.cancel();
        self.thread.join().unwrap()
    }
}

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..500 {
        if holds() {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
    panic!("not within 5 s: {what}");
}

#[test]
fn one_message_becomes_durable_by_one_heartbeat_for_each_partition() {
    let (log, sink) = (MemoryLog::new(4), MemorySink::new(1));
    log.set_now(DAWN);
    let config = Config {
        heartbeat_idle: Duration::from_secs(3_600),
        shards: 1,
        ..config(2)
    };
    // Something that every partition has said, so that none is behind by more than the idle time.
    log.finish(DAWN);
    let running = Running::start(config, &log, &sink);
    write(&log, &message(2, DAWN + 300, 1));
    assert!(
        !sink.wait_for(DAWN + 1_000, Duration::from_millis(400)),
        "its tick is not over"
    );
    assert_eq!(log.heartbeats(), 0);
    log.set_now(DAWN + 1_100);
    assert!(sink.wait_for(DAWN + 1_000, Duration::from_secs(5)));
    assert_eq!(sink.tables().messages.len(), 1);
    // Time goes on, but nothing waits any more.
    for step in 1..20 {
        log.set_now(DAWN + 1_100 + step * 1_000);
        std::thread::park_timeout(Duration::from_millis(30));
    }
    assert_eq!(log.heartbeats(), 4);
    running.end().unwrap();
}

#[test]
fn silence_is_broken_only_after_the_idle_time() {
    let (log, sink) = (MemoryLog::new(2), MemorySink::new(1));
    log.set_now(DAWN);
    log.finish(DAWN);
    let config = Config {
        heartbeat_idle: Duration::from_secs(10),
        shards: 1,
        ..config(1)
    };
    let running = Running::start(config, &log, &sink);
    log.set_now(DAWN + 9_000);
    std::thread::park_timeout(Duration::from_millis(300));
    assert_eq!(log.heartbeats(), 0);
    log.set_now(DAWN + 10_000);
    eventually("a heartbeat for each partition", || log.heartbeats() == 2);
    std::thread::park_timeout(Duration::from_millis(300));
    assert_eq!(log.heartbeats(), 2);
    running.end().unwrap();
}

#[test]
fn an_unfinished_tick_is_not_closed_by_stopping() {
    let (log, sink) = (MemoryLog::new(1), MemorySink::new(1));
    let config = Config { shards: 1, ..config(1) };
    log.set_now(DAWN + 500);
    write(&log, &message(0, DAWN - 2_000, 1));
    write(&log, &message(0, DAWN + 100, 2));
    let running = Running::start(config.clone(), &log, &sink);
    assert!(sink.wait_for(DAWN - 2_000, Duration::from_secs(5)));
    running.end().unwrap();
    assert!(sink.progress().least() < DAWN + 1_000, "more may come in that second");
    // And more comes.
    write(&log, &message(0, DAWN + 900, 3));
    log.finish(DAWN + 5_000);
    run_until(config, &log, &sink, DAWN + 4_000).unwrap();
    assert_eq!(sink.tables().messages.len(), 3);
}

#[test]
fn unreadable_records_are_put_aside_with_their_reason_and_once() {
    let (log, sink) = (MemoryLog::new(1), MemorySink::new(1));
    let config = Config { shards: 1, ..config(1) };
    log.append(0, DAWN, b"{\"kind\":\"update\",\"v\":1}");
    write(&log, &message(0, DAWN + 10, 1));
    log.finish(DAWN + 5_000);
    run_until(config.clone(), &log, &sink, DAWN + 4_000).unwrap();
    let letters = log.dead_letters();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].reason.contains("received_at"), "{}", letters[0].reason);
    assert_eq!(letters[0].record.offset, 0);
    // The next run reads it again, and knows that it was dealt with.
    log.finish(DAWN + 9_000);
    run_until(config, &log, &sink, DAWN + 8_000).unwrap();
    assert_eq!(log.dead_letters().len(), 1);
    assert_eq!(sink.tables().messages.len(), 1);
}

#[test]
fn too_many_unreadable_records_in_a_row_stop_the_pipeline() {
    let (log, sink) = (MemoryLog::new(1), MemorySink::new(1));
    let config = Config {
        shards: 1,
        max_unreadable_in_a_row: 3,
        ..config(1)
    };
    for offset in 0..4 {
        log.append(0, DAWN + offset, b"no");
    }
    log.finish(DAWN + 5_000);
    let error = run_until(config, &log, &sink, DAWN + 4_000).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Unreadable {
                count: 4,
                offset: 3,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_log_time_from_the_future_stops_the_pipeline_before_it_can_do_harm() {
    let (log, sink) = (MemoryLog::new(2), MemorySink::new(1));
    let config = Config { shards: 1, ..config(1) };
    log.set_now(DAWN);
    write(&log, &message(0, DAWN + 3_600_000, 1));
    let error = run_until(config, &log, &sink, DAWN).unwrap_err();
    assert!(error.to_string().contains("ahead of this machine's clock"), "{error}");
    assert_eq!(sink.progress().least(), 0);
}

#[test]
fn a_log_that_ends_before_what_the_sink_has_is_refused() {
    let (log, sink) = (MemoryLog::new(1), MemorySink::new(1));
    let config = Config { shards: 1, ..config(1) };
    write(&log, &message(0, DAWN, 1));
    log.finish(DAWN + 5_000);
    run_until(config.clone(), &log, &sink, DAWN + 4_000).unwrap();
    let other = MemoryLog::new(1);
    other.finish(DAWN + 1_000);
    let error = run_until(config, &other, &sink, DAWN + 8_000).unwrap_err();
    assert!(matches!(error, Error::LogRefused(_)), "{error}");
}

#[test]
fn a_record_of_a_newer_version_stops_the_pipeline_and_is_not_put_aside() {
    let (log, sink) = (MemoryLog::new(1), MemorySink::new(1));
    let config = Config { shards: 1, ..config(1) };
    log.append(0, DAWN, br#"{"kind":"heartbeat","v":200}"#);
    log.finish(DAWN + 5_000);
    let error = run_until(config, &log, &sink, DAWN + 4_000).unwrap_err();
    assert!(error.to_string().contains("newer version"), "{error}");
    assert!(log.dead_letters().is_empty());
}
