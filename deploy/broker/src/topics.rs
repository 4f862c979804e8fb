//! The topics: created, grown, changed and deleted atomically, and found by name.
//!
//! ```text
//! <data>/topics/<name>/topic.json    id, number of partitions, settings
//!                     /<partition>/  its log
//! <data>/making/ , <data>/trash/     half-made and half-deleted topics, swept at start
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use kafka_protocol::error::ResponseError;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::At as _;
use crate::log::Partition;
use crate::topic_config::{Overrides, TopicConfig};
use crate::{Config, Error, files};

/// Kafka's limit.
const MAX_NAME_BYTES: usize = 249;

/// All topics.
#[derive(Debug)]
pub(crate) struct Topics {
    data: PathBuf,
    config: Arc<Config>,
    by_name: RwLock<BTreeMap<String, Arc<Topic>>>,
    /// Held while topics are made, changed or deleted: one at a time.
    changing: Mutex<()>,
}

/// One topic. Immutable: a change puts a new value into [`Topics`]; the partitions live on.
#[derive(Debug)]
pub(crate) struct Topic {
    pub(crate) name: String,
    pub(crate) id: Uuid,
    pub(crate) config: TopicConfig,
    pub(crate) partitions: Vec<Arc<Partition>>,
}

/// `topic.json`.
#[derive(Serialize, Deserialize)]
struct Saved {
    id: Uuid,
    partitions: usize,
    config: Overrides,
}

/// Why a change was not made: Kafka's code and a sentence for people.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) code: ResponseError,
    pub(crate) why: String,
}

impl Refusal {
    pub(crate) fn new(code: ResponseError, why: impl Into<String>) -> Self {
        Self { code, why: why.into() }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "cannot change a topic");
        Self::new(ResponseError::KafkaStorageError, error.to_string())
    }
}

impl Topics {
    /// Opens all topics of a data folder.
    pub(crate) fn open(config: &Arc<Config>) -> Result<Self, Error> {
        let data = config.data.clone();
        for name in ["making", "trash"] {
            let dir = data.join(name);
            if dir.exists() {
                std::fs::remove_dir_all(&dir).at(&dir)?;
            }
            std::fs::create_dir_all(&dir).at(&dir)?;
        }
        let dir = data.join("topics");
        std::fs::create_dir_all(&dir).at(&dir)?;
        let mut by_name = BTreeMap::new();
        for entry in std::fs::read_dir(&dir).at(&dir)? {
            let path = entry.at(&dir)?.path();
            let topic = Topic::open(&path, config)?;
            by_name.insert(topic.name.clone(), Arc::new(topic));
        }
        let by_name = RwLock::new(by_name);
        Ok(Self {
            data,
            config: Arc::clone(config),
            by_name,
            changing: Mutex::new(()),
        })
    }

