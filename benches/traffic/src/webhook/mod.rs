//! The JSON of every update Meta sends, and its composition into bodies.
//!
//! # Layout
//!
//! * [`update`]: one update with its place in a body and what a ledger says of it
//! * [`scene`]: who speaks with whom over which number; builds the frame around each content
//! * [`content`]: the types of messages
//! * [`status`]: what becomes of outbound messages
//! * [`account`]: events of accounts, numbers, templates, flows
//! * [`sides`]: calls, preferences, groups, address books, imported history
//! * [`post`]: many updates in one body
//! * [`ids`]: identifiers as Meta makes them

pub mod account;
pub mod content;
pub mod ids;
pub mod post;
pub mod scene;
pub mod sides;
pub mod status;
pub mod update;

pub use scene::Scene;
pub use update::{Line, Update};
