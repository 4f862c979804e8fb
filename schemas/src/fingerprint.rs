//! Stable 128-bit identities: of a JSON value (equal for every spelling of the same value), and of an update.
//!
//! A value's fingerprint is a Merkle hash (XXH3-128, seeded by the kind of value): that of an object is the hash of
//! its members' hashes in sorted order, that of an array the hash of its items' in their own order. So key order,
//! white space and escapes do not matter; everything else does. Numbers are compared as they are written
//! (`1`, `1.0` and `1e0` differ), so that no digit of a long one is lost. A key that occurs twice counts twice.
//!
//! It is no defence against forgery: what is hashed is signed by Meta.
//!
//! Memory: 16 bytes per item of the arrays and objects that are open; nesting is bounded by memory, not by the stack.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use xxhash_rust::xxh3::{xxh3_128, xxh3_128_with_seed};

use crate::webhook::json;

/// A stable 128-bit hash. Shown, and serialised, as 32 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub u128);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// A text that is not 32 hex digits.
#[derive(Debug, thiserror::Error)]
#[error("a fingerprint has 32 hex digits")]
pub struct NotAFingerprint;

impl FromStr for Fingerprint {
    type Err = NotAFingerprint;
    fn from_str(hex: &str) -> Result<Self, NotAFingerprint> {
        if hex.len() != 32 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(NotAFingerprint);
        }
        u128::from_str_radix(hex, 16).map(Self).map_err(|_| NotAFingerprint)
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hex = String::deserialize(deserializer)?;
        hex.parse().map_err(serde::de::Error::custom)
    }
}

/// The fingerprint of one JSON value; an error when `json` is not exactly one.
pub fn of_json(json: &str) -> Result<Fingerprint, serde_json::Error> {
    let valid: &RawValue = serde_json::from_str(json)?;
    Ok(of_raw(valid))
}

/// The fingerprint of a JSON value that serde has already read as one.
pub fn of_raw(value: &RawValue) -> Fingerprint {
    let mut walk = Walk::default();
    let bytes = value.get().as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at = match byte {
            b'{' | b'[' => {
                walk.open(byte == b'{');
                at + 1
            }
            b'}' | b']' => {
                walk.close();
                at + 1
            }
            b'"' => {
                let end = end_of_string(bytes, at);
                walk.string(&value.get()[at..end]);
                end
            }
            b'-' | b'0'..=b'9' | b'a'..=b'z' => {
                let end = end_of_word(bytes, at);
                let kind = if byte.is_ascii_lowercase() {
                    Kind::Word
                } else {
                    Kind::Number
                };
                walk.value(hash(kind, &bytes[at..end]));
                end
            }
            // White space, `,` and `:`. A string is a key exactly when its object waits for one.
            _ => at + 1,
        };
    }
    Fingerprint(walk.hashes.first().copied().unwrap_or_default())
}

/// The fingerprint of a tag and parts. Lengths go in, so that no two lists of parts read alike.
pub fn identity(tag: &str, parts: &[&str]) -> Fingerprint {
    let mut bytes = Vec::with_capacity(128);
    for part in std::iter::once(&tag).chain(parts) {
        bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    Fingerprint(xxh3_128(&bytes))
}

/// The kinds of value, as seeds: they keep `"1"` and `1`, `[]` and `{}`, apart. Never renumber them.
#[derive(Clone, Copy)]
enum Kind {
    Word = 1,
    Number = 2,
    String = 3,
    Array = 4,
    Object = 5,
    Member = 6,
}

fn hash(kind: Kind, bytes: &[u8]) -> u128 {
    xxh3_128_with_seed(bytes, kind as u64)
}

/// An array or object that is not closed yet.
struct Open {
    is_object: bool,
    /// Where its items begin in [`Walk::hashes`].
    start: usize,
    /// The hash of the key whose value comes next.
    key: Option<u128>,
}

#[derive(Default)]
struct Walk {
    open: Vec<Open>,
    hashes: Vec<u128>,
    scratch: Vec<u8>,
}

impl Walk {
    fn open(&mut self, is_object: bool) {
        self.open.push(Open {
            is_object,
            start: self.hashes.len(),
            key: None,
        });
    }

    fn close(&mut self) {
        let Some(closed) = self.open.pop() else { return };
        if closed.is_object {
            self.hashes[closed.start..].sort_unstable();
        }
        self.scratch.clear();
        for hash in self.hashes.drain(closed.start..) {
            self.scratch.extend_from_slice(&hash.to_le_bytes());
        }
        let kind = if closed.is_object { Kind::Object } else { Kind::Array };
        let value = hash(kind, &self.scratch);
        self.value(value);
    }

    fn string(&mut self, quoted: &str) {
        let value = match json::plain(quoted) {
            Some(plain) => hash(Kind::String, plain.as_bytes()),
            None => {
                json::unescape(quoted, &mut self.scratch);
                hash(Kind::String, &self.scratch)
            }
        };
        match self.open.last_mut() {
            Some(object) if object.is_object && object.key.is_none() => object.key = Some(value),
            _ => self.value(value),
        }
    }

    fn value(&mut self, value: u128) {
        let key = self.open.last_mut().and_then(|open| open.key.take());
        self.hashes.push(match key {
            Some(key) => {
                let mut member = [0; 32];
                member[..16].copy_from_slice(&key.to_le_bytes());
                member[16..].copy_from_slice(&value.to_le_bytes());
                hash(Kind::Member, &member)
            }
            None => value,
        });
    }
}

/// The index after the closing quote of the string that opens at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        at += match byte {
            b'"' => return at + 1,
            b'\\' => 2,
            _ => 1,
        };
    }
    bytes.len()
}

