//! Errors as Meta reports them: of a message, of a status, or of the account as a whole.

use serde::Deserialize;

use super::lenient;
use super::object::{Object, Remarks};

/// An item of an `errors[]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ErrorObject {
    /// Meta's number for it; the one thing to build logic on.
    #[serde(deserialize_with = "lenient::integer")]
    pub code: Option<i64>,
    /// A short name; Meta means to drop it.
    pub title: Option<String>,
    /// As a rule the same as `title`.
    pub message: Option<String>,
    /// What went wrong, in words.
    pub error_data: Option<ErrorData>,
    /// As `error_data.details`, in older webhooks.
    pub details: Option<String>,
    /// Where it is documented.
    pub href: Option<String>,
    /// A finer number, on some account errors.
    #[serde(deserialize_with = "lenient::integer")]
    pub error_subcode: Option<i64>,
    /// What Meta's support asks for.
    pub fbtrace_id: Option<String>,
}

/// The details of an error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ErrorData {
    /// What went wrong, in words.
    pub details: Option<String>,
}

impl ErrorObject {
    /// Reads one item of `errors[]`.
    ///
    /// # Errors
    /// When `json` is not an object. A member of the wrong shape reads as none.
    pub fn parse(json: &str) -> Result<Self, serde_json::Error> {
        Self::parse_with_remarks(json).map(|(error, _)| error)
    }

    /// As [`Self::parse`], with what was not understood.
    ///
    /// # Errors
    /// When `json` is not an object.
    pub fn parse_with_remarks(json: &str) -> Result<(Self, Remarks), serde_json::Error> {
        let mut object = Object::parse(json)?;
        let error = Self {
            code: object.integer("code"),
            title: object.text("title"),
            message: object.text("message"),
            error_data: object.part("error_data"),
            details: object.text("details"),
            href: object.text("href"),
            error_subcode: object.integer("error_subcode"),
            fbtrace_id: object.text("fbtrace_id"),
        };
        Ok((error, object.finish()))
    }

    /// Its title, else its message, else nothing.
    pub fn title_or_message(&self) -> &str {
        self.title.as_deref().or(self.message.as_deref()).unwrap_or_default()
    }

    /// What went wrong in words, wherever it stands.
    pub fn details(&self) -> Option<&str> {
        self.error_data
            .as_ref()
            .and_then(|data| data.details.as_deref())
            .or(self.details.as_deref())
    }
}
