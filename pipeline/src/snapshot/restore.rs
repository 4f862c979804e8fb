//! What a run begins with: the newest snapshot that fits, read and checked by every worker for its share, or the log from
//! long before.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::Ordering;
use std::time::Instant;

use parlance_schemas::rows::Progress;
use serde::{Deserialize, Serialize};
use timely::worker::Worker;

use super::collect::{Depot, collect_garbage};
use super::keeper::{Kind, Snapshots, Taking};
use super::manifest::{Manifest, from_text};
use super::marks::Marking;
use super::protocol::{self, Found, GENERATIONS, MANIFESTS, newest_generation};
use crate::event::Time;
use crate::recovery::gathered;
use crate::stop::Stop;

/// How a worker begins.
pub(crate) struct Beginning {
    pub(crate) snapshots: Snapshots,
    /// The settings in force in each partition at the snapshot, when the run goes on from one.
    pub(crate) settings: Option<BTreeMap<u32, i64>>,
}

impl Beginning {
    /// In a word, for people.
    pub(crate) fn by(&self) -> &'static str {
        if self.settings.is_some() { "snapshot" } else { "replay" }
    }
}

/// What the first worker has found.
#[derive(Clone, Serialize, Deserialize)]
struct Offer {
    /// 0 when none could be taken: then none are written.
    generation: u64,
    /// The best first.
    manifests: Vec<Manifest>,
}

/// Whether a worker has its share.
#[derive(Clone, Serialize, Deserialize)]
struct Vote {
    worker: usize,
    problem: Option<String>,
}

/// What one worker takes back, by the name of the state.
type Entries = HashMap<&'static str, Box<dyn Any>>;

/// Chooses what to begin with; all workers come to the same choice. `progress` is what all agree the sink has. `None` when
/// the end comes first. A snapshot that cannot be used is no error: it leaves the log to be replayed.
pub(crate) fn beginning(
    worker: &mut Worker,
    depot: Option<&Depot>,
    states: &[Kind],
    progress: &Progress,
    stop: &Stop,
) -> Option<Beginning> {
    let place = (worker.index(), worker.peers());
    let least = progress.least();
    let taking = depot.map(|depot| Taking {
        pieces: depot.pieces.clone(),
        marking: Marking {
            every: depot.every,
            after: least,
            gate: depot.gate.clone(),
        },
    });
    let snapshots = Snapshots::new(place.0, taking);
    let Some(depot) = depot else {
        return Some(Beginning {
            snapshots,
            settings: None,
        });
    };
    let own = (place.0 == 0).then(|| offer(depot, least));
    let offers = gathered(worker, "Offer", own, stop)?;
    let offer = offers.into_iter().next().expect("the first worker made one");
    depot.generation.store(offer.generation, Ordering::SeqCst);
    if offer.generation == 0 {
        depot.gate.begin(0);
    }
    for manifest in offer.manifests {
        let started = Instant::now();
        let (problem, entries) = match load(depot, &manifest, states, place) {
            Ok(entries) => (None, entries),
            Err(problem) => (Some(problem), HashMap::new()),
        };
        let vote = Vote {
            worker: place.0,
            problem,
        };
        let votes = gathered(worker, "Votes", Some(vote), stop)?;
        let problems: Vec<_> = votes
            .into_iter()
            .filter_map(|vote| Some((vote.worker, vote.problem?)))
            .collect();
        if problems.is_empty() {
            let seconds = started.elapsed().as_secs_f64();
            metrics::histogram!("pipeline_restore_seconds").record(seconds);
            if place.0 == 0 {
                tracing::info!(
                    at = manifest.at,
                    bytes = manifest.bytes(),
                    seconds,
                    "going on from a snapshot"
                );
            }
            snapshots.give_back(manifest.at, entries);
            return Some(Beginning {
                snapshots,
                settings: Some(manifest.settings),
            });
        }
        if place.0 == 0 {
            for (worker, problem) in problems {
                tracing::warn!(at = manifest.at, worker, problem, "a snapshot cannot be used");
            }
        }
    }
    if place.0 == 0 && least > 0 {
        tracing::warn!("no snapshot to go on from: reading the log from long before");
    }
    Some(Beginning {
        snapshots,
        settings: None,
    })
}

