//! Connectors are data: a document says what a CRM, a help desk or a calendar is asked, how its answers are read, what makes
//! asking twice harmless, and which errors may pass. This crate checks such documents, shows what they would send, and runs
//! them without any I/O of its own: whoever runs one sends the requests and hands back the answers.
//!
//! ```text
//! document ─ Connector::from_toml ─▶ Connector ─ Run::start(fields, context) ─▶ Next::Send ─▶ answer ─▶ … ─▶ Done | Failed
//! ```
//!
//! # Layout
//! * [`Connector`]: a document that was checked; [`Problems`]: what is wrong with one, and where
//! * [`Fields`]: what an integrator filled in; [`Context`]: what the action is about
//! * [`Run`]: one ability, step by step; [`Request`], [`Response`], [`Outcome`], [`Failure`], [`Token`]
//! * [`requests_of`]: what would be sent, with secrets masked
//! * [`shipped`]: the documents that come with the product

#![forbid(unsafe_code)]

mod answer;
mod build;
mod connector;
mod context;
mod dry;
mod fields;
mod filters;
mod parse;
mod problem;
mod request;
mod run;
mod samples;
pub mod shipped;
mod sign;
mod template;
mod token;

pub use answer::{Class, Failure, MAX_ANSWER_BYTES, Response};
pub use connector::{Ability, Connector, Field, FieldKind, Idempotency};
pub use context::{Contact, Context, Message, Slot};
pub use dry::requests_of;
pub use fields::Fields;
pub use problem::{Problem, Problems};
pub use request::{HttpRequest, Mail, Purpose, Request, Sending};
pub use run::{Next, Outcome, Run};
pub use sign::{NotASecret, standard_webhook};
pub use token::Token;
