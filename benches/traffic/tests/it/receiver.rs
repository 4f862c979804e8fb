//! A small receiver on a port of its own that checks signatures and answers what it is told to.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use parlance_traffic::sign::AppSecret;
use parlance_traffic::target::Target;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub(crate) const SECRET: &str = "the app's secret";

/// What arrived, in order.
#[derive(Default)]
pub(crate) struct Seen {
    /// Bodies, and what each was answered.
    pub(crate) posts: Vec<(Bytes, StatusCode)>,
}

impl Seen {
    pub(crate) fn answered_ok(&self) -> Vec<Bytes> {
        self.posts
            .iter()
            .filter(|(_, status)| *status == StatusCode::OK)
            .map(|(body, _)| body.clone())
            .collect()
    }
}

pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    pub(crate) seen: Arc<Mutex<Seen>>,
    server: JoinHandle<()>,
}

impl Receiver {
    /// Answers the n-th POST (from 0) with `answer(n, body)`; a wrong signature always with 401.
    pub(crate) async fn start(answer: impl Fn(usize, &[u8]) -> u16 + Send + Sync + 'static) -> Self {
        Self::start_at(([127, 0, 0, 1], 0).into(), answer).await
    }

    /// As [`Self::start`], at a given address.
    pub(crate) async fn start_at(
        address: SocketAddr,
        answer: impl Fn(usize, &[u8]) -> u16 + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let answer = Arc::new(answer);
        let for_server = Arc::clone(&seen);
        let server = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (seen, answer) = (Arc::clone(&for_server), Arc::clone(&answer));
                let service = service_fn(move |request| handle(request, Arc::clone(&seen), Arc::clone(&answer)));
                let connection =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                tokio::spawn(connection);
            }
        });
        Self { address, seen, server }
    }

    pub(crate) fn target(&self) -> Target {
        let url = format!("http://{}/webhooks/whatsapp", self.address);
        Target::new(url.parse().unwrap(), AppSecret::new(SECRET))
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn handle(
    request: Request<Incoming>,
    seen: Arc<Mutex<Seen>>,
    answer: Arc<impl Fn(usize, &[u8]) -> u16>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let signature = request
        .headers()
        .get("x-hub-signature-256")
        .map(|value| value.to_str().unwrap().to_owned());
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let signed = signature == Some(AppSecret::new(SECRET).sign(&body));
    let mut seen = seen.lock().unwrap();
    let status = if signed { answer(seen.posts.len(), &body) } else { 401 };
    let status = StatusCode::from_u16(status).unwrap();
    seen.posts.push((body, status));
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    Ok(response)
}
