//! What is kept in the place of snapshots, and who may write there.

use std::path::PathBuf;

use parlance_pipeline::Error;
use parlance_pipeline::log::Log;
use parlance_pipeline::testing::MemorySink;
use tempfile::TempDir;

use super::{MINUTE, Story, episode, names, run_while, snapshots, with_snapshots};
use crate::world::run_until;

#[test]
fn two_are_kept_and_nothing_else() {
    let story = Story::new(44, 2, 150, 3);
    let dir = TempDir::new().unwrap();
    let (log, sink) = (story.log(), MemorySink::new(3));
    for number in 0..2 {
        episode(&story, number, with_snapshots(2, dir.path()), &log, &sink);
        story.append(&log, number + 1);
    }
    run_until(with_snapshots(1, dir.path()), &log, &sink, story.last_tick()).unwrap();
    // What the end of a run interrupts is tidied up when the next begins.
    run_while(with_snapshots(1, dir.path()), &log, &sink, || log.opened_at().len() < 6).unwrap();
    let kept = snapshots(dir.path());
    assert_eq!(kept.len(), 2);
    let of_kept = |part: &PathBuf| {
        let part = part.to_str().unwrap();
        kept.iter().any(|at| part.contains(&format!("/{at:020}/")))
    };
    assert!(names(&dir.path().join("parts")).iter().all(of_kept));
    assert_eq!(names(&dir.path().join("generations")).len(), 1);
}

#[test]
fn a_run_that_was_overtaken_writes_no_snapshot_and_ends() {
    let story = Story::new(45, 2, 60, 2);
    let dir = TempDir::new().unwrap();
    let (log, sink) = (story.log(), MemorySink::new(3));
    episode(&story, 0, with_snapshots(2, dir.path()), &log, &sink);
    // Whatever it may still take until it is overtaken is of this time or before.
    let before = log.now();
    let begun = log.opened_at().len();
    let mut now = before;
    let outcome = run_while(with_snapshots(2, dir.path()), &log, &sink, || {
        if log.opened_at().len() > begun {
            std::fs::write(dir.path().join(format!("generations/{:020}", 99)), "").unwrap();
            now += 2 * MINUTE;
            log.finish(now);
        }
        true
    });
    assert!(
        matches!(outcome, Err(Error::Overtaken { newest: 99, .. })),
        "{outcome:?}"
    );
    assert!(snapshots(dir.path()).iter().all(|at| *at <= before));
}

#[test]
fn a_place_that_cannot_be_written_to_costs_the_snapshots_and_nothing_else() {
    let story = Story::new(46, 2, 60, 2);
    let dir = TempDir::new().unwrap();
    // Where folders ought to be there are files.
    for name in ["generations", "parts", "manifests"] {
        std::fs::write(dir.path().join(name), "").unwrap();
    }
    let sink = MemorySink::new(3);
    run_until(
        with_snapshots(2, dir.path()),
        &story.world.log(),
        &sink,
        story.last_tick(),
    )
    .unwrap();
    assert!(sink.tables() == story.whole());
}
