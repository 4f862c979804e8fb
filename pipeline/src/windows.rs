//! Windows of event time, corrected by late messages until they close.
//!
//! Keeps true: a window sums up exactly what happened in it, by event time, and was logged before its end plus the lateness. When
//! a window closes its last row stands: state goes, the row stays.
//!
//! Of a window that changed in a tick one row is given, however much happened in it: the sum that is. The row before is not taken
//! back, as the table keeps the newer; only what has come to nothing is.
//!
//! Holds: one sum for each window that is open; so integrations × 2 directions × (lateness / width + 1) of them, for each width.
//! Costs one map operation a message, and two for each window that changed, each tick.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use differential_dataflow::difference::{Abelian, Multiply};
use differential_dataflow::{AsCollection, ExchangeData, Hashable, VecCollection};
use parlance_schemas::labels::Direction;
use serde::{Deserialize, Serialize};
use timely::container::CapacityContainerBuilder;
use timely::dataflow::channels::pact::Exchange;
use timely::dataflow::operators::Capability;
use timely::dataflow::operators::generic::Operator;
use timely::progress::frontier::MutableAntichain;

use crate::event::{Diff, Time};
use crate::rows::Row;
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

    /// Of the window of a time.
    const fn start(self, at: u64) -> u64 {
        at - at % self.millis()
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
pub(crate) trait WindowKey: ExchangeData + Sync + std::hash::Hash {
    /// Start of the window in Unix milliseconds.
    fn start(&self) -> u64;
    /// The same of another window.
    fn starting(self, start: u64) -> Self;
    /// Where all windows meet that differ in their beginning alone.
    fn home(&self) -> u64;
}

/// What is summed in a window, in the difference.
pub(crate) trait Sum: ExchangeData + Sync + Abelian + Multiply<Diff, Output = Self> + Default {
    /// What there is to tell of a sum to which something was added: what is no more, and what is now.
    fn told(&self, added: &Self) -> [Option<Self>; 2];
}

impl WindowKey for Key {
    fn start(&self) -> u64 {
        self.start
    }
    fn starting(self, start: u64) -> Self {
        Self { start, ..self }
    }
    fn home(&self) -> u64 {
        (&self.phone_number_id, self.direction).hashed()
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
    /// The window of an event time, if it still takes at a log time what happened then; none before 1970, whose windows are long
    /// closed.
    pub(crate) fn open(self, at: i64, time: Time) -> Option<u64> {
        let start = self.width.start(u64::try_from(at).ok()?);
        (time < self.closes(start)).then_some(start)
    }

    /// The log time from which the window takes no more messages.
    fn closes(self, start: u64) -> Time {
        crate::event::tick_of(start + self.width.millis() + self.lateness)
    }
}

/// What windows of every width sum up to: a row for each that changed in a tick.
pub(crate) fn sums<'scope, K: WindowKey, R: Sum>(
    happened: VecCollection<'scope, Time, Happened<K, R>, Diff>,
    lateness: Time,
    (snapshots, kinds): (&Snapshots, [Kind; 3]),
    row: fn(Width, K, R) -> Row,
) -> VecCollection<'scope, Time, Row, Diff> {
    let by_key = Exchange::new(|(happened, _, _): &(Happened<K, R>, Time, Diff)| happened.key.home());
    let keepers = kinds.map(|kind| snapshots.keeper::<Open<K, R>>(kind));
    let worker = happened.inner.scope().index();
    let stream = happened
        .inner
        .unary_frontier::<CapacityContainerBuilder<Vec<(Row, Time, Diff)>>, _, _, _>(
            by_key,
            "Windows",
            move |_capability, _info| {
                let mut widths = Width::ALL.map(|width| Open::<K, R>::new(Windowing { width, lateness }));
                for (keeper, open) in keepers.iter().zip(&mut widths) {
                    keeper.restore(open);
                }
                // What unfinished ticks add, by minute: a snapshot at an earlier one must not have it.
                let mut unfinished: BTreeMap<Time, (Capability<Time>, HashMap<K, R>)> = BTreeMap::new();
                let gauges = kinds.map(|kind| {
                    metrics::gauge!("pipeline_open_windows", "windows" => kind.name, "worker" => worker.to_string())
                });
                move |(input, frontier), output| {
                    input.for_each_stamp(|stamp, data| {
                        for (Happened { at, key, sum }, time, diff) in data.flat_map(|batch| batch.drain(..)) {
                            // Before 1970: all its windows are long closed.
                            let Ok(at) = u64::try_from(at) else { continue };
                            let (_, tick) = unfinished
                                .entry(time)
                                .or_insert_with(|| (stamp.delayed(&time, 0), HashMap::new()));
                            add(tick, key.starting(Width::Minute.start(at)), sum.multiply(&diff));
                        }
                    });
                    while let Some(entry) = unfinished.first_entry()
                        && !frontier.less_equal(entry.key())
                    {
                        let (time, (capability, minutes)) = entry.remove_entry();
                        let hours = wider(&minutes, Width::Hour);
                        let days = wider(&hours, Width::Day);
                        let mut session = output.session(&capability);
                        let ticks = [minutes, hours, days].into_iter();
                        for ((open, keeper), tick) in widths.iter_mut().zip(&keepers).zip(ticks) {
                            keeper.before(time, open);
                            let width = open.windowing.width;
                            open.add(tick, time, |key, sum, diff| {
                                session.give((row(width, key, sum), time, diff))
                            });
                        }
                    }
                    for ((open, keeper), gauge) in widths.iter_mut().zip(&keepers).zip(&gauges) {
                        keeper.through(frontier, open);
                        open.close(frontier);
                        gauge.set(open.due.values().map(|windows| windows.len()).sum::<usize>() as f64);
                    }
                }
            },
        );
    stream.as_collection()
}

