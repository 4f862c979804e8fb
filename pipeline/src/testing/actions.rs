//! Somebody who takes actions, in memory.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use parlance_schemas::action::{ActionWriter, Actions};
use parlance_schemas::rows::{LogTime, WriteError};

/// Keeps what it is given, in order. Clones are the same.
///
/// It holds the pipeline to its word: what comes again for the same shard and time must be the same.
#[derive(Clone, Debug, Default)]
pub struct MemoryActions(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct State {
    records: Vec<String>,
    given: HashMap<(u32, LogTime), Vec<String>>,
    held: bool,
    refusing: bool,
}

impl MemoryActions {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A writer for every worker, for [`WithActions`](crate::WithActions).
    pub fn writers(&self) -> impl Fn(usize) -> Result<MemoryActionWriter, WriteError> + Send + Sync + 'static {
        let actions = self.clone();
        move |_worker| Ok(MemoryActionWriter(actions.clone()))
    }

    /// From now on nothing is taken and whoever gives something waits, until it is called with false.
    pub fn hold(&self, held: bool) {
        self.state().held = held;
        self.0.moved.notify_all();
    }

    /// From now on everything is refused for good, or no longer.
    pub fn refuse(&self, refusing: bool) {
        self.state().refusing = refusing;
    }

    /// What was taken, as often as it was given.
    pub fn records(&self) -> Vec<String> {
        self.state().records.clone()
    }

    /// Waits until so many were taken; false when that takes longer than `at_most`.
    pub fn wait_for(&self, records: usize, at_most: Duration) -> bool {
        let fewer = |state: &mut State| state.records.len() < records;
        let waited = self.0.moved.wait_timeout_while(self.state(), at_most, fewer);
        waited.is_ok_and(|(_, timeout)| !timeout.timed_out())
    }
}

/// Gives to [`MemoryActions`].
#[derive(Debug)]
pub struct MemoryActionWriter(MemoryActions);

impl ActionWriter for MemoryActionWriter {
    fn write(&mut self, actions: &Actions) -> Result<(), WriteError> {
        let inner = &self.0.0;
        let waited = inner.moved.wait_while(self.0.state(), |state| state.held);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        if state.refusing {
            return Err(WriteError::Halt("the test said so".to_owned()));
        }
        let given = state
            .given
            .insert((actions.shard, actions.through), actions.records.clone());
        if let Some(before) = given
            && before != actions.records
        {
            return Err(WriteError::Halt(format!(
                "other actions for {} than before:\n{before:?}\n{:?}",
                actions.through, actions.records
            )));
        }
        state.records.extend(actions.records.iter().cloned());
        drop(state);
        inner.moved.notify_all();
        Ok(())
    }
}
