//! What an integrator filled in.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::Value;

use crate::build::check_url;
use crate::connector::{Connector, Field, FieldKind};
use crate::filters::{Verbatim, percent_encoded};
use crate::problem::{Problem, Problems};

/// Longest value, bytes: more than any key that a system gives out.
const MAX_VALUE: usize = 8 * 1024;
/// What stands where a secret was.
pub(crate) const MASK: &str = "***";
/// What stands where a secret URL was.
const MASKED_URL: &str = "https://masked.invalid/***";

/// What an integrator filled in, checked against the connector's fields. Its `Debug` shows no secrets.
#[derive(Clone)]
pub struct Fields {
    values: BTreeMap<String, Filled>,
}

#[derive(Clone)]
struct Filled {
    value: String,
    kind: FieldKind,
    secret: bool,
}

impl Fields {
    /// Checks what was filled in.
    ///
    /// # Errors
    /// Everything that is wrong: names the connector does not have, values that are missing, too long, not one line, not
    /// such as the field's pattern or kind wants. No value is ever quoted.
    pub fn new(connector: &Connector, mut given: BTreeMap<String, String>) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let mut values = BTreeMap::new();
        for field in &connector.fields {
            let Some(value) = given.remove(&field.name).or_else(|| field.default.clone()) else {
                problems.push(Problem {
                    at: field.name.clone(),
                    what: "is not filled in".to_owned(),
                });
                continue;
            };
            if let Err(what) = suits(field, &value) {
                problems.push(Problem {
                    at: field.name.clone(),
                    what,
                });
            }
            let (kind, secret) = (field.kind, field.secret);
            values.insert(field.name.clone(), Filled { value, kind, secret });
        }
        problems.extend(given.into_keys().map(|at| Problem {
            what: format!("connector `{}` has no such field", connector.name),
            at,
        }));
        match problems.is_empty() {
            true => Ok(Self { values }),
            false => Err(Problems(problems)),
        }
    }

    /// The connector's own examples. Enough to see what it would send.
    pub fn examples(connector: &Connector) -> Self {
        let filled = |field: &Field| Filled {
            value: field.example.clone(),
            kind: field.kind,
            secret: field.secret,
        };
        let values = connector
            .fields
            .iter()
            .map(|field| (field.name.clone(), filled(field)))
            .collect();
        Self { values }
    }

    /// The same with nothing secret in it.
    #[must_use]
    pub fn masked(&self) -> Self {
        let mut masked = self.clone();
        for filled in masked.values.values_mut() {
            if filled.secret && !filled.value.is_empty() {
                filled.value = match filled.kind {
                    FieldKind::Text => MASK.to_owned(),
                    FieldKind::Url => MASKED_URL.to_owned(),
                };
            }
        }
        masked
    }

    /// A text in which no secret stands any more, be it as it is, or as URLs, JSON or base64 write it.
    pub(crate) fn without_secrets(&self, text: &str) -> String {
        let secrets = self
            .values
            .values()
            .filter(|filled| filled.secret && !filled.value.is_empty());
        secrets.fold(text.to_owned(), |text, secret| {
            let in_json = serde_json::Value::from(secret.value.as_str()).to_string();
            let forms = [
                secret.value.clone(),
                percent_encoded(&secret.value),
                in_json.trim_matches('"').to_owned(),
                STANDARD.encode(&secret.value),
            ];
            forms.iter().fold(text, |text, form| text.replace(form.as_str(), MASK))
        })
    }

    /// A URL that begins with a field, without the second of two slashes where what follows the field begins with one too.
    pub(crate) fn joined(&self, url: String) -> String {
        let bases = self
            .values
            .values()
            .filter(|filled| filled.kind == FieldKind::Url && filled.value.ends_with('/'));
        let doubled = bases.map(|base| base.value.as_str()).find_map(|base| {
            let rest = url.strip_prefix(base)?.strip_prefix('/')?;
            Some(format!("{base}{rest}"))
        });
        doubled.unwrap_or(url)
    }

    pub(crate) fn scope(&self) -> Value {
        Value::from_pairs(self.values.iter().map(|(name, filled)| match filled.kind {
            FieldKind::Text => (name.clone(), Value::from(filled.value.clone())),
            FieldKind::Url => (name.clone(), Value::from_object(Verbatim(filled.value.clone()))),
        }))
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |filled: &Filled| match filled.secret {
            true => MASK.to_owned(),
            false => filled.value.clone(),
        };
        f.debug_map()
            .entries(self.values.iter().map(|(name, filled)| (name, shown(filled))))
            .finish()
    }
}

/// Whether a value is such as its field wants.
pub(crate) fn suits(field: &Field, value: &str) -> Result<(), String> {
    if value.is_empty() && field.default.as_deref() == Some("") {
        return Ok(());
    }
    if value.len() > MAX_VALUE {
        return Err(format!("is longer than {MAX_VALUE} bytes"));
    }
    if value.chars().any(char::is_control) {
        return Err("is not one line of text".to_owned());
    }
    if field.kind == FieldKind::Url {
        // Places in braces are filled later.
        check_url(&value.replace(['{', '}'], "-"))?;
    }
    match &field.pattern {
        Some(pattern) if !pattern.is_match(value) => Err(format!("does not match `{}`", pattern.as_str())),
        _ => Ok(()),
    }
}
