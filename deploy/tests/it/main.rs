//! The whole product as its users run it: the `parlance` binary with real servers, on loopback.
#![expect(
    clippy::disallowed_methods,
    reason = "tests watch other processes from plain threads, which may sleep"
)]

mod analyse;
mod effectively_once;
mod house;
mod learning;
mod opinions;
mod payloads;
mod readme;
mod reconcile;
mod rules;
mod settings;
mod up;
mod workers;
