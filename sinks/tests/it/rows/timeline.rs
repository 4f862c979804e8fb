//! Rows that follow from many updates.

use parlance_schemas::labels::{
    By, ConversationState, Direction, IdentityKind, Intent, LinkSource, Measure, Sentiment, TimerEvent, TurnState,
    Urgency,
};
use parlance_schemas::rows::{
    ConversationRow, DecisionRow, DeliveryRow, IdentityRow, LogTime, MeasureRow, TimerRow, TurnRow,
};

use super::{START, instant};

/// One of some labels.
fn one_of<L: Copy>(all: &[L], number: u64) -> L {
    all[number as usize % all.len()]
}

/// A time or a number that every other row has.
fn some(number: u64, value: i64) -> Option<i64> {
    (number % 2 == 1).then_some(value)
}

pub(crate) fn conversation(number: u64, version: LogTime) -> ConversationRow {
    ConversationRow {
        phone_number_id: "100".to_owned(),
        conversation_id: format!("wamid.{number:08}"),
        waba_id: "900".to_owned(),
        contact_id: "US.7".to_owned(),
        group_id: String::new(),
        started_at: instant(version) - 9_000,
        last_at: instant(version) - 1_000,
        ended_at: some(number, instant(version) - 1_000),
        state: one_of(ConversationState::ALL, number),
        started_by: one_of(Direction::ALL, number),
        continued: u8::from(number.is_multiple_of(3)),
        inbound: 3,
        outbound: 2,
        turns: 2,
        answered: 1,
        first_response_any_ms: some(number, 1),
        first_response_bot_ms: some(number, 2),
        first_response_human_ms: some(number, 3),
        first_response_agent_ms: some(number, 4),
        waiting_since: some(number + 1, instant(version) - 5_000),
        window_closes_at: some(number, instant(version) + 86_400_000),
        windows_lost: 1,
        resolution_first_ms: some(number, 5),
        resolution_last_ms: some(number, 6),
        resolution_active_ms: some(number, 7),
        reopened: 1,
        team: "sales".to_owned(),
        agent: "ana@example.com".to_owned(),
        intent: one_of(Intent::ALL, number),
        sentiment: one_of(Sentiment::ALL, number),
        urgency: one_of(Urgency::ALL, number),
        consecutive_negative: 4,
        sentiment_trend_milli: -250,
        version,
        is_deleted: 0,
    }
}

pub(crate) fn turn(number: u64, version: LogTime) -> TurnRow {
    TurnRow {
        phone_number_id: "100".to_owned(),
        message_id: format!("wamid.{number:08}"),
        conversation_id: "wamid.00000000".to_owned(),
        waba_id: "900".to_owned(),
        contact_id: "US.7".to_owned(),
        group_id: String::new(),
        first: u8::from(number == 0),
        started_at: instant(version) - 9_000,
        last_at: instant(version) - 8_000,
        messages: 2,
        state: one_of(TurnState::ALL, number),
        response_any_ms: some(number, 1),
        response_bot_ms: some(number, 2),
        response_human_ms: some(number, 3),
        response_any_business_ms: some(number, 4),
        response_bot_business_ms: some(number, 5),
        response_human_business_ms: some(number, 6),
        team: String::new(),
        agent: "ana@example.com".to_owned(),
        intent: one_of(Intent::ALL, number),
        sentiment: one_of(Sentiment::ALL, number),
        urgency: one_of(Urgency::ALL, number),
        due_at: some(number, instant(version) + 60_000),
        kept_at: some(number + 1, instant(version)),
        version,
        is_deleted: 0,
    }
}

pub(crate) fn timer(number: u64, version: LogTime) -> TimerRow {
    TimerRow {
        phone_number_id: "100".to_owned(),
        message_id: format!("wamid.{number:08}"),
        event: one_of(TimerEvent::ALL, number),
        conversation_id: "wamid.00000000".to_owned(),
        waba_id: "900".to_owned(),
        contact_id: "US.7".to_owned(),
        group_id: String::new(),
        started_at: instant(version) - 9_000,
        due_at: instant(version) - 1_000,
        intent: one_of(Intent::ALL, number),
        urgency: one_of(Urgency::ALL, number),
        team: "sales".to_owned(),
        agent: String::new(),
        version,
        is_deleted: 0,
    }
}

pub(crate) fn delivery(number: u64, at: LogTime) -> DeliveryRow {
    DeliveryRow {
        phone_number_id: "100".to_owned(),
        message_id: format!("wamid.{number:08}"),
        recipient_id: "US.7".to_owned(),
        waba_id: "900".to_owned(),
        sent_at: some(number, instant(at) - 5),
        delivered_at: some(number + 1, instant(at) - 4),
        read_at: some(number, instant(at) - 3),
        played_at: some(number + 1, instant(at) - 2),
        failed_at: some(number, instant(at) - 1),
        error_code: 131_026,
        pricing_category: "utility".to_owned(),
        pricing_type: "regular".to_owned(),
        pricing_model: "PMP".to_owned(),
        billable: -1,
        country: "US".to_owned(),
    }
}

pub(crate) fn identity(number: u64, version: LogTime) -> IdentityRow {
    IdentityRow {
        waba_id: "900".to_owned(),
        kind: one_of(IdentityKind::ALL, number),
        value: format!("{number:08}"),
        other_kind: IdentityKind::WaId,
        other_value: "4915112345678".to_owned(),
        source: one_of(LinkSource::ALL, number),
        linked: u8::from(!number.is_multiple_of(5)),
        author: String::new(),
        at: instant(version) - 700,
        version,
    }
}

pub(crate) fn decision(number: u64, version: LogTime) -> DecisionRow {
    DecisionRow {
        decision_id: format!("{number:032x}"),
        phone_number_id: "100".to_owned(),
        waba_id: "900".to_owned(),
        contact_id: "US.7".to_owned(),
        group_id: String::new(),
        kind: "assign".to_owned(),
        team: "sales".to_owned(),
        agent: "ana@example.com".to_owned(),
        other_id: String::new(),
        author: "bo@example.com".to_owned(),
        at: instant(version) - 700,
        logged_at: instant(version),
        version,
    }
}

pub(crate) fn measure(number: u64, version: LogTime) -> MeasureRow {
    let is_timed = number.is_multiple_of(2);
    MeasureRow {
        phone_number_id: "100".to_owned(),
        window_start: u32::try_from(START / 1000 + 60 * number).unwrap(),
        measure: one_of(Measure::ALL, number),
        by: one_of(By::ALL, number),
        label: "131026".to_owned(),
        count: number + 1,
        sum: if is_timed { 120_000 } else { 0 },
        within: if is_timed {
            vec![0, 1, 1, 1, number + 1]
        } else {
            Vec::new()
        },
        buckets: if is_timed {
            vec![(17, 1), (220, number)]
        } else {
            Vec::new()
        },
        version,
        is_deleted: 0,
    }
}
