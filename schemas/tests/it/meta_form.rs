//! The other spelling of the same JSON: as Meta puts it on the wire.

/// Escapes non-ASCII as UTF-16 units, and `/`, `<`, `%`, `@`. What is escaped already stays as it is.
pub(crate) fn meta_form(json: &str) -> String {
    let mut meta = String::with_capacity(json.len() * 2);
    let mut characters = json.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                meta.push('\\');
                meta.extend(characters.next());
            }
            '/' => meta.push_str("\\/"),
            '<' | '%' | '@' => meta.push_str(&format!("\\u{:04X}", character as u32)),
            _ if character.is_ascii() => meta.push(character),
            _ => {
                let mut units = [0; 2];
                character
                    .encode_utf16(&mut units)
                    .iter()
                    .for_each(|unit| meta.push_str(&format!("\\u{unit:04x}")));
            }
        }
    }
    meta
}

#[test]
fn both_forms_are_the_same_json() {
    let plain = r#"{"name":"Zoë 😀","url":"https://a.b/c?d=<e>%20@f","done":"a\/b \\"}"#;
    let meta = meta_form(plain);
    assert!(meta.is_ascii());
    assert!(
        meta.contains("\\u00eb \\ud83d\\ude00")
            && meta.contains("\\/\\/a.b")
            && meta.contains("\\u003Ce>\\u002520\\u0040")
    );
    let read = |json: &str| serde_json::from_str::<serde_json::Value>(json).unwrap();
    assert_eq!(read(plain), read(&meta));
}
