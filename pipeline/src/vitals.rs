//! How far a process is, as its threads note it and people and the watchdog see it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use timely::dataflow::operators::probe::Handle as Probe;

use crate::config::Config;
use crate::event::Time;

/// How far the shards of the sink are that this process writes to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shards(Arc<Vec<(u32, AtomicU64)>>);

impl Shards {
    /// Shards are spread over the workers of all processes; those of ours.
    fn of(config: &Config) -> Self {
        let (workers, peers) = (config.workers, config.workers * config.processes);
        let ours = (0..config.shards).filter(|shard| *shard as usize % peers / workers == config.process);
        Self(Arc::new(ours.map(|shard| (shard, AtomicU64::new(0))).collect()))
    }

    /// Notes that a shard has everything up to a time.
    pub(crate) fn note(&self, shard: u32, through: Time) {
        if let Some((_, noted)) = self.0.iter().find(|(ours, _)| *ours == shard) {
            noted.fetch_max(through, Ordering::Relaxed);
        }
    }
}

/// How far a process is.
#[derive(Debug)]
pub(crate) struct Vitals {
    /// Everything before this dataflow time is durable, in all of the cluster.
    durable: AtomicU64,
    /// What the sources of this process have promised, by local worker.
    promised: Vec<Arc<AtomicU64>>,
    /// Workers that step no more.
    ended: AtomicUsize,
    shards: Shards,
    /// The tick of the newest snapshot that is whole, as far as this process knows; 0: none.
    snapshot: Arc<AtomicU64>,
}

impl Vitals {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            durable: AtomicU64::new(0),
            promised: (0..config.workers).map(|_| Arc::default()).collect(),
            ended: AtomicUsize::new(0),
            shards: Shards::of(config),
            snapshot: Arc::default(),
        }
    }

    /// Everything before this dataflow time is durable.
    pub(crate) fn durable(&self) -> Time {
        self.durable.load(Ordering::SeqCst)
    }

    /// Takes over what the probe behind the sink shows.
    pub(crate) fn publish(&self, done: &Probe<Time>) {
        if let Some(durable) = done.with_frontier(|frontier| frontier.first().copied()) {
            self.durable.fetch_max(durable, Ordering::SeqCst);
        }
    }

    /// Where the source of a worker of this process says what it has promised.
    pub(crate) fn promised(&self, local: usize) -> Arc<AtomicU64> {
        self.promised[local].clone()
    }

    /// Where it is noted how far shards are.
    pub(crate) fn shards(&self) -> Shards {
        self.shards.clone()
    }

    /// Notes that there is a snapshot.
    pub(crate) fn snapshot_is_whole(&self, at: Time) {
        self.snapshot.fetch_max(at, Ordering::Relaxed);
    }

    /// True when everything the sources of this process have promised to be over is durable.
    pub(crate) fn settled(&self, done: &Probe<Time>) -> bool {
        let promised = self.promised.iter().map(|at| at.load(Ordering::SeqCst)).min();
        promised.is_none_or(|promised| !done.less_than(&promised))
    }

    /// A worker steps no more.
    pub(crate) fn one_ended(&self) {
        self.ended.fetch_add(1, Ordering::SeqCst);
    }

    /// Workers that step no more.
    pub(crate) fn ended(&self) -> usize {
        self.ended.load(Ordering::SeqCst)
    }

    /// Says it all as metrics. `now`: by the log's clock, Unix milliseconds.
    pub(crate) fn tell(&self, now: u64) {
        let age = |time: Time| seconds(now.saturating_sub(time));
        let durable = self.durable();
        if durable > 0 {
            metrics::gauge!("pipeline_frontier_age_seconds").set(age(durable));
            let promised = self.promised.iter().map(|at| at.load(Ordering::SeqCst));
            // Who reads no partition promises everything.
            let furthest = promised.filter(|at| *at < u64::MAX).max().unwrap_or(0);
            metrics::gauge!("pipeline_lead_seconds").set(seconds(furthest.saturating_sub(durable)));
        }
        for (shard, through) in self.shards.0.iter() {
            let through = through.load(Ordering::Relaxed);
            if through > 0 {
                metrics::gauge!("pipeline_shard_age_seconds", "shard" => shard.to_string()).set(age(through));
            }
        }
        let snapshot = self.snapshot.load(Ordering::Relaxed);
        if snapshot > 0 {
            metrics::gauge!("pipeline_snapshot_age_seconds").set(age(snapshot));
        }
    }
}

fn seconds(ms: u64) -> f64 {
    Duration::from_millis(ms).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shard_is_told_by_one_process() {
        let shards = |process| {
            let config = Config {
                processes: 2,
                process,
                workers: 2,
                shards: 7,
                ..Config::default()
            };
            let shards = Shards::of(&config);
            shards.0.iter().map(|(shard, _)| *shard).collect::<Vec<_>>()
        };
        assert_eq!((shards(0), shards(1)), (vec![0, 1, 4, 5], vec![2, 3, 6]));
    }
}
