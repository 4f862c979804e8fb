//! HTTP API, live stream, OpenAPI and the dashboard over ClickHouse: what the other rooms have worked out, asked.
//!
//! ```text
//! client ──▶ host check ──▶ route ──▶ params (strict) ──▶ store (reader user, bounded, server-side values) ──▶ JSON
//!               │             └─▶ dashboard (embedded)                     ▲
//!               └─▶ 421                        live: one poller ───────────┘──▶ broadcast ──▶ event streams
//! ```
//!
//! It only reads. Every answer says how far it is complete (`watermark`), so that a number is never taken for more
//! than it is. There is no sign-in yet: the default listener is loopback, and foreign names are refused there.
//!
//! # Layout
//!
//! * [`Config`], [`run`], [`Error`]: the service
//! * `server`, `routes`, `host`, `headers`: from a request to its answer
//! * `params`, `cursor`, `time`: what requests are made of
//! * `v1`: the resources, one file each
//! * `live`: server-sent events
//! * `pipeline`: what the pipeline says of itself
//! * `store`: ClickHouse, one file of SQL per subject
//! * `openapi`, `page`: the document and the dashboard, embedded
#![forbid(unsafe_code)]

mod config;
mod cursor;
mod error;
mod headers;
mod host;
mod live;
mod openapi;
mod page;
mod params;
mod pipeline;
mod routes;
mod server;
mod store;
mod time;
mod v1;

pub use config::Config;
pub use error::Error;
pub use server::run;
