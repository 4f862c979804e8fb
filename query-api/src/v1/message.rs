//! A message as the API shows it, and `GET /v1/messages/{phone_number_id}/{message_id}`.

use serde::Serialize;
use warp::reply::Response;

use super::judged::{Judged, Verdict};
use super::{Api, Raw, code, json, said};
use crate::error::Refusal;
use crate::params::Params;
use crate::store::messages::Message as Row;
use crate::store::statuses::Status as StatusRow;
use crate::time::Moment;

/// See `Message` in the OpenAPI document.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Message {
    phone_number_id: String,
    message_id: String,
    waba_id: String,
    direction: String,
    origin: String,
    contact_id: Option<String>,
    contact_name: Option<String>,
    sent_at: Moment,
    time_source: String,
    r#type: String,
    type_name: Option<String>,
    text: Option<String>,
    context_id: Option<String>,
    group_id: Option<String>,
    error_code: Option<i64>,
    language: String,
    language_confidence: f32,
    intent: String,
    intent_confidence: f32,
    sentiment: String,
    sentiment_confidence: f32,
    urgency: String,
    urgency_confidence: f32,
    analyser: String,
    received_at: Moment,
}

impl From<Row> for Message {
    fn from(row: Row) -> Self {
        Self {
            phone_number_id: row.phone_number_id,
            message_id: row.message_id,
            waba_id: row.waba_id,
            direction: row.direction,
            origin: row.origin,
            contact_id: said(row.contact_id),
            contact_name: said(row.contact_name),
            sent_at: Moment(row.sent_at),
            time_source: row.time_source,
            r#type: row.r#type,
            type_name: said(row.type_name),
            text: said(row.text),
            context_id: said(row.context_id),
            group_id: said(row.group_id),
            error_code: code(row.error_code),
            language: row.language,
            language_confidence: row.language_confidence,
            intent: row.intent,
            intent_confidence: row.intent_confidence,
            sentiment: row.sentiment,
            sentiment_confidence: row.sentiment_confidence,
            urgency: row.urgency,
            urgency_confidence: row.urgency_confidence,
            analyser: row.analyser,
            received_at: Moment(row.received_at),
        }
    }
}

#[derive(Serialize)]
struct Status {
    status: String,
    recipient_id: Option<String>,
    kind: String,
    occurred_at: Moment,
    pricing_category: Option<String>,
    pricing_type: Option<String>,
    billable: Option<bool>,
    error_code: Option<i64>,
    error_title: Option<String>,
}

impl From<StatusRow> for Status {
    fn from(row: StatusRow) -> Self {
        Self {
            status: row.status,
            recipient_id: said(row.recipient_id),
            kind: row.kind,
            occurred_at: Moment(row.occurred_at),
            pricing_category: said(row.pricing_category),
            pricing_type: said(row.pricing_type),
            billable: (row.billable >= 0).then_some(row.billable == 1),
            error_code: code(row.error_code),
            error_title: said(row.error_title),
        }
    }
}

/// See `Signal` in the OpenAPI document.
#[derive(Serialize)]
struct Signal {
    task: String,
    text: String,
    weight: f32,
}

/// See `Entity` in the OpenAPI document.
#[derive(Serialize)]
struct Entity {
    kind: String,
    text: String,
    value: Option<String>,
    start: u32,
    end: u32,
}

#[derive(Serialize)]
struct Detail {
    watermark: Option<Moment>,
    message: Message,
    judged: Judged,
    patterns: Vec<String>,
    custom_intents: Vec<String>,
    signals: Vec<Signal>,
    entities: Vec<Entity>,
    replies: Vec<String>,
    raw: Raw,
    statuses: Vec<Status>,
    verdicts: Vec<Verdict>,
}

pub(crate) async fn answer(api: &Api, number: &str, message: &str, params: Params) -> Result<Response, Refusal> {
    params.finish()?;
    let watermark = api.watermark();
    let (found, statuses, verdicts) = tokio::try_join!(
        api.store.message(number, message),
        api.store.statuses(number, message),
        api.store.verdicts(number, message),
    )?;
    let (row, rest) = found.ok_or_else(|| Refusal::no_such("message"))?;
    let judged = Judged::from(&rest);
    let signals = rest
        .signals_task
        .into_iter()
        .zip(rest.signals_text)
        .zip(rest.signals_weight);
    let places = rest.entities_start.into_iter().zip(rest.entities_end);
    let entities = rest.entities_kind.into_iter().zip(rest.entities_text);
    let entities = entities.zip(rest.entities_value).zip(places);
    json(&Detail {
        watermark,
        message: row.into(),
        judged,
        patterns: rest.patterns,
        custom_intents: rest.custom_intents,
        signals: signals
            .map(|((task, text), weight)| Signal { task, text, weight })
            .collect(),
        entities: entities
            .map(|(((kind, text), value), (start, end))| Entity {
                kind,
                text,
                value: said(value),
                start,
                end,
            })
            .collect(),
        replies: rest.replies,
        raw: Raw(rest.raw),
        statuses: statuses.into_iter().map(Status::from).collect(),
        verdicts: verdicts.into_iter().map(Verdict::from).collect(),
    })
}
