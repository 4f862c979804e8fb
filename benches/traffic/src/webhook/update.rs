//! One update, its place in a body, and what a ledger says of it.

use parlance_schemas::record::Part;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What identifies one stored update: a line of the ledger. Duplicates have equal lines but for `copy`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Line {
    /// Which part of a webhook it is; decides the table.
    pub kind: Part,
    /// The webhook's field.
    pub field: String,
    /// The WhatsApp Business Account.
    pub waba_id: String,
    /// The integration, or empty.
    pub phone_number_id: String,
    /// Id of the message or call (also of the one a status is about), or empty.
    pub id: String,
    /// The status, or empty.
    pub status: String,
    /// Whom a status is about, as `statuses.recipient_id` holds it, or empty.
    pub recipient: String,
    /// Event time, Unix seconds; of an account event `entry[].time`; 0 where the update says none.
    pub sent_at: i64,
    /// Canonical fingerprint ([`parlance_schemas::fingerprint::of_json`]) of the JSON of an update that has no id;
    /// that of the stored `raw` is the same. Empty where there is an id.
    pub fingerprint: String,
    /// A duplicate that was made on purpose.
    pub copy: bool,
}

/// One update (or, for imported history, a chunk of them) with its place in a body.
#[derive(Clone, Debug)]
pub struct Update {
    /// `entry[].id`.
    pub waba_id: String,
    /// `entry[].time`, seconds; account events have one.
    pub entry_time: Option<i64>,
    /// `changes[].field`.
    pub field: &'static str,
    /// `metadata`, for fields that have it.
    pub metadata: Option<Value>,
    /// Which list of the value it stands in; [`Part::Change`] for a value of its own.
    pub part: Part,
    /// The item of `contacts[]` that goes with it.
    pub contact: Option<Value>,
    /// The update's own JSON.
    pub item: Value,
    /// What the ledger says: one line per update that the receiver will see in `item`.
    pub lines: Vec<Line>,
}

impl Update {
    /// The key of the list the item stands in.
    pub fn list(&self) -> &'static str {
        match self.part {
            Part::Message => "messages",
            Part::Echo | Part::Sent => "message_echoes",
            Part::Status => "statuses",
            Part::Call => "calls",
            Part::Error => "errors",
            Part::UserPreference => "user_preferences",
            Part::Group => "groups",
            Part::StateSync => "state_sync",
            Part::HistoryMessage | Part::HistoryChunk => "history",
            Part::Contact => "contacts",
            Part::Change | Part::UnknownKey | Part::Entry | Part::Body => "value",
        }
    }

    /// Gives the ledger's line the fingerprint of the item, which has no id.
    pub fn with_fingerprint(mut self) -> Self {
        let fingerprint = fingerprint(&self.item);
        for line in &mut self.lines {
            line.fingerprint.clone_from(&fingerprint);
        }
        self
    }

    /// The same update once more, marked as a copy in the ledger.
    pub fn again(&self) -> Self {
        let mut again = self.clone();
        for line in &mut again.lines {
            line.copy = true;
        }
        again
    }
}

/// The canonical fingerprint of a value, 32 hex digits.
pub(crate) fn fingerprint(value: &Value) -> String {
    parlance_schemas::fingerprint::of_json(&value.to_string())
        .expect("a value is written as JSON")
        .to_string()
}
