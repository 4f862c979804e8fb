//! One worker: builds its part of the dataflow, starts its poll thread, and steps until the end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use parlance_schemas::action::ActionWriter;
use parlance_schemas::rows::{Progress, RowWriter, WriteError};
use timely::dataflow::operators::probe::Handle as Probe;
use timely::worker::Worker;

use crate::analyse::Labels;
use crate::config::{Config, millis};
use crate::dataflow::{self, STATES, build};
use crate::error::Error;
use crate::event::{Time, tick_of};
use crate::heartbeat::NextDue;
use crate::introspect::introspect;
use crate::log::Log;
use crate::poll::{Poller, Reading};
use crate::recovery::{agreed, rewind};
use crate::sink;
use crate::snapshot::{Depot, beginning};
use crate::source::{self, Feed};
use crate::stop::Stop;
use crate::threads::{self, Ended};
use crate::vitals::Vitals;
use crate::writer::Writing;

/// The longest a worker sleeps: after that it looks whether it is to stop.
const PARK: Duration = Duration::from_millis(50);

/// How long the poll and writer threads may take to end, once the dataflow is gone.
const GRACE: Duration = Duration::from_secs(2);

/// How long the workers of a process wait for each other at the end.
const GATHER: Duration = Duration::from_secs(2);

/// Makes the writers: one for each worker of this process.
pub trait WriterFactory: Send + Sync + 'static {
    /// What writes the rows of one worker's shards.
    type Writer: RowWriter + 'static;

    /// A writer for a worker, by its index among all workers of the cluster.
    ///
    /// # Errors
    /// When there can be none; the pipeline then does not start.
    fn writer(&self, worker: usize) -> Result<Self::Writer, WriteError>;

    /// What takes the actions of one worker's shards. Without one, triggers are rows and nothing more.
    ///
    /// # Errors
    /// As of [`Self::writer`].
    fn actions(&self, _worker: usize) -> Result<Option<Box<dyn ActionWriter>>, WriteError> {
        Ok(None)
    }
}

impl<W, F> WriterFactory for F
where
    W: RowWriter + 'static,
    F: Fn(usize) -> Result<W, WriteError> + Send + Sync + 'static,
{
    type Writer = W;

    fn writer(&self, worker: usize) -> Result<W, WriteError> {
        self(worker)
    }
}

/// The rows to these writers, and the actions to what this function makes, one for each worker.
pub struct WithActions<W, A>(pub W, pub A);

impl<W, A, T> WriterFactory for WithActions<W, A>
where
    W: WriterFactory,
    A: Fn(usize) -> Result<T, WriteError> + Send + Sync + 'static,
    T: ActionWriter + 'static,
{
    type Writer = W::Writer;

    fn writer(&self, worker: usize) -> Result<Self::Writer, WriteError> {
        self.0.writer(worker)
    }

    fn actions(&self, worker: usize) -> Result<Option<Box<dyn ActionWriter>>, WriteError> {
        Ok(Some(Box::new((self.1)(worker)?)))
    }
}

/// What the threads of one process share.
pub(crate) struct Shared<L, W> {
    pub(crate) config: Config,
    pub(crate) log: Arc<L>,
    pub(crate) labels: Labels,
    pub(crate) writers: W,
    /// What this process has read of the sink's progress.
    pub(crate) progress: Progress,
    /// Where snapshots go, if any are taken.
    pub(crate) depot: Option<Depot>,
    pub(crate) started: Instant,
    /// When that was, by the log's clock.
    pub(crate) begun_at: u64,
    pub(crate) partitions: u32,
    pub(crate) reading: Arc<Reading>,
    pub(crate) next_due: Arc<NextDue>,
    pub(crate) writing: Writing,
    pub(crate) vitals: Arc<Vitals>,
    pub(crate) stop: Stop,
}

impl<L, W> Shared<L, W> {
    /// Partitions are assigned for good: moving one in the middle of a dataflow could not be undone.
    fn partitions_of(&self, worker: &Worker) -> Vec<u32> {
        let (index, peers) = (worker.index(), worker.peers());
        (0..self.partitions)
            .filter(|partition| *partition as usize % peers == index)
            .collect()
    }
}

/// What outlives a worker's dataflow.
struct Left {
    poller: Option<Ended>,
    writer: Ended,
}

/// Runs one worker to its end; a panic ends the run as an error does, not only this thread.
pub(crate) fn work<L: Log, W: WriterFactory>(worker: &mut Worker, shared: &Shared<L, W>) {
    let left = threads::guarded(&shared.stop, || run(worker, shared)).flatten();
    // A worker that pushes to one whose dataflow is gone would panic: all stop first, then all let go.
    shared.vitals.one_ended();
    let patience = Instant::now();
    while shared.vitals.ended() < shared.config.workers && patience.elapsed() < GATHER {
        std::thread::park_timeout(Duration::from_millis(1));
    }
    for dataflow in worker.installed_dataflows() {
        worker.drop_dataflow(dataflow);
    }
    let Some(Left { poller, writer }) = left else { return };
    for (thread, name) in poller
        .iter()
        .map(|poller| (poller, "poll"))
        .chain([(&writer, "writer")])
    {
        if !thread.within(GRACE) {
            tracing::warn!(
                worker = worker.index(),
                thread = name,
                "a thread is still busy and is left behind"
            );
        }
    }
}

