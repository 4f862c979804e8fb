//! Which rules of a business react to what happens. A function of the rules and of what happened, nothing else: no clock, no
//! order of arrival, so that the past can be asked again.
//!
//! ```text
//! RulesSetting ── compile ──▶ Rules ─┐
//!                                    ├─ matching ──▶ rules that react, in order      message, timer, delivery
//!       what happened ──▶ Subject ───┤
//!                                    └─ counts ──▶ Window ── at(now) ──▶ raised, cleared
//! ```
//!
//! A rule is asked in some tens of nanoseconds and without allocating: its conditions are a flat list of tests, each of a few
//! bits, each of which says which test is next. A [`Subject`] has 80 bytes, so that millions can be kept for rules that are
//! tried on the past.
//!
//! # Layout
//!
//! * [`Subject`]: what a rule reacts to, in `subject`; [`Names`]: what there is no bit for, in `names`
//! * [`Rules`], [`Compiled`]: the rules of an integration, in `rules`; `program`: their conditions
//! * [`Window`]: what the messages of the last while are in all
#![forbid(unsafe_code)]

mod names;
mod program;
mod rules;
mod subject;
mod window;

pub use names::{Name, Names};
pub use rules::{Compiled, Rules};
pub use subject::{Entities, Event, Flags, Labels, Subject, percent};
pub use window::{Change, Seen, Window};
