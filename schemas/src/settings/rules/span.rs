//! Lengths of time as people write them: `90s`, `10m`, `24h`, `3d`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time in whole seconds. Written with its largest unit that leaves no rest, so each has one spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    seconds: u32,
}

/// Units, the largest first, and their seconds.
const UNITS: [(&str, u32); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

/// A text that is no length of time.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no length of time: it takes a whole number and s, m, h or d, such as `10m`")]
pub struct NoSpan(String);

impl Span {
    /// So many seconds.
    pub const fn of_seconds(seconds: u32) -> Self {
        Self { seconds }
    }

    /// In seconds.
    pub const fn seconds(self) -> u32 {
        self.seconds
    }

    /// In milliseconds.
    pub const fn millis(self) -> i64 {
        self.seconds as i64 * 1_000
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS.iter().find(|(_, unit)| self.seconds.is_multiple_of(*unit));
        let (name, unit) = whole.filter(|_| self.seconds > 0).unwrap_or(&("s", 1));
        write!(f, "{}{name}", self.seconds / unit)
    }
}

impl FromStr for Span {
    type Err = NoSpan;
    fn from_str(text: &str) -> Result<Self, NoSpan> {
        let refused = || NoSpan(text.chars().take(32).collect());
        let (name, unit) = UNITS
            .iter()
            .find(|(name, _)| text.ends_with(name))
            .ok_or_else(refused)?;
        let number = &text[..text.len() - name.len()];
        // A sign is not taken, nor a zero before a number: each length has few spellings.
        let digits = number.bytes().all(|byte| byte.is_ascii_digit()) && !(number.len() > 1 && number.starts_with('0'));
        let number: u32 = digits.then(|| number.parse().ok()).flatten().ok_or_else(refused)?;
        number.checked_mul(*unit).map(Self::of_seconds).ok_or_else(refused)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_read_and_written_with_its_unit() {
        for (text, seconds, written) in [
            ("0s", 0, "0s"),
            ("90s", 90, "90s"),
            ("600s", 600, "10m"),
            ("24h", 86_400, "1d"),
            ("49710d", 4_294_944_000, "49710d"),
        ] {
            let span: Span = text.parse().unwrap();
            assert_eq!((span.seconds(), span.to_string().as_str()), (seconds, written));
            assert_eq!(span.millis(), i64::from(seconds) * 1_000);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "m",
            "10",
            "10 m",
            "+5m",
            "-5m",
            "1.5h",
            "010m",
            "10M",
            "5w",
            "49711d",
            "99999999999s",
            "10min",
            "é",
        ] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }
}
