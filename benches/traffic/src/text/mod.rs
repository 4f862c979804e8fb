//! What people write: authored phrases of ten languages, composed with variation.
//!
//! ```text
//! [greeting] core(intent × mood) [hurry] [closing]  ──slots──▶ text ──noise──▶ typos, capitals, emoji, a second language
//! ```
//!
//! # Layout
//!
//! * [`book`]: the phrases of one language, as they stand in `texts/<language>.toml`
//! * [`writer`]: composes a message from a book for one customer
//! * [`noise`]: what hurried thumbs do to it

pub mod book;
pub mod noise;
pub mod writer;

pub use book::{Book, Library};
pub use writer::{Asking, Author};
