//! What the business's phone app tells when it shares its number: how far the import came, and its address book.

use super::error::ErrorObject;
use super::object::{Object, Remarks};

/// An item of `history[]` without its messages; or its `metadata`, or its `errors`, alone (see the splitter).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HistoryChunk {
    /// 0: the last day, 1: up to 90 days, 2: up to 180 days.
    pub phase: Option<i64>,
    /// The chunk's place in its phase; chunks arrive in any order.
    pub chunk_order: Option<i64>,
    /// How much of all has been sent, percent.
    pub progress: Option<i64>,
    /// Why there is none: the business declined to share.
    pub errors: Vec<ErrorObject>,
    /// What was not understood.
    pub remarks: Remarks,
}

impl HistoryChunk {
    /// Reads what one chunk says of itself.
    ///
    /// # Errors
    /// When `json` is neither an object nor a list of objects.
    pub fn parse(json: &str) -> Result<Self, serde_json::Error> {
        if json.trim_start().starts_with('[') {
            let items: Vec<&serde_json::value::RawValue> = serde_json::from_str(json)?;
            let mut chunk = Self::default();
            for item in items {
                let (error, remarks) = ErrorObject::parse_with_remarks(item.get())?;
                chunk.errors.push(error);
                chunk.remarks.absorb(remarks);
            }
            return Ok(chunk);
        }
        let mut object = Object::parse(json)?;
        let mut chunk = Self {
            errors: object.parts("errors"),
            ..Self::default()
        };
        if let Some(mut metadata) = object.object("metadata") {
            chunk.read(&mut metadata);
            object.absorb(metadata.finish());
        } else {
            chunk.read(&mut object);
        }
        chunk.remarks = object.finish();
        Ok(chunk)
    }

    fn read(&mut self, object: &mut Object<'_>) {
        self.phase = object.integer("phase");
        self.chunk_order = object.integer("chunk_order");
        self.progress = object.integer("progress");
    }
}

/// An item of `state_sync[]`: a change of the phone app's address book.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateSync {
    /// `contact`.
    pub r#type: Option<String>,
    /// `add` (or edit), `remove`.
    pub action: Option<String>,
    /// The entry's number.
    pub phone_number: Option<String>,
    /// The entry's full name.
    pub full_name: Option<String>,
    /// The entry's first name.
    pub first_name: Option<String>,
    /// The entry's username.
    pub username: Option<String>,
    /// The entry's BSUID.
    pub user_id: Option<String>,
    /// When it was changed, Unix milliseconds.
    pub timestamp_ms: Option<i64>,
    /// What was not understood.
    pub remarks: Remarks,
}

impl StateSync {
    /// Reads one change.
    ///
    /// # Errors
    /// When `json` is not an object. A member of the wrong shape reads as none, and is noted in `remarks`.
    pub fn parse(json: &str) -> Result<Self, serde_json::Error> {
        let mut object = Object::parse(json)?;
        let mut sync = Self {
            r#type: object.id("type"),
            action: object.id("action"),
            ..Self::default()
        };
        if let Some(mut contact) = object.object("contact") {
            sync.phone_number = contact.id("phone_number");
            sync.full_name = contact.text("full_name");
            sync.first_name = contact.text("first_name");
            sync.username = contact.text("username");
            sync.user_id = contact.id("user_id");
            object.absorb(contact.finish());
        }
        if let Some(mut metadata) = object.object("metadata") {
            sync.timestamp_ms = metadata.millis("timestamp");
            object.absorb(metadata.finish());
        }
        sync.remarks = object.finish();
        Ok(sync)
    }
}
