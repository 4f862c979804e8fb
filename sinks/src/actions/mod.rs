//! Actions of live triggers, into the topic `actions`.
//!
//! ```text
//! pipeline ──Actions──▶ Writer ──acks=all, idempotent──▶ parlance.actions ──▶ whoever takes actions
//!     └──rows, once those are acknowledged──▶ ClickHouse, and progress
//! ```
//!
//! At least once, under stable ids: what was acknowledged here, and whose rows were not written when the process ended, comes
//! again with the same `action_id` ([`parlance_schemas::action`]). Progress is the rows': the pipeline hands over an interval's
//! rows only when its actions are durable, so what the tables call complete is complete here.
//!
//! # Layout
//!
//! * `connect`: the topic, as it must be, and a producer; `writer`: actions, written; `due`: one of them as a record
//! * `trouble`: which errors may pass

mod connect;
mod due;
mod trouble;
mod writer;

pub use connect::{ConnectError, KafkaActions, topic};
pub use writer::Writer;
