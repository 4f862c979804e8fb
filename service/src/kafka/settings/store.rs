//! The newest value of each key, for those who need no history.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::{Follower, ReadError, SettingRecord, follow};
use crate::config::KafkaConfig;

/// A setting that is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Current {
    /// The offset of its record.
    pub offset: i64,
    /// When the log took it, in milliseconds since 1970.
    pub log_time: u64,
    /// What was put.
    pub value: Arc<[u8]>,
}

type Values = Arc<RwLock<BTreeMap<String, Current>>>;

/// The newest value of each key, kept up to date by a [`Follower`]. As large as all values together.
pub struct Store {
    current: Values,
    follower: Follower,
}

impl Store {
    /// Begins to read; the arguments and errors are those of [`follow`]. Empty until then: whoever must not take "not
    /// read yet" for "not set" waits for [`Follower::wait_until_caught_up`].
    ///
    /// # Errors
    /// As [`follow`].
    pub fn follow(config: &KafkaConfig, client: &'static str, topic: &str) -> Result<Self, ReadError> {
        let current = Values::default();
        let writing = Arc::clone(&current);
        let follower = follow(config, client, topic, move |record| take(&writing, record))?;
        Ok(Self { current, follower })
    }

    /// The value of a key; nothing when it was never put, or taken back.
    pub fn get(&self, key: &str) -> Option<Current> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.get(key).cloned()
    }

    /// Every key that has a value, in order, at one moment.
    pub fn all(&self) -> Vec<(String, Current)> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    /// How far it is.
    pub fn follower(&self) -> &Follower {
        &self.follower
    }
}

fn take(values: &Values, record: SettingRecord) {
    let mut current = values.write().unwrap_or_else(PoisonError::into_inner);
    match record.value {
        None => {
            current.remove(&record.key);
        }
        Some(value) => {
            let value = Current {
                offset: record.offset,
                log_time: record.log_time,
                value: value.into(),
            };
            current.insert(record.key, value);
        }
    }
}
