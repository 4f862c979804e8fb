//! Anthropic's Messages API: `POST /v1/messages` with the headers `x-api-key` and `anthropic-version`.
//!
//! The answer's shape is demanded by `output_config.format`, which every model since 4.5 knows. Forcing a tool would be
//! the older way: newer models answer it with 400, as they think before they answer. For the same reason nothing is
//! said of `temperature` and `thinking`; `output_config.effort` says how much to think.
//!
//! Sources: platform.claude.com/docs, pages API errors, Structured outputs, Handling stop reasons, Claude Haiku 5.5
//! migration guide, What's new in Claude Opus 5.5 (read in November 2026).

use parlance_service::config::Secret;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::{Value, json};

use super::prompt::{self, INSTRUCTION, MAX_OUTPUT_TOKENS, Opinion, Usage};
use super::provider::NoOpinion;

/// Where requests go, after the base URL.
pub(crate) const PATH: &str = "/v1/messages";
/// The version of the API that this file speaks.
const VERSION: &str = "2023-06-01";

/// The request's body.
pub(crate) fn request(model: &str, effort: &str, masked: &str) -> Value {
    let mut body = json!({
        "model": model,
        "max_tokens": MAX_OUTPUT_TOKENS,
        "system": INSTRUCTION,
        "messages": [{"role": "user", "content": prompt::question(masked)}],
        "output_config": {"format": {"type": "json_schema", "schema": prompt::schema()}},
    });
    if !effort.is_empty() {
        body["output_config"]["effort"] = effort.into();
    }
    body
}

/// The headers that say who asks; `None` when the key cannot stand in one.
pub(crate) fn headers(key: &Secret) -> Option<HeaderMap> {
    let mut value = HeaderValue::from_str(key.expose()).ok()?;
    value.set_sensitive(true);
    let version = (
        HeaderName::from_static("anthropic-version"),
        HeaderValue::from_static(VERSION),
    );
    Some(HeaderMap::from_iter([
        (HeaderName::from_static("x-api-key"), value),
        version,
    ]))
}

#[derive(Deserialize)]
struct Message {
    content: Vec<Block>,
    #[serde(default)]
    stop_reason: Option<String>,
    #[serde(default)]
    usage: Option<Tokens>,
}

/// A block of content; those that think have no `text`.
#[derive(Deserialize)]
struct Block {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
struct Tokens {
    input_tokens: u64,
    output_tokens: u64,
}

/// Reads a 2xx answer, and what it took when it says so.
pub(crate) fn read(body: &[u8]) -> (Result<Opinion, NoOpinion>, Option<Usage>) {
    let Ok(message) = serde_json::from_slice::<Message>(body) else {
        let reason = "the response is not a message of the Messages API".to_owned();
        return (Err(NoOpinion::Unfit(reason)), None);
    };
    let usage = message.usage.map(|tokens| Usage {
        input_tokens: tokens.input_tokens,
        output_tokens: tokens.output_tokens,
    });
    let opinion = match message.stop_reason.as_deref() {
        Some("refusal") => Err(NoOpinion::Refused),
        Some("max_tokens" | "model_context_window_exceeded") => Err(NoOpinion::CutOff),
        _ => {
            let texts = message.content.iter().filter(|block| block.kind == "text");
            let text: String = texts.map(|block| block.text.as_str()).collect();
            prompt::read(&text).map_err(NoOpinion::Unfit)
        }
    };
    (opinion, usage)
}
