//! One step: a request, how its answer is read, and what its errors mean.

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};
use serde_json::Value;
use serde_json_path::JsonPath;

use super::ability::check_read_name;
use super::name::Names;
use super::node::{Node, Table};
use super::{MAX_PATTERN, said};
use crate::connector::{
    BodyPlan, ErrorRule, Example, HttpPlan, MailPlan, Read, RuleClass, SendPlan, Source, Step, Tree,
};
use crate::template::{Place, Template};

const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "REPORT", "PROPFIND"];
/// Whoever sends a request sets these itself.
const OWN_HEADERS: &[&str] = &[
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "te",
    "upgrade",
    "trailer",
];
/// Deepest body.
const MAX_DEPTH: usize = 32;

pub(super) fn step(node: &Node<'_>, names: &Names, smtp: bool) -> Step {
    let table = node.table(&[
        "name", "when", "request", "mail", "ok", "read", "missing", "errors", "examples",
    ]);
    let send = match (table.get("request"), table.get("mail")) {
        (_, Some(mail)) => {
            if !smtp {
                mail.wrong("a step sends mail, but there is no `[smtp]`");
            }
            if table.get("request").is_some() {
                mail.wrong("a step has either a `request` or a `mail`");
            }
            SendPlan::Mail(mail_plan(&mail, names))
        }
        (request, None) => SendPlan::Http(http_plan(&request.unwrap_or_else(|| table.need("request")), names)),
    };
    let missing = table
        .get("missing")
        .map(|node| rule_class(&node))
        .unwrap_or(RuleClass::Final);
    if missing == RuleClass::AlreadyThere {
        table.node("missing").wrong("is `final`, `may_pass` or `auth`");
    }
    Step {
        name: table.word("name"),
        at: node.at.clone(),
        when: table.get("when").map(|node| node.template(Place::Expression, names)),
        send,
        ok: table.list("ok").iter().map(Node::status).collect(),
        read: reads(&table, "read", names),
        missing,
        errors: rules(&table, "errors", names),
        examples: table.list("examples").iter().map(example).collect(),
    }
}

fn http_plan(node: &Node<'_>, names: &Names) -> HttpPlan {
    let table = node.table(&["method", "url", "headers", "body", "form", "icalendar", "xml", "text"]);
    let method = table.text("method");
    if !method.is_empty() && !METHODS.contains(&method.as_str()) {
        table
            .node("method")
            .wrong(format!("is none of {}", super::listed(METHODS.iter().copied())));
    }
    let header = |(name, node): (String, Node<'_>)| {
        check_header(&node, &name);
        (name, node.template(Place::Header, names))
    };
    let bodies = ["body", "form", "icalendar", "xml", "text"];
    if bodies.iter().filter(|key| table.get(key).is_some()).count() > 1 {
        node.wrong("has more than one of `body`, `form`, `icalendar`, `xml`, `text`");
    }
    let body = if let Some(body) = table.get("body") {
        BodyPlan::Json(tree(&body, names, 0))
    } else if let Some(form) = table.get("form") {
        let pairs = form.entries().into_iter();
        BodyPlan::Form(
            pairs
                .map(|(name, node)| (name, node.template(Place::Plain, names)))
                .collect(),
        )
    } else if let Some(text) = table.get("icalendar") {
        BodyPlan::Icalendar(text.template(Place::Icalendar, names))
    } else if let Some(text) = table.get("xml") {
        BodyPlan::Xml(text.template(Place::Xml, names))
    } else if let Some(text) = table.get("text") {
        BodyPlan::Text(text.template(Place::Plain, names))
    } else {
        BodyPlan::None
    };
    HttpPlan {
        method,
        url: table.template("url", Place::Url, names),
        headers: table.entries("headers").into_iter().map(header).collect(),
        body,
    }
}

/// Whether a header can be called so; `?` at its end says that it is left out when empty.
pub(super) fn check_header(node: &Node<'_>, name: &str) {
    let name = name.strip_suffix('?').unwrap_or(name);
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if name.is_empty() || !name.bytes().all(token) {
        node.wrong("is no name of a header");
    } else if OWN_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
        node.wrong("is a header that whoever sends the request sets");
    }
}

fn tree(node: &Node<'_>, names: &Names, depth: usize) -> Tree {
    if depth > MAX_DEPTH {
        node.wrong(format!("is nested deeper than {MAX_DEPTH}"));
        return Tree::Fixed(Value::Null);
    }
    match node.value {
        Value::String(_) => Tree::Text(node.template(Place::Plain, names)),
        Value::Array(_) => Tree::List(node.items().iter().map(|item| tree(item, names, depth + 1)).collect()),
        Value::Object(map) if map.contains_key("$value") => {
            Tree::Value(node.table(&["$value"]).template("$value", Place::Expression, names))
        }
        Value::Object(_) => {
            let members = node.entries().into_iter();
            Tree::Object(
                members
                    .map(|(name, node)| (name, tree(&node, names, depth + 1)))
                    .collect(),
            )
        }
        fixed => Tree::Fixed(fixed.clone()),
    }
}

