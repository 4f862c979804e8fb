//! The whole product as its users run it: the `parlance` binary with real servers, on loopback.

mod effectively_once;
mod house;
mod payloads;
mod readme;
mod up;
mod workers;
