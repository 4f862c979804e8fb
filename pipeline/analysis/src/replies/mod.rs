//! Suggested answers: for a language, an intent and an urgency, from a file of texts each.
//!
//! A suggestion is a start for the person who answers. It promises nothing that the business has not said it would do.

use std::sync::LazyLock;

use parlance_schemas::labels::{Intent, Language, Urgency};

use crate::entities::{Entity, EntityKind};

/// Suggestions for a message at most.
const MOST: usize = 3;
const ORDER: &str = "{order}";

struct Section {
    intent: Intent,
    /// Empty: for every urgency.
    urgencies: Vec<Urgency>,
    usual: Vec<&'static str>,
    /// Those that name the order, for messages that do.
    naming_order: Vec<&'static str>,
}

static FILES: [(Language, &str); 10] = [
    (Language::En, include_str!("en.txt")),
    (Language::Es, include_str!("es.txt")),
    (Language::Fr, include_str!("fr.txt")),
    (Language::De, include_str!("de.txt")),
    (Language::It, include_str!("it.txt")),
    (Language::Pt, include_str!("pt.txt")),
    (Language::Ar, include_str!("ar.txt")),
    (Language::Zh, include_str!("zh.txt")),
    (Language::Ja, include_str!("ja.txt")),
    (Language::Ko, include_str!("ko.txt")),
];

static SECTIONS: LazyLock<Vec<(Language, Vec<Section>)>> = LazyLock::new(|| {
    FILES
        .iter()
        .map(|(language, file)| {
            let sections = read(file).unwrap_or_else(|problem| panic!("answers in {language}: {problem}"));
            (*language, sections)
        })
        .collect()
});

/// Answers to a message, those for its urgency first. None where the language has none, or the intent is not answered: spam.
pub(crate) fn suggest(language: Language, intent: Intent, urgency: Urgency, entities: &[Entity]) -> Vec<String> {
    let Some((_, sections)) = SECTIONS.iter().find(|(of, _)| *of == language) else {
        return Vec::new();
    };
    let order = entities.iter().find(|entity| entity.kind == EntityKind::Order);
    let of_intent = || sections.iter().filter(|section| section.intent == intent);
    let special = of_intent().filter(|section| section.urgencies.contains(&urgency));
    let usual = of_intent().filter(|section| section.urgencies.is_empty());
    special
        .chain(usual)
        .flat_map(|section| {
            // Whoever named the order is not asked for it.
            let named = order.filter(|_| !section.naming_order.is_empty());
            let answers = if named.is_some() {
                &section.naming_order
            } else {
                &section.usual
            };
            answers.iter().map(move |answer| match named {
                Some(order) => answer.replace(ORDER, order.value.as_deref().unwrap_or(&order.text)),
                None => (*answer).to_owned(),
            })
        })
        .take(MOST)
        .collect()
}

fn read(file: &'static str) -> Result<Vec<Section>, String> {
    let mut sections: Vec<Section> = Vec::new();
    for (number, line) in file.lines().map(str::trim).enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(header) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            let mut words = header.split_whitespace();
            let at = |error: parlance_schemas::labels::UnknownLabel| format!("line {}: {error}", number + 1);
            sections.push(Section {
                intent: words.next().unwrap_or_default().parse().map_err(at)?,
                urgencies: words.map(str::parse).collect::<Result<_, _>>().map_err(at)?,
                usual: Vec::new(),
                naming_order: Vec::new(),
            });
        } else {
            let section = sections
                .last_mut()
                .ok_or_else(|| format!("line {}: an answer before the first section", number + 1))?;
            let answers = if line.contains(ORDER) {
                &mut section.naming_order
            } else {
                &mut section.usual
            };
            answers.push(line);
        }
    }
    Ok(sections)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_answers_every_intent_but_spam() {
        for (language, sections) in SECTIONS.iter() {
            for intent in Intent::ALL {
                let answered = sections
                    .iter()
                    .any(|section| section.intent == *intent && !section.usual.is_empty());
                let wanted = !matches!(intent, Intent::Spam | Intent::None);
                assert_eq!(answered, wanted, "{intent} in {language}");
            }
        }
    }

    #[test]
    fn an_order_that_is_named_is_named_in_the_answer_and_no_other() {
        let order = Entity {
            kind: EntityKind::Order,
            start: 0,
            end: 3,
            text: "#12".to_owned(),
            value: Some("12".to_owned()),
        };
        for (language, _) in SECTIONS.iter() {
            let with = suggest(
                *language,
                Intent::OrderInquiry,
                Urgency::Medium,
                std::slice::from_ref(&order),
            );
            assert!(
                !with.is_empty() && with.iter().all(|answer| answer.contains("12")),
                "{language}"
            );
            let without = suggest(*language, Intent::OrderInquiry, Urgency::Medium, &[]);
            assert!(
                !without.is_empty() && without.iter().all(|answer| !answer.contains(['{', '}'])),
                "{language}"
            );
        }
    }

    #[test]
    fn what_is_urgent_is_answered_as_such() {
        for (language, _) in SECTIONS.iter() {
            let urgent = suggest(*language, Intent::SupportTicket, Urgency::Critical, &[]);
            let usual = suggest(*language, Intent::SupportTicket, Urgency::Low, &[]);
            assert_ne!(urgent.first(), usual.first(), "{language}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_file_is_named() {
        assert_eq!(
            read("hello").err().as_deref(),
            Some("line 1: an answer before the first section")
        );
        assert!(
            read("\n[nonsense]")
                .err()
                .is_some_and(|problem| problem.starts_with("line 2"))
        );
    }
}