/// Takes a generation and looks what there is.
fn offer(depot: &Depot, least: Time) -> Offer {
    let generation = match take_generation(depot) {
        Ok(generation) => generation,
        Err(reason) => {
            tracing::error!(
                reason,
                "no snapshots are written or used until the pipeline is started again"
            );
            metrics::counter!("pipeline_snapshot_failures_total").increment(1);
            return Offer {
                generation: 0,
                manifests: Vec::new(),
            };
        }
    };
    let found = tidy(depot, generation, least).and_then(|()| found(depot));
    let manifests = match found {
        Ok(found) => {
            let (manifests, unfit) = protocol::candidates(found, &depot.fingerprint, least);
            for reason in unfit {
                tracing::warn!(reason, "a snapshot cannot be used");
            }
            manifests
        }
        Err(reason) => {
            tracing::warn!(reason, "snapshots cannot be looked up");
            Vec::new()
        }
    };
    Offer { generation, manifests }
}

/// The next generation, under a name that nobody else can take.
fn take_generation(depot: &Depot) -> Result<u64, String> {
    loop {
        let taken = depot.store.list(GENERATIONS)?;
        let next = newest_generation(&taken) + 1;
        if depot.store.create(&protocol::generation_path(next), Vec::new())? {
            // Whoever has one of these finds the new one all the same.
            depot.store.delete(&taken)?;
            return Ok(next);
        }
    }
}

/// Deletes what must not or need not be kept.
fn tidy(depot: &Depot, generation: u64, least: Time) -> Result<(), String> {
    let other = protocol::of_another_past(&depot.store.list(MANIFESTS)?, least);
    for path in &other {
        tracing::warn!(
            path,
            least,
            "a snapshot is ahead of the sink and is deleted: the sink was set back"
        );
    }
    depot.store.delete(&other)?;
    if let Err(reason) = collect_garbage(&depot.store, generation, None) {
        tracing::warn!(reason, "old snapshots could not be deleted; they will be with the next");
    }
    Ok(())
}

fn found(depot: &Depot) -> Result<Vec<Found>, String> {
    let mut found = Vec::new();
    for path in depot.store.list(MANIFESTS)? {
        if let Some(text) = depot.store.get(&path)? {
            let manifest = from_text(&text);
            found.push(Found { path, manifest });
        }
    }
    Ok(found)
}

/// Reads, checks and decodes the entries that belong to a worker.
fn load(depot: &Depot, manifest: &Manifest, states: &[Kind], worker: (usize, usize)) -> Result<Entries, String> {
    let mut entries = Entries::new();
    for kind in states {
        let mut loading = (kind.blank)();
        for part in manifest.parts.iter().filter(|part| part.state == kind.name) {
            let concerned = part.sections.iter();
            let sections: Vec<_> = concerned
                .filter(|section| loading.concerns(section.section, worker))
                .collect();
            let ranges: Vec<_> = sections
                .iter()
                .map(|section| section.from..section.from + section.bytes)
                .collect();
            if ranges.is_empty() {
                continue;
            }
            let read = depot.store.ranges(&part.path, &ranges)?;
            for (section, bytes) in sections.into_iter().zip(read) {
                let read = section.open(&bytes).and_then(|raw| loading.add(&raw, worker));
                let read = read.map_err(|reason| format!("{}: {reason}", part.path))?;
                if read as u64 != section.entries {
                    return Err(format!(
                        "{}: section {} has {read} entries instead of {}",
                        part.path, section.section, section.entries
                    ));
                }
            }
        }
        entries.insert(kind.name, loading.into_any());
    }
    Ok(entries)
}
