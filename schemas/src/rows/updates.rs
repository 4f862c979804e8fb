//! Rows that one update of the log becomes.

use serde::{Deserialize, Serialize};

use super::LogTime;
use crate::labels::{Author, Direction, Intent, Judge, Language, MessageType, Origin, Sentiment, Urgency};

/// One WhatsApp message, either way, and its analysis. Unique by (`phone_number_id`, `message_id`).
#[derive(Clone, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(feature = "clickhouse", derive(clickhouse::Row))]
pub struct MessageRow {
    /// Meta's id of the business's number; the integration.
    pub phone_number_id: String,
    /// The business's number as Meta formats it, or empty.
    pub display_phone_number: String,
    /// Meta's id of the message (`wamid.…`).
    pub message_id: String,
    /// The WhatsApp Business Account (`entry[].id`).
    pub waba_id: String,
    /// Who wrote to whom.
    pub direction: Direction,
    /// By which way it reached us.
    pub origin: Origin,
    /// Who wrote it.
    pub author: Author,
    /// Of an outbound message the person or the bot by name, where it is known; else empty.
    pub author_name: String,
    /// The customer: BSUID where known, else `wa_id`, else empty.
    pub contact_id: String,
    /// The customer's name by the contact block that came with it, or empty.
    pub contact_name: String,
    /// Event time: Meta's `timestamp`; see `time_source` for when there is none.
    pub sent_at: i64,
    /// `meta`; `received` when Meta's timestamp is missing or unreadable (then `received_at`); `clamped`
    /// when it was further ahead of the log than the pipeline allows (then log time plus that allowance).
    pub time_source: String,
    /// The type, `unknown` for one not in the list.
    pub r#type: MessageType,
    /// The type in Meta's own word, or empty.
    pub type_name: String,
    /// Everything a person would read: body, caption, chosen title, order note. Empty when there is none.
    pub text: String,
    /// The message this one replies to, reacts to, edits or revokes, or empty.
    pub context_id: String,
    /// The group it was written in, or empty.
    pub group_id: String,
    /// Code of its first error (`errors[0].code`), 0 when there is none.
    pub error_code: i64,
    /// Language of `text`.
    pub language: Language,
    /// Probability of `language`, 0 to 1.
    pub language_confidence: f32,
    /// What the sender wants.
    pub intent: Intent,
    /// Probability of `intent`, 0 to 1.
    pub intent_confidence: f32,
    /// How the sender feels.
    pub sentiment: Sentiment,
    /// Probability of `sentiment`, 0 to 1.
    pub sentiment_confidence: f32,
    /// How soon someone must act.
    pub urgency: Urgency,
    /// Probability of `urgency`, 0 to 1.
    pub urgency_confidence: f32,
    /// Who decided `language`, like the three below.
    pub language_by: Judge,
    /// Who decided `intent`.
    pub intent_by: Judge,
    /// Who decided `sentiment`.
    pub sentiment_by: Judge,
    /// Who decided `urgency`.
    pub urgency_by: Judge,
    /// What the classifiers said of the text alone: its language, …
    pub base_language: Language,
    /// … its intent, …
    pub base_intent: Intent,
    /// … with what probability, …
    pub base_intent_confidence: f32,
    /// … its sentiment, …
    pub base_sentiment: Sentiment,
    /// … with what probability, …
    pub base_sentiment_confidence: f32,
    /// … its urgency, …
    pub base_urgency: Urgency,
    /// … with what probability.
    pub base_urgency_confidence: f32,
    /// Ids of the integration's patterns that match.
    pub patterns: Vec<String>,
    /// Intents of the business's own, by its patterns.
    pub custom_intents: Vec<String>,
    /// Which analyser said so, name and version.
    pub analyser: String,
    /// The words that weighed most for a label, in columns of equal length: of which task's label, …
    #[serde(rename = "signals.task")]
    pub signals_task: Vec<String>,
    /// … the word as written, …
    #[serde(rename = "signals.text")]
    pub signals_text: Vec<String>,
    /// … and its share of what spoke for the label, 0 to 1.
    #[serde(rename = "signals.weight")]
    pub signals_weight: Vec<f32>,
    /// Phone numbers, addresses, money, dates, order numbers, in columns of equal length: what it is, …
    #[serde(rename = "entities.kind")]
    pub entities_kind: Vec<String>,
    /// … as it was written, …
    #[serde(rename = "entities.text")]
    pub entities_text: Vec<String>,
    /// … normalised, or empty where nothing sure can be said, …
    #[serde(rename = "entities.value")]
    pub entities_value: Vec<String>,
    /// … its first character in `text`, …
    #[serde(rename = "entities.start")]
    pub entities_start: Vec<u32>,
    /// … and the one after its last.
    #[serde(rename = "entities.end")]
    pub entities_end: Vec<u32>,
    /// Suggested answers, in the language of `text`.
    pub replies: Vec<String>,
    /// When ingest had read its POST.
    pub received_at: i64,
    /// Its time in the log, rounded up to the tick.
    pub logged_at: i64,
    /// The update's own JSON as Meta sent it.
    pub raw: String,
    /// See the module.
    pub version: LogTime,
}

