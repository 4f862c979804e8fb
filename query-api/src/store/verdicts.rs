//! Verdicts on one message.

use serde::Deserialize;

use super::{Store, Value, Where};
use crate::error::Refusal;

/// What one judge said once. A label is empty where nothing was said of it.
#[derive(Debug, clickhouse::Row, Deserialize)]
pub(crate) struct Verdict {
    pub(crate) judge: String,
    pub(crate) author: String,
    pub(crate) given_at: i64,
    pub(crate) language: String,
    pub(crate) intent: String,
    pub(crate) sentiment: String,
    pub(crate) urgency: String,
    pub(crate) confidence: f32,
    pub(crate) language_before: String,
    pub(crate) intent_before: String,
    pub(crate) sentiment_before: String,
    pub(crate) urgency_before: String,
}

impl Store {
    /// The verdicts on a message, oldest first, at most the newest 1000: the last ones decide its labels.
    pub(crate) async fn verdicts(&self, number: &str, message: &str) -> Result<Vec<Verdict>, Refusal> {
        let mut given = Where::all();
        given.value("number", Value::Text(number.to_owned()));
        given.value("message", Value::Text(message.to_owned()));
        // Of equal times in the order in which the pipeline lets them outweigh each other.
        let sql = "SELECT judge, author, given_at, language, intent, sentiment, urgency, confidence, \
                       language_before, intent_before, sentiment_before, urgency_before \
                   FROM verdicts FINAL WHERE phone_number_id = {number:String} AND message_id = {message:String} \
                   ORDER BY given_at DESC, author DESC, judge DESC LIMIT 1000";
        let mut verdicts: Vec<Verdict> = self.rows("verdicts", sql, &given).await?;
        verdicts.reverse();
        Ok(verdicts)
    }
}
