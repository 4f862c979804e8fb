//! Reads a document and says everything that is wrong with it, and where: first its form and every name in its templates, then,
//! when that is right, by dry runs of every ability with every example.

mod ability;
mod name;
mod node;
mod prove;
mod step;

use std::collections::BTreeMap;

use regex::RegexBuilder;
use serde_json::Value;

use self::name::Names;
use self::node::{Book, Node, Table};
use crate::connector::{Ability, Auth, Connector, Field, FieldKind, OAuth2, RetryHeader, Smtp, Unit};
use crate::fields::{MASK, suits};
use crate::problem::Problems;
use crate::template::{Place, Template};

/// Largest document, bytes.
const MAX_DOCUMENT: usize = 256 * 1024;
/// Largest compiled pattern, bytes: patterns are matched in linear time, but may be large when compiled.
const MAX_PATTERN: usize = 256 * 1024;

pub(crate) fn from_toml(text: &str) -> Result<Connector, Problems> {
    sized(text)?;
    let value = toml::from_str(text).map_err(|error| Problems::one("", format!("is not TOML: {}", error.message())))?;
    from_value(&value)
}

pub(crate) fn from_json(text: &str) -> Result<Connector, Problems> {
    sized(text)?;
    let value = serde_json::from_str(text).map_err(|error| Problems::one("", format!("is not JSON: {error}")))?;
    from_value(&value)
}

fn sized(text: &str) -> Result<(), Problems> {
    match text.len() {
        0..=MAX_DOCUMENT => Ok(()),
        _ => Err(Problems::one("", format!("is larger than {MAX_DOCUMENT} bytes"))),
    }
}

fn from_value(value: &Value) -> Result<Connector, Problems> {
    let book = Book::default();
    let connector = document(&Node::top(value, &book));
    if book.is_clean() {
        prove::prove(&connector, &book);
    }
    book.close().map(|()| connector)
}

fn document(node: &Node<'_>) -> Connector {
    let table = node.table(&[
        "name",
        "title",
        "docs",
        "setup",
        "fields",
        "auth",
        "sign",
        "smtp",
        "errors",
        "retry_after",
        "reason",
        "abilities",
    ]);
    let name = table.word("name");
    let docs = table.text("docs");
    if !docs.is_empty() && !docs.starts_with("https://") {
        table.node("docs").wrong("is no `https` link");
    }
    let fields = fields(&table);
    let mut names = Names::of(&fields);
    let auth = auth(&table, &names);
    let sign = table
        .get("sign")
        .map(|node| node.table(&["secret"]).template("secret", Place::Plain, &names));
    let smtp = table.get("smtp").map(|node| {
        let table = node.table(&["server", "tls", "user", "password"]);
        Smtp {
            server: table.template("server", Place::Line, &names),
            tls: table.template("tls", Place::Line, &names),
            user: table.template("user", Place::Line, &names),
            password: table.template("password", Place::Plain, &names),
        }
    });
    let errors = step::rules(&table, "errors", &names);
    let retry_after = table.list("retry_after").iter().map(retry_header).collect();
    let reason = table.list("reason").iter().filter_map(step::json_path).collect();
    let mut abilities = BTreeMap::new();
    let mut alike = Vec::new();
    for (word, node) in table.need("abilities").entries() {
        match Ability::of(&word) {
            Some(one) if node.value.get("like").is_some() => alike.push((one, node)),
            Some(one) => {
                let plan = ability::plan(&node, one, &mut names, sign.is_some(), smtp.is_some());
                abilities.insert(one, plan);
            }
            None => node.wrong(format!(
                "is no ability; abilities are {}",
                listed(Ability::ALL.iter().map(|one| one.as_str()))
            )),
        }
    }
    for (one, node) in alike {
        let like = node.table(&["like"]).text("like");
        match Ability::of(&like).and_then(|like| abilities.get(&like)).cloned() {
            Some(plan) => {
                abilities.insert(one, plan);
            }
            None => node.wrong(format!(
                "is like `{like}`, which is no ability that has steps of its own"
            )),
        }
    }
    if abilities.is_empty() {
        table.node("abilities").wrong("names no ability");
    }
    for field in names.unused() {
        table
            .node(&format!("fields.{field}"))
            .wrong("is declared, but nothing uses it");
    }
    Connector {
        name,
        title: table.text("title"),
        docs,
        setup: table.optional_text("setup").unwrap_or_default(),
        fields,
        auth,
        sign,
        smtp,
        errors,
        retry_after,
        reason,
        abilities,
    }
}

fn fields(table: &Table<'_>) -> Vec<Field> {
    let entries = table.get("fields").map(|node| node.entries()).unwrap_or_default();
    entries.iter().map(|(name, node)| field(name, node)).collect()
}

