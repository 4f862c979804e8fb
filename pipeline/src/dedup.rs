//! De-duplication: of every update the first in the log goes on, and what contradicts it goes beside.
//!
//! Keeps true: what goes on depends on the log alone. Records wait until the frontier has passed their tick and are
//! then taken in log order, however threads raced to bring them here.
//! Holds: the records of unfinished ticks, and [`Seen`]. Costs a hash look-up an update, a short sweep a tick.

use std::collections::BTreeMap;

use differential_dataflow::{AsCollection, VecCollection};
use timely::dataflow::channels::pact::Exchange;
use timely::dataflow::operators::Capability;
use timely::dataflow::operators::generic::Operator;

use crate::event::{Diff, Draft, Event, Time};
use crate::rows::conflicting_copy;
use crate::seen::{Seen, Verdict};
use crate::snapshot::{Kind, Snapshots};

/// What this operator remembers.
pub(crate) const STATE: Kind = Kind::of::<Seen>("seen", 1);

/// The first of every update; of one that differs from the first, a row that keeps it (once per content).
/// `horizon` in milliseconds of log time.
pub(crate) fn first_of_each<'scope>(
    records: VecCollection<'scope, Time, Event, Diff>,
    horizon: Time,
    snapshots: &Snapshots,
) -> VecCollection<'scope, Time, Event, Diff> {
    let keeper = snapshots.keeper::<Seen>(STATE);
    let by_identity = Exchange::new(|(event, _, _): &(Event, Time, Diff)| event.identity as u64);
    let worker = records.inner.scope().index();
    let stream = records
        .inner
        .unary_frontier(by_identity, "FirstOfEach", move |_capability, _info| {
            let mut waiting: BTreeMap<Time, (Capability<Time>, Vec<Event>)> = BTreeMap::new();
            let mut seen = Seen::new(horizon);
            keeper.restore(&mut seen);
            let duplicates = metrics::counter!("pipeline_records_duplicate_total");
            let conflicts = metrics::counter!("pipeline_records_conflicting_total");
            let held = metrics::gauge!("pipeline_seen_ids", "worker" => worker.to_string());
            move |(input, frontier), output| {
                input.for_each_stamp(|capability, data| {
                    for (event, time, diff) in data.flat_map(|batch| batch.drain(..)) {
                        assert_eq!(diff, 1, "the log never takes a record back");
                        // The message's stamp is only a lower bound; what counts is the record's own time.
                        let (_, events) = waiting
                            .entry(time)
                            .or_insert_with(|| (capability.delayed(&time, 0), Vec::new()));
                        events.push(event);
                    }
                });
                while let Some(entry) = waiting.first_entry() {
                    if frontier.less_equal(entry.key()) {
                        break;
                    }
                    let (time, (capability, mut events)) = entry.remove_entry();
                    keeper.before(time, &seen);
                    events.sort_unstable_by_key(|event| event.place);
                    let mut session = output.session(&capability);
                    for event in events {
                        if matches!(event.draft, Draft::InForce(_)) {
                            session.give((event, time, 1));
                            continue;
                        }
                        match seen.see(event.identity, event.content as u64, time) {
                            Verdict::New => session.give((event, time, 1)),
                            Verdict::Duplicate => duplicates.increment(1),
                            Verdict::Conflict => match seen.see(as_contradiction(&event), 0, time) {
                                Verdict::New => {
                                    conflicts.increment(1);
                                    session.give((conflicting_copy(event), time, 1));
                                }
                                Verdict::Duplicate | Verdict::Conflict => duplicates.increment(1),
                            },
                        }
                    }
                    seen.sweep(time);
                    held.set(seen.len() as f64);
                }
                keeper.through(frontier, &seen);
            }
        });
    stream.as_collection()
}

/// The identity of an update that contradicts an earlier one: of its content the high half, of its identity the low one, which
/// says where the update goes. So whatever the number of workers, both are known in the same place.
fn as_contradiction(event: &Event) -> u128 {
    (event.content >> 64) << 64 | u128::from(event.identity as u64)
}
