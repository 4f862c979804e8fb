//! Where rows part: they go on to their tables, and what windows, timelines and deliveries need of them goes there.
//!
//! One operator, so that a row is looked at once and moved, never copied whole. Holds the countries of some customers' numbers.

use differential_dataflow::{AsCollection, VecCollection};
use parlance_schemas::labels::{By, Measure};
use parlance_schemas::rows::MessageRow;
use timely::dataflow::channels::pact::Pipeline;
use timely::dataflow::operators::generic::OutputBuilder;
use timely::dataflow::operators::generic::builder_rc::OperatorBuilder;
use timely::progress::operate::FrontierInterest;

use crate::deliveries::{self, Countries};
use crate::event::{Diff, Time};
use crate::rows::Row;
use crate::summary::{MeasureKey, Measured, Summary, Sums};
use crate::tally::Tally;
use crate::timelines::fact::{self, Fact, What};
use crate::windows::{Happened, Key, Width, Windowing};
use crate::{conversions, survey};

/// A fact and the worker or the account it goes to.
pub(crate) type Addressed = (u64, Fact);

/// What rows are to those who go by them.
pub(crate) struct Parts<'scope> {
    /// The rows themselves.
    pub(crate) rows: VecCollection<'scope, Time, Row, Diff>,
    /// Messages as windows count them.
    pub(crate) messages: VecCollection<'scope, Time, Happened<Key, Tally>, Diff>,
    /// What timelines follow from.
    pub(crate) facts: VecCollection<'scope, Time, Addressed, Diff>,
    /// What statuses say of their messages.
    pub(crate) heard: VecCollection<'scope, Time, deliveries::Heard, Diff>,
    /// The settings in force, when others are.
    pub(crate) in_force: VecCollection<'scope, Time, i64, Diff>,
    /// What windows measure of rows by themselves.
    pub(crate) measured: VecCollection<'scope, Time, Measured, Diff>,
}

/// `max_future`: milliseconds that a status may be ahead of its log time; `lateness`: for how long windows take what is late.
pub(crate) fn split<'scope>(
    rows: VecCollection<'scope, Time, Row, Diff>,
    max_future: Time,
    lateness: Time,
) -> Parts<'scope> {
    let scope = rows.inner.scope();
    let peers = scope.peers() as u64;
    let mut builder = OperatorBuilder::new("Split".to_owned(), scope);
    let mut input = builder.new_input(rows.inner, Pipeline);
    builder.set_notify_for(0, FrontierInterest::Never);
    let (row_output, row_stream) = builder.new_output();
    let (message_output, message_stream) = builder.new_output();
    let (fact_output, fact_stream) = builder.new_output();
    let (heard_output, heard_stream) = builder.new_output();
    let (force_output, force_stream) = builder.new_output();
    let (measure_output, measure_stream) = builder.new_output();
    let mut row_output = OutputBuilder::from(row_output);
    let mut message_output = OutputBuilder::from(message_output);
    let mut fact_output = OutputBuilder::from(fact_output);
    let mut heard_output = OutputBuilder::from(heard_output);
    let mut force_output = OutputBuilder::from(force_output);
    let mut measure_output = OutputBuilder::from(measure_output);
    let mut countries = Countries::default();
    builder.build(move |_capabilities| {
        move |_frontiers| {
            let (mut row_handle, mut message_handle) = (row_output.activate(), message_output.activate());
            let (mut fact_handle, mut heard_handle) = (fact_output.activate(), heard_output.activate());
            let (mut force_handle, mut measure_handle) = (force_output.activate(), measure_output.activate());
            input.for_each_stamp(|stamp, data| {
                let mut rows = row_handle.session(&stamp);
                let mut messages = message_handle.session(&stamp);
                let mut facts = fact_handle.session(&stamp);
                let mut heards = heard_handle.session(&stamp);
                let mut in_force = force_handle.session(&stamp);
                let mut measures = measure_handle.session(&stamp);
                for (row, time, diff) in data.flat_map(|batch: &mut Vec<(Row, Time, Diff)>| batch.drain(..)) {
                    let mut tell = |fact: Option<Fact>| {
                        if let Some(fact) = fact {
                            facts.give(((Fact::home(&fact.waba_id), fact), time, 1));
                        }
                    };
                    match &row {
                        Row::Message(message) => {
                            count_late(message, time, lateness, diff);
                            messages.give((counted(message), time, diff));
                            let late = late(&message.phone_number_id, message.sent_at, time, lateness)
                                .into_iter()
                                .chain(survey::answered(message));
                            late.for_each(|measured| measures.give((measured, time, diff)));
                            // What is taken back is given anew in the same tick.
                            if diff > 0 {
                                tell(fact::of_message(message));
                            }
                        }
                        Row::Status(status) => {
                            let latest = i64::try_from(time.saturating_add(max_future)).unwrap_or(i64::MAX);
                            tell(fact::of_status(status, latest));
                            assert_eq!(diff, 1, "no status is ever taken back");
                            if let Some((delivery, heard)) = deliveries::read(status, latest, &mut countries) {
                                rows.give((Row::Delivery(Box::new(delivery)), time, 1));
                                heards.give((heard, time, 1));
                            }
                        }
                        Row::Contact(contact) => tell(fact::of_contact(contact)),
                        Row::Identity(identity) => {
                            // It stands in the table only if nobody said otherwise.
                            tell(Some(fact::of_identity(identity)));
                            continue;
                        }
                        Row::Outcome(outcome) => {
                            let late = late(&outcome.phone_number_id, outcome.at, time, lateness)
                                .into_iter()
                                .chain(conversions::made(outcome));
                            late.for_each(|measured| measures.give((measured, time, diff)));
                        }
                        Row::Decision(decision) => tell(fact::of_decision(decision)),
                        Row::InForce(settings) => {
                            in_force.give((*settings, time, diff));
                            for worker in 0..peers {
                                let fact = Fact {
                                    waba_id: String::new(),
                                    what: What::InForce(*settings),
                                };
                                facts.give(((worker, fact), time, 1));
                            }
                            continue;
                        }
                        _ => {}
                    }
                    rows.give((row, time, diff));
                }
            });
        }
    });
    Parts {
        rows: row_stream.as_collection(),
        messages: message_stream.as_collection(),
        facts: fact_stream.as_collection(),
        heard: heard_stream.as_collection(),
        in_force: force_stream.as_collection(),
        measured: measure_stream.as_collection(),
    }
}

