//! Rows to insert, with everything that a test does not care about filled in.

use std::collections::BTreeMap;

use parlance_schemas::labels::{Author, Direction, Intent, Judge, Language, MessageType, Origin, Sentiment, Urgency};
use parlance_schemas::rows::{AccountEventRow, ContactRow, Counts, MessageRow, MetricRow, StatusRow, VerdictRow};

/// 2026-03-02T10:00:00Z, a Monday.
pub(crate) const START: i64 = 1_772_445_600_000;
pub(crate) const SECOND: i64 = 1000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

/// A time as the API writes it.
pub(crate) fn iso(ms: i64) -> String {
    format!("{:.3}", jiff::Timestamp::from_millisecond(ms).unwrap())
}

/// A message that arrived as it was sent.
pub(crate) fn message(id: impl Into<String>, sent_at: i64) -> MessageRow {
    MessageRow {
        phone_number_id: "1065".to_owned(),
        display_phone_number: "15550100000".to_owned(),
        message_id: id.into(),
        waba_id: "1029".to_owned(),
        direction: Direction::Inbound,
        origin: Origin::Live,
        author: Author::Customer,
        author_name: String::new(),
        contact_id: "491700000001".to_owned(),
        contact_name: "Ada".to_owned(),
        sent_at,
        time_source: "meta".to_owned(),
        r#type: MessageType::Text,
        type_name: "text".to_owned(),
        text: "Where is my order?".to_owned(),
        context_id: String::new(),
        group_id: String::new(),
        error_code: 0,
        language: Language::En,
        language_confidence: 0.75,
        intent: Intent::OrderInquiry,
        intent_confidence: 0.5,
        sentiment: Sentiment::Neutral,
        sentiment_confidence: 0.5,
        urgency: Urgency::Medium,
        urgency_confidence: 0.5,
        language_by: Judge::Model,
        intent_by: Judge::Model,
        sentiment_by: Judge::Model,
        urgency_by: Judge::Model,
        base_language: Language::En,
        base_intent: Intent::OrderInquiry,
        base_intent_confidence: 0.5,
        base_sentiment: Sentiment::Neutral,
        base_sentiment_confidence: 0.5,
        base_urgency: Urgency::Medium,
        base_urgency_confidence: 0.5,
        patterns: Vec::new(),
        custom_intents: Vec::new(),
        analyser: "rules/1".to_owned(),
        signals_task: vec!["intent".to_owned()],
        signals_text: vec!["order".to_owned()],
        signals_weight: vec![0.5],
        entities_kind: vec!["order".to_owned()],
        entities_text: vec!["#12".to_owned()],
        entities_value: vec!["12".to_owned()],
        entities_start: vec![3],
        entities_end: vec![6],
        replies: vec!["One moment please.".to_owned()],
        received_at: sent_at + 200,
        logged_at: tick(sent_at + 300),
        raw: r#"{"id":"x","text":{"body":"Where is my order?"},"n":1.50}"#.to_owned(),
        version: u64::try_from(tick(sent_at + 300)).unwrap(),
    }
}

fn tick(ms: i64) -> i64 {
    (ms + 999) / 1000 * 1000
}

pub(crate) fn status(message_id: &str, word: &str, occurred_at: i64) -> StatusRow {
    StatusRow {
        phone_number_id: "1065".to_owned(),
        message_id: message_id.to_owned(),
        status: word.to_owned(),
        recipient_id: "491700000001".to_owned(),
        waba_id: "1029".to_owned(),
        kind: "message".to_owned(),
        occurred_at,
        group_id: String::new(),
        callback_data: String::new(),
        conversation_id: String::new(),
        conversation_origin: String::new(),
        pricing_category: "service".to_owned(),
        pricing_type: String::new(),
        pricing_model: String::new(),
        billable: 0,
        error_code: 0,
        error_title: String::new(),
        received_at: occurred_at + 100,
        logged_at: tick(occurred_at + 200),
        raw: "{}".to_owned(),
        version: u64::try_from(tick(occurred_at + 200)).unwrap(),
    }
}

/// A verdict that says nothing yet, on a message as [`message`] makes it.
pub(crate) fn verdict(message_id: &str, judge: Judge, author: &str, given_at: i64) -> VerdictRow {
    VerdictRow {
        phone_number_id: "1065".to_owned(),
        message_id: message_id.to_owned(),
        judge,
        author: author.to_owned(),
        given_at,
        intent: String::new(),
        sentiment: String::new(),
        urgency: String::new(),
        language: String::new(),
        confidence: 1.0,
        intent_before: Intent::OrderInquiry,
        sentiment_before: Sentiment::Neutral,
        urgency_before: Urgency::Medium,
        language_before: Language::En,
        logged_at: tick(given_at + 200),
        version: u64::try_from(tick(given_at + 200)).unwrap(),
    }
}

pub(crate) fn contact(id: &str, name: &str, seen_at: i64) -> ContactRow {
    ContactRow {
        waba_id: "1029".to_owned(),
        contact_id: id.to_owned(),
        name: if name.is_empty() {
            (0, String::new())
        } else {
            (seen_at, name.to_owned())
        },
        username: (0, String::new()),
        wa_id: (seen_at, id.to_owned()),
        user_id: (0, String::new()),
        first_seen_at: seen_at,
        last_seen_at: seen_at,
    }
}

pub(crate) fn account_event(id: u32, field: &str, occurred_at: i64) -> AccountEventRow {
    AccountEventRow {
        event_id: format!("{id:032x}"),
        waba_id: "1029".to_owned(),
        phone_number_id: String::new(),
        field: field.to_owned(),
        event: "APPROVED".to_owned(),
        subject: "welcome".to_owned(),
        error_code: 0,
        occurred_at,
        received_at: occurred_at + 100,
        logged_at: tick(occurred_at + 200),
        raw: r#"{"event":"APPROVED"}"#.to_owned(),
        version: u64::try_from(tick(occurred_at + 200)).unwrap(),
    }
}

/// The rows of a `metrics_*` table that messages add up to, as the pipeline writes them.
pub(crate) fn windows(messages: &[MessageRow], width_ms: i64) -> Vec<MetricRow> {
    let mut groups: BTreeMap<(String, i64, Direction), Vec<&MessageRow>> = BTreeMap::new();
    for message in messages {
        let start = message.sent_at.div_euclid(width_ms) * width_ms;
        groups
            .entry((message.phone_number_id.clone(), start, message.direction))
            .or_default()
            .push(message);
    }
    let row = |((number, start, direction), messages): ((String, i64, Direction), Vec<&MessageRow>)| MetricRow {
        phone_number_id: number,
        window_start: u32::try_from(start / 1000).unwrap(),
        direction,
        messages: messages.len() as u64,
        by_origin: counts(&messages, |m| m.origin.as_str()),
        by_type: counts(&messages, |m| m.r#type.as_str()),
        by_intent: counts(&messages, |m| m.intent.as_str()),
        by_sentiment: counts(&messages, |m| m.sentiment.as_str()),
        by_urgency: counts(&messages, |m| m.urgency.as_str()),
        by_language: counts(&messages, |m| m.language.as_str()),
        version: messages.iter().map(|m| m.version).max().unwrap(),
        is_deleted: 0,
    };
    groups.into_iter().map(row).collect()
}

fn counts(messages: &[&MessageRow], label: impl Fn(&MessageRow) -> &'static str) -> Counts {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for message in messages {
        *counts.entry(label(message)).or_default() += 1;
    }
    counts
        .into_iter()
        .map(|(label, count)| (label.to_owned(), count))
        .collect()
}
