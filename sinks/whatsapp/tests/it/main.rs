//! The WhatsApp client against a server on loopback that holds every request against Meta's own OpenAPI document; and what
//! must be known before a message is sent.
#![allow(clippy::unwrap_used, reason = "the way a test says that it failed")]

mod document;
mod guarding;
mod kinds;
mod linting;
mod managing;
mod messages;
mod moving_files;
mod pacing;
mod sending;
mod server;
mod windows;
