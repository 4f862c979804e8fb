//! The closed vocabularies of the analysis. Each label travels as its text, in JSON and in ClickHouse alike.
//!
//! Every vocabulary has `None`, for a message with nothing to analyse (a location, a sticker): it is
//! counted like any other label, so that the counts of a vocabulary always add up to the messages.

/// A text that is not a label of the vocabulary it was read as.
#[derive(Debug, thiserror::Error)]
#[error("unknown {vocabulary} `{label}`")]
pub struct UnknownLabel {
    pub(crate) vocabulary: &'static str,
    pub(crate) label: String,
}

impl UnknownLabel {
    pub(crate) fn new(vocabulary: &'static str, label: &str) -> Self {
        let label = label.to_owned();
        Self { vocabulary, label }
    }
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
            type Err = $crate::labels::UnknownLabel;
            fn from_str(label: &str) -> Result<Self, $crate::labels::UnknownLabel> {
                match label {
                    $($text => Ok(Self::$variant),)+
                    _ => Err($crate::labels::UnknownLabel::new($what, label)),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let label = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                label.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use vocabulary;

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

vocabulary! {
    /// Who wrote a message.
    Author, "author" {
        /// The customer.
        Customer = "customer",
        /// A person of the business: an agent, or whoever holds its phone.
        Person = "person",
        /// A bot that talks.
        Bot = "bot",
        /// A rule: an automatic acknowledgement or notice.
        Rule = "rule",
        /// A campaign: what many got alike.
        Campaign = "campaign",
        /// Somebody at the business; nothing says who.
        Unknown = "unknown",
    }
}

vocabulary! {
    /// How a conversation stands.
    ConversationState, "state of a conversation" {
        /// A turn of the customer waits for an answer.
        Waiting = "waiting",
        /// The business wrote last, or nothing needs an answer.
        Answered = "answered",
        /// Somebody said that it is done.
        Resolved = "resolved",
        /// It fell silent.
        Ended = "ended",
    }
}

vocabulary! {
    /// How a turn stands.
    TurnState, "state of a turn" {
        /// Nobody has answered yet.
        Waiting = "waiting",
        /// The business answered.
        Answered = "answered",
        /// Nobody answered, and somebody resolved the conversation: no answer was needed.
        Resolved = "resolved",
        /// Its conversation fell silent before anybody answered.
        Lost = "lost",
    }
}

vocabulary! {
    /// What comes due.
    TimerEvent, "timer event" {
        /// Half of the promised time has passed.
        AtRisk50 = "at_risk_50",
        /// Four fifths of it have passed.
        AtRisk80 = "at_risk_80",
        /// All of it has passed without an answer that counts.
        Breached = "breached",
        /// The 24-hour service window is about to close unanswered.
        WindowClosing = "window_closing",
        /// The business answered and the customer has been silent since.
        FollowUpDue = "follow_up_due",
    }
}

vocabulary! {
    /// The kinds of identifiers by which a customer is known.
    IdentityKind, "kind of identifier" {
        /// Business-scoped user id.
        Bsuid = "bsuid",
        /// The same in the parent portfolio.
        ParentBsuid = "parent_bsuid",
        /// The number WhatsApp knows them by.
        WaId = "wa_id",
        /// A number they gave as theirs.
        Phone = "phone",
        /// The name they took; it may change and pass to others, so it tells nobody apart.
        Username = "username",
    }
}

vocabulary! {
    /// How it is known that two identifiers are of one customer.
    LinkSource, "source of a link" {
        /// They came together, of one customer.
        Together = "together",
        /// Meta told that the customer's number changed.
        NumberChanged = "number_changed",
        /// Meta told that the customer's BSUID changed.
        IdChanged = "id_changed",
        /// The customer gave their own number when asked (`origin=contact_request`), which Meta vouches for.
        ContactRequest = "contact_request",
        /// A person said so.
        Person = "person",
    }
}

vocabulary! {
    /// By what a measure is told apart.
    By, "dimension of a measure" {
        /// Not at all: everything together.
        All = "",
        /// What the customer wants.
        Intent = "intent",
        /// The team.
        Team = "team",
        /// The person.
        Agent = "agent",
        /// Meta's error code.
        Code = "code",
        /// Category, type and country of a price, `/` between them.
        Price = "price",
        /// The score of an answer to a survey.
        Score = "score",
        /// What came due.
        Event = "event",
        /// The rule.
        Rule = "rule",
        /// The width of the window for which it was too late.
        Window = "window",
    }
}

vocabulary! {
    /// What windows measure beside messages. The time in brackets decides the window, where there is none that of the measure
    /// before. What is measured of turns at their begin is told by intent, team and agent too, of conversations at theirs by team
    /// and agent.
    Measure, "measure" {
        /// Turns of customers [their begin]; by intent, team, agent.
        Turns = "turns",
        /// Turns that were answered or lost [when they were]; turns up to a time less these are the backlog at that time.
        TurnsClosed = "turns_closed",
        /// Turns that were lost [their begin].
        TurnsLost = "turns_lost",
        /// Response times by any message of the business [the turn's begin]; by intent, team, agent.
        ResponseAny = "response_any",
        /// Response times by bots and rules.
        ResponseBot = "response_bot",
        /// Response times by people.
        ResponseHuman = "response_human",
        /// `response_any` on the clock of the business's hours.
        ResponseAnyBusiness = "response_any_business",
        /// `response_bot` on the clock of the business's hours.
        ResponseBotBusiness = "response_bot_business",
        /// `response_human` on the clock of the business's hours.
        ResponseHumanBusiness = "response_human_business",
        /// Response times of the first turns of conversations.
        FirstResponseAny = "first_response_any",
        /// The same by bots and rules.
        FirstResponseBot = "first_response_bot",
        /// The same by people.
        FirstResponseHuman = "first_response_human",
        /// From when a conversation was first given to somebody to the first message of a person [its begin].
        FirstResponseAgent = "first_response_agent",
        /// Conversations [their begin].
        Conversations = "conversations",
        /// Conversations that fell silent or were resolved [when they did].
        ConversationsEnded = "conversations_ended",
        /// Times that a resolved conversation was opened again [its begin].
        Reopened = "reopened",
        /// From a conversation's begin to its first resolution [its begin].
        ResolutionFirst = "resolution_first",
        /// From a conversation's begin to its last resolution.
        ResolutionLast = "resolution_last",
        /// The same without the time in which the customer was waited for.
        ResolutionActive = "resolution_active",
        /// 24-hour service windows that closed [when they did].
        Windows = "windows",
        /// Those of them that closed with a turn unanswered.
        WindowsLost = "windows_lost",
        /// Answers that were promised [the turn's begin]; by intent, team, agent.
        Promises = "promises",
        /// Those of them that came in time.
        PromisesKept = "promises_kept",
        /// Those of them that did not.
        PromisesBroken = "promises_broken",
        /// What came due [when it did]; by event.
        Timers = "timers",
        /// Messages that were sent [when they were]; one to a group counts once. Like all of the next six, a message is not
        /// counted before its `sent` is known.
        Sent = "sent",
        /// Those of them that reached the customer: were delivered, read or played.
        Delivered = "delivered",
        /// Those of them that were read or played.
        Read = "read",
        /// Those of them that failed and did not come through after all; by code. What failed without being sent counts too
        /// [when it failed].
        Failed = "failed",
        /// From sent to delivered, or to read where `delivered` never came.
        TimeToDeliver = "time_to_deliver",
        /// From sent to read or played.
        TimeToRead = "time_to_read",
        /// Messages that have a price; by price: category, type and country.
        Priced = "priced",
        /// Answers to surveys [when they came]; by score, which `sum` adds up.
        Csat = "csat",
        /// Leads that actions made in a CRM [when they were made]; by rule. Like the next two, each action counts once.
        Leads = "leads",
        /// Tickets that actions opened at a help desk, complaints among them.
        Tickets = "tickets",
        /// Appointments that actions made in a calendar.
        Appointments = "appointments",
        /// Updates that came after their windows had closed [when they were logged]; by what they are.
        Late = "late",
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
