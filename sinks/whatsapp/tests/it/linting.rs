//! What Meta would refuse of a template.

use parlance_whatsapp::lint::lint;
use parlance_whatsapp::templates::{DraftButton, ParameterFormat, Part};

use crate::managing::draft;

fn body(text: &str, samples: &[(&str, &str)]) -> Part {
    Part::Body {
        text: text.to_owned(),
        samples: samples
            .iter()
            .map(|(name, sample)| ((*name).to_owned(), (*sample).to_owned()))
            .collect(),
    }
}

fn problems(format: ParameterFormat, part: Part) -> Vec<String> {
    let mut draft = draft();
    draft.parameter_format = format;
    draft.components = vec![part];
    lint(&draft).into_iter().map(|unfit| unfit.problem).collect()
}

#[test]
fn a_good_template_has_nothing_against_it() {
    assert_eq!(lint(&draft()), []);
    let named = body("Hello {{first_name}}, it is here.", &[("first_name", "Ada")]);
    assert_eq!(problems(ParameterFormat::Named, named), Vec::<String>::new());
}

#[test]
fn variables_stand_where_meta_wants_them() {
    let one = &[("1", "a")][..];
    let two = &[("1", "a"), ("2", "b")][..];
    for (text, samples, word) in [
        ("{{1}} is what you have ordered here", one, "begins"),
        ("What you have ordered here is {{1}}.", one, "ends"),
        (
            "Here you have {{1}} {{2}} of what was ordered by you",
            two,
            "side by side",
        ),
        (
            "Here you have {{2}} and then {{1}} of it all",
            &[("2", "b"), ("1", "a")],
            "in this order",
        ),
        (
            "Here you have {{1}} and {{3}} of all of it",
            &[("1", "a"), ("3", "b")],
            "in this order",
        ),
        ("Take {{1}} now", one, "too few"),
        ("Here you have {{1 and no end", &[], "not closed"),
        (
            "Here you have {{first}} of all of it",
            &[("first", "a")],
            "not a number",
        ),
        ("Here you have {{1}} of all of it", &[], "one sample"),
        ("Here you have {{1}} of all of it", &[("1", " ")], "a sample is empty"),
        ("Here you have nothing", one, "one sample"),
    ] {
        let found = problems(ParameterFormat::Positional, body(text, samples));
        assert!(found.iter().any(|problem| problem.contains(word)), "{text}: {found:?}");
    }
    let found = problems(
        ParameterFormat::Named,
        body("Hello {{First Name}}, it is here.", &[("First Name", "a")]),
    );
    assert!(found[0].contains("not a name"), "{found:?}");
}

#[test]
fn names_lengths_and_buttons_are_checked() {
    let mut bad = draft();
    bad.name = "Order Update".to_owned();
    bad.language = "english".to_owned();
    bad.components.push(Part::Footer("Bye {{1}}".to_owned()));
    bad.components.push(Part::Buttons(vec![
        DraftButton::QuickReply { text: "a".to_owned() },
        DraftButton::CopyCode { sample: String::new() },
        DraftButton::QuickReply { text: "x".repeat(26) },
        DraftButton::Url {
            text: "b".to_owned(),
            url: "https://example.com/{{1}}/x".to_owned(),
            sample: None,
        },
    ]));
    let fields: Vec<String> = lint(&bad).into_iter().map(|unfit| unfit.field).collect();
    assert_eq!(
        fields,
        [
            "name",
            "language",
            "components[4].text",
            "components[5].buttons",
            "components[5].buttons[1].example",
            "components[5].buttons[2].text",
            "components[5].buttons[3].url",
            "components[5].buttons[3].example",
        ]
    );
    bad.components.clear();
    assert!(lint(&bad).iter().any(|unfit| unfit.field == "components"));
}
