//! Identifiers as Meta makes them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::RngExt;
use rand_chacha::ChaCha12Rng;

/// A message id: base64 of the other side's number and 10 random bytes in hex, as real ones are.
pub fn wamid(rng: &mut ChaCha12Rng, digits: &str) -> String {
    let mut bytes = vec![0x1c, 0x18, u8::try_from(digits.len()).unwrap_or(u8::MAX)];
    bytes.extend_from_slice(digits.as_bytes());
    bytes.extend_from_slice(&[0x15, 0x02, 0x00, 0x12, 0x18, 0x14]);
    bytes.extend_from_slice(hex::encode_upper(rng.random::<[u8; 10]>()).as_bytes());
    bytes.push(0);
    format!("wamid.{}", STANDARD.encode(bytes))
}

/// A call id.
pub fn wacid(rng: &mut ChaCha12Rng) -> String {
    format!("wacid.{}", STANDARD.encode(rng.random::<[u8; 18]>()))
}

/// A number of `digits` digits, as media, ads and flows are numbered.
pub fn numeric(rng: &mut ChaCha12Rng, digits: u32) -> String {
    rng.random_range(10_u64.pow(digits - 1)..10_u64.pow(digits)).to_string()
}

/// The SHA-256 of some media file, base64.
pub fn media_hash(rng: &mut ChaCha12Rng) -> String {
    STANDARD.encode(rng.random::<[u8; 32]>())
}

/// 16 random bytes, hex: conversations, click ids, keys.
pub fn token(rng: &mut ChaCha12Rng) -> String {
    hex::encode(rng.random::<[u8; 16]>())
}
