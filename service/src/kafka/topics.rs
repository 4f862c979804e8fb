//! Topics as they must be: created when missing, and never silently other than the product needs them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, ConfigEntry, ConfigSource, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::{Client, common, with_properties};
use crate::config::KafkaConfig;

/// How long one question to the cluster may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a compacted topic keeps what was replaced, in milliseconds.
const LAG: &str = "min.compaction.lag.ms";

/// A topic as it must be, by its full name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSpec {
    /// Name on the broker, prefix included.
    pub name: String,
    /// Partitions it is created with, and must have.
    pub partitions: i32,
    /// An existing topic may have another number of them: nothing depends on the partition a key is in, and whoever
    /// reads the topic reads all it has.
    pub partitions_may_differ: bool,
    /// Settings as Kafka spells them. A new topic gets all of them; of an existing one those are checked that change
    /// what its records mean (see [`check_topics`]).
    pub settings: Vec<(&'static str, String)>,
}

/// Why the topics are not as they must be.
#[derive(Debug, thiserror::Error)]
pub enum TopicError {
    /// The cluster gave no answer: retry later.
    #[error("cannot reach Kafka at {brokers}: {source}")]
    Unreachable {
        /// The configured brokers.
        brokers: String,
        /// What the client says.
        source: KafkaError,
    },
    /// The settings of the client are wrong: mend the configuration.
    #[error("cannot make a Kafka client: {0}")]
    Client(KafkaError),
    /// The cluster refused: rights, limits, names.
    #[error("Kafka refused to {action} topic {topic}: {reason}")]
    Refused {
        /// What was asked: `create` or `describe`.
        action: &'static str,
        /// The topic.
        topic: String,
        /// The broker's reason.
        reason: RDKafkaErrorCode,
    },
    /// Topics exist, but not as they must be: mend them by hand, for only people know what else relies on them.
    #[error("{}", Wrong(.0))]
    Wrong(
        /// One sentence for each thing that is wrong, with how to mend it.
        Vec<String>,
    ),
}

impl TopicError {
    /// True when waiting may help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }
}

struct Wrong<'a>(&'a [String]);

impl fmt::Display for Wrong<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

/// Creates what is missing of `topics`, then checks all of them as [`check_topics`] does. Returns the names of those
/// created. Idempotent; two at a time do not disturb each other.
///
/// One setting of existing topics is changed: `min.compaction.lag.ms` is raised where it is less than asked for. A
/// topic of an earlier version then keeps more from now on, which harms nobody; where we may not, a warning says what
/// to do, for the topic works without.
pub async fn ensure_topics(config: &KafkaConfig, topics: &[TopicSpec]) -> Result<Vec<String>, TopicError> {
    let admin = Admin::new(config)?;
    let there = admin.partitions().await?;
    let missing: Vec<&TopicSpec> = topics.iter().filter(|topic| !there.contains_key(&topic.name)).collect();
    let created = admin.create(&missing, config.replication).await?;
    for topic in &created {
        tracing::info!(topic, "created topic");
    }
    let existing: Vec<&TopicSpec> = topics.iter().filter(|topic| there.contains_key(&topic.name)).collect();
    admin.raise_lag(&existing).await?;
    admin.check(topics).await?;
    Ok(created)
}

/// Checks that each of `topics` exists with its partitions, and that the settings which change what its records mean
/// are as given: `message.timestamp.type`, `cleanup.policy`, and `max.message.bytes` at least. Retention is the
/// operator's own choice.
///
/// All that is wrong is said at once, each with how to mend it.
pub async fn check_topics(config: &KafkaConfig, topics: &[TopicSpec]) -> Result<(), TopicError> {
    Admin::new(config)?.check(topics).await
}

struct Admin {
    client: Arc<AdminClient<Client>>,
    brokers: String,
}

impl Admin {
    fn new(config: &KafkaConfig) -> Result<Self, TopicError> {
        let client = with_properties(common(config, "admin"), config)
            .create_with_context(Client::new("admin"))
            .map_err(TopicError::Client)?;
        Ok(Self {
            client: Arc::new(client),
            brokers: config.brokers.clone(),
        })
    }

    fn unreachable(&self, source: KafkaError) -> TopicError {
        TopicError::Unreachable {
            brokers: self.brokers.clone(),
            source,
        }
    }

    fn options() -> AdminOptions {
        AdminOptions::new()
            .request_timeout(Some(PATIENCE))
            .operation_timeout(Some(PATIENCE))
    }

