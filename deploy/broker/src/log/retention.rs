//! Segments that are too old or too many leave the log, oldest first.

use super::partition::{Partition, now};
use crate::Error;
use crate::topic_config::TopicConfig;

impl Partition {
    /// Drops what `retention.ms` and `retention.bytes` no longer keep; seals a segment whose time has come. Blocking.
    pub(crate) fn retain(&self, topic: &TopicConfig) -> Result<(), Error> {
        let _upkeep = self.upkeep.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let now = now();
        let leaving = {
            let mut log = self.lock();
            let newest = log.active.summary.index.max_timestamp();
            let expired = topic.delete && newest.is_some_and(|newest| is_past(newest, topic.retention_ms, now));
            if expired || log.active.is_older_than(topic.segment_ms, now) {
                self.roll(&mut log, now)?;
            }
            if !topic.delete {
                return Ok(());
            }
            let mut kept: u64 = log.sealed.iter().map(|segment| segment.summary.size).sum::<u64>();
            kept += log.active.summary.size;
            let leaving = log.sealed.iter().take_while(|segment| {
                let newest = segment.summary.index.max_timestamp();
                let too_old = newest.is_none_or(|newest| is_past(newest, topic.retention_ms, now));
                let too_much = topic
                    .retention_bytes
                    .is_some_and(|most| kept - segment.summary.size >= most);
                kept -= segment.summary.size;
                too_old || too_much
            });
            let count = leaving.count();
            log.sealed.drain(..count).collect::<Vec<_>>()
        };
        for segment in leaving {
            metrics::counter!("broker_expired_bytes_total").increment(segment.summary.size);
            segment.remove()?;
        }
        Ok(())
    }
}

fn is_past(newest: i64, retention_ms: Option<i64>, now: i64) -> bool {
    retention_ms.is_some_and(|age| now.saturating_sub(newest) > age)
}
