//! Rows that follow from many updates together: conversations, turns, what became of messages, and who is who.
//!
//! They are replaced as later, late or corrected updates change what follows; `is_deleted` = 1 takes a row back. Durations
//! are milliseconds; what did not happen is null.

use serde::{Deserialize, Serialize};

use super::LogTime;
use crate::labels::{
    ConversationState, Direction, IdentityKind, Intent, LinkSource, Sentiment, TimerEvent, TurnState, Urgency,
};

/// One conversation of a customer with an integration: what lies between two silences. Unique by (`phone_number_id`,
/// `conversation_id`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "clickhouse", derive(clickhouse::Row))]
pub struct ConversationRow {
    /// The integration.
    pub phone_number_id: String,
    /// The id of its first message.
    pub conversation_id: String,
    /// The WhatsApp Business Account.
    pub waba_id: String,
    /// The customer, as the conversation's last message names them.
    pub contact_id: String,
    /// The group, or empty.
    pub group_id: String,
    /// Time of its first message.
    pub started_at: i64,
    /// Time of its last message.
    pub last_at: i64,
    /// When it was over: the last message, or when somebody resolved it; null while it goes on.
    pub ended_at: Option<i64>,
    /// How it stands.
    pub state: ConversationState,
    /// Who began it.
    pub started_by: Direction,
    /// 1 when it goes on from one that had lasted too long to be kept as one.
    pub continued: u8,
    /// Messages of the customer.
    pub inbound: u32,
    /// Messages of the business.
    pub outbound: u32,
    /// Turns of the customer.
    pub turns: u32,
    /// Of them answered, by anything.
    pub answered: u32,
    /// Response time of its first turn, by any message of the business.
    pub first_response_any_ms: Option<i64>,
    /// The same by bots and rules.
    pub first_response_bot_ms: Option<i64>,
    /// The same by people.
    pub first_response_human_ms: Option<i64>,
    /// From when it was first given to anybody to the first message of a person after that.
    pub first_response_agent_ms: Option<i64>,
    /// Begin of the turn that waits for an answer, or null.
    pub waiting_since: Option<i64>,
    /// When the 24-hour service window closes, or closed, that the customer's last message in it opened; null before they wrote
    /// in it.
    pub window_closes_at: Option<i64>,
    /// Service windows that closed with a turn unanswered.
    pub windows_lost: u32,
    /// From its start to when it was first resolved, or null.
    pub resolution_first_ms: Option<i64>,
    /// From its start to when it was last resolved, or null.
    pub resolution_last_ms: Option<i64>,
    /// As `resolution_last_ms`, without the time in which the customer was waited for.
    pub resolution_active_ms: Option<i64>,
    /// How often it was opened again.
    pub reopened: u32,
    /// The team it is given to, or empty.
    pub team: String,
    /// The person it is given to, or empty.
    pub agent: String,
    /// What the customer wants, by the last turn that says so.
    pub intent: Intent,
    /// How the customer feels, by their last message that says so.
    pub sentiment: Sentiment,
    /// The highest urgency of the last turn.
    pub urgency: Urgency,
    /// Messages of the customer, up to the last, that were unhappy without a break.
    pub consecutive_negative: u32,
    /// How the customer's mood moved: mean of the later half of their messages less that of the earlier, in thousandths
    /// of a scale from -1 (angry) to 1.
    pub sentiment_trend_milli: i32,
    /// See the module above.
    pub version: LogTime,
    /// 1 when there is no such conversation any more.
    pub is_deleted: u8,
}

