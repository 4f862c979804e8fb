//! Readers for single members of derived types: ids, numbers and instants that come as strings or as numbers.
//!
//! What is of no use (`null`, text where a number belongs) reads as none; only arrays and objects are refused.

use serde::Deserialize;
use serde::de::{Deserializer, Error};
use serde_json::value::RawValue;

use super::{json, time};

/// A scalar's text; the text of a string, else as it is written.
fn scalar<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let raw = <&'de RawValue>::deserialize(deserializer)?.get();
    match raw.as_bytes().first() {
        Some(b'"') => Ok(Some(json::string(raw).into_owned())),
        Some(b'{') => Err(D::Error::custom("invalid type: map, expected a string or number")),
        Some(b'[') => Err(D::Error::custom("invalid type: sequence, expected a string or number")),
        _ if raw == "null" => Ok(None),
        _ => Ok(Some(raw.to_owned())),
    }
}

/// A string, or a number or boolean as it is written.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    scalar(deserializer)
}

/// An integer, or one in quotes.
pub(crate) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(scalar(deserializer)?.and_then(|text| text.trim().parse().ok()))
}

/// A finite number, or one in quotes.
pub(crate) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    Ok(scalar(deserializer)?
        .and_then(|text| text.trim().parse().ok())
        .filter(|number: &f64| number.is_finite()))
}

/// `true`, `false`, `"true"`, `"false"`.
pub(crate) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    Ok(scalar(deserializer)?.and_then(|text| text.trim().parse().ok()))
}

/// An instant in Unix milliseconds.
pub(crate) fn millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(scalar(deserializer)?.and_then(|text| time::from_text(&text)))
}
