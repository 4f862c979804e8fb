//! The records inside a batch, as byte ranges: enough to know key, time and place, and to keep or drop each untouched.

use std::borrow::Cow;
use std::ops::Range;

use super::batch::{HEADER_BYTES, Header};
use super::codec::{self, Unreadable};

/// One record, by reference into the decompressed body it came from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) offset: i64,
    /// Milliseconds; the batch's in a batch with the broker's time.
    pub(crate) timestamp: i64,
    /// `None`: a null key.
    pub(crate) key: Option<Range<usize>>,
    /// A null value: the key is deleted.
    pub(crate) tombstone: bool,
    /// The whole record with its length.
    pub(crate) whole: Range<usize>,
}

/// The decompressed records of `batch`.
///
/// # Errors
/// The compression is unknown or broken, or the body would exceed `limit` bytes.
pub(crate) fn body<'a>(header: &Header, batch: &'a [u8], limit: usize) -> Result<Cow<'a, [u8]>, Unreadable> {
    codec::decompress(header.codec(), &batch[HEADER_BYTES..header.bytes], limit)
}

/// All records of a decompressed body.
///
/// # Errors
/// [`Unreadable`] when the body is not made of exactly the records that the header announces.
pub(crate) fn records(header: &Header, body: &[u8]) -> Result<Vec<Record>, Unreadable> {
    let count = usize::try_from(header.count).map_err(|_| Unreadable("negative record count"))?;
    // The smallest record takes 7 bytes: an absurd count must not reserve memory.
    let mut records = Vec::with_capacity(count.min(body.len() / 7 + 1));
    let mut at = 0;
    while at < body.len() {
        let record = record(header, body, at)?;
        at = record.whole.end;
        records.push(record);
    }
    if records.len() == count {
        Ok(records)
    } else {
        Err(Unreadable("record count differs from the header's"))
    }
}

fn record(header: &Header, body: &[u8], start: usize) -> Result<Record, Unreadable> {
    let mut reader = Reader { bytes: body, at: start };
    let length = reader.length()?.ok_or(Unreadable("record without a length"))?;
    let end = reader
        .at
        .checked_add(length)
        .filter(|end| *end <= body.len())
        .ok_or(Unreadable("record cut short"))?;
    reader.bytes = &body[..end];
    reader.skip(1)?; // attributes, unused
    let timestamp = header.first_timestamp.wrapping_add(reader.varint()?);
    let delta = reader.varint()?;
    if !(0..=i64::from(header.last_delta)).contains(&delta) {
        return Err(Unreadable("record outside its batch's offsets"));
    }
    let key = reader.bytes_field()?;
    let tombstone = reader.bytes_field()?.is_none();
    Ok(Record {
        offset: header.base + delta,
        timestamp: if header.log_append_time() {
            header.max_timestamp
        } else {
            timestamp
        },
        key,
        tombstone,
        whole: start..end,
    })
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn varint(&mut self) -> Result<i64, Unreadable> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.bytes.get(self.at).ok_or(Unreadable("record cut short"))?;
            self.at += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok((value >> 1) as i64 ^ -((value & 1) as i64)); // zigzag
            }
        }
        Err(Unreadable("number too long"))
    }

    /// A length; `None` for -1 (null).
    fn length(&mut self) -> Result<Option<usize>, Unreadable> {
        match self.varint()? {
            -1 => Ok(None),
            length => usize::try_from(length)
                .map(Some)
                .map_err(|_| Unreadable("negative length")),
        }
    }

    fn skip(&mut self, bytes: usize) -> Result<(), Unreadable> {
        self.at = self
            .at
            .checked_add(bytes)
            .filter(|at| *at <= self.bytes.len())
            .ok_or(Unreadable("record cut short"))?;
        Ok(())
    }

    fn bytes_field(&mut self) -> Result<Option<Range<usize>>, Unreadable> {
        let Some(length) = self.length()? else { return Ok(None) };
        let start = self.at;
        self.skip(length)?;
        Ok(Some(start..self.at))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::batch::tests::sample;
    use super::*;

    /// Appends one record without headers.
    pub(crate) fn write(body: &mut Vec<u8>, timestamp: i64, delta: i64, key: Option<&[u8]>, value: Option<&[u8]>) {
        let mut record = vec![0];
        varint(&mut record, timestamp);
        varint(&mut record, delta);
        for field in [key, value] {
            varint(&mut record, field.map_or(-1, |bytes| bytes.len() as i64));
            record.extend_from_slice(field.unwrap_or_default());
        }
        varint(&mut record, 0);
        varint(body, record.len() as i64);
        body.extend_from_slice(&record);
    }

    fn varint(out: &mut Vec<u8>, value: i64) {
        let mut rest = ((value << 1) ^ (value >> 63)) as u64;
        while rest >= 0x80 {
            out.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        out.push(rest as u8);
    }

    #[test]
    fn null_and_empty_keys_differ() {
        let batch = sample(&[(None, Some(b"v")), (Some(b""), None), (Some(b"key"), Some(b""))], 5);
        let header = Header::read_checked(&batch).unwrap();
        let body = body(&header, &batch, 1000).unwrap();
        let records = records(&header, &body).unwrap();
        let keys: Vec<_> = records
            .iter()
            .map(|r| r.key.clone().map(|key| body[key].to_vec()))
            .collect();
        assert_eq!(keys, [None, Some(vec![]), Some(b"key".to_vec())]);
        assert_eq!(
            records.iter().map(|r| r.tombstone).collect::<Vec<_>>(),
            [false, true, false]
        );
        assert_eq!(records.iter().map(|r| r.offset).collect::<Vec<_>>(), [0, 1, 2]);
    }

    #[test]
    fn broken_bodies_are_errors_and_never_panics() {
        let batch = sample(&[(Some(b"k"), Some(b"v")), (Some(b"l"), Some(b"w"))], 5);
        let header = Header::read_checked(&batch).unwrap();
        let body = &batch[HEADER_BYTES..];
        for cut in 0..body.len() {
            assert!(records(&header, &body[..cut]).is_err(), "cut at {cut}");
        }
        for at in 0..body.len() {
            for bit in 0..8 {
                let mut bad = body.to_vec();
                bad[at] ^= 1 << bit;
                let _ = records(&header, &bad);
            }
        }
    }
}
