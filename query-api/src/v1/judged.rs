//! Who decided a message's labels, what the text alone says, and the verdicts on it.

use serde::Serialize;

use super::said;
use crate::store::messages::Rest;
use crate::store::verdicts::Verdict as VerdictRow;
use crate::time::Moment;

/// See `Judged` in the OpenAPI document.
#[derive(Serialize)]
pub(crate) struct Judged {
    language: Language,
    intent: Label,
    sentiment: Label,
    urgency: Label,
}

/// See `JudgedIntent`, `JudgedSentiment` and `JudgedUrgency` in the OpenAPI document.
#[derive(Serialize)]
struct Label {
    by: String,
    base: Option<String>,
    base_confidence: Option<f32>,
}

/// See `JudgedLanguage` in the OpenAPI document. Its base has no probability because the table keeps none.
#[derive(Serialize)]
struct Language {
    by: String,
    base: Option<String>,
}

impl Label {
    fn new(by: &str, base: &str, confidence: f32) -> Self {
        let base = said(base.to_owned());
        Self {
            by: by.to_owned(),
            // 0 in a row that was stored before there was a base is no probability.
            base_confidence: base.is_some().then_some(confidence),
            base,
        }
    }
}

impl From<&Rest> for Judged {
    fn from(row: &Rest) -> Self {
        Self {
            language: Language {
                by: row.language_by.clone(),
                base: said(row.base_language.clone()),
            },
            intent: Label::new(&row.intent_by, &row.base_intent, row.base_intent_confidence),
            sentiment: Label::new(&row.sentiment_by, &row.base_sentiment, row.base_sentiment_confidence),
            urgency: Label::new(&row.urgency_by, &row.base_urgency, row.base_urgency_confidence),
        }
    }
}

/// See `Verdict` in the OpenAPI document.
#[derive(Serialize)]
pub(crate) struct Verdict {
    judge: String,
    author: String,
    given_at: Moment,
    language: Option<String>,
    intent: Option<String>,
    sentiment: Option<String>,
    urgency: Option<String>,
    confidence: f32,
    before: Before,
}

/// See `LabelsBefore` in the OpenAPI document.
#[derive(Serialize)]
struct Before {
    language: String,
    intent: String,
    sentiment: String,
    urgency: String,
}

impl From<VerdictRow> for Verdict {
    fn from(row: VerdictRow) -> Self {
        Self {
            judge: row.judge,
            author: row.author,
            given_at: Moment(row.given_at),
            language: said(row.language),
            intent: said(row.intent),
            sentiment: said(row.sentiment),
            urgency: said(row.urgency),
            confidence: row.confidence,
            before: Before {
                language: row.language_before,
                intent: row.intent_before,
                sentiment: row.sentiment_before,
                urgency: row.urgency_before,
            },
        }
    }
}
