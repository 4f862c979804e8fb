//! The client: one for each integration, cheap to clone. Every ask goes through [`Client::ask`], which bounds its time and
//! its answer, follows no redirect, and lets neither the token nor its proof into an error.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use parlance_service::config::Secret;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response, Url};
use serde::de::DeserializeOwned;

use crate::config::{Config, appsecret_proof, is_public};
use crate::error::{Error, SendError};

/// Asks Meta's Graph API in the name of one integration.
#[derive(Clone)]
pub struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) config: Arc<Config>,
    base: Url,
    authorization: HeaderValue,
    proof: Option<Secret>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client with these settings. Nothing is asked yet.
    ///
    /// # Errors
    /// [`Error::Settings`] when the base URL, the version or the token cannot be, or TLS cannot be set up: as a rule the
    /// system has no CA certificates.
    pub fn new(config: Config) -> Result<Self, Error> {
        let base = Url::parse(&config.base_url).map_err(|error| Error::Settings(format!("base_url: {error}")))?;
        reachable(&base, config.allow_loopback).map_err(|reason| Error::Settings(format!("base_url: {reason}")))?;
        if !is_version(&config.version) {
            return Err(Error::Settings("version: is not of the form v25.0".to_owned()));
        }
        let mut authorization = HeaderValue::try_from(format!("Bearer {}", config.token.expose()))
            .ok()
            .filter(|_| !config.token.is_empty())
            .ok_or_else(|| Error::Settings("token: is missing, or has characters that no token has".to_owned()))?;
        authorization.set_sensitive(true);
        let allow_loopback = config.allow_loopback;
        let mut builder = reqwest::Client::builder()
            .connect_timeout(config.connect_timeout)
            // A redirect would take the token to where nobody configured.
            .redirect(reqwest::redirect::Policy::none())
            // A proxy of the environment would see to the addresses itself; a repeated ask may be a second message.
            .no_proxy()
            .retry(reqwest::retry::never())
            .dns_resolver(Arc::new(Outside { allow_loopback }))
            .user_agent(concat!("parlance/", env!("CARGO_PKG_VERSION")));
        if base.scheme() == "http" {
            // Without TLS there is no need of the system's certificates, which slim containers lack.
            builder = builder.tls_certs_only([]);
        }
        let http = builder.build().map_err(|error| Error::Settings(because(&error)))?;
        let proof = (!config.app_secret.is_empty()).then(|| appsecret_proof(&config.token, &config.app_secret));
        Ok(Self {
            http,
            config: Arc::new(config),
            base,
            authorization,
            proof,
        })
    }

    /// An ask of the path below the version, with the token and its proof.
    ///
    /// # Errors
    /// [`Error::Settings`] when a part of the path is not an id.
    pub(crate) fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, Error> {
        let mut url = self.base.clone();
        if path.iter().any(|part| !is_id(part)) {
            return Err(Error::Settings(format!("`{}` is not a path of ids", path.join("/"))));
        }
        url.path_segments_mut()
            .map_err(|()| Error::Settings("base_url: takes no path".to_owned()))?
            .pop_if_empty()
            .push(&self.config.version)
            .extend(path);
        let request = self.http.request(method, url).timeout(self.config.timeout);
        let request = request.header(AUTHORIZATION, self.authorization.clone());
        Ok(match &self.proof {
            Some(proof) => request.query(&[("appsecret_proof", proof.expose())]),
            None => request,
        })
    }

    /// An ask of a file's URL, which Meta gave; the token goes along, but to Meta's hosts only.
    pub(crate) fn file(&self, url: Url) -> RequestBuilder {
        let request = self.http.get(url).timeout(self.config.media_timeout);
        request.header(AUTHORIZATION, self.authorization.clone())
    }

    /// Whether the token may be sent to this URL.
    pub(crate) fn is_file_place(&self, url: &Url) -> bool {
        let below = |host: &str| {
            let mut hosts = self.config.media_hosts.iter();
            hosts.any(|known| host == known || host.strip_suffix(known.as_str()).is_some_and(|sub| sub.ends_with('.')))
        };
        let loopback = self.config.allow_loopback && literal(url).is_some_and(|address| address.is_loopback());
        reachable(url, self.config.allow_loopback).is_ok() && (loopback || url.host_str().is_some_and(below))
    }

    /// Asks, and reads the answer. `what` names the ask in metrics.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        what: &'static str,
        request: RequestBuilder,
    ) -> Result<T, Error> {
        let started = Instant::now();
        let answer = self.bytes(request).await;
        let outcome = match &answer {
            Ok(_) => "ok",
            Err(Error::Refused(_)) => "refused",
            Err(Error::Unanswered { .. }) => "unanswered",
            Err(_) => "other",
        };
        metrics::counter!("parlance_whatsapp_requests_total", "what" => what, "outcome" => outcome).increment(1);
        metrics::histogram!("parlance_whatsapp_request_seconds", "what" => what)
            .record(started.elapsed().as_secs_f64());
        let answer = answer.inspect_err(|error| tracing::debug!(what, %error, "WhatsApp did not do it"))?;
        serde_json::from_slice(&answer).map_err(|error| Error::NotUnderstood(format!("{what}: {error}")))
    }

    async fn bytes(&self, request: RequestBuilder) -> Result<Bytes, Error> {
        let response = request.send().await.map_err(|error| unanswered(&error))?;
        let (status, wait) = (response.status(), asked_wait(response.headers()));
        let body = self.whole(response).await?;
        match status.is_success() {
            true => Ok(body),
            false => Err(SendError::read(status.as_u16(), &body, wait).into()),
        }
    }

    /// The answer's body up to the limit.
    pub(crate) async fn whole(&self, mut response: Response) -> Result<Bytes, Error> {
        let most = self.config.max_answer_bytes;
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| unanswered(&error))? {
            if body.len() + chunk.len() > most {
                return Err(Error::NotUnderstood(format!("it has more than {most} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }
}

/// Waits for something of a file, but no longer than nothing may come. (reqwest's own limit of this kind would also end an
/// upload that is still under way.)
pub(crate) async fn within<T>(idle: Duration, step: impl Future<Output = reqwest::Result<T>>) -> Result<T, Error> {
    match tokio::time::timeout(idle, step).await {
        Ok(done) => done.map_err(|error| unanswered(&error)),
        Err(_) => Err(Error::Unanswered {
            reason: format!("nothing came for {idle:?}"),
            uncertain: true,
        }),
    }
}

/// A failure on the way. Only when no connection came about is it certain that nothing was heard.
fn unanswered(error: &reqwest::Error) -> Error {
    Error::Unanswered {
        reason: because(error),
        uncertain: !error.is_connect() && !error.is_builder(),
    }
}

/// The error's own words have the URL, and with it the proof; its sources say what happened.
fn because(error: &reqwest::Error) -> String {
    let mut reason = if error.is_timeout() {
        "it took too long"
    } else {
        "the connection failed"
    }
    .to_owned();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        reason = format!("{reason}: {inner}");
        source = inner.source();
    }
    reason.chars().take(500).collect()
}

/// How long Meta asks to wait: `Retry-After` in seconds, or `estimated_time_to_regain_access` in minutes of
/// `X-Business-Use-Case-Usage` (<https://developers.facebook.com/docs/graph-api/overview/rate-limiting>).
pub(crate) fn asked_wait(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let header = text(RETRY_AFTER.as_str()).and_then(|seconds| seconds.trim().parse().ok());
    let usage = text("x-business-use-case-usage").and_then(|usage| {
        let usage: serde_json::Value = serde_json::from_str(usage).ok()?;
        let accounts = usage.as_object()?.values().filter_map(|uses| uses.as_array()).flatten();
        accounts
            .filter_map(|one| one["estimated_time_to_regain_access"].as_u64())
            .max()
    });
    let usage = usage
        .map(|minutes| minutes.saturating_mul(60))
        .filter(|seconds| *seconds > 0);
    // Nobody is asked to wait for more than a day.
    header
        .max(usage)
        .map(|seconds: u64| Duration::from_secs(seconds.min(86_400)))
}

fn is_version(version: &str) -> bool {
    version
        .strip_prefix('v')
        .and_then(|version| version.split_once('.'))
        .is_some_and(|(major, minor)| {
            [major, minor]
                .iter()
                .all(|part| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
        })
}

/// Ids and Meta's own words; nothing that could lead to another path.
fn is_id(part: &str) -> bool {
    !part.is_empty()
        && part.len() <= 200
        && part
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

fn literal(url: &Url) -> Option<IpAddr> {
    url.host_str()?
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse()
        .ok()
}

/// Whether a URL may be asked at all: TLS, nobody's name and password in it, and no address inside the network. Names are
/// looked at once they have been resolved.
fn reachable(url: &Url, allow_loopback: bool) -> Result<(), &'static str> {
    let loopback = allow_loopback && literal(url).is_some_and(|address| address.is_loopback());
    if url.scheme() != "https" && !(loopback && url.scheme() == "http") {
        return Err("is not a URL of https");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("has a name or a password in it");
    }
    match literal(url) {
        Some(address) if !loopback && !is_public(address) => Err("is an address that is not public"),
        _ => Ok(()),
    }
}

/// Resolves names to public addresses only.
struct Outside {
    allow_loopback: bool,
}

impl Resolve for Outside {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_loopback = self.allow_loopback;
        let look_up: BoxFuture<'static, _> = Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed =
                |address: &SocketAddr| is_public(address.ip()) || (allow_loopback && address.ip().is_loopback());
            let found: Vec<SocketAddr> = found.filter(allowed).collect();
            if found.is_empty() {
                return Err("the name has no public address".into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        });
        look_up
    }
}
