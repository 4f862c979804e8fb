//! Rows to write. Each is a function of its number, so that equal numbers are equal rows.

mod rules;
mod timeline;

use parlance_schemas::labels::{Author, Direction, Intent, Judge, Language, MessageType, Origin, Sentiment, Urgency};
use parlance_schemas::rows::{
    AccountEventRow, ContactRow, Interval, LogTime, MessageRow, MetricRow, RawUpdateRow, StatusRow, VerdictRow,
};

pub(crate) use rules::{outcome, rule_report, trigger};
pub(crate) use timeline::{conversation, decision, delivery, identity, measure, timer, turn};

/// 2026-01-01T00:00:00Z.
pub(crate) const START: LogTime = 1_767_225_600_000;

/// The instant of a log time.
fn instant(time: LogTime) -> i64 {
    i64::try_from(time).unwrap()
}

pub(crate) fn message(number: u64, version: LogTime) -> MessageRow {
    MessageRow {
        phone_number_id: format!("{}", 100 + number % 3),
        display_phone_number: "15550100000".to_owned(),
        message_id: format!("wamid.{number:08}"),
        waba_id: "900".to_owned(),
        direction: Direction::ALL[number as usize % Direction::ALL.len()],
        origin: Origin::ALL[number as usize % Origin::ALL.len()],
        author: Author::ALL[number as usize % Author::ALL.len()],
        author_name: "Zoë".to_owned(),
        contact_id: format!("contact {}", number % 50),
        contact_name: "Zoë \u{0} \\ ' \" `".to_owned(),
        sent_at: instant(version) - 1234,
        time_source: "meta".to_owned(),
        r#type: MessageType::ALL[number as usize % MessageType::ALL.len()],
        type_name: "text".to_owned(),
        text: "merhaba 👋\nçok teşekkürler".to_owned(),
        context_id: String::new(),
        group_id: String::new(),
        error_code: -131_051,
        language: Language::ALL[number as usize % Language::ALL.len()],
        language_confidence: 0.25,
        intent: Intent::ALL[number as usize % Intent::ALL.len()],
        intent_confidence: 0.5,
        sentiment: Sentiment::ALL[number as usize % Sentiment::ALL.len()],
        sentiment_confidence: 1.0,
        urgency: Urgency::ALL[number as usize % Urgency::ALL.len()],
        urgency_confidence: 0.0,
        language_by: Judge::Person,
        intent_by: Judge::ALL[number as usize % Judge::ALL.len()],
        sentiment_by: Judge::Model,
        urgency_by: Judge::Pattern,
        base_language: Language::En,
        base_intent: Intent::Other,
        base_intent_confidence: 0.125,
        base_sentiment: Sentiment::Neutral,
        base_sentiment_confidence: 0.5,
        base_urgency: Urgency::Low,
        base_urgency_confidence: 0.75,
        patterns: vec!["vip".to_owned()],
        custom_intents: vec!["warranty".to_owned()],
        analyser: "linear".to_owned(),
        signals_task: vec!["intent".to_owned()],
        signals_text: vec!["order".to_owned()],
        signals_weight: vec![0.5],
        entities_kind: vec!["order".to_owned()],
        entities_text: vec!["#12".to_owned()],
        entities_value: vec!["12".to_owned()],
        entities_start: vec![3],
        entities_end: vec![6],
        replies: vec!["One moment please.".to_owned()],
        received_at: instant(version) - 10,
        logged_at: instant(version),
        raw: format!("{{\"id\":\"wamid.{number:08}\"}}"),
        version,
    }
}

pub(crate) fn status(number: u64, version: LogTime) -> StatusRow {
    StatusRow {
        phone_number_id: "100".to_owned(),
        message_id: format!("wamid.{number:08}"),
        status: ["sent", "delivered", "read"][number as usize % 3].to_owned(),
        recipient_id: "4915112345678".to_owned(),
        waba_id: "900".to_owned(),
        kind: "message".to_owned(),
        occurred_at: instant(version) - 500,
        group_id: String::new(),
        callback_data: "order 7".to_owned(),
        conversation_id: "c".to_owned(),
        conversation_origin: "service".to_owned(),
        pricing_category: "service".to_owned(),
        pricing_type: "regular".to_owned(),
        pricing_model: "PMP".to_owned(),
        billable: -1,
        error_code: 131_047,
        error_title: "Re-engagement message".to_owned(),
        received_at: instant(version) - 10,
        logged_at: instant(version),
        raw: "{}".to_owned(),
        version,
    }
}

