//! `cleanup.policy=compact`: of each key only the newest record stays, at its offset. Sealed segments only.
//!
//! Each segment is rewritten into a new file that replaces it whole, oldest first: a crash in between leaves some
//! segments compacted and others not, never a deleted key without its tombstone. A batch that loses nothing keeps its
//! bytes; a batch that cannot be read stays whole.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::sync::{Arc, PoisonError};

use xxhash_rust::xxh3::xxh3_128;

use super::batch::{Header, rebuild};
use super::codec::{self, Unreadable};
use super::partition::{Partition, now};
use super::record::{Record, body, records};
use super::segment::{Headers, Sealed, Summary, file_name, read_batch};
use super::{recovery, segment};
use crate::error::At as _;
use crate::topic_config::TopicConfig;
use crate::{Error, files};

/// Keys remembered in one pass (about 50 bytes each); records of further keys wait for a later pass.
const MAX_KEYS: usize = 4_000_000;

/// What compaction knows from its last pass. Not kept over restarts: a first pass finds it out again.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    /// Everything before this offset has been compacted.
    clean_to: i64,
    /// When the oldest remaining tombstone may go, in milliseconds.
    tombstone_due: i64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            clean_to: 0,
            tombstone_due: i64::MAX,
        }
    }
}

/// What a pass decides by.
struct Pass {
    /// Offset of the newest record of each key, by the key's hash.
    newest: HashMap<u128, i64>,
    limit: usize,
    /// Some batch could not be read: it may hold an older record of a deleted key, so tombstones stay.
    unreadable: bool,
    /// Segments sealed before this lose their tombstones.
    tombstones_before: i64,
    /// The log's next offset. The record before it stays, whatever it is: at it readers see that they have read all.
    /// (Kafka keeps it too, for it never compacts the segment that is written to.)
    end: i64,
    /// When the oldest tombstone that stays was sealed.
    oldest_tombstone: Option<i64>,
}

impl Partition {
    /// Compacts when there is enough to gain. Blocking.
    pub(crate) fn compact(&self, topic: &TopicConfig) -> Result<(), Error> {
        let _upkeep = self.upkeep.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now();
        let (segments, state, end) = {
            let mut log = self.lock();
            if log
                .active
                .is_older_than(topic.segment_ms.min(topic.max_compaction_lag_ms), now)
            {
                self.roll(&mut log, now)?;
            }
            (log.sealed.clone(), log.compaction, log.active.summary.next)
        };
        let old_enough = |segment: &&Arc<Sealed>| {
            let newest = segment.summary.index.max_timestamp().unwrap_or(i64::MIN);
            topic.min_compaction_lag_ms == 0 || now.saturating_sub(newest) >= topic.min_compaction_lag_ms
        };
        let segments: Vec<_> = segments.iter().take_while(old_enough).cloned().collect();
        if !worthwhile(&segments, state, topic, now) {
            return Ok(());
        }
        let mut pass = Pass {
            newest: HashMap::new(),
            limit: self.limits.decompressed_bytes,
            unreadable: false,
            tombstones_before: now.saturating_sub(topic.delete_retention_ms),
            end,
            oldest_tombstone: None,
        };
        for segment in &segments {
            pass.learn(segment)?;
        }
        for (place, segment) in segments.iter().enumerate() {
            if let Some(replacement) = pass.rewrite(segment)? {
                self.replace(segment, replacement, place == 0)?;
            }
        }
        self.lock().compaction = State {
            clean_to: segments.last().map_or(0, |segment| segment.summary.next),
            tombstone_due: pass
                .oldest_tombstone
                .map_or(i64::MAX, |at| at.saturating_add(topic.delete_retention_ms)),
        };
        metrics::counter!("broker_compactions_total").increment(1);
        Ok(())
    }

    /// Puts `replacement` in `old`'s place. Only the first segment may stay without records: it says where the log
    /// starts.
    fn replace(&self, old: &Arc<Sealed>, replacement: Sealed, first: bool) -> Result<(), Error> {
        let before = old.summary.size;
        metrics::counter!("broker_compacted_bytes_total").increment(before - replacement.summary.size.min(before));
        let empty = replacement.summary.size == 0 && !first;
        {
            let mut log = self.lock();
            let Some(at) = log.sealed.iter().position(|segment| Arc::ptr_eq(segment, old)) else {
                return replacement.remove();
            };
            if empty {
                replacement.remove()?;
                log.sealed.remove(at);
            } else {
                log.sealed[at] = Arc::new(replacement);
            }
        }
        old.remove()
    }
}

fn worthwhile(segments: &[Arc<Sealed>], state: State, topic: &TopicConfig, now: i64) -> bool {
    let total: u64 = segments.iter().map(|segment| segment.summary.size).sum();
    let new = || segments.iter().filter(|segment| segment.summary.next > state.clean_to);
    let new_bytes: u64 = new().map(|segment| segment.summary.size).sum();
    let overdue = || {
        let oldest = new().filter_map(|segment| segment.summary.index.max_timestamp()).min();
        oldest.is_some_and(|oldest| now.saturating_sub(oldest) >= topic.max_compaction_lag_ms)
    };
    let enough = new_bytes > 0 && (new_bytes as f64 >= total as f64 * topic.min_dirty_ratio || overdue());
    enough || now >= state.tombstone_due
}

