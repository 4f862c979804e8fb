//! A row writer that only counts: what is measured with it is the dataflow, not a sink.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use parlance_schemas::rows::{Interval, LogTime, RowWriter, WriteError};

/// How many rows came, and through which time. Clones are the same counter.
#[derive(Clone, Debug, Default)]
pub struct Counter(Arc<(Mutex<(usize, LogTime)>, Condvar)>);

impl Counter {
    /// A writer for every worker.
    pub fn writers(&self) -> impl Fn(usize) -> Result<Writer, WriteError> + Send + Sync + 'static {
        let counter = self.clone();
        move |_worker| Ok(Writer(counter.clone()))
    }

    /// Waits until the (only) shard is complete through `time`; returns the rows until then.
    pub fn wait_for(&self, time: LogTime) -> usize {
        let (state, moved) = &*self.0;
        let state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = moved.wait_while(state, |(_, through)| *through < time);
        state.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// Counts for a [`Counter`].
#[derive(Debug)]
pub struct Writer(Counter);

impl RowWriter for Writer {
    fn write(&mut self, interval: &Interval) -> Result<(), WriteError> {
        let (state, moved) = &*self.0.0;
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 += interval.len();
        state.1 = interval.through;
        moved.notify_all();
        Ok(())
    }
}