/// One turn of a customer: their messages up to the business's next. Unique by (`phone_number_id`, `message_id`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "clickhouse", derive(clickhouse::Row))]
pub struct TurnRow {
    /// The integration.
    pub phone_number_id: String,
    /// The id of its first message.
    pub message_id: String,
    /// The conversation it belongs to.
    pub conversation_id: String,
    /// The WhatsApp Business Account.
    pub waba_id: String,
    /// The customer.
    pub contact_id: String,
    /// The group, or empty.
    pub group_id: String,
    /// 1 for the first turn of its conversation.
    pub first: u8,
    /// Time of its first message.
    pub started_at: i64,
    /// Time of its last message.
    pub last_at: i64,
    /// Its messages.
    pub messages: u32,
    /// How it stands.
    pub state: TurnState,
    /// Response time: to the first message of the business, whoever wrote it.
    pub response_any_ms: Option<i64>,
    /// Response time: to the first message of a bot or rule.
    pub response_bot_ms: Option<i64>,
    /// Response time: to the first message of a person.
    pub response_human_ms: Option<i64>,
    /// `response_any_ms` on the clock of the business's hours.
    pub response_any_business_ms: Option<i64>,
    /// `response_bot_ms` on the clock of the business's hours.
    pub response_bot_business_ms: Option<i64>,
    /// `response_human_ms` on the clock of the business's hours.
    pub response_human_business_ms: Option<i64>,
    /// The team that it was given to when it was answered, or is given to, or empty.
    pub team: String,
    /// The person who answered, the first person before others, where their name is known; else whom it was given to when it was
    /// answered, or is given to, or empty.
    pub agent: String,
    /// What the customer wants: the first of its messages that says so.
    pub intent: Intent,
    /// How the customer feels, by its last message that says so.
    pub sentiment: Sentiment,
    /// The highest urgency of its messages.
    pub urgency: Urgency,
    /// When an answer was promised for, or null.
    pub due_at: Option<i64>,
    /// When the answer that counts for the promise came, or null.
    pub kept_at: Option<i64>,
    /// See the module above.
    pub version: LogTime,
    /// 1 when there is no such turn any more.
    pub is_deleted: u8,
}

/// Something that came due: a promise about to be broken or broken, a service window about to close, a customer to be
/// asked again. Unique by (`phone_number_id`, `message_id`, `event`). Taken back when an answer turns out to have been in
/// time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "clickhouse", derive(clickhouse::Row))]
pub struct TimerRow {
    /// The integration.
    pub phone_number_id: String,
    /// The id of the first message of the turn it is about; of a follow-up: of the message that got no answer.
    pub message_id: String,
    /// What came due.
    pub event: TimerEvent,
    /// The conversation.
    pub conversation_id: String,
    /// The WhatsApp Business Account.
    pub waba_id: String,
    /// The customer.
    pub contact_id: String,
    /// The group, or empty.
    pub group_id: String,
    /// When the time began to run.
    pub started_at: i64,
    /// When it came due, by the times of messages.
    pub due_at: i64,
    /// What the turn was about when it came due: its intent, …
    pub intent: Intent,
    /// … its urgency, …
    pub urgency: Urgency,
    /// … the team it was given to, …
    pub team: String,
    /// … and the person.
    pub agent: String,
    /// See the module above.
    pub version: LogTime,
    /// 1 when it was taken back.
    pub is_deleted: u8,
}

/// What one status says of one message the business sent. Rows of a (`phone_number_id`, `message_id`, `recipient_id`) merge
/// by minimum and maximum, in any order and however often, so the last word does not depend on which status came first.
/// Times are null until they are known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "clickhouse", derive(clickhouse::Row))]
pub struct DeliveryRow {
    /// The integration.
    pub phone_number_id: String,
    /// The message.
    pub message_id: String,
    /// Whom it went to, as in `statuses`.
    pub recipient_id: String,
    /// The WhatsApp Business Account.
    pub waba_id: String,
    /// When it was sent.
    pub sent_at: Option<i64>,
    /// When it reached the customer's phone.
    pub delivered_at: Option<i64>,
    /// When it was read.
    pub read_at: Option<i64>,
    /// When it was played.
    pub played_at: Option<i64>,
    /// When it was given up.
    pub failed_at: Option<i64>,
    /// Why it failed: Meta's code, 0 when it did not.
    pub error_code: i64,
    /// What it was priced as: `pricing.category`, …
    pub pricing_category: String,
    /// … `pricing.type`, …
    pub pricing_type: String,
    /// … `pricing.pricing_model`, …
    pub pricing_model: String,
    /// … and `pricing.billable`: 1, 0, or -1 when not said.
    pub billable: i8,
    /// The recipient's country (ISO 3166-1 alpha-2), or empty.
    pub country: String,
}

