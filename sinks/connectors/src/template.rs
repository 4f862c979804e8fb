//! Templates: a text with `{{ … }}` in it, and the place it fills. What is printed is escaped for that place, so that no text of
//! a customer can end it: nobody who writes a document has to think of it.
//!
//! | place | what `{{ … }}` becomes |
//! |---|---|
//! | a text of a JSON body or a form | as it is: it is encoded afterwards, as one value |
//! | a URL | percent-encoded, but for fields of kind `url` |
//! | a header, a line of a mail | control characters become blanks; in a header, what is not ASCII becomes `?` |
//! | iCalendar | RFC 5545 TEXT; lines are folded and end in CRLF |
//! | XML | `&`, `<`, `>`, `"`, `'` escaped |
//! | plain text | as it is |

use std::collections::BTreeMap;
use std::sync::LazyLock;

use minijinja::value::Value;
use minijinja::{Environment, Error, UndefinedBehavior};

use crate::filters::{self, Verbatim, text_of};

/// Work that one template may take: an instruction or 64 bytes of text cost one. So it is at most 3 MiB of text, and ends.
const FUEL: u64 = 50_000;
/// Longest template, bytes.
pub(crate) const MAX_TEMPLATE: usize = 32 * 1024;

/// Where what a template prints will stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Plain,
    Url,
    Header,
    Line,
    Icalendar,
    Xml,
    /// Not a template but an expression, such as `not steps.find.id`.
    Expression,
}

/// A template, where it stands in the document, and the place it fills.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pub(crate) source: String,
    pub(crate) at: String,
    pub(crate) place: Place,
}

/// What templates see: the names at the top, and their values.
pub(crate) type Scope = BTreeMap<String, Value>;

/// Why a template could not be filled, and which.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {what}")]
pub(crate) struct Unfilled {
    pub(crate) at: String,
    pub(crate) what: String,
}

impl Template {
    pub(crate) fn unfilled(&self, what: impl Into<String>) -> Unfilled {
        Unfilled {
            at: self.at.clone(),
            what: what.into(),
        }
    }

    /// The text that it makes.
    pub(crate) fn text(&self, scope: &Scope) -> Result<String, Unfilled> {
        let env = environment(self.place);
        env.render_str(&self.source, scope)
            .map_err(|error| self.unfilled(said(&error)))
    }

    /// What it is as an expression.
    pub(crate) fn value(&self, scope: &Scope) -> Result<Value, Unfilled> {
        let expression = environment(Place::Expression).compile_expression(&self.source);
        let value = expression.and_then(|expression| expression.eval(scope));
        match value {
            Ok(value) if value.is_undefined() => Err(self.unfilled("undefined value")),
            Ok(value) => Ok(value),
            Err(error) => Err(self.unfilled(said(&error))),
        }
    }

    /// Whether it holds, as an expression.
    pub(crate) fn holds(&self, scope: &Scope) -> Result<bool, Unfilled> {
        Ok(self.value(scope)?.is_true())
    }

    /// Every name it uses, with what follows after dots: `contact.name`.
    pub(crate) fn names(&self) -> Result<Vec<String>, Unfilled> {
        let env = environment(self.place);
        let names = match self.place {
            Place::Expression => env
                .compile_expression(&self.source)
                .map(|made| made.undeclared_variables(true)),
            _ => env
                .template_from_str(&self.source)
                .map(|made| made.undeclared_variables(true)),
        };
        let mut names: Vec<_> = names
            .map_err(|error| self.unfilled(said(&error)))?
            .into_iter()
            .collect();
        names.sort_unstable();
        Ok(names)
    }
}

/// The error without the name of the template, which has none.
fn said(error: &Error) -> String {
    let kind = error.kind().to_string();
    match error.detail() {
        Some(detail) if detail.contains(&kind) => detail.to_owned(),
        Some(detail) => format!("{kind}: {detail}"),
        None => kind,
    }
}

fn environment(place: Place) -> &'static Environment<'static> {
    static ALL: LazyLock<[Environment<'static>; 7]> = LazyLock::new(|| {
        [
            made(Place::Plain, |text| text),
            made(Place::Url, |text| filters::percent_encoded(&text)),
            made(Place::Header, |text| line(&text, true)),
            made(Place::Line, |text| line(&text, false)),
            made(Place::Icalendar, |text| icalendar_text(&text)),
            made(Place::Xml, |text| xml_text(&text)),
            made(Place::Expression, |text| text),
        ]
    });
    &ALL[place as usize]
}

fn made(place: Place, escape: fn(String) -> String) -> Environment<'static> {
    let mut env = Environment::empty();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_fuel(Some(FUEL));
    // So that what is undefined is named.
    env.set_debug(true);
    filters::add_to(&mut env);
    env.set_formatter(move |out, _, value| {
        let text = match value.downcast_object_ref::<Verbatim>() {
            Some(Verbatim(text)) if place == Place::Url => text.clone(),
            _ => escape(text_of(value)?),
        };
        out.write_str(&text).map_err(Error::from)
    });
    env
}

fn line(text: &str, ascii: bool) -> String {
    let one = |char: char| match char {
        _ if char.is_control() => ' ',
        _ if ascii && !char.is_ascii() => '?',
        _ => char,
    };
    text.chars().map(one).collect()
}

fn icalendar_text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for char in text.replace("\r\n", "\n").chars() {
        match char {
            '\\' | ';' | ',' => escaped.extend(['\\', char]),
            '\n' | '\r' | '\u{2028}' | '\u{2029}' | '\u{85}' => escaped.push_str("\\n"),
            _ if char.is_control() && char != '\t' => {}
            _ => escaped.push(char),
        }
    }
    escaped
}

fn xml_text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\r' | '\t' => escaped.push(char),
            // Not allowed in XML 1.0, however written.
            _ if char.is_control() || char == '\u{fffe}' || char == '\u{ffff}' => {}
            _ => escaped.push(char),
        }
    }
    escaped
}

/// Lines of at most 75 octets that end in CRLF, as RFC 5545 wants them; empty lines go.
pub(crate) fn folded(text: &str) -> String {
    const MOST: usize = 75;
    let mut folded = String::with_capacity(text.len() + text.len() / 32);
    for line in text.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
        let mut used = 0;
        for char in line.chars() {
            if used + char.len_utf8() > MOST {
                folded.push_str("\r\n ");
                used = 1;
            }
            folded.push(char);
            used += char.len_utf8();
        }
        folded.push_str("\r\n");
    }
    folded
}
