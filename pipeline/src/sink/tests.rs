use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use differential_dataflow::AsCollection;
use parlance_schemas::rows::{TriggerRow, WriteError};
use timely::dataflow::operators::Input;
use timely::dataflow::operators::probe::{Handle as Probe, Probe as _};

use super::*;
use crate::snapshot::Snapshots;
use crate::testing::{MemoryActions, MemorySink};

const PATIENCE: Duration = Duration::from_secs(20);

/// A trigger a tick, each with two actions named after it.
fn triggers(ticks: impl IntoIterator<Item = Time>, mode: &str) -> Vec<(Row, Time)> {
    let trigger = |tick: Time| {
        let row = TriggerRow {
            phone_number_id: "1".to_owned(),
            subject: format!("{tick:04}"),
            mode: mode.to_owned(),
            actions: named([tick]),
            ..TriggerRow::default()
        };
        (Row::Trigger(Box::new(row)), tick * TICK)
    };
    ticks.into_iter().map(trigger).collect()
}

/// The names of their actions.
fn named(ticks: impl IntoIterator<Item = Time>) -> Vec<String> {
    let both = |tick| [format!("{tick:04}a"), format!("{tick:04}b")];
    ticks.into_iter().flat_map(both).collect()
}

/// Hands no row on before so many actions are taken, and never one before its own.
struct Slow<W> {
    then: W,
    after: usize,
    actions: MemoryActions,
}

impl<W: RowWriter> RowWriter for Slow<W> {
    fn write(&mut self, interval: &Interval) -> Result<(), WriteError> {
        assert!(self.actions.wait_for(self.after, PATIENCE), "actions wait for rows");
        let taken: BTreeSet<_> = self.actions.records().into_iter().collect();
        let live = interval.triggers.iter().filter(|row| row.is_live());
        for action in live.flat_map(|row| &row.actions) {
            assert!(taken.contains(action), "rows came before their action {action}");
        }
        self.then.write(interval)
    }
}

/// Gives the rows to the operator and steps until `over`, or until it ends by itself: then with why. No row is written before
/// `after` actions are taken.
fn run(
    rows: Vec<(Row, Time)>,
    sink: &MemorySink,
    actions: &MemoryActions,
    after: usize,
    over: impl Fn() -> bool + Send + Sync + 'static,
) -> Option<String> {
    let slow = Slow {
        then: sink.writers()(0).unwrap(),
        after,
        actions: actions.clone(),
    };
    let taker = actions.writers()(0).unwrap();
    let progress = sink.progress();
    timely::execute_directly(move |worker| {
        let stop = Stop::default();
        let settings = Settings {
            shards: 1,
            writer_queue: 2,
            progress_every: 10_000,
            progress,
            actions: Some(Box::new(taker)),
            writing: Writing::default(),
            reached: Shards::default(),
            stop: stop.clone(),
        };
        let probe = Probe::new();
        let (mut input, ended) = worker.dataflow::<Time, _, _>(|scope| {
            let (input, stream) = scope.new_input::<Vec<(Row, Time, Diff)>>();
            let witness = Snapshots::off().witness();
            let (stream, ended) = durable(stream.as_collection(), settings, witness, slow);
            stream.probe_with(&probe);
            (input, ended.unwrap())
        });
        let end = rows.iter().map(|(_, time)| *time).max().unwrap_or(0) + TICK;
        for (row, time) in rows {
            input.advance_to(time);
            input.send((row, time, 1));
        }
        input.advance_to(end);
        input.flush();
        let began = Instant::now();
        while !over() && !stop.requested() {
            assert!(began.elapsed() < PATIENCE, "it does not come to its end");
            worker.step_or_park(Some(Duration::from_millis(1)));
        }
        for dataflow in worker.installed_dataflows() {
            worker.drop_dataflow(dataflow);
        }
        assert!(ended.within(PATIENCE), "its threads end");
        stop.take_error().map(|error| error.to_string())
    })
}

/// True when the sink is complete through the tick.
fn complete(sink: &MemorySink, tick: Time) -> impl Fn() -> bool + Send + Sync + 'static {
    let sink = sink.clone();
    move || sink.progress().least() >= tick * TICK
}

#[test]
fn a_database_that_stands_still_delays_no_action() {
    let (sink, actions) = (MemorySink::new(1), MemoryActions::default());
    // Far more ticks than may wait for the writer.
    let why = run(triggers(1..=40, "live"), &sink, &actions, 80, complete(&sink, 40));
    assert_eq!(why, None);
    assert_eq!(actions.records(), named(1..=40), "in order, each once");
    assert_eq!(sink.tables().triggers.len(), 40);
}

#[test]
fn rows_wait_for_their_actions_and_those_before_them_do_not() {
    let (sink, actions) = (MemorySink::new(1), MemoryActions::default());
    actions.hold(true);
    let mut rows = triggers(1..=3, "dry_run");
    rows.extend(triggers(4..=9, "live"));
    // Nothing is asked for by the first three; after that the others get time enough to overtake their actions.
    let (three, all, taken) = (complete(&sink, 3), complete(&sink, 9), actions.clone());
    let looks = AtomicUsize::new(0);
    let over = move || {
        if three() && looks.fetch_add(1, Ordering::SeqCst) == 100 {
            taken.hold(false);
        }
        all()
    };
    // That no row goes before its actions is looked at with each.
    assert_eq!(run(rows, &sink, &actions, 0, over), None);
    assert_eq!(actions.records(), named(4..=9));
}

#[test]
fn what_was_not_written_is_asked_for_again_and_what_was_is_not() {
    let (sink, actions) = (MemorySink::new(1), MemoryActions::default());
    // The rows and the progress of two ticks, and the rows of a third.
    sink.fail_after(Some(5));
    let why = run(triggers(1..=10, "live"), &sink, &actions, 20, || false);
    assert!(why.unwrap().contains("the test said so"));
    assert_eq!(sink.progress().least(), 2 * TICK);
    assert_eq!(actions.records(), named(1..=10));

    sink.fail_after(None);
    let why = run(triggers(1..=10, "live"), &sink, &actions, 0, complete(&sink, 10));
    assert_eq!(why, None);
    assert_eq!(actions.records(), named((1..=10).chain(3..=10)), "the same, not others");
}

#[test]
fn rows_whose_actions_are_refused_are_not_written_and_the_run_ends() {
    let (sink, actions) = (MemorySink::new(1), MemoryActions::default());
    actions.refuse(true);
    let why = run(triggers(1..=3, "live"), &sink, &actions, 0, || false);
    assert!(why.unwrap().contains("the test said so"));
    assert_eq!(sink.progress().least(), 0);
    assert!(sink.tables().triggers.is_empty() && actions.records().is_empty());
}
