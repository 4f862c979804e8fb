//! Decisions about snapshots, without I/O: where things lie, which to load, what to delete, who may write.
//!
//! ```text
//! generations/<generation>                       one a start; the largest may write
//! parts/<generation>/<at>/<process>/<state>.<worker>
//! parts/<generation>/<at>/<process>/share        what a process of a cluster has written
//! manifests/<at>.<generation>
//! ```
//! Numbers have twenty digits, so that names sort by them.

use super::manifest::{Fingerprint, Manifest};
use crate::event::Time;

/// Snapshots that are kept.
const KEPT: usize = 2;

pub(super) const GENERATIONS: &str = "generations";
pub(super) const PARTS: &str = "parts";
pub(super) const MANIFESTS: &str = "manifests";

pub(super) fn generation_path(generation: u64) -> String {
    format!("{GENERATIONS}/{generation:020}")
}

/// The folder of one process's share of a snapshot.
pub(super) fn share_folder(generation: u64, at: Time, process: usize) -> String {
    format!("{PARTS}/{generation:020}/{at:020}/{process:05}")
}

pub(super) fn manifest_path(at: Time, generation: u64) -> String {
    format!("{MANIFESTS}/{at:020}.{generation:020}")
}

/// The generation in the name of a generation's file or of a part.
fn generation_of(path: &str) -> Option<u64> {
    path.split('/').nth(1)?.parse().ok()
}

/// The tick in the name of a part.
fn at_of_part(path: &str) -> Option<Time> {
    path.split('/').nth(2)?.parse().ok()
}

/// The tick and the generation in the name of a manifest.
fn of_manifest(path: &str) -> Option<(Time, u64)> {
    let (at, generation) = path.split('/').nth(1)?.split_once('.')?;
    Some((at.parse().ok()?, generation.parse().ok()?))
}

/// The largest generation there is, by the names of their files; 0 when there is none.
pub(super) fn newest_generation(paths: &[String]) -> u64 {
    paths.iter().filter_map(|path| generation_of(path)).max().unwrap_or(0)
}

/// What was found under a manifest's name.
pub(super) struct Found {
    pub(super) path: String,
    pub(super) manifest: Result<Manifest, String>,
}

/// The manifests that a run may go on from, the best first, and why it may not from the others. `least`: what every shard of
/// the sink has.
pub(super) fn candidates(found: Vec<Found>, now: &Fingerprint, least: Time) -> (Vec<Manifest>, Vec<String>) {
    let mut fit = Vec::new();
    let mut unfit = Vec::new();
    for Found { path, manifest } in found {
        let reason = match manifest {
            Err(reason) => reason,
            Ok(manifest) if manifest.at > least => {
                format!(
                    "it was taken at {}, and the sink is complete through {least} only",
                    manifest.at
                )
            }
            Ok(manifest) => match &manifest.fingerprint.differences(now)[..] {
                [] => {
                    fit.push(manifest);
                    continue;
                }
                differences => format!("it is another program's: {}", differences.join(", ")),
            },
        };
        unfit.push(format!("{path}: {reason}"));
    }
    fit.sort_by_key(|manifest| std::cmp::Reverse((manifest.at, manifest.generation)));
    (fit, unfit)
}

/// Manifests of a past that the sink does not have (it was emptied, or set back): what they say must never be gone on from,
/// not even when the sink has come as far again.
pub(super) fn of_another_past(manifests: &[String], least: Time) -> Vec<String> {
    let other = manifests
        .iter()
        .filter(|path| of_manifest(path).is_some_and(|(at, _)| at > least));
    other.cloned().collect()
}

/// Manifests beyond those that are kept: the newest by generation, then by tick.
pub(super) fn superseded(manifests: &[String]) -> Vec<String> {
    let mut known: Vec<_> = manifests
        .iter()
        .filter_map(|path| {
            let (at, generation) = of_manifest(path)?;
            Some((generation, at, path))
        })
        .collect();
    known.sort_unstable();
    let beyond = known.len().saturating_sub(KEPT);
    known[..beyond].iter().map(|(_, _, path)| (*path).clone()).collect()
}

