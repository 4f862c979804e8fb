//! Counting anew from the tables: what windows, conversations, turns and timers come to when everything that the tables know by
//! now had been logged in time.
//!
//! ```text
//! messages, statuses, outcomes,   ─▶ split ─┬─ timelines ──┬─▶ an Interval, as it should stand
//! identities, decisions,                    ├─ deliveries ─┤
//! in the order of the log                   └─ windows ◀───┘
//! ```
//!
//! It is the dataflow behind the analysis, fed from the tables in place of the log. Whatever was logged too late for a window is
//! taken in as if it had been just in time, so that memory is bounded as the pipeline's is; all else at its own time. Where
//! nothing was too late and nothing was lost, what comes out is what is stored.
//!
//! Two things the tables do not know. Of settings that the topic has compacted away the oldest that is left holds for what was
//! before it. And of two identifiers only what was said of them last: conversations of customers who were merged and parted again
//! meanwhile may come out otherwise.

mod compare;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use differential_dataflow::{AsCollection, VecCollection, consolidation};
use parlance_schemas::labels::Measure;
use parlance_schemas::rows::{
    ConversationRow, DecisionRow, IdentityRow, Interval, LogTime, MessageRow, OutcomeRow, StatusRow, TimerRow, TurnRow,
};
use timely::container::CapacityContainerBuilder;
use timely::dataflow::InputHandle;
use timely::dataflow::operators::Inspect;
use timely::dataflow::operators::probe::{Handle as Probe, Probe as _};

use crate::config::{Config, millis, ticks};
use crate::deliveries;
use crate::event::{Diff, Time, tick_of};
use crate::heartbeat::NextDue;
use crate::interval::assemble;
use crate::rows::Row;
use crate::settings::History;
use crate::snapshot::Snapshots;
use crate::split::split;
use crate::summary::{MeasureKey, Summary, Sums};
use crate::tally::Tally;
use crate::timelines::{self, Keeping, timelines as kept};
use crate::windows::{self, Key, Width, Windowing, sums};

pub use compare::{Comparison, Difference, compare};

/// Rows that are taken in before the engine works through them.
const AT_ONCE: usize = 10_000;

/// What is kept of changes before those that cancel out are let go.
const LOOSE_MIN: usize = 1 << 16;

/// A row of a table from which others follow.
#[derive(Clone, Debug)]
pub enum Known {
    /// Of `messages`.
    Message(Box<MessageRow>),
    /// Of `statuses`.
    Status(Box<StatusRow>),
    /// Of `identities`.
    Identity(Box<IdentityRow>),
    /// Of `decisions`.
    Decision(Box<DecisionRow>),
    /// Of `outcomes`.
    Outcome(Box<OutcomeRow>),
}

/// What is counted anew.
#[derive(Clone, Debug)]
pub struct Recount {
    /// Windows, conversations and turns that begin at or after this, Unix milliseconds, …
    pub from: i64,
    /// … and before this.
    pub to: i64,
    /// The log time through which the tables are complete: nothing that was logged later is taken in.
    pub until: LogTime,
    lateness: Time,
    max_future: Time,
    windows_open: Time,
}

impl Recount {
    /// Counts anew what begins from `from` to before `to`, as a pipeline of this configuration does.
    pub fn new(config: &Config, from: i64, to: i64, until: LogTime) -> Self {
        Self {
            from,
            to,
            until,
            lateness: ticks(config.lateness),
            max_future: millis(config.max_future),
            windows_open: millis(config.windows_open()),
        }
    }

    /// The event times, Unix milliseconds, first and beyond the last, of what must be known: before `from` because where a
    /// conversation begins follows from what was before it, after `to` because answers and statuses come later.
    pub fn reach(&self) -> (i64, i64) {
        let before = signed(timelines::REACH);
        let after = signed(timelines::REACH.max(self.windows_open));
        (self.from.saturating_sub(before), self.to.saturating_add(after))
    }

    /// For how long after it happened something is in time for everything, milliseconds.
    pub fn lateness_ms(&self) -> i64 {
        signed(self.lateness)
    }

    /// When a row is taken in, Unix milliseconds of log time: when it was logged, but in time.
    pub fn taken_at(&self, known: &Known) -> i64 {
        let (logged_at, at) = match known {
            Known::Message(row) => (row.logged_at, row.sent_at),
            Known::Status(row) => (row.logged_at, row.occurred_at),
            Known::Decision(row) => (row.logged_at, row.at),
            Known::Outcome(row) => (row.logged_at, row.at),
            Known::Identity(row) => return signed(row.version),
        };
        logged_at.min(at.saturating_add(self.lateness_ms()))
    }