fn field(name: &str, node: &Node<'_>) -> Field {
    if !is_word(name) {
        node.wrong("a name is of small letters, digits and `_`, and begins with a letter");
    }
    let table = node.table(&["about", "secret", "kind", "pattern", "default", "example"]);
    let secret = table.flag("secret");
    let kind = match table.optional_text("kind").as_deref() {
        None | Some("text") => FieldKind::Text,
        Some("url") => FieldKind::Url,
        Some(other) => {
            table
                .node("kind")
                .wrong(format!("`{other}` is no kind of field; kinds are `text`, `url`"));
            FieldKind::Text
        }
    };
    let pattern = table.optional_text("pattern").and_then(|pattern| {
        // The whole value must match.
        match RegexBuilder::new(&format!("^(?:{pattern})$"))
            .size_limit(MAX_PATTERN)
            .build()
        {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                table.node("pattern").wrong(format!("is no pattern: {}", said(&error)));
                None
            }
        }
    });
    let default = table.optional_text("default");
    let example = table.optional_text("example");
    if secret && kind == FieldKind::Text && example.is_some() {
        table
            .node("example")
            .wrong("a secret needs no example: it is masked wherever one would stand");
    }
    if secret && default.as_deref().is_some_and(|default| !default.is_empty()) {
        table.node("default").wrong("a secret has no default but nothing");
    }
    let example = match (example, &default) {
        (Some(example), _) => example,
        (None, _) if secret && kind == FieldKind::Text => MASK.to_owned(),
        (None, Some(default)) => default.clone(),
        (None, None) => {
            node.wrong("needs an `example` or a `default`, to be tried with");
            String::new()
        }
    };
    let field = Field {
        name: name.to_owned(),
        about: table.text("about"),
        secret,
        kind,
        pattern,
        default,
        example,
    };
    let shown = [("default", field.default.as_ref()), ("example", Some(&field.example))];
    for (key, value) in shown {
        let Some(value) = value.filter(|value| value.as_str() != MASK) else {
            continue;
        };
        if let Err(what) = suits(&field, value)
            && table.get(key).is_some()
        {
            table.node(key).wrong(what);
        }
    }
    field
}

fn auth(table: &Table<'_>, names: &Names) -> Auth {
    let Some(node) = table.get("auth") else {
        return Auth::None;
    };
    let kind = node.value.get("kind").and_then(Value::as_str).unwrap_or_default();
    let header = Place::Header;
    match kind {
        "none" => {
            node.table(&["kind"]);
            Auth::None
        }
        "bearer" => Auth::Bearer(node.table(&["kind", "token"]).template("token", header, names)),
        "basic" => {
            let table = node.table(&["kind", "user", "password"]);
            Auth::Basic {
                user: table.template("user", Place::Plain, names),
                password: table.template("password", Place::Plain, names),
            }
        }
        "header" => {
            let table = node.table(&["kind", "name", "value"]);
            let name = table.text("name");
            step::check_header(&table.node("name"), &name);
            let value = table.template("value", header, names);
            Auth::Header { name, value }
        }
        "oauth2_client_credentials" | "oauth2_refresh" => {
            let mut known = vec!["kind", "token_url", "client_id", "client_secret", "scope", "client"];
            known.extend((kind == "oauth2_refresh").then_some("refresh_token"));
            let table = node.table(&known);
            let client_by_basic = match table.optional_text("client").as_deref() {
                None | Some("body") => false,
                Some("basic") => true,
                Some(_) => {
                    table.node("client").wrong("is `body` or `basic`");
                    false
                }
            };
            let plain = Place::Plain;
            Auth::OAuth2(OAuth2 {
                token_url: table.template("token_url", Place::Url, names),
                client_id: table.template("client_id", plain, names),
                client_secret: table.template("client_secret", plain, names),
                refresh_token: (kind == "oauth2_refresh").then(|| table.template("refresh_token", plain, names)),
                scope: table.get("scope").map(|_| table.template("scope", plain, names)),
                client_by_basic,
            })
        }
        other => {
            let kinds = [
                "none",
                "bearer",
                "basic",
                "header",
                "oauth2_client_credentials",
                "oauth2_refresh",
            ];
            node.wrong(format!(
                "`{other}` is no `kind` of auth; kinds are {}",
                listed(kinds.into_iter())
            ));
            Auth::None
        }
    }
}

fn retry_header(node: &Node<'_>) -> RetryHeader {
    let table = node.table(&["header", "unit"]);
    let unit = match table.text("unit").as_str() {
        "seconds" => Unit::Seconds,
        "milliseconds" => Unit::Milliseconds,
        "unix" => Unit::Unix,
        _ => {
            table.node("unit").wrong("is `seconds`, `milliseconds` or `unix`");
            Unit::Seconds
        }
    };
    let header = table.text("header");
    step::check_header(&table.node("header"), &header);
    RetryHeader { header, unit }
}

/// Whether a name can stand in a template.
fn is_word(name: &str) -> bool {
    let letters = name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    letters && name.len() <= 64 && name.starts_with(|first: char| first.is_ascii_lowercase())
}

fn listed<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// The last line of what a parser of patterns says: the lines before draw the pattern.
fn said(error: &regex::Error) -> String {
    error
        .to_string()
        .lines()
        .last()
        .unwrap_or_default()
        .trim_start_matches("error: ")
        .to_owned()
}

impl Table<'_> {
    /// A template that must be there.
    fn template(&self, key: &str, place: Place, names: &Names) -> Template {
        match self.get(key) {
            Some(node) => node.template(place, names),
            None => {
                self.lacks(key);
                Template {
                    source: String::new(),
                    at: self.node(key).at,
                    place,
                }
            }
        }
    }
}
