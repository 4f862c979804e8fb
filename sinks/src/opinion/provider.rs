//! A request to a language model's provider, and what came of it, in words that do not depend on the provider.
//!
//! | what comes back | becomes | then |
//! |---|---|---|
//! | 2xx that fits | [`Answer`] with an opinion | a verdict |
//! | 2xx refused, cut off, not fitting, too large | [`Answer`] with [`NoOpinion`] | counted; not asked again |
//! | 408, 409, 429, 5xx (529 too), no connection, no answer in time | [`Failure::Passing`] | asked again, after the wait it names |
//! | 401, 402, 403, 404, no credit left | [`Failure::Setting`] | the service ends and names the setting |
//! | any other 4xx | [`Failure::Rejected`] | counted; several in a row end the service |

use std::time::Duration;

use parlance_service::config::Secret;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;

use super::config::{Config, Provider};
use super::prompt::{Opinion, USUAL, Usage};
use super::{anthropic, openai};

/// Largest answer read, in bytes: a hundred times what one has. The rest is not read.
const MAX_ANSWER_BYTES: usize = 256 * 1024;
/// Longest piece of a provider's own words, in characters.
const MAX_SAID: usize = 200;
/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// An answer, and what it took.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) opinion: Result<Opinion, NoOpinion>,
    pub(crate) usage: Usage,
}

/// Why an answer says nothing of the message. Asking again would cost again and say the same.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoOpinion {
    #[error("the model refused")]
    Refused,
    #[error("the answer was cut off at its longest")]
    CutOff,
    #[error("{0}")]
    Unfit(String),
}

impl NoOpinion {
    /// The word in metrics.
    pub(crate) const fn outcome(&self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::CutOff => "cut_off",
            Self::Unfit(_) => "unfit",
        }
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// It may pass.
    #[error("{reason}")]
    Passing {
        /// The word in metrics.
        outcome: &'static str,
        reason: String,
        /// How long the provider asked to be left alone (`Retry-After`).
        wait: Option<Duration>,
    },
    /// The provider does not take this request.
    #[error("{0}")]
    Rejected(String),
    /// The provider takes no request as configured.
    #[error("{reason}: {setting}")]
    Setting { reason: String, setting: String },
}

impl Failure {
    /// The word in metrics.
    pub(crate) const fn outcome(&self) -> &'static str {
        match self {
            Self::Passing { outcome, .. } => outcome,
            Self::Rejected(_) => "rejected",
            Self::Setting { .. } => "misconfigured",
        }
    }
}

/// A provider, its key, and the model to ask.
pub(crate) struct Asker {
    client: Client,
    provider: Provider,
    url: String,
    key: Secret,
    pub(crate) model: String,
    effort: String,
}

impl Asker {
    /// # Errors
    /// When TLS cannot be set up: as a rule the system has no CA certificates.
    pub(crate) fn new(config: &Config, provider: Provider) -> Result<Self, reqwest::Error> {
        let base_url = config.base_url(provider);
        let mut builder = Client::builder()
            .timeout(config.timeout)
            .connect_timeout(CONNECT_TIMEOUT.min(config.timeout))
            // A redirect would take the key and the text to where nobody configured.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("parlance/", env!("CARGO_PKG_VERSION")));
        if !base_url.starts_with("https://") {
            // Without TLS there is no need of the system's certificates, which slim containers lack.
            builder = builder.tls_certs_only([]);
        }
        let path = match provider {
            Provider::OpenAi => openai::PATH,
            Provider::Anthropic | Provider::ByKey => anthropic::PATH,
        };
        Ok(Self {
            client: builder.build()?,
            provider,
            url: format!("{base_url}{path}"),
            key: config.key(provider).clone(),
            model: config.model(provider).to_owned(),
            effort: config.effort.clone(),
        })
    }

