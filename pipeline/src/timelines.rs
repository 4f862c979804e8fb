//! The operator that keeps the threads: who is who, what conversations and turns follow, and what comes due.
//!
//! Keeps true: what was told of a thread is what [`parlance_timeline`] reads in it, as of the last tick that touched it or at
//! which something came due; what was told and is no longer so is taken back in the tick in which that is known. It depends on
//! the log alone: facts of a tick are taken in an order of their own once the tick is over.
//!
//! Holds: a thread for as long as a window can count anything of it: until 24 hours and the lateness after the silence that
//! ended its last conversation; its customer's identifiers as long. Packed (`shelf`), some 300 bytes for a conversation of seven
//! messages and its customer. Costs for each tick that touches a thread opening it, a pass over it, and packing it.

pub(crate) mod desk;
pub(crate) mod fact;
mod keep;
mod moved;
mod shelf;
pub(crate) mod subject;

use std::collections::BTreeMap;

use differential_dataflow::{AsCollection, VecCollection};
use serde::{Deserialize, Serialize};
use timely::container::CapacityContainerBuilder;
use timely::dataflow::channels::pact::Exchange;
use timely::dataflow::operators::core::OkErr;
use timely::dataflow::operators::generic::Operator;

use crate::event::{Diff, Time, tick_of};
use crate::heartbeat::AlarmClock;
use crate::rows::Row;
use crate::settings::History;
use crate::snapshot::{Kind, Snapshots};
use crate::split::Addressed;
use crate::summary::{self, Measured};
use crate::timelines::desk::{Desk, Out};
use crate::timelines::fact::Fact;
pub(crate) use crate::timelines::moved::Moved;
use crate::timelines::subject::Concern;
use parlance_timeline::told::Told;

pub(crate) use desk::{REACH, final_after};

/// What this operator remembers.
pub(crate) const STATE: Kind = Kind::of::<Desk>("timelines", 3);

/// How timelines are kept.
#[derive(Clone)]
pub(crate) struct Keeping {
    /// What people decided about each integration.
    pub(crate) settings: History,
    /// How long windows take what is late, in milliseconds.
    pub(crate) lateness: Time,
    /// The settings in force where reading begins.
    pub(crate) in_force: i64,
    /// The tick of the snapshot that is gone on from, if any.
    pub(crate) restored_at: Option<Time>,
    /// Told when something comes due.
    pub(crate) clock: AlarmClock,
}