    /// Every topic of the cluster and its partitions. All of them, because asking for one by name may create it.
    async fn partitions(&self) -> Result<BTreeMap<String, usize>, TopicError> {
        let client = self.client.clone();
        let asked = tokio::task::spawn_blocking(move || {
            let metadata = client.inner().fetch_metadata(None, PATIENCE)?;
            let topics = metadata.topics().iter();
            Ok(topics
                .map(|topic| (topic.name().to_owned(), topic.partitions().len()))
                .collect())
        });
        let answer = asked.await.expect("asking for metadata does not panic");
        answer.map_err(|source| self.unreachable(source))
    }

    async fn create(&self, missing: &[&TopicSpec], replication: i32) -> Result<Vec<String>, TopicError> {
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        let new: Vec<NewTopic<'_>> = missing
            .iter()
            .map(|spec| {
                let new = NewTopic::new(&spec.name, spec.partitions, TopicReplication::Fixed(replication));
                spec.settings
                    .iter()
                    .fold(new, |new, (name, value)| new.set(name, value))
            })
            .collect();
        let results = self.client.create_topics(&new, &Self::options()).await;
        let mut created = Vec::new();
        for result in results.map_err(|source| self.unreachable(source))? {
            match result {
                Ok(topic) => created.push(topic),
                // Someone else was quicker; the check that follows sees what they made.
                Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((topic, reason)) => {
                    return Err(TopicError::Refused {
                        action: "create",
                        topic,
                        reason,
                    });
                }
            }
        }
        self.wait_for(missing).await?;
        Ok(created)
    }

