//! One struct per ClickHouse table, column for column, and the door through which the pipeline hands them on.
//!
//! Instants are Unix milliseconds (`DateTime64(3, 'UTC')`). `version` is the dataflow time (log time in
//! milliseconds, rounded up to the tick) of the update that made the row; a larger one replaces a smaller one.
//!
//! # Layout
//!
//! * `updates`: rows that one update becomes; `timeline`: rows that follow from many; `rules`: what rules react to and what becomes of it; `windows`: sums over event time
//! * [`Table`], [`Interval`], [`tables!`](crate::tables): all of them together, and [`RowWriter`] that takes them

mod rules;
mod timeline;
mod updates;
mod windows;

use serde::{Deserialize, Serialize};

pub use rules::{OutcomeRow, RuleReportRow, TriggerRow};
pub use timeline::{ConversationRow, DecisionRow, DeliveryRow, IdentityRow, TimerRow, TurnRow};
pub use updates::{AccountEventRow, ContactRow, MessageRow, RawUpdateRow, StatusRow, VerdictRow};
pub use windows::{Counts, MeasureRow, MetricRow};

/// Log time in Unix milliseconds, rounded up to the pipeline's tick: the time of the dataflow.
pub type LogTime = u64;

/// Hands every table to a macro: its name as a [`Table`], its field in an [`Interval`] (which is also the table's name in the
/// database), the type of its rows and what they are. In the order in which an interval is written.
#[macro_export]
macro_rules! tables {
    ($then:ident) => {
        $then! {
            Messages messages MessageRow "One message, either way, and its analysis.",
            Statuses statuses StatusRow "One status of one message or call.",
            Contacts contacts ContactRow "What an update says of a customer.",
            AccountEvents account_events AccountEventRow "Something that happened to an account, number, template or flow.",
            RawUpdates raw_updates RawUpdateRow "Whatever has no table of its own.",
            Verdicts verdicts VerdictRow "What somebody said of a message.",
            Decisions decisions DecisionRow "What a person decided about a conversation or a customer.",
            Identities identities IdentityRow "Which identifiers are of the same customer.",
            Deliveries deliveries DeliveryRow "What became of a message.",
            Conversations conversations ConversationRow "A conversation, as it stands.",
            Turns turns TurnRow "A turn of a customer, and its answers.",
            Timers timers TimerRow "What came due.",
            Triggers triggers TriggerRow "That a rule reacted to something.",
            Outcomes outcomes OutcomeRow "What became of an action.",
            RuleReports rule_reports RuleReportRow "What a rule would have reacted to.",
            Metrics1m metrics_1m MetricRow "Messages in windows of a minute.",
            Metrics1h metrics_1h MetricRow "Messages in windows of an hour.",
            Metrics1d metrics_1d MetricRow "Messages in windows of a day (UTC).",
            Measures1m measures_1m MeasureRow "What windows of a minute measured.",
            Measures1h measures_1h MeasureRow "What windows of an hour measured.",
            Measures1d measures_1d MeasureRow "What windows of a day (UTC) measured.",
        }
    };
}

macro_rules! define {
    ($($table:ident $field:ident $row:ident $what:literal,)+) => {
        /// A table of the database, in the order in which an interval is written.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Table { $(#[doc = concat!($what, " See [`", stringify!($row), "`].")] $table,)+ }

        impl Table {
            /// Every table that the pipeline writes.
            pub const ALL: &'static [Self] = &[$(Self::$table,)+];

            /// The table's name in the database.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$table => stringify!($field),)+ }
            }
        }

        /// The rows of one shard for one closed interval of log time, sorted by key within each table.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct Interval {
            /// The shard these rows belong to, by [`shard_of`].
            pub shard: u32,
            /// The interval's end: every row with a log time up to and including this one is here or was before.
            pub through: LogTime,
            $(#[doc = concat!("Rows for `", stringify!($field), "`.")] pub $field: Vec<$row>,)+
        }

        impl Interval {
            /// How many rows there are for each table.
            pub fn counts(&self) -> [(Table, usize); Table::ALL.len()] {
                [$((Table::$table, self.$field.len()),)+]
            }
        }
    };
}
tables!(define);

impl Interval {
    /// Rows in all tables together.
    pub fn len(&self) -> usize {
        self.counts().iter().map(|(_, rows)| rows).sum()
    }

    /// True when there is nothing to write but progress.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The shard of a key: our own stable hash, so that the number of workers may change between runs.
pub fn shard_of(key: &[u8], shards: u32) -> u32 {
    let shard = xxhash_rust::xxh3::xxh3_64(key) % u64::from(shards);
    u32::try_from(shard).expect("smaller than a u32")
}

/// Why rows could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The writer was asked to stop before the rows were durable.
    #[error("stopped before the interval was durable")]
    Stopped,
    /// Trying again cannot help (schema mismatch, refused credentials, another generation writes): the pipeline must end.
    #[error("cannot write rows: {0}")]
    Halt(String),
}

/// What the pipeline needs of a sink. One writer serves one worker; calls come from one thread at a time.
pub trait RowWriter: Send {
    /// Makes an interval and the shard's progress durable, in that order; returns when both are. Retries by
    /// itself whatever may pass. Writing the same interval again changes nothing. Intervals of a shard come in
    /// ascending `through`.
    fn write(&mut self, interval: &Interval) -> Result<(), WriteError>;
}

/// How far each shard is durable, read once at start: the pipeline drops what is at or before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// `complete_through[shard]`, 0 when the shard never wrote.
    pub complete_through: Vec<LogTime>,
}

impl Progress {
    /// The time from which the log must be read again: what every shard has.
    pub fn least(&self) -> LogTime {
        self.complete_through.iter().copied().min().unwrap_or(0)
    }
}
