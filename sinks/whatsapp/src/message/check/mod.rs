//! What can be known to be refused before it is sent: limits, by the name of the field that breaks them.
//!
//! Source: the page of each type under <https://developers.facebook.com/docs/whatsapp/cloud-api/messages>. Lengths are in
//! characters (Unicode scalar values).

mod interactive;
mod template;

use super::{Contact, Content, Location, Message, Recipient, Source};

/// A message that Meta would refuse, or that would go to somebody else.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct Unfit {
    /// The field as it stands in Meta's JSON: `interactive.action.sections[1].rows[0].title`.
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
}

type Checked = Result<(), Unfit>;

fn unfit(field: impl Into<String>, problem: impl Into<String>) -> Unfit {
    Unfit {
        field: field.into(),
        problem: problem.into(),
    }
}

/// Fails unless the text has 1 to `most` characters.
fn text(field: &str, text: &str, most: usize) -> Checked {
    if text.trim().is_empty() {
        return Err(unfit(field, "is empty"));
    }
    at_most(field, text, most)
}

fn at_most(field: &str, text: &str, most: usize) -> Checked {
    match text.chars().count() {
        length if length > most => Err(unfit(
            field,
            format!("has {length} characters, at most {most} are allowed"),
        )),
        _ => Ok(()),
    }
}

fn maybe(field: &str, given: Option<&String>, most: usize) -> Checked {
    given.map_or(Ok(()), |given| text(field, given, most))
}

fn count(field: &str, given: usize, least: usize, most: usize) -> Checked {
    if (least..=most).contains(&given) {
        return Ok(());
    }
    Err(unfit(
        field,
        format!("has {given} items, {least} to {most} are allowed"),
    ))
}

fn unlike<'a>(field: &str, items: impl Iterator<Item = &'a str>) -> Checked {
    let mut seen: Vec<&str> = Vec::new();
    for item in items {
        if seen.contains(&item) {
            return Err(unfit(field, format!("`{item}` is there twice")));
        }
        seen.push(item);
    }
    Ok(())
}

fn source(field: &str, source: &Source) -> Checked {
    match source {
        Source::Id(id) => text(&format!("{field}.id"), id, 200),
        Source::Link(link) => web(&format!("{field}.link"), link),
    }
}

fn web(field: &str, url: &str) -> Checked {
    text(field, url, 2_000)?;
    if url.starts_with("https://") || url.starts_with("http://") {
        return Ok(());
    }
    Err(unfit(field, "is not a URL of http or https"))
}

impl Message {
    /// Finds what Meta would refuse, or send to somebody else.
    ///
    /// # Errors
    /// The first field that breaks a limit.
    pub fn check(&self) -> Checked {
        self.to.check()?;
        if let Some(id) = &self.reply_to {
            text("context.message_id", id, 512)?;
        }
        text("biz_opaque_callback_data", &self.correlation, 512)?;
        self.content.check()
    }
}

impl Recipient {
    /// Finds what would make the message go astray.
    ///
    /// # Errors
    /// When a phone number has no `+` or is none, a user id has no country, or a group no id.
    pub fn check(&self) -> Checked {
        let phone = |phone: &str| match phone.strip_prefix('+') {
            None => Err(unfit(
                "to",
                "has no + and country code: Meta would put the business's own before it",
            )),
            Some(digits) if (7..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit()) => {
                Ok(())
            }
            Some(_) => Err(unfit("to", "is not + and 7 to 15 digits")),
        };
        let user = |user: &str| {
            let (country, id) = user.split_once('.').unwrap_or_default();
            let country_fits = country.len() == 2 && country.bytes().all(|letter| letter.is_ascii_uppercase());
            let id = id.strip_prefix("ENT.").unwrap_or(id);
            if country_fits && (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return Ok(());
            }
            Err(unfit(
                "recipient",
                "is not a business-scoped user id, which is a country's two letters, a dot and an id",
            ))
        };
        match self {
            Self::Phone(to) => phone(to),
            Self::User(to) => user(to),
            Self::PhoneAndUser { phone: to, user: id } => phone(to).and_then(|()| user(id)),
            Self::Group(id) => text("to", id, 512),
        }
    }
}

impl Content {
    fn check(&self) -> Checked {
        match self {
            Self::Text(content) => text("text.body", &content.body, 4_096),
            Self::Image(image) => {
                source("image", &image.source)?;
                maybe("image.caption", image.caption.as_ref(), 1_024)
            }
            Self::Video(video) => {
                source("video", &video.source)?;
                maybe("video.caption", video.caption.as_ref(), 1_024)
            }
            Self::Audio(audio) => source("audio", &audio.source),
            Self::Document(document) => {
                source("document", &document.source)?;
                maybe("document.caption", document.caption.as_ref(), 1_024)?;
                maybe("document.filename", document.filename.as_ref(), 240)
            }
            Self::Sticker(sticker) => source("sticker", &sticker.source),
            Self::Location(location) => place("location", location),
            Self::Contacts(contacts) => people(contacts),
            Self::Reaction(reaction) => {
                text("reaction.message_id", &reaction.message_id, 512)?;
                // A family or a flag of a region is one emoji of many characters.
                at_most("reaction.emoji", &reaction.emoji, 16)
            }
            Self::Interactive(interactive) => interactive.check(),
            Self::Template(template) => template.check(),
        }
    }
}

fn place(field: &str, location: &Location) -> Checked {
    for (name, degrees, most) in [
        ("latitude", location.latitude, 90.0),
        ("longitude", location.longitude, 180.0),
    ] {
        if !(-most..=most).contains(&degrees) {
            return Err(unfit(
                format!("{field}.{name}"),
                format!("is not between -{most} and {most}"),
            ));
        }
    }
    maybe(&format!("{field}.name"), location.name.as_ref(), 1_000)?;
    maybe(&format!("{field}.address"), location.address.as_ref(), 1_000)
}

fn people(contacts: &[Contact]) -> Checked {
    count("contacts", contacts.len(), 1, 5)?;
    for (index, contact) in contacts.iter().enumerate() {
        let field = format!("contacts[{index}].name");
        let name = &contact.name;
        text(&format!("{field}.formatted_name"), &name.formatted_name, 1_000)?;
        let parts = [
            &name.first_name,
            &name.last_name,
            &name.middle_name,
            &name.prefix,
            &name.suffix,
        ];
        if parts.iter().all(|part| part.is_none()) {
            return Err(unfit(field, "needs a part besides formatted_name, such as first_name"));
        }
        for (at, phone) in contact.phones.iter().enumerate() {
            text(&format!("contacts[{index}].phones[{at}].phone"), &phone.phone, 100)?;
        }
    }
    Ok(())
}