impl Pass {
    /// Notes the newest offset of every key of a segment.
    fn learn(&mut self, segment: &Sealed) -> Result<(), Error> {
        let file = File::open(&segment.path).at(&segment.path)?;
        let mut batches = Headers::new(&file, 0, segment.summary.size);
        while let Some((position, header)) = batches.next().at(&segment.path)? {
            let batch = read_batch(&file, position, &header).at(&segment.path)?;
            let read = body(&header, &batch, self.limit).and_then(|body| {
                for record in records(&header, &body)? {
                    let Some(key) = record.key else { continue };
                    let key = xxh3_128(&body[key]);
                    if self.newest.len() < MAX_KEYS || self.newest.contains_key(&key) {
                        self.newest.insert(key, record.offset);
                    }
                }
                Ok(())
            });
            if let Err(error) = read {
                self.unreadable = true;
                metrics::counter!("broker_unreadable_batches_total").increment(1);
                tracing::warn!(%error, path = %segment.path.display(), offset = header.base, "compaction keeps a batch");
            }
        }
        Ok(())
    }

    /// Writes what stays of a segment into a new file; `None` when all of it stays.
    fn rewrite(&mut self, segment: &Sealed) -> Result<Option<Sealed>, Error> {
        let file = File::open(&segment.path).at(&segment.path)?;
        let generation = segment.generation + 1;
        let path = segment.path.with_file_name(file_name(segment.base, generation));
        let unfinished = files::unfinished(&path);
        let mut out = BufWriter::new(File::create(&unfinished).at(&unfinished)?);
        let mut summary = Summary {
            sealed_at: segment.summary.sealed_at,
            ..Summary::empty(segment.base)
        };
        summary.newest_stamp = segment.summary.newest_stamp;

        let mut batches = Headers::new(&file, 0, segment.summary.size);
        while let Some((position, header)) = batches.next().at(&segment.path)? {
            let batch = read_batch(&file, position, &header).at(&segment.path)?;
            let Some(kept) = self.filter(segment, &header, batch) else {
                continue;
            };
            let header = Header::read(&kept).expect("a batch from the log, or one just built");
            out.write_all(&kept).at(&unfinished)?;
            summary.add(&header);
        }
        let finished = out
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)
            .at(&unfinished)?;
        if summary.size == segment.summary.size {
            files::remove_if_there(&unfinished).at(&unfinished)?;
            return Ok(None);
        }
        finished.sync_all().at(&unfinished)?;
        recovery::save_summary(&path, &summary)?;
        std::fs::rename(&unfinished, &path)
            .and_then(|()| files::sync_parent(&path))
            .at(&path)?;
        Ok(Some(segment::Sealed {
            base: segment.base,
            generation,
            path,
            summary,
        }))
    }

    /// What stays of a batch.
    fn filter(&mut self, segment: &Sealed, header: &Header, batch: Vec<u8>) -> Option<Vec<u8>> {
        match self.filtered(segment, header, &batch) {
            Ok(Filtered::All) | Err(_) => Some(batch),
            Ok(Filtered::None) => None,
            Ok(Filtered::Some(kept)) => Some(kept),
        }
    }

    fn filtered(&mut self, segment: &Sealed, header: &Header, batch: &[u8]) -> Result<Filtered, Unreadable> {
        let body = body(header, batch, self.limit)?;
        let records = records(header, &body)?;
        let kept: Vec<_> = records
            .iter()
            .filter(|record| self.stays(segment, record, &body))
            .collect();
        if kept.len() == records.len() {
            return Ok(Filtered::All);
        }
        let Some(newest) = kept.iter().map(|record| record.timestamp).max() else {
            return Ok(Filtered::None);
        };
        let bytes: Vec<u8> = kept
            .iter()
            .flat_map(|record| &body[record.whole.clone()])
            .copied()
            .collect();
        let packed = codec::compress(header.codec(), &bytes).map_err(|_| Unreadable("cannot be compressed again"))?;
        let count = i32::try_from(kept.len()).expect("fewer records than the batch had");
        Ok(Filtered::Some(rebuild(header, count, newest, &packed)))
    }

    fn stays(&mut self, segment: &Sealed, record: &Record, body: &[u8]) -> bool {
        // Without a key (written before the topic was compacted) nothing can replace it.
        let Some(key) = &record.key else { return true };
        let Some(newest) = self.newest.get(&xxh3_128(&body[key.clone()])) else {
            return true;
        };
        if record.offset < *newest {
            return false;
        }
        // Not counted among the tombstones that stay: it is not in the way before something follows it.
        if record.offset + 1 == self.end {
            return true;
        }
        let sealed_at = segment.summary.sealed_at;
        if record.tombstone && !self.unreadable && sealed_at < self.tombstones_before {
            return false;
        }
        if record.tombstone {
            self.oldest_tombstone = Some(self.oldest_tombstone.map_or(sealed_at, |oldest| oldest.min(sealed_at)));
        }
        true
    }
}

enum Filtered {
    All,
    Some(Vec<u8>),
    None,
}
