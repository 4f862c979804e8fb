//! What those who judge messages, and those who learn from it, read back: a message's row as it stands, and an integration's
//! texts with their labels.

use ::clickhouse::{Client, Row};
use parlance_schemas::labels::{Intent, Judge, Language, Sentiment, Urgency};
use parlance_schemas::rows::MessageRow;
use parlance_service::config::ClickHouseConfig;
use serde::Deserialize;

use super::{Error, connect};

/// The most keys of one question.
const KEYS_MAX: usize = 1_000;

/// A text of an integration and how it is labelled.
#[derive(Clone, Debug, PartialEq, Row, Deserialize)]
pub struct Labelled {
    /// The message's text.
    pub text: String,
    /// What the sender wants, …
    pub intent: Intent,
    /// … and who decided that.
    pub intent_by: Judge,
    /// How the sender feels, …
    pub sentiment: Sentiment,
    /// … and who decided that.
    pub sentiment_by: Judge,
    /// How soon someone must act, …
    pub urgency: Urgency,
    /// … and who decided that.
    pub urgency_by: Judge,
    /// The language of the text, …
    pub language: Language,
    /// … and who decided that.
    pub language_by: Judge,
}

/// Reads messages as the user that only reads.
#[derive(Clone)]
pub struct Reader {
    client: Client,
}

impl Reader {
    /// A reader of Parlance's database.
    pub fn new(config: &ClickHouseConfig) -> Self {
        Self {
            client: connect::reader(config).with_database(&config.database),
        }
    }

    /// The rows of some messages, given as (`phone_number_id`, `message_id`), as they stand; those that exist, in no
    /// particular order.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when ClickHouse does not answer as it should.
    pub async fn messages(&self, keys: &[(String, String)]) -> Result<Vec<MessageRow>, Error> {
        let mut rows = Vec::with_capacity(keys.len());
        for some in keys.chunks(KEYS_MAX) {
            let query = self
                .client
                .query("SELECT ?fields FROM messages FINAL WHERE (phone_number_id, message_id) IN ?")
                .bind(some);
            rows.extend(
                query
                    .fetch_all::<MessageRow>()
                    .await
                    .map_err(|error| unavailable(&error))?,
            );
        }
        Ok(rows)
    }

    /// Texts that customers sent to an integration, the newest first: those of which a person corrected a label, or the
    /// others. Of equal texts one.
    ///
    /// # Errors
    /// As [`Reader::messages`].
    pub async fn labelled(&self, integration: &str, corrected: bool, most: u64) -> Result<Vec<Labelled>, Error> {
        let sql = "SELECT ?fields FROM (SELECT * FROM messages FINAL \
                   WHERE phone_number_id = ? AND direction = 'inbound' AND text != '' AND type NOT IN ('reaction', 'system') \
                   AND ('person' IN (intent_by, sentiment_by, urgency_by, language_by)) = ? \
                   ORDER BY sent_at DESC, message_id LIMIT 1 BY text LIMIT ?)";
        let query = self.client.query(sql).bind(integration).bind(corrected).bind(most);
        query.fetch_all::<Labelled>().await.map_err(|error| unavailable(&error))
    }
}

fn unavailable(error: &::clickhouse::error::Error) -> Error {
    Error::Unavailable {
        doing: "reading messages",
        reason: error.to_string(),
    }
}
