//! The `value` of one change: its lists of items, and what stands beside them.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::people::{self, Contact, Person};
use super::{Head, Piece, Split};
use crate::record::Part;
use crate::webhook::field::{FieldKind, known_field};
use crate::webhook::json::{self, Member};

/// The lists that are split, and what their items are. `history` is split deeper, see `Found::history`.
const LISTS: [(&str, Part); 9] = [
    ("messages", Part::Message),
    ("message_echoes", Part::Echo),
    ("statuses", Part::Status),
    ("calls", Part::Call),
    ("errors", Part::Error),
    ("user_preferences", Part::UserPreference),
    ("groups", Part::Group),
    ("state_sync", Part::StateSync),
    ("history", Part::HistoryChunk),
];

impl<'a> Split<'a> {
    pub(super) fn value(&mut self, mut head: Head<'a>, value: &'a RawValue) {
        let members = json::members(value).unwrap_or_default();
        let mut rest = Vec::new();
        for (key, raw) in &members {
            if key == "metadata" {
                metadata(&mut head, raw, &mut rest);
            }
        }
        if !carries_items(&head.field, &members) {
            return self.push(&head, None, Piece::new(Part::Change, value));
        }
        let business = head.display_phone_number.clone();
        let mut found = Found {
            business: business.as_deref(),
            pieces: Vec::new(),
            people: Vec::new(),
            rest,
        };
        let mut contacts = Vec::new();
        for (key, raw) in members {
            let part = LISTS.iter().find(|(name, _)| *name == key).map(|(_, part)| *part);
            match (&*key, json::items(raw)) {
                ("metadata", _) => {}
                ("messaging_product", _) if raw.get() == "\"whatsapp\"" => {}
                ("contacts", Some(items)) => contacts.extend(items.into_iter().map(Contact::of)),
                ("history", Some(items)) => items.into_iter().for_each(|item| found.history(item)),
                (_, Some(items)) if part.is_some() => {
                    let part = part.unwrap_or(Part::UnknownKey);
                    items.into_iter().for_each(|item| found.item(part, item));
                }
                _ => found.rest.push(Piece::unknown("value", &key, raw)),
            }
        }
        self.push_found(&head, found, &contacts, value);
    }

    /// Adds the items with their contacts, then the contacts without items, then the rest.
    fn push_found(&mut self, head: &Head<'a>, found: Found<'a, '_>, contacts: &[Contact<'a>], value: &'a RawValue) {
        let Found {
            pieces, people, rest, ..
        } = found;
        if pieces.is_empty() && contacts.is_empty() {
            // Empty lists only: the value as a whole says so.
            return self.push(head, None, Piece::new(Part::Change, value));
        }
        let matches = people::matches(&people, contacts);
        let mut is_lone = vec![true; contacts.len()];
        for ((mut piece, person), found) in pieces.into_iter().zip(&people).zip(matches) {
            // A thread of the history brings its own; an error or a chunk is about nobody and takes nobody's along.
            let brought = piece.contact.map(Contact::of);
            let takes_one = brought.is_none() && !matches!(piece.part, Part::Error | Part::HistoryChunk);
            let found = found.filter(|_| takes_one);
            if let Some(index) = found {
                is_lone[index] = false;
                piece.contact = Some(contacts[index].raw);
            }
            let contact = brought.as_ref().or(found.map(|index| &contacts[index]));
            self.push(head, person.user(contact), piece);
        }
        for (contact, _) in contacts.iter().zip(is_lone).filter(|(_, lone)| *lone) {
            self.push(head, contact.user(), Piece::new(Part::Contact, contact.raw));
        }
        for piece in rest {
            self.push(head, None, piece);
        }
    }
}

/// Takes the business's number out of `value.metadata`; what else is there goes to `rest`.
fn metadata<'a>(head: &mut Head<'a>, metadata: &'a RawValue, rest: &mut Vec<Piece<'a>>) {
    let Some(members) = json::members(metadata) else {
        return rest.push(Piece::unknown("value", "metadata", metadata));
    };
    for (key, raw) in members {
        match (&*key, json::id(raw)) {
            ("phone_number_id", Some(id)) if head.phone_number_id.is_none() => head.phone_number_id = Some(id),
            ("display_phone_number", Some(number)) if head.display_phone_number.is_none() => {
                head.display_phone_number = Some(number);
            }
            _ => rest.push(Piece::unknown("value.metadata", &key, raw)),
        }
    }
}

