//! Meta, on loopback: a real HTTP server that holds every request against the document before it answers.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use parlance_service::config::Secret;
use parlance_whatsapp::{Client, Config};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::document::{judge_answer, judge_request};

pub(crate) const TOKEN: &str = "EAAGtoken-of-tests";

/// A request that came in.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Bytes,
}

impl Seen {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What to answer.
pub(crate) enum Answer {
    /// A document, held against Meta's when the status is 200.
    Json(u16, Value),
    /// Anything, with these headers.
    Raw(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// So many bytes without an end in sight.
    Endless(usize),
    /// Some bytes, and then nothing.
    Stalled(Vec<u8>),
}

pub(crate) fn graph_error(status: u16, code: i64) -> Answer {
    let error = json!({
        "message": format!("(#{code}) something"), "type": "OAuthException", "code": code, "fbtrace_id": "Az8or2yhqkZfEZ",
        "error_data": { "messaging_product": "whatsapp", "details": "the details" },
    });
    Answer::Json(status, json!({ "error": error }))
}

/// The server. Ends with the test.
pub(crate) struct Meta {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    wrong: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Meta {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Meta {
    pub(crate) async fn start(answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, wrong) = Books::default();
        let books: Books = (Arc::clone(&seen), Arc::clone(&wrong));
        let answer = Arc::new(answer);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (answer, books) = (Arc::clone(&answer), books.clone());
                tokio::spawn(async move {
                    let service = service_fn(move |request| {
                        let (answer, books) = (Arc::clone(&answer), books.clone());
                        async move { one(request, &*answer, &books).await }
                    });
                    // A client that goes away is no concern of this server.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self {
            address,
            seen,
            wrong,
            task,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn config(&self) -> Config {
        let mut config = Config::new(Secret::new(TOKEN));
        config.base_url = self.url();
        config.version = "v23.0".to_owned();
        config.allow_loopback = true;
        config
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.config()).unwrap()
    }

    /// All requests so far; fails when the document objects to one, or to an answer.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        let wrong = self.wrong.lock().unwrap();
        assert!(wrong.is_empty(), "not as Meta documents it: {wrong:#?}");
        self.seen.lock().unwrap().clone()
    }
}

type Books = (Arc<Mutex<Vec<Seen>>>, Arc<Mutex<Vec<String>>>);

async fn one(
    request: Request<Incoming>,
    answer: &(dyn Fn(&Seen) -> Answer + Send + Sync),
    (seen, wrong): &Books,
) -> Result<Response<UnsyncBoxBody<Bytes, Infallible>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let text = |text: &str| {
        percent_encoding::percent_decode_str(&text.replace('+', " "))
            .decode_utf8()
            .unwrap()
            .into_owned()
    };
    let query = head
        .uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter_map(|pair| pair.split_once('='));
    let it = Seen {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: query.map(|(name, value)| (text(name), text(value))).collect(),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect(),
        body: body.collect().await?.to_bytes(),
    };
    if !it.path.starts_with("/file/") {
        let objections = judge_request(&it.method, &it.path, &it.query, &it.headers, &it.body);
        wrong.lock().unwrap().extend(objections);
    }
    let answered = answer(&it);
    if let Answer::Json(200, body) = &answered {
        let objections = judge_answer(&it.method, &it.path, 200, body.to_string().as_bytes());
        wrong.lock().unwrap().extend(objections);
    }
    seen.lock().unwrap().push(it);
    Ok(match answered {
        Answer::Json(status, body) => whole(
            status,
            &[("content-type", "application/json".to_owned())],
            body.to_string().into(),
        ),
        Answer::Raw(status, headers, body) => whole(status, &headers, body.into()),
        Answer::Endless(bytes) => {
            let chunk = Bytes::from(vec![b' '; 64 * 1024]);
            let chunks = stream::repeat(chunk).take(bytes / (64 * 1024));
            Response::new(BodyExt::boxed_unsync(StreamBody::new(
                chunks.map(|chunk| Ok(Frame::data(chunk))),
            )))
        }
        Answer::Stalled(bytes) => {
            let first = stream::iter([Bytes::from(bytes)]);
            let never = stream::once(async {
                tokio::time::sleep(Duration::from_secs(3_600)).await;
                Bytes::new()
            });
            Response::new(BodyExt::boxed_unsync(StreamBody::new(
                first.chain(never).map(|chunk| Ok(Frame::data(chunk))),
            )))
        }
    })
}

fn whole(status: u16, headers: &[(&'static str, String)], body: Bytes) -> Response<UnsyncBoxBody<Bytes, Infallible>> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, value);
    }
    response.body(Full::new(body).boxed_unsync()).unwrap()
}
