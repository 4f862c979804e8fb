//! The query API over the real ClickHouse, asked over real HTTP. Every answer is held against the OpenAPI document.
// Tests say what went wrong by failing where it did; clippy's own exception knows only `#[test]` functions.
#![allow(clippy::unwrap_used)]

mod document;
mod errors;
mod events;
mod fixture;
mod judged;
mod lists;
mod live;
mod messages;
mod metrics;
mod overview;
mod page;
mod rows;
mod system;
