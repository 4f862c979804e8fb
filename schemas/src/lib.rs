//! The contracts every room shares. No I/O, no async: only what bytes, rows and names mean.
//!
//! ```text
//! webhook body ──split──▶ record (one per update) ──decode──▶ webhook types ──analyse──▶ labels ──▶ rows
//!   webhook::split          record::Record            webhook::*              labels::*       rows::*
//! ```
//!
//! # Layout
//!
//! * [`webhook`]: Meta's payloads, typed, tolerant of what is unknown
//! * [`mod@record`]: the envelope of one update in the log; [`verdict`]: of one correction
//! * [`settings`]: what people decide about an integration
//! * [`topics`]: the log's topics and their settings
//! * [`labels`]: intents, sentiments, urgencies, languages
//! * [`rows`]: one struct per ClickHouse table, and [`rows::RowWriter`], the door between pipeline and sinks
//! * [`migrations`]: the ClickHouse DDL, numbered
//! * [`action`]: what a rule asks for
//! * [`decision`]: what people decide about conversations and customers; [`outcome`]: what became of actions
//! * [`failures`]: why a message failed, by Meta's code, and what helps
//! * [`sketch`]: the buckets by which durations are summed
//! * [`fingerprint`]: stable 128-bit identities of JSON values and of updates
#![forbid(unsafe_code)]

pub mod action;
pub mod decision;
pub mod failures;
pub mod fingerprint;
pub mod labels;
pub mod migrations;
pub mod outcome;
pub mod record;
pub mod rows;
pub mod settings;
pub mod sketch;
pub mod topics;
pub mod verdict;
pub mod webhook;