    /// True of a window that takes nothing more from the log: who mends it is contradicted by nobody.
    pub(crate) fn is_closed(&self, window_start: u32, width: Width) -> bool {
        let windowing = self.windowing(width);
        windowing
            .open(i64::from(window_start) * 1_000, self.until.saturating_add(1))
            .is_none()
    }

    /// True of conversations, turns and timers that the pipeline has forgotten or will not change any more.
    pub(crate) fn is_final(&self, started_at: i64) -> bool {
        started_at < signed(self.until.saturating_sub(timelines::final_after(self.lateness)))
    }

    fn windowing(&self, width: Width) -> Windowing {
        Windowing {
            width,
            lateness: self.lateness,
        }
    }

    fn has(&self, at: i64) -> bool {
        (self.from..self.to).contains(&at)
    }
}

fn signed(time: Time) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX)
}

/// What the tables should hold, given rows in the order of [`Recount::taken_at`]. Works on the calling thread, which must not
/// be one of an async runtime; memory is that of a pipeline, and the rows that are asked for.
///
/// # Errors
/// The first that the rows bring.
pub fn recount<E: Send + 'static>(
    recount: &Recount,
    settings: &History,
    known: impl Iterator<Item = Result<Known, E>> + Send + 'static,
) -> Result<Interval, E> {
    let (recount, settings) = (recount.clone(), settings.as_if_always());
    // The engine asks that all it is given could be shared.
    let known = Mutex::new(known);
    timely::execute_directly(move |worker| {
        let standing = Rc::<RefCell<Standing>>::default();
        let probe = Probe::new();
        let mut input = InputHandle::<Time, CapacityContainerBuilder<Vec<(Row, Time, Diff)>>>::new_with_builder();
        let began = Time::try_from(recount.reach().0).unwrap_or(0);
        let in_force = settings.position_at(began);
        worker.dataflow_named::<Time, _, _>("Recount", |scope| {
            let rows = input.to_stream(scope).as_collection();
            let told = follow(rows, &recount, (&settings, in_force));
            let (standing, recount) = (standing.clone(), recount.clone());
            told.inner
                .inspect(move |(row, time, diff)| {
                    if *time <= recount.until {
                        standing.borrow_mut().take(row, *diff, &recount);
                    }
                })
                .probe_with(&probe);
        });
        let mut changes = settings.changes(began).into_iter().peekable();
        let mut fed = 0;
        let known = known.into_inner().unwrap_or_else(PoisonError::into_inner);
        let outcome = known.map(Some).chain([None]).try_for_each(|known| {
            // Nothing more: what came into force since counts too.
            let known = known.transpose()?;
            let taken_at = known
                .as_ref()
                .map_or(signed(recount.until), |known| recount.taken_at(known));
            let tick = tick_of(Time::try_from(taken_at).unwrap_or(0));
            while let Some((at, position)) = changes.next_if(|(at, _)| *at <= tick.min(recount.until)) {
                input.advance_to(at.max(*input.time()));
                let at = *input.time();
                input.send((Row::InForce(position), at, 1));
            }
            let Some(known) = known else { return Ok(()) };
            if tick > recount.until {
                return Ok(());
            }
            input.advance_to(tick.max(*input.time()));
            let at = *input.time();
            let row = match known {
                Known::Message(row) => Row::Message(row),
                Known::Status(row) => Row::Status(row),
                Known::Identity(row) => Row::Identity(row),
                Known::Decision(row) => Row::Decision(row),
                Known::Outcome(row) => Row::Outcome(row),
            };
            input.send((row, at, 1));
            fed += 1;
            if fed % AT_ONCE == 0 {
                input.flush();
                while probe.less_than(input.time()) {
                    worker.step();
                }
            }
            Ok(())
        });
        input.advance_to(recount.until + 1);
        input.flush();
        if outcome.is_ok() {
            while probe.less_than(&(recount.until + 1)) {
                worker.step();
            }
        }
        let interval = standing.take().into_interval(recount.until);
        // What comes due after `until` is not asked for.
        for dataflow in worker.installed_dataflows() {
            worker.drop_dataflow(dataflow);
        }
        outcome.map(|()| interval)
    })
}