/// Keeps threads, and tells what follows.
pub(crate) fn timelines<'scope>(
    facts: VecCollection<'scope, Time, Addressed, Diff>,
    keeping: Keeping,
    snapshots: &Snapshots,
) -> Timelines<'scope> {
    let keeper = snapshots.keeper::<Desk>(STATE);
    let by_account = Exchange::new(|((home, _), _, _): &(Addressed, Time, Diff)| *home);
    let worker = facts.inner.scope().index();
    let stream = facts
        .inner
        .unary_frontier::<CapacityContainerBuilder<Vec<(Out, Time, Diff)>>, _, _, _>(
            by_account,
            "Timelines",
            move |first_capability, _info| {
                let mut waiting: BTreeMap<Time, Vec<Fact>> = BTreeMap::new();
                // One capability for all that waits and all that is due, at the earliest.
                let clock = keeping.clock.clone();
                let mut desk = Desk::new(keeping);
                keeper.restore(&mut desk);
                let mut capability = desk.next_due().map(|due| first_capability.delayed(&due));
                drop(first_capability);
                clock.set(desk.next_due());
                let gauges = Gauges::new(worker);
                move |(input, frontier), output| {
                    input.for_each_stamp(|stamp, data| {
                        for ((_, fact), time, _) in data.flat_map(|batch| batch.drain(..)) {
                            if capability.as_ref().is_none_or(|held| *held.time() > time) {
                                capability = Some(stamp.delayed(&time, 0));
                            }
                            waiting.entry(time).or_default().push(fact);
                        }
                    });
                    let mut moved = false;
                    loop {
                        let facts = waiting.first_key_value().map(|(time, _)| *time);
                        let Some(time) = facts.into_iter().chain(desk.next_due()).min() else {
                            break;
                        };
                        if frontier.less_equal(&time) {
                            break;
                        }
                        keeper.before(time, &desk);
                        let facts = waiting.remove(&time).unwrap_or_default();
                        let held = capability.as_mut().expect("held while anything waits or is due");
                        held.downgrade(&time);
                        let mut session = output.session(&*held);
                        desk.work(facts, time, |out, diff| session.give((out, time, diff)));
                        moved = true;
                    }
                    keeper.through(frontier, &desk);
                    if moved {
                        let facts = waiting.first_key_value().map(|(time, _)| *time);
                        match facts.into_iter().chain(desk.next_due()).min() {
                            Some(next) => capability.as_mut().expect("was just held").downgrade(&next),
                            None => capability = None,
                        }
                        gauges.set(&desk);
                        clock.set(desk.next_due());
                    }
                }
            },
        );
    let (rows, others) = stream.ok_err(|(out, time, diff)| match out {
        Out::Row(row) => Ok((row, time, diff)),
        other => Err((other, time, diff)),
    });
    let (measured, concerns) = others.container::<Vec<_>>().ok_err(|(out, time, diff)| match out {
        Out::Measured(measured) => Ok((measured, time, diff)),
        Out::Concern(concern) => Err((Notice::Concern(concern), time, diff)),
        Out::Moved(moved) => Err((Notice::Moved(moved), time, diff)),
        Out::Row(_) => unreachable!("went the other way"),
    });
    Timelines {
        rows: rows.as_collection(),
        measured: measured.as_collection(),
        concerns: concerns.as_collection(),
    }
}

/// What follows from threads.
pub(crate) struct Timelines<'scope> {
    /// Conversations, turns, timers, and who is who.
    pub(crate) rows: VecCollection<'scope, Time, Row, Diff>,
    /// What windows measure of them.
    pub(crate) measured: VecCollection<'scope, Time, Measured, Diff>,
    /// What rules may react to.
    pub(crate) concerns: VecCollection<'scope, Time, Notice, Diff>,
}

/// What rules are told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Notice {
    /// A message stands in another turn or conversation.
    Moved(Box<Moved>),
    /// Something they may react to.
    Concern(Box<Concern>),
}

impl Notice {
    /// The integration.
    pub(crate) fn phone_number_id(&self) -> &str {
        match self {
            Self::Moved(moved) => &moved.phone_number_id,
            Self::Concern(concern) => &concern.place.phone_number_id,
        }
    }
}

/// The tick at which an instant of event time is over.
fn due_tick(at: i64) -> Time {
    tick_of(u64::try_from(at).unwrap_or(0))
}

/// A change to tell, as a row or a measure of the dataflow.
fn out(phone_number_id: &str, told: Told) -> Out {
    match told {
        Told::Conversation(row) => Out::Row(Row::Conversation(row)),
        Told::Turn(row) => Out::Row(Row::Turn(row)),
        Told::Timer(row) => Out::Row(Row::Timer(row)),
        Told::Measured(measured) => Out::Measured(summary::measured(phone_number_id, measured)),
    }
}

struct Gauges {
    threads: metrics::Gauge,
    people: metrics::Gauge,
    due: metrics::Gauge,
}

impl Gauges {
    fn new(worker: usize) -> Self {
        let gauge = |name: &'static str| metrics::gauge!(name, "worker" => worker.to_string());
        Self {
            threads: gauge("pipeline_threads"),
            people: gauge("pipeline_people"),
            due: gauge("pipeline_timers_waiting"),
        }
    }

    fn set(&self, desk: &Desk) {
        self.threads.set(desk.threads() as f64);
        self.people.set(desk.people().len() as f64);
        self.due.set(desk.waiting() as f64);
    }
}
