//! Pictures, videos, files, sound and stickers.

use serde::Deserialize;

use super::lenient;

/// The body of an `image`, `video`, `document`, `audio` or `sticker`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Media {
    /// Meta's id of it, valid seven days.
    #[serde(deserialize_with = "lenient::text")]
    pub id: Option<String>,
    /// Its type and codecs.
    pub mime_type: Option<String>,
    /// Its SHA-256, base64.
    pub sha256: Option<String>,
    /// What the sender wrote under it.
    pub caption: Option<String>,
    /// The name of a document.
    pub filename: Option<String>,
    /// True for a voice note, false for other sound.
    #[serde(deserialize_with = "lenient::flag")]
    pub voice: Option<bool>,
    /// True for a moving sticker.
    #[serde(deserialize_with = "lenient::flag")]
    pub animated: Option<bool>,
    /// Where it can be had for five minutes, with the access token.
    pub url: Option<String>,
    /// Where it can be had, in what the business sent by address.
    pub link: Option<String>,
}