    /// Asks about one masked text, once.
    pub(crate) async fn ask(&self, masked: &str) -> Result<Answer, Failure> {
        let (body, headers) = match self.provider {
            Provider::OpenAi => (
                openai::request(&self.model, &self.effort, masked),
                openai::headers(&self.key),
            ),
            Provider::Anthropic | Provider::ByKey => (
                anthropic::request(&self.model, &self.effort, masked),
                anthropic::headers(&self.key),
            ),
        };
        let Some(headers) = headers else {
            return Err(self.setting(
                "the key has characters that no key has".to_owned(),
                StatusCode::UNAUTHORIZED,
            ));
        };
        let request = self.client.post(&self.url).headers(headers);
        let request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        let response = request.send().await.map_err(|error| lost(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let (body, whole) = read(response).await.map_err(|error| lost(&error))?;
        if status.is_success() {
            return Ok(self.answer(&body, whole));
        }
        Err(self.failure(status, &headers, &body))
    }

    fn answer(&self, body: &[u8], whole: bool) -> Answer {
        let (opinion, usage) = if whole {
            match self.provider {
                Provider::OpenAi => openai::read(body),
                Provider::Anthropic | Provider::ByKey => anthropic::read(body),
            }
        } else {
            let reason = format!("the answer has more than {MAX_ANSWER_BYTES} bytes");
            (Err(NoOpinion::Unfit(reason)), None)
        };
        Answer {
            opinion,
            // What it does not say was paid for all the same.
            usage: usage.unwrap_or(USUAL),
        }
    }

    fn failure(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Failure {
        let said = Said::read(body);
        let reason = format!("{} answered {status}{}", self.provider.as_str(), said.words(&self.key));
        let passing = |outcome, wait| Failure::Passing {
            outcome,
            reason: reason.clone(),
            wait,
        };
        match status.as_u16() {
            429 if said.is_about_money() => self.setting(reason, status),
            429 => passing("rate_limited", wait(headers)),
            503 | 529 => passing("overloaded", wait(headers)),
            408 | 409 => passing("failed", None),
            500..=599 => passing("failed", wait(headers)),
            401..=404 => self.setting(reason, status),
            // Where there should be an API something else answers.
            300..=399 => self.setting(reason, StatusCode::NOT_FOUND),
            _ => Failure::Rejected(reason),
        }
    }

    fn setting(&self, reason: String, status: StatusCode) -> Failure {
        let key = self.provider.key_setting();
        let setting = match status.as_u16() {
            401 => format!("check {key}"),
            403 => format!("check what the key in {key} may use, and model `{}`", self.model),
            404 => format!("check model `{}` and base_url ({})", self.model, self.url),
            _ => format!("check the credit of the account of {key}"),
        };
        Failure::Setting { reason, setting }
    }
}

/// A request that got no answer.
fn lost(error: &reqwest::Error) -> Failure {
    let outcome = if error.is_timeout() { "timeout" } else { "network" };
    // The error's own words have the URL; its source says what happened.
    let mut reason = if error.is_timeout() {
        "no answer in time".to_owned()
    } else {
        "no connection".to_owned()
    };
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        reason = format!("{reason}: {inner}");
        source = inner.source();
    }
    Failure::Passing {
        outcome,
        reason: cut(&reason),
        wait: None,
    }
}

/// The body up to the cap, and whether that is all of it.
async fn read(mut response: Response) -> Result<(Vec<u8>, bool), reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Ok((body, false));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((body, true))
}

/// `Retry-After` in seconds, as both providers send it.
fn wait(headers: &HeaderMap) -> Option<Duration> {
    let seconds: f64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_SAID).collect()
}

/// An error's body: both providers have an object `error` with `type` and `message`, OpenAI also a `code`.
#[derive(Debug, Default, Deserialize)]
struct Said {
    #[serde(default)]
    error: SaidError,
}

#[derive(Debug, Default, Deserialize)]
struct SaidError {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    code: Option<serde_json::Value>,
    #[serde(default)]
    message: Option<String>,
}

impl Said {
    fn read(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }

    /// OpenAI answers 429 for an empty purse too; waiting does not fill it.
    fn is_about_money(&self) -> bool {
        let words = [
            self.error.kind.as_deref(),
            self.error.code.as_ref().and_then(|code| code.as_str()),
        ];
        words.into_iter().flatten().any(|word| {
            matches!(
                word,
                "insufficient_quota" | "credit_balance_exhausted" | "billing_hard_limit_reached"
            )
        })
    }

    /// What the provider says, cut, without the key should it repeat that.
    fn words(&self, key: &Secret) -> String {
        let parts = [self.error.kind.as_deref(), self.error.message.as_deref()];
        let words: Vec<&str> = parts.into_iter().flatten().collect();
        if words.is_empty() {
            return String::new();
        }
        format!(" ({})", cut(&words.join(": ").replace(key.expose(), "***")))
    }
}
