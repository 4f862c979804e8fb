//! Rows of windows of event time.

use serde::{Deserialize, Serialize};

use super::LogTime;
use crate::labels::{By, Direction, Measure};

/// Counts of one label vocabulary, sorted by label, without zeros.
pub type Counts = Vec<(String, u64)>;

/// The tally of one window: messages of one integration and direction whose event time lies in
/// `[window_start, window_start + width)`. Unique by (`phone_number_id`, `window_start`, `direction`).
/// Each map adds up to `messages`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "clickhouse", derive(clickhouse::Row))]
pub struct MetricRow {
    /// The integration.
    pub phone_number_id: String,
    /// Start of the window, Unix **seconds** (`DateTime('UTC')`).
    pub window_start: u32,
    /// Inbound or outbound.
    pub direction: Direction,
    /// Messages in the window.
    pub messages: u64,
    /// Messages by way they reached us.
    pub by_origin: Counts,
    /// Messages by type.
    pub by_type: Counts,
    /// Messages by intent.
    pub by_intent: Counts,
    /// Messages by sentiment.
    pub by_sentiment: Counts,
    /// Messages by urgency.
    pub by_urgency: Counts,
    /// Messages by language.
    pub by_language: Counts,
    /// See the module.
    pub version: LogTime,
    /// 1 when every message of the window was taken back; then the counts are empty.
    pub is_deleted: u8,
}

/// What one window measured of one thing, apart from messages. Unique by (`phone_number_id`, `window_start`, `measure`,
/// `by`, `label`). Rows of any windows add up, member by member: so any range is the sum of its windows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "clickhouse", derive(clickhouse::Row))]
pub struct MeasureRow {
    /// The integration.
    pub phone_number_id: String,
    /// Start of the window, Unix **seconds** (`DateTime('UTC')`).
    pub window_start: u32,
    /// What is measured; its definition says which time decides the window.
    pub measure: Measure,
    /// What `label` is a value of.
    pub by: By,
    /// The value, or empty.
    pub label: String,
    /// How many.
    pub count: u64,
    /// The sum of what was measured, milliseconds; 0 where things are only counted.
    pub sum: i64,
    /// Of durations: how many were at most 1, 5, 15 and 60 minutes and 24 hours; empty where things are only counted.
    pub within: Vec<u64>,
    /// Of durations: how many fell into which bucket, by [`crate::sketch`]; sorted, without zeros.
    pub buckets: Vec<(i16, u64)>,
    /// See the module above.
    pub version: LogTime,
    /// 1 when everything in it was taken back; then all else is empty.
    pub is_deleted: u8,
}
