//! The thread that writes snapshots: one a process.
//!
//! It takes the pieces that the operators of this process hand out at a mark, writes each as a part, and when it has all says
//! so; the first process waits for all and writes the manifest. One snapshot is under way at a time. Whatever fails ends that
//! snapshot and nothing else, except that a run which finds a later one at work ends: two must never both write.
//!
//! Holds: one part at a time, compressed, and the copies that wait for their turn (what they share with the operators' own
//! state takes no room until that changes).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use super::keeper::Frozen;
use super::manifest::{Fingerprint, Manifest, Part, Share, from_text, to_text};
use super::part::Sheets;
use super::protocol::{self, GENERATIONS, MANIFESTS, PARTS};
use super::store::Store;
use crate::error::Error;
use crate::event::Time;
use crate::poll::Reading;
use crate::stop::Stop;
use crate::vitals::Vitals;

/// How often it looks whether others are done, or the end was asked for.
const LOOK: Duration = Duration::from_millis(50);

/// A snapshot that takes longer is given up: some piece was lost.
const GIVE_UP: Duration = Duration::from_secs(15 * 60);

/// What an operator of one worker gives for a mark.
pub(crate) struct Piece {
    pub(super) at: Time,
    pub(super) worker: usize,
    /// How many pieces each worker gives.
    pub(super) of: usize,
    pub(super) what: What,
}

pub(super) enum What {
    State { name: &'static str, frozen: Frozen },
    Confirmed,
}

/// Lets one snapshot begin when none is under way. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<AtomicBool>);

impl Gate {
    pub(super) fn begin(&self, at: Time) -> bool {
        let begun = !self.0.swap(true, Ordering::SeqCst);
        if begun {
            tracing::debug!(at, "a snapshot begins");
        }
        begun
    }

