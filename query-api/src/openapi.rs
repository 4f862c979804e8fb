//! The OpenAPI document: kept by hand in `openapi.json`, held against the routes and the real answers by tests.

use warp::http::HeaderMap;
use warp::reply::Response;

use crate::page;

/// The document as it is served.
pub(crate) const DOCUMENT: &str = include_str!("../openapi.json");

/// Its `ETag`: a hash of its content, by `build.rs`.
const TAG: &str = concat!("\"", env!("OPENAPI_HASH"), "\"");

pub(crate) fn answer(headers: &HeaderMap) -> Response {
    page::tagged(DOCUMENT.as_bytes(), "application/json", TAG, "no-cache", headers)
}
