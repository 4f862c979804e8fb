//! Connectors as data: the shipped documents, what the validator says, and runs without I/O.

#![allow(clippy::unwrap_used, reason = "the way a test says that it failed")]

mod failures;
mod injection;
mod oauth2;
mod runs;
mod shipped;
mod validator;
mod webhooks;

use std::collections::BTreeMap;

use parlance_connectors::{
    Connector, Context, Fields, HttpRequest, Next, Response, Run, Sending, shipped as documents,
};

fn shipped(name: &str) -> Connector {
    documents::connector(name).unwrap().unwrap()
}

fn filled(connector: &Connector, values: &[(&str, &str)]) -> Fields {
    let values: BTreeMap<_, _> = values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Fields::new(connector, values).unwrap()
}

fn answer(status: u16, body: &str) -> Response {
    Response {
        status,
        body: body.to_owned(),
        received_at: Context::sample().now,
        ..Response::default()
    }
}

fn with_header(mut response: Response, name: &str, value: &str) -> Response {
    response.headers.push((name.to_owned(), value.to_owned()));
    response
}

/// The HTTP request that is to be sent next.
fn http(run: &mut Run<'_>) -> HttpRequest {
    match run.next() {
        Next::Send(request) => match request.sending {
            Sending::Http(http) => http,
            Sending::Mail(_) => panic!("a mail"),
        },
        other => panic!("nothing to send: {other:?}"),
    }
}

fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    let mut all = request.headers.iter();
    all.find(|(other, _)| other.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

fn json(request: &HttpRequest) -> serde_json::Value {
    serde_json::from_str(request.body.as_deref().unwrap()).unwrap()
}
