//! Rules react once, by what is in force when something is logged, and are tried on what was before.

use parlance_pipeline::History;
use parlance_pipeline::testing::{MemoryLog, MemorySink, Tables};
use parlance_schemas::action::ActionRecord;
use parlance_schemas::labels::Intent;
use parlance_schemas::rows::TriggerRow;

use crate::world::{DAWN, Logged, What, config, run_under, write};

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const COMPLAINT: &str = "My new lamp arrived broken and nobody answers me, this is unacceptable!";

fn complaint(id: u32, customer: u8, logged: u64, sent: u64) -> Logged {
    Logged {
        partition: id % 2,
        log_time: DAWN + logged,
        what: What::Message {
            number: 1,
            id,
            customer,
            outbound: false,
            sent_at: Some(i64::try_from(DAWN + sent).unwrap()),
            text: COMPLAINT,
        },
    }
}

/// One rule for complaints, as a setting's value.
fn rule(mode: &str, more: &str) -> Vec<u8> {
    let rule = format!(
        r#"{{"rules":[{{"id":"angry","mode":"{mode}","on":"message","when":{{"intent":{{"in":["complaint"]}}}},{more}
        "then":[{{"ticket":{{}}}},{{"alert":{{"destination":"desk"}}}}]}}]}}"#
    );
    rule.into_bytes()
}

/// Runs a log with settings that come into force, each at its time after dawn.
fn tables(records: &[Logged], settings: &[(u64, Vec<u8>)], end: u64, workers: usize) -> Tables {
    let (log, history) = (MemoryLog::new(2), History::default());
    let mut events: Vec<(u64, Option<i64>, Option<&Logged>)> = Vec::new();
    for (offset, (at, value)) in (0..).zip(settings) {
        history.take(offset, DAWN + at, "rules/number-1", Some(value));
        events.push((DAWN + at, Some(offset + 1), None));
    }
    events.extend(records.iter().map(|record| (record.log_time, None, Some(record))));
    events.sort_by_key(|(at, ..)| *at);
    for (at, mark, record) in events {
        if let Some(mark) = mark {
            (0..2).for_each(|partition| log.append_mark(partition, at, mark));
        }
        record.into_iter().for_each(|record| write(&log, record));
    }
    let end = DAWN + end;
    log.finish(end);
    let sink = MemorySink::new(3);
    let (writers, progress) = (sink.writers(), sink.progress());
    run_under(config(workers), (&log, history), &sink, writers, progress, end - SECOND).unwrap();
    sink.tables()
}

fn fired<'a>(tables: &'a Tables, mode: &str) -> Vec<&'a TriggerRow> {
    tables.triggers.values().filter(|row| row.mode == mode).collect()
}

#[test]
fn a_live_rule_reacts_once_to_what_is_logged_while_it_is_in_force_and_not_to_what_is_old() {
    let records = [
        complaint(1, 1, 0, 0),
        complaint(2, 2, 10 * MINUTE, 10 * MINUTE),
        // Twice, and one that is older than the rule's ten minutes.
        complaint(2, 2, 11 * MINUTE, 10 * MINUTE),
        complaint(3, 3, 40 * MINUTE, 20 * MINUTE),
    ];
    for workers in [1, 2] {
        let tables = tables(&records, &[(5 * MINUTE, rule("live", ""))], 60 * MINUTE, workers);
        let live = fired(&tables, "live");
        assert_eq!(live.len(), 1);
        let row = live[0];
        assert_eq!(
            (row.message_id.as_str(), row.reacts_to.as_str()),
            ("wamid.2", "message")
        );
        assert_eq!(row.why, ["when.intent"]);
        let actions: Vec<ActionRecord> = row
            .actions
            .iter()
            .map(|json| serde_json::from_str(json).unwrap())
            .collect();
        assert_eq!(actions.len(), 2);
        assert_eq!((actions[0].step, actions[1].action.name()), (0, "alert"));
        assert_eq!(actions[0].intent, Intent::Complaint);
        assert_ne!(actions[0].action_id, actions[1].action_id);
    }
}

#[test]
fn a_dry_run_counts_what_was_before_it_and_going_live_reacts_to_nothing_old() {
    let mut records: Vec<Logged> = (1..40)
        .map(|id| complaint(id, 1, u64::from(id) * MINUTE, u64::from(id) * MINUTE))
        .collect();
    records.push(complaint(41, 2, 50 * MINUTE, 50 * MINUTE));
    let settings = [(45 * MINUTE, rule("dry_run", "")), (55 * MINUTE, rule("live", ""))];
    let early = tables(&records, &settings[..1], 48 * MINUTE, 1);
    let counted = |tables: &Tables| {
        tables
            .rule_reports
            .values()
            .map(|row| (row.matched, row.among))
            .collect::<Vec<_>>()
    };
    assert_eq!(counted(&early).iter().map(|(matched, _)| matched).sum::<u64>(), 39);
    assert!(early.triggers.is_empty());
    let late = tables(&records, &settings, 70 * MINUTE, 2);
    assert_eq!(fired(&late, "live").len(), 0);
    assert_eq!(fired(&late, "dry_run").len(), 1);
    assert_eq!(counted(&late).iter().map(|(matched, _)| matched).sum::<u64>(), 40);
}

#[test]
fn a_rule_on_windows_is_raised_once_and_again_only_after_it_was_cleared() {
    let window = br#"{"rules":[{"id":"storm","mode":"live","on":"window",
        "when":{"count":{"of":{"intent":{"in":["complaint"]}},"at_least":3,"within":"5m","until_below":2}},
        "then":[{"alert":{"destination":"desk"}}]}]}"#;
    let at = |minutes: u64| minutes * MINUTE;
    let records: Vec<Logged> = [(1, 10), (2, 11), (3, 12), (4, 13), (5, 40), (6, 41), (7, 42)]
        .map(|(id, minute)| complaint(id, u8::try_from(id).unwrap(), at(minute), at(minute)))
        .into();
    let tables = tables(&records, &[(0, window.to_vec())], at(60), 2);
    let raised: Vec<i64> = fired(&tables, "live")
        .iter()
        .map(|row| (row.at - DAWN as i64) / 60_000)
        .collect();
    assert_eq!(raised.len(), 2, "{raised:?}");
    assert!(raised.contains(&12) && raised.contains(&42), "{raised:?}");
}