/// The index after the number, `true`, `false` or `null` that begins at `start`.
fn end_of_word(bytes: &[u8], start: usize) -> usize {
    let ends = |byte: &u8| matches!(byte, b',' | b']' | b'}') || byte.is_ascii_whitespace();
    bytes[start..]
        .iter()
        .position(ends)
        .map_or(bytes.len(), |length| start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Fingerprint {
        of_json(json).unwrap()
    }

    #[test]
    fn every_spelling_of_a_value_has_one_fingerprint() {
        let plain = of(r#"{"a":"ä/😀","b":[1,null,{"x":true,"y":"<%@"}]}"#);
        assert_eq!(
            plain,
            of(
                "{ \"b\" : [1, null,\t{\"y\":\"\\u003C\\u0025\\u0040\", \"\\u0078\":true}],\n\"a\":\"\\u00e4\\/\\uD83D\\ude00\" }"
            )
        );
    }

    #[test]
    fn everything_else_tells_values_apart() {
        let values = [
            "null",
            "true",
            "false",
            "1",
            "-1",
            "1.0",
            "18446744073709551617",
            "18446744073709551618",
            "\"1\"",
            "\"\"",
            "\"null\"",
            "[]",
            "{}",
            "[[]]",
            "[{}]",
            "[null]",
            "[1,2]",
            "[2,1]",
            "[[1],2]",
            "[1,[2]]",
            "[1,2,[]]",
            r#"{"a":1}"#,
            r#"{"a":null}"#,
            r#"{"b":1}"#,
            r#"{"a":"1"}"#,
            r#"["a",1]"#,
            r#"{"a":{"b":1}}"#,
            r#"{"a":1,"b":2}"#,
            r#"{"a":2,"b":1}"#,
            r#"{"a":1,"a":1}"#,
            r#"{"a":[1,2]}"#,
            r#"{"a":[2,1]}"#,
            r#""\ud83d""#,
            r#""\ude00""#,
            r#""😀""#,
            r#""\\u0041""#,
            r#""A""#,
        ];
        for (index, left) in values.iter().enumerate() {
            for right in &values[index + 1..] {
                assert_ne!(of(left), of(right), "{left} and {right}");
            }
        }
    }

    #[test]
    fn fingerprints_do_not_change_between_versions() {
        let pinned = [
            ("null", "0d22d710dd4bfcbb3b708c43274002c7"),
            (r#""text""#, "7f6d27045a0b53cb52b0ab494de4fbb1"),
            (
                r#"{"id":"wamid.A","n":[1,-2.5e3,true]}"#,
                "d75656d64af9abd5b15bb98fd39c2838",
            ),
        ];
        for (json, hex) in pinned {
            assert_eq!(of(json).to_string(), hex, "{json}");
        }
        assert_eq!(
            identity("message", &["1065", "wamid.A"]).to_string(),
            "d2189225952c9333c6645516fcf1a17e"
        );
    }

    #[test]
    fn parts_of_an_identity_do_not_run_together() {
        assert_ne!(identity("m", &["ab", "c"]), identity("m", &["a", "bc"]));
        assert_ne!(identity("m", &["ab"]), identity("m", &["ab", ""]));
        assert_ne!(identity("ma", &["b"]), identity("m", &["ab"]));
    }

    #[test]
    fn hex_reads_back() {
        let print = identity("x", &[]);
        assert_eq!(print.to_string().parse::<Fingerprint>().unwrap(), print);
        assert_eq!(
            serde_json::from_str::<Fingerprint>(&serde_json::to_string(&print).unwrap()).unwrap(),
            print
        );
        assert!("+0000000000000000000000000000000".parse::<Fingerprint>().is_err());
    }

    #[test]
    fn what_is_not_json_is_an_error_and_depth_is_no_danger() {
        assert!(of_json("{").is_err());
        assert!(of_json("1 2").is_err());
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_ne!(of(&deep), of("[]"));
    }
}
