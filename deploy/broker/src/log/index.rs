//! Where in a segment an offset or a time is: one entry per stretch of batches, small enough to stay in memory.

use serde::{Deserialize, Serialize};

use super::batch::Header;

/// A new entry every this many bytes: 24 bytes of memory per 64 KiB of log (400 MB per TB), and a read looks through
/// at most this much before it finds its batch.
pub(crate) const STRETCH_BYTES: u64 = 64 << 10;

/// The start of a stretch of batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stretch {
    offset: i64,
    position: u64,
    /// Newest timestamp from the segment's start to this stretch's end: ascending, so that it can be searched.
    max_timestamp: i64,
}

/// A sparse index of one segment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Index(Vec<Stretch>);

impl Index {
    /// Notes the batch at `position`, the segment's end so far.
    pub(crate) fn add(&mut self, header: &Header, position: u64) {
        let newest = self.0.last().map_or(header.max_timestamp, |last| {
            last.max_timestamp.max(header.max_timestamp)
        });
        match self.0.last_mut() {
            Some(last) if position < last.position + STRETCH_BYTES => last.max_timestamp = newest,
            _ => self.0.push(Stretch {
                offset: header.base,
                position,
                max_timestamp: newest,
            }),
        }
    }

    /// Where to start looking for `offset`: no batch before it reaches `offset`.
    pub(crate) fn position_of(&self, offset: i64) -> u64 {
        let after = self.0.partition_point(|stretch| stretch.offset <= offset);
        self.0[..after].last().map_or(0, |stretch| stretch.position)
    }

    /// Where to start looking for the first batch that reaches `timestamp`; `None` when none does.
    pub(crate) fn position_of_time(&self, timestamp: i64) -> Option<u64> {
        let at = self.0.partition_point(|stretch| stretch.max_timestamp < timestamp);
        self.0.get(at).map(|stretch| stretch.position)
    }

    /// Newest timestamp of the segment.
    pub(crate) fn max_timestamp(&self) -> Option<i64> {
        self.0.last().map(|stretch| stretch.max_timestamp)
    }
}

#[cfg(test)]
mod tests {
    use super::super::batch::tests::sample;
    use super::*;

    #[test]
    fn finds_the_stretch_before_an_offset_and_the_first_that_reaches_a_time() {
        let mut index = Index::default();
        for (n, time) in [10, 50, 30, 40, 60].into_iter().enumerate() {
            let mut header = Header::read(&sample(&[(None, None)], time)).unwrap();
            header.base = n as i64 * 10;
            index.add(&header, n as u64 * STRETCH_BYTES);
        }
        assert_eq!(index.position_of(0), 0);
        assert_eq!(index.position_of(19), STRETCH_BYTES);
        assert_eq!(index.position_of(1000), 4 * STRETCH_BYTES);
        assert_eq!(index.position_of_time(0), Some(0));
        assert_eq!(index.position_of_time(40), Some(STRETCH_BYTES));
        assert_eq!(index.position_of_time(51), Some(4 * STRETCH_BYTES));
        assert_eq!(index.position_of_time(61), None);
    }
}
