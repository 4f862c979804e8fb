//! Sending, and saying that something was read.

use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::error::Error;
use crate::message::Message;

/// What Meta made of a message. It has been accepted, not delivered: what becomes of it comes by webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The message's id (`wamid`), by which statuses name it.
    pub id: String,
    /// The recipient as Meta knows them. May differ from the number that was given (Brazil, Mexico): go by this one.
    pub wa_id: Option<String>,
    /// The recipient's business-scoped user id, when they were named by it.
    pub user_id: Option<String>,
    /// Whether it goes out at once.
    pub status: Acceptance,
}

/// `message_status`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Acceptance {
    /// It goes out.
    #[default]
    Accepted,
    /// Held while Meta looks at how the template is received: it goes out or fails later.
    HeldForQualityAssessment,
    /// Held because its template is paused.
    Paused,
    /// A word that is not known here.
    #[serde(untagged)]
    Other(String),
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    contacts: Vec<AnsweredContact>,
    messages: Vec<AnsweredMessage>,
}

#[derive(Default, Deserialize)]
struct AnsweredContact {
    wa_id: Option<String>,
    user_id: Option<String>,
}

#[derive(Deserialize)]
struct AnsweredMessage {
    id: String,
    message_status: Option<Acceptance>,
}

#[derive(Serialize)]
struct Mark<'a> {
    messaging_product: &'static str,
    status: &'static str,
    message_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    typing_indicator: Option<Typing>,
}

#[derive(Serialize)]
struct Typing {
    r#type: &'static str,
}

/// `{"success": true}`.
#[derive(Deserialize)]
pub(crate) struct Success {
    success: bool,
}

impl Success {
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.success {
            true => Ok(()),
            false => Err(Error::NotUnderstood(
                "Meta answered that it did not succeed, and not why".to_owned(),
            )),
        }
    }
}

impl Client {
    /// Sends a message from the number with this id, once. Look at the window, the pace and the opt-outs before.
    /// Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages>.
    ///
    /// # Errors
    /// [`Error::Unfit`] before anything is sent; [`Error::Refused`] with what to do; [`Error::Unanswered`] when it may or
    /// may not have been sent.
    pub async fn send(&self, phone_number_id: &str, message: &Message) -> Result<Sent, Error> {
        message.check()?;
        let request = self
            .request(Method::POST, &[phone_number_id, "messages"])?
            .json(message);
        let answer: Answer = self.ask("send", request).await?;
        let contact = answer.contacts.into_iter().next().unwrap_or_default();
        let message = answer.messages.into_iter().next();
        let message = message.ok_or_else(|| Error::NotUnderstood("send: it names no message".to_owned()))?;
        Ok(Sent {
            id: message.id,
            wa_id: contact.wa_id,
            user_id: contact.user_id,
            status: message.message_status.unwrap_or_default(),
        })
    }

    /// Marks a message of a customer, and all before it, as read; with `typing` the customer sees for 25 seconds, or until
    /// the answer comes, that somebody writes. Messages of the last 30 days. Source:
    /// <https://developers.facebook.com/docs/whatsapp/cloud-api/typing-indicators>.
    ///
    /// # Errors
    /// As of [`Client::send`].
    pub async fn mark_read(&self, phone_number_id: &str, message_id: &str, typing: bool) -> Result<(), Error> {
        let mark = Mark {
            messaging_product: "whatsapp",
            status: "read",
            message_id,
            typing_indicator: typing.then_some(Typing { r#type: "text" }),
        };
        let request = self.request(Method::POST, &[phone_number_id, "messages"])?.json(&mark);
        self.ask::<Success>("mark_read", request).await?.check()
    }
}
