//! What Meta would refuse of a template, before it is submitted and waits for a day.
//!
//! Source: <https://developers.facebook.com/docs/whatsapp/message-templates/guidelines#common-rejection-reasons> and the
//! limits of <https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates/components>.

use crate::message::Unfit;
use crate::templates::{Draft, DraftButton, ParameterFormat, Part};

/// Everything that Meta would refuse, in the order of the parts. Empty when nothing is known against it.
pub fn lint(draft: &Draft) -> Vec<Unfit> {
    let mut found = Found::default();
    let name_fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if draft.name.is_empty() || draft.name.len() > 512 || !draft.name.bytes().all(name_fits) {
        found.note("name", "is not 1 to 512 of a to z, 0 to 9 and _");
    }
    let parts = language_parts(&draft.language);
    if !parts {
        found.note("language", "is not written as Meta does: en, en_US, pt_BR");
    }
    let (mut bodies, mut headers) = (0, 0);
    for (index, part) in draft.components.iter().enumerate() {
        let field = format!("components[{index}]");
        match part {
            Part::HeaderText { text, sample } => {
                headers += 1;
                found.length(&field, text, 60);
                let variables = found.variables(&field, text, draft.parameter_format);
                if variables.len() > 1 {
                    found.note(&field, "a header takes one variable");
                }
                found.samples(&field, &variables, sample.as_slice());
            }
            Part::HeaderMedia { format, sample } => {
                headers += 1;
                if !matches!(format.as_str(), "IMAGE" | "VIDEO" | "DOCUMENT") {
                    found.note(format!("{field}.format"), "is not IMAGE, VIDEO or DOCUMENT");
                }
                if sample.is_empty() {
                    found.note(format!("{field}.example"), "is missing");
                }
            }
            Part::HeaderLocation => headers += 1,
            Part::Body { text, samples } => {
                bodies += 1;
                found.length(&field, text, 1_024);
                let variables = found.variables(&field, text, draft.parameter_format);
                found.body(&field, text, variables.len());
                found.samples(&field, &variables, samples);
            }
            Part::Footer(text) => {
                found.length(&field, text, 60);
                if text.contains("{{") {
                    found.note(format!("{field}.text"), "a footer takes no variables");
                }
            }
            Part::Buttons(buttons) => found.buttons(&field, buttons),
            // Only Meta knows; a body may be in it.
            Part::Other(part) => bodies += usize::from(part.get("type").and_then(|kind| kind.as_str()) == Some("BODY")),
        }
    }
    if bodies != 1 || headers > 1 {
        found.note("components", "needs one body, and has at most one header");
    }
    found.0
}

