//! The thread that makes intervals durable, so that no worker ever waits for a database.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use parlance_schemas::rows::{Interval, RowWriter, WriteError};
use timely::scheduling::SyncActivator;

use crate::error::Error;
use crate::event::Time;
use crate::stop::Stop;
use crate::threads::{self, Ended};

/// How many writers of this process are writing at the moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Writing(Arc<AtomicUsize>);

impl Writing {
    pub(crate) fn under_way(&self) -> bool {
        self.0.load(Ordering::SeqCst) > 0
    }
}

/// The worker's end of a writer thread.
pub(crate) struct Door {
    /// Intervals to write; when it hangs up the thread finishes what it has and ends.
    pub(crate) intervals: SyncSender<Interval>,
    /// Times that have become durable, one for each interval.
    pub(crate) durable: Receiver<Time>,
}

impl Door {
    /// A door with no thread behind it.
    pub(crate) fn shut() -> Self {
        Self {
            intervals: sync_channel(1).0,
            durable: channel().1,
        }
    }
}

/// Starts a writer thread; it wakes the operator behind `activator` whenever something has become durable.
pub(crate) fn start<W: RowWriter + 'static>(
    mut writer: W,
    queue: usize,
    activator: SyncActivator,
    writing: Writing,
    stop: &Stop,
) -> Result<(Door, Ended), Error> {
    let (intervals, to_write) = sync_channel::<Interval>(queue);
    let (durable_out, durable) = channel();
    let at_end = stop.clone();
    let ended = threads::start("parlance-writer", stop, move || {
        while let Ok(interval) = to_write.recv() {
            writing.0.fetch_add(1, Ordering::SeqCst);
            let written = write(&mut writer, &interval);
            writing.0.fetch_sub(1, Ordering::SeqCst);
            match written {
                // Without a worker to tell there is nothing more to do: it was told to stop.
                Ok(()) if !announce(&durable_out, interval.through, &activator) => break,
                Ok(()) => {}
                Err(WriteError::Stopped) => {
                    at_end.request();
                    break;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    })?;
    Ok((Door { intervals, durable }, ended))
}

fn write(writer: &mut impl RowWriter, interval: &Interval) -> Result<(), WriteError> {
    let started = std::time::Instant::now();
    writer.write(interval)?;
    metrics::histogram!("pipeline_interval_write_seconds").record(started.elapsed().as_secs_f64());
    metrics::counter!("pipeline_intervals_written_total").increment(1);
    Ok(())
}

fn announce(durable: &Sender<Time>, through: Time, activator: &SyncActivator) -> bool {
    durable.send(through).is_ok() && activator.activate().is_ok()
}
