//! What came back: whether it is well, what stands in it, and otherwise what is to be done.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::fmt::rfc2822;
use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json_path::JsonPath;

use crate::connector::{Connector, ErrorRule, Read, RetryHeader, RuleClass, Source, Step, Unit};
use crate::template::Scope;

/// Largest answer that is read, bytes. Callers stop reading there; what is larger is final.
pub const MAX_ANSWER_BYTES: usize = 1024 * 1024;
/// Longest reason, in characters.
const MAX_REASON: usize = 300;
/// Most finds of one `read` with `all`.
const MAX_FINDS: usize = 1_000;
/// Longest wait that an answer can ask for: a day. What asks for more is tried again after that.
const MAX_WAIT_MS: i64 = 24 * 60 * 60 * 1000;

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// Its status: HTTP's, or the reply code of an SMTP server.
    pub status: u16,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its body, or what an SMTP server said; bytes that are no UTF-8 replaced.
    pub body: String,
    /// When it came, Unix milliseconds: waits and ends of tokens count from here.
    pub received_at: i64,
}

impl Response {
    /// The value of a header, whatever its letters' case; the first of several.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter();
        all.find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }
}

/// What is to be done about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Nothing: the same would fail again.
    Final,
    /// Trying again later.
    MayPass {
        /// How long the answer asks to wait, milliseconds.
        retry_after_ms: Option<u64>,
    },
    /// The credentials: with a kept token, once more without it; otherwise people must see to them.
    Auth,
}

/// Why a run ended without what it was for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {}{reason}", status.map(|status| format!("{status} ")).unwrap_or_default())]
pub struct Failure {
    /// What is to be done.
    pub class: Class,
    /// The step, `token`, or where in the document.
    pub at: String,
    /// The answer's status; nothing when there was none.
    pub status: Option<u16>,
    /// Why, in at most 300 characters and without the fields' secrets.
    pub reason: String,
}

/// What an answer to a step is. The reason of a failure is still whole: secrets go before it is cut, lest half of one stays.
pub(crate) enum Verdict {
    Well(BTreeMap<String, Value>),
    AlreadyThere(BTreeMap<String, Value>),
    Not(Failure),
}

pub(crate) fn judge(connector: &Connector, step: &Step, mail: bool, response: &Response, scope: &Scope) -> Verdict {
    let failure = |class: RuleClass, reason: String| {
        let class = match class {
            RuleClass::Auth => Class::Auth,
            RuleClass::MayPass => Class::MayPass {
                retry_after_ms: retry_after(&connector.retry_after, response),
            },
            RuleClass::Final | RuleClass::AlreadyThere => Class::Final,
        };
        Verdict::Not(Failure {
            class,
            at: step.name.clone(),
            status: Some(response.status),
            reason,
        })
    };
    if response.body.len() > MAX_ANSWER_BYTES {
        return failure(
            RuleClass::Final,
            format!("the answer is larger than {MAX_ANSWER_BYTES} bytes"),
        );
    }
    let answer = Answer {
        response,
        json: serde_json::from_str(&response.body).ok(),
        scope,
    };
    for rule in step.errors.iter().chain(&connector.errors) {
        if !answer.fits(rule) {
            continue;
        }
        if rule.class != RuleClass::AlreadyThere {
            return failure(rule.class, answer.reason(&connector.reason));
        }
        // Whatever a fresh answer would have held is nothing, unless this one holds it.
        let mut found: BTreeMap<_, _> = step.read.keys().map(|name| (name.clone(), Value::Null)).collect();
        return match answer.read(&rule.read) {
            Ok(read) => {
                found.extend(read);
                Verdict::AlreadyThere(found)
            }
            Err(missing) => failure(RuleClass::Final, missing),
        };
    }
    let well = match step.ok.as_slice() {
        [] => (200..300).contains(&response.status),
        listed => listed.contains(&response.status),
    };
    if !well {
        let class = if mail {
            mail_class(response.status)
        } else {
            default_class(response.status)
        };
        let class = match class {
            Class::Final => RuleClass::Final,
            Class::Auth => RuleClass::Auth,
            Class::MayPass { .. } => RuleClass::MayPass,
        };
        return failure(class, answer.reason(&connector.reason));
    }
    match answer.read(&step.read) {
        Ok(found) => Verdict::Well(found),
        Err(missing) => failure(step.missing, missing),
    }
}

/// What a status that is not well means where a document says nothing else.
pub(crate) fn default_class(status: u16) -> Class {
    match status {
        401 => Class::Auth,
        408 | 409 | 425 | 429 | 500..=599 => Class::MayPass { retry_after_ms: None },
        _ => Class::Final,
    }
}

