//! Answers to surveys: a button or a choice whose id is `csat:1` to `csat:5`, or a form with a field `csat`.

use parlance_schemas::labels::{By, Measure, MessageType};
use parlance_schemas::rows::MessageRow;
use parlance_schemas::webhook::{Content, Interactive, Message};
use serde_json::Value;

use crate::summary::{MeasureKey, Measured, Summary, Sums};
use crate::windows::Happened;

/// What a message adds to windows, if it answers a survey: to all scores, and to its own.
pub(crate) fn answered(message: &MessageRow) -> Vec<Measured> {
    let Some(score) = score(message) else { return Vec::new() };
    let measured = |(by, label)| {
        let key = MeasureKey {
            phone_number_id: message.phone_number_id.clone(),
            start: 0,
            by,
            label,
        };
        let sum = Sums::of(vec![(Measure::Csat, Summary::of(1, score))]);
        Happened {
            at: message.sent_at,
            key,
            sum,
        }
    };
    [(By::All, String::new()), (By::Score, score.to_string())]
        .map(measured)
        .into()
}

fn score(message: &MessageRow) -> Option<i64> {
    // Most messages are none, and to read one again costs more than to look for a word.
    if !matches!(message.r#type, MessageType::Interactive | MessageType::Button) || !message.raw.contains("csat") {
        return None;
    }
    let chosen = |id: Option<String>| id?.strip_prefix("csat:")?.parse().ok();
    let score = match Message::parse(&message.raw).ok()?.content {
        Content::Button(button) => chosen(button.payload),
        Content::Interactive(interactive) => {
            let Interactive {
                button_reply,
                list_reply,
                nfm_reply,
                ..
            } = *interactive;
            let choice = button_reply.or(list_reply);
            let filled_in = || match nfm_reply?.response()?.get("csat")? {
                Value::Number(score) => score.as_i64(),
                Value::String(score) => score.parse().ok(),
                _ => None,
            };
            choice.and_then(|choice| chosen(choice.id)).or_else(filled_in)
        }
        _ => None,
    };
    score.filter(|score| (1..=5).contains(score))
}