    pub(super) fn is_closed(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    pub(super) fn end(&self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

/// What the threads of a process share of snapshots.
pub(crate) struct Depot {
    pub(super) store: Store,
    pub(super) pieces: SyncSender<Piece>,
    pub(super) gate: Gate,
    pub(super) every: Time,
    /// This run's; 0 until it is known.
    pub(super) generation: Arc<AtomicU64>,
    pub(super) fingerprint: Fingerprint,
}

/// What a run's shape means for its snapshots.
pub(crate) struct Shape {
    pub(crate) process: usize,
    pub(crate) processes: usize,
    /// Of each process.
    pub(crate) workers: usize,
    /// Log time between two snapshots, in milliseconds; whole ticks.
    pub(crate) every: Time,
}

/// Writes the snapshots of one process.
pub(crate) struct Collector {
    store: Store,
    pieces: Receiver<Piece>,
    gate: Gate,
    generation: Arc<AtomicU64>,
    fingerprint: Fingerprint,
    shape: Shape,
    reading: Arc<Reading>,
    vitals: Arc<Vitals>,
}

/// The snapshot that is being written.
struct UnderWay {
    at: Time,
    begun: Instant,
    /// Pieces that have come.
    come: usize,
    parts: Vec<Part>,
    /// This process's, once it is whole.
    share: Option<Share>,
}

/// Why a snapshot came to nothing.
enum Failure {
    /// Only this one.
    Snapshot(String),
    /// And none will come of this run.
    Run(Error),
}

impl From<String> for Failure {
    fn from(reason: String) -> Self {
        Self::Snapshot(reason)
    }
}

impl Depot {
    /// `states`: how many each worker keeps.
    pub(crate) fn new(
        store: Store,
        fingerprint: Fingerprint,
        shape: Shape,
        states: usize,
        (reading, vitals): (Arc<Reading>, Arc<Vitals>),
    ) -> (Self, Collector) {
        // Room for all pieces of two snapshots: one given up and the one after it.
        let (pieces, received) = sync_channel(2 * shape.workers * (states + 1));
        let depot = Self {
            store: store.clone(),
            pieces,
            gate: Gate::default(),
            every: shape.every,
            generation: Arc::default(),
            fingerprint: fingerprint.clone(),
        };
        let collector = Collector {
            store,
            pieces: received,
            gate: depot.gate.clone(),
            generation: depot.generation.clone(),
            fingerprint,
            shape,
            reading,
            vitals,
        };
        (depot, collector)
    }
}

impl Collector {
    /// Writes until the run ends.
    pub(crate) fn run(self, stop: &Stop) -> Result<(), Error> {
        let mut under_way: Option<UnderWay> = None;
        // Pieces of it that still come are not wanted.
        let mut over: Time = 0;
        while !stop.requested() {
            let outcome = match self.pieces.recv_timeout(LOOK) {
                Ok(piece) if piece.at <= over => continue,
                Ok(piece) => {
                    if under_way.as_ref().is_some_and(|known| known.at != piece.at) {
                        failed("it was not whole when the next one began");
                        under_way = None;
                    }
                    let current = under_way.get_or_insert_with(|| UnderWay::new(piece.at));
                    self.take(current, piece).and_then(|()| self.complete(current))
                }
                Err(RecvTimeoutError::Timeout) => match &mut under_way {
                    None => continue,
                    Some(current) if current.begun.elapsed() > GIVE_UP => {
                        Err(Failure::Snapshot(format!("it was not whole after {GIVE_UP:?}")))
                    }
                    Some(current) => self.complete(current),
                },
                Err(RecvTimeoutError::Disconnected) => break,
            };
            let done = match outcome {
                Ok(done) => done,
                Err(Failure::Run(error)) => return Err(error),
                Err(Failure::Snapshot(reason)) => {
                    failed(&reason);
                    self.tell_the_first(under_way.as_ref(), reason);
                    true
                }
            };
            if done && let Some(current) = under_way.take() {
                over = current.at;
                self.gate.end();
            }
        }
        Ok(())
    }

    fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    fn folder(&self, at: Time, process: usize) -> String {
        protocol::share_folder(self.generation(), at, process)
    }

    fn share_path(&self, at: Time, process: usize) -> String {
        format!("{}/share", self.folder(at, process))
    }

    /// Writes a piece.
    fn take(&self, current: &mut UnderWay, piece: Piece) -> Result<(), Failure> {
        let Piece { at, worker, of, what } = piece;
        if let What::State { name, frozen } = what {
            let mut sheets = Sheets::new()?;
            frozen(&mut sheets);
            let (bytes, sections) = sheets.finish().map_err(|error| format!("state `{name}`: {error}"))?;
            if !sections.is_empty() {
                let path = format!("{}/{name}.{worker:05}", self.folder(at, self.shape.process));
                let length = bytes.len() as u64;
                self.store.put(&path, bytes)?;
                current.parts.push(Part {
                    state: name.to_owned(),
                    path,
                    bytes: length,
                    sections,
                });
            }
        }
        current.come += 1;
        if current.come == of * self.shape.workers {
            current.share = Some(Share {
                failed: None,
                settings: self.reading.settings_at(at),
                parts: std::mem::take(&mut current.parts),
            });
            if self.shape.process > 0 {
                self.assert_newest()?;
            }
            if self.shape.processes > 1 {
                let text = to_text(&current.share);
                self.store.put(&self.share_path(at, self.shape.process), text)?;
            }
        }
        Ok(())
    }

    /// Goes on as far as what is there allows; true when this process has nothing more to do for the snapshot.
    fn complete(&self, current: &mut UnderWay) -> Result<bool, Failure> {
        let Some(own) = &current.share else { return Ok(false) };
        if self.shape.process > 0 {
            return Ok(true);
        }
        let mut shares = vec![own.clone()];
        for process in 1..self.shape.processes {
            let path = self.share_path(current.at, process);
            let Some(text) = self.store.get(&path)? else {
                return Ok(false);
            };
            let share: Share = from_text(&text).map_err(|reason| format!("{path}: {reason}"))?;
            if let Some(reason) = share.failed {
                return Err(Failure::Snapshot(format!("process {process}: {reason}")));
            }
            shares.push(share);
        }
        let manifest = self.manifest(current.at, shares);
        self.assert_newest()?;
        let path = protocol::manifest_path(manifest.at, manifest.generation);
        self.store.put(&path, to_text(&manifest))?;
        let seconds = current.begun.elapsed().as_secs_f64();
        metrics::histogram!("pipeline_snapshot_seconds").record(seconds);
        metrics::gauge!("pipeline_snapshot_bytes").set(manifest.bytes() as f64);
        metrics::gauge!("pipeline_snapshot_timestamp_seconds").set(manifest.at as f64 / 1_000.0);
        self.vitals.snapshot_is_whole(manifest.at);
        tracing::info!(
            at = manifest.at,
            bytes = manifest.bytes(),
            seconds,
            "a snapshot is whole"
        );
        if let Err(reason) = collect_garbage(&self.store, self.generation(), None) {
            tracing::warn!(reason, "old snapshots could not be deleted; they will be with the next");
        }
        Ok(true)
    }

    fn manifest(&self, at: Time, shares: Vec<Share>) -> Manifest {
        let mut settings = BTreeMap::new();
        let mut parts = Vec::new();
        for share in shares {
            settings.extend(share.settings);
            parts.extend(share.parts);
        }
        Manifest {
            fingerprint: self.fingerprint.clone(),
            at,
            generation: self.generation(),
            settings,
            parts,
        }
    }

    /// Ends the run when a later one has begun. (Between this look and what is written next another may still begin. That is
    /// harmless: what is written is true whoever writes it, and a run deletes nothing of later ones.)
    fn assert_newest(&self) -> Result<(), Failure> {
        let newest = protocol::newest_generation(&self.store.list(GENERATIONS)?);
        if newest > self.generation() {
            return Err(Failure::Run(Error::Overtaken {
                own: self.generation(),
                newest,
            }));
        }
        Ok(())
    }

    /// So that the first process need not wait for what will not come.
    fn tell_the_first(&self, current: Option<&UnderWay>, reason: String) {
        let Some(current) = current.filter(|_| self.shape.process > 0) else {
            return;
        };
        let share = Share {
            failed: Some(reason),
            settings: BTreeMap::new(),
            parts: Vec::new(),
        };
        let path = self.share_path(current.at, self.shape.process);
        if let Err(reason) = self.store.put(&path, to_text(&share)) {
            tracing::warn!(reason, "the first process cannot be told; it will give up in time");
        }
    }
}

impl UnderWay {
    fn new(at: Time) -> Self {
        Self {
            at,
            begun: Instant::now(),
            come: 0,
            parts: Vec::new(),
            share: None,
        }
    }
}

fn failed(reason: &str) {
    tracing::warn!(reason, "a snapshot failed; the pipeline goes on");
    metrics::counter!("pipeline_snapshot_failures_total").increment(1);
}

/// Deletes snapshots beyond those that are kept, and parts that belong to none. `under_way`: the tick of the snapshot that
/// this generation is writing.
pub(super) fn collect_garbage(store: &Store, generation: u64, under_way: Option<Time>) -> Result<(), String> {
    let mut manifests = store.list(MANIFESTS)?;
    let superseded = protocol::superseded(&manifests);
    // Manifests go first: what one names must be there as long as it is.
    store.delete(&superseded)?;
    manifests.retain(|path| !superseded.contains(path));
    let mut named = Vec::new();
    for path in &manifests {
        let Some(text) = store.get(path)? else { continue };
        // One that cannot be read, because it is damaged or another version's, may name anything.
        let manifest: Manifest = from_text(&text).map_err(|reason| format!("{path}: {reason}"))?;
        named.extend(manifest.parts.into_iter().map(|part| part.path));
    }
    let orphans = protocol::orphans(&store.list(PARTS)?, &named, (generation, under_way));
    store.delete(&orphans)
}