    pub(crate) fn get(&self, name: &str) -> Option<Arc<Topic>> {
        self.by_name
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Topic>> {
        self.by_name
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }

    pub(crate) fn by_id(&self, id: Uuid) -> Option<Arc<Topic>> {
        self.all().into_iter().find(|topic| topic.id == id)
    }

    pub(crate) fn partition(&self, topic: &str, partition: i32) -> Option<(Arc<Topic>, Arc<Partition>)> {
        let topic = self.get(topic)?;
        let partition = topic.partitions.get(usize::try_from(partition).ok()?).cloned()?;
        Some((topic, partition))
    }

    /// Creates a topic, or only says whether it could be. Blocking.
    pub(crate) fn create(
        &self,
        name: &str,
        partitions: i32,
        overrides: Overrides,
        validate_only: bool,
    ) -> Result<Arc<Topic>, Refusal> {
        let _changing = self.changing();
        check_name(name)?;
        if self.get(name).is_some() {
            return Err(Refusal::new(
                ResponseError::TopicAlreadyExists,
                format!("topic {name} exists"),
            ));
        }
        let count = self.check_count(partitions, 0)?;
        let config = TopicConfig::new(overrides).map_err(|why| Refusal::new(ResponseError::InvalidConfig, why))?;
        let id = Uuid::new_v4();
        if validate_only {
            return Ok(Arc::new(Topic {
                name: name.to_owned(),
                id,
                config,
                partitions: Vec::new(),
            }));
        }
        let making = self.data.join("making").join(id.to_string());
        let dir = self.dir(name);
        make(
            &making,
            count,
            &Saved {
                id,
                partitions: count,
                config: config.overrides,
            },
            &self.config,
        )?;
        std::fs::rename(&making, &dir).at(&dir)?;
        files::sync_parent(&dir).at(&dir)?;
        let topic = Arc::new(Topic::open(&dir, &self.config)?);
        self.put(&topic);
        Ok(topic)
    }

    /// Adds partitions until there are `partitions`. Blocking.
    pub(crate) fn grow(&self, name: &str, partitions: i32, validate_only: bool) -> Result<(), Refusal> {
        let _changing = self.changing();
        let topic = self.get(name).ok_or_else(|| unknown(name))?;
        let have = topic.partitions.len();
        let count = self.check_count(partitions, have)?;
        if count <= have {
            let why = format!("topic {name} has {have} partitions, which cannot become {count}");
            return Err(Refusal::new(ResponseError::InvalidPartitions, why));
        }
        if validate_only {
            return Ok(());
        }
        let mut all = topic.partitions.clone();
        for number in have..count {
            all.push(Arc::new(Partition::open(
                self.dir(name).join(number.to_string()),
                &self.config,
            )?));
        }
        let dir = self.dir(name);
        files::sync_dir(&dir).at(&dir)?;
        self.change(&topic, topic.config.clone(), all)
    }

    /// Puts other settings in place. Blocking.
    pub(crate) fn configure(&self, name: &str, overrides: Overrides, validate_only: bool) -> Result<(), Refusal> {
        let _changing = self.changing();
        let topic = self.get(name).ok_or_else(|| unknown(name))?;
        let config = TopicConfig::new(overrides).map_err(|why| Refusal::new(ResponseError::InvalidConfig, why))?;
        if validate_only {
            Ok(())
        } else {
            self.change(&topic, config, topic.partitions.clone())
        }
    }

    /// Deletes a topic with its records. Blocking.
    pub(crate) fn delete(&self, name: &str) -> Result<(), Refusal> {
        let _changing = self.changing();
        let topic = self.get(name).ok_or_else(|| unknown(name))?;
        let dir = self.dir(name);
        let trash = self.data.join("trash").join(topic.id.to_string());
        std::fs::rename(&dir, &trash).at(&dir)?;
        files::sync_parent(&dir).at(&dir)?;
        self.by_name
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(name);
        // Upkeep may be writing into the folder this moment; what is left then goes at the next start.
        if let Err(error) = std::fs::remove_dir_all(&trash) {
            tracing::warn!(%error, path = %trash.display(), "cannot remove a deleted topic's files yet");
        }
        Ok(())
    }

    fn change(&self, old: &Topic, config: TopicConfig, partitions: Vec<Arc<Partition>>) -> Result<(), Refusal> {
        let saved = Saved {
            id: old.id,
            partitions: partitions.len(),
            config: config.overrides.clone(),
        };
        save(&self.dir(&old.name), &saved)?;
        self.put(&Arc::new(Topic {
            name: old.name.clone(),
            id: old.id,
            config,
            partitions,
        }));
        Ok(())
    }

    fn put(&self, topic: &Arc<Topic>) {
        let mut by_name = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        by_name.insert(topic.name.clone(), Arc::clone(topic));
    }

    /// How many partitions a topic of `have` may get, given the limit over all topics.
    fn check_count(&self, wanted: i32, have: usize) -> Result<usize, Refusal> {
        let count = usize::try_from(wanted).ok().filter(|count| *count > 0);
        let count = count
            .ok_or_else(|| Refusal::new(ResponseError::InvalidPartitions, "a topic has at least one partition"))?;
        let used: usize = self.all().iter().map(|topic| topic.partitions.len()).sum();
        if used - have + count > self.config.max_partitions {
            let why = format!(
                "the embedded broker holds at most {} partitions",
                self.config.max_partitions
            );
            return Err(Refusal::new(ResponseError::InvalidPartitions, why));
        }
        Ok(count)
    }

    fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn dir(&self, name: &str) -> PathBuf {
        self.data.join("topics").join(name)
    }
}

impl Topic {
    fn open(dir: &Path, config: &Config) -> Result<Self, Error> {
        let path = dir.join("topic.json");
        let corrupt = |why: String| Error::Corrupt {
            path: path.clone(),
            why,
        };
        let name = dir
            .file_name()
            .and_then(|name| name.to_str())
            .ok_or_else(|| corrupt("no topic name".to_owned()))?;
        let saved: Saved =
            serde_json::from_slice(&std::fs::read(&path).at(&path)?).map_err(|error| corrupt(error.to_string()))?;
        let numbers = 0..saved.partitions;
        let partitions = numbers.map(|number| Partition::open(dir.join(number.to_string()), config).map(Arc::new));
        Ok(Self {
            name: name.to_owned(),
            id: saved.id,
            partitions: partitions.collect::<Result<_, _>>()?,
            config: TopicConfig::new(saved.config).map_err(corrupt)?,
        })
    }
}

fn make(dir: &Path, partitions: usize, saved: &Saved, config: &Config) -> Result<(), Error> {
    std::fs::create_dir(dir).at(dir)?;
    for number in 0..partitions {
        drop(Partition::open(dir.join(number.to_string()), config)?);
    }
    save(dir, saved)
}

fn save(dir: &Path, saved: &Saved) -> Result<(), Error> {
    let json = serde_json::to_vec_pretty(saved).expect("text and numbers are JSON");
    files::write_atomic(&dir.join("topic.json"), &json)
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let valid =
        !name.is_empty() && name.len() <= MAX_NAME_BYTES && name.bytes().all(fits) && !matches!(name, "." | "..");
    if valid {
        return Ok(());
    }
    let why = "a topic's name is 1 to 249 of a-z, A-Z, 0-9, dot, underscore and hyphen";
    Err(Refusal::new(ResponseError::InvalidTopicException, why))
}

fn unknown(name: &str) -> Refusal {
    Refusal::new(
        ResponseError::UnknownTopicOrPartition,
        format!("there is no topic {name}"),
    )
}
