//! Putting settings, and taking them back.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::error::KafkaError;
use rdkafka::producer::{FutureProducer, FutureRecord};

use super::follower::Progress;
use super::{Follower, ReadError};
use crate::config::KafkaConfig;
use crate::kafka::{Client, producer_settings};

/// After this the client gives a record up.
const DELIVERED_WITHIN: Duration = Duration::from_secs(10);

/// How long a record that was written may take to be read back.
const READ_BACK_WITHIN: Duration = Duration::from_secs(10);

/// Why a setting was not written, or not seen to be.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The settings of the client are wrong: mend the configuration.
    #[error("cannot make a Kafka client: {0}")]
    Client(KafkaError),
    /// The value is larger than a setting may be; nothing was written.
    #[error("the value of {key} has {bytes} bytes, at most {most} are allowed")]
    TooLarge {
        /// Whose value.
        key: String,
        /// Its size.
        bytes: usize,
        /// The largest size.
        most: usize,
    },
    /// The broker did not say that it has the record. It may have it all the same: put again, which does no harm.
    #[error("{key} was not written: {source}")]
    NotDelivered {
        /// Whose value.
        key: String,
        /// What the client says.
        source: KafkaError,
    },
    /// The record is written and in force, but has not been read here within 10 seconds.
    #[error("{key} was written at offset {offset}, but is not read back within {READ_BACK_WITHIN:?}")]
    Unseen {
        /// Whose value.
        key: String,
        /// Where it stands.
        offset: i64,
    },
    /// The record is written and in force, but the topic is not read here any more.
    #[error("{key} was written at offset {offset}, but is not read back: {source}")]
    Unread {
        /// Whose value.
        key: String,
        /// Where it stands.
        offset: i64,
        /// Why it is not read.
        source: Box<ReadError>,
    },
}

/// Writes settings to the topic. Cheap to call from many tasks; of two who put the same key the later record wins.
pub struct Writer {
    producer: FutureProducer<Client>,
    topic: String,
    max_value_bytes: usize,
    reader: Option<Arc<Progress>>,
}

impl Writer {
    /// A writer to the topic (`topic`: its full name) of values up to so many bytes. `client` as for
    /// [`follow`](super::follow). Needs no broker yet.
    ///
    /// # Errors
    /// [`WriteError::Client`].
    pub fn new(
        config: &KafkaConfig,
        client: &'static str,
        topic: &str,
        max_value_bytes: usize,
    ) -> Result<Self, WriteError> {
        let producer = producer_settings(config, client, DELIVERED_WITHIN)
            // A person waits for one record: there are no others to gather.
            .set("linger.ms", "0")
            .create_with_context(Client::new(client))
            .map_err(WriteError::Client)?;
        Ok(Self {
            producer,
            topic: topic.to_owned(),
            max_value_bytes,
            reader: None,
        })
    }

    /// From now on [`Writer::put`] also waits until `follower` has read the record, so that whoever put a setting
    /// finds it in what the follower feeds.
    #[must_use]
    pub fn read_back_by(mut self, follower: &Follower) -> Self {
        self.reader = Some(follower.progress());
        self
    }

    /// Puts the value of a key, or takes it back (`None`); the record's offset. Returns when every replica in sync has
    /// the record.
    ///
    /// # Errors
    /// Nothing is written of a value that is too large; each other error says what is known.
    pub async fn put(&self, key: &str, value: Option<&[u8]>) -> Result<i64, WriteError> {
        let bytes = value.map_or(0, <[u8]>::len);
        if bytes > self.max_value_bytes {
            return Err(WriteError::TooLarge {
                key: key.to_owned(),
                bytes,
                most: self.max_value_bytes,
            });
        }
        let mut record = FutureRecord::to(&self.topic).key(key);
        if let Some(value) = value {
            record = record.payload(value);
        }
        let delivered = self.producer.send(record, DELIVERED_WITHIN).await;
        let delivery = delivered.map_err(|(source, _)| WriteError::NotDelivered {
            key: key.to_owned(),
            source,
        })?;
        let offset = delivery.offset;
        if let Some(reader) = &self.reader {
            let key = || key.to_owned();
            match tokio::time::timeout(READ_BACK_WITHIN, reader.read_to(offset + 1)).await {
                Ok(Ok(())) => {}
                Ok(Err(source)) => {
                    return Err(WriteError::Unread {
                        key: key(),
                        offset,
                        source: Box::new(source),
                    });
                }
                Err(_) => return Err(WriteError::Unseen { key: key(), offset }),
            }
        }
        Ok(offset)
    }
}
