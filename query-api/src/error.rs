//! Why the service could not run, and why a question got no answer.

use std::time::Duration;

use parlance_service::http::Problem;
use serde::Serialize;
use warp::http::header::CONTENT_LENGTH;
use warp::http::{HeaderValue, StatusCode};
use warp::reply::{Reply, Response};

/// Why the service ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value of the configuration is out of its bounds.
    #[error("configuration [api]: {0}")]
    Config(String),
    /// The listener does not know its own address.
    #[error("cannot read the listener's address: {0}")]
    Listener(#[from] std::io::Error),
}

/// What is wrong with one parameter of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ParameterError {
    /// Its name, as the client gave it.
    pub(crate) parameter: String,
    /// Why it was refused, and what would do.
    pub(crate) reason: String,
}

/// An answer that is an error.
#[derive(Clone, Debug)]
pub(crate) enum Refusal {
    /// Parameters are unknown, repeated or unreadable.
    Parameters(Vec<ParameterError>),
    /// Anything else.
    Problem(Problem),
}

#[derive(Serialize)]
struct WithErrors {
    #[serde(flatten)]
    problem: Problem,
    errors: Vec<ParameterError>,
}

/// How long a client should wait before it asks again after a 503.
const RETRY_AFTER: Duration = Duration::from_secs(2);

impl Refusal {
    /// 404 for a thing that an id names.
    pub(crate) fn no_such(what: &str) -> Self {
        Self::Problem(Problem::new(
            StatusCode::NOT_FOUND,
            "not-found",
            "not found",
            format!("there is no such {what}"),
        ))
    }

    /// 421: a name in `Host` that is not ours.
    pub(crate) fn misdirected() -> Self {
        let detail = "this server does not answer to the name in the Host header; allowed_hosts adds names";
        Self::Problem(Problem::new(
            StatusCode::MISDIRECTED_REQUEST,
            "misdirected",
            "wrong host",
            detail,
        ))
    }

    /// 503: the cap on live streams is reached.
    pub(crate) fn too_many_streams() -> Self {
        let problem = Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too-many-streams",
            "too many live streams",
            "as many live streams as allowed are open",
        );
        Self::Problem(problem.retry_after(RETRY_AFTER))
    }

    /// 503: ClickHouse does not answer, or is too busy.
    pub(crate) fn unavailable(detail: &str) -> Self {
        let problem = Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "store-unavailable",
            "ClickHouse is not available",
            detail,
        );
        Self::Problem(problem.retry_after(RETRY_AFTER))
    }

    /// 422: the question ran into a limit.
    pub(crate) fn too_expensive() -> Self {
        Self::Problem(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "query-too-expensive",
            "the question is too expensive",
            "narrow the range of time or the filter",
        ))
    }

    /// 500: our fault; the log says more.
    pub(crate) fn internal() -> Self {
        Self::Problem(Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "internal error",
            "the server's log says more",
        ))
    }
}

impl Reply for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Problem(problem) => problem.into_response(),
            Self::Parameters(errors) => {
                let named: Vec<String> = errors
                    .iter()
                    .map(|e| format!("{}: {}", e.parameter, e.reason))
                    .collect();
                let problem = Problem::new(
                    StatusCode::BAD_REQUEST,
                    "invalid-parameter",
                    "a parameter was refused",
                    named.join("; "),
                );
                let body = WithErrors { problem, errors };
                let bytes = serde_json::to_vec(&body).expect("texts and numbers are JSON");
                let mut response = body.problem.into_response();
                response
                    .headers_mut()
                    .insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
                let (head, _) = response.into_parts();
                Response::from_parts(head, bytes.into())
            }
        }
    }
}
