//! What the engine says of itself: how long each operator works, how long a worker sleeps, and what arrangements and batchers
//! hold.
//!
//! The engine hands out its events after every step of a worker; they are added up here and told once a second. An operator's
//! time is its own, without that of the operators in it: all of them add up to the time in which the worker was not asleep
//! (but for the little between steps). Operators of one name in one region are told together, so that there are never more
//! numbers than names.
//!
//! Costs two looks at a clock for each time an operator is scheduled. Holds: a few words for each operator.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use differential_dataflow::logging::{DifferentialEvent, DifferentialEventBuilder};
use timely::logging::{ParkEvent, StartStop, TimelyEvent, TimelyEventBuilder};
use timely::worker::Worker;

/// How often what was added up is told.
const EVERY: Duration = Duration::from_secs(1);

/// Begins to tell of all dataflows that the worker builds from now on.
pub(crate) fn introspect(worker: &Worker) {
    let Some(mut register) = worker.log_register() else {
        return;
    };
    let told = Rc::new(RefCell::new(Told::new(worker.index())));
    let timely = told.clone();
    register.insert::<TimelyEventBuilder, _>("timely", move |now, events| {
        let mut told = timely.borrow_mut();
        match events {
            Some(events) => events.drain(..).for_each(|(at, event)| told.scheduled(at, event)),
            None => told.tell(*now),
        }
    });
    register.insert::<DifferentialEventBuilder, _>("differential/arrange", move |_now, events| {
        let mut told = told.borrow_mut();
        for (_, event) in events.iter_mut().flat_map(|events| events.drain(..)) {
            told.arranged(&event);
        }
    });
}

/// What is known of an operator.
#[derive(Default)]
struct Operator {
    name: String,
    /// Where it is: the last is its place in its region.
    address: Vec<usize>,
    busy: Duration,
    arranged: i64,
    batches: i64,
    batched: i64,
    batched_bytes: i64,
}

/// An operator at work.
struct AtWork {
    id: usize,
    since: Duration,
    /// What it left to operators in it.
    left_to_others: Duration,
}

/// What a worker says.
struct Told {
    worker: usize,
    /// By the engine's number.
    operators: BTreeMap<usize, Operator>,
    /// What stands at each address; a region is told of after what is in it.
    names: BTreeMap<Vec<usize>, String>,
    at_work: Vec<AtWork>,
    asleep: Duration,
    asleep_since: Option<Duration>,
    told_at: Duration,
}

impl Told {
    fn new(worker: usize) -> Self {
        Self {
            worker,
            operators: BTreeMap::new(),
            names: BTreeMap::new(),
            at_work: Vec::new(),
            asleep: Duration::ZERO,
            asleep_since: None,
            told_at: Duration::ZERO,
        }
    }

    fn scheduled(&mut self, at: Duration, event: TimelyEvent) {
        match event {
            TimelyEvent::Operates(new) => {
                self.names.insert(new.addr.clone(), new.name.clone());
                let operator = self.operators.entry(new.id).or_default();
                (operator.name, operator.address) = (new.name, new.addr);
            }
            TimelyEvent::Schedule(event) => match event.start_stop {
                StartStop::Start => self.at_work.push(AtWork {
                    id: event.id,
                    since: at,
                    left_to_others: Duration::ZERO,
                }),
                StartStop::Stop => self.stopped(at),
            },
            TimelyEvent::Park(ParkEvent::Park(_)) => self.asleep_since = Some(at),
            TimelyEvent::Park(ParkEvent::Unpark) => {
                let since = self.asleep_since.take();
                self.asleep += since.map_or(Duration::ZERO, |since| at.saturating_sub(since));
            }
            _ => {}
        }
    }

    fn stopped(&mut self, at: Duration) {
        let Some(work) = self.at_work.pop() else { return };
        let all = at.saturating_sub(work.since);
        self.operators.entry(work.id).or_default().busy += all.saturating_sub(work.left_to_others);
        if let Some(around) = self.at_work.last_mut() {
            around.left_to_others += all;
        }
    }

    fn arranged(&mut self, event: &DifferentialEvent) {
        match event {
            DifferentialEvent::Batch(batch) => self.arrangement(batch.operator, batch.length, 0, 1),
            DifferentialEvent::Drop(batch) => self.arrangement(batch.operator, 0, batch.length, -1),
            DifferentialEvent::Merge(merge) => {
                if let Some(merged) = merge.complete {
                    self.arrangement(merge.operator, merged, merge.length1 + merge.length2, -1);
                }
            }
            DifferentialEvent::Batcher(change) => {
                let operator = self.operators.entry(change.operator).or_default();
                operator.batched += signed(change.records_diff);
                operator.batched_bytes += signed(change.size_diff);
            }
            DifferentialEvent::MergeShortfall(_) | DifferentialEvent::TraceShare(_) => {}
        }
    }

