//! Messages with something to press: buttons, lists, links, flows, products, requests.
//!
//! Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages#interactive-object>, and the page of
//! each kind.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::kinds::Source;

/// A message with something to press.
#[derive(Clone, Debug, PartialEq)]
pub struct Interactive {
    /// Above the text.
    pub header: Option<Header>,
    /// The text: at most 1,024 characters, 4,096 with a list. Only a single product can do without.
    pub body: Option<String>,
    /// Below the text, small: at most 60 characters.
    pub footer: Option<String>,
    /// What can be pressed. It decides the `type`.
    pub action: Action,
}

impl Interactive {
    /// A text and what can be pressed below it.
    pub fn new(body: impl Into<String>, action: Action) -> Self {
        Self {
            header: None,
            body: Some(body.into()),
            footer: None,
            action,
        }
    }
}

/// What stands above the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Header {
    /// At most 60 characters.
    Text(String),
    /// A picture.
    Image(Source),
    /// A video.
    Video(Source),
    /// A file, and the name it is shown under.
    Document(Source, Option<String>),
}

/// A button that answers with its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Button {
    /// Comes back when it is pressed. At most 256 characters, unlike those of the other buttons.
    pub id: String,
    /// What it says, at most 20 characters, unlike the other buttons.
    pub title: String,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Section {
    /// At most 24 characters. Needed when there is more than one section.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// At least one; at most ten in all sections together.
    pub rows: Vec<Row>,
}

/// A row of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Comes back when it is chosen. At most 200 characters, unlike those of the other rows.
    pub id: String,
    /// At most 24 characters.
    pub title: String,
    /// At most 72 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A part of a list of products.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductSection {
    /// At most 24 characters. Needed when there is more than one section.
    pub title: Option<String>,
    /// Their ids in the catalogue; at most 30 in all sections together.
    pub products: Vec<String>,
}

/// How a flow is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlowName {
    /// By its id.
    Id(String),
    /// By its name, which changes when somebody changes it.
    Name(String),
}

/// Where a flow begins.
#[derive(Clone, Debug, PartialEq)]
pub enum FlowStart {
    /// With this screen and these data.
    Navigate {
        /// The screen's id.
        screen: String,
        /// What the screen is given.
        data: Map<String, Value>,
    },
    /// With whatever the flow's endpoint says.
    Ask,
}

/// A flow: forms inside WhatsApp. Source: <https://developers.facebook.com/docs/whatsapp/flows/guides/sendingaflow>.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// Which.
    pub flow: FlowName,
    /// Comes back with the answer: it tells which message was answered.
    pub token: Option<String>,
    /// What the button says, at most 30 characters, no emoji.
    pub button: String,
    /// Where it begins.
    pub start: FlowStart,
    /// Sends a flow that is not published yet: for trying it out.
    pub draft: bool,
}

/// A form for an address (India and Singapore). Source:
/// <https://developers.facebook.com/docs/whatsapp/cloud-api/messages/address-messages>.
#[derive(Clone, Debug, PartialEq)]
pub struct AddressForm {
    /// Two letters: `IN` or `SG`.
    pub country: String,
    /// What is known already, by the form's names.
    pub values: Map<String, Value>,
    /// What was wrong with an earlier answer, by the form's names.
    pub errors: Map<String, Value>,
}

/// A card among several that are pushed aside to see the next. Source:
/// <https://developers.facebook.com/docs/whatsapp/cloud-api/messages/interactive-media-carousel-messages>.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// A picture or a video.
    pub header: Header,
    /// At most 160 characters.
    pub body: Option<String>,
    /// What its button says, at most 20 characters.
    pub button: String,
    /// What its button opens.
    pub url: String,
}

/// What can be pressed.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// One to three buttons.
    Buttons(Vec<Button>),
    /// A list behind a button.
    List {
        /// What the button says, at most 20 characters.
        button: String,
        /// One to ten.
        sections: Vec<Section>,
    },
    /// A button that opens a page.
    Link {
        /// What it says, at most 20 characters.
        button: String,
        /// The page.
        url: String,
    },
    /// A flow.
    Flow(Flow),
    /// One product.
    Product {
        /// The catalogue.
        catalog: String,
        /// Its id there.
        product: String,
    },
    /// Several products. Needs a text above.
    Products {
        /// The catalogue.
        catalog: String,
        /// One to ten.
        sections: Vec<ProductSection>,
    },
    /// The whole catalogue.
    Catalog {
        /// The product whose picture is shown.
        thumbnail: String,
    },
    /// Asks where the customer is.
    AskLocation,
    /// Asks for an address.
    AskAddress(AddressForm),
    /// Asks for leave to call.
    AskCall,
    /// Asks a customer who is known by user id alone for their number.
    AskContact,
    /// Two to ten cards.
    Carousel(Vec<Card>),
}

