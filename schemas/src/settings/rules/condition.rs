//! What must be the case for a rule to act: a tree of conditions, each an object with one key.
//!
//! ```text
//! {"all": [{"intent": {"in": ["complaint"], "confidence_at_least": 0.6}},
//!          {"any": [{"urgency": {"at_least": "high"}}, {"consecutive_negative": {"at_least": 2}}]},
//!          {"not": {"entity": {"in": ["order"]}}}]}
//! ```

use serde::{Deserialize, Serialize};

use super::On;
use super::one_key::{given, one_key};
use super::span::Span;
use crate::failures::Cause;
use crate::labels::{Intent, Language, MessageType, Sentiment, Urgency, vocabulary};

/// A condition. What it is about is the *subject*: the message, the customer's turn that a timer is about, or the message that
/// was not delivered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Condition {
    /// Every one holds.
    All(Vec<Condition>),
    /// At least one holds.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// What the customer wants.
    Intent(Label<Intent>),
    /// How the customer feels.
    Sentiment(Label<Sentiment>),
    /// How soon someone must act.
    Urgency(Graded),
    /// The language of the text.
    Language(Label<Language>),
    /// One of these patterns of the integration ([`Pattern::id`](crate::settings::Pattern::id)) matched the message.
    Pattern(OneOf<String>),
    /// The message has one of the business's own intents.
    CustomIntent(OneOf<String>),
    /// The message names something of one of these kinds.
    Entity(OneOf<EntityKind>),
    /// The message is of one of these types.
    MessageType(OneOf<MessageType>),
    /// Whether it is the customer's first message within what is remembered of them.
    FirstContact(bool),
    /// How many of the customer's messages in a row, this one the last, were negative, angry or frustrated.
    ConsecutiveNegative(Range<u8>),
    /// Where the customer's mood in the conversation is going, in thousandths; below 0 it gets worse.
    SentimentTrendMilli(Range<i16>),
    /// How many messages of the customer, this one included, wait for an answer.
    WaitingMessages(Range<u8>),
    /// Whether the conversation is assigned to a team or an agent.
    Assigned(bool),
    /// The conversation is assigned to one of these teams.
    Team(OneOf<String>),
    /// The conversation is assigned to one of these agents.
    Agent(OneOf<String>),
    /// Which timer ran out.
    Timer(OneOf<TimerEvent>),
    /// Why the message was not delivered.
    Failure(OneOf<Cause>),
    /// Meta's code of why the message was not delivered.
    FailureCode(OneOf<u32>),
    /// A share of the messages of the last while.
    Share(Box<Share>),
    /// A number of messages in the last while.
    Count(Box<Count>),
}

one_key!(
    Condition,
    r#"a condition: an object with one key, such as {"intent": {"in": ["complaint"]}}"#,
    r#"conditions that must all hold go into {"all": [{…}, {…}]}"#
);

impl Condition {
    /// Its key.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::All(_) => "all",
            Self::Any(_) => "any",
            Self::Not(_) => "not",
            Self::Intent(_) => "intent",
            Self::Sentiment(_) => "sentiment",
            Self::Urgency(_) => "urgency",
            Self::Language(_) => "language",
            Self::Pattern(_) => "pattern",
            Self::CustomIntent(_) => "custom_intent",
            Self::Entity(_) => "entity",
            Self::MessageType(_) => "message_type",
            Self::FirstContact(_) => "first_contact",
            Self::ConsecutiveNegative(_) => "consecutive_negative",
            Self::SentimentTrendMilli(_) => "sentiment_trend_milli",
            Self::WaitingMessages(_) => "waiting_messages",
            Self::Assigned(_) => "assigned",
            Self::Team(_) => "team",
            Self::Agent(_) => "agent",
            Self::Timer(_) => "timer",
            Self::Failure(_) => "failure",
            Self::FailureCode(_) => "failure_code",
            Self::Share(_) => "share",
            Self::Count(_) => "count",
        }
    }

    /// Whether it can be asked of the subjects of rules that react to something. What the messages of a window are asked is
    /// what a message is; `share` and `count` stand outermost in a rule on windows and nowhere else.
    pub const fn suits(&self, on: On) -> bool {
        match self {
            Self::All(_) | Self::Any(_) | Self::Not(_) => true,
            Self::Assigned(_) | Self::Team(_) | Self::Agent(_) => true,
            Self::Intent(_) | Self::Sentiment(_) | Self::Urgency(_) | Self::Language(_) => !matches!(on, On::Delivery),
            Self::FirstContact(_)
            | Self::ConsecutiveNegative(_)
            | Self::SentimentTrendMilli(_)
            | Self::WaitingMessages(_) => !matches!(on, On::Delivery),
            Self::Pattern(_) | Self::CustomIntent(_) | Self::Entity(_) => matches!(on, On::Message | On::Window),
            Self::MessageType(_) => !matches!(on, On::Timer),
            Self::Timer(_) => matches!(on, On::Timer),
            Self::Failure(_) | Self::FailureCode(_) => matches!(on, On::Delivery),
            Self::Share(_) | Self::Count(_) => false,
        }
    }
}

