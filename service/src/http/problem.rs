//! Errors for programs and people: RFC 9457 problem details.

use std::borrow::Cow;
use std::time::Duration;

use serde::Serialize;
use warp::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use warp::http::{HeaderValue, Response, StatusCode};
use warp::reply::Reply;

/// An answer that is an error, as `application/problem+json` (RFC 9457).
#[derive(Clone, Debug, Serialize)]
pub struct Problem {
    /// The HTTP status, repeated in the body for those who only have that.
    #[serde(serialize_with = "as_number")]
    pub status: StatusCode,
    /// Which kind of problem: `urn:parlance:problem:<name>`. Programs tell problems apart by it, so it never changes.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words, the same for every occurrence.
    pub title: Cow<'static, str>,
    /// What was wrong this time, and what to do.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    #[serde(skip)]
    retry_after: Option<Duration>,
    #[serde(skip)]
    allow: Option<&'static str>,
}

fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    /// A problem of the kind `urn:parlance:problem:<name>`.
    pub fn new(status: StatusCode, name: &str, title: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self {
            status,
            kind: format!("urn:parlance:problem:{name}"),
            title: title.into(),
            detail: detail.into(),
            retry_after: None,
            allow: None,
        }
    }

    /// 404: nothing is at this path.
    pub fn not_found(path: &str) -> Self {
        let detail = format!("there is nothing at {}", shortened(path));
        Self::new(StatusCode::NOT_FOUND, "not-found", "not found", detail)
    }

    /// 405: the path is right, the method is not. `allow` lists the methods there are (`GET, POST`).
    pub fn method_not_allowed(allow: &'static str) -> Self {
        let mut problem = Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method-not-allowed",
            "method not allowed",
            format!("allowed here: {allow}"),
        );
        problem.allow = Some(allow);
        problem
    }

    /// Adds `Retry-After`, in whole seconds, at least one.
    pub fn retry_after(mut self, pause: Duration) -> Self {
        self.retry_after = Some(pause);
        self
    }
}

/// A path as far as it helps: what strangers send must not fill answers and logs.
fn shortened(path: &str) -> String {
    path.chars().take(200).collect()
}

impl Reply for Problem {
    fn into_response(self) -> warp::reply::Response {
        let body = serde_json::to_vec(&self).expect("a struct of texts and a number is JSON");
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(pause) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(pause.as_secs().max(1)));
        }
        if let Some(allow) = self.allow {
            headers.insert(ALLOW, HeaderValue::from_static(allow));
        }
        response.into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_its_kind_in_header_and_body() {
        let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "too busy", "try later");
        let json = serde_json::to_value(&problem).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "type": "urn:parlance:problem:busy", "title": "too busy", "status": 503, "detail": "try later"
            })
        );
        let response = problem.retry_after(Duration::from_millis(10)).into_response();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()[RETRY_AFTER], "1");
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
    }

    #[test]
    fn a_wrong_method_is_told_the_right_ones() {
        let response = Problem::method_not_allowed("GET, POST").into_response();
        assert_eq!(
            (response.status().as_u16(), response.headers()[ALLOW].to_str().unwrap()),
            (405, "GET, POST")
        );
    }
}
