//! OAuth2 tokens (RFC 6749, sections 4.4 and 6): the request for one, and what its answer holds.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::answer::{Class, Failure, Response, default_class, retry_after};
use crate::build::{check_url, form};
use crate::connector::OAuth2;
use crate::filters::percent_encoded;
use crate::request::HttpRequest;
use crate::template::{Scope, Unfilled};

/// A token is given up so long before it ends, Unix milliseconds: requests are under way, clocks differ.
const EARLY_MS: i64 = 30_000;

/// What an authorization server gave. The caller keeps it for later runs. Its `Debug` shows no secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// What requests carry.
    pub access: String,
    /// A new refresh token, where the server gave one: it replaces the one filled in.
    pub refresh: Option<String>,
    /// When it ends, Unix milliseconds; nothing when the server does not say: it serves until a request is refused.
    pub expires_at: Option<i64>,
}

impl Token {
    /// Whether it still serves at `now`, Unix milliseconds.
    pub fn serves(&self, now: i64) -> bool {
        self.expires_at.is_none_or(|ends| now < ends - EARLY_MS)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

pub(crate) fn request(plan: &OAuth2, newer_refresh: Option<&str>, scope: &Scope) -> Result<HttpRequest, Unfilled> {
    let url = plan.token_url.text(scope)?;
    check_url(&url).map_err(|what| plan.token_url.unfilled(what))?;
    let (id, secret) = (plan.client_id.text(scope)?, plan.client_secret.text(scope)?);
    let mut pairs = Vec::new();
    match &plan.refresh_token {
        None => pairs.push(("grant_type".to_owned(), "client_credentials".to_owned())),
        Some(filled_in) => {
            let token = match newer_refresh {
                Some(newer) => newer.to_owned(),
                None => filled_in.text(scope)?,
            };
            pairs.push(("grant_type".to_owned(), "refresh_token".to_owned()));
            pairs.push(("refresh_token".to_owned(), token));
        }
    }
    if let Some(wanted) = &plan.scope {
        let wanted = wanted.text(scope)?;
        if !wanted.is_empty() {
            pairs.push(("scope".to_owned(), wanted));
        }
    }
    let mut headers = vec![
        ("Accept".to_owned(), "application/json".to_owned()),
        (
            "Content-Type".to_owned(),
            "application/x-www-form-urlencoded".to_owned(),
        ),
    ];
    if plan.client_by_basic {
        // Both are form-encoded first: RFC 6749, section 2.3.1.
        let named = STANDARD.encode(format!("{}:{}", percent_encoded(&id), percent_encoded(&secret)));
        headers.insert(0, ("Authorization".to_owned(), format!("Basic {named}")));
    } else {
        pairs.push(("client_id".to_owned(), id));
        pairs.push(("client_secret".to_owned(), secret));
    }
    Ok(HttpRequest {
        method: "POST".to_owned(),
        url,
        headers,
        body: Some(form(&pairs)),
    })
}

#[derive(Deserialize)]
struct Given {
    access_token: String,
    refresh_token: Option<String>,
    expires_in: Option<Seconds>,
}

/// Some servers write the number as a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(u32),
    Text(String),
}

#[derive(Deserialize)]
struct Refused {
    error: String,
    error_description: Option<String>,
}

/// Reads the server's answer. The reason of a failure is not cut yet. What the server refuses is a matter of credentials, but for what may pass.
pub(crate) fn read(response: &Response) -> Result<Token, Failure> {
    let failure = |class, reason: &str| Failure {
        class,
        at: "token".to_owned(),
        status: Some(response.status),
        reason: reason.to_owned(),
    };
    if !(200..300).contains(&response.status) {
        let class = match default_class(response.status) {
            Class::MayPass { .. } => Class::MayPass {
                retry_after_ms: retry_after(&[], response),
            },
            _ => Class::Auth,
        };
        // Only what the standard names: such answers may repeat what was sent.
        let reason = match serde_json::from_str::<Refused>(&response.body) {
            Ok(refused) => [refused.error, refused.error_description.unwrap_or_default()].join(" "),
            Err(_) => "no token was given".to_owned(),
        };
        return Err(failure(class, reason.trim()));
    }
    let given: Given = serde_json::from_str(&response.body)
        .map_err(|_| failure(Class::Final, "the answer is not that of an authorization server"))?;
    let printable = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    if !printable(&given.access_token) {
        return Err(failure(Class::Final, "the token is not printable ASCII"));
    }
    let seconds = given.expires_in.and_then(|seconds| match seconds {
        Seconds::Number(seconds) => Some(i64::from(seconds)),
        Seconds::Text(text) => text.parse::<u32>().ok().map(i64::from),
    });
    Ok(Token {
        access: given.access_token,
        refresh: given.refresh_token,
        expires_at: seconds.map(|seconds| response.received_at.saturating_add(seconds * 1000)),
    })
}
