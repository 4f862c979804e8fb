//! What templates can do with a value. Nothing that is not here exists in them: what a document can ask for is bounded.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use minijinja::value::{Kwargs, Object, ObjectRepr, Value};
use minijinja::{Environment, Error, ErrorKind, filters, tests};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but what RFC 3986 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text that stands in a URL as it is: a field of kind `url`, or what was percent-encoded already. What is made of it by
/// anything else than these filters is a plain text again.
#[derive(Debug)]
pub(crate) struct Verbatim(pub(crate) String);

impl Object for Verbatim {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub(crate) fn percent_encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

fn refused(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, what.into())
}

/// The text of what a template prints.
pub(crate) fn text_of(value: &Value) -> Result<String, Error> {
    use minijinja::value::ValueKind as Kind;
    match value.kind() {
        Kind::None => Err(refused(
            "there is nothing here; guard it with `if` or `default('', true)`",
        )),
        Kind::Seq | Kind::Map | Kind::Iterable => Err(refused("a list or a table has no text; use `join` or `tojson`")),
        _ => Ok(value.to_string()),
    }
}

/// Fields of kind `url` hold places in braces: `https://shop.example/orders/{order}`.
fn fill(url: &Value, values: &Kwargs) -> Result<Value, Error> {
    let Some(Verbatim(url)) = url.downcast_object_ref::<Verbatim>() else {
        return Err(refused("`fill` is for fields of kind `url`"));
    };
    let mut filled = url.clone();
    let mut names: Vec<_> = values.args().map(str::to_owned).collect();
    names.sort_unstable();
    for name in names {
        let value: Value = values.get(&name)?;
        filled = filled.replace(&format!("{{{name}}}"), &percent_encoded(&text_of(&value)?));
    }
    match filled.find(['{', '}']) {
        Some(_) => Err(refused("the URL has a place in braces that nothing fills")),
        None => Ok(Value::from_object(Verbatim(filled))),
    }
}

fn urlencode(value: &Value) -> Result<Value, Error> {
    Ok(Value::from_object(Verbatim(percent_encoded(&text_of(value)?))))
}

fn b64encode(value: &Value) -> Result<String, Error> {
    Ok(STANDARD.encode(text_of(value)?))
}

/// At most so many characters, the last of them `…` when something was cut.
fn truncate(value: &Value, most: usize) -> Result<String, Error> {
    let text = text_of(value)?;
    if text.chars().count() <= most {
        return Ok(text);
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    Ok(format!("{kept}…"))
}

fn digits(value: &Value) -> Result<String, Error> {
    Ok(text_of(value)?.chars().filter(char::is_ascii_digit).collect())
}

/// The one line that a text makes.
fn oneline(value: &Value) -> Result<String, Error> {
    Ok(text_of(value)?.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// What means something in Slack's messages, as Slack wants it written.
fn mrkdwn(value: &Value) -> Result<String, Error> {
    Ok(text_of(value)?
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;"))
}

fn moment(at: i64) -> Result<Timestamp, Error> {
    Timestamp::from_millisecond(at).map_err(|_| refused(format!("{at} is no time in Unix milliseconds")))
}

/// `2025-11-24T16:00:00Z`
fn iso(at: i64) -> Result<String, Error> {
    Ok(moment(at)?.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// `20251124T160000Z`, RFC 5545's form of a moment.
fn ical_time(at: i64) -> Result<String, Error> {
    Ok(moment(at)?.strftime("%Y%m%dT%H%M%SZ").to_string())
}

/// What one of several words is called elsewhere: `priority | named(low='LOW', normal='MEDIUM')`.
fn named(value: &Value, names: &Kwargs) -> Result<Value, Error> {
    let word = text_of(value)?;
    let other = names.get::<Option<Value>>(&word)?;
    let other = other.ok_or_else(|| refused(format!("`named` has no name for `{word}`")))?;
    // Those that were not asked for are meant to be there.
    let all: Vec<_> = names.args().map(str::to_owned).collect();
    for name in all {
        names.get::<Value>(&name)?;
    }
    Ok(other)
}

pub(crate) fn add_to(env: &mut Environment<'_>) {
    env.add_filter("b64encode", |value: &Value| b64encode(value));
    env.add_filter("default", filters::default);
    env.add_filter("digits", |value: &Value| digits(value));
    env.add_filter("fill", |value: &Value, values: Kwargs| fill(value, &values));
    env.add_filter("first", filters::first);
    env.add_filter("ical_time", ical_time);
    env.add_filter("int", filters::int);
    env.add_filter("iso", iso);
    env.add_filter("join", filters::join);
    env.add_filter("last", filters::last);
    env.add_filter("length", filters::length);
    env.add_filter("lower", filters::lower);
    env.add_filter("mrkdwn", |value: &Value| mrkdwn(value));
    env.add_filter("named", |value: &Value, names: Kwargs| named(value, &names));
    env.add_filter("oneline", |value: &Value| oneline(value));
    env.add_filter("replace", filters::replace);
    env.add_filter("string", |value: &Value| text_of(value));
    env.add_filter("tojson", filters::tojson);
    env.add_filter("trim", filters::trim);
    env.add_filter("truncate", |value: &Value, most: usize| truncate(value, most));
    env.add_filter("upper", filters::upper);
    env.add_filter("urlencode", |value: &Value| urlencode(value));
    env.add_test("defined", tests::is_defined);
    env.add_test("undefined", tests::is_undefined);
    env.add_test("none", tests::is_none);
}
