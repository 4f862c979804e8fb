//! Replies to buttons, lists and flows; permissions and payments; and what the business itself sent of that kind.

use serde::Deserialize;
use serde_json::Value;

use super::lenient;

/// The body of an `interactive`. One of the replies is there, by `type`; of what the business sent, the texts.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Interactive {
    /// `button_reply`, `list_reply`, `nfm_reply`, `call_permission_reply`, `payment_method`, …
    pub r#type: Option<String>,
    /// The button that was pressed.
    pub button_reply: Option<Choice>,
    /// The row that was chosen.
    pub list_reply: Option<Choice>,
    /// The form that was filled in.
    pub nfm_reply: Option<FlowReply>,
    /// Whether the business may call.
    pub call_permission_reply: Option<CallPermissionReply>,
    /// How the customer wants to pay. Its shape differs by country.
    pub payment_method: Option<Value>,
    /// What became of a payment. Its shape differs by country.
    pub payment_notification: Option<Value>,
    /// Of what the business sent: its head, when that is text.
    pub header: Option<Words>,
    /// Of what the business sent: its text.
    pub body: Option<Words>,
    /// Of what the business sent: its foot.
    pub footer: Option<Words>,
    /// Of what the business sent: its buttons, rows, parameters.
    pub action: Option<Value>,
}

/// A button or a row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Choice {
    /// The business's own id of it.
    #[serde(deserialize_with = "lenient::text")]
    pub id: Option<String>,
    /// What the customer read on it.
    pub title: Option<String>,
    /// What the customer read below the title of a row.
    pub description: Option<String>,
}

/// A filled in form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct FlowReply {
    /// `flow`, `address_message`, …
    pub name: Option<String>,
    /// `Sent`: what the chat shows.
    pub body: Option<String>,
    /// The answers, as text that holds JSON; an object as a rule, not always.
    pub response_json: Option<Value>,
}

/// Whether the business may call the customer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CallPermissionReply {
    /// `accept` or `reject`.
    pub response: Option<String>,
    /// Until when, Unix milliseconds.
    #[serde(deserialize_with = "lenient::millis")]
    pub expiration_timestamp: Option<i64>,
    /// `user_action` or `automatic`.
    pub response_source: Option<String>,
    /// Whether it holds until it is taken back.
    #[serde(deserialize_with = "lenient::flag")]
    pub is_permanent: Option<bool>,
}

/// A text in a part of an interactive message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Words {
    /// `text`, or the type of the medium in a head.
    pub r#type: Option<String>,
    /// The text.
    pub text: Option<String>,
    /// The medium in a head.
    #[serde(flatten)]
    pub rest: std::collections::BTreeMap<String, Value>,
}

impl Interactive {
    /// What a person reads in it, part by part.
    pub(crate) fn texts(&self) -> Vec<String> {
        let mut texts: Vec<String> = [&self.header, &self.body, &self.footer]
            .into_iter()
            .filter_map(|words| words.as_ref()?.text.clone())
            .collect();
        for choice in [&self.button_reply, &self.list_reply].into_iter().flatten() {
            texts.extend(choice.title.clone());
            texts.extend(choice.description.clone());
        }
        if let Some(reply) = &self.nfm_reply {
            texts.extend(reply.answers());
        }
        texts
    }
}

impl FlowReply {
    /// The answers as JSON: `response_json` read once more when it is a text.
    pub fn response(&self) -> Option<Value> {
        match self.response_json.as_ref()? {
            Value::String(text) => Some(serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()))),
            other => Some(other.clone()),
        }
    }

    /// The values of the answers in order, without the business's token.
    pub fn answers(&self) -> Vec<String> {
        fn gather(value: &Value, answers: &mut Vec<String>) {
            match value {
                Value::Null => {}
                Value::Bool(flag) => answers.push(flag.to_string()),
                Value::Number(number) => answers.push(number.to_string()),
                Value::String(text) => answers.push(text.clone()),
                Value::Array(items) => items.iter().for_each(|item| gather(item, answers)),
                Value::Object(members) => {
                    let said = members.iter().filter(|(key, _)| *key != "flow_token");
                    said.for_each(|(_, value)| gather(value, answers));
                }
            }
        }
        let mut answers = Vec::new();
        if let Some(response) = self.response() {
            gather(&response, &mut answers);
        }
        answers.retain(|answer| !answer.is_empty());
        answers
    }
}
