//! Whatever is wrong with a snapshot, the run says the same: by another one, or by reading the log from long before.

use std::path::{Path, PathBuf};
use std::time::Duration;

use parlance_pipeline::Config;
use parlance_pipeline::testing::MemorySink;
use tempfile::TempDir;

use super::{Story, first_episode, names, run_while, snapshots, with_snapshots};
use crate::world::{DAWN, config, run_until};

/// Spoils something after the first episode, then runs on and must say the same: where it began to read, and the snapshots
/// that there had been.
fn spoiled(config_after: impl Fn(&Path) -> Config, spoil: impl Fn(&Path, u64)) -> (u64, Vec<u64>) {
    let story = Story::new(43, 3, 120, 2);
    let whole = story.whole();
    let dir = TempDir::new().unwrap();
    let (log, sink, at) = first_episode(&story, 2, dir.path());
    let before = snapshots(dir.path());
    spoil(dir.path(), at);
    run_until(config_after(dir.path()), &log, &sink, story.last_tick()).unwrap();
    assert!(sink.tables() == whole);
    (*log.opened_at().last().unwrap(), before)
}

fn parts(dir: &Path, at: Option<u64>) -> Vec<PathBuf> {
    let of = at.map_or(String::new(), |at| format!("/{at:020}/"));
    let mut parts = names(&dir.join("parts"));
    parts.retain(|path| path.to_str().unwrap().contains(&of));
    parts
}

fn flip(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn damaged_parts_are_noticed_and_the_log_is_read_instead() {
    let flip_all = |dir: &Path, _| parts(dir, None).iter().for_each(|part| flip(part));
    let (from, taken) = spoiled(|dir| with_snapshots(2, dir), flip_all);
    assert!(from <= DAWN, "{from} {taken:?}");
}

#[test]
fn when_the_newest_is_damaged_the_one_before_it_serves() {
    let flip_one = |dir: &Path, at| flip(&parts(dir, Some(at))[0]);
    let (from, taken) = spoiled(|dir| with_snapshots(1, dir), flip_one);
    assert_eq!(from, taken[taken.len() - 2] + 1);
}

#[test]
fn a_part_that_is_gone_is_noticed() {
    let remove_one_of_each = |dir: &Path, _| {
        // One that was taken before anything was logged has none.
        for part in snapshots(dir).iter().flat_map(|at| parts(dir, Some(*at)).pop()) {
            std::fs::remove_file(part).unwrap();
        }
    };
    let (from, taken) = spoiled(|dir| with_snapshots(3, dir), remove_one_of_each);
    assert!(from <= DAWN, "{from} {taken:?}");
}

#[test]
fn manifests_that_are_cut_off_are_not_used() {
    let cut_off = |dir: &Path, _| {
        for path in names(&dir.join("manifests")) {
            let text = std::fs::read(&path).unwrap();
            std::fs::write(&path, &text[..text.len() / 2]).unwrap();
        }
    };
    let (from, taken) = spoiled(|dir| with_snapshots(2, dir), cut_off);
    assert!(from <= DAWN, "{from} {taken:?}");
}

#[test]
fn a_snapshot_of_another_program_is_not_used() {
    // As long as no copy comes later than before, the horizon changes no row.
    let patient = |dir: &Path| Config {
        dedup_horizon: Duration::from_secs(80 * 3_600),
        ..with_snapshots(2, dir)
    };
    let (from, taken) = spoiled(patient, |_, _| {});
    assert!(from <= DAWN, "{from} {taken:?}");
}

#[test]
fn a_snapshot_that_the_sink_has_not_come_to_is_not_used_then_or_ever() {
    let story = Story::new(43, 3, 120, 2);
    let dir = TempDir::new().unwrap();
    let (log, _, at) = first_episode(&story, 2, dir.path());
    let emptied = MemorySink::new(3);
    run_while(with_snapshots(2, dir.path()), &log, &emptied, || {
        log.opened_at().len() < 4
    })
    .unwrap();
    assert_eq!(log.opened_at().last(), Some(&0));
    assert!(!snapshots(dir.path()).contains(&at), "it must not be taken up later");
    run_until(config(1), &log, &emptied, story.last_tick()).unwrap();
    assert!(emptied.tables() == story.whole());
}
