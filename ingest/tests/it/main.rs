//! Ingest as strangers and Meta meet it: real sockets, a real broker.
#![allow(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

mod door;
mod handshake;
mod leaving;
mod limits;
mod outage;
mod payloads;
mod refusals;
mod slow;
mod stored;
mod topic;
