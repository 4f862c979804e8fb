//! What the files of this crate have in common: they begin with their kind, say in JSON what they hold, and end with a checksum.
//!
//! ```text
//! zstd of: kind (8 bytes) · length of header (u32) · header (JSON) · body · xxh3 of all before (u64)      little-endian
//! ```

use std::io::Read;

use serde::Serialize;
use serde::de::DeserializeOwned;
use xxhash_rust::xxh3::xxh3_64;

use crate::weights::Error;

/// A longer header is not ours.
const MOST_HEADER: usize = 64 * 1024;
/// Written once, read often.
const COMPRESSION: i32 = 19;

/// The bytes of a file.
pub(crate) fn write(kind: &[u8; 8], header: &impl Serialize, body: impl IntoIterator<Item = u8>) -> Vec<u8> {
    let header = serde_json::to_vec(header).expect("a header of numbers and texts is always JSON");
    let mut bytes = kind.to_vec();
    bytes.extend((header.len() as u32).to_le_bytes());
    bytes.extend(header);
    bytes.extend(body);
    bytes.extend(xxh3_64(&bytes).to_le_bytes());
    zstd::encode_all(bytes.as_slice(), COMPRESSION).expect("memory to memory cannot fail")
}

/// The header and the body of a file whose body has at most `most` bytes; no more than that is unpacked.
///
/// # Errors
/// [`Error`] when the bytes are not such a file, are damaged, or the header is not of type `H`.
pub(crate) fn read<H: DeserializeOwned>(kind: &[u8; 8], bytes: &[u8], most: usize) -> Result<(H, Vec<u8>), Error> {
    let mut raw = Vec::new();
    zstd::Decoder::new(bytes)?
        .take((MOST_HEADER + most) as u64)
        .read_to_end(&mut raw)?;
    let (before, sum) = raw.split_last_chunk::<8>().ok_or(Error::Damaged("too short"))?;
    let rest = before.strip_prefix(kind).ok_or(Error::Damaged("it begins otherwise"))?;
    if xxh3_64(before) != u64::from_le_bytes(*sum) {
        return Err(Error::Damaged("its checksum does not agree"));
    }
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(Error::Damaged("too short"))?;
    let length = u32::from_le_bytes(*length) as usize;
    if length > MOST_HEADER || length > rest.len() {
        return Err(Error::Damaged("its header is too long"));
    }
    let (header, body) = rest.split_at(length);
    Ok((serde_json::from_slice(header)?, body.to_vec()))
}
