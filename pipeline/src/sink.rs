//! The end of the dataflow: rows gather by shard and tick, and go to the writer once their tick is over.
//!
//! Keeps true: an interval holds all rows of its shard and tick, is handed over once, in order of time, and only
//! beyond what the shard has already, after its actions (see `actions`) are durable. The capability of a tick is held until its intervals are durable, so a probe
//! behind this operator shows durable progress, and the source's limits reach from the database to the log.
//! Holds: the rows of unfinished ticks and of intervals that wait for the writer.

use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::TrySendError;
use std::time::Instant;

use differential_dataflow::VecCollection;
use parlance_schemas::action::ActionWriter;
use parlance_schemas::rows::{Interval, Progress, RowWriter, Table};
use timely::container::CapacityContainerBuilder;
use timely::dataflow::StreamVec;
use timely::dataflow::channels::pact::Exchange;
use timely::dataflow::operators::Capability;
use timely::dataflow::operators::generic::Operator;

use crate::actions::{Acting, Turn};
use crate::error::Error;
use crate::event::{Diff, TICK, Time};
use crate::interval::assemble;
use crate::rows::Row;
use crate::shards::shard;
use crate::snapshot::Witness;
use crate::stop::Stop;
use crate::threads::Ended;
use crate::vitals::Shards;
use crate::writer::{self, Behind, Door, Writing};

/// What the sink needs beside rows.
pub(crate) struct Settings {
    pub(crate) shards: u32,
    pub(crate) writer_queue: usize,
    /// Log time after which progress is written though there are no rows, in milliseconds.
    pub(crate) progress_every: Time,
    pub(crate) progress: Progress,
    /// What takes actions; nothing does without it.
    pub(crate) actions: Option<Box<dyn ActionWriter>>,
    pub(crate) writing: Writing,
    /// Where it is noted how far each shard is.
    pub(crate) reached: Shards,
    pub(crate) stop: Stop,
}

/// The rows of an unfinished tick, by shard, and the right to still say something at that tick.
type Gathering = (Capability<Time>, BTreeMap<u32, Vec<(Row, Diff)>>);

/// Hands rows to a writer, shard by shard. The stream carries nothing; probe it. [`Ended`] tells when the writer
/// has finished after the dataflow is gone.
pub(crate) fn durable<'scope, W: RowWriter + 'static>(
    rows: VecCollection<'scope, Time, Row, Diff>,
    mut settings: Settings,
    witness: Witness,
    writer: W,
) -> (StreamVec<'scope, Time, ()>, Result<Ended, Error>) {
    let scope = rows.inner.scope();
    let shards = settings.shards;
    let by_shard = Exchange::new(move |(row, _, _): &(Row, Time, Diff)| u64::from(shard(row, shards)));
    let mut ended = None;
    let ended_out = &mut ended;
    let stream = rows.inner.unary_frontier::<CapacityContainerBuilder<Vec<()>>, _, _, _>(
        by_shard,
        "Durable",
        move |_capability, info| {
            let behind = Behind {
                queue: settings.writer_queue,
                activator: scope.worker().sync_activator_for(info.address.to_vec()),
                writing: settings.writing.clone(),
                stop: settings.stop.clone(),
            };
            let (door, mut acting) = match start(
                writer,
                settings.actions.take(),
                &behind,
                (scope.index(), &settings.reached),
            ) {
                Ok((door, acting, ended)) => {
                    *ended_out = Some(Ok(ended));
                    (door, acting)
                }
                Err(error) => {
                    *ended_out = Some(Err(error));
                    (Door::shut(), None)
                }
            };
            let mut gathering: BTreeMap<Time, Gathering> = BTreeMap::new();
            // Intervals, and the actions that each waits for.
            let mut ready: VecDeque<(Interval, Turn)> = VecDeque::new();
            let mut outstanding: BTreeMap<Time, (Option<Capability<Time>>, usize)> = BTreeMap::new();
            // Marks that all shards have been handed an interval for, and how far those intervals go: a shard may have been
            // handed a later one only, and have no more than before until that is durable.
            let mut unconfirmed: VecDeque<(Time, Time)> = VecDeque::new();
            let mut through = Through::new(&settings, scope.index(), scope.peers());
            let waiting = metrics::gauge!("pipeline_intervals_waiting", "worker" => scope.index().to_string());
            move |(input, frontier), _output| {
                input.for_each_stamp(|stamp, data| {
                    for (row, time, diff) in data.flat_map(|batch| batch.drain(..)) {
                        let shard = shard(&row, shards);
                        if time <= through.already(shard) {
                            continue;
                        }
                        let (_, by_shard) = gathering
                            .entry(time)
                            .or_insert_with(|| (stamp.delayed(&time, 0), BTreeMap::new()));
                        by_shard.entry(shard).or_default().push((row, diff));
                    }
                });
                while let Some(entry) = gathering.first_entry() {
                    if frontier.less_equal(entry.key()) {
                        break;
                    }
                    let (time, (capability, by_shard)) = entry.remove_entry();
                    outstanding.insert(time, (Some(capability), by_shard.len()));
                    for (shard, updates) in by_shard {
                        through.hand_over(shard, time);
                        let interval = assemble(shard, time, updates);
                        let turn = acting.as_mut().map_or(0, |acting| acting.ask(&interval));
                        ready.push_back((interval, turn));
                    }
                }
                // So that no shard, however quiet, has less than what a snapshot goes on from.
                while let Some(at) = witness.passed(frontier) {
                    for interval in through.up_to(at) {
                        outstanding.entry(at).or_default().1 += 1;
                        ready.push_back((interval, 0));
                    }
                    unconfirmed.push_back((at, through.furthest()));
                }
                // A frontier that is gone says nothing of how far the log goes: only an open one moves progress.
                if let Some(open) = frontier.frontier().iter().next() {
                    for interval in through.without_rows(open.saturating_sub(TICK)) {
                        outstanding.entry(interval.through).or_default().1 += 1;
                        ready.push_back((interval, 0));
                    }
                }
                for time in door.durable.try_iter() {
                    let (_, left) = outstanding.get_mut(&time).expect("was handed over");
                    *left -= 1;
                    if *left == 0 {
                        outstanding.remove(&time);
                    }
                }
                while let Some((at, furthest)) = unconfirmed.front().copied()
                    && outstanding.first_key_value().is_none_or(|(time, _)| *time > furthest)
                {
                    witness.confirm(at);
                    unconfirmed.pop_front();
                }
                if let Some(acting) = &mut acting {
                    acting.go_on();
                }
                while let Some((interval, turn)) = ready.pop_front() {
                    if acting.as_ref().is_some_and(|acting| !acting.done(turn)) {
                        ready.push_front((interval, turn));
                        break;
                    }
                    let counted = interval.counts();
                    match door.in_order.try_send(interval) {
                        Ok(()) => counted.iter().for_each(|(table, rows)| emitted(*table, *rows)),
                        // The writer wakes us when it has room.
                        Err(TrySendError::Full(interval)) => {
                            ready.push_front((interval, turn));
                            break;
                        }
                        // The writer has ended and has said why; what is left stays where it is, not durable.
                        Err(TrySendError::Disconnected(_)) => break,
                    }
                }
                waiting.set(ready.len() as f64);
            }
        },
    );
    (stream, ended.expect("the constructor runs while the dataflow is built"))
}

