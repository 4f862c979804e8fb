//! However a writer behaves, the run comes to an end.

use std::time::{Duration, Instant};

use parlance_pipeline::testing::MemoryLog;
use parlance_pipeline::{Config, Error, History, Labels, WriterFactory, run_on};
use parlance_schemas::rows::{Interval, Progress, RowWriter, WriteError};
use tokio_util::sync::CancellationToken;

use crate::world::{World, config};

struct Writer<F>(F);

impl<F: FnMut() -> Result<(), WriteError> + Send> RowWriter for Writer<F> {
    fn write(&mut self, _interval: &Interval) -> Result<(), WriteError> {
        (self.0)()
    }
}

/// Runs a world into such writers; `after`: when to ask for the end.
fn run<W: WriterFactory>(log: &MemoryLog, writers: W, after: Duration) -> (Result<(), Error>, Duration) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let shutdown = CancellationToken::new();
    let config = Config {
        drain: Duration::from_millis(200),
        ..config(2)
    };
    let started = Instant::now();
    let outcome = runtime.block_on(async {
        let token = shutdown.clone();
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            token.cancel();
        });
        run_on(
            config,
            log.clone(),
            Labels::shipped(History::default()),
            writers,
            Progress::default(),
            shutdown,
        )
        .await
    });
    (outcome, started.elapsed())
}

fn log() -> MemoryLog {
    World::random(5, 3, 50).log()
}

#[test]
fn a_writer_that_panics_ends_the_run_with_its_words() {
    let writers = |_| Ok(Writer(|| panic!("the disk is on fire")));
    let (outcome, _) = run(&log(), writers, Duration::from_secs(60));
    let error = outcome.unwrap_err();
    assert!(error.to_string().contains("the disk is on fire"), "{error}");
}

#[test]
fn a_writer_that_halts_ends_the_run_with_its_reason() {
    let writers = |_| Ok(Writer(|| Err(WriteError::Halt("wrong schema".to_owned()))));
    let (outcome, _) = run(&log(), writers, Duration::from_secs(60));
    assert!(matches!(outcome, Err(Error::Sink(WriteError::Halt(_)))), "{outcome:?}");
}

#[test]
fn a_writer_that_cannot_be_made_ends_the_run() {
    let writers = |worker| match worker {
        0 => Ok(Writer(|| Ok(()))),
        _ => Err(WriteError::Halt("no writer".to_owned())),
    };
    let (outcome, _) = run(&log(), writers, Duration::from_secs(60));
    assert!(matches!(outcome, Err(Error::Sink(_))), "{outcome:?}");
}

#[test]
fn a_writer_that_hangs_does_not_keep_the_run_from_ending() {
    let writers = |_| {
        Ok(Writer(|| {
            std::thread::park_timeout(Duration::from_secs(30));
            Ok(())
        }))
    };
    let (outcome, took) = run(&log(), writers, Duration::from_millis(500));
    outcome.unwrap();
    assert!(took < Duration::from_secs(8), "{took:?}");
}
