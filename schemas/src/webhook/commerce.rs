//! Orders from the catalogue, template buttons, and templates that the business sent.

use serde::Deserialize;
use serde_json::Value;

use super::lenient;

/// The body of an `order`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Order {
    /// The catalogue.
    #[serde(deserialize_with = "lenient::text")]
    pub catalog_id: Option<String>,
    /// What the customer wrote along with it.
    pub text: Option<String>,
    /// What was ordered.
    pub product_items: Vec<ProductItem>,
}

/// A line of an order.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ProductItem {
    /// The product within the catalogue.
    #[serde(deserialize_with = "lenient::text")]
    pub product_retailer_id: Option<String>,
    /// How many.
    #[serde(deserialize_with = "lenient::number")]
    pub quantity: Option<f64>,
    /// Price of one, in `currency`.
    #[serde(deserialize_with = "lenient::number")]
    pub item_price: Option<f64>,
    /// ISO 4217.
    pub currency: Option<String>,
}

/// The body of a `button`: the quick reply of a template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Button {
    /// The business's own data.
    #[serde(deserialize_with = "lenient::text")]
    pub payload: Option<String>,
    /// What the customer read on it.
    pub text: Option<String>,
}

/// The body of a `template`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Template {
    /// Its name.
    pub name: Option<String>,
    /// Its language.
    pub language: Option<TemplateLanguage>,
    /// The values that were put in.
    pub components: Vec<TemplateComponent>,
    /// The namespace of older templates.
    pub namespace: Option<String>,
}

/// The language of a template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TemplateLanguage {
    /// As `en_US`.
    pub code: Option<String>,
    /// Always `deterministic`.
    pub policy: Option<String>,
}

/// A part of a template.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct TemplateComponent {
    /// `header`, `body`, `button`, …
    pub r#type: Option<String>,
    /// Of a button: its kind.
    pub sub_type: Option<String>,
    /// Of a button: its place.
    #[serde(deserialize_with = "lenient::integer")]
    pub index: Option<i64>,
    /// The values; shapes differ by type.
    pub parameters: Vec<Value>,
}

impl Template {
    /// The texts that were put in, in order.
    pub(crate) fn texts(&self) -> Vec<String> {
        let parameters = self.components.iter().flat_map(|component| &component.parameters);
        parameters
            .filter_map(|parameter| parameter.get("text")?.as_str().map(str::to_owned))
            .collect()
    }
}
