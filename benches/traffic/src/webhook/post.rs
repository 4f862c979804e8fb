//! Many updates in one body: entries by account, changes by field and number, lists by kind.

use parlance_schemas::record::Part;
use rand::RngExt;
use rand_chacha::ChaCha12Rng;
use serde_json::{Value, json};

use super::update::Update;

/// The body of a POST that carries `updates`. Which of them share entries and changes is drawn.
pub fn compose(rng: &mut ChaCha12Rng, updates: &[Update]) -> Value {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    for update in updates {
        let is_home = |entry: &Entry<'_>| entry.waba_id == update.waba_id && entry.time == update.entry_time;
        let joins = rng.random_bool(0.85);
        let found = entries.iter().rposition(is_home).filter(|_| joins);
        let index = found.unwrap_or_else(|| {
            entries.push(Entry {
                waba_id: &update.waba_id,
                time: update.entry_time,
                changes: Vec::new(),
            });
            entries.len() - 1
        });
        entries[index].add(rng, update);
    }
    let entries: Vec<Value> = entries.into_iter().map(Entry::json).collect();
    json!({ "object": "whatsapp_business_account", "entry": entries })
}

struct Entry<'a> {
    waba_id: &'a str,
    time: Option<i64>,
    changes: Vec<Change<'a>>,
}

struct Change<'a> {
    field: &'static str,
    metadata: Option<&'a Value>,
    updates: Vec<&'a Update>,
}

impl<'a> Entry<'a> {
    fn add(&mut self, rng: &mut ChaCha12Rng, update: &'a Update) {
        // Messages and statuses mostly stand apart, now and then in one value.
        let mixes = rng.random_bool(0.1);
        let fits = |change: &Change<'_>| {
            change.field == update.field
                && change.metadata == update.metadata.as_ref()
                && shares(update)
                && change
                    .updates
                    .iter()
                    .all(|other| shares(other) && (mixes || other.part == update.part))
        };
        let joins = rng.random_bool(0.9);
        match self.changes.iter_mut().find(|change| joins && fits(change)) {
            Some(change) => change.updates.push(update),
            None => self.changes.push(Change {
                field: update.field,
                metadata: update.metadata.as_ref(),
                updates: vec![update],
            }),
        }
    }

    fn json(self) -> Value {
        let changes: Vec<Value> = self
            .changes
            .into_iter()
            .map(|change| json!({ "field": change.field, "value": change.value() }))
            .collect();
        let mut entry = json!({ "id": self.waba_id, "changes": changes });
        if let Some(time) = self.time {
            entry["time"] = json!(time);
        }
        entry
    }
}

/// Whether an update may stand in one value with others: events are a value of their own, and a message that names
/// nobody (a system message about a hidden number) would be taken for one by whoever stands beside it.
fn shares(update: &Update) -> bool {
    update.part != Part::Change && (update.part != Part::Message || update.contact.is_some())
}

impl Change<'_> {
    fn value(self) -> Value {
        if let [update] = self.updates.as_slice()
            && update.part == Part::Change
        {
            return update.item.clone();
        }
        let mut value = json!({ "messaging_product": "whatsapp" });
        if let Some(metadata) = self.metadata {
            value["metadata"] = metadata.clone();
        }
        let mut contacts: Vec<&Value> = Vec::new();
        for update in self.updates {
            if let Some(contact) = &update.contact
                && !contacts.contains(&contact)
            {
                contacts.push(contact);
            }
            let list = &mut value[update.list()];
            match list {
                Value::Array(items) => items.push(update.item.clone()),
                _ => *list = json!([update.item]),
            }
        }
        if !contacts.is_empty() {
            value["contacts"] = json!(contacts);
        }
        value
    }
}
