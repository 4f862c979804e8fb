//! Everything that is not a 200, in one enum; its status is decided here and nowhere else.

use std::time::Duration;

use http::StatusCode;
use parlance_service::http::Problem;

use crate::log::LogError;
use crate::signature::SignatureError;

/// Why a request was not accepted. Named for metrics by [`Refusal::outcome`].
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("there is nothing at {0}")]
    NotFound(String),
    #[error("allowed here: {0}")]
    Method(&'static str),
    #[error("the handshake needs hub.mode=subscribe, hub.challenge and hub.verify_token, once each")]
    BadHandshake,
    #[error("hub.verify_token is not the configured token")]
    WrongToken,
    #[error(transparent)]
    Signature(#[from] SignatureError),
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the body did not come in time")]
    SlowBody,
    #[error("the body broke off")]
    BrokenBody,
    #[error("too many bytes are in flight")]
    TooBusy,
    #[error("the body is not JSON: {0}")]
    NotJson(serde_json::Error),
    #[error("not ready: {0}")]
    NotReady(String),
    #[error(transparent)]
    Log(#[from] LogError),
}

impl Refusal {
    /// The value of the label `outcome`.
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "not_found",
            Self::Method(_) => "method_not_allowed",
            Self::BadHandshake => "handshake_malformed",
            Self::WrongToken => "handshake_refused",
            Self::Signature(SignatureError::Missing) => "signature_missing",
            Self::Signature(SignatureError::Malformed) => "signature_malformed",
            Self::Signature(SignatureError::Mismatch) => "signature_mismatch",
            Self::TooLarge(_) => "body_too_large",
            Self::SlowBody => "body_slow",
            Self::BrokenBody => "body_broken",
            Self::TooBusy => "in_flight_full",
            Self::NotJson(_) => "not_json",
            Self::NotReady(_) => "not_ready",
            Self::Log(error) => error.outcome(),
        }
    }

    /// The answer.
    pub(crate) fn problem(&self, retry_after: Duration) -> Problem {
        let detail = self.to_string();
        match self {
            Self::NotFound(path) => Problem::not_found(path),
            Self::Method(allow) => Problem::method_not_allowed(allow),
            Self::BadHandshake => Problem::new(StatusCode::BAD_REQUEST, "bad-handshake", "malformed handshake", detail),
            Self::WrongToken => Problem::new(StatusCode::FORBIDDEN, "wrong-token", "handshake refused", detail),
            Self::Signature(_) => Problem::new(StatusCode::UNAUTHORIZED, "signature", "not signed by Meta", detail),
            Self::TooLarge(_) => Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body-too-large",
                "body too large",
                detail,
            ),
            Self::SlowBody => Problem::new(StatusCode::REQUEST_TIMEOUT, "slow-body", "body too slow", detail),
            Self::BrokenBody => Problem::new(StatusCode::BAD_REQUEST, "broken-body", "body broke off", detail),
            Self::NotJson(_) => Problem::new(StatusCode::BAD_REQUEST, "not-json", "not JSON", detail),
            Self::TooBusy => unavailable("busy", "too busy", detail, retry_after),
            Self::NotReady(_) => unavailable("not-ready", "not ready", detail, retry_after),
            Self::Log(_) => unavailable("log", "not stored", detail, retry_after),
        }
    }
}

fn unavailable(name: &str, title: &'static str, detail: String, retry_after: Duration) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, name, title, detail).retry_after(retry_after)
}
