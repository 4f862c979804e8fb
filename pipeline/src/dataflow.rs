//! The whole dataflow, from the log to durable rows.

use differential_dataflow::{AsCollection, VecCollection};
use parlance_schemas::rows::RowWriter;
use timely::dataflow::Scope;
use timely::dataflow::operators::probe::{Handle as Probe, Probe as _};
use timely::dataflow::operators::vec::Map;

use crate::analyse::{Labels, labelled};
use crate::config::{Config, millis, ticks};
use crate::dedup::first_of_each;
use crate::error::Error;
use crate::event::{Diff, Time};
use crate::judged::judged;
use crate::rows::{Row, dated};
use crate::sink::{self, durable};
use crate::source::{self, Feed, log_source};
use crate::tally::Tally;
use crate::threads::Ended;
use crate::windows::{Happened, Key, Width, Windowing, sums};

/// What the dataflow asks of the log and of event time; equal on all workers.
pub(crate) struct Settings {
    pub(crate) dedup_horizon: Time,
    pub(crate) max_future: Time,
    pub(crate) lateness: Time,
    /// How long after a message was logged a window that counts it may still be open.
    pub(crate) windows_open: Time,
}

impl Settings {
    pub(crate) fn of(config: &Config) -> Self {
        Self {
            dedup_horizon: millis(config.dedup_horizon()),
            max_future: millis(config.max_future),
            lateness: ticks(config.lateness),
            windows_open: millis(config.windows_open()),
        }
    }
}

/// The two ends of a built dataflow.
pub(crate) struct Ends {
    /// Where records go in.
    pub(crate) feed: Feed,
    /// Tells when the writer has finished, after the dataflow is gone.
    pub(crate) writer_ended: Result<Ended, Error>,
}

/// Builds one worker's part of the dataflow. `done` becomes the probe behind the sink: what it has passed is durable.
pub(crate) fn build<W: RowWriter + 'static>(
    scope: Scope<'_, Time>,
    settings: &Settings,
    source: source::Settings,
    sink: sink::Settings,
    (labels, writer): (Labels, W),
    done: &Probe<Time>,
) -> Ends {
    let (feed, records) = log_source(scope, source, done.clone());
    let rows = scope.region_named("Rows", |region| {
        let events = first_of_each(enter(records, region), settings.dedup_horizon);
        let rows = labelled(dated(events, settings.max_future), labels);
        leave(judged(rows, settings.windows_open), scope)
    });
    let metrics = scope.region_named("Windows", |region| {
        let messages = counted(enter(rows.clone(), region));
        let metrics = Width::ALL.map(|width| {
            let lateness = settings.lateness;
            metric_rows(sums(messages.clone(), Windowing { width, lateness }), width)
        });
        let [minutes, hours, days] = metrics;
        leave(minutes.concat(hours).concat(days), scope)
    });
    let (stream, writer_ended) = durable(rows.concat(metrics), sink, writer);
    stream.probe_with(done);
    Ends { feed, writer_ended }
}

fn enter<'inner, D: Clone + 'static>(
    rows: VecCollection<'_, Time, D, Diff>,
    region: Scope<'inner, Time>,
) -> VecCollection<'inner, Time, D, Diff> {
    rows.enter_region(region)
}

fn leave<'outer, D: Clone + 'static>(
    rows: VecCollection<'_, Time, D, Diff>,
    outer: Scope<'outer, Time>,
) -> VecCollection<'outer, Time, D, Diff> {
    rows.leave_region(outer)
}

/// The messages among the rows, as windows count them.
fn counted<'scope>(
    rows: VecCollection<'scope, Time, Row, Diff>,
) -> VecCollection<'scope, Time, Happened<Key, Tally>, Diff> {
    rows.inner
        .flat_map(|(row, time, diff)| match row {
            Row::Message(message) => {
                let (at, sum) = (message.sent_at, Tally::of(&message));
                let (phone_number_id, direction) = (message.phone_number_id, message.direction);
                let key = Key {
                    phone_number_id,
                    start: 0,
                    direction,
                };
                Some((Happened { at, key, sum }, time, diff))
            }
            _ => None,
        })
        .as_collection()
}

fn metric_rows<'scope>(
    tallies: VecCollection<'scope, Time, (Key, Tally), Diff>,
    width: Width,
) -> VecCollection<'scope, Time, Row, Diff> {
    tallies.map(move |tally| Row::Metric(width, Box::new(tally)))
}
