//! From the body of one POST to its updates, each with its own bytes and the key of its conversation.
//!
//! ```text
//! body ─ entry[] ─ changes[] ─ value ─┬─ messages[], statuses[], …   one update per item
//!                                     ├─ contacts[]                  travel with their items
//!                                     └─ whatever else               an update of its own
//! ```
//!
//! Every byte that says something belongs to exactly one update; only what the envelope repeats (ids, times,
//! `object`, `messaging_product`) and punctuation do not. What has not the expected shape is kept whole at the level
//! where the shape ends, and its siblings are split as ever. A key that occurs twice is not overwritten: lists and
//! values are all split, and of a repeated single (`id`, `field`, `metadata`) the first counts, the rest are kept as
//! unknown keys. Nothing recurses: the levels are the five drawn above, and what lies below them is never parsed.

mod people;
mod value;

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{json, time};
use crate::record::{Part, Update, VERSION};

/// An update and the key it has in the log.
#[derive(Debug)]
pub struct Keyed<'a> {
    /// `<phone_number_id>:<user>`, where the user is the BSUID, else the phone number, and for groups the group;
    /// without a user `<phone_number_id>`; without a number `<waba_id>`; empty when not even that is known.
    pub key: String,
    /// The update.
    pub update: Update<'a>,
}

/// Splits the body of a POST that ingest finished reading at `received_at` (Unix milliseconds) and named `post`.
///
/// There is at least one update in every body. An error means that the body is not JSON at all.
pub fn split<'a>(body: &'a [u8], post: &'a str, received_at: i64) -> Result<Vec<Keyed<'a>>, serde_json::Error> {
    let body: &'a RawValue = serde_json::from_slice(body)?;
    let mut split = Split {
        post,
        received_at,
        updates: Vec::new(),
    };
    split.body(body);
    Ok(split.updates)
}

/// What the updates of one change have in common.
#[derive(Clone, Default)]
struct Head<'a> {
    entry: u32,
    change: u32,
    waba_id: Cow<'a, str>,
    entry_time: Option<i64>,
    field: Cow<'a, str>,
    phone_number_id: Option<Cow<'a, str>>,
    display_phone_number: Option<Cow<'a, str>>,
}

/// What is an update's own.
struct Piece<'a> {
    part: Part,
    name: Option<Cow<'a, str>>,
    contact: Option<&'a RawValue>,
    raw: &'a RawValue,
}

impl<'a> Piece<'a> {
    fn new(part: Part, raw: &'a RawValue) -> Self {
        Self {
            part,
            name: None,
            contact: None,
            raw,
        }
    }

    fn unknown(path: &str, key: &str, raw: &'a RawValue) -> Self {
        Self {
            part: Part::UnknownKey,
            name: Some(Cow::Owned(format!("{path}.{key}"))),
            contact: None,
            raw,
        }
    }
}

struct Split<'a> {
    post: &'a str,
    received_at: i64,
    updates: Vec<Keyed<'a>>,
}

impl<'a> Split<'a> {
    /// Adds an update; `item` counts the updates of the change.
    fn push(&mut self, head: &Head<'a>, user: Option<&str>, piece: Piece<'a>) {
        let before = self.updates.last().map(|last| &last.update);
        let item = match before {
            Some(last) if (last.entry, last.change) == (head.entry, head.change) => last.item + 1,
            _ => 0,
        };
        let key = match (&head.phone_number_id, user) {
            (Some(number), Some(user)) => format!("{number}:{user}"),
            (Some(number), None) => number.to_string(),
            (None, _) => head.waba_id.to_string(),
        };
        let update = Update {
            v: VERSION,
            received_at: self.received_at,
            post: Cow::Borrowed(self.post),
            entry: head.entry,
            change: head.change,
            item,
            waba_id: head.waba_id.clone(),
            entry_time: head.entry_time,
            field: head.field.clone(),
            part: piece.part,
            name: piece.name,
            phone_number_id: head.phone_number_id.clone(),
            display_phone_number: head.display_phone_number.clone(),
            author: None,
            author_name: None,
            contact: piece.contact,
            update: piece.raw,
        };
        self.updates.push(Keyed { key, update });
    }

    fn body(&mut self, body: &'a RawValue) {
        let mut entries = 0;
        let mut rest = Vec::new();
        for (key, raw) in json::members(body).unwrap_or_default() {
            match (&*key, json::items(raw)) {
                ("entry", Some(items)) if !items.is_empty() => {
                    for entry in items {
                        self.entry(entries, entry);
                        entries += 1;
                    }
                }
                ("object", _) if raw.get() == "\"whatsapp_business_account\"" => {}
                _ => rest.push(Piece::unknown("body", &key, raw)),
            }
        }
        if entries == 0 {
            rest = vec![Piece::new(Part::Body, body)];
        }
        for piece in rest {
            self.push(&Head::default(), None, piece);
        }
    }

    fn entry(&mut self, index: u32, entry: &'a RawValue) {
        let mut head = Head {
            entry: index,
            ..Head::default()
        };
        let mut changes = Vec::new();
        let mut rest = Vec::new();
        let (mut has_id, mut has_time) = (false, false);
        for (key, raw) in json::members(entry).unwrap_or_default() {
            match &*key {
                "id" if !has_id && json::id(raw).is_some() => {
                    head.waba_id = json::id(raw).unwrap_or_default();
                    has_id = true;
                }
                "time" if !has_time && time::millis(raw).is_some() => {
                    head.entry_time = time::millis(raw);
                    has_time = true;
                }
                "changes" => match json::items(raw) {
                    Some(items) if !items.is_empty() => changes.extend(items),
                    _ => rest.push(Piece::unknown("entry", &key, raw)),
                },
                _ => rest.push(Piece::unknown("entry", &key, raw)),
            }
        }
        if changes.is_empty() {
            return self.push(&head, None, Piece::new(Part::Entry, entry));
        }
        for change in changes {
            self.change(head.clone(), change);
            head.change += 1;
        }
        // They come after the last change, as a change without a field.
        for piece in rest {
            self.push(&head, None, piece);
        }
    }

    fn change(&mut self, mut head: Head<'a>, change: &'a RawValue) {
        let mut values = Vec::new();
        let mut rest = Vec::new();
        let mut has_field = false;
        for (key, raw) in json::members(change).unwrap_or_default() {
            match &*key {
                "field" if !has_field && json::id(raw).is_some() => {
                    head.field = json::id(raw).unwrap_or_default();
                    has_field = true;
                }
                "value" => values.push(raw),
                _ => rest.push(Piece::unknown("change", &key, raw)),
            }
        }
        if values.is_empty() {
            return self.push(&head, None, Piece::new(Part::Change, change));
        }
        for value in values {
            self.value(head.clone(), value);
        }
        for piece in rest {
            self.push(&head, None, piece);
        }
    }
}