    fn arrangement(&mut self, operator: usize, more: usize, fewer: usize, batches: i64) {
        let operator = self.operators.entry(operator).or_default();
        operator.arranged += count(more) - count(fewer);
        operator.batches += batches;
    }

    /// Tells what was added up, if it is time to.
    fn tell(&mut self, now: Duration) {
        if now.saturating_sub(self.told_at) < EVERY {
            return;
        }
        self.told_at = now;
        let mut by_name: BTreeMap<(&str, &str), Operator> = BTreeMap::new();
        for operator in self.operators.values() {
            let region = operator
                .address
                .split_last()
                .and_then(|(_, region)| self.names.get(region));
            let name = (region.map_or("", String::as_str), operator.name.as_str());
            by_name.entry(name).or_default().add(operator);
        }
        let worker = self.worker.to_string();
        let mut all = Operator::default();
        for ((region, name), sum) in by_name {
            let labels = [
                ("worker", worker.clone()),
                ("region", region.to_owned()),
                ("operator", name.to_owned()),
            ];
            // Counters are whole numbers; this one only ever grows.
            metrics::gauge!("pipeline_operator_seconds_total", &labels).set(sum.busy.as_secs_f64());
            all.add(&sum);
        }
        for (name, value) in [
            ("pipeline_arrangement_records", all.arranged),
            ("pipeline_arrangement_batches", all.batches),
            ("pipeline_batcher_records", all.batched),
            ("pipeline_batcher_bytes", all.batched_bytes),
        ] {
            metrics::gauge!(name, "worker" => worker.clone()).set(value as f64);
        }
        metrics::gauge!("pipeline_worker_asleep_seconds_total", "worker" => worker).set(self.asleep.as_secs_f64());
    }
}

impl Operator {
    fn add(&mut self, other: &Self) {
        self.busy += other.busy;
        self.arranged += other.arranged;
        self.batches += other.batches;
        self.batched += other.batched;
        self.batched_bytes += other.batched_bytes;
    }
}

fn count(of: usize) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX)
}

fn signed(change: isize) -> i64 {
    i64::try_from(change).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use differential_dataflow::logging::{BatchEvent, DropEvent, MergeEvent};
    use timely::logging::{OperatesEvent, ScheduleEvent};

    use super::*;

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn an_operators_time_is_its_own_without_that_of_operators_in_it() {
        let mut told = Told::new(0);
        for (id, addr, name) in [(2, vec![0, 1], "Map"), (1, vec![0], "Region")] {
            let (addr, name) = (addr, name.to_owned());
            told.scheduled(at(0), OperatesEvent { id, addr, name }.into());
        }
        for (ms, event) in [
            (10, ScheduleEvent::start(1)),
            (12, ScheduleEvent::start(2)),
            (17, ScheduleEvent::stop(2)),
            (18, ScheduleEvent::start(2)),
            (19, ScheduleEvent::stop(2)),
            (20, ScheduleEvent::stop(1)),
        ] {
            told.scheduled(at(ms), event.into());
        }
        assert_eq!([1, 2].map(|id| told.operators[&id].busy), [at(4), at(6)]);
        told.scheduled(at(20), ParkEvent::park(None).into());
        told.scheduled(at(50), ParkEvent::unpark().into());
        assert_eq!(told.asleep, at(30));
    }

    #[test]
    fn an_arrangement_holds_what_was_put_in_and_neither_merged_away_nor_dropped() {
        let mut told = Told::new(0);
        let operator = 7;
        let merge = |complete| MergeEvent {
            operator,
            scale: 0,
            length1: 5,
            length2: 4,
            complete,
        };
        let events: [DifferentialEvent; 6] = [
            BatchEvent { operator, length: 5 }.into(),
            BatchEvent { operator, length: 4 }.into(),
            BatchEvent { operator, length: 3 }.into(),
            merge(None).into(),
            merge(Some(6)).into(),
            DropEvent { operator, length: 3 }.into(),
        ];
        for event in &events {
            told.arranged(event);
        }
        assert_eq!(
            (told.operators[&operator].arranged, told.operators[&operator].batches),
            (6, 1)
        );
    }
}