/// The same of an SMTP server's reply, where 4xx means later and 5xx means no.
fn mail_class(status: u16) -> Class {
    match status {
        530 | 534 | 535 | 538 => Class::Auth,
        400..=499 => Class::MayPass { retry_after_ms: None },
        _ => Class::Final,
    }
}

/// How long to wait, by the connector's headers and `Retry-After`, whichever is longest. Milliseconds.
pub(crate) fn retry_after(headers: &[RetryHeader], response: &Response) -> Option<u64> {
    let named = headers.iter().filter_map(|named| {
        let value = response.header(&named.header)?.parse::<i64>().ok()?;
        Some(match named.unit {
            Unit::Seconds => value.saturating_mul(1000),
            Unit::Milliseconds => value,
            Unit::Unix => value.saturating_mul(1000).saturating_sub(response.received_at),
        })
    });
    let standard = response
        .header("Retry-After")
        .and_then(|value| match value.parse::<i64>() {
            Ok(seconds) => Some(seconds.saturating_mul(1000)),
            Err(_) => {
                let at = rfc2822::parse(value).ok()?.timestamp().as_millisecond();
                Some(at.saturating_sub(response.received_at))
            }
        });
    let longest = named.chain(standard).max()?;
    u64::try_from(longest.clamp(0, MAX_WAIT_MS)).ok()
}

pub(crate) fn cut(reason: &str) -> String {
    let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    let reason: String = reason
        .chars()
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect();
    if reason.chars().count() <= MAX_REASON {
        return reason;
    }
    let kept: String = reason.chars().take(MAX_REASON - 1).collect();
    format!("{kept}…")
}

struct Answer<'a> {
    response: &'a Response,
    json: Option<Value>,
    scope: &'a Scope,
}

impl Answer<'_> {
    fn fits(&self, rule: &ErrorRule) -> bool {
        let status = rule.status.is_empty() || rule.status.contains(&self.response.status);
        let body = rule
            .body
            .as_ref()
            .is_none_or(|pattern| pattern.is_match(&self.response.body));
        let json = rule.json.as_ref().is_none_or(|path| !self.query(path).is_empty());
        status && body && json
    }

    /// What a path finds, but for `null`.
    fn query(&self, path: &JsonPath) -> Vec<&Value> {
        let found = self
            .json
            .as_ref()
            .map(|json| path.query(json).all())
            .unwrap_or_default();
        found.into_iter().filter(|value| !value.is_null()).collect()
    }

    /// What the answer itself says; otherwise all of it.
    fn reason(&self, paths: &[JsonPath]) -> String {
        let said = paths.iter().find_map(|path| self.query(path).first().copied().cloned());
        match said {
            Some(Value::String(text)) => text,
            Some(value) => value.to_string(),
            None => self.response.body.clone(),
        }
    }

    fn read(&self, wanted: &BTreeMap<String, Read>) -> Result<BTreeMap<String, Value>, String> {
        let mut found = BTreeMap::new();
        for (name, read) in wanted {
            let mut finds = self.finds(&read.from)?;
            finds.truncate(MAX_FINDS);
            let value = match (read.all, finds.is_empty()) {
                (true, _) => Value::Array(finds),
                (false, false) => finds.swap_remove(0),
                (false, true) if read.optional => Value::Null,
                (false, true) => return Err(format!("the answer lacks `{name}`")),
            };
            found.insert(name.clone(), value);
        }
        Ok(found)
    }

    fn finds(&self, from: &Source) -> Result<Vec<Value>, String> {
        Ok(match from {
            Source::Json(path) => self.query(path).into_iter().cloned().collect(),
            Source::JsonOf(template) => {
                let path = template.text(self.scope).map_err(|unfilled| unfilled.to_string())?;
                if path.is_empty() {
                    return Ok(Vec::new());
                }
                let path = JsonPath::parse(&path).map_err(|error| format!("{}: {error}", template.at))?;
                self.query(&path).into_iter().cloned().collect()
            }
            Source::Body(pattern) => matches(pattern, &unfolded(&self.response.body)),
            Source::Header(name, pattern) => match (self.response.header(name), pattern) {
                (None, _) => Vec::new(),
                (Some(value), None) => vec![Value::from(value)],
                (Some(value), Some(pattern)) => matches(pattern, value),
            },
        })
    }
}

/// A body whose lines are whole: those of iCalendar are folded.
fn unfolded(body: &str) -> Cow<'_, str> {
    match body.trim_start().starts_with("BEGIN:VCALENDAR") {
        true => Cow::Owned(body.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "")),
        false => Cow::Borrowed(body),
    }
}

/// The first group of each match, or all of it when the pattern has none.
fn matches(pattern: &Regex, text: &str) -> Vec<Value> {
    let found = pattern
        .captures_iter(text)
        .filter_map(|captures| captures.get(1).or_else(|| captures.get(0)));
    found.take(MAX_FINDS).map(|found| Value::from(found.as_str())).collect()
}
