//! What idempotent producers wrote last, so that a repeated batch is recognised and a missing one noticed.
//! Saved at every roll; the rest is read from the last segment's batches, so it survives restarts and crashes.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::batch::Header;

/// Batches remembered per producer: as many as a client may have in flight (`max.in.flight.requests`).
const REMEMBERED_BATCHES: usize = 5;

/// All producers of one partition.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Producers(HashMap<i64, Producer>);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Producer {
    epoch: i16,
    /// Newest last; never empty.
    batches: VecDeque<Written>,
    /// Milliseconds of the wall clock.
    last_seen: i64,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Written {
    first: i32,
    last: i32,
    base: i64,
    next: i64,
}

/// What to do with a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Append it.
    Append,
    /// It is in the log already, at these offsets.
    Repeated { base: i64, next: i64 },
    /// It is in the log already, too long ago to say where.
    RepeatedLongAgo,
    /// A batch before it is missing.
    OutOfOrder,
    /// A newer incarnation of the producer has written.
    Fenced,
    /// It continues what the log does not know (expired).
    Unknown,
}

impl Producers {
    /// Judges a batch before it is appended.
    pub(crate) fn judge(&self, header: &Header) -> Verdict {
        if header.producer < 0 {
            return Verdict::Append;
        }
        let Some(producer) = self.0.get(&header.producer) else {
            return if header.sequence == 0 {
                Verdict::Append
            } else {
                Verdict::Unknown
            };
        };
        if header.epoch < producer.epoch {
            return Verdict::Fenced;
        }
        if header.epoch > producer.epoch {
            return if header.sequence == 0 {
                Verdict::Append
            } else {
                Verdict::OutOfOrder
            };
        }
        let (first, last) = (header.sequence, header.last_sequence());
        if let Some(written) = producer
            .batches
            .iter()
            .find(|written| (written.first, written.last) == (first, last))
        {
            return Verdict::Repeated {
                base: written.base,
                next: written.next,
            };
        }
        let newest = producer.batches.back().map_or(-1, |written| written.last);
        // Distances on the circle of 2^31 sequence numbers.
        let ahead = |sequence: i32| sequence.wrapping_sub(newest) & i32::MAX;
        if ahead(first) == 1 {
            Verdict::Append
        } else if ahead(last) == 0 || ahead(last) > i32::MAX / 2 {
            Verdict::RepeatedLongAgo
        } else {
            Verdict::OutOfOrder
        }
    }

    /// Notes an appended batch (its header with its offset).
    pub(crate) fn note(&mut self, header: &Header, now: i64) {
        if header.producer < 0 {
            return;
        }
        let producer = self.0.entry(header.producer).or_insert_with(|| Producer {
            epoch: header.epoch,
            batches: VecDeque::new(),
            last_seen: now,
        });
        if producer.epoch != header.epoch {
            producer.epoch = header.epoch;
            producer.batches.clear();
        }
        if producer.batches.len() == REMEMBERED_BATCHES {
            producer.batches.pop_front();
        }
        producer.last_seen = now;
        producer.batches.push_back(Written {
            first: header.sequence,
            last: header.last_sequence(),
            base: header.base,
            next: header.next(),
        });
    }

    /// Forgets who wrote nothing since `oldest` and, beyond `most`, those silent longest.
    pub(crate) fn expire(&mut self, oldest: i64, most: usize) {
        self.0.retain(|_, producer| producer.last_seen >= oldest);
        if self.0.len() > most {
            let mut ages: Vec<_> = self.0.iter().map(|(id, producer)| (producer.last_seen, *id)).collect();
            ages.sort_unstable();
            for (_, id) in &ages[..self.0.len() - most] {
                self.0.remove(id);
            }
        }
    }

    /// How many are known.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::super::batch::tests::{by, sample};
    use super::*;

    fn header(sequence: i32, base: i64, epoch: i16) -> Header {
        let records = [(None, None); 10];
        let mut header = Header::read(&by(7, sequence, sample(&records, 0))).unwrap();
        (header.base, header.epoch) = (base, epoch);
        header
    }

    #[test]
    fn repeats_gaps_and_old_incarnations_are_told_apart() {
        let mut producers = Producers::default();
        assert_eq!(producers.judge(&header(10, 0, 0)), Verdict::Unknown);
        for n in 0..7 {
            let next = header(n * 10, i64::from(n) * 10, 0);
            assert_eq!(producers.judge(&next), Verdict::Append);
            producers.note(&next, 0);
        }
        assert_eq!(
            producers.judge(&header(20, 0, 0)),
            Verdict::Repeated { base: 20, next: 30 }
        );
        assert_eq!(producers.judge(&header(10, 0, 0)), Verdict::RepeatedLongAgo);
        assert_eq!(producers.judge(&header(80, 0, 0)), Verdict::OutOfOrder);
        assert_eq!(producers.judge(&header(0, 0, 1)), Verdict::Append);
        producers.note(&header(0, 70, 1), 0);
        assert_eq!(producers.judge(&header(70, 0, 0)), Verdict::Fenced);
        assert_eq!(producers.judge(&header(5, 0, 2)), Verdict::OutOfOrder);
    }

    #[test]
    fn sequence_numbers_wrap_around() {
        let mut producers = Producers::default();
        producers.0.insert(
            7,
            Producer {
                epoch: 0,
                batches: VecDeque::new(),
                last_seen: 0,
            },
        );
        producers.note(&header(i32::MAX - 4, 0, 0), 0);
        // Ten records from MAX - 4: the last one has number 4.
        assert_eq!(producers.judge(&header(5, 0, 0)), Verdict::Append);
        assert_eq!(producers.judge(&header(6, 0, 0)), Verdict::OutOfOrder);
    }

    #[test]
    fn the_silent_are_forgotten_first() {
        let mut producers = Producers::default();
        for id in 0..10 {
            let mut header = header(0, 0, 0);
            header.producer = id;
            producers.note(&header, id);
        }
        producers.expire(2, 100);
        assert_eq!(producers.len(), 8);
        producers.expire(2, 3);
        let mut left: Vec<_> = producers.0.keys().copied().collect();
        left.sort_unstable();
        assert_eq!(left, [7, 8, 9]);
    }
}