fn mail_plan(node: &Node<'_>, names: &Names) -> MailPlan {
    let table = node.table(&["from", "to", "subject", "body"]);
    MailPlan {
        from: table.template("from", Place::Line, names),
        to: table.template("to", Place::Line, names),
        subject: table.template("subject", Place::Line, names),
        body: table.template("body", Place::Plain, names),
    }
}

fn reads(table: &Table<'_>, key: &str, names: &Names) -> BTreeMap<String, Read> {
    let read = |(name, node): (String, Node<'_>)| {
        check_read_name(&node, &name);
        let read = read(&node, names)?;
        Some((name, read))
    };
    table.entries(key).into_iter().filter_map(read).collect()
}

/// A JSONPath, or a table that says more.
fn read(node: &Node<'_>, names: &Names) -> Option<Read> {
    if node.value.is_string() {
        let from = Source::Json(json_path(node)?);
        return Some(Read {
            from,
            optional: false,
            all: false,
        });
    }
    let table = node.table(&["json", "header", "regex", "optional", "all"]);
    let pattern = table.get("regex").map(|node| pattern(&node));
    let from = match (table.get("json"), table.get("header"), pattern) {
        (Some(json), None, None) => match json.value.as_str() {
            Some(path) if path.contains("{{") => Source::JsonOf(path_of_fields(&json, names)),
            _ => Source::Json(json_path(&json)?),
        },
        (None, Some(header), pattern) => {
            let name = header.text();
            check_header(&header, &name);
            Source::Header(name, pattern.flatten())
        }
        (None, None, Some(pattern)) => Source::Body(pattern?),
        _ => {
            node.wrong("says where to read with either `json`, or `regex`, or `header` (with or without `regex`)");
            return None;
        }
    };
    Some(Read {
        from,
        optional: table.flag("optional"),
        all: table.flag("all"),
    })
}

/// A JSONPath that an integrator fills in; nothing of a customer can stand in it.
fn path_of_fields(node: &Node<'_>, names: &Names) -> Template {
    let template = node.template(Place::Plain, names);
    let used = template.names().unwrap_or_default();
    if !used.iter().all(|name| name.starts_with("fields.")) {
        node.wrong("a path is made of fields only");
    }
    template
}

pub(super) fn json_path(node: &Node<'_>) -> Option<JsonPath> {
    match JsonPath::parse(&node.text()) {
        Ok(path) => Some(path),
        Err(error) if node.value.is_string() => {
            node.wrong(format!("is no JSONPath: {error}"));
            None
        }
        Err(_) => None,
    }
}

fn pattern(node: &Node<'_>) -> Option<Regex> {
    match RegexBuilder::new(&node.text()).size_limit(MAX_PATTERN).build() {
        Ok(pattern) => Some(pattern),
        Err(error) => {
            node.wrong(format!("is no pattern: {}", said(&error)));
            None
        }
    }
}

pub(super) fn rules(table: &Table<'_>, key: &str, names: &Names) -> Vec<ErrorRule> {
    table.list(key).iter().map(|node| rule(node, names)).collect()
}

fn rule(node: &Node<'_>, names: &Names) -> ErrorRule {
    let table = node.table(&["status", "body", "json", "class", "read"]);
    let rule = ErrorRule {
        status: table.list("status").iter().map(Node::status).collect(),
        body: table.get("body").and_then(|node| pattern(&node)),
        json: table.get("json").and_then(|node| json_path(&node)),
        class: rule_class(&table.need("class")),
        read: reads(&table, "read", names),
    };
    if ["status", "body", "json"].iter().all(|key| table.get(key).is_none()) {
        node.wrong("fits every answer: it needs a `status`, a `body` or a `json`");
    }
    if !rule.read.is_empty() && rule.class != RuleClass::AlreadyThere {
        table.node("read").wrong("only what is `already_there` is read");
    }
    rule
}

fn rule_class(node: &Node<'_>) -> RuleClass {
    match node.value.as_str() {
        Some("final") => RuleClass::Final,
        Some("may_pass") => RuleClass::MayPass,
        Some("auth") => RuleClass::Auth,
        Some("already_there") => RuleClass::AlreadyThere,
        _ => {
            node.wrong("is `final`, `may_pass`, `auth` or `already_there`");
            RuleClass::Final
        }
    }
}

fn example(node: &Node<'_>) -> Example {
    let table = node.table(&["status", "headers", "json", "text"]);
    let header = |(name, node): (String, Node<'_>)| (name, node.text());
    if table.get("json").is_some() && table.get("text").is_some() {
        node.wrong("has either a `json` or a `text`");
    }
    Example {
        status: table.need("status").status(),
        headers: table.entries("headers").into_iter().map(header).collect(),
        body: match table.get("json") {
            Some(json) => json.value.to_string(),
            None => table.optional_text("text").unwrap_or_default(),
        },
    }
}
