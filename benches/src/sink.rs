//! Writers of rows and actions that only count: what is measured with them is the dataflow, not a sink.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

use parlance_pipeline::{WithActions, WriterFactory};
use parlance_schemas::action::{ActionWriter, Actions};
use parlance_schemas::rows::{Interval, LogTime, RowWriter, Table, WriteError};

/// How many rows came of each table, and through which time. Clones are the same counter.
#[derive(Clone, Debug, Default)]
pub struct Counter(Arc<(Mutex<Count>, Condvar)>);

/// What has come.
#[derive(Clone, Debug, Default)]
pub struct Count {
    /// In all tables.
    pub rows: usize,
    /// By table, those without rows left out.
    pub by_table: BTreeMap<&'static str, usize>,
    /// Actions.
    pub actions: usize,
    /// The last interval.
    pub through: LogTime,
    /// When each interval came, and how many rows of [`Table::RuleReports`] it had.
    pub intervals: Vec<(LogTime, Instant, usize)>,
}

impl Counter {
    /// A writer for every worker.
    pub fn writers(&self) -> impl WriterFactory {
        let (rows, actions) = (self.clone(), self.clone());
        WithActions(
            move |_worker| Ok(Writer(rows.clone())),
            move |_worker| Ok(Writer(actions.clone())),
        )
    }

    /// Waits until the (only) shard is complete through `time`; returns what came until then.
    pub fn wait_for(&self, time: LogTime) -> Count {
        let (state, moved) = &*self.0;
        let state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = moved.wait_while(state, |count| count.through < time);
        state.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Counts for a [`Counter`].
#[derive(Debug)]
pub struct Writer(Counter);

impl RowWriter for Writer {
    fn write(&mut self, interval: &Interval) -> Result<(), WriteError> {
        let (state, moved) = &*self.0.0;
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        for (table, rows) in interval.counts() {
            if rows > 0 {
                *state.by_table.entry(Table::name(table)).or_default() += rows;
            }
        }
        state.rows += interval.len();
        state.through = interval.through;
        let told = (interval.through, Instant::now(), interval.rule_reports.len());
        state.intervals.push(told);
        moved.notify_all();
        Ok(())
    }
}

impl ActionWriter for Writer {
    fn write(&mut self, actions: &Actions) -> Result<(), WriteError> {
        let mut state = self.0.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.actions += actions.records.len();
        Ok(())
    }
}
