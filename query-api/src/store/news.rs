//! What came between two positions of log time, for the live stream.
//!
//! `version` is log time, and rows up to the watermark are all there; so `(after, through]` gives each row once,
//! whenever it is asked. Within one version messages are ordered by their key.

use serde::Deserialize;

use super::messages::{COLUMNS, Message};
use super::{Store, Value, Where};
use crate::error::Refusal;
use crate::time::Step;

/// A place between messages: after the one with this key, in the order of (`version`, `phone_number_id`,
/// `message_id`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) version: u64,
    pub(crate) phone_number_id: String,
    pub(crate) message_id: String,
}

/// A window that changed, as it now is.
#[derive(Clone, Debug, clickhouse::Row, Deserialize)]
pub(crate) struct Changed {
    /// Width of the window in seconds.
    pub(crate) width: u32,
    pub(crate) number: String,
    pub(crate) way: String,
    /// Unix seconds.
    pub(crate) start: u32,
    pub(crate) count: u64,
    pub(crate) origins: Vec<(String, u64)>,
    pub(crate) types: Vec<(String, u64)>,
    pub(crate) intents: Vec<(String, u64)>,
    pub(crate) sentiments: Vec<(String, u64)>,
    pub(crate) urgencies: Vec<(String, u64)>,
    pub(crate) languages: Vec<(String, u64)>,
}

impl Store {
    /// At most `limit` messages after `after` with a version up to `through`, in order.
    pub(crate) async fn messages_between(
        &self,
        after: &Place,
        through: u64,
        limit: usize,
    ) -> Result<Vec<Message>, Refusal> {
        let mut given = Where::all();
        given.value("version", Value::Count(after.version));
        given.value("number", Value::Text(after.phone_number_id.clone()));
        given.value("message", Value::Text(after.message_id.clone()));
        given.value("through", Value::Count(through));
        given.value("limit", Value::Count(limit as u64));
        let sql = format!(
            "SELECT {COLUMNS} FROM messages WHERE version >= {{version:UInt64}} AND version <= {{through:UInt64}} \
             AND (version, phone_number_id, message_id) > ({{version:UInt64}}, {{number:String}}, {{message:String}}) \
             ORDER BY version, phone_number_id, message_id \
             LIMIT 1 BY version, phone_number_id, message_id LIMIT {{limit:UInt64}}"
        );
        self.rows("messages_between", &sql, &given).await
    }

    /// At most `limit` windows whose tally changed in `(after, through]`.
    pub(crate) async fn tallies_between(
        &self,
        after: u64,
        through: u64,
        limit: usize,
    ) -> Result<Vec<Changed>, Refusal> {
        let mut given = Where::all();
        given.value("after", Value::Count(after));
        given.value("through", Value::Count(through));
        given.value("limit", Value::Count(limit as u64));
        let of = |step: Step, table: &str| {
            format!(
                "SELECT toUInt32({}) AS width, toString(phone_number_id) AS number, toString(direction) AS way, \
                     toUInt32(window_start) AS start, messages AS count, by_origin AS origins, by_type AS types, \
                     by_intent AS intents, by_sentiment AS sentiments, by_urgency AS urgencies, \
                     by_language AS languages \
                 FROM {table} WHERE version > {{after:UInt64}} AND version <= {{through:UInt64}} \
                 ORDER BY version DESC LIMIT 1 BY number, start, way LIMIT {{limit:UInt64}}",
                step.seconds()
            )
        };
        let minutes = of(Step::Minute, "metrics_1m");
        let hours = of(Step::Hour, "metrics_1h");
        let days = of(Step::Day, "metrics_1d");
        let sql = format!(
            "SELECT * FROM (({minutes}) UNION ALL ({hours}) UNION ALL ({days})) \
             ORDER BY width DESC, start DESC, number, way LIMIT {{limit:UInt64}}"
        );
        self.rows("tallies_between", &sql, &given).await
    }
}
