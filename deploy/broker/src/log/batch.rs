//! The header of a v2 record batch, the only part of a batch the broker normally reads or changes.
//!
//! ```text
//!  0 base offset   8 length after here   12 leader epoch   16 magic   17 CRC-32C of all after   21 attributes
//! 23 last delta   27 first timestamp    35 max timestamp  43 producer id  51 epoch  53 first sequence  57 count  61 …
//! ```

/// Bytes before the records.
pub(crate) const HEADER_BYTES: usize = 61;
/// Bytes before the part that `length` counts.
const PREFIX_BYTES: usize = 12;
/// Where the part covered by the checksum starts.
const CRC_FROM: usize = 21;

const CODEC_BITS: i16 = 0b111;
const LOG_APPEND_TIME_BIT: i16 = 1 << 3;
const TRANSACTIONAL_BIT: i16 = 1 << 4;
const CONTROL_BIT: i16 = 1 << 5;

/// A batch's header, as read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// Offset of the first record (also when compaction removed it).
    pub(crate) base: i64,
    /// Bytes of the whole batch.
    pub(crate) bytes: usize,
    pub(crate) attributes: i16,
    pub(crate) last_delta: i32,
    pub(crate) first_timestamp: i64,
    pub(crate) max_timestamp: i64,
    /// -1: not idempotent.
    pub(crate) producer: i64,
    pub(crate) epoch: i16,
    pub(crate) sequence: i32,
    pub(crate) count: i32,
}

impl Header {
    /// Reads the header at the start of `bytes`; `None` when there is no v2 batch.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let head = bytes.get(..HEADER_BYTES)?;
        let after_prefix = usize::try_from(i32_at(head, 8)).ok()?;
        if head[16] != 2 || after_prefix < HEADER_BYTES - PREFIX_BYTES {
            return None;
        }
        Some(Self {
            base: i64_at(head, 0),
            bytes: PREFIX_BYTES + after_prefix,
            attributes: i16_at(head, 21),
            last_delta: i32_at(head, 23),
            first_timestamp: i64_at(head, 27),
            max_timestamp: i64_at(head, 35),
            producer: i64_at(head, 43),
            epoch: i16_at(head, 51),
            sequence: i32_at(head, 53),
            count: i32_at(head, 57),
        })
    }

    /// Reads the header and checks that the batch is whole and its checksum right.
    pub(crate) fn read_checked(bytes: &[u8]) -> Option<Self> {
        let header = Self::read(bytes)?;
        let batch = bytes.get(..header.bytes)?;
        (crc32c::crc32c(&batch[CRC_FROM..]) == u32::from_be_bytes(array(batch, 17))).then_some(header)
    }

    /// The offset after the last record.
    pub(crate) fn next(&self) -> i64 {
        self.base + i64::from(self.last_delta) + 1
    }

    /// Sequence number of the last record.
    pub(crate) fn last_sequence(&self) -> i32 {
        self.sequence.wrapping_add(self.last_delta) & i32::MAX
    }

    /// Number of the compression.
    pub(crate) fn codec(&self) -> i16 {
        self.attributes & CODEC_BITS
    }

    pub(crate) fn log_append_time(&self) -> bool {
        self.attributes & LOG_APPEND_TIME_BIT != 0
    }

    pub(crate) fn transactional(&self) -> bool {
        self.attributes & TRANSACTIONAL_BIT != 0
    }

    pub(crate) fn control(&self) -> bool {
        self.attributes & CONTROL_BIT != 0
    }
}

/// Puts the offset in. It lies outside the checksum, as the leader epoch does (always 0 here).
pub(crate) fn set_base(batch: &mut [u8], base: i64) {
    batch[..8].copy_from_slice(&base.to_be_bytes());
    batch[12..16].copy_from_slice(&0_i32.to_be_bytes());
}

/// Puts the broker's time in, for all records of the batch, and renews the checksum.
pub(crate) fn set_log_append_time(batch: &mut [u8], millis: i64) {
    let attributes = i16_at(batch, 21) | LOG_APPEND_TIME_BIT;
    batch[21..23].copy_from_slice(&attributes.to_be_bytes());
    batch[35..43].copy_from_slice(&millis.to_be_bytes());
    set_crc(batch);
}