/// A threshold of a probability as it is compared with whole percents: rounded up, within 0 and 100.
pub fn percent(threshold: f64) -> u8 {
    // 0.07 times 100 is a little more than 7. The cast loses nothing.
    (threshold * 100.0 - 1e-6).ceil().clamp(0.0, 100.0) as u8
}

/// One of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneOf<T> {
    /// Any of these; 1 to 50, each once.
    pub r#in: Vec<T>,
}

/// A label and how sure it is. At least one of the fields is given, and all that are given hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "L: Deserialize<'de>"))]
pub struct Label<L> {
    /// Any of these; 1 to 50, each once.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub r#in: Option<Vec<L>>,
    /// Its probability is at least this, 0 to 1; whole percents are compared, this one rounded up.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub confidence_at_least: Option<f64>,
    /// Its probability is below this, 0 to 1; whole percents are compared, this one rounded up.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub confidence_below: Option<f64>,
}

/// An urgency and how sure it is. At least one of the fields is given, and all that are given hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Graded {
    /// Any of these; 1 to 50, each once. Not together with `at_least`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub r#in: Option<Vec<Urgency>>,
    /// This or more urgent; a message with nothing to analyse is never.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub at_least: Option<Urgency>,
    /// As [`Label::confidence_at_least`].
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub confidence_at_least: Option<f64>,
    /// As [`Label::confidence_below`].
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub confidence_below: Option<f64>,
}

/// A number between two, both included. At least one is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "N: Deserialize<'de>"))]
pub struct Range<N> {
    /// Not less than this.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub at_least: Option<N>,
    /// Not more than this.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub at_most: Option<N>,
}

/// How large a share of the last messages is of some kind. Raised when it reaches one share, cleared when it falls below a
/// smaller one: in between it stays as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// What is counted. Conditions as of a rule on messages.
    pub of: Condition,
    /// Raised from this share on, above 0 to 1; ten-thousandths are compared.
    pub at_least: f64,
    /// …but only among so many messages. At least 1; 20 when left out.
    #[serde(default = "Share::among_at_least")]
    pub among_at_least: u32,
    /// The last while: 30 s to 24 h.
    pub within: Span,
    /// Cleared below this share, above 0 and less than `at_least`; or when no message is left, or none of the kind.
    pub until_below: f64,
}

impl Share {
    const fn among_at_least() -> u32 {
        20
    }

    /// `at_least` in ten-thousandths, not less than one.
    pub fn at_least_e4(&self) -> u32 {
        e4(self.at_least)
    }

    /// `until_below` in ten-thousandths, not less than one.
    pub fn until_below_e4(&self) -> u32 {
        e4(self.until_below)
    }
}

fn e4(share: f64) -> u32 {
    // Within 1 to 10,000, so the cast loses nothing.
    (share * 10_000.0).round().clamp(1.0, 10_000.0) as u32
}

/// How many of the last messages are of some kind. Raised and cleared like a [`Share`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// What is counted. Conditions as of a rule on messages.
    pub of: Condition,
    /// Raised from so many on; at least 2.
    pub at_least: u32,
    /// The last while: 30 s to 24 h.
    pub within: Span,
    /// Cleared below so many; at least 1 and less than `at_least`.
    pub until_below: u32,
}

vocabulary! {
    /// What a message can name: the kinds of entities that the analysis finds.
    EntityKind, "kind of entity" {
        /// A telephone number.
        Phone = "phone",
        /// An e-mail address.
        Email = "email",
        /// A web address.
        Url = "url",
        /// An amount of money.
        Money = "money",
        /// A day, a longer time or a moment of a day.
        Date = "date",
        /// A time of day.
        Time = "time",
        /// The number of an order, a booking or a parcel.
        Order = "order",
    }
}

vocabulary! {
    /// What a timer of a conversation says.
    TimerEvent, "timer" {
        /// Half of the time promised for an answer is gone.
        AtRisk50 = "at_risk_50",
        /// Four fifths of the time promised for an answer are gone.
        AtRisk80 = "at_risk_80",
        /// The time promised for an answer is over.
        Breached = "breached",
        /// The 24 hours in which the customer can be written to freely are about to end, and they wait for an answer.
        WindowClosing = "window_closing",
        /// Somebody was to come back to the customer by now.
        FollowUpDue = "follow_up_due",
    }
}