    /// Brokers learn of a new topic one after the other: until the one we ask knows it, it is not there yet.
    async fn wait_for(&self, topics: &[&TopicSpec]) -> Result<(), TopicError> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let there = self.partitions().await?;
            let all = topics
                .iter()
                .all(|topic| there.get(&topic.name).is_some_and(|count| *count > 0));
            if all || tokio::time::Instant::now() > deadline {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn check(&self, topics: &[TopicSpec]) -> Result<(), TopicError> {
        let there = self.partitions().await?;
        let mut wrong = Vec::new();
        let mut described = Vec::new();
        for spec in topics {
            match there.get(&spec.name) {
                None => wrong.push(format!("topic {} is missing: `parlance topics` creates it", spec.name)),
                Some(count) => {
                    wrong.extend(wrong_partitions(spec, *count));
                    described.push(spec);
                }
            }
        }
        for (spec, entries) in self.describe(&described).await? {
            wrong.extend(wrong_settings(spec, &values(entries)));
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(TopicError::Wrong(wrong))
        }
    }

    /// Raises [`LAG`] of the topics that have less of it than asked for.
    async fn raise_lag(&self, topics: &[&TopicSpec]) -> Result<(), TopicError> {
        let lagging: Vec<&TopicSpec> = topics
            .iter()
            .copied()
            .filter(|topic| lag_wanted(topic).is_some())
            .collect();
        for (spec, entries) in self.describe(&lagging).await? {
            let Some(wanted) = lag_wanted(spec) else { continue };
            let has = entries.iter().find(|entry| entry.name == LAG);
            if has.is_some_and(|has| at_least(has.value.as_deref().unwrap_or_default(), wanted)) {
                continue;
            }
            // The request replaces all that was set on the topic, so it brings all of it along.
            let set = entries
                .iter()
                .filter(|entry| entry.source == ConfigSource::DynamicTopic);
            let set = set.filter_map(|entry| Some((entry.name.as_str(), entry.value.as_deref()?)));
            let config = set.fold(
                AlterConfig::new(ResourceSpecifier::Topic(&spec.name)),
                |config, (name, value)| config.set(name, value),
            );
            let asked = [config.set(LAG, wanted)];
            let altered = self.client.alter_configs(&asked, &Self::options());
            let topic = &spec.name;
            match altered
                .await
                .map_err(|source| self.unreachable(source))?
                .into_iter()
                .next()
            {
                Some(Err((_, reason))) => tracing::warn!(
                    topic,
                    %reason,
                    "a replay may not find what was in force: `{}` mends it",
                    alter_command(topic, LAG, wanted)
                ),
                _ => tracing::info!(topic, "raised {LAG} to {wanted}"),
            }
        }
        Ok(())
    }

    async fn describe<'t>(
        &self,
        topics: &[&'t TopicSpec],
    ) -> Result<Vec<(&'t TopicSpec, Vec<ConfigEntry>)>, TopicError> {
        // librdkafka takes a question about nothing for an error.
        if topics.is_empty() {
            return Ok(Vec::new());
        }
        let specifiers: Vec<_> = topics
            .iter()
            .map(|topic| ResourceSpecifier::Topic(&topic.name))
            .collect();
        let answers = self.client.describe_configs(&specifiers, &Self::options()).await;
        let answers = answers.map_err(|source| self.unreachable(source))?;
        let described = topics.iter().zip(answers).map(|(topic, answer)| {
            let resource = answer.map_err(|reason| TopicError::Refused {
                action: "describe",
                topic: topic.name.clone(),
                reason,
            })?;
            Ok((*topic, resource.entries))
        });
        described.collect()
    }
}

fn values(entries: Vec<ConfigEntry>) -> BTreeMap<String, String> {
    let entries = entries.into_iter();
    entries.filter_map(|entry| Some((entry.name, entry.value?))).collect()
}

fn lag_wanted(spec: &TopicSpec) -> Option<&str> {
    let found = spec.settings.iter().find(|(name, _)| *name == LAG);
    found.map(|(_, wanted)| wanted.as_str())
}

fn at_least(value: &str, wanted: &str) -> bool {
    matches!((value.parse::<u64>(), wanted.parse::<u64>()), (Ok(value), Ok(wanted)) if value >= wanted)
}

fn alter_command(topic: &str, name: &str, value: &str) -> String {
    format!("kafka-configs.sh --alter --entity-type topics --entity-name {topic} --add-config {name}={value}")
}

fn wrong_partitions(spec: &TopicSpec, count: usize) -> Option<String> {
    let TopicSpec { name, partitions, .. } = spec;
    let wanted = usize::try_from(*partitions).unwrap_or(0);
    (count != wanted && !spec.partitions_may_differ).then(|| {
        format!(
            "topic {name} has {count} partitions, expected {wanted}: conversations are spread over partitions by key, \
             so their number cannot change under records; set the topic aside under another prefix \
             (`kafka.topic_prefix`) or delete it, then run `parlance topics`"
        )
    })
}

fn wrong_settings(spec: &TopicSpec, actual: &BTreeMap<String, String>) -> Vec<String> {
    let must = |name: &str| matches!(name, "message.timestamp.type" | "cleanup.policy" | "max.message.bytes");
    let checked = spec.settings.iter().filter(|(name, _)| must(name));
    let wrong = checked.filter_map(|(name, wanted)| {
        let value = actual.get(*name).map_or("(not told)", String::as_str);
        let good = if *name == "max.message.bytes" {
            at_least(value, wanted)
        } else {
            value == wanted
        };
        let topic = &spec.name;
        (!good).then(|| {
            format!(
                "topic {topic} has {name}={value}, expected {wanted}: `{}` mends it",
                alter_command(topic, name, wanted)
            )
        })
    });
    wrong.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> TopicSpec {
        TopicSpec {
            name: "parlance.events".to_owned(),
            partitions: 4,
            partitions_may_differ: false,
            settings: vec![
                ("message.timestamp.type", "LogAppendTime".to_owned()),
                ("max.message.bytes", "5000".to_owned()),
                ("retention.ms", "1000".to_owned()),
            ],
        }
    }

    fn settings(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn a_topic_by_the_senders_clock_is_refused_with_the_command_that_mends_it() {
        let actual = settings(&[("message.timestamp.type", "CreateTime"), ("max.message.bytes", "5000")]);
        let wrong = wrong_settings(&spec(), &actual);
        assert_eq!(wrong.len(), 1);
        assert!(
            wrong[0].contains("--add-config message.timestamp.type=LogAppendTime"),
            "{wrong:?}"
        );
    }

    #[test]
    fn more_room_and_other_retention_are_the_operators_choice() {
        let actual = settings(&[
            ("message.timestamp.type", "LogAppendTime"),
            ("max.message.bytes", "6000"),
            ("retention.ms", "7"),
        ]);
        assert_eq!(wrong_settings(&spec(), &actual), Vec::<String>::new());
        let actual = settings(&[
            ("message.timestamp.type", "LogAppendTime"),
            ("max.message.bytes", "999"),
        ]);
        assert_eq!(wrong_settings(&spec(), &actual).len(), 1);
    }

    #[test]
    fn a_wrong_number_of_partitions_is_said() {
        assert!(wrong_partitions(&spec(), 4).is_none());
        assert!(
            wrong_partitions(&spec(), 1)
                .unwrap()
                .contains("has 1 partitions, expected 4")
        );
        let any = TopicSpec {
            partitions_may_differ: true,
            ..spec()
        };
        assert!(wrong_partitions(&any, 1).is_none());
    }
}