/// A batch with `header`'s fields around other records: same offsets, times and producer.
pub(crate) fn rebuild(header: &Header, count: i32, max_timestamp: i64, records: &[u8]) -> Vec<u8> {
    let mut batch = Vec::with_capacity(HEADER_BYTES + records.len());
    batch.extend_from_slice(&header.base.to_be_bytes());
    let length = i32::try_from(HEADER_BYTES - PREFIX_BYTES + records.len());
    batch.extend_from_slice(&length.expect("part of a batch is no longer than a batch").to_be_bytes());
    batch.extend_from_slice(&0_i32.to_be_bytes());
    batch.push(2);
    batch.extend_from_slice(&[0; 4]);
    batch.extend_from_slice(&header.attributes.to_be_bytes());
    batch.extend_from_slice(&header.last_delta.to_be_bytes());
    batch.extend_from_slice(&header.first_timestamp.to_be_bytes());
    batch.extend_from_slice(&max_timestamp.to_be_bytes());
    batch.extend_from_slice(&header.producer.to_be_bytes());
    batch.extend_from_slice(&header.epoch.to_be_bytes());
    batch.extend_from_slice(&header.sequence.to_be_bytes());
    batch.extend_from_slice(&count.to_be_bytes());
    batch.extend_from_slice(records);
    set_crc(&mut batch);
    batch
}

fn set_crc(batch: &mut [u8]) {
    let crc = crc32c::crc32c(&batch[CRC_FROM..]);
    batch[17..21].copy_from_slice(&crc.to_be_bytes());
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().expect("the slice has N bytes")
}

fn i16_at(bytes: &[u8], at: usize) -> i16 {
    i16::from_be_bytes(array(bytes, at))
}

fn i32_at(bytes: &[u8], at: usize) -> i32 {
    i32::from_be_bytes(array(bytes, at))
}

fn i64_at(bytes: &[u8], at: usize) -> i64 {
    i64::from_be_bytes(array(bytes, at))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::log::record;

    /// Key and value.
    pub(crate) type Pair<'a> = (Option<&'a [u8]>, Option<&'a [u8]>);

    /// An uncompressed batch of `records` (key, value) at `timestamp`, not idempotent.
    pub(crate) fn sample(records: &[Pair<'_>], timestamp: i64) -> Vec<u8> {
        let mut body = Vec::new();
        for (delta, (key, value)) in records.iter().enumerate() {
            record::tests::write(&mut body, 0, delta as i64, *key, *value);
        }
        let count = records.len() as i32;
        let header = Header {
            base: 0,
            bytes: 0,
            attributes: 0,
            last_delta: count - 1,
            first_timestamp: timestamp,
            max_timestamp: timestamp,
            producer: -1,
            epoch: -1,
            sequence: -1,
            count,
        };
        rebuild(&header, count, timestamp, &body)
    }

    /// The same batch as written by an idempotent producer.
    pub(crate) fn by(producer: i64, sequence: i32, mut batch: Vec<u8>) -> Vec<u8> {
        batch[43..51].copy_from_slice(&producer.to_be_bytes());
        batch[51..53].copy_from_slice(&0_i16.to_be_bytes());
        batch[53..57].copy_from_slice(&sequence.to_be_bytes());
        set_crc(&mut batch);
        batch
    }

    #[test]
    fn any_flipped_byte_after_the_checksum_is_noticed() {
        let good = sample(&[(Some(b"k"), Some(b"v"))], 7);
        assert_eq!(Header::read_checked(&good).unwrap().bytes, good.len());
        for at in 17..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert!(Header::read_checked(&bad).is_none(), "byte {at}");
        }
    }

    #[test]
    fn a_batch_cut_short_is_no_batch() {
        let good = sample(&[(Some(b"k"), Some(b"v"))], 7);
        assert!((0..good.len()).all(|cut| Header::read_checked(&good[..cut]).is_none()));
    }

    #[test]
    fn offset_and_time_leave_a_valid_batch() {
        let mut batch = sample(&[(None, Some(b"a")), (None, Some(b"b"))], 7);
        set_base(&mut batch, 40);
        set_log_append_time(&mut batch, 99);
        let header = Header::read_checked(&batch).unwrap();
        assert_eq!((header.base, header.next(), header.max_timestamp), (40, 42, 99));
        assert!(header.log_append_time());
    }
}
