//! Threads that make something durable, so that no worker ever waits for a database or a broker.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};

use parlance_schemas::rows::WriteError;
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
pub(crate) struct Door<T> {
    /// What to write; when it hangs up the thread finishes what it has and ends.
    pub(crate) in_order: SyncSender<T>,
    /// The times of what has become durable, one for each, in the order in which they were given.
    pub(crate) durable: Receiver<Time>,
}

impl<T> Door<T> {
    /// A door with no thread behind it.
    pub(crate) fn shut() -> Self {
        Self {
            in_order: sync_channel(1).0,
            durable: channel().1,
        }
    }
}

/// Where a writer thread belongs.
#[derive(Clone)]
pub(crate) struct Behind {
    /// How many may wait for it.
    pub(crate) queue: usize,
    /// The operator that it wakes whenever something has become durable.
    pub(crate) activator: SyncActivator,
    pub(crate) writing: Writing,
    pub(crate) stop: Stop,
}

/// Starts a thread that hands one after the other to `write`, which returns its time once it is durable.
pub(crate) fn start<T: Send + 'static>(
    name: &str,
    behind: &Behind,
    mut write: impl FnMut(&T) -> Result<Time, WriteError> + Send + 'static,
) -> Result<(Door<T>, Ended), Error> {
    let (in_order, to_write) = sync_channel::<T>(behind.queue);
    let (durable_out, durable) = channel();
    let Behind {
        activator,
        writing,
        stop,
        ..
    } = behind.clone();
    let ended = threads::start(name, &behind.stop, move || {
        while let Ok(next) = to_write.recv() {
            writing.0.fetch_add(1, Ordering::SeqCst);
            let written = write(&next);
            writing.0.fetch_sub(1, Ordering::SeqCst);
            match written {
                // Without a worker to tell there is nothing more to do: it was told to stop.
                Ok(time) if durable_out.send(time).is_err() || activator.activate().is_err() => break,
                Ok(_) => {}
                Err(WriteError::Stopped) => {
                    stop.request();
                    break;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    })?;
    Ok((Door { in_order, durable }, ended))
}
