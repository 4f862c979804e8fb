//! Committed offsets and group generations, in a journal.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kafka_protocol::error::ResponseError;
use serde::{Deserialize, Serialize};

use crate::journal::Journal;
use crate::log::commit::SyncFailed;
use crate::{Config, Error};

/// A committed offset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Committed {
    pub(crate) offset: i64,
    pub(crate) leader_epoch: i32,
    pub(crate) metadata: String,
}

/// A line of the journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Entry {
    Commit {
        group: String,
        topic: String,
        partition: i32,
        committed: Committed,
    },
    Generation {
        group: String,
        generation: i32,
    },
    GroupGone {
        group: String,
    },
    TopicGone {
        topic: String,
    },
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Offsets {
    kept: Mutex<Kept>,
    config: Arc<Config>,
}

#[derive(Debug)]
struct Kept {
    journal: Journal<Entry>,
    state: Known,
}

#[derive(Debug, Default)]
struct Known {
    groups: BTreeMap<String, Of>,
    /// Offsets of all groups.
    count: usize,
}

/// What is known of one group.
#[derive(Debug, Default)]
struct Of {
    generation: i32,
    offsets: BTreeMap<(String, i32), Committed>,
}

impl Offsets {
    /// Opens the journal.
    pub(crate) fn open(path: PathBuf, config: &Arc<Config>) -> Result<Self, Error> {
        let (journal, entries) = Journal::open(path, config.fsync)?;
        let mut state = Known::default();
        for entry in entries {
            state.apply(entry);
        }
        Ok(Self {
            kept: Mutex::new(Kept { journal, state }),
            config: Arc::clone(config),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores offsets; wait for the returned number with [`Offsets::durable`].
    pub(crate) fn commit(&self, group: &str, offsets: Vec<(String, i32, Committed)>) -> Result<i64, ResponseError> {
        let mut kept = self.lock();
        let known = kept.state.groups.get(group);
        let new = |topic: &String, partition: i32| {
            known.is_none_or(|known| !known.offsets.contains_key(&(topic.clone(), partition)))
        };
        let more = offsets
            .iter()
            .filter(|(topic, partition, _)| new(topic, *partition))
            .count();
        if kept.state.count + more > self.config.max_committed_offsets {
            tracing::warn!(limit = self.config.max_committed_offsets, "too many committed offsets");
            return Err(ResponseError::InvalidCommitOffsetSize);
        }
        let entries = offsets.into_iter().map(|(topic, partition, committed)| Entry::Commit {
            group: group.to_owned(),
            topic,
            partition,
            committed,
        });
        kept.write(entries.collect())
    }

    /// Waits until what [`Offsets::commit`] or [`Offsets::forget`] wrote is on the disk.
    pub(crate) async fn durable(&self, mark: i64) -> Result<(), SyncFailed> {
        let commit = self.lock().journal.commit.clone();
        commit.reached(mark).await
    }

    /// Forgets a group or a topic.
    pub(crate) fn forget(&self, gone: &Entry) -> Result<i64, ResponseError> {
        self.lock().write(vec![gone.clone()])
    }

    pub(crate) fn note_generation(&self, group: &str, generation: i32) {
        // Not waited for: members that outlive a crash are unknown afterwards, whatever their generation.
        if let Err(error) = self.lock().write(vec![Entry::Generation {
            group: group.to_owned(),
            generation,
        }]) {
            tracing::warn!(%error, "cannot note a group's generation");
        }
    }

    /// For a group that has gone without ever committing: nothing of it needs to be kept.
    pub(crate) fn forget_generation(&self, group: &str) {
        if let Err(error) = self.lock().write(vec![Entry::GroupGone {
            group: group.to_owned(),
        }]) {
            tracing::warn!(%error, "cannot forget a group's generation");
        }
    }

    /// The last generation of a group, 0 for a new one.
    pub(crate) fn generation(&self, group: &str) -> i32 {
        self.lock().state.groups.get(group).map_or(0, |known| known.generation)
    }

    pub(crate) fn get(&self, group: &str, topic: &str, partition: i32) -> Option<Committed> {
        self.lock()
            .state
            .groups
            .get(group)?
            .offsets
            .get(&(topic.to_owned(), partition))
            .cloned()
    }

    /// The partitions a group has committed.
    pub(crate) fn partitions(&self, group: &str) -> Vec<(String, i32)> {
        self.lock()
            .state
            .groups
            .get(group)
            .map_or_else(Vec::new, |known| known.offsets.keys().cloned().collect())
    }

    /// Whether the group has committed anything.
    pub(crate) fn knows(&self, group: &str) -> bool {
        self.lock()
            .state
            .groups
            .get(group)
            .is_some_and(|known| !known.offsets.is_empty())
    }

    /// Shortens the journal when most of it is history. Blocking; commits wait meanwhile.
    pub(crate) fn tidy(&self) -> Result<(), Error> {
        let mut kept = self.lock();
        if kept
            .journal
            .is_mostly_history(kept.state.count + kept.state.groups.len())
        {
            let live = kept.state.entries();
            kept.journal.rewrite(&live)?;
        }
        Ok(())
    }

    /// Groups that have committed something.
    pub(crate) fn groups(&self) -> Vec<String> {
        let kept = self.lock();
        kept.state
            .groups
            .iter()
            .filter(|(_, of)| !of.offsets.is_empty())
            .map(|(group, _)| group.clone())
            .collect()
    }
}

impl Kept {
    fn write(&mut self, entries: Vec<Entry>) -> Result<i64, ResponseError> {
        let mark = self.journal.append(&entries).map_err(|error| {
            tracing::error!(%error, "cannot write to the journal of groups");
            ResponseError::KafkaStorageError
        })?;
        for entry in entries {
            self.state.apply(entry);
        }
        Ok(mark)
    }
}

impl Known {
    fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::Commit {
                group,
                topic,
                partition,
                committed,
            } => {
                let offsets = &mut self.groups.entry(group).or_default().offsets;
                if offsets.insert((topic, partition), committed).is_none() {
                    self.count += 1;
                }
            }
            Entry::Generation { group, generation } => self.groups.entry(group).or_default().generation = generation,
            Entry::GroupGone { group } => {
                self.count -= self.groups.remove(&group).map_or(0, |of| of.offsets.len());
            }
            Entry::TopicGone { topic } => {
                for of in self.groups.values_mut() {
                    let before = of.offsets.len();
                    of.offsets.retain(|(of_topic, _), _| *of_topic != topic);
                    self.count -= before - of.offsets.len();
                }
            }
        }
    }

    /// The shortest journal that says the same.
    fn entries(&self) -> Vec<Entry> {
        let of_group = |(group, of): (&String, &Of)| {
            let generation = Entry::Generation {
                group: group.clone(),
                generation: of.generation,
            };
            let commits = of.offsets.iter().map(|((topic, partition), committed)| Entry::Commit {
                group: group.clone(),
                topic: topic.clone(),
                partition: *partition,
                committed: committed.clone(),
            });
            [generation].into_iter().chain(commits).collect::<Vec<_>>()
        };
        self.groups.iter().flat_map(of_group).collect()
    }
}
