//! Reading a partition: the lock is held to find the file, not to read it. Only what is durable is visible.

use std::io;
use std::sync::Arc;

use bytes::Bytes;

use super::partition::{Active, Log, Partition};
use super::segment::{Sealed, Slice, Source, Summary};

/// Offset outside the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutOfRange;

/// The readable part of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) start: i64,
    /// One past the last record a reader may see.
    pub(crate) visible: i64,
}

impl Partition {
    /// The readable part.
    pub(crate) fn bounds(&self) -> Bounds {
        let log = self.lock();
        Bounds {
            start: log.start(),
            visible: self.commit.progress().durable.offset,
        }
    }

    /// Batches from `offset` on. Blocking: reads a file. Empty at the end.
    pub(crate) fn read(&self, offset: i64, max: usize) -> io::Result<Result<Bytes, OutOfRange>> {
        loop {
            let visible = self.commit.progress().durable.offset;
            let slice = {
                let log = self.lock();
                if offset < log.start() || offset > log.active.summary.next {
                    return Ok(Err(OutOfRange));
                }
                if offset >= visible {
                    return Ok(Ok(Bytes::new()));
                }
                log.slice_of(offset)
            };
            match slice.read(offset, visible, max) {
                Err(error) if replaced(&slice, &error) => continue,
                other => return other.map(Ok),
            }
        }
    }

    /// Offset and time of the first record at or after `timestamp`. Blocking.
    pub(crate) fn first_at(&self, timestamp: i64) -> io::Result<Option<(i64, i64)>> {
        'again: loop {
            let visible = self.commit.progress().durable.offset;
            let slices = self.lock().slices_from_time(timestamp);
            for slice in slices {
                match slice.first_at(timestamp, visible, self.limits.decompressed_bytes) {
                    Err(error) if replaced(&slice, &error) => continue 'again,
                    Ok(None) => (),
                    other => return other,
                }
            }
            return Ok(None);
        }
    }

    /// Offset and time of the (first) record with the newest time. Blocking.
    pub(crate) fn newest(&self) -> io::Result<Option<(i64, i64)>> {
        let newest = self
            .lock()
            .summaries()
            .filter_map(|summary| summary.index.max_timestamp())
            .max();
        newest.map_or(Ok(None), |newest| self.first_at(newest))
    }
}

impl Log {
    fn summaries(&self) -> impl Iterator<Item = &Summary> {
        self.sealed
            .iter()
            .map(|segment| &segment.summary)
            .chain([&self.active.summary])
    }

    fn slice_of(&self, offset: i64) -> Slice {
        let at = self.sealed.partition_point(|segment| segment.summary.next <= offset);
        match self.sealed.get(at) {
            Some(segment) => segment.slice(segment.summary.index.position_of(offset)),
            None => self.active.slice(self.active.summary.index.position_of(offset)),
        }
    }

    fn slices_from_time(&self, timestamp: i64) -> Vec<Slice> {
        let sealed = self.sealed.iter().filter_map(|segment| {
            segment
                .summary
                .index
                .position_of_time(timestamp)
                .map(|position| segment.slice(position))
        });
        let active = self
            .active
            .summary
            .index
            .position_of_time(timestamp)
            .map(|position| self.active.slice(position));
        sealed.chain(active).collect()
    }
}

impl Sealed {
    fn slice(&self, from: u64) -> Slice {
        Slice {
            source: Source::Sealed(self.path.clone()),
            from,
            to: self.summary.size,
        }
    }
}

impl Active {
    fn slice(&self, from: u64) -> Slice {
        Slice {
            source: Source::Open(Arc::clone(&self.file)),
            from,
            to: self.summary.size,
        }
    }
}

/// The segment left the log (retention) or was replaced (compaction) after the lock was given up: look again.
fn replaced(slice: &Slice, error: &io::Error) -> bool {
    matches!(slice.source, Source::Sealed(_)) && error.kind() == io::ErrorKind::NotFound
}
