//! What a body holds, counted from its updates: to be compared with an oracle that counted it otherwise.

use std::collections::BTreeSet;

use parlance_schemas::fingerprint;
use parlance_schemas::record::{Part, Update};
use parlance_schemas::webhook::{Call, Message, Status, split};

/// Counts of a body. Lists are sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) entries: usize,
    pub(crate) changes: usize,
    pub(crate) messages: usize,
    pub(crate) statuses: usize,
    pub(crate) calls: usize,
    pub(crate) echoes: usize,
    pub(crate) value_errors: usize,
    pub(crate) msg_errors: usize,
    pub(crate) status_errors: usize,
    pub(crate) contacts: usize,
    pub(crate) history_messages: usize,
    pub(crate) fields: Vec<String>,
    pub(crate) ids: Vec<String>,
    pub(crate) phone_number_ids: Vec<String>,
}

impl Counts {
    /// Splits the body and reads its items; panics when an item cannot be read.
    pub(crate) fn of(body: &str) -> Self {
        let updates = split(body.as_bytes(), "post", 1_764_000_000_000).expect("JSON");
        let mut counts = Self::default();
        let (mut entries, mut changes, mut contacts) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for update in updates.iter().map(|keyed| &keyed.update) {
            let name = update.name.as_deref().unwrap_or_default();
            let is_beside = name.starts_with("entry.") || name.starts_with("body.");
            if update.part != Part::Body && !name.starts_with("body.") {
                entries.insert(update.entry);
            }
            if !matches!(update.part, Part::Body | Part::Entry)
                && !is_beside
                && changes.insert((update.entry, update.change))
            {
                counts.fields.push(update.field.clone().into_owned());
                counts
                    .phone_number_ids
                    .extend(update.phone_number_id.clone().map(String::from));
            }
            contacts.extend(update.contact.map(|contact| contact.get().as_ptr()));
            counts.add(update);
        }
        counts.entries = entries.len();
        counts.changes = changes.len();
        counts.contacts += contacts.len();
        counts.sorted()
    }

    fn add(&mut self, update: &Update<'_>) {
        let json = update.update.get();
        match update.part {
            Part::Message | Part::Echo | Part::HistoryMessage => {
                let message = Message::parse(json).expect("a message");
                let count = match update.part {
                    Part::Message => &mut self.messages,
                    Part::Echo => &mut self.echoes,
                    _ => &mut self.history_messages,
                };
                *count += 1;
                self.msg_errors += message.errors.len();
                self.ids.extend(message.id);
            }
            Part::Status => {
                let status = Status::parse(json).expect("a status");
                self.statuses += 1;
                self.status_errors += status.errors.len();
                self.ids.extend(status.id);
            }
            Part::Call => {
                self.calls += 1;
                self.ids.extend(Call::parse(json).expect("a call").id);
            }
            Part::Error => self.value_errors += 1,
            Part::Contact => self.contacts += 1,
            _ => {}
        }
    }

    /// The counts of two bodies in one.
    pub(crate) fn plus(mut self, other: &Self) -> Self {
        self.entries += other.entries;
        self.changes += other.changes;
        self.messages += other.messages;
        self.statuses += other.statuses;
        self.calls += other.calls;
        self.echoes += other.echoes;
        self.value_errors += other.value_errors;
        self.msg_errors += other.msg_errors;
        self.status_errors += other.status_errors;
        self.contacts += other.contacts;
        self.history_messages += other.history_messages;
        self.fields.extend(other.fields.iter().cloned());
        self.ids.extend(other.ids.iter().cloned());
        self.phone_number_ids.extend(other.phone_number_ids.iter().cloned());
        self.sorted()
    }

    pub(crate) fn sorted(mut self) -> Self {
        self.fields.sort();
        self.ids.sort();
        self.phone_number_ids.sort();
        self
    }
}

/// What tells whether two bodies say the same: key, place, envelope and value of each update, whatever the spelling.
pub(crate) fn says(body: &str) -> Vec<String> {
    let of = |update: &Update<'_>| {
        let contact = update.contact.map(fingerprint::of_raw);
        format!(
            "{} {} {} {} {:?} {} {:?} {:?} {:?} {:?} {contact:?} {}",
            update.entry,
            update.change,
            update.item,
            update.waba_id,
            update.entry_time,
            update.field,
            update.part,
            update.name,
            update.phone_number_id,
            update.display_phone_number,
            fingerprint::of_raw(update.update),
        )
    };
    let updates = split(body.as_bytes(), "post", 0).expect("JSON");
    updates
        .iter()
        .map(|keyed| format!("{} {}", keyed.key, of(&keyed.update)))
        .collect()
}
