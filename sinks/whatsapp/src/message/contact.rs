//! Cards of people. Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/messages/contacts-messages>.

use serde::Serialize;

/// Whether an address, a number or a page is a person's own or their work's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Place {
    /// Their own.
    Home,
    /// Their work's.
    Work,
}

/// The card of a person or a business.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Contact {
    /// What they are called. Meta refuses a card without it.
    pub name: Name,
    /// Their numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<Phone>,
    /// Their e-mail addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<Email>,
    /// Where they live or work.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Address>,
    /// Their pages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<Url>,
    /// Whom they work for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org: Option<Organization>,
    /// `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthday: Option<String>,
}

/// A name. Meta wants `formatted_name` and at least one other part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Name {
    /// The whole name as it is shown.
    pub formatted_name: String,
    /// First name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Middle name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<String>,
    /// What comes before it: a title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// What comes after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suffix: Option<String>,
}

/// A number of a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Phone {
    /// The number as people write it.
    pub phone: String,
    /// The same as WhatsApp's id, which gives the card a button to write to them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wa_id: Option<String>,
    /// Whose it is.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// An e-mail address of a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Email {
    /// The address.
    pub email: String,
    /// Whose it is.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// A postal address of a card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Address {
    /// Street and house.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street: Option<String>,
    /// Town.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// State or region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zip: Option<String>,
    /// Country by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Country by its two letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country_code: Option<String>,
    /// Whose it is.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// A page of a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Url {
    /// The page.
    pub url: String,
    /// Whose it is.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// Whom somebody works for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Organization {
    /// The company.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// The department.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// The post.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}
