//! The plain types: text, media, places, reactions.

use serde::{Serialize, Serializer};

/// Where a picture, video, sound or file is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Uploaded before; the id is good for 30 days.
    Id(String),
    /// Meta fetches it from this URL and keeps it for ten minutes.
    Link(String),
}

/// Text. Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/messages/text-messages>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Text {
    /// The text: 1 to 4,096 characters.
    pub body: String,
    /// Whether WhatsApp shows a preview of the first URL in it.
    pub preview_url: bool,
}

impl Text {
    /// Text without a preview of its links.
    pub fn new(body: impl Into<String>) -> Self {
        Self {
            body: body.into(),
            preview_url: false,
        }
    }
}

/// A picture: JPEG or PNG. Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/messages/image-messages>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Image {
    /// Where it is.
    #[serde(flatten)]
    pub source: Source,
    /// Text below it, at most 1,024 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
}

/// A video: MP4 or 3GPP. Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/messages/video-messages>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Video {
    /// Where it is.
    #[serde(flatten)]
    pub source: Source,
    /// Text below it, at most 1,024 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
}

/// Sound. Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/messages/audio-messages>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Audio {
    /// Where it is.
    #[serde(flatten)]
    pub source: Source,
}

/// A file. Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/messages/document-messages>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Document {
    /// Where it is.
    #[serde(flatten)]
    pub source: Source,
    /// Text below it, at most 1,024 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// The name it is shown and saved under; its ending says what opens it. At most 240 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
}

/// A sticker: WebP of 512 by 512. Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/messages/sticker-messages>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sticker {
    /// Where it is.
    #[serde(flatten)]
    pub source: Source,
}

/// A place. Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/messages/location-messages>.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Location {
    /// Degrees north, -90 to 90. Meta takes it as text.
    #[serde(serialize_with = "as_text")]
    pub latitude: f64,
    /// Degrees east, -180 to 180. Meta takes it as text.
    #[serde(serialize_with = "as_text")]
    pub longitude: f64,
    /// What it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its address; only shown when it has a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

fn as_text<S: Serializer>(degrees: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(degrees)
}

/// A reaction. Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/messages/reaction-messages>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reaction {
    /// The customer's message (`wamid`), not older than 30 days.
    pub message_id: String,
    /// One emoji; empty takes the reaction away.
    pub emoji: String,
}
