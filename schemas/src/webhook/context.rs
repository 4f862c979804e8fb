//! What a message refers to: an earlier message, a product, an advertisement; and the customer's identity then.

use serde::Deserialize;

use super::lenient;

/// `context`: the message that this one answers, or that it was forwarded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Context {
    /// Who wrote the earlier message.
    #[serde(deserialize_with = "lenient::text")]
    pub from: Option<String>,
    /// The BSUID of who wrote the earlier message.
    #[serde(deserialize_with = "lenient::text")]
    pub from_user_id: Option<String>,
    /// The earlier message.
    #[serde(deserialize_with = "lenient::text")]
    pub id: Option<String>,
    /// Forwarded.
    #[serde(deserialize_with = "lenient::flag")]
    pub forwarded: Option<bool>,
    /// Forwarded more than five times.
    #[serde(deserialize_with = "lenient::flag")]
    pub frequently_forwarded: Option<bool>,
    /// The product that the customer asks about.
    pub referred_product: Option<ReferredProduct>,
}

/// A product of a catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ReferredProduct {
    /// The catalogue.
    #[serde(deserialize_with = "lenient::text")]
    pub catalog_id: Option<String>,
    /// The product within it.
    #[serde(deserialize_with = "lenient::text")]
    pub product_retailer_id: Option<String>,
}

/// `referral`: the advertisement or post that the customer came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Referral {
    /// Its address.
    pub source_url: Option<String>,
    /// Meta's id of it.
    #[serde(deserialize_with = "lenient::text")]
    pub source_id: Option<String>,
    /// `ad` or `post`.
    pub source_type: Option<String>,
    /// Its text.
    pub body: Option<String>,
    /// Its headline.
    pub headline: Option<String>,
    /// `image` or `video`.
    pub media_type: Option<String>,
    /// Its picture.
    pub image_url: Option<String>,
    /// Its video.
    pub video_url: Option<String>,
    /// The video's preview picture.
    pub thumbnail_url: Option<String>,
    /// The click, for attribution; absent for advertisements in Status.
    pub ctwa_clid: Option<String>,
    /// The greeting that the customer saw.
    pub welcome_message: Option<WelcomeMessage>,
}

/// The greeting of an advertisement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct WelcomeMessage {
    /// Its text.
    pub text: Option<String>,
}

/// `identity`: the state of the customer's end-to-end identity (legacy).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Identity {
    /// Whether the business has acknowledged the latest change.
    #[serde(deserialize_with = "lenient::flag")]
    pub acknowledged: Option<bool>,
    /// When it changed, Unix milliseconds.
    #[serde(deserialize_with = "lenient::millis")]
    pub created_timestamp: Option<i64>,
    /// The identity's hash.
    pub hash: Option<String>,
}