pub(crate) fn contact(number: u64, seen_at: LogTime) -> ContactRow {
    let seen = instant(seen_at);
    ContactRow {
        waba_id: "900".to_owned(),
        contact_id: format!("contact {number}"),
        name: (seen, format!("name at {seen}")),
        username: (0, String::new()),
        wa_id: (seen, "4915112345678".to_owned()),
        user_id: (0, String::new()),
        first_seen_at: seen,
        last_seen_at: seen,
    }
}

pub(crate) fn account_event(number: u64, version: LogTime) -> AccountEventRow {
    AccountEventRow {
        event_id: format!("{number:032x}"),
        waba_id: "900".to_owned(),
        phone_number_id: String::new(),
        field: "account_update".to_owned(),
        event: "VERIFIED_ACCOUNT".to_owned(),
        subject: "hello_world".to_owned(),
        error_code: 0,
        occurred_at: instant(version) - 1000,
        received_at: instant(version) - 10,
        logged_at: instant(version),
        raw: "{}".to_owned(),
        version,
    }
}

pub(crate) fn raw_update(number: u64, version: LogTime) -> RawUpdateRow {
    RawUpdateRow {
        update_id: format!("{number:032x}"),
        waba_id: "900".to_owned(),
        phone_number_id: "100".to_owned(),
        field: "calls".to_owned(),
        part: "change".to_owned(),
        name: String::new(),
        reason: "no_table".to_owned(),
        detail: String::new(),
        occurred_at: instant(version) - 1000,
        received_at: instant(version) - 10,
        logged_at: instant(version),
        raw: "{\"a\":1e999}".to_owned(),
        version,
    }
}

pub(crate) fn verdict(number: u64, version: LogTime) -> VerdictRow {
    VerdictRow {
        phone_number_id: "100".to_owned(),
        message_id: format!("wamid.{number:08}"),
        judge: Judge::Person,
        author: "ana@example.com".to_owned(),
        given_at: instant(START) + 400,
        intent: "complaint".to_owned(),
        sentiment: String::new(),
        urgency: "high".to_owned(),
        language: String::new(),
        confidence: 1.0,
        intent_before: Intent::Other,
        sentiment_before: Sentiment::Neutral,
        urgency_before: Urgency::Low,
        language_before: Language::En,
        logged_at: instant(version),
        version,
    }
}

pub(crate) fn metric(number: u64, version: LogTime) -> MetricRow {
    let count = number + 1;
    let counts = |label: &str| vec![(label.to_owned(), count), ("none".to_owned(), 1)];
    MetricRow {
        phone_number_id: "100".to_owned(),
        window_start: u32::try_from(START / 1000 + 60 * number).unwrap(),
        direction: Direction::Inbound,
        messages: count + 1,
        by_origin: counts("live"),
        by_type: counts("text"),
        by_intent: counts("complaint"),
        by_sentiment: counts("angry"),
        by_urgency: counts("high"),
        by_language: counts("de"),
        version,
        is_deleted: 0,
    }
}

/// An interval with `rows` rows in every table, numbered from `first`.
pub(crate) fn interval(shard: u32, through: LogTime, first: u64, rows: u64) -> Interval {
    let numbers = || first..first + rows;
    let mut messages: Vec<_> = numbers().map(|number| message(number, through)).collect();
    messages.sort_by(|a, b| (&a.phone_number_id, &a.message_id).cmp(&(&b.phone_number_id, &b.message_id)));
    Interval {
        shard,
        through,
        messages,
        statuses: numbers().map(|number| status(number, through)).collect(),
        contacts: numbers().map(|number| contact(number, through)).collect(),
        account_events: numbers().map(|number| account_event(number, through)).collect(),
        raw_updates: numbers().map(|number| raw_update(number, through)).collect(),
        verdicts: numbers().map(|number| verdict(number, through)).collect(),
        decisions: numbers().map(|number| decision(number, through)).collect(),
        identities: numbers().map(|number| identity(number, through)).collect(),
        deliveries: numbers().map(|number| delivery(number, through)).collect(),
        conversations: numbers().map(|number| conversation(number, through)).collect(),
        turns: numbers().map(|number| turn(number, through)).collect(),
        timers: numbers().map(|number| timer(number, through)).collect(),
        triggers: numbers().map(|number| trigger(number, through)).collect(),
        outcomes: numbers().map(|number| outcome(number, through)).collect(),
        rule_reports: numbers().map(|number| rule_report(number, through)).collect(),
        metrics_1m: numbers().map(|number| metric(number, through)).collect(),
        metrics_1h: numbers().map(|number| metric(number, through)).collect(),
        metrics_1d: numbers().map(|number| metric(number, through)).collect(),
        measures_1m: numbers().map(|number| measure(number, through)).collect(),
        measures_1h: numbers().map(|number| measure(number, through)).collect(),
        measures_1d: numbers().map(|number| measure(number, through)).collect(),
    }
}
