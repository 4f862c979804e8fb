//! A sink in memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use parlance_schemas::labels::{By, Direction, Judge, Measure};
use parlance_schemas::rows::{
    AccountEventRow, ContactRow, ConversationRow, DecisionRow, DeliveryRow, IdentityRow, Interval, LogTime, MeasureRow,
    MessageRow, MetricRow, OutcomeRow, Progress, RawUpdateRow, RowWriter, RuleReportRow, StatusRow, Table, TimerRow,
    TriggerRow, TurnRow, VerdictRow, WriteError,
};
use parlance_schemas::tables;

type MetricKey = (String, u32, Direction);
type MeasureKey = (String, u32, Measure, By, String);

/// The tables, by unique key, as they are once ClickHouse has merged them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tables {
    /// By (`phone_number_id`, `message_id`).
    pub messages: BTreeMap<(String, String), MessageRow>,
    /// By (`phone_number_id`, `message_id`, `status`, `recipient_id`).
    pub statuses: BTreeMap<(String, String, String, String), StatusRow>,
    /// By (`waba_id`, `contact_id`).
    pub contacts: BTreeMap<(String, String), ContactRow>,
    /// By `event_id`.
    pub account_events: BTreeMap<String, AccountEventRow>,
    /// By `update_id`.
    pub raw_updates: BTreeMap<String, RawUpdateRow>,
    /// By (`phone_number_id`, `message_id`, `judge`, `author`, `given_at`).
    pub verdicts: BTreeMap<(String, String, Judge, String, i64), VerdictRow>,
    /// By `decision_id`.
    pub decisions: BTreeMap<String, DecisionRow>,
    /// By (`waba_id`, `kind`, `value`, `other_kind`, `other_value`).
    pub identities: BTreeMap<[String; 5], IdentityRow>,
    /// By (`phone_number_id`, `message_id`, `recipient_id`).
    pub deliveries: BTreeMap<[String; 3], DeliveryRow>,
    /// By (`phone_number_id`, `conversation_id`); deleted ones are gone.
    pub conversations: BTreeMap<[String; 2], ConversationRow>,
    /// By (`phone_number_id`, `message_id`); deleted ones are gone.
    pub turns: BTreeMap<[String; 2], TurnRow>,
    /// By (`phone_number_id`, `message_id`, `event`); deleted ones are gone.
    pub timers: BTreeMap<[String; 3], TimerRow>,
    /// By (`phone_number_id`, `rule_id`, `rule_version`, `subject`).
    pub triggers: BTreeMap<[String; 4], TriggerRow>,
    /// By (`phone_number_id`, `action_id`, `outcome_id`).
    pub outcomes: BTreeMap<[String; 3], OutcomeRow>,
    /// By (`phone_number_id`, `rule_id`, `rule_version`, `window_start`); deleted ones are gone.
    pub rule_reports: BTreeMap<(String, String, String, u32), RuleReportRow>,
    /// By (`phone_number_id`, `window_start`, `direction`); deleted ones are gone.
    pub metrics_1m: BTreeMap<MetricKey, MetricRow>,
    /// As `metrics_1m`.
    pub metrics_1h: BTreeMap<MetricKey, MetricRow>,
    /// As `metrics_1m`.
    pub metrics_1d: BTreeMap<MetricKey, MetricRow>,
    /// By (`phone_number_id`, `window_start`, `measure`, `by`, `label`); deleted ones are gone.
    pub measures_1m: BTreeMap<MeasureKey, MeasureRow>,
    /// As `measures_1m`.
    pub measures_1h: BTreeMap<MeasureKey, MeasureRow>,
    /// As `measures_1m`.
    pub measures_1d: BTreeMap<MeasureKey, MeasureRow>,
}