/// One status of one outbound message or call. Unique by (`phone_number_id`, `message_id`, `status`, `recipient_id`).
#[derive(Clone, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(feature = "clickhouse", derive(clickhouse::Row))]
pub struct StatusRow {
    /// The integration.
    pub phone_number_id: String,
    /// The message or call it is about.
    pub message_id: String,
    /// Meta's word: `sent`, `delivered`, `read`, `played`, `failed`, `RINGING`, …
    pub status: String,
    /// Group participant, else BSUID, else `recipient_id`; empty when none is given.
    pub recipient_id: String,
    /// The WhatsApp Business Account.
    pub waba_id: String,
    /// `message`, or Meta's `type` (`call`, `payment`).
    pub kind: String,
    /// Meta's `timestamp`; when missing or unreadable, when ingest had read the POST.
    pub occurred_at: i64,
    /// Group the message went to (`recipient_type` = `group`), or empty.
    pub group_id: String,
    /// `biz_opaque_callback_data`, or empty.
    pub callback_data: String,
    /// `conversation.id`, or empty.
    pub conversation_id: String,
    /// `conversation.origin.type`, or empty.
    pub conversation_origin: String,
    /// `pricing.category`, or empty.
    pub pricing_category: String,
    /// `pricing.type`, or empty.
    pub pricing_type: String,
    /// `pricing.pricing_model`, or empty.
    pub pricing_model: String,
    /// `pricing.billable`: 1, 0, or -1 when not said.
    pub billable: i8,
    /// `errors[0].code`, 0 when there is none.
    pub error_code: i64,
    /// `errors[0].title` or `.message`, or empty.
    pub error_title: String,
    /// When ingest had read its POST.
    pub received_at: i64,
    /// Its time in the log, rounded up to the tick.
    pub logged_at: i64,
    /// The update's own JSON as Meta sent it.
    pub raw: String,
    /// See the module.
    pub version: LogTime,
}

/// What one update says of one customer. Rows of a (`waba_id`, `contact_id`) merge by maximum and minimum,
/// in any order and however often (`AggregatingMergeTree`), so no state is needed to write them.
#[derive(Clone, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(feature = "clickhouse", derive(clickhouse::Row))]
pub struct ContactRow {
    /// The WhatsApp Business Account.
    pub waba_id: String,
    /// BSUID where known, else `wa_id`.
    pub contact_id: String,
    /// (event time, `profile.name`): the newest name wins; empty names are written with time 0.
    pub name: (i64, String),
    /// (event time, `profile.username`), as `name`.
    pub username: (i64, String),
    /// (event time, `wa_id`), as `name`.
    pub wa_id: (i64, String),
    /// (event time, `user_id`, the BSUID), as `name`.
    pub user_id: (i64, String),
    /// Event time of the first update that mentions them.
    pub first_seen_at: i64,
    /// Event time of the last update that mentions them.
    pub last_seen_at: i64,
}

