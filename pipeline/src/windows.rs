//! Windows of event time, corrected by late messages until they close.
//!
//! Keeps true: a window sums up exactly what happened in it, by event time, and was logged before its end plus the lateness. When a window closes its last row stands: state goes, the row stays.
//! Holds: one tally for each window that is open, twice (its count, and what takes it back at the end); so
//! integrations × 2 directions × (lateness / width + 1) of them, for each width. Costs a few map operations a
//! message, and as many a window that changed, each tick.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use differential_dataflow::difference::{Abelian, Multiply};
use differential_dataflow::operators::CountTotal;
use differential_dataflow::{AsCollection, ExchangeData, Hashable, VecCollection};
use parlance_schemas::labels::Direction;
use serde::{Deserialize, Serialize};
use timely::dataflow::channels::pact::Exchange;
use timely::dataflow::operators::Capability;
use timely::dataflow::operators::generic::Operator;
use timely::dataflow::operators::vec::Map;

use crate::event::{Diff, Time};
use crate::snapshot::{Frozen, Keep, Kind, Sheets, Snapshots};
use crate::summary::{MeasureKey, Sums};
use crate::tally::Tally;

/// The widths of windows there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Width {
    Minute,
    Hour,
    Day,
}

/// The largest of them.
pub(crate) const LARGEST: Duration = Duration::from_secs(24 * 60 * 60);

impl Width {
    pub(crate) const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    pub(crate) const fn millis(self) -> u64 {
        match self {
            Self::Minute => 60 * 1_000,
            Self::Hour => 60 * 60 * 1_000,
            Self::Day => 24 * 60 * 60 * 1_000,
        }
    }

    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Minute => "1m",
            Self::Hour => "1h",
            Self::Day => "1d",
        }
    }
}

/// Whose messages are counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) phone_number_id: String,
    /// Start of the window in Unix milliseconds, a multiple of its width.
    pub(crate) start: u64,
    pub(crate) direction: Direction,
}

/// What a window is known by, its beginning among it.
pub(crate) trait WindowKey: ExchangeData + Sync + Hashable<Output = u64> + std::hash::Hash {
    /// Start of the window in Unix milliseconds.
    fn start(&self) -> u64;
    /// The same of another window.
    fn starting(self, start: u64) -> Self;
}

/// What is summed in a window, in the difference.
pub(crate) trait Sum: ExchangeData + Sync + Abelian + Multiply<Diff, Output = Self> + Default {}
impl<R: ExchangeData + Sync + Abelian + Multiply<Diff, Output = R> + Default> Sum for R {}

impl WindowKey for Key {
    fn start(&self) -> u64 {
        self.start
    }
    fn starting(self, start: u64) -> Self {
        Self { start, ..self }
    }
}

/// Something that adds to the window it happened in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Happened<K, R> {
    /// Event time in Unix milliseconds.
    pub(crate) at: i64,
    /// Its window's key, but for the window's beginning.
    pub(crate) key: K,
    pub(crate) sum: R,
}

/// One width of windows and how long they stay open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Windowing {
    pub(crate) width: Width,
    /// Milliseconds of log time after a window's end.
    pub(crate) lateness: Time,
}

impl Windowing {
    /// The window of an event time; none before 1970, whose windows are long closed.
    fn start(self, at: i64) -> Option<u64> {
        let at = u64::try_from(at).ok()?;
        Some(at - at % self.width.millis())
    }

    /// The window of an event time, if it still takes at a log time what happened then.
    pub(crate) fn open(self, at: i64, time: Time) -> Option<u64> {
        self.start(at).filter(|start| time < self.closes(*start))
    }

    /// The log time from which the window takes no more messages.
    fn closes(self, start: u64) -> Time {
        crate::event::tick_of(start + self.width.millis() + self.lateness)
    }
}

/// What each window sums up to, with corrections: each change retracts the row that was and gives the one that is.
pub(crate) fn sums<'scope, K: WindowKey, R: Sum>(
    happened: VecCollection<'scope, Time, Happened<K, R>, Diff>,
    windowing: Windowing,
    state: (&Snapshots, Kind),
) -> VecCollection<'scope, Time, (K, R), Diff> {
    let open = until_closed(in_time(happened, windowing), windowing, state);
    before_closing(open.count_total_core(), windowing)
}

/// Each thing in its window, unless that is closed already: then it is let go.
fn in_time<'scope, K: WindowKey, R: Sum>(
    happened: VecCollection<'scope, Time, Happened<K, R>, Diff>,
    windowing: Windowing,
) -> VecCollection<'scope, Time, K, R> {
    happened
        .inner
        .flat_map(move |(Happened { at, key, sum }, time, diff)| {
            let start = windowing.open(at, time)?;
            Some((key.starting(start), time, sum.multiply(&diff)))
        })
        .as_collection()
}

/// What is remembered of the windows of messages, and of those of what is measured: see [`sums`].
pub(crate) const fn messages(width: Width) -> Kind {
    let name = match width {
        Width::Minute => "messages-1m",
        Width::Hour => "messages-1h",
        Width::Day => "messages-1d",
    };
    Kind::of::<Open<Key, Tally>>(name, 1)
}

/// The second of these.
pub(crate) const fn measures(width: Width) -> Kind {
    let name = match width {
        Width::Minute => "measures-1m",
        Width::Hour => "measures-1h",
        Width::Day => "measures-1d",
    };
    Kind::of::<Open<MeasureKey, Sums>>(name, 1)
}

