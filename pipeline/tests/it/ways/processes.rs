//! Two processes of two workers each. The test starts itself twice as the two.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use parlance_pipeline::{Config, Labels, WithActions, run_on};
use tokio_util::sync::CancellationToken;

use super::chronicle::Chronicle;
use super::said::Said;
use super::{Out, whole};
use crate::cluster::{free_addresses, start_as};
use crate::world::config;

const CHILD: &str = "PARLANCE_PIPELINE_TEST_CHILD_OF_WAYS";
const SEED: u64 = 6;
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn two_processes_say_what_one_says() {
    if std::env::var_os(CHILD).is_some() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let hosts = free_addresses();
    let children = [0, 1].map(|process| start_as("ways::processes::one_of_two", CHILD, process, &hosts, dir.path()));
    for (process, mut child) in children.into_iter().enumerate() {
        let status = child.wait().unwrap();
        assert!(status.success(), "process {process} ended with {status}");
    }
    let both = |what: &str| {
        let of = |process| std::fs::read_to_string(named(dir.path(), what, process)).unwrap();
        let (one, other) = (of(0), of(1));
        assert!(!one.is_empty() && !other.is_empty(), "one process has all {what}");
        (one + &other)
            .split_terminator('\u{1E}')
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let said = Said::of_text(both("rows").into_iter().collect(), both("actions"));
    assert_eq!(said.given_again(), 0);
    whole(&Chronicle::new(SEED), 1).assert_same(&said, "two processes");
}

fn named(dir: &Path, what: &str, process: usize) -> PathBuf {
    dir.join(format!("{what}-{process}"))
}

/// Not a test by itself: one of the two processes, when started as such.
#[test]
fn one_of_two() {
    let Ok(task) = std::env::var(CHILD) else { return };
    let task: Vec<&str> = task.splitn(4, ' ').collect();
    let process: usize = task[0].parse().unwrap();
    let dir = PathBuf::from(task[3]);
    let chronicle = Chronicle::new(SEED);
    let ((log, history), out) = (chronicle.log(), Out::new());
    let config = Config {
        processes: 2,
        process,
        hosts: vec![task[1].to_owned(), task[2].to_owned()],
        drain: Duration::from_secs(1),
        ..config(2)
    };
    let shutdown = CancellationToken::new();
    let waiter = {
        let (out, shutdown, until) = (out.clone(), shutdown.clone(), chronicle.last_tick());
        std::thread::spawn(move || {
            let patience = Instant::now();
            // The shards of this process's two of the four workers; the others' stay where they are.
            let done = || {
                let progress = out.sink.progress().complete_through;
                let mut mine = progress
                    .iter()
                    .enumerate()
                    .filter(|(shard, _)| shard % 4 / 2 == process);
                mine.all(|(_, through)| *through >= until)
            };
            while !done() && patience.elapsed() < PATIENCE {
                std::thread::park_timeout(Duration::from_millis(20));
            }
            let complete = done();
            let said = out.said();
            write(&dir, "rows", process, said.rows().iter());
            write(&dir, "actions", process, said.actions());
            while !named(&dir, "actions", 1 - process).exists() && patience.elapsed() < PATIENCE {
                std::thread::park_timeout(Duration::from_millis(20));
            }
            shutdown.cancel();
            complete
        })
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let labels = Labels::shipped(history);
    let writers = WithActions(out.sink.writers(), out.actions.writers());
    let outcome = runtime.block_on(run_on(config, log, labels, writers, out.sink.progress(), shutdown));
    // First of all: one who lost the other has nothing to wait for.
    outcome.unwrap();
    assert!(waiter.join().unwrap(), "process {process} did not get through");
}

fn write<'a>(dir: &Path, what: &str, process: usize, lines: impl Iterator<Item = &'a String>) {
    let text: String = lines.map(|line| format!("{line}\u{1E}")).collect();
    let draft = dir.join(format!("draft-{what}-{process}"));
    std::fs::write(&draft, text).unwrap();
    std::fs::rename(draft, named(dir, what, process)).unwrap();
}