/// Something that happened to an account, number, template or flow. Unique by `event_id`.
#[derive(Clone, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(feature = "clickhouse", derive(clickhouse::Row))]
pub struct AccountEventRow {
    /// 128-bit identity of the update, 32 hex digits (see [`crate::fingerprint`]).
    pub event_id: String,
    /// The WhatsApp Business Account.
    pub waba_id: String,
    /// The integration, or empty.
    pub phone_number_id: String,
    /// The webhook's field, e.g. `account_update`.
    pub field: String,
    /// What happened, in Meta's word (`event`, else the new state), or empty.
    pub event: String,
    /// What it happened to: template name, flow id, number, …, or empty.
    pub subject: String,
    /// Code of the error it reports, 0 when none.
    pub error_code: i64,
    /// Event time; when ingest had read the POST if the update carries none.
    pub occurred_at: i64,
    /// When ingest had read its POST.
    pub received_at: i64,
    /// Its time in the log, rounded up to the tick.
    pub logged_at: i64,
    /// The update's own JSON as Meta sent it.
    pub raw: String,
    /// See the module.
    pub version: LogTime,
}

/// An update that has no table of its own, or could not be understood. Unique by `update_id`.
#[derive(Clone, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(feature = "clickhouse", derive(clickhouse::Row))]
pub struct RawUpdateRow {
    /// 128-bit identity of the update, 32 hex digits (see [`crate::fingerprint`]).
    pub update_id: String,
    /// The WhatsApp Business Account.
    pub waba_id: String,
    /// The integration, or empty.
    pub phone_number_id: String,
    /// The webhook's field.
    pub field: String,
    /// Which part of the webhook (see [`crate::record::Part`]).
    pub part: String,
    /// The key it stood under, for unknown keys, or empty.
    pub name: String,
    /// Why it is here: `no_table`, `unknown_field`, `unknown_key`, `unreadable`, `no_id`, `conflicting_copy`.
    pub reason: String,
    /// The parser's words for `unreadable`, or empty.
    pub detail: String,
    /// Event time where one is readable, else when ingest had read the POST.
    pub occurred_at: i64,
    /// When ingest had read its POST.
    pub received_at: i64,
    /// Its time in the log, rounded up to the tick.
    pub logged_at: i64,
    /// The update's own JSON as Meta sent it.
    pub raw: String,
    /// See the module.
    pub version: LogTime,
}

/// What a person, or a language model that was asked, said of a message. Unique by (`phone_number_id`, `message_id`, `judge`,
/// `author`, `given_at`). Labels are empty where nothing was said.
#[derive(Clone, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(feature = "clickhouse", derive(clickhouse::Row))]
pub struct VerdictRow {
    /// The integration.
    pub phone_number_id: String,
    /// The message.
    pub message_id: String,
    /// Who says so.
    pub judge: Judge,
    /// The person, or the model's name and version.
    pub author: String,
    /// When it was said.
    pub given_at: i64,
    /// What the sender wants, or empty.
    pub intent: String,
    /// How the sender feels, or empty.
    pub sentiment: String,
    /// How soon someone must act, or empty.
    pub urgency: String,
    /// The language of the text, or empty.
    pub language: String,
    /// How sure they are, 0 to 1.
    pub confidence: f32,
    /// What the message was held to be before: its intent, …
    pub intent_before: Intent,
    /// … its sentiment, …
    pub sentiment_before: Sentiment,
    /// … its urgency, …
    pub urgency_before: Urgency,
    /// … and its language.
    pub language_before: Language,
    /// Its time in the log, rounded up to the tick.
    pub logged_at: i64,
    /// See the module.
    pub version: LogTime,
}