impl Tables {
    /// The same without what depends on when a row was logged: `logged_at` and `version`.
    #[must_use]
    pub fn without_log_time(mut self) -> Self {
        let metrics = [&mut self.metrics_1m, &mut self.metrics_1h, &mut self.metrics_1d];
        metrics
            .into_iter()
            .flat_map(BTreeMap::values_mut)
            .for_each(|row| row.version = 0);
        let measures = [&mut self.measures_1m, &mut self.measures_1h, &mut self.measures_1d];
        for measures in measures {
            measures.values_mut().for_each(|row| row.version = 0);
            // Counted by when it was logged.
            measures.retain(|_, row| row.measure != Measure::Late);
        }
        self.conversations.values_mut().for_each(|row| row.version = 0);
        self.turns.values_mut().for_each(|row| row.version = 0);
        self.timers.values_mut().for_each(|row| row.version = 0);
        self.identities.values_mut().for_each(|row| row.version = 0);
        for row in self.decisions.values_mut() {
            (row.logged_at, row.version) = (0, 0);
        }
        for row in self.outcomes.values_mut() {
            (row.logged_at, row.version) = (0, 0);
        }
        for row in self.messages.values_mut() {
            (row.logged_at, row.version) = (0, 0);
        }
        for row in self.statuses.values_mut() {
            (row.logged_at, row.version) = (0, 0);
        }
        for row in self.account_events.values_mut() {
            (row.logged_at, row.version) = (0, 0);
        }
        for row in self.raw_updates.values_mut() {
            (row.logged_at, row.version) = (0, 0);
        }
        for row in self.verdicts.values_mut() {
            (row.logged_at, row.version) = (0, 0);
        }
        self
    }

    /// Inserts one table's rows of an interval.
    fn insert(&mut self, table: Table, interval: &Interval) {
        match table {
            Table::Messages => replace(
                &mut self.messages,
                &interval.messages,
                |row| row.version,
                |row| (row.phone_number_id.clone(), row.message_id.clone()),
            ),
            Table::Statuses => replace(
                &mut self.statuses,
                &interval.statuses,
                |row| row.version,
                |row| {
                    let (number, message) = (row.phone_number_id.clone(), row.message_id.clone());
                    (number, message, row.status.clone(), row.recipient_id.clone())
                },
            ),
            Table::Contacts => interval.contacts.iter().for_each(|row| self.merge_contact(row)),
            Table::AccountEvents => {
                replace(
                    &mut self.account_events,
                    &interval.account_events,
                    |row| row.version,
                    |row| row.event_id.clone(),
                );
            }
            Table::RawUpdates => replace(
                &mut self.raw_updates,
                &interval.raw_updates,
                |row| row.version,
                |row| row.update_id.clone(),
            ),
            Table::Verdicts => replace(
                &mut self.verdicts,
                &interval.verdicts,
                |row| row.version,
                |row| {
                    let (number, message) = (row.phone_number_id.clone(), row.message_id.clone());
                    (number, message, row.judge, row.author.clone(), row.given_at)
                },
            ),
            Table::Decisions => replace(
                &mut self.decisions,
                &interval.decisions,
                |row| row.version,
                |row| row.decision_id.clone(),
            ),
            Table::Identities => replace(
                &mut self.identities,
                &interval.identities,
                |row| row.version,
                IdentityRow::key,
            ),
            Table::Deliveries => interval.deliveries.iter().for_each(|row| self.merge_delivery(row)),
            Table::Conversations => replace(
                &mut self.conversations,
                &interval.conversations,
                |row| row.version,
                ConversationRow::key,
            ),
            Table::Turns => replace(&mut self.turns, &interval.turns, |row| row.version, TurnRow::key),
            Table::Timers => replace(&mut self.timers, &interval.timers, |row| row.version, TimerRow::key),
            Table::Triggers => replace(
                &mut self.triggers,
                &interval.triggers,
                |row| row.version,
                TriggerRow::key,
            ),
            Table::Outcomes => replace(
                &mut self.outcomes,
                &interval.outcomes,
                |row| row.version,
                OutcomeRow::key,
            ),
            Table::RuleReports => replace(
                &mut self.rule_reports,
                &interval.rule_reports,
                |row| row.version,
                RuleReportRow::key,
            ),
            Table::Measures1m => replace_measures(&mut self.measures_1m, &interval.measures_1m),
            Table::Measures1h => replace_measures(&mut self.measures_1h, &interval.measures_1h),
            Table::Measures1d => replace_measures(&mut self.measures_1d, &interval.measures_1d),
            Table::Metrics1m => replace_metrics(&mut self.metrics_1m, &interval.metrics_1m),
            Table::Metrics1h => replace_metrics(&mut self.metrics_1h, &interval.metrics_1h),
            Table::Metrics1d => replace_metrics(&mut self.metrics_1d, &interval.metrics_1d),
        }
    }

