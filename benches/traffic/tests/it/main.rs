//! Behaviour of the traffic: what is generated, what is sent, what is written down.

#![allow(clippy::unwrap_used, reason = "the way a test says that it failed")]

mod receiver;
mod replaying;
mod sending;
mod texts;
mod traffic;
