//! Marks: ticks at which a snapshot is taken, known to every operator of every worker before any of them passes one.
//!
//! The first worker chooses a mark when the source passes it. The mark travels as data *at its own time* to every worker, and
//! the records of each worker go on behind an operator that takes marks in. So the frontier of whatever comes after cannot pass
//! a mark before this worker has noted it: the engine's own progress keeps the order, across threads and processes alike.

use differential_dataflow::{AsCollection, VecCollection};
use timely::dataflow::channels::pact::Pipeline;
use timely::dataflow::operators::Capability;
use timely::dataflow::operators::generic::builder_rc::OperatorBuilder;
use timely::dataflow::operators::generic::{Operator, OutputBuilder};
use timely::dataflow::operators::vec::Broadcast;

use super::collect::Gate;
use crate::event::{Diff, Time};

/// When marks are made.
#[derive(Clone)]
pub(super) struct Marking {
    /// Log time between two marks, in milliseconds; whole ticks.
    pub(super) every: Time,
    /// No mark at or before this: what the operators know there lacks what was logged before the replay began.
    pub(super) after: Time,
    /// One snapshot at a time.
    pub(super) gate: Gate,
}

/// The same records, behind the marks. `announce` notes a mark for all operators of this worker.
pub(super) fn marked<'scope, D: Clone + 'static>(
    records: VecCollection<'scope, Time, D, Diff>,
    marking: Marking,
    announce: impl Fn(Time) + 'static,
) -> VecCollection<'scope, Time, D, Diff> {
    let scope = records.inner.scope();
    let chooses = scope.index() == 0;
    let mut builder = OperatorBuilder::new("Marks".to_owned(), scope);
    let mut input = builder.new_input(records.inner, Pipeline);
    let (records_out, records) = builder.new_output::<Vec<(D, Time, Diff)>>();
    let (marks_out, marks) = builder.new_output::<Vec<Time>>();
    builder.build(move |capabilities| {
        let mut records_out: OutputBuilder<_, timely::container::CapacityContainerBuilder<_>> =
            OutputBuilder::from(records_out);
        let mut marks_out: OutputBuilder<_, timely::container::CapacityContainerBuilder<_>> =
            OutputBuilder::from(marks_out);
        let mut own: Option<Capability<Time>> = chooses.then(|| capabilities[1].clone());
        drop(capabilities);
        move |frontiers| {
            let mut records_out = records_out.activate();
            input.for_each_stamp(|stamp, data| records_out.session(&stamp).give_containers(data));
            let Some(capability) = &mut own else { return };
            let Some(open) = frontiers[0].frontier().first().copied() else {
                own = None;
                return;
            };
            if let Some(at) = marking.choose(*capability.time(), open) {
                let mut marks_out = marks_out.activate();
                marks_out.session(&capability.delayed(&at)).give(at);
            }
            capability.downgrade(&open);
        }
    });
    let behind = records.binary_frontier(
        marks.broadcast(),
        Pipeline,
        Pipeline,
        "Marked",
        move |_capability, _info| {
            let mut noted = 0;
            move |(records, _), (marks, _), output| {
                marks.for_each_stamp(|_stamp, data| {
                    for at in data.flat_map(|batch| batch.drain(..)) {
                        assert!(std::mem::replace(&mut noted, at) < at, "marks come in order");
                        announce(at);
                    }
                });
                records.for_each_stamp(|stamp, data| output.session(&stamp).give_containers(data));
            }
        },
    );
    behind.as_collection()
}

impl Marking {
    /// The mark to make when the source moves from `held` to `open`: the last between them. Whatever the operators are asked
    /// for must not have been passed by anyone, so it is not before `held`.
    fn choose(&self, held: Time, open: Time) -> Option<Time> {
        let last = open.checked_sub(1)? / self.every * self.every;
        (last >= held && last > self.after && self.gate.begin(last)).then_some(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_mark_that_is_passed_is_made_while_no_other_is_under_way() {
        let gate = Gate::default();
        let marking = Marking {
            every: 60_000,
            after: 120_000,
            gate: gate.clone(),
        };
        assert_eq!(marking.choose(0, 60_000), None, "not passed yet");
        assert_eq!(marking.choose(0, 120_001), None, "not after what was replayed");
        assert_eq!(marking.choose(121_000, 180_000), None, "none between");
        assert_eq!(marking.choose(121_000, 301_000), Some(300_000));
        assert_eq!(marking.choose(301_000, 361_000), None, "one is under way");
        gate.end();
        assert_eq!(marking.choose(361_000, 361_000), None, "nothing moved");
        assert_eq!(marking.choose(360_000, 421_000), Some(420_000));
    }
}