/// Adds what happened in a tick to what is known of it.
fn add<K: WindowKey, R: Sum>(tick: &mut HashMap<K, R>, key: K, sum: R) {
    match tick.entry(key) {
        Entry::Occupied(known) => known.into_mut().plus_equals(&sum),
        Entry::Vacant(slot) => {
            slot.insert(sum);
        }
    }
}

/// The same by windows of a larger width.
fn wider<K: WindowKey, R: Sum>(tick: &HashMap<K, R>, width: Width) -> HashMap<K, R> {
    let mut wider = HashMap::with_capacity(tick.len());
    for (key, sum) in tick {
        add(&mut wider, key.clone().starting(width.start(key.start())), sum.clone());
    }
    wider
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

/// The windows of one width that are open, as of the last finished tick.
struct Open<K, R> {
    windowing: Windowing,
    /// By when they close. Shared with snapshots under way: what changes then is copied first.
    due: BTreeMap<Time, Arc<HashMap<K, R>>>,
}

impl<K: WindowKey, R: Sum> Open<K, R> {
    fn new(windowing: Windowing) -> Self {
        Self {
            windowing,
            due: BTreeMap::new(),
        }
    }

    /// Adds what happened in a tick, unless its windows are closed already: then it is let go.
    fn add(&mut self, tick: HashMap<K, R>, time: Time, mut give: impl FnMut(K, R, Diff)) {
        for (key, sum) in tick {
            let closes = self.windowing.closes(key.start());
            if time >= closes || sum.is_zero() {
                continue;
            }
            let windows = Arc::make_mut(self.due.entry(closes).or_default());
            let [gone, now] = match windows.entry(key.clone()) {
                Entry::Occupied(mut known) => {
                    known.get_mut().plus_equals(&sum);
                    let told = known.get().told(&sum);
                    if known.get().is_zero() {
                        known.remove();
                    }
                    told
                }
                Entry::Vacant(slot) => [None, Some(slot.insert(sum).clone())],
            };
            if let Some(gone) = gone {
                give(key.clone(), gone, -1);
            }
            if let Some(now) = now {
                give(key, now, 1);
            }
        }
    }

    /// Lets go of the windows whose time is over: their last rows are final, and stay.
    fn close(&mut self, frontier: &MutableAntichain<Time>) {
        while let Some(entry) = self.due.first_entry()
            && !frontier.less_equal(entry.key())
        {
            entry.remove();
        }
    }
}

impl<K: WindowKey, R: Sum> Keep for Open<K, R> {
    type Entry = (K, R);

    /// The engine's hash is only good for one version of it.
    const STABLE_ROUTE: bool = false;

    fn route((key, _): &Self::Entry) -> u64 {
        key.home()
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
