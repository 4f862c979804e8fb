//! Runs the service: refuses foreign names, finds the route, answers, and counts.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Instant;

use parlance_service::config::ClickHouseConfig;
use parlance_service::http::{Limits, Problem, pages, serve};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use warp::filters::BoxedFilter;
use warp::http::header::HOST;
use warp::http::{HeaderMap, Method};
use warp::path::FullPath;
use warp::reply::{Reply, Response};
use warp::{Filter, Rejection};

use crate::config::Config;
use crate::error::{Error, Refusal};
use crate::host::Hosts;
use crate::live::{self, Live};
use crate::params::Params;
use crate::pipeline::Pipeline;
use crate::routes::Route;
use crate::store::Store;
use crate::v1::{self, Api};
use crate::{headers, openapi, page};

/// Serves the API and the dashboard on `listener` until `shutdown`, reading from `clickhouse` as its reader.
///
/// ClickHouse may be away at the start and in between: `/readyz` says so, and questions are answered 503 meanwhile.
///
/// # Errors
///
/// [`Error::Config`] when a limit is out of its bounds, [`Error::Listener`] when the listener has no address.
pub async fn run(
    config: Config,
    clickhouse: ClickHouseConfig,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), Error> {
    config.validate().map_err(Error::Config)?;
    let address = listener.local_addr()?;
    let hosts = Hosts::new(address, &config.allowed_hosts);
    let api = Arc::new(Api {
        store: Store::new(&clickhouse, &config),
        live: Live::new(&config, shutdown.clone()),
        pipeline: Pipeline::new(&config.pipeline_url).map_err(Error::Config)?,
    });
    // The client keeps what it needs of these; nothing else may.
    drop(clickhouse);
    let limits = Limits {
        service: "api",
        connections: config.connections,
        header_timeout: config.header_timeout,
        write_timeout: config.write_timeout,
        drain_timeout: config.drain_timeout,
    };
    tracing::info!(%address, dashboard = page::is_built(), "the query api listens");
    let polled = live::poller::run(&api, config.live_poll, &shutdown);
    let served = serve(listener, routes(api.clone(), hosts), limits, shutdown.clone());
    let ((), drained) = tokio::join!(polled, served);
    api.live.drained().await;
    tracing::info!(cut = drained.cut, "the query api has stopped");
    Ok(())
}

fn routes(api: Arc<Api>, hosts: Hosts) -> impl Filter<Extract = (Response,), Error = Infallible> + Clone {
    let ready = {
        let api = api.clone();
        move || api.live.ready()
    };
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    let everything = warp::method()
        .and(warp::path::full())
        .and(query)
        .and(warp::header::headers_cloned())
        .then(
            move |method: Method, path: FullPath, query: String, headers: HeaderMap| {
                let api = api.clone();
                async move { counted(&api, &method, path.as_str(), &query, &headers).await }
            },
        );
    refuse_foreign(hosts)
        .or(pages(ready))
        .unify()
        .or(everything)
        .unify()
        .map(headers::secure)
}

/// Answers requests whose `Host` is not ours, and lets all others through.
fn refuse_foreign(hosts: Hosts) -> BoxedFilter<(Response,)> {
    warp::header::headers_cloned()
        .and_then(move |headers: HeaderMap| {
            let ours = hosts.accept(headers.get(HOST).and_then(|host| host.to_str().ok()));
            async move {
                if ours {
                    return Err::<Response, Rejection>(warp::reject::not_found());
                }
                metrics::counter!("api_requests_misdirected_total").increment(1);
                Ok(Refusal::misdirected().into_response())
            }
        })
        .boxed()
}

async fn counted(api: &Arc<Api>, method: &Method, path: &str, query: &str, headers: &HeaderMap) -> Response {
    let started = Instant::now();
    let route = Route::find(path);
    let label = route.as_ref().map_or("page", Route::template);
    let response = match route {
        Some(route) => answer(api, route, method, query, headers).await,
        None => other(method, path, headers),
    };
    let status = response.status().as_u16().to_string();
    metrics::counter!("api_requests_total", "route" => label, "status" => status).increment(1);
    metrics::histogram!("api_request_duration_seconds", "route" => label).record(started.elapsed());
    response
}

/// Answers at an address of the API.
async fn answer(api: &Arc<Api>, route: Route, method: &Method, query: &str, headers: &HeaderMap) -> Response {
    // A HEAD of the live stream would open one only to throw it away.
    let head = *method == Method::HEAD && route != Route::Live;
    if *method != Method::GET && !head {
        let allowed = if route == Route::Live { "GET" } else { "GET, HEAD" };
        return Problem::method_not_allowed(allowed).into_response();
    }
    let params = Params::parse(query);
    let answered = match route {
        Route::Overview => v1::overview::answer(api, params).await,
        Route::Messages => v1::messages::answer(api, params).await,
        Route::Message {
            phone_number_id,
            message_id,
        } => v1::message::answer(api, &phone_number_id, &message_id, params).await,
        Route::Metrics => v1::metrics::answer(api, params).await,
        Route::Integrations => v1::integrations::answer(api, params).await,
        Route::Contacts => v1::contacts::answer(api, params).await,
        Route::AccountEvents => v1::account_events::answer(api, params).await,
        Route::System => v1::system::answer(api, params).await,
        Route::Live => live::answer(api, params, headers),
        Route::OpenApi => params.finish().map(|()| openapi::answer(headers)),
    };
    answered.unwrap_or_else(Reply::into_response)
}

/// Answers everywhere else: the dashboard's files and its own addresses.
fn other(method: &Method, path: &str, headers: &HeaderMap) -> Response {
    if path == "/v1" || path.starts_with("/v1/") {
        return Problem::not_found(path).into_response();
    }
    if *method != Method::GET && *method != Method::HEAD {
        return Problem::method_not_allowed("GET, HEAD").into_response();
    }
    page::answer(path, headers).unwrap_or_else(|| Problem::not_found(path).into_response())
}
