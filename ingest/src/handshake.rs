//! The handshake: whoever knows the verify token gets their challenge back, byte for byte.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Response};
use parlance_service::config::Secret;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use warp::Reply;

use crate::refusal::Refusal;

/// Answers a handshake with the given query, decoded.
pub(crate) fn answer(query: &[(String, String)], token: &Secret) -> Result<warp::reply::Response, Refusal> {
    if only(query, "hub.mode")? != "subscribe" {
        return Err(Refusal::BadHandshake);
    }
    let challenge = only(query, "hub.challenge")?;
    let given = only(query, "hub.verify_token")?;
    if challenge.is_empty() {
        return Err(Refusal::BadHandshake);
    }
    if !same(given, token) {
        return Err(Refusal::WrongToken);
    }
    let mut response = Response::new(challenge.to_owned());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // The body is the caller's own text: no browser shall take it for a page.
    headers.insert(
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    );
    Ok(response.into_response())
}

/// The value of a parameter that must be there once.
fn only<'q>(query: &'q [(String, String)], name: &str) -> Result<&'q str, Refusal> {
    let mut values = query.iter().filter(|(key, _)| key == name).map(|(_, value)| value);
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value),
        _ => Err(Refusal::BadHandshake),
    }
}

/// Compares digests, so that neither the length nor the first wrong letter shows in the time. An empty token is none.
fn same(given: &str, token: &Secret) -> bool {
    let equal = Sha256::digest(given).ct_eq(&Sha256::digest(token.expose()));
    bool::from(equal) && !token.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(query: &[(&str, &str)], token: &str) -> Result<u16, &'static str> {
        let query: Vec<_> = query.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        answer(&query, &Secret::new(token))
            .map(|response| response.status().as_u16())
            .map_err(|refusal| refusal.outcome())
    }

    const GOOD: &[(&str, &str)] = &[
        ("hub.mode", "subscribe"),
        ("hub.challenge", "1158"),
        ("hub.verify_token", "t"),
    ];

    #[test]
    fn only_the_configured_token_passes() {
        assert_eq!(ask(GOOD, "t"), Ok(200));
        assert_eq!(ask(GOOD, "T"), Err("handshake_refused"));
        let empty = [GOOD[0], GOOD[1], ("hub.verify_token", "")];
        assert_eq!(ask(&empty, ""), Err("handshake_refused"));
    }

    #[test]
    fn a_parameter_missing_twice_there_or_wrong_is_malformed() {
        assert_eq!(ask(&GOOD[1..], "t"), Err("handshake_malformed"));
        assert_eq!(ask(&[GOOD, GOOD].concat(), "t"), Err("handshake_malformed"));
        let other_mode = [("hub.mode", "unsubscribe"), GOOD[1], GOOD[2]];
        assert_eq!(ask(&other_mode, "t"), Err("handshake_malformed"));
    }
}
