//! Rows into ClickHouse, effectively once; actions into Kafka; and what else is said to the world outside.
//!
//! ```text
//! pipeline ──Interval──▶ Writer ──one block, one token──▶ tables ──then──▶ sink_progress
//!    ▲                                                                        │
//!    └────────────── Progress: what each shard has, read at start ◀───────────┘
//! ```
//!
//! An interval's rows go in as blocks cut by a rule of the rows alone, each under a token made of what it is.
//! ClickHouse remembers tokens, so a block that is sent again (a lost answer, a restart) is stored once. What
//! outlives its memory is caught by the tables' engines, which keep one row per key.
//!
//! # Layout
//!
//! * [`mod@actions`]: what live triggers ask for, into the topic from which it is done: [`actions::KafkaActions`]
//! * [`mod@clickhouse`]: the sink: [`clickhouse::open`], [`clickhouse::migrate`], [`clickhouse::check`]
//! * [`mod@opinion`]: second opinions: unsure labels are put to a language model, its verdicts go into the log
#![forbid(unsafe_code)]

pub mod actions;
pub mod clickhouse;
pub mod opinion;
