//! The accept loop against real sockets; topics and settings against a real broker.
#![allow(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

mod http;
mod settings;
mod topics;