    fn merge_delivery(&mut self, row: &DeliveryRow) {
        let known = self.deliveries.entry(row.key()).or_insert_with(|| row.clone());
        known.merge(row);
    }

    fn merge_contact(&mut self, row: &ContactRow) {
        let key = (row.waba_id.clone(), row.contact_id.clone());
        let known = self.contacts.entry(key).or_insert_with(|| row.clone());
        known.name = known.name.clone().max(row.name.clone());
        known.username = known.username.clone().max(row.username.clone());
        known.wa_id = known.wa_id.clone().max(row.wa_id.clone());
        known.user_id = known.user_id.clone().max(row.user_id.clone());
        known.first_seen_at = known.first_seen_at.min(row.first_seen_at);
        known.last_seen_at = known.last_seen_at.max(row.last_seen_at);
    }
}

fn replace_measures(table: &mut BTreeMap<MeasureKey, MeasureRow>, rows: &[MeasureRow]) {
    replace(
        table,
        rows,
        |row| row.version,
        |row| {
            let (number, label) = (row.phone_number_id.clone(), row.label.clone());
            (number, row.window_start, row.measure, row.by, label)
        },
    );
}

/// As `ReplacingMergeTree(version)`: the larger version stays, of equals the later.
fn replace<K: Ord, R: Clone>(
    table: &mut BTreeMap<K, R>,
    rows: &[R],
    version: impl Fn(&R) -> LogTime,
    key: impl Fn(&R) -> K,
) {
    for row in rows {
        let known = table.entry(key(row)).or_insert_with(|| row.clone());
        if version(row) >= version(known) {
            *known = row.clone();
        }
    }
}

fn replace_metrics(table: &mut BTreeMap<MetricKey, MetricRow>, rows: &[MetricRow]) {
    replace(
        table,
        rows,
        |row| row.version,
        |row| (row.phone_number_id.clone(), row.window_start, row.direction),
    );
}

