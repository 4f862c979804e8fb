//! Which path and method goes where. The path is matched first, so that a wrong method is a 405 and not a 404.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Buf;
use futures::Stream;
use http::{HeaderMap, Method, Response};
use parlance_service::http::pages;
use warp::filters::path::FullPath;
use warp::{Filter, Reply};

use crate::observe::Request;
use crate::refusal::Refusal;
use crate::run::Door;
use crate::{handshake, webhook};

/// The methods of the webhook's path.
const ALLOWED: &str = "GET, POST";

/// All of ingest's routes. They answer every request themselves.
pub(crate) fn routes(
    door: Arc<Door>,
) -> impl Filter<Extract = (impl Reply,), Error = Infallible> + Clone + Send + Sync + 'static {
    let readiness = door.readiness.clone();
    let pages = pages(move || readiness.ready());
    let query = warp::query::<Vec<(String, String)>>()
        .or(warp::any().map(Vec::new))
        .unify();
    let at_door = door.clone();
    let webhook = warp::path!("webhooks" / "whatsapp")
        .and(warp::method())
        .and(warp::header::headers_cloned())
        .and(query)
        .and(warp::body::stream())
        .then(move |method, headers, query, stream| {
            let door = at_door.clone();
            async move { answer(&door, method, headers, query, stream).await }
        })
        .boxed();
    let nothing = warp::path::full().map(move |path: FullPath| {
        let mut request = Request::new();
        let refusal = Refusal::NotFound(path.as_str().to_owned());
        request.ended(refusal.outcome());
        refusal.problem(door.config.retry_after).into_response()
    });
    webhook.or(pages).unify().or(nothing).unify()
}

async fn answer<S, B>(
    door: &Door,
    method: Method,
    headers: HeaderMap,
    query: Vec<(String, String)>,
    stream: S,
) -> warp::reply::Response
where
    S: Stream<Item = Result<B, warp::Error>> + Unpin + Send + 'static,
    B: Buf + Send + 'static,
{
    let mut request = Request::new();
    let answered = match method {
        Method::GET => handshake::answer(&query, &door.config.verify_token).map(|answer| ("handshake", answer)),
        Method::POST => {
            let accepted = webhook::accept(door, &headers, stream).await;
            accepted.map(|()| ("accepted", Response::new("").into_response()))
        }
        _ => Err(Refusal::Method(ALLOWED)),
    };
    let (outcome, answer) = answered.unwrap_or_else(|refusal| {
        tracing::debug!(outcome = refusal.outcome(), %refusal, "refused");
        (
            refusal.outcome(),
            refusal.problem(door.config.retry_after).into_response(),
        )
    });
    request.ended(outcome);
    answer
}
