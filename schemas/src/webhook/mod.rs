//! Meta's webhook payloads, typed; tolerant of what is unknown.
mod field;
pub(crate) mod json;
mod split;
mod time;

pub use field::{FieldKind, known_field};
pub use split::{Keyed, split};
