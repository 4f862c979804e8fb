//! The log record: one update of one webhook, its own JSON untouched, in a small envelope.
//!
//! ```text
//! {"v":1,"kind":"update","received_at":1764000000123,"post":"0193…","entry":0,"change":0,"item":2,
//!  "waba_id":"1029…","field":"messages","part":"message","phone_number_id":"1065…","update":{…Meta's bytes…}}
//! ```
//!
//! What is not understood today is still there tomorrow: a reader that learns a new type replays the log.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::decision::Decision;
use crate::labels::Author;
use crate::outcome::Outcome;
use crate::verdict::Verdict;

/// The version of the envelope this code writes. Readers refuse a newer one.
pub const VERSION: u8 = 1;

/// One record of `parlance.events`, `parlance.verdicts` or `parlance.outcomes`. Read it with [`Record::from_json`].
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every record is an update, and none is kept"
)]
pub enum Record<'a> {
    /// One update of a webhook.
    Update(Update<'a>),
    /// What somebody says of a message; these stand in `parlance.verdicts`.
    Verdict(Box<Verdict>),
    /// What somebody decided about a conversation or a customer; these too.
    Decision(Box<Decision>),
    /// What became of an action; these stand in `parlance.outcomes`.
    Outcome(Box<Outcome>),
    /// Says that the log's clock has moved on, and how many settings are in force from here on in this partition.
    Heartbeat(Heartbeat),
}

/// A record without data; written to partitions that are otherwise quiet, and when a setting comes into force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// See [`VERSION`].
    pub v: u8,
    /// Settings up to this offset of `parlance.settings` (not including it) are in force for the records that follow.
    /// What a replay finds in force so follows from the log, whenever a process happens to learn of a setting.
    #[serde(default)]
    pub settings: i64,
}

impl<'a> Record<'a> {
    /// Reads a record, borrowing from `json`. Not `Deserialize`: serde buffers an enum tagged within, and
    /// what is buffered can no longer be borrowed untouched.
    ///
    /// # Errors
    /// When the bytes are not JSON, the kind is unknown, or a field is missing or of the wrong type.
    pub fn from_json(json: &'a [u8]) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Kind {
            Update,
            Verdict,
            Decision,
            Outcome,
            Heartbeat,
        }
        #[derive(Deserialize)]
        struct Head {
            kind: Kind,
        }
        // Nearly every record is an update, written with its kind first: to find that out it need not be read twice.
        if json.starts_with(br#"{"kind":"update","#) {
            return serde_json::from_slice(json).map(Self::Update);
        }
        let Head { kind } = serde_json::from_slice(json)?;
        Ok(match kind {
            Kind::Update => Self::Update(serde_json::from_slice(json)?),
            Kind::Verdict => Self::Verdict(serde_json::from_slice(json)?),
            Kind::Decision => Self::Decision(serde_json::from_slice(json)?),
            Kind::Outcome => Self::Outcome(serde_json::from_slice(json)?),
            Kind::Heartbeat => Self::Heartbeat(serde_json::from_slice(json)?),
        })
    }
}

/// One update of a webhook: what it is, where it stood, and its bytes.
#[derive(Debug, Serialize, Deserialize)]
pub struct Update<'a> {
    /// See [`VERSION`].
    pub v: u8,
    /// When ingest had read the POST, Unix milliseconds by ingest's clock.
    pub received_at: i64,
    /// The POST this came in (UUIDv7, given by ingest).
    #[serde(borrow)]
    pub post: Cow<'a, str>,
    /// Place in the POST: index in `entry[]`.
    pub entry: u32,
    /// Place in the POST: index in `entry[].changes[]`.
    pub change: u32,
    /// Place in the POST: index among the updates of the change.
    pub item: u32,
    /// `entry[].id`: the WhatsApp Business Account. Empty when the entry has none.
    #[serde(borrow)]
    pub waba_id: Cow<'a, str>,
    /// `entry[].time` as Unix milliseconds, when there and readable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry_time: Option<i64>,
    /// `changes[].field`. Empty when the change has none.
    #[serde(borrow)]
    pub field: Cow<'a, str>,
    /// Which part of the change `update` is.
    pub part: Part,
    /// The path of the key under which a [`Part::UnknownKey`] stood; see [`Part`] for the two others that have one.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Cow<'a, str>>,
    /// `value.metadata.phone_number_id`; absent on account and template fields.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub phone_number_id: Option<Cow<'a, str>>,
    /// `value.metadata.display_phone_number`, as Meta formats it.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub display_phone_number: Option<Cow<'a, str>>,
    /// Of a [`Part::Sent`]: who wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Author>,
    /// Of a [`Part::Sent`]: the person or the bot by name.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub author_name: Option<Cow<'a, str>>,
    /// The item of `value.contacts[]` that belongs to this update, untouched.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<&'a RawValue>,
    /// The update's own JSON, byte for byte.
    #[serde(borrow)]
    pub update: &'a RawValue,
}

