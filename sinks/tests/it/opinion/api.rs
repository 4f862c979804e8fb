//! A server on loopback that speaks both providers' APIs as they are documented, and answers as a test says.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::server::{spawn, wait};

/// A request that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Value,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The text that was asked about, out of its quotes.
    pub(crate) fn text(&self) -> String {
        let content = self.body["messages"].as_array().unwrap().last().unwrap()["content"].clone();
        serde_json::from_str(content.as_str().unwrap()).unwrap()
    }
}

/// What is answered.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<&'static str>,
    pub(crate) body: String,
    pub(crate) after: Duration,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            retry_after: None,
            body: body.into(),
            after: Duration::ZERO,
        }
    }

    /// An error in Anthropic's shape.
    pub(crate) fn error(status: u16, kind: &str, message: &str) -> Self {
        let error = json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"});
        Self::new(status, error.to_string())
    }

    /// An error in OpenAI's shape.
    pub(crate) fn openai_error(status: u16, kind: &str, code: &str, message: &str) -> Self {
        let error = json!({"error": {"message": message, "type": kind, "param": null, "code": code}});
        Self::new(status, error.to_string())
    }

    /// A message of the Messages API: some thought, and the text.
    pub(crate) fn message(stop_reason: &str, text: &str) -> Self {
        let message = json!({
            "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-5-5",
            "content": [{"type": "thinking", "thinking": "", "signature": "s"}, {"type": "text", "text": text}],
            "stop_reason": stop_reason, "stop_sequence": null,
            "usage": {"input_tokens": 1000, "output_tokens": 100},
        });
        Self::new(200, message.to_string())
    }

    /// A chat completion.
    pub(crate) fn completion(finish_reason: &str, content: Option<&str>, refusal: Option<&str>) -> Self {
        let completion = json!({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-6-luna",
            "choices": [{"index": 0, "finish_reason": finish_reason, "logprobs": null,
                "message": {"role": "assistant", "content": content, "refusal": refusal}}],
            "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
        });
        Self::new(200, completion.to_string())
    }
}

/// Labels that fit the schema.
pub(crate) const LABELS: &str =
    r#"{"intent":"complaint","sentiment":"frustrated","urgency":"high","language":"de","confidence":0.75}"#;

/// What every test answers unless it says otherwise.
pub(crate) fn good() -> Reply {
    Reply::message("end_turn", LABELS)
}

type Script = dyn Fn(usize, &Asked) -> Reply + Send + Sync;

/// The running server. Gone when dropped.
pub(crate) struct Api {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    server: JoinHandle<()>,
}

impl Drop for Api {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Api {
    /// Answers the n-th request (from 0) as the script says.
    pub(crate) fn start(script: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let script: Arc<Script> = Arc::new(script);
        let listener = wait(TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = asked.clone();
        let server = spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (seen, script) = (seen.clone(), script.clone());
                let service = service_fn(move |request| answer(request, seen.clone(), script.clone()));
                let connection =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                tokio::spawn(connection);
            }
        });
        Self { url, asked, server }
    }

    /// What arrived so far, in order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

async fn answer(
    request: Request<Incoming>,
    seen: Arc<Mutex<Vec<Asked>>>,
    script: Arc<Script>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let headers = head.headers.iter();
    let asked = Asked {
        path: head.uri.path().to_owned(),
        headers: headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect(),
        body: serde_json::from_slice(&body).unwrap(),
    };
    let number = {
        let mut seen = seen.lock().unwrap();
        seen.push(asked.clone());
        seen.len() - 1
    };
    let reply = script(number, &asked);
    tokio::time::sleep(reply.after).await;
    let mut response = Response::builder().status(reply.status);
    if let Some(seconds) = reply.retry_after {
        response = response.header("retry-after", seconds);
    }
    Ok(response.body(Full::new(Bytes::from(reply.body))).unwrap())
}
