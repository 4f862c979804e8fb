//! Behaviour of the pipeline, mostly on a log and a sink in memory.

#![allow(clippy::unwrap_used, reason = "the way a test says that it failed")]

mod cluster;
mod crash;
mod deliveries;
mod ending;
mod findings;
mod judged;
mod kafka;
mod late_replies;
mod log;
mod oracle;
mod oracle_timeline;
mod outcomes;
mod rules;
mod rules_once;
mod sameness;
mod settings;
mod snapshots;
mod timelines;
mod ways;
mod world;
