//! Second opinions, from the table to the log, with a provider on loopback.

mod api;
mod asking;
mod limits;
mod trouble;
mod world;