/// True when the value is to be split. Values of account fields are one event each; some of them (flows) have a key
/// `errors` that means something else. Contacts and errors make a list only when nothing unknown stands beside them:
/// else they are details of the unknown.
fn carries_items(field: &str, members: &[Member<'_>]) -> bool {
    let is_list = |(key, raw): &Member<'_>, names: &[&str]| names.contains(&&**key) && json::is_list(raw);
    let is_aside = |(key, _): &Member<'_>| matches!(&**key, "messaging_product" | "metadata" | "contacts" | "errors");
    let has_items = members
        .iter()
        .any(|member| !is_aside(member) && LISTS.iter().any(|(name, _)| is_list(member, &[name])));
    let has_asides = members.iter().any(|member| is_list(member, &["contacts", "errors"]));
    has_items || (known_field(field) != FieldKind::Account && has_asides && members.iter().all(is_aside))
}

/// The items of a value, each with whom it is about.
struct Found<'a, 'b> {
    business: Option<&'b str>,
    pieces: Vec<Piece<'a>>,
    people: Vec<Person<'a>>,
    rest: Vec<Piece<'a>>,
}

impl<'a> Found<'a, '_> {
    fn item(&mut self, part: Part, raw: &'a RawValue) {
        self.add(Piece::new(part, raw), Person::of(part, raw, self.business));
    }

    fn add(&mut self, piece: Piece<'a>, person: Person<'a>) {
        self.pieces.push(piece);
        self.people.push(person);
    }

    /// An item of `history[]`: its messages one by one, and what it says of the import. An item without threads is
    /// one update; of an item with threads, `metadata` and `errors` are updates named so.
    fn history(&mut self, item: &'a RawValue) {
        let members = json::members(item).unwrap_or_default();
        let has_threads = members.iter().any(|(key, raw)| key == "threads" && json::is_list(raw));
        if !has_threads {
            return self.add(Piece::new(Part::HistoryChunk, item), Person::default());
        }
        for (key, raw) in members {
            match (&*key, json::items(raw)) {
                ("threads", Some(threads)) => threads.into_iter().for_each(|thread| self.thread(thread)),
                ("metadata" | "errors", _) => {
                    let piece = Piece {
                        name: Some(key),
                        ..Piece::new(Part::HistoryChunk, raw)
                    };
                    self.add(piece, Person::default());
                }
                _ => self.rest.push(Piece::unknown("value.history", &key, raw)),
            }
        }
    }

    /// An item of `history[].threads[]`: `id` is the customer's number, `context` describes them like a contact.
    fn thread(&mut self, thread: &'a RawValue) {
        const PATH: &str = "value.history.threads";
        let members = json::members(thread).unwrap_or_default();
        let get = |name: &str| members.iter().find(|(key, _)| key == name).map(|(_, raw)| *raw);
        let messages: Vec<&'a RawValue> = members
            .iter()
            .filter(|(key, _)| key == "messages")
            .flat_map(|(_, raw)| json::items(raw).unwrap_or_default())
            .collect();
        if messages.is_empty() {
            return self.rest.push(Piece {
                name: Some(Cow::Borrowed(PATH)),
                ..Piece::new(Part::UnknownKey, thread)
            });
        }
        let id = get("id").and_then(json::id);
        let context = get("context").filter(|context| context.get().starts_with('{'));
        for message in messages {
            let piece = Piece {
                name: id.clone(),
                contact: context,
                ..Piece::new(Part::HistoryMessage, message)
            };
            let person = Person::of(Part::HistoryMessage, message, self.business);
            self.add(piece, person.also(id.clone()));
        }
        let (mut has_id, mut has_context) = (id.is_none(), context.is_none());
        for (key, raw) in members {
            let is_new = match &*key {
                "id" => !std::mem::replace(&mut has_id, true),
                "context" => !std::mem::replace(&mut has_context, true),
                "messages" => json::is_list(raw),
                _ => false,
            };
            if !is_new {
                self.rest.push(Piece::unknown(PATH, &key, raw));
            }
        }
    }
}