/// That two identifiers are, or are not, of the same customer. Unique by (`waba_id`, `kind`, `value`, `other_kind`,
/// `other_value`); the newest stands. Of each pair the smaller identifier comes first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "clickhouse", derive(clickhouse::Row))]
pub struct IdentityRow {
    /// The WhatsApp Business Account; accounts of one portfolio share BSUIDs.
    pub waba_id: String,
    /// What kind of identifier, …
    pub kind: IdentityKind,
    /// … and which.
    pub value: String,
    /// The other's kind, …
    pub other_kind: IdentityKind,
    /// … and the other.
    pub other_value: String,
    /// How it is known.
    pub source: LinkSource,
    /// 1: the same customer. 0: somebody said that they are two.
    pub linked: u8,
    /// Who said so, of people's decisions; else empty.
    pub author: String,
    /// When it was said.
    pub at: i64,
    /// See the module above.
    pub version: LogTime,
}

/// What a person decided about a conversation or a customer. Unique by `decision_id`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "clickhouse", derive(clickhouse::Row))]
pub struct DecisionRow {
    /// 128-bit identity, 32 hex digits.
    pub decision_id: String,
    /// The integration; empty for decisions about a customer.
    pub phone_number_id: String,
    /// The WhatsApp Business Account.
    pub waba_id: String,
    /// The customer.
    pub contact_id: String,
    /// The group, or empty.
    pub group_id: String,
    /// `resolve`, `assign`, `link` or `unlink`.
    pub kind: String,
    /// Of `assign`: the team.
    pub team: String,
    /// Of `assign`: the person.
    pub agent: String,
    /// Of `link` and `unlink`: the other identifier.
    pub other_id: String,
    /// Who decided.
    pub author: String,
    /// When.
    pub at: i64,
    /// Its time in the log, rounded up to the tick.
    pub logged_at: i64,
    /// See the module above.
    pub version: LogTime,
}

impl ConversationRow {
    /// What it is unique by.
    pub fn key(&self) -> [String; 2] {
        [self.phone_number_id.clone(), self.conversation_id.clone()]
    }
}

impl TurnRow {
    /// What it is unique by.
    pub fn key(&self) -> [String; 2] {
        [self.phone_number_id.clone(), self.message_id.clone()]
    }
}

impl TimerRow {
    /// What it is unique by.
    pub fn key(&self) -> [String; 3] {
        [
            self.phone_number_id.clone(),
            self.message_id.clone(),
            self.event.to_string(),
        ]
    }
}

impl IdentityRow {
    /// What it is unique by.
    pub fn key(&self) -> [String; 5] {
        let (kind, other_kind) = (self.kind.to_string(), self.other_kind.to_string());
        [
            self.waba_id.clone(),
            kind,
            self.value.clone(),
            other_kind,
            self.other_value.clone(),
        ]
    }
}

impl DeliveryRow {
    /// What it is unique by.
    pub fn key(&self) -> [String; 3] {
        [
            self.phone_number_id.clone(),
            self.message_id.clone(),
            self.recipient_id.clone(),
        ]
    }

    /// Takes another row of the same key in, as the table does.
    pub fn merge(&mut self, other: &Self) {
        for (known, other) in [
            (&mut self.sent_at, other.sent_at),
            (&mut self.delivered_at, other.delivered_at),
            (&mut self.read_at, other.read_at),
            (&mut self.played_at, other.played_at),
            (&mut self.failed_at, other.failed_at),
        ] {
            *known = known.iter().copied().chain(other).min();
        }
        for (known, other) in [
            (&mut self.waba_id, &other.waba_id),
            (&mut self.pricing_category, &other.pricing_category),
            (&mut self.pricing_type, &other.pricing_type),
            (&mut self.pricing_model, &other.pricing_model),
            (&mut self.country, &other.country),
        ] {
            if *other > *known {
                known.clone_from(other);
            }
        }
        self.error_code = self.error_code.max(other.error_code);
        self.billable = self.billable.max(other.billable);
    }
}