/// Parts that no manifest names and that nobody is writing: none of later generations, nor of the snapshot under way.
pub(super) fn orphans(parts: &[String], named: &[String], (generation, under_way): (u64, Option<Time>)) -> Vec<String> {
    let named: std::collections::HashSet<_> = named.iter().collect();
    let is_orphan = |path: &&String| {
        let writing = generation_of(path) == Some(generation) && at_of_part(path) == under_way && under_way.is_some();
        // A name that is not ours is not ours to delete.
        let ours = generation_of(path).is_some_and(|of| of <= generation) && at_of_part(path).is_some();
        ours && !writing && !named.contains(path)
    };
    parts.iter().filter(is_orphan).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::super::manifest::example;
    use super::*;

    fn found(manifest: Result<Manifest, String>) -> Found {
        Found {
            path: "manifests/x".to_owned(),
            manifest,
        }
    }

    #[test]
    fn the_newest_that_fits_is_taken_and_of_the_others_it_is_said_why_not() {
        let now = example(0, 0).fingerprint;
        let other = Fingerprint {
            lateness: 9,
            ..now.clone()
        };
        let foreign = Manifest {
            fingerprint: other,
            ..example(40, 1)
        };
        let there = vec![
            found(Ok(example(10, 1))),
            found(Err("it is damaged".to_owned())),
            found(Ok(example(30, 1))),
            found(Ok(example(30, 2))),
            found(Ok(foreign)),
            found(Ok(example(60, 1))),
        ];
        let (fit, unfit) = candidates(there, &now, 50);
        let fit: Vec<_> = fit.iter().map(|manifest| (manifest.at, manifest.generation)).collect();
        assert_eq!(fit, [(30, 2), (30, 1), (10, 1)]);
        assert_eq!(
            unfit,
            [
                "manifests/x: it is damaged",
                "manifests/x: it is another program's: lateness was 9 and is 2",
                "manifests/x: it was taken at 60, and the sink is complete through 50 only",
            ]
        );
    }

    #[test]
    fn a_snapshot_exactly_at_the_sinks_progress_fits() {
        let now = example(0, 0).fingerprint;
        assert_eq!(candidates(vec![found(Ok(example(50, 1)))], &now, 50).0.len(), 1);
    }

    #[test]
    fn two_are_kept_the_latest_runs_first() {
        let paths = [(900, 1), (100, 2), (200, 2), (300, 2)].map(|(at, generation)| manifest_path(at, generation));
        assert_eq!(superseded(&paths), [paths[0].clone(), paths[1].clone()]);
        assert!(superseded(&paths[..2]).is_empty());
        let stranger = ["manifests/readme".to_owned()];
        assert!(superseded(&stranger).is_empty() && of_another_past(&stranger, 0).is_empty());
        assert_eq!(of_another_past(&paths, 300), [paths[0].clone()]);
    }

    #[test]
    fn only_parts_that_nobody_names_or_writes_are_orphans() {
        let part = |generation, at, name| format!("{}/{name}", share_folder(generation, at, 0));
        let parts = [
            part(1, 10, "seen.0"),
            part(1, 20, "seen.0"),
            part(2, 30, "seen.0"),
            part(2, 40, "seen.0"),
            part(3, 40, "seen.0"),
            "parts/notes".to_owned(),
        ];
        let named = [parts[1].clone()];
        assert_eq!(
            orphans(&parts, &named, (2, Some(40))),
            [parts[0].clone(), parts[2].clone()]
        );
        assert_eq!(
            orphans(&parts, &named, (2, None)),
            [parts[0].clone(), parts[2].clone(), parts[3].clone()]
        );
    }

    #[test]
    fn the_largest_generation_wins() {
        assert_eq!(newest_generation(&[]), 0);
        assert_eq!(newest_generation(&[7, 12, 3].map(generation_path)), 12);
    }
}
