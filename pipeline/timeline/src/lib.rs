//! What a thread of messages means: pure functions of the log, no clock, no I/O.
//!
//! # Layout
//!
//! * [`hours`]: how much of a span of time a business is open, and when so much has passed
//! * [`sla`]: which promise a customer's turn has, and when it falls due
#![forbid(unsafe_code)]

pub mod hours;
pub mod sla;
