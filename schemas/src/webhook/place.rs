//! Places and contact cards that a message carries.

use serde::Deserialize;

use super::lenient;

/// The body of a `location`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Location {
    /// Degrees north.
    #[serde(deserialize_with = "lenient::number")]
    pub latitude: Option<f64>,
    /// Degrees east.
    #[serde(deserialize_with = "lenient::number")]
    pub longitude: Option<f64>,
    /// The place's name.
    pub name: Option<String>,
    /// The place's address.
    pub address: Option<String>,
    /// The place's page.
    pub url: Option<String>,
}

/// An item of the body of `contacts`: somebody's card. Not to be mixed up with [`super::Contact`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Card {
    /// Their name.
    pub name: Option<CardName>,
    /// Their numbers.
    pub phones: Vec<CardPhone>,
    /// Their mail addresses.
    pub emails: Vec<CardEmail>,
    /// Where they live and work.
    pub addresses: Vec<CardAddress>,
    /// Their employer.
    pub org: Option<CardOrg>,
    /// Their pages.
    pub urls: Vec<CardUrl>,
    /// `YYYY-MM-DD`.
    pub birthday: Option<String>,
    /// The card as a vCard.
    pub vcard: Option<String>,
    /// `contact_request`: the customer's own, verified number, given on request; else `other`.
    pub origin: Option<String>,
}

/// The parts of a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CardName {
    /// As it is shown.
    pub formatted_name: Option<String>,
    /// Given name.
    pub first_name: Option<String>,
    /// Middle name.
    pub middle_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Title before the name.
    pub prefix: Option<String>,
    /// Title after the name.
    pub suffix: Option<String>,
}

/// A number on a card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CardPhone {
    /// As it is written on the card.
    #[serde(deserialize_with = "lenient::text")]
    pub phone: Option<String>,
    /// Its WhatsApp number, when it has one.
    #[serde(deserialize_with = "lenient::text")]
    pub wa_id: Option<String>,
    /// Its BSUID, when it has one.
    #[serde(deserialize_with = "lenient::text")]
    pub user_id: Option<String>,
    /// `CELL`, `HOME`, `WORK`, …
    pub r#type: Option<String>,
}

/// A mail address on a card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CardEmail {
    /// The address.
    pub email: Option<String>,
    /// `HOME` or `WORK`.
    pub r#type: Option<String>,
}

/// A postal address on a card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CardAddress {
    /// Street and number.
    pub street: Option<String>,
    /// City.
    pub city: Option<String>,
    /// State or region.
    pub state: Option<String>,
    /// Postal code.
    #[serde(deserialize_with = "lenient::text")]
    pub zip: Option<String>,
    /// Country's name.
    pub country: Option<String>,
    /// Country's code.
    pub country_code: Option<String>,
    /// `HOME` or `WORK`.
    pub r#type: Option<String>,
}

/// An employer on a card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CardOrg {
    /// Its name.
    pub company: Option<String>,
    /// The department.
    pub department: Option<String>,
    /// The person's role.
    pub title: Option<String>,
}

/// A page on a card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CardUrl {
    /// Its address.
    pub url: Option<String>,
    /// `HOME` or `WORK`.
    pub r#type: Option<String>,
}