/// Lets sums through and takes each back when its window closes. What is to be taken back waits here, summed by
/// window: in an arrangement's batcher it would be looked through on every tick. It is also what a snapshot has of windows;
/// the count behind is made again from it.
fn until_closed<'scope, K: WindowKey, R: Sum>(
    counts: VecCollection<'scope, Time, K, R>,
    windowing: Windowing,
    (snapshots, kind): (&Snapshots, Kind),
) -> VecCollection<'scope, Time, K, R> {
    let by_key = Exchange::new(|(key, _, _): &(K, Time, R)| key.hashed());
    let keeper = snapshots.keeper::<Open<K, R>>(kind);
    let restored_at = snapshots.restored_at();
    let worker = counts.inner.scope().index();
    let stream = counts
        .inner
        .unary_frontier(by_key, "UntilClosed", move |first_capability, _info| {
            let mut windows = Open::<K, R>::new(windowing);
            keeper.restore(&mut windows);
            // One capability for all that is due, at its earliest time.
            let mut capability: Option<Capability<Time>> =
                windows.due.keys().next().map(|closes| first_capability.delayed(closes));
            // As of the snapshot, so that what follows from it, the rows that are there already, is dropped by the sink.
            let mut again = restored_at.map(|at| first_capability.delayed(&at));
            drop(first_capability);
            let open = metrics::gauge!("pipeline_open_windows", "windows" => kind.name, "worker" => worker.to_string());
            move |(input, frontier), output| {
                if let Some(at) = again.take() {
                    let mut session = output.session(&at);
                    for (key, sum) in windows.due.values().flat_map(|windows| windows.iter()) {
                        session.give((key.clone(), *at.time(), sum.clone()));
                    }
                }
                input.for_each_stamp(|stamp, data| {
                    let mut session = output.session(&stamp);
                    for (key, time, sum) in data.flat_map(|batch| batch.drain(..)) {
                        let closes = windowing.closes(key.start());
                        if capability.as_ref().is_none_or(|held| *held.time() > closes) {
                            capability = Some(stamp.delayed(&closes, 0));
                        }
                        let tick = windows.unfinished.entry(time).or_default();
                        tick.entry(key.clone()).or_default().plus_equals(&sum);
                        session.give((key, time, sum));
                    }
                });
                while let Some(entry) = windows.unfinished.first_entry()
                    && !frontier.less_equal(entry.key())
                {
                    let (time, tick) = entry.remove_entry();
                    keeper.before(time, &windows);
                    windows.add(tick);
                }
                keeper.through(frontier, &windows);
                let mut closed = false;
                while let Some(entry) = windows.due.first_entry()
                    && !frontier.less_equal(entry.key())
                {
                    let (closes, sums) = entry.remove_entry();
                    let held = capability.as_ref().expect("held while anything is due");
                    let mut session = output.session(held);
                    for (key, mut sum) in Arc::unwrap_or_clone(sums) {
                        sum.negate();
                        session.give((key, closes, sum));
                    }
                    closed = true;
                }
                if closed {
                    match (windows.closing_next(), &mut capability) {
                        (Some(next), Some(held)) => held.downgrade(&next),
                        _ => capability = None,
                    }
                }
                open.set(windows.due.values().map(|windows| windows.len()).sum::<usize>() as f64);
            }
        });
    stream.as_collection()
}

/// The windows that are open.
struct Open<K, R> {
    windowing: Windowing,
    /// By when they close, as of the last finished tick. Shared with snapshots under way: what changes then is copied first.
    due: BTreeMap<Time, Arc<HashMap<K, R>>>,
    /// What unfinished ticks add: a snapshot at an earlier one must not have it.
    unfinished: BTreeMap<Time, HashMap<K, R>>,
}

impl<K: WindowKey, R: Sum> Open<K, R> {
    fn new(windowing: Windowing) -> Self {
        Self {
            windowing,
            due: BTreeMap::new(),
            unfinished: BTreeMap::new(),
        }
    }

    fn add(&mut self, tick: HashMap<K, R>) {
        for (key, sum) in tick {
            let windows = self.due.entry(self.windowing.closes(key.start())).or_default();
            Arc::make_mut(windows).entry(key).or_default().plus_equals(&sum);
        }
    }

    /// When the next window closes.
    fn closing_next(&self) -> Option<Time> {
        let unfinished = self.unfinished.values().flat_map(HashMap::keys);
        let unfinished = unfinished.map(|key| self.windowing.closes(key.start())).min();
        let due = self.due.keys().next().copied();
        due.into_iter().chain(unfinished).min()
    }
}

impl<K: WindowKey, R: Sum> Keep for Open<K, R> {
    type Entry = (K, R);

    /// The engine's hash is only good for one version of it.
    const STABLE_ROUTE: bool = false;

    fn route((key, _): &Self::Entry) -> u64 {
        key.hashed()
    }

    fn freeze(&self, at: Time) -> Frozen {
        // Those that close by then have nothing more to say.
        let due = self.due.range((Bound::Excluded(at), Bound::Unbounded));
        let due: Vec<_> = due.map(|(_, windows)| windows.clone()).collect();
        Box::new(move |sheets: &mut Sheets| {
            for windows in due {
                for entry in &*windows {
                    sheets.put(entry.0.start(), &entry);
                }
            }
        })
    }

    fn take_back(&mut self, (key, sum): Self::Entry) {
        let windows = self.due.entry(self.windowing.closes(key.start())).or_default();
        Arc::make_mut(windows).insert(key, sum);
    }
}

/// Drops the updates that only say "the window has closed": its last row is final, and stays.
fn before_closing<'scope, K: WindowKey, R: Sum>(
    sums: VecCollection<'scope, Time, (K, R), Diff>,
    windowing: Windowing,
) -> VecCollection<'scope, Time, (K, R), Diff> {
    sums.inner
        .flat_map(move |((key, sum), time, diff)| {
            (time < windowing.closes(key.start())).then_some(((key, sum), time, diff))
        })
        .as_collection()
}
