//! Rows of what rules react to, and of what becomes of it.

use parlance_schemas::outcome::{Made, OutcomeState};
use parlance_schemas::rows::{LogTime, OutcomeRow, RuleReportRow, TriggerRow};

use super::{START, instant};

pub(crate) fn trigger(number: u64, version: LogTime) -> TriggerRow {
    TriggerRow {
        phone_number_id: "100".to_owned(),
        rule_id: "angry".to_owned(),
        rule_version: "9f3c0011aabbccdd".to_owned(),
        subject: format!("{number:032x}"),
        reacts_to: "message".to_owned(),
        mode: ["live", "dry_run"][number as usize % 2].to_owned(),
        waba_id: "900".to_owned(),
        contact_id: format!("contact {number}"),
        group_id: String::new(),
        conversation_id: "c".to_owned(),
        message_id: format!("wamid.{number:08}"),
        why: vec!["all[0].sentiment".to_owned(), "all[1]".to_owned()],
        actions: vec![format!("{{\"action_id\":\"{number}\"}}"), "Zoë \\ ' \"".to_owned()],
        at: instant(version) - 1_000,
        expires_at: instant(START) + 600_000,
        logged_at: instant(version),
        version,
    }
}

pub(crate) fn outcome(number: u64, version: LogTime) -> OutcomeRow {
    OutcomeRow {
        outcome_id: format!("{:032x}", number * 7),
        phone_number_id: "100".to_owned(),
        action_id: format!("{number:08}"),
        rule_id: "angry".to_owned(),
        rule_version: "9f3c0011aabbccdd".to_owned(),
        action: "ticket".to_owned(),
        made: Made::ALL[number as usize % Made::ALL.len()],
        state: OutcomeState::ALL[number as usize % OutcomeState::ALL.len()],
        attempt: u32::try_from(number).unwrap() + 1,
        waba_id: "900".to_owned(),
        contact_id: format!("contact {number}"),
        group_id: String::new(),
        conversation_id: "c".to_owned(),
        message_id: format!("wamid.{number:08}"),
        external_id: "4711".to_owned(),
        url: "https://desk.example.com/4711?a=\"b\"".to_owned(),
        error: "Zoë \\ ' \" was not there".to_owned(),
        at: instant(version) - 1_000,
        logged_at: instant(version),
        version,
    }
}

pub(crate) fn rule_report(number: u64, version: LogTime) -> RuleReportRow {
    RuleReportRow {
        phone_number_id: "100".to_owned(),
        rule_id: "angry".to_owned(),
        rule_version: "9f3c0011aabbccdd".to_owned(),
        window_start: u32::try_from(START / 1000 + 3600 * number).unwrap(),
        matched: number,
        among: number * 10,
        actions: vec!["ticket".to_owned(), "escalate".to_owned()],
        version,
        is_deleted: 0,
    }
}