/// Which part of a webhook an update is. Every byte of a POST belongs to exactly one update
/// (a matched contact travels with its message).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// An item of `value.messages[]`.
    Message,
    /// An item of `value.message_echoes[]`.
    Echo,
    /// A message that Parlance sent, in the shape of an echo: `id`, `to` or `to_user_id`, `timestamp`, `type` and its body.
    Sent,
    /// An item of `value.history[].threads[].messages[]`; `name` is the thread's id (the customer's), `contact` the
    /// thread's `context` where there is one.
    HistoryMessage,
    /// An item of `value.history[]` that has no threads, a refusal as a rule; of one that has, its `metadata` (phase,
    /// chunk and progress) or its `errors`, and `name` says which.
    HistoryChunk,
    /// An item of `value.statuses[]`.
    Status,
    /// An item of `value.calls[]`.
    Call,
    /// An item of `value.errors[]`.
    Error,
    /// An item of `value.contacts[]` that no other update of its change refers to.
    Contact,
    /// An item of `value.user_preferences[]`.
    UserPreference,
    /// An item of `value.groups[]`.
    Group,
    /// An item of `value.state_sync[]` (the phone app's address book).
    StateSync,
    /// A whole `value` of a field that carries no list of items.
    Change,
    /// A key of the value, change, entry or body that we do not know; `name` is its path (`value.foo`, `body.foo`,
    /// `value.metadata.foo`).
    UnknownKey,
    /// A whole entry without changes.
    Entry,
    /// A whole body that is JSON, and signed, but not of a webhook's shape.
    Body,
}

impl Part {
    /// The part as it stands in JSON and ClickHouse.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Echo => "echo",
            Self::Sent => "sent",
            Self::HistoryMessage => "history_message",
            Self::HistoryChunk => "history_chunk",
            Self::Status => "status",
            Self::Call => "call",
            Self::Error => "error",
            Self::Contact => "contact",
            Self::UserPreference => "user_preference",
            Self::Group => "group",
            Self::StateSync => "state_sync",
            Self::Change => "change",
            Self::UnknownKey => "unknown_key",
            Self::Entry => "entry",
            Self::Body => "body",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_travels_with_its_own_json_untouched() {
        let update = RawValue::from_string("{ \"a\" : 1.10 }".to_owned()).unwrap();
        let record = Record::Update(Update {
            v: VERSION,
            received_at: 1,
            post: "p".into(),
            entry: 0,
            change: 0,
            item: 0,
            waba_id: "w".into(),
            entry_time: None,
            field: "messages".into(),
            part: Part::Message,
            name: None,
            phone_number_id: None,
            display_phone_number: None,
            author: None,
            author_name: None,
            contact: None,
            update: &update,
        });
        let json = serde_json::to_vec(&record).unwrap();
        let Record::Update(read) = Record::from_json(&json).unwrap() else {
            panic!("an update")
        };
        assert_eq!(read.update.get(), "{ \"a\" : 1.10 }");
        assert!(matches!(
            Record::from_json(br#"{"kind":"heartbeat","v":1}"#),
            Ok(Record::Heartbeat(Heartbeat { v: 1, settings: 0 }))
        ));
        assert!(Record::from_json(br#"{"kind":"other","v":1}"#).is_err());
    }
}
