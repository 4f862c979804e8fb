//! What a message says, by type.

use std::borrow::Cow;

use serde::Deserialize;

use super::commerce::{Button, Order, Template};
use super::interactive::Interactive;
use super::media::Media;
use super::notice::{Edit, Reaction, Revoke, System, Unsupported};
use super::object::Object;
use super::place::{Card, Location};
use crate::labels::MessageType;

/// The body of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// `text`.
    Text(Text),
    /// `image`, `video`, `document`, `audio`, `sticker`: the message's type says which.
    Media(Media),
    /// `location`.
    Location(Location),
    /// `contacts`.
    Contacts(Vec<Card>),
    /// `interactive`.
    Interactive(Box<Interactive>),
    /// `button`.
    Button(Button),
    /// `order`.
    Order(Order),
    /// `reaction`.
    Reaction(Reaction),
    /// `system`.
    System(System),
    /// `unsupported`.
    Unsupported(Unsupported),
    /// `edit`.
    Edit(Edit),
    /// `revoke`.
    Revoke(Revoke),
    /// `template`.
    Template(Template),
    /// The type has no body (`request_welcome`), or the message came without it.
    Absent,
    /// There is a body, but not of the shape that its type has; the remarks say how.
    Unreadable,
    /// A body of a type that is not known.
    Unknown,
}

/// The body of a `text`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Text {
    /// The words.
    pub body: Option<String>,
    /// Of what the business sent: whether to show a preview of the first link.
    #[serde(deserialize_with = "super::lenient::flag")]
    pub preview_url: Option<bool>,
}

/// The types by their name, which is also the key of their body.
const TYPES: [(&str, MessageType); 18] = [
    ("text", MessageType::Text),
    ("image", MessageType::Image),
    ("video", MessageType::Video),
    ("document", MessageType::Document),
    ("audio", MessageType::Audio),
    ("sticker", MessageType::Sticker),
    ("location", MessageType::Location),
    ("contacts", MessageType::Contacts),
    ("interactive", MessageType::Interactive),
    ("button", MessageType::Button),
    ("order", MessageType::Order),
    ("reaction", MessageType::Reaction),
    ("system", MessageType::System),
    ("edit", MessageType::Edit),
    ("revoke", MessageType::Revoke),
    ("template", MessageType::Template),
    ("unsupported", MessageType::Unsupported),
    ("request_welcome", MessageType::RequestWelcome),
];

/// The type of a message and its name: what `type` says, else what its body stands under, else unknown and empty.
/// Older webhooks leave `type` out of locations, contacts and orders.
pub(crate) fn kind(object: &mut Object<'_>) -> (MessageType, String) {
    let known = |name: &str| TYPES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
    match object.id("type") {
        Some(name) => (known(&name).unwrap_or(MessageType::Unknown), name),
        None => match TYPES.iter().find(|(name, _)| object.has(name)) {
            Some((name, kind)) => (*kind, (*name).to_owned()),
            None => (MessageType::Unknown, String::new()),
        },
    }
}

impl Content {
    /// Reads the body that stands under `name` in a message of type `kind`.
    pub(crate) fn read(kind: MessageType, name: &str, object: &mut Object<'_>) -> Self {
        if object.raw(name).is_none() {
            return Self::Absent;
        }
        let content = match kind {
            MessageType::Text => object.part(name).map(Self::Text),
            MessageType::Image
            | MessageType::Video
            | MessageType::Document
            | MessageType::Audio
            | MessageType::Sticker => object.part(name).map(Self::Media),
            MessageType::Location => object.part(name).map(Self::Location),
            MessageType::Contacts => Some(Self::Contacts(object.parts(name))),
            MessageType::Interactive => object.part(name).map(Self::Interactive),
            MessageType::Button => object.part(name).map(Self::Button),
            MessageType::Order => object.part(name).map(Self::Order),
            MessageType::Reaction => object.part(name).map(Self::Reaction),
            MessageType::System => object.part(name).map(Self::System),
            MessageType::Unsupported => object.part(name).map(Self::Unsupported),
            MessageType::Edit => read_edit(name, object).map(Self::Edit),
            MessageType::Revoke => object.part(name).map(Self::Revoke),
            MessageType::Template => object.part(name).map(Self::Template),
            MessageType::RequestWelcome | MessageType::Unknown => Some(Self::Unknown),
        };
        content.unwrap_or(Self::Unreadable)
    }

    /// Everything a person would read in it, parts on lines of their own; empty when there is nothing.
    pub fn text(&self) -> Cow<'_, str> {
        fn of(text: &Option<String>) -> Cow<'_, str> {
            Cow::Borrowed(text.as_deref().unwrap_or_default())
        }
        match self {
            Self::Text(text) => of(&text.body),
            Self::Media(media) => of(&media.caption),
            Self::Interactive(interactive) => Cow::Owned(interactive.texts().join("\n")),
            Self::Button(button) => of(&button.text),
            Self::Order(order) => of(&order.text),
            Self::Reaction(reaction) => of(&reaction.emoji),
            Self::System(system) => of(&system.body),
            Self::Edit(edit) => edit.content.text(),
            Self::Template(template) => Cow::Owned(template.texts().join("\n")),
            Self::Location(_)
            | Self::Contacts(_)
            | Self::Unsupported(_)
            | Self::Revoke(_)
            | Self::Absent
            | Self::Unreadable
            | Self::Unknown => Cow::Borrowed(""),
        }
    }

    /// The message that it reacts to, edits or revokes.
    pub(crate) fn target(&self) -> Option<&str> {
        match self {
            Self::Reaction(reaction) => reaction.message_id.as_deref(),
            Self::Edit(edit) => edit.original_message_id.as_deref(),
            Self::Revoke(revoke) => revoke.original_message_id.as_deref(),
            _ => None,
        }
    }
}

/// One level only: the message in an edit is read, an edit within it is not.
fn read_edit(name: &str, object: &mut Object<'_>) -> Option<Edit> {
    let mut edit = object.object(name)?;
    let original_message_id = edit.id("original_message_id");
    let (mut kind_now, mut content, mut context) = (MessageType::Unknown, Content::Absent, None);
    if let Some(mut message) = edit.object("message") {
        let (kind, name) = kind(&mut message);
        kind_now = kind;
        context = message.part("context");
        content = if kind == MessageType::Edit {
            Content::Unreadable
        } else {
            Content::read(kind, &name, &mut message)
        };
        edit.absorb(message.finish());
    }
    object.absorb(edit.finish());
    Some(Edit {
        original_message_id,
        r#type: kind_now,
        content: Box::new(content),
        context,
    })
}