/// `None` when the end came before anything was begun.
fn run<L: Log, W: WriterFactory>(worker: &mut Worker, shared: &Shared<L, W>) -> Result<Option<Left>, Error> {
    let config = &shared.config;
    let depot = shared.depot.as_ref();
    let Some(progress) = agreed(worker, &shared.progress, depot.is_some(), &shared.stop)? else {
        return Ok(None);
    };
    let Some(beginning) = beginning(worker, depot, STATES, &progress, &shared.stop) else {
        return Ok(None);
    };
    let least = progress.least();
    // Of each partition a snapshot knows a first stretch: the records whose time, made monotone, is at most its tick's. They
    // are all logged at or before the tick, and the first record after them is logged later (else it would still be one of
    // them). So reading on from the first record logged after the tick is reading on where the snapshot ends; that broker
    // clocks step back changes nothing. And no bound that a partition had by then is more than the tick, so bounds go on as
    // they would have.
    let from = match beginning.snapshots.restored_at() {
        Some(at) => at + 1,
        None => rewind(config, least),
    };
    let partitions = shared.partitions_of(worker);
    let promised = shared.vitals.promised(worker.index() % config.workers);
    promised.store(
        if partitions.is_empty() { u64::MAX } else { tick_of(from) },
        Ordering::SeqCst,
    );
    let source = source::Settings {
        partitions: partitions.clone(),
        resume_at: from,
        queue: config.queue,
        fuel: config.fuel,
        max_lead: millis(config.max_lead),
        max_in_flight_bytes: config.max_in_flight_bytes,
        promised,
    };
    let sink = sink::Settings {
        shards: config.shards,
        writer_queue: config.writer_queue,
        progress_every: millis(config.progress_every),
        progress,
        actions: shared.writers.actions(worker.index())?,
        writing: shared.writing.clone(),
        reached: shared.vitals.shards(),
        stop: shared.stop.clone(),
    };
    let writer = shared.writers.writer(worker.index())?;
    let in_force = beginning.settings.clone().unwrap_or_default();
    let settings = dataflow::Settings {
        in_force: in_force.values().copied().max().unwrap_or(0),
        ..dataflow::Settings::of(config)
    };
    let local = worker.index() % config.workers;
    let clocks = [0, 1].map(|operator| shared.next_due.clock(local, operator));
    if config.introspect {
        introspect(worker);
    }
    let done = Probe::new();
    let ends = worker.dataflow_named::<Time, _, _>("Parlance", |scope| {
        let labour = (shared.labels.clone(), clocks, writer);
        build(scope, (&settings, &beginning.snapshots), source, sink, labour, &done)
    });
    let mut by = Some(beginning.by()).filter(|_| worker.index() == 0);
    let mut behind = worker.index() == 0;
    if let (0, Some(at)) = (worker.index(), beginning.snapshots.restored_at()) {
        shared.vitals.snapshot_is_whole(at);
    }
    let left = Left {
        writer: ends.writer_ended?,
        poller: start_polling(shared, partitions, (from, in_force), ends.feed)?,
    };

    while !shared.stop.requested() {
        worker.step_or_park(Some(PARK));
        shared.vitals.publish(&done);
        if shared.vitals.durable() > least
            && let Some(by) = by.take()
        {
            let seconds = shared.started.elapsed().as_secs_f64();
            tracing::info!(by, seconds, "the pipeline is where it was before it started");
            metrics::gauge!("pipeline_start_seconds", "by" => by).set(seconds);
        }
        if behind && shared.vitals.durable() > shared.begun_at {
            behind = false;
            metrics::gauge!("pipeline_caught_up_seconds").set(shared.started.elapsed().as_secs_f64());
        }
    }
    let deadline = Instant::now() + config.drain;
    while !shared.stop.failed() && Instant::now() < deadline && !shared.vitals.settled(&done) {
        worker.step_or_park(Some(Duration::from_millis(5)));
        shared.vitals.publish(&done);
    }
    Ok(Some(left))
}

fn start_polling<L: Log, W: WriterFactory>(
    shared: &Shared<L, W>,
    partitions: Vec<u32>,
    (from, in_force): (Time, BTreeMap<u32, i64>),
    feed: Feed,
) -> Result<Option<Ended>, Error> {
    if partitions.is_empty() {
        return Ok(None);
    }
    let (log, stop) = (shared.log.clone(), shared.stop.clone());
    let (config, reading) = (shared.config.clone(), shared.reading.clone());
    let passed = shared.progress.complete_through.iter().copied().max().unwrap_or(0);
    let poller = threads::start("parlance-poll", &shared.stop, move || {
        let reader = log.open(&partitions, from, passed)?;
        tracing::info!(?partitions, from, "reading the log");
        Poller::new(log, reader, &partitions, (from, &in_force), &config, reading).run(&feed, &stop)
    })?;
    Ok(Some(poller))
}
