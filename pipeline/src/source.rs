//! The source operator: one frontier out of all partitions of a worker.
//!
//! Time here is what the log says and nothing else: each partition's log time, made monotone and rounded up to
//! the tick; the worker promises the least of them. The operator reads a bounded queue, gives way to the other
//! operators after some records, and pauses while too much of what it gave is not durable yet: the one brake
//! that reaches from the sink back to the log.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::Duration;

use differential_dataflow::{AsCollection, VecCollection};
use timely::dataflow::Scope;
use timely::dataflow::operators::generic::operator::source;
use timely::dataflow::operators::probe::Handle as Probe;
use timely::scheduling::SyncActivator;

use crate::event::{Diff, Event, Time, tick_of};

/// How long a paused source sleeps before it looks at the probe again.
const PAUSE: Duration = Duration::from_millis(1);

/// One record of the log, heartbeats too: those only say what time it is.
#[derive(Debug)]
pub(crate) struct Fed {
    pub(crate) partition: u32,
    /// As the broker stamped it.
    pub(crate) log_time: u64,
    pub(crate) bytes: usize,
    pub(crate) event: Option<Box<Event>>,
}

/// The poll thread's end of the queue.
pub(crate) struct Feed {
    // Dropped first, so that the last wake-up finds the queue already hung up.
    queue: SyncSender<Vec<Fed>>,
    waker: Waker,
}

/// Wakes the operator once more when the feed goes away: a parked worker would never learn of it.
struct Waker(SyncActivator);

impl Drop for Waker {
    fn drop(&mut self) {
        // An operator that is gone needs no waking.
        let _ = self.0.activate();
    }
}

/// The dataflow is gone; there is nobody to feed.
#[derive(Debug)]
pub(crate) struct Gone;

impl Feed {
    /// Hands a batch over; waits while the queue is full.
    pub(crate) fn send(&self, batch: Vec<Fed>) -> Result<(), Gone> {
        self.queue.send(batch).map_err(|_| Gone)?;
        self.waker.0.activate().map_err(|_| Gone)
    }
}

/// How one worker reads its share of the log.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The partitions of this worker; none is fine.
    pub(crate) partitions: Vec<u32>,
    /// Where reading begins; no record is given an earlier time.
    pub(crate) resume_at: u64,
    pub(crate) queue: usize,
    pub(crate) fuel: usize,
    pub(crate) max_lead: Time,
    pub(crate) max_in_flight_bytes: u64,
    /// Where the source tells the tick it has promised to be at.
    pub(crate) promised: Arc<AtomicU64>,
}

/// What was given and is not durable yet, by tick.
#[derive(Default)]
struct InFlight {
    by_tick: VecDeque<(Time, u64)>,
    bytes: u64,
}

impl InFlight {
    fn add(&mut self, tick: Time, bytes: u64) {
        self.bytes += bytes;
        match self.by_tick.back_mut() {
            Some((last, sum)) if *last == tick => *sum += bytes,
            _ => self.by_tick.push_back((tick, bytes)),
        }
    }

    fn settle(&mut self, done: &Probe<Time>) {
        while let Some((tick, bytes)) = self.by_tick.front()
            && !done.less_equal(tick)
        {
            self.bytes -= bytes;
            self.by_tick.pop_front();
        }
    }
}

/// Builds the source. `done` is a probe at the far end of the dataflow, behind the sink.
pub(crate) fn log_source<'scope>(
    scope: Scope<'scope, Time>,
    settings: Settings,
    done: Probe<Time>,
) -> (Feed, VecCollection<'scope, Time, Event, Diff>) {
    let mut feed = None;
    let feed_out = &mut feed;
    let stream = source(scope, "LogSource", move |capability, info| {
        let (queue, fed): (_, Receiver<Vec<Fed>>) = sync_channel(settings.queue);
        let waker = Waker(scope.worker().sync_activator_for(info.address.to_vec()));
        *feed_out = Some(Feed { queue, waker });
        let activator = scope.activator_for(info.address);

        let mut low: BTreeMap<u32, u64> = settings.partitions.iter().map(|p| (*p, settings.resume_at)).collect();
        let mut capability = Some(capability);
        let mut batch = Vec::new().into_iter();
        let mut in_flight = InFlight::default();
        let gauge = metrics::gauge!("pipeline_source_in_flight_bytes", "worker" => scope.index().to_string());

        move |output| {
            // A worker without partitions promises nothing: it must not hold the others back.
            let Some(least) = low.values().min().copied() else {
                capability = None;
                return;
            };
            let cap = capability.as_mut().expect("dropped only without partitions");
            cap.downgrade(&tick_of(least));
            in_flight.settle(&done);
            let mut fuel = settings.fuel;
            {
                let mut session = output.session(&*cap);
                while fuel > 0 {
                    // Waiting helps only while something that is promised to be over is not durable.
                    let promised = low.values().min().map_or(0, |low| tick_of(*low));
                    let ahead = done.less_than(&promised.saturating_sub(settings.max_lead))
                        || (in_flight.bytes > settings.max_in_flight_bytes && done.less_than(&promised));
                    if ahead {
                        activator.activate_after(PAUSE);
                        break;
                    }
                    let Some(record) = batch.next() else {
                        match fed.try_recv() {
                            Ok(next) => {
                                batch = next.into_iter();
                                continue;
                            }
                            // When the feed hangs up the frontier stays where it is: what the log says next is
                            // not known, and an unfinished tick must never be taken for a finished one.
                            Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
                        }
                    };
                    fuel -= 1;
                    let bound = low.get_mut(&record.partition).expect("polled only what was assigned");
                    // Brokers' clocks may step back; promises may not.
                    *bound = record.log_time.max(*bound);
                    if let Some(mut event) = record.event {
                        event.place.log_time = *bound;
                        let tick = tick_of(*bound);
                        in_flight.add(tick, record.bytes as u64);
                        session.give((*event, tick, 1));
                    }
                }
            }
            if let Some(least) = low.values().min() {
                // A record at exactly the end of this tick may still come, so promise no more than the tick.
                cap.downgrade(&tick_of(*least));
                settings.promised.store(tick_of(*least), Ordering::SeqCst);
            }
            if fuel == 0 {
                activator.activate();
            }
            gauge.set(in_flight.bytes as f64);
        }
    });
    let feed = feed.expect("the constructor runs while the dataflow is built");
    (feed, stream.as_collection())
}
