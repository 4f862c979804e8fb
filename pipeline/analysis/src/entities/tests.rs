//! The whole of it: offsets, overlaps, scripts, and texts written to do harm.

use super::*;

fn place(language: Language) -> Place {
    Place {
        timestamp: "2018-11-19T03:00:00Z".parse().expect("a timestamp"),
        zone: TimeZone::fixed(jiff::tz::offset(-5)),
        region: "US".parse().expect("a region"),
        language,
    }
}

fn found(text: &str, language: Language) -> Vec<(EntityKind, String, Option<String>)> {
    let entities = find(text, &place(language));
    entities
        .into_iter()
        .map(|entity| (entity.kind, entity.text, entity.value))
        .collect()
}

/// What must hold of any result.
fn assert_sane(text: &str, entities: &[Entity]) {
    assert!(entities.len() <= MAX_ENTITIES);
    let characters: Vec<char> = text.chars().take(MAX_CHARACTERS).collect();
    let mut before = 0;
    for entity in entities {
        assert!(
            before <= entity.start && entity.start < entity.end,
            "{entity:?} is out of order"
        );
        let written: String = characters[entity.start..entity.end].iter().collect();
        assert_eq!(written, entity.text);
        before = entity.end;
    }
}

#[test]
fn offsets_are_characters() {
    let text = "😀😀 né à Málaga: ana@café? non, ana@example.com 👍 $20";
    let entities = find(text, &place(Language::Fr));
    assert_sane(text, &entities);
    let kinds: Vec<EntityKind> = entities.iter().map(|entity| entity.kind).collect();
    assert_eq!(kinds, [EntityKind::Email, EntityKind::Money]);
}

#[test]
fn the_day_is_that_of_the_business() {
    // At three in the morning in London it is still the 18th in New York.
    let today = found("today", Language::En);
    assert_eq!(today[0].2.as_deref(), Some("2018-11-18"));
}

#[test]
fn an_address_keeps_the_numbers_in_it_to_itself() {
    let url = "https://wa.me/34600111222?d=2018-11-19";
    let all = found(&format!("see {url} please"), Language::En);
    assert_eq!(all, [(EntityKind::Url, url.to_owned(), Some(url.to_owned()))]);
}

#[test]
fn an_order_number_is_no_phone_number() {
    let all = found("my order 5107973941 is late", Language::En);
    assert_eq!(
        all,
        [(
            EntityKind::Order,
            "5107973941".to_owned(),
            Some("5107973941".to_owned())
        )]
    );
}

#[test]
fn one_message_can_have_everything() {
    let text = "I paid $1,234.50 for order #98765 on 2018-11-02, call (510) 797-3941 or write to Ana@Example.com";
    let all = found(text, Language::En);
    let values: Vec<(EntityKind, &str)> = all
        .iter()
        .filter_map(|(kind, _, value)| Some((*kind, value.as_deref()?)))
        .collect();
    let expected = [
        (EntityKind::Money, "1234.5 USD"),
        (EntityKind::Order, "98765"),
        (EntityKind::Date, "2018-11-02"),
        (EntityKind::Phone, "+15107973941"),
        (EntityKind::Email, "Ana@example.com"),
    ];
    assert_eq!(values, expected);
}

#[test]
fn the_script_corrects_the_language() {
    assert_eq!(found("明日お願いします", Language::En)[0].1, "明日");
    assert_eq!(found("내일 봐요", Language::Other)[0].1, "내일");
    assert_eq!(found("see you tomorrow", Language::Ja)[0].1, "tomorrow");
}

#[test]
fn kinds_travel_in_snake_case() {
    let entities = find("$20", &place(Language::En));
    let json = serde_json::to_string(&entities).expect("an entity can be written");
    let expected = r#"[{"kind":"money","start":0,"end":3,"text":"$20","value":"20 USD"}]"#;
    assert_eq!(json, expected);
}

#[test]
fn hostile_texts_give_sane_and_bounded_results() {
    let units = [
        "7",
        "1 2 3 ",
        "1-",
        "1.2.",
        "e\u{301}\u{302}\u{303}",
        "\u{202e}abc \u{200f}سنة 12 ",
        "😀",
        "([",
        "a@",
        "@",
        "a.co.",
        "http://",
        "www.",
        "+1 510 ",
        "+(",
        "from 3 to ",
        "Monday at 5 ",
        "in the next ",
        "3 days before ",
        "$ 5 ",
        "$",
        "half past ",
        "first week of ",
        "one hundred and ",
        "order number ",
        "二年前の",
        "월요일부터",
        "mil millones ",
        "٣٫",
        "a-",
        "((((1))))",
    ];
    for unit in units {
        let text: String = unit.chars().cycle().take(65_536).collect();
        for language in [
            Language::En,
            Language::Es,
            Language::De,
            Language::Ar,
            Language::Ja,
            Language::Ko,
        ] {
            let entities = find(&text, &place(language));
            assert_sane(&text, &entities);
        }
    }
}

#[test]
fn every_cut_of_a_text_is_read_without_harm() {
    let text = "Pay ₹2 lakh or 1.234,56 € by 24.12.2018 17:30, RR123456789DE, a@b.co, http://x.io/(y), +49 (0)30 12345 明日3時 下周二 내일 بكرة e\u{301}";
    let characters: Vec<char> = text.chars().collect();
    for start in 0..characters.len() {
        for end in (start..characters.len()).step_by(3) {
            let part: String = characters[start..end].iter().collect();
            for language in [Language::En, Language::De, Language::Zh] {
                assert_sane(&part, &find(&part, &place(language)));
            }
        }
    }
}
