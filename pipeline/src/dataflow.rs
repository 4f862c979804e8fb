//! The whole dataflow, from the log to durable rows.

use differential_dataflow::VecCollection;
use parlance_schemas::rows::RowWriter;
use timely::dataflow::Scope;
use timely::dataflow::operators::probe::{Handle as Probe, Probe as _};

use crate::analyse::{Labels, labelled};
use crate::config::{Config, millis, ticks};
use crate::dedup::first_of_each;
use crate::error::Error;
use crate::event::{Diff, Time};
use crate::heartbeat::AlarmClock;
use crate::judged::judged;
use crate::rows::{Row, dated};
use crate::sink::{self, durable};
use crate::snapshot::{Kind, Snapshots};
use crate::source::{self, Feed, log_source};
use crate::split::{Parts, split};
use crate::threads::Ended;
use crate::timelines::{Keeping, Timelines, timelines as kept};
use crate::triggers::{Asking, triggers as asked};
use crate::windows::{Width, sums};
use crate::{dedup, deliveries, judged, timelines, triggers, windows};

/// Everything that operators remember and a snapshot must have.
pub(crate) const STATES: &[Kind] = &[
    dedup::STATE,
    judged::CONVERSATIONS,
    judged::STANDS,
    deliveries::STATE,
    timelines::STATE,
    triggers::STATE,
    triggers::FIRED,
    windows::messages(Width::Minute),
    windows::messages(Width::Hour),
    windows::messages(Width::Day),
    windows::measures(Width::Minute),
    windows::measures(Width::Hour),
    windows::measures(Width::Day),
];

/// What the dataflow asks of the log and of event time; equal on all workers.
pub(crate) struct Settings {
    pub(crate) dedup_horizon: Time,
    pub(crate) max_future: Time,
    pub(crate) lateness: Time,
    /// How long after a message was logged a window that counts it may still be open.
    pub(crate) windows_open: Time,
    /// For how long rules that come later are asked about what was.
    pub(crate) rules_remember: Time,
    /// The settings in force where reading begins, if a snapshot says so.
    pub(crate) in_force: i64,
}

impl Settings {
    pub(crate) fn of(config: &Config) -> Self {
        Self {
            dedup_horizon: millis(config.dedup_horizon()),
            max_future: millis(config.max_future),
            lateness: ticks(config.lateness),
            windows_open: millis(config.windows_open()),
            rules_remember: millis(config.rules_remember),
            in_force: 0,
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
    (settings, snapshots): (&Settings, &Snapshots),
    source: source::Settings,
    sink: sink::Settings,
    (labels, [told_clock, asked_clock], writer): (Labels, [AlarmClock; 2], W),
    done: &Probe<Time>,
) -> Ends {
    let (feed, records) = log_source(scope, source, done.clone());
    let records = snapshots.marked(records);
    let keeping = Keeping {
        settings: labels.settings.clone(),
        lateness: settings.lateness,
        in_force: settings.in_force,
        restored_at: snapshots.restored_at(),
        clock: told_clock,
    };
    let asking = Asking {
        settings: labels.settings.clone(),
        remember: settings.rules_remember,
        in_force: settings.in_force,
        clock: asked_clock,
    };
    let parts = scope.region_named("Rows", |region| {
        let events = first_of_each(enter(records, region), settings.dedup_horizon, snapshots);
        let rows = labelled(dated(events, settings.max_future), labels);
        let parts = split(
            judged(rows, settings.windows_open, snapshots),
            settings.max_future,
            settings.lateness,
        );
        Parts {
            rows: leave(parts.rows, scope),
            messages: leave(parts.messages, scope),
            facts: leave(parts.facts, scope),
            heard: leave(parts.heard, scope),
            in_force: leave(parts.in_force, scope),
            measured: leave(parts.measured, scope),
        }
    });
    let told = scope.region_named("Timelines", |region| {
        let told = kept(enter(parts.facts, region), keeping, snapshots);
        Timelines {
            rows: leave(told.rows, scope),
            measured: leave(told.measured, scope),
            concerns: leave(told.concerns, scope),
        }
    });
    let triggers = scope.region_named("Rules", |region| {
        let (concerns, in_force) = (enter(told.concerns, region), enter(parts.in_force, region));
        leave(asked(concerns, in_force, asking, snapshots), scope)
    });
    let delivered_measures = scope.region_named("Deliveries", |region| {
        let heard = enter(parts.heard, region);
        leave(deliveries::followed(heard, settings.windows_open, snapshots), scope)
    });
    let metrics = scope.region_named("Windows", |region| {
        let messages = enter(parts.messages, region);
        let measured = enter(parts.measured.concat(told.measured).concat(delivered_measures), region);
        let kinds = (snapshots, Width::ALL.map(windows::messages));
        let metric = |width, key, sum| Row::Metric(width, Box::new((key, sum)));
        let metrics = sums(messages, settings.lateness, kinds, metric);
        let kinds = (snapshots, Width::ALL.map(windows::measures));
        let measure = |width, key, sum| Row::Measure(width, Box::new((key, sum)));
        let measures = sums(measured, settings.lateness, kinds, measure);
        leave(metrics.concat(measures), scope)
    });
    let rows = parts.rows.concat(told.rows).concat(triggers).concat(metrics);
    let (stream, writer_ended) = durable(rows, sink, snapshots.witness(), writer);
    stream.probe_with(done);
    snapshots.assert_complete(STATES);
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