fn language_parts(language: &str) -> bool {
    let (base, country) = match language.split_once('_') {
        Some((base, country)) => (base, Some(country)),
        None => (language, None),
    };
    (2..=3).contains(&base.len())
        && base.bytes().all(|byte| byte.is_ascii_lowercase())
        && country.is_none_or(|country| {
            (2..=4).contains(&country.len()) && country.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

#[derive(Default)]
struct Found(Vec<Unfit>);

impl Found {
    fn note(&mut self, field: impl Into<String>, problem: impl Into<String>) {
        self.0.push(Unfit {
            field: field.into(),
            problem: problem.into(),
        });
    }

    fn length(&mut self, field: &str, text: &str, most: usize) {
        let length = text.chars().count();
        if text.trim().is_empty() {
            self.note(format!("{field}.text"), "is empty");
        } else if length > most {
            self.note(
                format!("{field}.text"),
                format!("has {length} characters, at most {most} are allowed"),
            );
        }
    }

    /// The variables of a text in their order, each once.
    fn variables(&mut self, field: &str, text: &str, format: ParameterFormat) -> Vec<String> {
        let field = format!("{field}.text");
        let mut variables: Vec<String> = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find("{{") {
            let Some(close) = rest[open..].find("}}") else {
                self.note(&field, "a variable is not closed by }}");
                return variables;
            };
            let name = &rest[open + 2..open + close];
            let named = !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
                && !name.as_bytes()[0].is_ascii_digit();
            let numbered = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
            match format {
                ParameterFormat::Named if !named => self.note(
                    &field,
                    format!("`{{{{{name}}}}}` is not a name of a to z, 0 to 9 and _"),
                ),
                ParameterFormat::Positional if !numbered => {
                    self.note(&field, format!("`{{{{{name}}}}}` is not a number"))
                }
                _ => {}
            }
            if !variables.iter().any(|known| known == name) {
                variables.push(name.to_owned());
            }
            rest = &rest[open + close + 2..];
        }
        let in_order = variables
            .iter()
            .enumerate()
            .all(|(at, name)| *name == (at + 1).to_string());
        if format == ParameterFormat::Positional && !in_order {
            self.note(
                &field,
                "the variables are not {{1}}, {{2}}, {{3}} and so on in this order",
            );
        }
        variables
    }

    /// What Meta wants around variables.
    fn body(&mut self, field: &str, text: &str, variables: usize) {
        let field = format!("{field}.text");
        let text = text.trim();
        if text.starts_with("{{") {
            self.note(&field, "begins with a variable");
        }
        // Punctuation alone does not count as text.
        if text
            .trim_end_matches(|letter: char| letter.is_ascii_punctuation() && letter != '}')
            .ends_with("}}")
        {
            self.note(&field, "ends with a variable");
        }
        let mut between = text.split("}}").skip(1);
        if between.any(|rest| rest.split_once("{{").is_some_and(|(words, _)| words.trim().is_empty())) {
            self.note(&field, "two variables stand side by side");
        }
        let mut words = 0;
        for piece in text.split("{{") {
            let piece = piece.split_once("}}").map_or(piece, |(_, rest)| rest);
            words += piece
                .split_whitespace()
                .filter(|word| word.chars().any(char::is_alphanumeric))
                .count();
        }
        if variables > 0 && words < 2 * variables + 1 {
            self.note(
                &field,
                format!(
                    "has {words} words for {variables} variables: too few, {} are needed",
                    2 * variables + 1
                ),
            );
        }
        if text.contains("\n\n\n") || text.contains("     ") {
            self.note(
                &field,
                "has more than two line breaks or more than four spaces in a row",
            );
        }
    }

    fn samples(&mut self, field: &str, variables: &[String], samples: &[(String, String)]) {
        let given = samples.iter().map(|(name, _)| name);
        if !given.eq(variables.iter()) {
            let wanted = variables.join(", ");
            self.note(
                format!("{field}.example"),
                format!("has not one sample for each variable in their order ({wanted})"),
            );
        }
        if samples.iter().any(|(_, sample)| sample.trim().is_empty()) {
            self.note(format!("{field}.example"), "a sample is empty");
        }
    }

    fn buttons(&mut self, field: &str, buttons: &[DraftButton]) {
        if buttons.is_empty() || buttons.len() > 10 {
            self.note(format!("{field}.buttons"), "has not 1 to 10 buttons");
        }
        let replies: Vec<bool> = buttons
            .iter()
            .map(|button| matches!(button, DraftButton::QuickReply { .. }))
            .collect();
        if replies.windows(2).filter(|pair| pair[0] != pair[1]).count() > 1 {
            self.note(
                format!("{field}.buttons"),
                "quick replies and other buttons do not stand together",
            );
        }
        for (name, most, count) in [
            (
                "URL",
                2,
                buttons
                    .iter()
                    .filter(|button| matches!(button, DraftButton::Url { .. }))
                    .count(),
            ),
            (
                "PHONE_NUMBER",
                1,
                buttons
                    .iter()
                    .filter(|button| matches!(button, DraftButton::Call { .. }))
                    .count(),
            ),
            (
                "COPY_CODE",
                1,
                buttons
                    .iter()
                    .filter(|button| matches!(button, DraftButton::CopyCode { .. }))
                    .count(),
            ),
        ] {
            if count > most {
                self.note(
                    format!("{field}.buttons"),
                    format!("has {count} of {name}, at most {most} are allowed"),
                );
            }
        }
        for (index, button) in buttons.iter().enumerate() {
            let field = format!("{field}.buttons[{index}]");
            match button {
                DraftButton::QuickReply { text }
                | DraftButton::Call { text, .. }
                | DraftButton::Flow { text, .. }
                | DraftButton::Catalog { text } => self.length(&field, text, 25),
                DraftButton::Url { text, url, sample } => {
                    self.length(&field, text, 25);
                    let varies = url.contains("{{");
                    if varies && !(url.ends_with("{{1}}") && url.matches("{{").count() == 1) {
                        self.note(format!("{field}.url"), "takes one variable, {{1}}, at its end");
                    }
                    if varies != sample.is_some() {
                        self.note(
                            format!("{field}.example"),
                            "is there when the URL varies, and only then",
                        );
                    }
                    if !url.starts_with("https://") && !url.starts_with("http://") {
                        self.note(format!("{field}.url"), "is not a URL of http or https");
                    }
                }
                DraftButton::CopyCode { sample } if sample.is_empty() || sample.len() > 15 => {
                    self.note(format!("{field}.example"), "is not 1 to 15 characters");
                }
                DraftButton::CopyCode { .. } => {}
            }
        }
    }
}
