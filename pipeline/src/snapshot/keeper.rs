//! How an operator hands out what it knows, and takes it back.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::mpsc::SyncSender;
use std::time::Instant;

use differential_dataflow::VecCollection;
use serde::de::DeserializeOwned;
use timely::progress::frontier::MutableAntichain;

use super::collect::{Piece, What};
use super::marks::{Marking, marked};
use super::part::Sheets;
use crate::event::{Diff, Time};

/// A copy of some state, to be written by another thread. It is made on the worker and must be made quickly; to be encoded
/// it may take as long as it wants.
pub(crate) type Frozen = Box<dyn FnOnce(&mut Sheets) + Send>;

/// State of an operator that can be handed out and taken back.
pub(crate) trait Keep: 'static {
    /// One entry, as it is read; what is written by [`Sheets::put`] must have the same form.
    type Entry: DeserializeOwned + 'static;

    /// Whether routes are equal in every version of the program. Those of the engine's own hash are not; then every worker
    /// looks through all entries.
    const STABLE_ROUTE: bool = true;

    /// What the operator's input is exchanged by, for this entry.
    fn route(entry: &Self::Entry) -> u64;

    /// A copy of what is known at the end of tick `at`, which is now.
    fn freeze(&self, at: Time) -> Frozen;

    /// Takes an entry back into a state that was blank.
    fn take_back(&mut self, entry: Self::Entry);
}

/// A state by its name. A change of version makes snapshots of before useless, and must: nothing else tells.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) version: u32,
    pub(super) blank: fn() -> Box<dyn Load>,
}

impl Kind {
    pub(crate) const fn of<S: Keep>(name: &'static str, version: u32) -> Self {
        Self {
            name,
            version,
            blank: || Box::new(Loaded::<S>(Vec::new())),
        }
    }
}

/// Entries being loaded, of whatever type.
pub(super) trait Load {
    /// Adds the entries in these bytes that belong to a worker (its index, the number of workers).
    fn add(&mut self, bytes: &[u8], worker: (usize, usize)) -> Result<usize, String>;
    /// Whether a section may have entries for a worker.
    fn concerns(&self, section: usize, worker: (usize, usize)) -> bool;
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

struct Loaded<S: Keep>(Vec<S::Entry>);

impl<S: Keep> Load for Loaded<S> {
    fn add(&mut self, mut bytes: &[u8], (index, peers): (usize, usize)) -> Result<usize, String> {
        let mut read = 0;
        while !bytes.is_empty() {
            let (entry, rest) = postcard::take_from_bytes(bytes).map_err(|error| error.to_string())?;
            // As the engine exchanges: the remainder, for any number of workers.
            if S::route(&entry) % peers as u64 == index as u64 {
                self.0.push(entry);
            }
            bytes = rest;
            read += 1;
        }
        Ok(read)
    }

    fn concerns(&self, section: usize, worker: (usize, usize)) -> bool {
        !S::STABLE_ROUTE || super::part::concerns(section, worker)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        Box::new(self.0)
    }
}

/// Where a worker's pieces go, and when they are asked for.
pub(super) struct Taking {
    pub(super) pieces: SyncSender<Piece>,
    pub(super) marking: Marking,
}

/// Marks that are still ahead of one operator.
type Ahead = Rc<RefCell<VecDeque<Time>>>;

/// One worker's part in snapshots. Clones are the same.
#[derive(Clone)]
pub(crate) struct Snapshots(Rc<Inner>);

struct Inner {
    worker: usize,
    /// None when snapshots are off.
    taking: Option<Taking>,
    ahead: RefCell<Vec<Ahead>>,
    names: RefCell<Vec<&'static str>>,
    restored: RefCell<HashMap<&'static str, Box<dyn Any>>>,
    restored_at: Cell<Option<Time>>,
}

impl Snapshots {
    pub(super) fn new(worker: usize, taking: Option<Taking>) -> Self {
        Self(Rc::new(Inner {
            worker,
            taking,
            ahead: RefCell::default(),
            names: RefCell::default(),
            restored: RefCell::default(),
            restored_at: Cell::new(None),
        }))
    }

    /// Of a run that takes no snapshots.
    pub(crate) fn off() -> Self {
        Self::new(0, None)
    }

    /// What is to be taken back: the entries of each state, as of a tick.
    pub(super) fn give_back(&self, at: Time, entries: HashMap<&'static str, Box<dyn Any>>) {
        self.0.restored_at.set(Some(at));
        *self.0.restored.borrow_mut() = entries;
    }

    /// The tick that this run goes on from, if it began with a snapshot.
    pub(crate) fn restored_at(&self) -> Option<Time> {
        self.0.restored_at.get()
    }

