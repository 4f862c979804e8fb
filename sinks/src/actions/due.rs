//! An action as a record of the topic.

use parlance_schemas::action::{ACTION_ID, ActionRecord};
use parlance_schemas::rows::WriteError;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::FutureRecord;

/// An action that is not acknowledged yet.
pub(super) struct Due<'a> {
    key: String,
    id: String,
    /// What it does, for counting.
    pub(super) name: &'static str,
    json: &'a str,
}

impl<'a> Due<'a> {
    /// Of an [`ActionRecord`] in JSON, which is written as it is.
    pub(super) fn of(json: &'a str) -> Result<Self, WriteError> {
        let record: ActionRecord = serde_json::from_str(json)
            .map_err(|error| WriteError::Halt(format!("an action that the pipeline made cannot be read: {error}")))?;
        Ok(Self {
            key: record.key().to_owned(),
            name: record.action.name(),
            id: record.action_id,
            json,
        })
    }

    pub(super) fn record<'r>(&'r self, topic: &'r str) -> FutureRecord<'r, str, str> {
        let headers = OwnedHeaders::new().insert(Header {
            key: ACTION_ID,
            value: Some(&self.id),
        });
        FutureRecord::to(topic)
            .key(self.key.as_str())
            .payload(self.json)
            .headers(headers)
    }
}