fn counted(message: &MessageRow) -> Happened<Key, Tally> {
    let (phone_number_id, direction) = (message.phone_number_id.clone(), message.direction);
    let key = Key {
        phone_number_id,
        start: 0,
        direction,
    };
    Happened {
        at: message.sent_at,
        key,
        sum: Tally::of(message),
    }
}

/// Counts a message, when it comes, for each window that takes it no more.
fn count_late(message: &MessageRow, time: Time, lateness: Time, diff: Diff) {
    // What is judged anew comes again.
    let is_new = diff > 0 && u64::try_from(message.logged_at) == Ok(time);
    for width in closed(message.sent_at, time, lateness).filter(|_| is_new) {
        metrics::counter!("pipeline_late_total", "window" => width.label()).increment(1);
    }
}

/// The windows of a time that take nothing more.
fn closed(at: i64, time: Time, lateness: Time) -> impl Iterator<Item = Width> {
    Width::ALL.into_iter().filter(move |width| {
        let windowing = Windowing {
            width: *width,
            lateness,
        };
        windowing.open(at, time).is_none()
    })
}

/// Something of an integration that was at a time whose windows were closed already: counted by the time it was logged.
fn late(phone_number_id: &str, at: i64, time: Time, lateness: Time) -> Vec<Measured> {
    closed(at, time, lateness)
        .map(|width| late_for(phone_number_id, width.label(), time))
        .collect()
}

/// Something of an integration that came too late for something.
pub(crate) fn late_for(phone_number_id: &str, what: &str, time: Time) -> Measured {
    let key = MeasureKey {
        phone_number_id: phone_number_id.to_owned(),
        start: 0,
        by: By::Window,
        label: what.to_owned(),
    };
    let sum = Sums::of(vec![(Measure::Late, Summary::of(1, 0))]);
    Happened {
        at: i64::try_from(time).unwrap_or(i64::MAX),
        key,
        sum,
    }
}
