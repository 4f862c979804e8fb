//! What is promised: told when it is due, with no message to tell it by, and never falsely.

use parlance_schemas::labels::{By as Dimension, Measure, TimerEvent, TurnState};

use super::presets::{DAWNS, MINUTE, SLAS};
use super::run::run;
use super::script::{By, Kind, Message, Record, Script, Setting, What, Whom, phone};

const SECOND: u64 = 1_000;

fn message(id: u64, customer: u64, at: i64, delay: i64, by: By) -> Record {
    let whom = Whom {
        bsuid: None,
        number: Some(format!("4915{customer}")),
    };
    let message = Message {
        number: 0,
        id: format!("wamid.{id}"),
        whom,
        beside: false,
        group: None,
        at,
        by,
        kind: Kind::Text("hi"),
    };
    Record {
        partition: u32::try_from(customer % 2).unwrap(),
        log_time: u64::try_from(at + delay).unwrap(),
        what: What::Message(message),
    }
}

/// Under a promise of 15 minutes.
fn script(mut records: Vec<Record>, end: u64) -> Script {
    records.sort_by_key(|record| record.log_time);
    let dawn = u64::try_from(DAWNS[0]).unwrap();
    let mark = Record {
        partition: 0,
        log_time: dawn,
        what: What::Mark(1),
    };
    records.insert(0, mark);
    let setting = Setting {
        key: format!("sla/{}", phone(0)),
        preset: 0,
        log_time: dawn,
        value: SLAS[0].json(),
    };
    Script {
        partitions: 2,
        records,
        settings: vec![setting],
        end,
        lateness: 24 * 60 * MINUTE,
    }
}

#[test]
fn a_breach_is_told_at_its_tick_and_not_before_though_nobody_says_anything() {
    let asked = DAWNS[0] + MINUTE;
    let due = u64::try_from(asked + 15 * MINUTE).unwrap();
    let records = || vec![message(1, 0, asked, 200, By::Customer)];
    let breaches = |end: u64| {
        let script = script(records(), end);
        let (tables, _) = run(&script, &script.log(), 2);
        let breached = tables
            .timers
            .into_values()
            .filter(|row| row.event == TimerEvent::Breached);
        breached.map(|row| (row.due_at, row.version)).collect::<Vec<_>>()
    };
    // The last tick that is over is the one before the log's end.
    assert_eq!(breaches(due), []);
    assert_eq!(breaches(due + SECOND), [(i64::try_from(due).unwrap(), due)]);
    assert_eq!(breaches(due + 3_600 * SECOND), [(i64::try_from(due).unwrap(), due)]);
}

#[test]
fn replies_that_are_only_logged_late_break_nothing_in_the_end() {
    let mut records = Vec::new();
    for customer in 0..400u64 {
        let asked = DAWNS[0] + MINUTE + i64::try_from(customer).unwrap() * 7_000;
        // Each tenth is answered too late; of the others most are logged after they were due.
        let answered = asked
            + if customer % 10 == 0 {
                15 * MINUTE + 1_000
            } else {
                15 * MINUTE
            };
        let delay = i64::try_from(customer % 4).unwrap() * 20 * MINUTE;
        records.push(message(2 * customer, customer, asked, 100, By::Customer));
        records.push(message(2 * customer + 1, customer, answered, delay, By::Phone));
    }
    let last = records.iter().map(|record| record.log_time).max().unwrap();
    let script = script(records, (last + 60 * SECOND) / SECOND * SECOND);
    let (tables, _) = run(&script, &script.log(), 3);
    assert!(tables.turns.values().all(|turn| turn.state == TurnState::Answered));
    let breached = tables.timers.values().filter(|row| row.event == TimerEvent::Breached);
    let breached: Vec<u64> = breached
        .map(|row| row.message_id.trim_start_matches("wamid.").parse().unwrap())
        .collect();
    assert_eq!(breached.len(), 40);
    assert!(breached.iter().all(|id| id / 2 % 10 == 0), "{breached:?}");
    let count = |measure| {
        let rows = tables
            .measures_1d
            .values()
            .filter(|row| row.measure == measure && row.by == Dimension::All);
        rows.map(|row| row.count).sum::<u64>()
    };
    assert_eq!(
        [Measure::Promises, Measure::PromisesKept, Measure::PromisesBroken].map(count),
        [400, 360, 40]
    );
}
