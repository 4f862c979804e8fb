//! The three pages every HTTP service has: is it alive, does it want traffic, what does it count.

use std::time::Duration;

use warp::filters::BoxedFilter;
use warp::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use warp::http::{HeaderValue, Method, Response, StatusCode};
use warp::{Filter, Reply};

use super::Problem;
use crate::telemetry;

/// `/healthz` (200 while the process runs its loop), `/readyz` (200, or 503 with the reason that `ready` gives) and
/// `/metrics` (Prometheus text). Other methods than GET and HEAD get 405.
///
/// `ready` is called for each request, so it must be quick: read a flag, do not ask a server.
pub fn pages<R>(ready: R) -> BoxedFilter<(warp::reply::Response,)>
where
    R: Fn() -> Result<(), String> + Clone + Send + Sync + 'static,
{
    let health = warp::path!("healthz")
        .and(warp::method())
        .map(|method| readable(&method, || text("ok\n".to_owned())));
    let readiness = warp::path!("readyz").and(warp::method()).map(move |method| {
        readable(&method, || match ready() {
            Ok(()) => text("ready\n".to_owned()),
            Err(reason) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", "not ready", reason)
                .retry_after(Duration::from_secs(1))
                .into_response(),
        })
    });
    let metrics = warp::path!("metrics")
        .and(warp::method())
        .map(|method| readable(&method, || text(telemetry::render())));
    health.or(readiness).unify().or(metrics).unify().boxed()
}

fn readable(method: &Method, page: impl FnOnce() -> warp::reply::Response) -> warp::reply::Response {
    if *method == Method::GET || *method == Method::HEAD {
        page()
    } else {
        Problem::method_not_allowed("GET, HEAD").into_response()
    }
}

fn text(body: String) -> warp::reply::Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    // The version is Prometheus' name for its text format; for the other two pages it is just plain text.
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.into_response()
}
