//! OpenAI's Chat Completions API: `POST /v1/chat/completions` with a bearer token; many servers speak it.
//!
//! The answer's shape is demanded by `response_format`, `json_schema` and `strict`. `max_completion_tokens` bounds
//! thinking and answer together; `reasoning_effort` says how much to think.
//!
//! Sources: developers.openai.com/docs, pages Error codes, Structured outputs, GPT-6 Luna; the API reference of chat
//! completions (read in November 2026).

use parlance_service::config::Secret;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::{Value, json};

use super::prompt::{self, INSTRUCTION, MAX_OUTPUT_TOKENS, Opinion, Usage};
use super::provider::NoOpinion;

/// Where requests go, after the base URL.
pub(crate) const PATH: &str = "/v1/chat/completions";

/// The request's body.
pub(crate) fn request(model: &str, effort: &str, masked: &str) -> Value {
    let mut body = json!({
        "model": model,
        "max_completion_tokens": MAX_OUTPUT_TOKENS,
        "messages": [
            {"role": "system", "content": INSTRUCTION},
            {"role": "user", "content": prompt::question(masked)},
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "labels", "strict": true, "schema": prompt::schema()},
        },
    });
    if !effort.is_empty() {
        body["reasoning_effort"] = effort.into();
    }
    body
}

/// The header that says who asks; `None` when the key cannot stand in one.
pub(crate) fn headers(key: &Secret) -> Option<HeaderMap> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose())).ok()?;
    value.set_sensitive(true);
    Some(HeaderMap::from_iter([(AUTHORIZATION, value)]))
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<Tokens>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct Tokens {
    prompt_tokens: u64,
    completion_tokens: u64,
}

/// Reads a 2xx answer, and what it took when it says so.
pub(crate) fn read(body: &[u8]) -> (Result<Opinion, NoOpinion>, Option<Usage>) {
    let unfit = |reason: &str| Err(NoOpinion::Unfit(reason.to_owned()));
    let Ok(completion) = serde_json::from_slice::<Completion>(body) else {
        return (unfit("the response is not a chat completion"), None);
    };
    let usage = completion.usage.map(|tokens| Usage {
        input_tokens: tokens.prompt_tokens,
        output_tokens: tokens.completion_tokens,
    });
    let Some(choice) = completion.choices.into_iter().next() else {
        return (unfit("the completion has no choice"), usage);
    };
    let opinion = match choice.finish_reason.as_deref() {
        _ if choice.message.refusal.is_some() => Err(NoOpinion::Refused),
        Some("content_filter") => Err(NoOpinion::Refused),
        Some("length") => Err(NoOpinion::CutOff),
        _ => prompt::read(&choice.message.content.unwrap_or_default()).map_err(NoOpinion::Unfit),
    };
    (opinion, usage)
}
