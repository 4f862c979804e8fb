//! The query API over the real ClickHouse, asked over real HTTP. Every answer is held against the OpenAPI document.

mod document;
mod errors;
mod events;
mod fixture;
mod lists;
mod live;
mod messages;
mod metrics;
mod overview;
mod page;
mod rows;
