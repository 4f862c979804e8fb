//! Traffic for Parlance: a reproducible world whose signed webhooks go through the front door, and a replayer of
//! recorded bodies. Both are what a reader tries first and what measures the rest.
//!
//! ```text
//! texts/*.toml ─▶ text ─┐
//!            seed ─▶ world ─▶ stream of updates ─▶ posts (1–50 updates) ─▶ sign ─▶ open loop, retries ─▶ ledger, report
//!                                                      recorded bodies ─▶ replay ─┘
//! ```
//!
//! The same seed, options and start instant make the same bytes, on every machine: no floating-point function
//! of the platform, no time-zone database, no wall clock decides anything.
//!
//! # Layout
//!
//! * [`demo`]: `parlance demo`: options, the open-loop sender, the ledger, the report
//! * [`replay`]: `parlance replay`: recorded bodies, byte for byte
//! * [`stream`]: the order of events: who speaks when, what follows from it, what is late, what is repeated
//! * [`world`]: businesses, customers, groups, their hours and their angry afternoons
//! * [`webhook`]: the JSON of every update, and its composition into bodies
//! * [`text`]: authored phrases of ten languages, composed with variation, and what chat does to them
//! * [`sign`], [`escape`], [`target`]: Meta's signature, Meta's byte form, and where one may send
#![forbid(unsafe_code)]

pub mod demo;
mod error;
pub mod escape;
pub mod replay;
pub mod sign;
pub mod stream;
pub mod target;
pub mod text;
pub mod webhook;
pub mod world;

pub use error::Error;