    /// The keeper of one state of this worker.
    pub(crate) fn keeper<S: Keep>(&self, kind: Kind) -> Keeper<S> {
        self.0.names.borrow_mut().push(kind.name);
        Keeper {
            kind,
            outlet: self.outlet(),
            state: PhantomData,
        }
    }

    /// For one who has no state, but something to wait for.
    pub(crate) fn witness(&self) -> Witness {
        Witness(self.outlet())
    }

    fn outlet(&self) -> Outlet {
        let ahead = Ahead::default();
        self.0.ahead.borrow_mut().push(ahead.clone());
        Outlet {
            ahead,
            snapshots: self.clone(),
        }
    }

    /// The same records; behind the marks, when there are any. Every operator with a keeper or a witness must come after.
    pub(crate) fn marked<'scope, D: Clone + 'static>(
        &self,
        records: VecCollection<'scope, Time, D, Diff>,
    ) -> VecCollection<'scope, Time, D, Diff> {
        let Some(Taking { marking, .. }) = &self.0.taking else {
            return records;
        };
        let inner = self.0.clone();
        let announce = move |at| {
            for ahead in inner.ahead.borrow().iter() {
                ahead.borrow_mut().push_back(at);
            }
        };
        marked(records, marking.clone(), announce)
    }

    /// Checks that the operators that were built keep all the states that are listed, and no others: what is not listed is
    /// not in the fingerprint, and would not be missed.
    pub(crate) fn assert_complete(&self, listed: &[Kind]) {
        let mut built = self.0.names.borrow().clone();
        let mut listed: Vec<_> = listed.iter().map(|kind| kind.name).collect();
        built.sort_unstable();
        listed.sort_unstable();
        assert_eq!(built, listed, "every state is listed, and every listed state is kept");
        let left: Vec<_> = self.0.restored.borrow().keys().copied().collect();
        assert!(left.is_empty(), "nobody took back {left:?}");
    }
}

/// Where an operator finds its marks, and where its pieces go.
struct Outlet {
    ahead: Ahead,
    snapshots: Snapshots,
}

impl Outlet {
    fn next(&self, passed: impl Fn(Time) -> bool) -> Option<Time> {
        let mut ahead = self.ahead.borrow_mut();
        ahead.front().is_some_and(|at| passed(*at)).then(|| ahead.pop_front())?
    }

    fn send(&self, at: Time, what: What) {
        let inner = &self.snapshots.0;
        let Some(Taking { pieces, .. }) = &inner.taking else {
            return;
        };
        let of = inner.ahead.borrow().len();
        let worker = inner.worker;
        if pieces.try_send(Piece { at, worker, of, what }).is_err() {
            // The snapshot then lacks a piece and is given up in time; the worker does not wait for it.
            metrics::counter!("pipeline_snapshot_pieces_dropped_total").increment(1);
        }
    }
}

/// Hands out one state of one worker at every mark.
pub(crate) struct Keeper<S> {
    kind: Kind,
    outlet: Outlet,
    state: PhantomData<fn(&S)>,
}

impl<S: Keep> Keeper<S> {
    /// Takes back what this worker's share of the state was, into a blank one.
    pub(crate) fn restore(&self, state: &mut S) {
        let entries = self.outlet.snapshots.0.restored.borrow_mut().remove(self.kind.name);
        let Some(entries) = entries else { return };
        let entries: Box<Vec<S::Entry>> = entries.downcast().expect("a kind belongs to one type of state");
        entries.into_iter().for_each(|entry| state.take_back(entry));
    }

    /// To be called before the state is changed by what was logged at `time`, once the frontier has passed that.
    pub(crate) fn before(&self, time: Time, state: &S) {
        while let Some(at) = self.outlet.next(|at| at < time) {
            self.hand_out(at, state);
        }
    }

    /// To be called when the state has in it all that was logged before the frontier, and nothing else.
    pub(crate) fn through(&self, frontier: &MutableAntichain<Time>, state: &S) {
        while let Some(at) = self.outlet.next(|at| !frontier.less_equal(&at)) {
            self.hand_out(at, state);
        }
    }

    fn hand_out(&self, at: Time, state: &S) {
        let started = Instant::now();
        let frozen = state.freeze(at);
        let pause = metrics::histogram!("pipeline_snapshot_pause_seconds", "state" => self.kind.name);
        pause.record(started.elapsed().as_secs_f64());
        let name = self.kind.name;
        self.outlet.send(at, What::State { name, frozen });
    }
}

/// Says when something that a snapshot depends on is so.
pub(crate) struct Witness(Outlet);

impl Witness {
    /// The next mark that the frontier has passed.
    pub(crate) fn passed(&self, frontier: &MutableAntichain<Time>) -> Option<Time> {
        self.0.next(|at| !frontier.less_equal(&at))
    }

    /// What had to be so at the mark is so.
    pub(crate) fn confirm(&self, at: Time) {
        self.0.send(at, What::Confirmed);
    }
}
