//! A snapshot of states that no run keeps, by the thread that writes those of runs.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::collect::{Depot, Piece, Shape, What};
use super::keeper::Frozen;
use super::manifest::{Fingerprint, Manifest, from_text};
use super::protocol::{GENERATIONS, generation_path, manifest_path, newest_generation};
use super::store::Store;
use crate::config::Config;
use crate::dataflow::STATES;
use crate::event::Time;
use crate::poll::Reading;
use crate::stop::Stop;
use crate::vitals::Vitals;

/// How often it looks whether the snapshot is whole.
const LOOK: Duration = Duration::from_millis(5);

/// Writes a snapshot of one process with one worker, in which the states that are not given are blank; returns its bytes.
///
/// # Errors
/// In words, when it cannot be written.
pub(crate) fn write(
    place: &str,
    (fingerprint, shape): (Fingerprint, Shape),
    reading: Arc<Reading>,
    at: Time,
    mut frozen: Vec<(&'static str, Frozen)>,
) -> Result<u64, String> {
    let store = Store::open(place)?;
    let generation = newest_generation(&store.list(GENERATIONS)?) + 1;
    store.create(&generation_path(generation), Vec::new())?;
    let (depot, collector) = Depot::new(
        store.clone(),
        fingerprint,
        shape,
        STATES.len(),
        (reading, Arc::new(Vitals::new(&Config::default()))),
    );
    depot.generation.store(generation, Ordering::SeqCst);
    for kind in STATES {
        if !frozen.iter().any(|(name, _)| *name == kind.name) {
            frozen.push((kind.name, Box::new(|_| {})));
        }
    }
    let of = frozen.len() + 1;
    let states = frozen.into_iter().map(|(name, frozen)| What::State { name, frozen });
    for what in states.chain([What::Confirmed]) {
        let piece = Piece {
            at,
            worker: 0,
            of,
            what,
        };
        depot
            .pieces
            .try_send(piece)
            .map_err(|_| "a state was given twice".to_owned())?;
    }
    let stop = Stop::default();
    depot.gate.begin(at);
    std::thread::scope(|scope| {
        let collecting = scope.spawn(|| collector.run(&stop));
        // It ends when the snapshot is whole, or has failed.
        while depot.gate.is_closed() && !collecting.is_finished() {
            std::thread::park_timeout(LOOK);
        }
        stop.request();
        let ended = collecting.join().map_err(|_| "it panicked".to_owned())?;
        ended.map_err(|error| error.to_string())
    })?;
    let path = manifest_path(at, generation);
    let text = store
        .get(&path)?
        .ok_or_else(|| format!("there is no {path}: see the log"))?;
    Ok(from_text::<Manifest>(&text)?.bytes())
}