/// The dataflow behind the analysis.
fn follow<'scope>(
    rows: VecCollection<'scope, Time, Row, Diff>,
    recount: &Recount,
    (settings, in_force): (&History, i64),
) -> VecCollection<'scope, Time, Row, Diff> {
    let snapshots = Snapshots::off();
    let parts = split(rows, recount.max_future, recount.lateness);
    let keeping = Keeping {
        settings: settings.clone(),
        lateness: recount.lateness,
        in_force,
        restored_at: None,
        clock: Arc::new(NextDue::new(1)).clock(0, 0),
    };
    let told = kept(parts.facts, keeping, &snapshots);
    let delivered = deliveries::followed(parts.heard, recount.windows_open, &snapshots);
    let measured = parts.measured.concat(told.measured).concat(delivered);
    let of_messages = Width::ALL.map(windows::messages);
    let of_measures = Width::ALL.map(windows::measures);
    let metric: fn(Width, Key, Tally) -> Row = |width, key, tally| Row::Metric(width, Box::new((key, tally)));
    let measure: fn(Width, MeasureKey, Sums) -> Row = |width, key, sums| Row::Measure(width, Box::new((key, sums)));
    told.rows
        .concat(sums(
            parts.messages,
            recount.lateness,
            (&snapshots, of_messages),
            metric,
        ))
        .concat(sums(measured, recount.lateness, (&snapshots, of_measures), measure))
}

/// What was told and not taken back, of what is asked for.
#[derive(Default)]
struct Standing {
    conversations: Loose<ConversationRow>,
    turns: Loose<TurnRow>,
    timers: Loose<TimerRow>,
    /// Of windows only what changed is told, in order, and taken back only when nothing is left.
    messages: BTreeMap<(Width, Key), Tally>,
    measures: BTreeMap<(Width, MeasureKey, Measure), Summary>,
}

/// Changes, of which some cancel out.
struct Loose<R>(Vec<(R, Diff)>, usize);

impl<R> Default for Loose<R> {
    fn default() -> Self {
        Self(Vec::new(), LOOSE_MIN)
    }
}

impl<R: Ord> Loose<R> {
    fn push(&mut self, row: R, diff: Diff) {
        self.0.push((row, diff));
        if self.0.len() >= self.1 {
            consolidation::consolidate(&mut self.0);
            self.1 = (2 * self.0.len()).max(LOOSE_MIN);
        }
    }

    fn rows(mut self, as_row: impl Fn(R) -> Row) -> impl Iterator<Item = (Row, Diff)> {
        consolidation::consolidate(&mut self.0);
        self.0.into_iter().map(move |(row, diff)| (as_row(row), diff))
    }
}

impl Standing {
    fn take(&mut self, row: &Row, diff: Diff, recount: &Recount) {
        let starts = |start: u64| recount.has(signed(start));
        match row {
            Row::Conversation(row) if recount.has(row.started_at) => self.conversations.push((**row).clone(), diff),
            Row::Turn(row) if recount.has(row.started_at) => self.turns.push((**row).clone(), diff),
            Row::Timer(row) if recount.has(row.started_at) => self.timers.push((**row).clone(), diff),
            Row::Metric(width, window) if starts(window.0.start) => {
                let (key, tally) = (**window).clone();
                if diff > 0 {
                    self.messages.insert((*width, key), tally);
                } else {
                    self.messages.remove(&(*width, key));
                }
            }
            Row::Measure(width, window) if starts(window.0.start) => {
                let (key, sums) = (**window).clone();
                for (measure, summary) in sums.into_vec() {
                    let of_measure = (*width, key.clone(), measure);
                    if diff > 0 {
                        self.measures.insert(of_measure, summary);
                    } else {
                        self.measures.remove(&of_measure);
                    }
                }
            }
            _ => {}
        }
    }

    fn into_interval(self, until: Time) -> Interval {
        let messages = self.messages.into_iter();
        let messages = messages.map(|((width, key), tally)| Row::Metric(width, Box::new((key, tally))));
        let measures = self.measures.into_iter().map(|((width, key, measure), summary)| {
            let sums = Sums::of(vec![(measure, summary)]);
            Row::Measure(width, Box::new((key, sums)))
        });
        let updates = self
            .conversations
            .rows(|row| Row::Conversation(Box::new(row)))
            .chain(self.turns.rows(|row| Row::Turn(Box::new(row))))
            .chain(self.timers.rows(|row| Row::Timer(Box::new(row))))
            .chain(messages.chain(measures).map(|row| (row, 1)));
        assemble(0, until, updates.collect())
    }
}
