//! The closed vocabularies of the analysis. Each label travels as its text, in JSON and in ClickHouse alike.
//!
//! Every vocabulary has `None`, for a message with nothing to analyse (a location, a sticker): it is
//! counted like any other label, so that the counts of a vocabulary always add up to the messages.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text that is not a label of the vocabulary it was read as.
#[derive(Debug, thiserror::Error)]
#[error("unknown {vocabulary} `{label}`")]
pub struct UnknownLabel {
    vocabulary: &'static str,
    label: String,
}

macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// Every label, in the order of the enum.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The label as it stands in JSON, ClickHouse and the API.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownLabel;
            fn from_str(label: &str) -> Result<Self, UnknownLabel> {
                match label {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(UnknownLabel { vocabulary: $what, label: label.to_owned() }),
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let label = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                label.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

vocabulary! {
    /// What the sender wants done.
    Intent, "intent" {
        /// Interest in buying.
        LeadInquiry = "lead_inquiry",
        /// Something does not work, or how-to.
        SupportTicket = "support_ticket",
        /// Dissatisfaction that asks for redress.
        Complaint = "complaint",
        /// An existing order or its delivery.
        OrderInquiry = "order_inquiry",
        /// Bills, cards, refunds of money, invoices.
        PaymentInquiry = "payment_inquiry",
        /// Meeting, booking, rescheduling.
        AppointmentRequest = "appointment_request",
        /// Opinion without a demand.
        Feedback = "feedback",
        /// Unsolicited promotion or fraud.
        Spam = "spam",
        /// Text with none of these: greetings, thanks, chatter.
        Other = "other",
        /// Nothing to analyse.
        None = "none",
    }
}

vocabulary! {
    /// How the sender feels.
    Sentiment, "sentiment" {
        /// Content, thankful.
        Positive = "positive",
        /// Unhappy in a way that is neither angry nor frustrated.
        Negative = "negative",
        /// Hostile or raised.
        Angry = "angry",
        /// Annoyed, let down, tired of it.
        Frustrated = "frustrated",
        /// Eager, thrilled.
        Excited = "excited",
        /// None of these.
        Neutral = "neutral",
        /// Nothing to analyse.
        None = "none",
    }
}

vocabulary! {
    /// How soon someone must act, least first.
    Urgency, "urgency" {
        /// Information, purchase interest, feedback, spam.
        Low = "low",
        /// A concrete request or open transaction.
        Medium = "medium",
        /// Money missing, service failing, repeated failure, legal.
        High = "high",
        /// Stolen, blocked, same-day deadline.
        Urgent = "urgent",
        /// Danger, break-in, fraud happening now.
        Critical = "critical",
        /// Nothing to analyse.
        None = "none",
    }
}

vocabulary! {
    /// Who decided a label, the weakest first: a stronger one's word stands against a weaker one's.
    Judge, "judge" {
        /// The trained classifiers, on the text alone.
        Model = "model",
        /// What came before in the conversation.
        Context = "context",
        /// A language model that was asked.
        Llm = "llm",
        /// A pattern of the business.
        Pattern = "pattern",
        /// A person.
        Person = "person",
    }
}

vocabulary! {
    /// The language of the text, by ISO 639-1 code.
    Language, "language" {
        /// English.
        En = "en",
        /// Spanish.
        Es = "es",
        /// French.
        Fr = "fr",
        /// German.
        De = "de",
        /// Italian.
        It = "it",
        /// Portuguese.
        Pt = "pt",
        /// Arabic.
        Ar = "ar",
        /// Chinese.
        Zh = "zh",
        /// Japanese.
        Ja = "ja",
        /// Korean.
        Ko = "ko",
        /// A language outside the ten, or one that cannot be told.
        Other = "other",
        /// Nothing to analyse.
        None = "none",
    }
}

vocabulary! {
    /// Who wrote to whom.
    Direction, "direction" {
        /// From a customer to the business.
        Inbound = "inbound",
        /// From the business to a customer.
        Outbound = "outbound",
    }
}

vocabulary! {
    /// By which way a message reached us.
    Origin, "origin" {
        /// A webhook as it happened (`messages`).
        Live = "live",
        /// Written on the business's phone (`smb_message_echoes`).
        PhoneApp = "phone_app",
        /// Imported past conversations (`history`).
        History = "history",
        /// Sent by Parlance itself.
        Api = "api",
    }
}

vocabulary! {
    /// The message types of WhatsApp. A type we do not know is `Unknown`; Meta's own word is kept beside it.
    MessageType, "message type" {
        /// Plain text, ice-breakers and `/commands`.
        Text = "text",
        /// A picture.
        Image = "image",
        /// A video.
        Video = "video",
        /// A file.
        Document = "document",
        /// Audio, voice notes too.
        Audio = "audio",
        /// A sticker.
        Sticker = "sticker",
        /// A place.
        Location = "location",
        /// Contact cards.
        Contacts = "contacts",
        /// A reply to an interactive message: button, list, flow, call permission, payment.
        Interactive = "interactive",
        /// A template's quick reply.
        Button = "button",
        /// An order from the catalogue.
        Order = "order",
        /// An emoji on a message, or its removal.
        Reaction = "reaction",
        /// A change of the customer's number or identity.
        System = "system",
        /// Sent by the customer, not passed on by Meta.
        Unsupported = "unsupported",
        /// An edit of an earlier message.
        Edit = "edit",
        /// A deletion of an earlier message.
        Revoke = "revoke",
        /// The customer opened the chat for the first time.
        RequestWelcome = "request_welcome",
        /// A template sent by the business.
        Template = "template",
        /// A type not in this list, Meta's legacy `unknown` included.
        Unknown = "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_travel_as_their_text() {
        for intent in Intent::ALL {
            let json = serde_json::to_string(intent).unwrap();
            assert_eq!(json, format!("\"{intent}\""));
            assert_eq!(serde_json::from_str::<Intent>(&json).unwrap(), *intent);
        }
    }

    #[test]
    fn a_foreign_label_is_named_in_the_error() {
        let error = "angery".parse::<Sentiment>().unwrap_err();
        assert_eq!(error.to_string(), "unknown sentiment `angery`");
    }
}
