//! The log's topics: names, partitions and how long they keep what.

use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long the updates of webhooks are kept.
const EVENTS_KEPT: Duration = DAY.saturating_mul(30);

/// The largest batch a broker takes into a topic, in bytes: an update of the largest webhook (3 MiB) in its envelope,
/// which a producer bounds at 4 MiB, and the batch's own frame. Kafka's default (1 MiB) would refuse it for ever.
pub const MAX_BATCH_BYTES: usize = 5 * 1024 * 1024;

/// How a topic forgets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// Records older than this go.
    For(Duration),
    /// The newest record of each key stays (`cleanup.policy=compact`).
    NewestPerKey,
}

/// One topic of the log.
#[derive(Clone, Copy, Debug)]
pub struct Topic {
    /// Name without the installation's prefix, e.g. `events`.
    pub name: &'static str,
    /// What it carries, for people.
    pub carries: &'static str,
    /// Partitions it is created with. Changing it later moves conversations between partitions.
    pub partitions: i32,
    /// An existing topic may have another number of partitions: nothing depends on which of them a key is in, and
    /// readers read them all. An earlier version made the topic so.
    pub partitions_may_differ: bool,
    /// How it forgets.
    pub keeps: Keeps,
}

impl Topic {
    /// The name on the broker: the installation's prefix (`parlance.` by default) and the topic's own.
    pub fn full_name(&self, prefix: &str) -> String {
        format!("{prefix}{}", self.name)
    }

    /// The topic's settings as Kafka spells them. Every topic is `LogAppendTime`: time is what the log says.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = vec![
            ("message.timestamp.type", "LogAppendTime".to_owned()),
            ("max.message.bytes", MAX_BATCH_BYTES.to_string()),
        ];
        match self.keeps {
            Keeps::For(span) => {
                settings.push(("cleanup.policy", "delete".to_owned()));
                settings.push(("retention.ms", span.as_millis().to_string()));
            }
            Keeps::NewestPerKey => {
                settings.push(("cleanup.policy", "compact".to_owned()));
                // A replay of the log needs what was in force then: older values outlive the records they were applied to.
                settings.push((
                    "min.compaction.lag.ms",
                    EVENTS_KEPT.saturating_add(DAY).as_millis().to_string(),
                ));
            }
        }
        settings
    }
}

/// Every update of every webhook, and the messages Parlance sent. Key: the conversation, or the WABA.
pub const EVENTS: Topic = Topic {
    name: "events",
    carries: "updates of webhooks",
    partitions: 4,
    partitions_may_differ: false,
    keeps: Keeps::For(EVENTS_KEPT),
};
/// Signed bodies that are not JSON. Meta signed them, so they are kept. Key: none.
pub const INGEST_DEAD: Topic = Topic {
    name: "ingest.dead",
    carries: "signed bodies that could not be read",
    partitions: 1,
    partitions_may_differ: false,
    keeps: Keeps::For(DAY.saturating_mul(90)),
};
/// Records of the log the pipeline could not read. Key: as it was.
pub const EVENTS_DEAD: Topic = Topic {
    name: "events.dead",
    carries: "records that could not be read",
    partitions: 1,
    partitions_may_differ: false,
    keeps: Keeps::For(DAY.saturating_mul(90)),
};
/// Corrections by people, second opinions by an LLM. Key: message id.
pub const VERDICTS: Topic = Topic {
    name: "verdicts",
    carries: "corrections of analyses",
    partitions: 1,
    partitions_may_differ: true,
    keeps: Keeps::For(DAY.saturating_mul(30)),
};
/// Integrations, rules, SLAs, hours, teams, keys. Key: kind and id.
pub const SETTINGS: Topic = Topic {
    name: "settings",
    carries: "settings",
    partitions: 1,
    partitions_may_differ: false,
    keeps: Keeps::NewestPerKey,
};
/// Actions to take. Key: destination, or the integration where an action names none.
pub const ACTIONS: Topic = Topic {
    name: "actions",
    carries: "actions to take",
    partitions: 4,
    partitions_may_differ: false,
    keeps: Keeps::For(DAY.saturating_mul(7)),
};
/// What became of actions: records of [`crate::outcome`]. Key: action id.
pub const OUTCOMES: Topic = Topic {
    name: "outcomes",
    carries: "outcomes of actions",
    partitions: 1,
    partitions_may_differ: true,
    keeps: Keeps::For(DAY.saturating_mul(30)),
};
/// Actions waiting for another try, a minute or so. Key: destination.
pub const ACTIONS_RETRY_1M: Topic = Topic {
    name: "actions.retry.1m",
    carries: "actions to try again within minutes",
    partitions: 1,
    partitions_may_differ: false,
    keeps: Keeps::For(DAY.saturating_mul(7)),
};
/// Actions waiting for another try, some ten minutes. Key: destination.
pub const ACTIONS_RETRY_10M: Topic = Topic {
    name: "actions.retry.10m",
    carries: "actions to try again in ten minutes",
    partitions: 1,
    partitions_may_differ: false,
    keeps: Keeps::For(DAY.saturating_mul(7)),
};
/// Actions waiting for another try, an hour or more. Key: destination.
pub const ACTIONS_RETRY_1H: Topic = Topic {
    name: "actions.retry.1h",
    carries: "actions to try again in an hour",
    partitions: 1,
    partitions_may_differ: false,
    keeps: Keeps::For(DAY.saturating_mul(7)),
};
/// Actions that were given up. Key: destination.
pub const ACTIONS_DEAD: Topic = Topic {
    name: "actions.dead",
    carries: "actions given up",
    partitions: 1,
    partitions_may_differ: false,
    keeps: Keeps::For(DAY.saturating_mul(90)),
};

/// Every topic of an installation.
pub const ALL: &[Topic] = &[
    EVENTS,
    INGEST_DEAD,
    EVENTS_DEAD,
    VERDICTS,
    SETTINGS,
    ACTIONS,
    OUTCOMES,
    ACTIONS_RETRY_1M,
    ACTIONS_RETRY_10M,
    ACTIONS_RETRY_1H,
    ACTIONS_DEAD,
];
