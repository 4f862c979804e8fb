//! Snapshots of what the operators remember, beside rewind-and-replay: with one, a restart reads the log from the snapshot on
//! and not from days before.
//!
//! ```text
//! source ─ Marks ─▶ operators with state ─▶ sink         marks: "hand out what you know at the end of tick `at`"
//!                      │ Keeper::through      │ Witness    at most one is under way
//!                      ▼ (a copy, at once)    ▼ (durable through `at`)
//!                    the collector's thread, one a process: encodes, compresses, writes parts; the first process's
//!                    writes the manifest when all workers of all processes have given everything
//! ```
//!
//! Keeps true: a manifest names only what is there whole, and says what the operators knew after every record up to `at` and
//! before any later one; the sink had everything up to `at` when it was written. So a run that starts from it says what the
//! uninterrupted one says. Whatever goes wrong with a snapshot only costs the snapshot: the log can always be replayed.
//!
//! # An operator with state
//!
//! Its state implements [`Keep`]; a [`Kind`] gives that a name and a version and is listed in `dataflow::STATES`. The operator
//! asks [`Snapshots::keeper`] for a [`Keeper`] when it is built, takes back what there is with [`Keeper::restore`], calls
//! [`Keeper::before`] before it changes its state by what was logged at a time, and [`Keeper::through`] when it has done all
//! that its frontier allows. Change the version whenever entries change their form or their meaning.
//!
//! # Layout
//!
//! * `keeper`: the operators' side; `marks`: how all workers learn of a mark before anyone passes it
//! * `part`: entries as bytes; `manifest`: what names them; `protocol`: what to load and what to delete, without I/O
//! * `store`: folders and object stores; `collect`: the thread that writes; `restore`: choosing and loading at the start
//! * `written`: one of states that no run keeps, for tests and measurements

mod collect;
mod keeper;
mod manifest;
mod marks;
mod part;
mod protocol;
mod restore;
mod store;
mod written;

pub(crate) use collect::{Depot, Shape};
pub(crate) use keeper::{Frozen, Keep, Kind, Snapshots, Witness};
pub(crate) use manifest::Fingerprint;
pub(crate) use part::Sheets;
pub(crate) use restore::beginning;
pub(crate) use store::Store;
pub(crate) use written::write;
