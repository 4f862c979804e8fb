//! Templates as they are submitted.
//!
//! Source: <https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates/components>.

use serde_json::{Map, Value, json};

use super::{Category, ParameterFormat};

/// A template to create. [`crate::lint::lint`] finds what Meta would refuse.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Its name: a to z, 0 to 9 and `_`.
    pub name: String,
    /// Its language, as Meta writes it.
    pub language: String,
    /// What it is for.
    pub category: Category,
    /// How its variables are named.
    pub parameter_format: ParameterFormat,
    /// Its parts.
    pub components: Vec<Part>,
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Text above, at most 60 characters with at most one variable, and what stands for it in the sample.
    HeaderText {
        /// The text.
        text: String,
        /// Variable (its name, or its place) and sample.
        sample: Option<(String, String)>,
    },
    /// A picture, a video or a file above: `IMAGE`, `VIDEO`, `DOCUMENT`; and the handle of an uploaded sample.
    HeaderMedia {
        /// Which.
        format: String,
        /// The sample's handle.
        sample: String,
    },
    /// A place above.
    HeaderLocation,
    /// The text, at most 1,024 characters, and what stands for its variables in the sample, in their order.
    Body {
        /// The text.
        text: String,
        /// Variable (its name, or its place) and sample.
        samples: Vec<(String, String)>,
    },
    /// Small text below, at most 60 characters, no variables.
    Footer(String),
    /// At most ten.
    Buttons(Vec<DraftButton>),
    /// Any other part, as Meta wants it: authentication, carousels, offers.
    Other(Map<String, Value>),
}

/// A button of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DraftButton {
    /// Answers with a payload.
    QuickReply {
        /// What it says, at most 25 characters.
        text: String,
    },
    /// Opens a page.
    Url {
        /// What it says, at most 25 characters.
        text: String,
        /// The page, with `{{1}}` at its end when it varies.
        url: String,
        /// The whole URL of a sample when it varies.
        sample: Option<String>,
    },
    /// Calls a number.
    Call {
        /// What it says, at most 25 characters.
        text: String,
        /// The number, with `+`.
        phone: String,
    },
    /// Copies a coupon code.
    CopyCode {
        /// A code as a sample.
        sample: String,
    },
    /// Opens a flow.
    Flow {
        /// What it says, at most 25 characters.
        text: String,
        /// The flow's id.
        flow_id: String,
        /// The first screen.
        screen: String,
    },
    /// Opens the catalogue.
    Catalog {
        /// What it says.
        text: String,
    },
}

impl Part {
    fn json(&self, format: ParameterFormat) -> Value {
        let named = |samples: &[(String, String)]| {
            let named = samples
                .iter()
                .map(|(name, sample)| json!({ "param_name": name, "example": sample }));
            named.collect::<Vec<_>>()
        };
        let plain = |samples: &[(String, String)]| samples.iter().map(|(_, sample)| json!(sample)).collect::<Vec<_>>();
        match self {
            Self::HeaderText { text, sample } => {
                let mut part = json!({ "type": "HEADER", "format": "TEXT", "text": text });
                if let Some(sample) = sample {
                    let sample = std::slice::from_ref(sample);
                    part["example"] = match format {
                        ParameterFormat::Named => json!({ "header_text_named_params": named(sample) }),
                        ParameterFormat::Positional => json!({ "header_text": plain(sample) }),
                    };
                }
                part
            }
            Self::HeaderMedia { format, sample } => {
                json!({ "type": "HEADER", "format": format, "example": { "header_handle": [sample] } })
            }
            Self::HeaderLocation => json!({ "type": "HEADER", "format": "LOCATION" }),
            Self::Body { text, samples } => {
                let mut part = json!({ "type": "BODY", "text": text });
                if !samples.is_empty() {
                    part["example"] = match format {
                        ParameterFormat::Named => json!({ "body_text_named_params": named(samples) }),
                        ParameterFormat::Positional => json!({ "body_text": [plain(samples)] }),
                    };
                }
                part
            }
            Self::Footer(text) => json!({ "type": "FOOTER", "text": text }),
            Self::Buttons(buttons) => {
                json!({ "type": "BUTTONS", "buttons": buttons.iter().map(DraftButton::json).collect::<Vec<_>>() })
            }
            Self::Other(part) => json!(part),
        }
    }
}

impl DraftButton {
    fn json(&self) -> Value {
        match self {
            Self::QuickReply { text } => json!({ "type": "QUICK_REPLY", "text": text }),
            Self::Url { text, url, sample } => {
                let mut button = json!({ "type": "URL", "text": text, "url": url });
                if let Some(sample) = sample {
                    button["example"] = json!([sample]);
                }
                button
            }
            Self::Call { text, phone } => json!({ "type": "PHONE_NUMBER", "text": text, "phone_number": phone }),
            Self::CopyCode { sample } => json!({ "type": "COPY_CODE", "example": sample }),
            Self::Flow { text, flow_id, screen } => json!({
                "type": "FLOW",
                "text": text,
                "flow_id": flow_id,
                "flow_action": "navigate",
                "navigate_screen": screen,
            }),
            Self::Catalog { text } => json!({ "type": "CATALOG", "text": text }),
        }
    }
}

/// The parts as Meta wants them.
pub(super) fn parts(components: &[Part], format: ParameterFormat) -> Vec<Value> {
    components.iter().map(|part| part.json(format)).collect()
}
