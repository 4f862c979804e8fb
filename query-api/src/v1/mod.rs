//! The answers of the API, one file per resource: which parameters it reads, what it asks, how it answers.
//!
//! Where the tables have an empty text for "not said", the API has `null`.

pub(crate) mod account_events;
pub(crate) mod contacts;
pub(crate) mod integrations;
pub(crate) mod judged;
pub(crate) mod message;
pub(crate) mod messages;
pub(crate) mod metrics;
pub(crate) mod overview;
pub(crate) mod system;
pub(crate) mod tally;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use warp::http::HeaderValue;
use warp::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use warp::reply::Response;

use crate::error::Refusal;
use crate::live::Live;
use crate::pipeline::Pipeline;
use crate::store::Store;
use crate::time::Moment;

/// Longest id of a number, account or field.
pub(crate) const ID_CHARACTERS_MAX: usize = 64;
/// Longest id of a contact.
pub(crate) const CONTACT_CHARACTERS_MAX: usize = 256;
/// Longest text to search for.
pub(crate) const SEARCH_CHARACTERS_MAX: usize = 200;

/// What every answer needs.
pub(crate) struct Api {
    pub(crate) store: Store,
    pub(crate) live: Live,
    pub(crate) pipeline: Pipeline,
}

impl Api {
    /// Log time up to which everything is in the tables. Taken before the tables are read, so that an answer never
    /// claims more than it has.
    pub(crate) fn watermark(&self) -> Option<Moment> {
        self.live.complete_through().map(log_moment)
    }
}

/// Log time as an instant.
pub(crate) fn log_moment(version: u64) -> Moment {
    Moment(i64::try_from(version).unwrap_or(i64::MAX))
}

/// An answer. It says what customers wrote, so nobody may keep a copy.
pub(crate) fn json(body: &impl Serialize) -> Result<Response, Refusal> {
    let bytes = serde_json::to_vec(body).map_err(|error| {
        tracing::error!(%error, "an answer cannot be written as JSON");
        Refusal::internal()
    })?;
    let mut response = Response::new(bytes.into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// A text, or null when it is empty.
pub(crate) fn said(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// An error code, or null when there is none.
pub(crate) fn code(code: i64) -> Option<i64> {
    (code != 0).then_some(code)
}

/// JSON as Meta sent it, passed on byte for byte; a text when it is not JSON after all.
pub(crate) struct Raw(String);

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serde_json::from_str::<&RawValue>(&self.0) {
            Ok(raw) => raw.serialize(serializer),
            Err(_) => serializer.serialize_str(&self.0),
        }
    }
}
