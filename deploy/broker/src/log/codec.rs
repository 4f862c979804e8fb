//! The four compressions of record batches. Only compaction and offsets by time need them: batches are stored and
//! served as they came.

use std::borrow::Cow;
use std::io::{Read, Write as _};

/// Start of the framing that Java's Snappy streams put around blocks; librdkafka writes one bare block instead.
const SNAPPY_STREAM: &[u8] = b"\x82SNAPPY\0";
/// The framing's magic and two version numbers.
const SNAPPY_STREAM_HEADER_BYTES: usize = 16;

/// Why a batch's records cannot be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unreadable records: {0}")]
pub(crate) struct Unreadable(pub(crate) &'static str);

const TOO_LARGE: Unreadable = Unreadable("larger than the limit when decompressed");

/// Decompresses `body` with the compression of that number, into at most `limit` bytes.
pub(crate) fn decompress(codec: i16, body: &[u8], limit: usize) -> Result<Cow<'_, [u8]>, Unreadable> {
    match codec {
        0 => Ok(Cow::Borrowed(body)),
        1 => read_all(flate2::read::MultiGzDecoder::new(body), limit).map(Cow::Owned),
        2 => snappy(body, limit).map(Cow::Owned),
        3 => read_all(lz4_flex::frame::FrameDecoder::new(body), limit).map(Cow::Owned),
        4 => {
            let decoder = zstd::stream::read::Decoder::with_buffer(body).map_err(|_| Unreadable("zstd"))?;
            read_all(decoder, limit).map(Cow::Owned)
        }
        _ => Err(Unreadable("unknown compression")),
    }
}

/// Compresses `body` with the compression of that number.
pub(crate) fn compress(codec: i16, body: &[u8]) -> std::io::Result<Vec<u8>> {
    match codec {
        0 => Ok(body.to_vec()),
        1 => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(body)?;
            encoder.finish()
        }
        2 => snap::raw::Encoder::new()
            .compress_vec(body)
            .map_err(std::io::Error::other),
        3 => {
            let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
            encoder.write_all(body)?;
            encoder.finish().map_err(std::io::Error::other)
        }
        4 => zstd::stream::encode_all(body, zstd::DEFAULT_COMPRESSION_LEVEL),
        _ => Err(std::io::Error::other(Unreadable("unknown compression"))),
    }
}

fn read_all(reader: impl Read, limit: usize) -> Result<Vec<u8>, Unreadable> {
    let mut out = Vec::new();
    let allowed = limit as u64;
    reader
        .take(allowed + 1)
        .read_to_end(&mut out)
        .map_err(|_| Unreadable("broken compression"))?;
    if out.len() as u64 > allowed {
        Err(TOO_LARGE)
    } else {
        Ok(out)
    }
}

fn snappy(body: &[u8], limit: usize) -> Result<Vec<u8>, Unreadable> {
    if !body.starts_with(SNAPPY_STREAM) {
        return snappy_block(body, limit);
    }
    let mut out = Vec::new();
    let mut rest = body
        .get(SNAPPY_STREAM_HEADER_BYTES..)
        .ok_or(Unreadable("snappy stream cut short"))?;
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        let (block, after) = after
            .split_at_checked(length)
            .ok_or(Unreadable("snappy stream cut short"))?;
        out.extend_from_slice(&snappy_block(block, limit - out.len())?);
        rest = after;
    }
    if rest.is_empty() {
        Ok(out)
    } else {
        Err(Unreadable("snappy stream cut short"))
    }
}

fn snappy_block(block: &[u8], limit: usize) -> Result<Vec<u8>, Unreadable> {
    let length = snap::raw::decompress_len(block).map_err(|_| Unreadable("broken snappy"))?;
    if length > limit {
        return Err(TOO_LARGE);
    }
    snap::raw::Decoder::new()
        .decompress_vec(block)
        .map_err(|_| Unreadable("broken snappy"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_compression_round_trips_and_keeps_its_limit() {
        let body: Vec<u8> = (0..20_000_u32).flat_map(|n| (n / 7).to_be_bytes()).collect();
        for codec in 0..=4 {
            let small = compress(codec, &body).unwrap();
            assert_eq!(decompress(codec, &small, body.len()).unwrap(), body, "codec {codec}");
            if codec > 0 {
                assert_eq!(
                    decompress(codec, &small, body.len() - 1),
                    Err(TOO_LARGE),
                    "codec {codec}"
                );
                assert!(
                    decompress(codec, &small[..small.len() / 2], body.len()).is_err(),
                    "codec {codec}"
                );
            }
        }
        assert!(decompress(5, &body, body.len()).is_err());
    }

    #[test]
    fn framed_snappy_of_java_clients_is_read() {
        let mut stream = SNAPPY_STREAM.to_vec();
        stream.extend_from_slice(&[0, 0, 0, 1, 0, 0, 0, 1]);
        for part in [&b"hello "[..], b"world"] {
            let block = compress(2, part).unwrap();
            stream.extend_from_slice(&(block.len() as u32).to_be_bytes());
            stream.extend_from_slice(&block);
        }
        assert_eq!(decompress(2, &stream, 100).unwrap().as_ref(), b"hello world");
        assert!(decompress(2, &stream[..stream.len() - 1], 100).is_err());
    }
}
