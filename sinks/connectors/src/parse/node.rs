//! A walk over a document that notes what is wrong and goes on, so that everything wrong is said at once.

use std::cell::RefCell;

use serde_json::{Map, Value};

use super::name::Names;
use crate::problem::{Problem, Problems};
use crate::template::{MAX_TEMPLATE, Place, Template};

/// Most problems that are said: the rest would tell nobody more.
const MAX_PROBLEMS: usize = 100;

/// The problems so far.
#[derive(Debug, Default)]
pub(super) struct Book(RefCell<Vec<Problem>>);

impl Book {
    pub(super) fn note(&self, at: impl Into<String>, what: impl Into<String>) {
        let problem = Problem {
            at: at.into(),
            what: what.into(),
        };
        let mut all = self.0.borrow_mut();
        if all.len() < MAX_PROBLEMS && !all.contains(&problem) {
            all.push(problem);
        }
    }

    pub(super) fn is_clean(&self) -> bool {
        self.0.borrow().is_empty()
    }

    pub(super) fn close(self) -> Result<(), Problems> {
        match self.0.into_inner() {
            all if all.is_empty() => Ok(()),
            all => Err(Problems(all)),
        }
    }
}

/// A value of the document, and where it stands.
pub(super) struct Node<'a> {
    pub(super) at: String,
    pub(super) value: &'a Value,
    pub(super) book: &'a Book,
}

/// A table, of which the keys are known.
pub(super) struct Table<'a> {
    at: String,
    map: Option<&'a Map<String, Value>>,
    book: &'a Book,
}

impl<'a> Node<'a> {
    pub(super) fn top(value: &'a Value, book: &'a Book) -> Self {
        Self {
            at: String::new(),
            value,
            book,
        }
    }

    pub(super) fn wrong(&self, what: impl Into<String>) {
        self.book.note(self.at.clone(), what);
    }

    /// A table with no keys but these.
    pub(super) fn table(&self, known: &[&str]) -> Table<'a> {
        let map = self.value.as_object();
        if map.is_none() {
            self.wrong("is no table");
        }
        for key in map
            .iter()
            .flat_map(|map| map.keys())
            .filter(|key| !known.contains(&key.as_str()))
        {
            self.book.note(joined(&self.at, key), "unknown key");
        }
        Table {
            at: self.at.clone(),
            map,
            book: self.book,
        }
    }

    /// The members of a table with any keys.
    pub(super) fn entries(&self) -> Vec<(String, Node<'a>)> {
        let Some(map) = self.value.as_object() else {
            self.wrong("is no table");
            return Vec::new();
        };
        let entry = |(key, value): (&String, &'a Value)| {
            let at = joined(&self.at, key);
            let book = self.book;
            (key.clone(), Node { at, value, book })
        };
        map.iter().map(entry).collect()
    }

    pub(super) fn items(&self) -> Vec<Node<'a>> {
        let Some(list) = self.value.as_array() else {
            self.wrong("is no list");
            return Vec::new();
        };
        let item = |(index, value): (usize, &'a Value)| Node {
            at: format!("{}[{index}]", self.at),
            value,
            book: self.book,
        };
        list.iter().enumerate().map(item).collect()
    }

    pub(super) fn text(&self) -> String {
        self.value.as_str().map(str::to_owned).unwrap_or_else(|| {
            self.wrong("is no text");
            String::new()
        })
    }

    /// A status, 100 to 599.
    pub(super) fn status(&self) -> u16 {
        let status = self.value.as_u64().and_then(|status| u16::try_from(status).ok());
        status.filter(|status| (100..600).contains(status)).unwrap_or_else(|| {
            self.wrong("is no status between 100 and 599");
            0
        })
    }

    /// A template whose names are all known.
    pub(super) fn template(&self, place: Place, names: &Names) -> Template {
        let template = Template {
            source: self.text(),
            at: self.at.clone(),
            place,
        };
        if template.source.len() > MAX_TEMPLATE {
            self.wrong(format!("is longer than {MAX_TEMPLATE} bytes"));
            return template;
        }
        match template.names() {
            Ok(used) => used.iter().for_each(|name| {
                if let Err(what) = names.check(name, place) {
                    self.wrong(what);
                }
            }),
            Err(unfilled) => self.wrong(unfilled.what),
        }
        template
    }
}

impl<'a> Table<'a> {
    pub(super) fn get(&self, key: &str) -> Option<Node<'a>> {
        let value = self.map?.get(key)?;
        let at = joined(&self.at, key);
        let book = self.book;
        Some(Node { at, value, book })
    }

    /// The value, or one that is nothing after noting that it lacks.
    pub(super) fn need(&self, key: &str) -> Node<'a> {
        static NOTHING: Value = Value::Null;
        self.get(key).unwrap_or_else(|| {
            self.lacks(key);
            Node {
                at: joined(&self.at, key),
                value: &NOTHING,
                book: self.book,
            }
        })
    }

    /// Where a key stands, for noting what is wrong there.
    pub(super) fn node(&self, key: &str) -> Node<'a> {
        static NOTHING: Value = Value::Null;
        Node {
            at: joined(&self.at, key),
            value: &NOTHING,
            book: self.book,
        }
    }

    pub(super) fn lacks(&self, key: &str) {
        if self.map.is_some() {
            self.book.note(joined(&self.at, key), "is missing");
        }
    }

    /// A text that must be there and must not be empty.
    pub(super) fn text(&self, key: &str) -> String {
        let Some(node) = self.get(key) else {
            self.lacks(key);
            return String::new();
        };
        let text = node.text();
        if node.value.is_string() && text.trim().is_empty() {
            node.wrong("is empty");
        }
        text
    }

    pub(super) fn optional_text(&self, key: &str) -> Option<String> {
        self.get(key).map(|node| node.text())
    }

    /// A name: small letters, digits, `_`.
    pub(super) fn word(&self, key: &str) -> String {
        let word = self.text(key);
        if !word.is_empty() && !super::is_word(&word) {
            self.node(key)
                .wrong("a name is of small letters, digits and `_`, and begins with a letter");
        }
        word
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        let Some(node) = self.get(key) else { return false };
        node.value.as_bool().unwrap_or_else(|| {
            node.wrong("is neither true nor false");
            false
        })
    }

    /// What a list holds; nothing when it is left out.
    pub(super) fn list(&self, key: &str) -> Vec<Node<'a>> {
        self.get(key).map(|node| node.items()).unwrap_or_default()
    }

    pub(super) fn entries(&self, key: &str) -> Vec<(String, Node<'a>)> {
        self.get(key).map(|node| node.entries()).unwrap_or_default()
    }
}

fn joined(at: &str, key: &str) -> String {
    match at {
        "" => key.to_owned(),
        at => format!("{at}.{key}"),
    }
}
