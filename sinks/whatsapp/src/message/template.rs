//! Templates with their variables filled in.
//!
//! Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-message-templates>.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, json};

use super::kinds::{Location, Source};

/// A template that Meta has approved, with what goes into its variables.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// Its name.
    pub name: String,
    /// Its language, as Meta writes it: `en_US`, `rw_RW`, `pt_BR`.
    pub language: String,
    /// What goes into it, in any order. Parts without variables are left out.
    pub components: Vec<Component>,
}

impl Template {
    /// A template without variables.
    pub fn new(name: impl Into<String>, language: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            language: language.into(),
            components: Vec::new(),
        }
    }

    /// With this part filled in.
    #[must_use]
    pub fn with(mut self, component: Component) -> Self {
        self.components.push(component);
        self
    }
}

/// A part of a template that has variables.
#[derive(Clone, Debug, PartialEq)]
pub enum Component {
    /// The header: one text, or one picture, video, file or place.
    Header(Parameter),
    /// The text: one parameter for each variable.
    Body(Vec<Parameter>),
    /// A button, by its place among the template's buttons from 0.
    Button {
        /// Its place: 0 to 9.
        index: u8,
        /// What it is given.
        value: ButtonValue,
    },
}

/// What goes into a variable. With a name for templates whose `parameter_format` is `NAMED`; without one, the first goes
/// into `{{1}}`, the second into `{{2}}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// The variable's name.
    pub name: Option<String>,
    /// What goes into it.
    pub value: Value,
}

impl Parameter {
    /// For the variable of this place.
    pub fn positional(value: Value) -> Self {
        Self { name: None, value }
    }

    /// For the variable of this name.
    pub fn named(name: impl Into<String>, value: Value) -> Self {
        Self {
            name: Some(name.into()),
            value,
        }
    }

    /// Text for the variable of this place.
    pub fn text(text: impl Into<String>) -> Self {
        Self::positional(Value::Text(text.into()))
    }
}

/// What a variable can hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text, without line breaks, tabs, or more than four spaces in a row.
    Text(String),
    /// Money, written as is usual where the customer lives.
    Currency {
        /// What is shown when it cannot be written so.
        fallback: String,
        /// Three letters of ISO 4217.
        code: String,
        /// A thousand times the amount.
        amount_1000: i32,
    },
    /// A date and a time, as they are shown.
    DateTime(String),
    /// A picture, in a header.
    Image(Source),
    /// A video, in a header.
    Video(Source),
    /// A file, in a header, and the name it is shown under.
    Document(Source, Option<String>),
    /// A place, in a header.
    Location(Location),
}

/// What a button of a template is given.
#[derive(Clone, Debug, PartialEq)]
pub enum ButtonValue {
    /// Comes back when a quick reply is pressed.
    QuickReply(String),
    /// The end of a link's URL; also the code of an authentication template.
    UrlEnding(String),
    /// A coupon code to copy, at most 15 characters.
    CouponCode(String),
    /// The data of a flow.
    Flow {
        /// Comes back with the answer.
        token: String,
        /// What its first screen is given.
        data: Map<String, serde_json::Value>,
    },
    /// The catalogue, with the picture of this product.
    Catalog(String),
}

impl Value {
    fn json(&self) -> serde_json::Value {
        match self {
            Self::Text(text) => json!({ "type": "text", "text": text }),
            Self::Currency {
                fallback,
                code,
                amount_1000,
            } => json!({
                "type": "currency",
                "currency": { "fallback_value": fallback, "code": code, "amount_1000": amount_1000 },
            }),
            Self::DateTime(shown) => json!({ "type": "date_time", "date_time": { "fallback_value": shown } }),
            Self::Image(source) => json!({ "type": "image", "image": source }),
            Self::Video(source) => json!({ "type": "video", "video": source }),
            Self::Document(source, filename) => {
                let mut document = json!(source);
                if let Some(filename) = filename {
                    document["filename"] = json!(filename);
                }
                json!({ "type": "document", "document": document })
            }
            Self::Location(location) => json!({ "type": "location", "location": location }),
        }
    }
}

impl Parameter {
    fn json(&self) -> serde_json::Value {
        let mut json = self.value.json();
        if let Some(name) = &self.name {
            json["parameter_name"] = json!(name);
        }
        json
    }
}

impl ButtonValue {
    /// `sub_type` and the one parameter.
    fn json(&self) -> (&'static str, serde_json::Value) {
        match self {
            Self::QuickReply(payload) => ("quick_reply", json!({ "type": "payload", "payload": payload })),
            Self::UrlEnding(text) => ("url", json!({ "type": "text", "text": text })),
            Self::CouponCode(code) => ("copy_code", json!({ "type": "coupon_code", "coupon_code": code })),
            Self::Flow { token, data } => {
                let mut action = json!({ "flow_token": token });
                if !data.is_empty() {
                    action["flow_action_data"] = json!(data);
                }
                ("flow", json!({ "type": "action", "action": action }))
            }
            Self::Catalog(product) => (
                "catalog",
                json!({ "type": "action", "action": { "thumbnail_product_retailer_id": product } }),
            ),
        }
    }
}

impl Component {
    fn json(&self) -> serde_json::Value {
        match self {
            Self::Header(parameter) => json!({ "type": "header", "parameters": [parameter.json()] }),
            Self::Body(parameters) => {
                let parameters = parameters.iter().map(Parameter::json);
                json!({ "type": "body", "parameters": parameters.collect::<Vec<_>>() })
            }
            Self::Button { index, value } => {
                let (sub_type, parameter) = value.json();
                json!({
                    "type": "button",
                    "sub_type": sub_type,
                    "index": index.to_string(),
                    "parameters": [parameter],
                })
            }
        }
    }
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &self.name)?;
        let language = json!({ "policy": "deterministic", "code": self.language });
        map.serialize_entry("language", &language)?;
        if !self.components.is_empty() {
            let components = self.components.iter().map(Component::json);
            map.serialize_entry("components", &components.collect::<Vec<_>>())?;
        }
        map.end()
    }
}
