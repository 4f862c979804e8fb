//! What happens without a request: retention, compaction, ends of sessions, a short journal.

use std::sync::Arc;
use std::time::Duration;

use crate::Error;
use crate::broker::Broker;
use crate::log::Partition;
use crate::topic_config::TopicConfig;

/// Runs until the broker stops.
pub(crate) async fn run(broker: Arc<Broker>) {
    let config = &broker.config;
    let retention = every(
        &broker,
        config.retention_interval,
        |topic| topic.delete || !topic.compact,
        Partition::retain,
    );
    let compaction = every(
        &broker,
        config.compaction_interval,
        |topic| topic.compact,
        Partition::compact,
    );
    let deadlines = broker.groups.watch_deadlines(broker.shutdown.clone());
    tokio::join!(retention, compaction, deadlines, tidy(&broker));
}

/// Does `work` on every partition of the topics that `applies` to, every `interval`.
async fn every(
    broker: &Arc<Broker>,
    interval: Duration,
    applies: fn(&TopicConfig) -> bool,
    work: fn(&Partition, &TopicConfig) -> Result<(), Error>,
) {
    while tick(broker, interval).await {
        for topic in broker.topics.all() {
            if !applies(&topic.config) {
                continue;
            }
            for number in 0..topic.partitions.len() {
                if broker.shutdown.is_cancelled() {
                    return;
                }
                let worked = Arc::clone(&topic);
                let done = broker
                    .blocking(move |_| work(&worked.partitions[number], &worked.config))
                    .await;
                match done {
                    Ok(()) => (),
                    Err(_) if broker.topics.get(&topic.name).is_none_or(|now| now.id != topic.id) => (), // deleted
                    Err(error) => {
                        metrics::counter!("broker_upkeep_errors_total").increment(1);
                        let error = &error as &dyn std::error::Error;
                        tracing::error!(error, topic = topic.name, partition = number, "upkeep failed");
                    }
                }
            }
        }
    }
}

async fn tidy(broker: &Arc<Broker>) {
    while tick(broker, broker.config.compaction_interval).await {
        if let Err(error) = broker.blocking(|broker| broker.groups.offsets.tidy()).await {
            metrics::counter!("broker_upkeep_errors_total").increment(1);
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "cannot shorten the journal of groups"
            );
        }
    }
}

/// Waits; false when the broker stops.
async fn tick(broker: &Broker, interval: Duration) -> bool {
    tokio::select! {
        () = broker.shutdown.cancelled() => false,
        () = tokio::time::sleep(interval) => true,
    }
}