/// Tables in memory. Clones are the same sink.
///
/// It holds the pipeline to its word: intervals of a shard come in ascending order, and one that is written again
/// must have the same rows.
#[derive(Clone, Debug, Default)]
pub struct MemorySink(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct State {
    tables: Tables,
    complete_through: Vec<LogTime>,
    written: HashMap<(u32, LogTime, Table), String>,
    operations: usize,
    fail_after: Option<usize>,
    intervals: usize,
}

impl MemorySink {
    /// An empty sink.
    pub fn new(shards: u32) -> Self {
        let sink = Self::default();
        sink.state().complete_through = vec![0; shards as usize];
        sink
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A writer for every worker, to hand to [`crate::run_on`].
    pub fn writers(&self) -> impl Fn(usize) -> Result<MemoryWriter, WriteError> + Send + Sync + 'static {
        let sink = self.clone();
        move |_worker| Ok(MemoryWriter(sink.clone()))
    }

    /// From now on, every operation (the insert into one table, the note of progress) beyond the next `operations`
    /// fails for good; `None`: none fails.
    pub fn fail_after(&self, operations: Option<usize>) {
        let mut state = self.state();
        state.operations = 0;
        state.fail_after = operations;
    }

    /// What a pipeline that starts now must know.
    pub fn progress(&self) -> Progress {
        Progress {
            complete_through: self.state().complete_through.clone(),
        }
    }

    /// Operations since [`Self::fail_after`] was called, or ever.
    pub fn operations(&self) -> usize {
        self.state().operations
    }

    /// Intervals with rows that were completed.
    pub fn intervals(&self) -> usize {
        self.state().intervals
    }

    /// What the tables hold, deleted windows left out.
    pub fn tables(&self) -> Tables {
        let mut tables = self.state().tables.clone();
        for metrics in [&mut tables.metrics_1m, &mut tables.metrics_1h, &mut tables.metrics_1d] {
            metrics.retain(|_, row| row.is_deleted == 0);
        }
        for measures in [
            &mut tables.measures_1m,
            &mut tables.measures_1h,
            &mut tables.measures_1d,
        ] {
            measures.retain(|_, row| row.is_deleted == 0);
        }
        tables.conversations.retain(|_, row| row.is_deleted == 0);
        tables.turns.retain(|_, row| row.is_deleted == 0);
        tables.rule_reports.retain(|_, row| row.is_deleted == 0);
        tables.timers.retain(|_, row| row.is_deleted == 0);
        tables
    }

    /// Waits until every shard is complete through `time`; false when that takes longer than `at_most`.
    pub fn wait_for(&self, time: LogTime, at_most: Duration) -> bool {
        let behind = |state: &mut State| state.complete_through.iter().any(|through| *through < time);
        let waited = self.0.moved.wait_timeout_while(self.state(), at_most, behind);
        waited.is_ok_and(|(_, timeout)| !timeout.timed_out())
    }
}

/// Writes to a [`MemorySink`].
#[derive(Debug)]
pub struct MemoryWriter(MemorySink);

impl RowWriter for MemoryWriter {
    fn write(&mut self, interval: &Interval) -> Result<(), WriteError> {
        for table in Table::ALL {
            let rows = rows_of(*table, interval);
            if rows != "[]" {
                self.insert(*table, interval, &rows)?;
            }
        }
        let mut state = self.0.state();
        operate(&mut state)?;
        let shard = interval.shard as usize;
        if state.complete_through[shard] >= interval.through {
            return Err(WriteError::Halt(format!(
                "shard {shard} is complete through {} and gets {}",
                state.complete_through[shard], interval.through
            )));
        }
        state.complete_through[shard] = interval.through;
        state.intervals += usize::from(!interval.is_empty());
        drop(state);
        self.0.0.moved.notify_all();
        Ok(())
    }
}

impl MemoryWriter {
    fn insert(&self, table: Table, interval: &Interval, rows: &str) -> Result<(), WriteError> {
        let mut state = self.0.state();
        operate(&mut state)?;
        match state
            .written
            .insert((interval.shard, interval.through, table), rows.to_owned())
        {
            Some(before) if before != rows => Err(WriteError::Halt(format!(
                "other rows of {} for {} than before:\n{before}\n{rows}",
                table.name(),
                interval.through
            ))),
            _ => {
                state.tables.insert(table, interval);
                Ok(())
            }
        }
    }
}

fn operate(state: &mut State) -> Result<(), WriteError> {
    if state.fail_after.is_some_and(|most| state.operations >= most) {
        return Err(WriteError::Halt("the test said so".to_owned()));
    }
    state.operations += 1;
    Ok(())
}

/// The rows as text: what would be sent.
fn rows_of(table: Table, interval: &Interval) -> String {
    macro_rules! of_table {
        ($($table:ident $field:ident $row:ident $what:literal,)+) => {
            match table { $(Table::$table => serde_json::to_string(&interval.$field),)+ }
        };
    }
    let json = tables!(of_table);
    json.expect("rows serialise")
}
