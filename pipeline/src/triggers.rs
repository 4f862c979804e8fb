//! The operator that asks the rules.
//!
//! Keeps true: a live rule reacts once to each thing, in the tick in which the thing was logged or came due, by the rules in
//! force in that tick, and never to what is older than the rule's `max_age`: a rule that comes into force reacts to nothing that
//! was before. What every rule that is not off *would* have reacted to is counted by hours, over all that is remembered, as soon
//! as the rule is in force; a correction changes the count.
//!
//! A rule that reacts once for each turn or conversation goes by those of the tick: it lets pass what is in one with a message
//! that it has reacted to. Late messages, decisions and customers who turn out to be one or two may put messages together that
//! were apart, or apart that were together; what was reacted to goes with its message. No name is reacted under twice either.
//!
//! Holds: what rules may react to for [`Asking::remember`], about 120 bytes each; what rules reacted to, some 27 bytes each, for
//! three days, and some 200 for six when they do so once for each turn or conversation. Costs some 20 nanoseconds a rule for each thing, and as much for each that is remembered when rules change.

pub(crate) mod board;
mod keep;
mod reactions;
mod reports;

use std::collections::BTreeMap;

use differential_dataflow::{AsCollection, VecCollection};
use parlance_schemas::fingerprint;
use timely::container::CapacityContainerBuilder;
use timely::dataflow::channels::pact::Exchange;
use timely::dataflow::operators::Capability;
use timely::dataflow::operators::generic::Operator;
use timely::dataflow::operators::vec::Map;

use crate::event::{Diff, Time};
use crate::heartbeat::AlarmClock;
use crate::rows::Row;
use crate::seen::Seen;
use crate::settings::History;
use crate::snapshot::{Kind, Snapshots};
use crate::timelines::Notice;
use board::Board;

/// What this operator remembers of things and windows.
pub(crate) const STATE: Kind = Kind::of::<Board>("triggers", 2);
/// What it remembers of reactions.
pub(crate) const FIRED: Kind = Kind::of::<Seen>("fired", 1);

/// For how long a reaction is remembered, in milliseconds of log time: no rule reacts to what is older.
pub(crate) const FIRED_FOR: Time = 72 * 60 * 60 * 1_000;

/// What is asked.
#[derive(Clone)]
pub(crate) struct Asking {
    pub(crate) settings: History,
    /// For how long after it was something is remembered, for rules that come later, in milliseconds.
    pub(crate) remember: Time,
    /// See [`crate::timelines::Keeping`].
    pub(crate) in_force: i64,
    /// Told when a window may change by itself.
    pub(crate) clock: AlarmClock,
}

/// Something that matters to rules.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) enum Heard {
    Notice(Notice),
    InForce(i64),
}

/// Where all of an integration meets.
fn home(phone_number_id: &str) -> u64 {
    fingerprint::identity("integration", &[phone_number_id]).0 as u64
}

/// Rows of what rules react to, and of what they would have.
pub(crate) fn triggers<'scope>(
    news: VecCollection<'scope, Time, Notice, Diff>,
    in_force: VecCollection<'scope, Time, i64, Diff>,
    asking: Asking,
    snapshots: &Snapshots,
) -> VecCollection<'scope, Time, Row, Diff> {
    let keepers = (snapshots.keeper::<Board>(STATE), snapshots.keeper::<Seen>(FIRED));
    let peers = news.inner.scope().peers() as u64;
    let news = news.inner.map(|(news, time, diff)| {
        let home = home(news.phone_number_id());
        ((home, Heard::Notice(news)), time, diff)
    });
    let in_force = in_force.inner.flat_map(move |(settings, time, diff)| {
        (0..peers).map(move |worker| ((worker, Heard::InForce(settings)), time, diff))
    });
    let heard = news.as_collection().concat(in_force.as_collection());
    let by_integration = Exchange::new(|((home, _), _, _): &((u64, Heard), Time, Diff)| *home);
    let worker = heard.inner.scope().index();
    let stream = heard
        .inner
        .unary_frontier::<CapacityContainerBuilder<Vec<(Row, Time, Diff)>>, _, _, _>(
            by_integration,
            "Triggers",
            move |first_capability, _info| {
                let mut waiting: BTreeMap<Time, Vec<(Heard, Diff)>> = BTreeMap::new();
                let clock = asking.clock.clone();
                let mut board = Board::new(asking);
                keepers.0.restore(&mut board);
                keepers.1.restore(&mut board.fired);
                // One capability for all that waits and all windows that may change by themselves, at the earliest.
                let mut capability = board.next_due().map(|due| first_capability.delayed(&due));
                drop(first_capability);
                clock.set(board.next_due());
                let remembered = metrics::gauge!("pipeline_subjects_remembered", "worker" => worker.to_string());
                move |(input, frontier), output| {
                    input.for_each_stamp(|stamp, data| {
                        for ((_, heard), time, diff) in data.flat_map(|batch| batch.drain(..)) {
                            if capability
                                .as_ref()
                                .is_none_or(|held: &Capability<Time>| *held.time() > time)
                            {
                                capability = Some(stamp.delayed(&time, 0));
                            }
                            waiting.entry(time).or_default().push((heard, diff));
                        }
                    });
                    let mut moved = false;
                    loop {
                        let heard = waiting.first_key_value().map(|(time, _)| *time);
                        let Some(time) = heard.into_iter().chain(board.next_due()).min() else {
                            break;
                        };
                        if frontier.less_equal(&time) {
                            break;
                        }
                        keepers.0.before(time, &board);
                        keepers.1.before(time, &board.fired);
                        let held = capability.as_mut().expect("held while anything waits or is due");
                        held.downgrade(&time);
                        let mut session = output.session(&*held);
                        let heard = waiting.remove(&time).unwrap_or_default();
                        board.work(heard, time, |row| session.give((row, time, 1)));
                        moved = true;
                    }
                    keepers.0.through(frontier, &board);
                    keepers.1.through(frontier, &board.fired);
                    if moved {
                        let heard = waiting.first_key_value().map(|(time, _)| *time);
                        match heard.into_iter().chain(board.next_due()).min() {
                            Some(next) => capability.as_mut().expect("was just held").downgrade(&next),
                            None => capability = None,
                        }
                        clock.set(board.next_due());
                        remembered.set(board.remembered() as f64);
                    }
                }
            },
        );
    stream.as_collection()
}
