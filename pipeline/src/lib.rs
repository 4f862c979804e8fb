//! The pipeline: one timely + differential dataflow from the log to durable rows.
//!
//! ```text
//! log ─ poll ─ decode ─▶ source ─ first of each ─ dated ─ labelled ─ judged ─┬──────────────────▶ durable ─▶ RowWriter
//!        ▲ heartbeats      ▲                                                  └─ windows ─ tallies ─▲  ├──────▶ ActionWriter
//!        └─────────────────┴──────────── how much is durable ◀────────────────────────────────────────┘
//! ```
//!
//! What it says depends on the log alone: log time is the only clock, records are taken in log order, and the
//! number of workers, the moment of a crash and the speed of anything change no row. Progress lives with the rows:
//! a run begins where the sink is complete, reads back far enough to know what was known, and repeats nothing.
//!
//! # Layout
//!
//! * [`run`], [`run_on`], [`Config`], [`Error`], [`WriterFactory`]: starting it
//! * [`mod@log`]: what is needed of a log; `kafka` is one; `poll`, `heartbeat`, `decode` bring it in
//! * [`History`]: what people decided about each integration, and since when
//! * `dataflow`: the whole graph; one file for each of its operators: `source`, `dedup` (with `seen`), `rows`,
//!   `analyse`, `judged`, `split` (with `survey`), `deliveries`, `timelines`, `triggers`, `windows` (with `tally`, `summary`),
//!   `sink` (with `shards`, `interval`, `actions`, `writer`)
//! * crates in folders of this room: `parlance-analysis`, what a message says; `parlance-timeline`, what a thread of them means;
//!   `parlance-rules`, what is done about what
//! * `snapshot`: what the operators remember, written now and then, so that a restart need not read it all again; `forked` is a
//!   map that can be copied in no time
//! * [`recount()`], [`compare()`]: counting anew from the tables what they should hold
//! * `store`: small values by identity, very many of them
//! * `worker`, `threads`, `stop`, `vitals`, `watchdog`, `introspect`, `observe`, `recovery`, `page`: what a run stands on
//! * [`testing`]: a log and a sink in memory
#![forbid(unsafe_code)]

pub mod log;
pub mod testing;

mod actions;
mod analyse;
mod config;
mod conversions;
mod dataflow;
mod decode;
mod dedup;
mod deliveries;
mod error;
mod event;
mod forked;
mod heartbeat;
mod interval;
mod introspect;
mod judged;
mod kafka;
mod observe;
mod page;
mod poll;
mod recount;
mod recovery;
mod rows;
mod run;
mod seen;
mod settings;
mod shards;
mod sink;
mod snapshot;
mod source;
mod split;
mod stop;
mod store;
mod summary;
mod survey;
mod tally;
mod threads;
mod timelines;
mod triggers;
mod vitals;
mod watchdog;
mod windows;
mod worker;
mod writer;

pub use analyse::Labels;
pub use config::Config;
pub use error::Error;
pub use event::TICK;
pub use recount::{Comparison, Difference, Known, Recount, compare, recount};
pub use run::{read_settings, run, run_on};
pub use settings::History;
pub use worker::{WithActions, WriterFactory};
