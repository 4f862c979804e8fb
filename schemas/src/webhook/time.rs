//! Instants as Meta writes them: Unix seconds, as a string or as a number.

use serde_json::value::RawValue;

use super::json;

/// Meta documents seconds throughout. A value of at least this much (the year 5138 in seconds) is milliseconds, as
/// some partners' bridges send them.
const LEAST_MILLISECONDS: i64 = 100_000_000_000;

/// The last instant we take for one, 2286-11-20, in milliseconds: ClickHouse's `DateTime64` ends soon after.
const LAST_MS: i64 = 9_999_999_999_999;

/// An instant in Unix milliseconds. None for anything that is not a positive number (or one in quotes) before 2286.
pub(crate) fn millis(raw: &RawValue) -> Option<i64> {
    from_text(&json::text_or_number(raw)?)
}

/// As [`millis`], from the text itself. A fraction of a second is cut off.
pub(crate) fn from_text(text: &str) -> Option<i64> {
    let text = text.trim();
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    if whole.is_empty() || whole.len() > 13 || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    let ms = if number >= LEAST_MILLISECONDS {
        number
    } else {
        number * 1000
    };
    (1..=LAST_MS).contains(&ms).then_some(ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_milliseconds_are_told_apart_by_size() {
        assert_eq!(from_text("1698266945"), Some(1_698_266_945_000));
        assert_eq!(from_text("1698266945123"), Some(1_698_266_945_123));
        assert_eq!(from_text("1698266945.75"), Some(1_698_266_945_000));
    }

    #[test]
    fn what_is_no_instant_is_none() {
        for text in [
            "",
            " ",
            "TIMESTAMP",
            "-1",
            "0",
            "1e9",
            "99999999999999",
            "20000000000",
            "2025-11-22T10:00:00Z",
        ] {
            assert_eq!(from_text(text), None, "{text}");
        }
    }
}