/// Starts the threads behind the operator: the one that writes rows, and the one that writes actions if somebody takes them.
fn start<W: RowWriter + 'static>(
    mut writer: W,
    actions: Option<Box<dyn ActionWriter>>,
    behind: &Behind,
    (worker, reached): (usize, &Shards),
) -> Result<(Door<Interval>, Option<Acting>, Ended), Error> {
    let reached = reached.clone();
    let (door, ended) = writer::start("parlance-writer", behind, move |interval: &Interval| {
        let started = Instant::now();
        writer.write(interval)?;
        metrics::histogram!("pipeline_interval_write_seconds").record(started.elapsed().as_secs_f64());
        metrics::counter!("pipeline_intervals_written_total").increment(1);
        reached.note(interval.shard, interval.through);
        Ok(interval.through)
    })?;
    let Some(actions) = actions else {
        return Ok((door, None, ended));
    };
    let (acting, acting_ended) = Acting::start(actions, behind, worker)?;
    Ok((door, Some(acting), ended.and(acting_ended)))
}

/// How far each shard of this worker is.
struct Through {
    /// What every shard had when we began.
    already: Vec<Time>,
    /// What was last handed over, for the shards of this worker.
    handed: BTreeMap<u32, Time>,
    every: Time,
}

impl Through {
    fn new(settings: &Settings, index: usize, peers: usize) -> Self {
        let mut already = settings.progress.complete_through.clone();
        already.resize(settings.shards as usize, 0);
        let own = (0..settings.shards).filter(|shard| *shard as usize % peers == index);
        let handed = own.map(|shard| (shard, already[shard as usize])).collect();
        Self {
            already,
            handed,
            every: settings.progress_every,
        }
    }

    fn already(&self, shard: u32) -> Time {
        self.already[shard as usize]
    }

    fn hand_over(&mut self, shard: u32, time: Time) {
        self.handed.insert(shard, time);
    }

    /// Intervals without rows for the shards that have said nothing for long.
    fn without_rows(&mut self, over: Time) -> Vec<Interval> {
        self.after_silence(over, self.every)
    }

    /// The same for all shards that have not come as far as this.
    fn up_to(&mut self, at: Time) -> Vec<Interval> {
        self.after_silence(at, 0)
    }

    /// The latest time that was handed over.
    fn furthest(&self) -> Time {
        self.handed.values().copied().max().unwrap_or(0)
    }

    fn after_silence(&mut self, over: Time, of: Time) -> Vec<Interval> {
        let silent = self
            .handed
            .iter_mut()
            .filter(|(_, last)| over >= last.saturating_add(of) && over > **last);
        let intervals = silent.map(|(shard, last)| {
            *last = over;
            Interval {
                shard: *shard,
                through: over,
                ..Interval::default()
            }
        });
        intervals.collect()
    }
}

fn emitted(table: Table, rows: usize) {
    if rows > 0 {
        metrics::counter!("pipeline_rows_emitted_total", "table" => table.name()).increment(rows as u64);
    }
}

#[cfg(test)]
mod tests;
