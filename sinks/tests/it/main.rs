//! Behaviour of the sinks: ClickHouse on the real engine, actions on a real broker, second opinions with a provider on loopback.
// Helpers outside #[test] functions are tests too, and waiting is all a test thread has to do.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod actions;
mod checking;
mod fencing;
mod kills;
mod migrations;
mod once;
mod opinion;
mod reading;
mod round_trip;
mod rows;
mod server;