impl Action {
    /// Meta's name of the kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Buttons(_) => "button",
            Self::List { .. } => "list",
            Self::Link { .. } => "cta_url",
            Self::Flow(_) => "flow",
            Self::Product { .. } => "product",
            Self::Products { .. } => "product_list",
            Self::Catalog { .. } => "catalog_message",
            Self::AskLocation => "location_request_message",
            Self::AskAddress(_) => "address_message",
            Self::AskCall => "call_permission_request",
            Self::AskContact => "request_contact_info",
            Self::Carousel(_) => "carousel",
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Buttons(buttons) => {
                let buttons = buttons.iter().map(|button| json!({"type": "reply", "reply": button}));
                json!({ "buttons": buttons.collect::<Vec<_>>() })
            }
            Self::List { button, sections } => json!({ "button": button, "sections": sections }),
            Self::Link { button, url } => link(button, url),
            Self::Flow(flow) => json!({ "name": "flow", "parameters": flow.json() }),
            Self::Product { catalog, product } => json!({ "catalog_id": catalog, "product_retailer_id": product }),
            Self::Products { catalog, sections } => {
                let sections = sections.iter().map(ProductSection::json);
                json!({ "catalog_id": catalog, "sections": sections.collect::<Vec<_>>() })
            }
            Self::Catalog { thumbnail } => json!({
                "name": "catalog_message",
                "parameters": { "thumbnail_product_retailer_id": thumbnail },
            }),
            Self::AskLocation => json!({ "name": "send_location" }),
            Self::AskAddress(form) => json!({ "name": "address_message", "parameters": form.json() }),
            Self::AskCall => json!({ "name": "call_permission_request" }),
            Self::AskContact => json!({ "name": "request_contact_info" }),
            Self::Carousel(cards) => {
                let cards = cards.iter().enumerate().map(|(index, card)| card.json(index));
                json!({ "cards": cards.collect::<Vec<_>>() })
            }
        }
    }
}

fn link(button: &str, url: &str) -> Value {
    json!({ "name": "cta_url", "parameters": { "display_text": button, "url": url } })
}

fn text(text: &str) -> Value {
    json!({ "text": text })
}

impl Header {
    fn json(&self) -> Value {
        match self {
            Self::Text(text) => json!({ "type": "text", "text": text }),
            Self::Image(source) => json!({ "type": "image", "image": source }),
            Self::Video(source) => json!({ "type": "video", "video": source }),
            Self::Document(source, filename) => {
                let mut document = json!(source);
                if let Some(filename) = filename {
                    document["filename"] = json!(filename);
                }
                json!({ "type": "document", "document": document })
            }
        }
    }
}

impl ProductSection {
    fn json(&self) -> Value {
        let products = self.products.iter().map(|id| json!({ "product_retailer_id": id }));
        let mut section = json!({ "product_items": products.collect::<Vec<_>>() });
        if let Some(title) = &self.title {
            section["title"] = json!(title);
        }
        section
    }
}

impl Flow {
    fn json(&self) -> Value {
        let mut parameters = json!({ "flow_message_version": "3", "flow_cta": self.button });
        match &self.flow {
            FlowName::Id(id) => parameters["flow_id"] = json!(id),
            FlowName::Name(name) => parameters["flow_name"] = json!(name),
        }
        if let Some(token) = &self.token {
            parameters["flow_token"] = json!(token);
        }
        match &self.start {
            FlowStart::Ask => parameters["flow_action"] = json!("data_exchange"),
            FlowStart::Navigate { screen, data } => {
                let mut payload = json!({ "screen": screen });
                // Meta refuses empty data.
                if !data.is_empty() {
                    payload["data"] = json!(data);
                }
                parameters["flow_action"] = json!("navigate");
                parameters["flow_action_payload"] = payload;
            }
        }
        if self.draft {
            parameters["mode"] = json!("draft");
        }
        parameters
    }
}

impl AddressForm {
    fn json(&self) -> Value {
        let mut parameters = json!({ "country": self.country });
        for (name, members) in [("values", &self.values), ("validation_errors", &self.errors)] {
            if !members.is_empty() {
                parameters[name] = json!(members);
            }
        }
        parameters
    }
}

impl Card {
    fn json(&self, index: usize) -> Value {
        let mut card = json!({
            "card_index": index,
            "type": "cta_url",
            "header": self.header.json(),
            "action": link(&self.button, &self.url),
        });
        if let Some(body) = &self.body {
            card["body"] = text(body);
        }
        card
    }
}

impl Serialize for Interactive {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", self.action.kind())?;
        if let Some(header) = &self.header {
            map.serialize_entry("header", &header.json())?;
        }
        if let Some(body) = &self.body {
            map.serialize_entry("body", &text(body))?;
        }
        if let Some(footer) = &self.footer {
            map.serialize_entry("footer", &text(footer))?;
        }
        map.serialize_entry("action", &self.action.json())?;
        map.end()
    }
}
