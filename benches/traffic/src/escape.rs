//! Meta's byte form of JSON: the same value, with non-ASCII and a few ASCII characters written as escapes.
//!
//! Meta signs and sends `\u00e9` for `é`, `\/` for `/`, `\u003C` for `<`, `\u0025` for `%` and `\u0040` for `@`.
//! A receiver that hashes anything but the raw bytes fails on the first accent; this form finds such receivers.

use std::fmt::Write as _;

/// `json` in Meta's byte form. Only the contents of strings change, and only in spelling, never in meaning.
/// `json` must be JSON: outside strings every byte is copied as it is.
pub fn meta_form(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + json.len() / 4);
    let mut inside = false;
    let mut chars = json.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                inside = !inside;
                out.push('"');
            }
            _ if !inside => out.push(c),
            // An escape that is there already: both its characters stay, so that `\"` does not end the string.
            '\\' => {
                out.push('\\');
                out.extend(chars.next());
            }
            '/' => out.push_str("\\/"),
            '<' => out.push_str("\\u003C"),
            '%' => out.push_str("\\u0025"),
            '@' => out.push_str("\\u0040"),
            c if c.is_ascii() => out.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}").expect("writing to a String cannot fail");
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spelling_changes_and_the_value_does_not() {
        let json = r#"{"a":"é/<%@ 😀 \"\\ \/ \u00e9\n","b":[1.50,null,"\\"],"ключ":"}"}"#;
        let escaped = meta_form(json);
        assert!(escaped.is_ascii());
        assert!(
            escaped.contains("\\u00e9\\/\\u003C\\u0025\\u0040 \\ud83d\\ude00"),
            "{escaped}"
        );
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), value);
    }

    #[test]
    fn the_form_is_stable() {
        let once = meta_form(r#"{"a":"ß/@\/"}"#);
        assert_eq!(meta_form(&once), once);
    }
}
