//! Statuses of one message.

use serde::Deserialize;

use super::{Store, Value, Where};
use crate::error::Refusal;

/// One status for one recipient.
#[derive(Debug, clickhouse::Row, Deserialize)]
pub(crate) struct Status {
    pub(crate) status: String,
    pub(crate) recipient_id: String,
    pub(crate) kind: String,
    pub(crate) occurred_at: i64,
    pub(crate) pricing_category: String,
    pub(crate) pricing_type: String,
    pub(crate) billable: i8,
    pub(crate) error_code: i64,
    pub(crate) error_title: String,
}

impl Store {
    /// The statuses of a message, oldest first, at most 1000 (a message to a group has several per participant).
    pub(crate) async fn statuses(&self, number: &str, message: &str) -> Result<Vec<Status>, Refusal> {
        let mut given = Where::all();
        given.value("number", Value::Text(number.to_owned()));
        given.value("message", Value::Text(message.to_owned()));
        let sql = "SELECT status, recipient_id, kind, occurred_at, pricing_category, pricing_type, billable, \
                       error_code, error_title \
                   FROM statuses FINAL WHERE phone_number_id = {number:String} AND message_id = {message:String} \
                   ORDER BY occurred_at, version, status, recipient_id LIMIT 1000";
        self.rows("statuses", sql, &given).await
    }
}
