//! Messages as Meta wants them: typed, so that what cannot be sent cannot be written down, and serialised member by
//! member as `POST /<PHONE_NUMBER_ID>/messages` takes them.
//!
//! Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages>.

mod check;
mod contact;
mod interactive;
mod kinds;
mod template;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

pub use check::Unfit;
pub use contact::{Address, Contact, Email, Name, Organization, Phone, Place, Url};
pub use interactive::{
    Action, AddressForm, Button, Card, Flow, FlowName, FlowStart, Header, Interactive, ProductSection, Row, Section,
};
pub use kinds::{Audio, Document, Image, Location, Reaction, Source, Sticker, Text, Video};
pub use template::{ButtonValue, Component, Parameter, Template, Value};

/// Whom a message is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Recipient {
    /// A phone number with `+` and country code. Without the `+` Meta would put the *business's* country before it, and
    /// the message would go to a stranger.
    Phone(String),
    /// A business-scoped user id (`US.13491208655302741918`): all there is of a customer who has taken a username.
    User(String),
    /// Both; Meta takes the phone number when it has one.
    PhoneAndUser {
        /// The phone number, with `+`.
        phone: String,
        /// The business-scoped user id.
        user: String,
    },
    /// A group's id.
    Group(String),
}

impl Recipient {
    /// `recipient_type`.
    fn kind(&self) -> &'static str {
        match self {
            Self::Group(_) => "group",
            Self::Phone(_) | Self::User(_) | Self::PhoneAndUser { .. } => "individual",
        }
    }

    /// `to`: a phone number or a group.
    pub fn to(&self) -> Option<&str> {
        match self {
            Self::Phone(to) | Self::Group(to) | Self::PhoneAndUser { phone: to, .. } => Some(to),
            Self::User(_) => None,
        }
    }

    /// `recipient`: a business-scoped user id.
    pub fn user(&self) -> Option<&str> {
        match self {
            Self::User(user) | Self::PhoneAndUser { user, .. } => Some(user),
            Self::Phone(_) | Self::Group(_) => None,
        }
    }
}

/// One message to one recipient.
///
/// ```
/// use parlance_whatsapp::message::{Message, Recipient, Text};
///
/// let message = Message::new(Recipient::Phone("+250788123200".to_owned()), Text::new("Muraho!"), "action-7");
/// message.check()?;
/// # Ok::<(), parlance_whatsapp::message::Unfit>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Whom it is for.
    pub to: Recipient,
    /// What it says.
    pub content: Content,
    /// The message (`wamid`) that it answers: shown above it as a quotation.
    pub reply_to: Option<String>,
    /// `biz_opaque_callback_data`: comes back in every status of this message, so that the status finds what was sent even
    /// when Meta's answer with the message's id was lost. At most 512 characters.
    pub correlation: String,
}

impl Message {
    /// A message that answers none.
    pub fn new(to: Recipient, content: impl Into<Content>, correlation: impl Into<String>) -> Self {
        Self {
            to,
            content: content.into(),
            reply_to: None,
            correlation: correlation.into(),
        }
    }

    /// As an answer to the message with this id (`wamid`).
    #[must_use]
    pub fn in_reply_to(mut self, message: impl Into<String>) -> Self {
        self.reply_to = Some(message.into());
        self
    }
}

/// What a message says, by Meta's `type`.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Text.
    Text(Text),
    /// A picture.
    Image(Image),
    /// A video.
    Video(Video),
    /// Sound.
    Audio(Audio),
    /// A file.
    Document(Document),
    /// A sticker.
    Sticker(Sticker),
    /// A place.
    Location(Location),
    /// Cards of people: one to five.
    Contacts(Vec<Contact>),
    /// A reaction to a message of the customer.
    Reaction(Reaction),
    /// Buttons, lists, flows, products, requests.
    Interactive(Interactive),
    /// A template: the only thing that may be sent outside the customer service window.
    Template(Template),
}

impl Content {
    /// Meta's name of the type, which is also the name of the member that holds the content.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Image(_) => "image",
            Self::Video(_) => "video",
            Self::Audio(_) => "audio",
            Self::Document(_) => "document",
            Self::Sticker(_) => "sticker",
            Self::Location(_) => "location",
            Self::Contacts(_) => "contacts",
            Self::Reaction(_) => "reaction",
            Self::Interactive(_) => "interactive",
            Self::Template(_) => "template",
        }
    }

    /// True for everything but templates: only inside the customer service window.
    pub fn is_free_form(&self) -> bool {
        !matches!(self, Self::Template(_))
    }
}

macro_rules! contents {
    ($($kind:ident),+) => {$(
        impl From<$kind> for Content {
            fn from(content: $kind) -> Self {
                Self::$kind(content)
            }
        }
    )+};
}

contents!(
    Text,
    Image,
    Video,
    Audio,
    Document,
    Sticker,
    Location,
    Reaction,
    Interactive,
    Template
);

impl From<Vec<Contact>> for Content {
    fn from(contacts: Vec<Contact>) -> Self {
        Self::Contacts(contacts)
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("messaging_product", "whatsapp")?;
        map.serialize_entry("recipient_type", self.to.kind())?;
        if let Some(to) = self.to.to() {
            map.serialize_entry("to", to)?;
        }
        if let Some(user) = self.to.user() {
            map.serialize_entry("recipient", user)?;
        }
        if let Some(message) = &self.reply_to {
            map.serialize_entry("context", &Context { message_id: message })?;
        }
        let kind = self.content.kind();
        map.serialize_entry("type", kind)?;
        match &self.content {
            Content::Text(content) => map.serialize_entry(kind, content)?,
            Content::Image(content) => map.serialize_entry(kind, content)?,
            Content::Video(content) => map.serialize_entry(kind, content)?,
            Content::Audio(content) => map.serialize_entry(kind, content)?,
            Content::Document(content) => map.serialize_entry(kind, content)?,
            Content::Sticker(content) => map.serialize_entry(kind, content)?,
            Content::Location(content) => map.serialize_entry(kind, content)?,
            Content::Contacts(content) => map.serialize_entry(kind, content)?,
            Content::Reaction(content) => map.serialize_entry(kind, content)?,
            Content::Interactive(content) => map.serialize_entry(kind, content)?,
            Content::Template(content) => map.serialize_entry(kind, content)?,
        }
        map.serialize_entry("biz_opaque_callback_data", &self.correlation)?;
        map.end()
    }
}

#[derive(Serialize)]
struct Context<'a> {
    message_id: &'a str,
}
