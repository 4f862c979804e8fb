//! What became of actions: rows, and what windows count of them.

use std::collections::BTreeMap;

use parlance_pipeline::testing::{MemoryLog, MemorySink, Tables};
use parlance_schemas::labels::{By, Measure};
use parlance_schemas::outcome::{Made, Outcome, OutcomeState};
use parlance_schemas::record::VERSION;

use crate::world::{DAWN, config, run_until};

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;

fn outcome(action: &str, made: Made, state: OutcomeState, attempt: u32, minute: u64) -> Outcome {
    Outcome {
        v: VERSION,
        action_id: action.to_owned(),
        rule_id: "complaint".to_owned(),
        rule_version: "3538c4bcfeae3475".to_owned(),
        action: "ticket".to_owned(),
        made,
        state,
        attempt,
        at: i64::try_from(DAWN + minute * MINUTE).unwrap(),
        phone_number_id: "number-1".to_owned(),
        waba_id: "waba".to_owned(),
        contact_id: "49157".to_owned(),
        group_id: String::new(),
        conversation_id: "wamid.1".to_owned(),
        message_id: "wamid.1".to_owned(),
        external_id: "4711".to_owned(),
        url: "https://desk.example.com/4711".to_owned(),
        error: String::new(),
    }
}

/// Outcomes with the minute in which each was logged, as two or three partitions have them.
fn tables(outcomes: &[(u64, Outcome)], workers: usize) -> Tables {
    let (log, sink) = (MemoryLog::new(3), MemorySink::new(3));
    for (place, (minute, outcome)) in (0..).zip(outcomes) {
        log.append_outcome(place % 3, DAWN + minute * MINUTE + 5 * SECOND, outcome.clone());
    }
    let end = DAWN + 120 * MINUTE;
    log.finish(end);
    run_until(config(workers), &log, &sink, end - SECOND).unwrap();
    assert!(log.dead_letters().is_empty());
    sink.tables()
}

/// By measure, dimension and label, how many all minutes count.
fn counted(tables: &Tables) -> BTreeMap<(Measure, By, String), u64> {
    let mut sums = BTreeMap::new();
    for row in tables.measures_1m.values().filter(|row| row.measure != Measure::Late) {
        *sums.entry((row.measure, row.by, row.label.clone())).or_default() += row.count;
    }
    sums
}

fn each_of(measure: Measure, count: u64) -> [((Measure, By, String), u64); 2] {
    [
        ((measure, By::All, String::new()), count),
        ((measure, By::Rule, "complaint".to_owned()), count),
    ]
}

#[test]
fn an_action_that_succeeds_counts_once_whoever_says_so_how_often() {
    use OutcomeState::{Expired, Failed, Retrying, Succeeded, Undone};
    let told = [
        (1, outcome("a", Made::Ticket, Retrying, 1, 1)),
        (2, outcome("a", Made::Ticket, Succeeded, 2, 2)),
        // Written again, and taken again by another sender that had not heard of it.
        (3, outcome("a", Made::Ticket, Succeeded, 2, 2)),
        (4, outcome("a", Made::Ticket, Succeeded, 3, 4)),
        (5, outcome("b", Made::Ticket, Succeeded, 1, 5)),
        (6, outcome("c", Made::Lead, Succeeded, 1, 6)),
        (7, outcome("d", Made::Appointment, Succeeded, 1, 7)),
        // None of these made anything that counts.
        (8, outcome("e", Made::Lead, Failed, 4, 8)),
        (9, outcome("f", Made::Lead, Expired, 1, 9)),
        (10, outcome("g", Made::Message, Succeeded, 1, 10)),
        (11, outcome("h", Made::Other, Succeeded, 1, 11)),
        // What is undone was made all the same.
        (12, outcome("b", Made::Ticket, Undone, 2, 12)),
    ];
    let tables = [1, 3].map(|workers| tables(&told, workers));
    assert!(tables[0] == tables[1]);
    let [tables, _] = tables;
    let expected: BTreeMap<_, _> = [
        each_of(Measure::Tickets, 2),
        each_of(Measure::Leads, 1),
        each_of(Measure::Appointments, 1),
    ]
    .into_iter()
    .flatten()
    .collect();
    assert_eq!(counted(&tables), expected);
    let stored: Vec<_> = tables
        .outcomes
        .values()
        .map(|row| (row.action_id.as_str(), row.state, row.attempt))
        .collect();
    assert_eq!(stored.len(), 10, "{stored:?}");
    let of_a: Vec<_> = stored.iter().filter(|(action, ..)| *action == "a").collect();
    assert!(
        of_a.contains(&&("a", Retrying, 1)) && of_a.contains(&&("a", Succeeded, 2)),
        "{of_a:?}"
    );
    // In the minute in which it was made, however late it was told.
    let ticket = tables
        .measures_1m
        .values()
        .find(|row| row.measure == Measure::Tickets)
        .unwrap();
    assert_eq!(
        u64::from(ticket.window_start) * SECOND,
        (DAWN + 2 * MINUTE) / MINUTE * MINUTE
    );
}

#[test]
fn an_outcome_from_the_future_is_of_now_and_one_whose_window_has_closed_is_counted_as_late() {
    let told = [
        (1, outcome("a", Made::Lead, OutcomeState::Succeeded, 1, 60 * 24 * 30)),
        (90, outcome("b", Made::Lead, OutcomeState::Succeeded, 1, 10)),
    ];
    let tables = tables(&told, 2);
    let row = tables.outcomes.values().find(|row| row.action_id == "a").unwrap();
    assert!(row.at <= row.logged_at + 60_000, "{row:?}");
    let leads = |rows: &BTreeMap<_, parlance_schemas::rows::MeasureRow>, measure| -> u64 {
        let all = rows.values().filter(|row| row.measure == measure && row.by != By::Rule);
        all.map(|row| row.count).sum()
    };
    assert_eq!(
        [
            leads(&tables.measures_1m, Measure::Leads),
            leads(&tables.measures_1d, Measure::Leads)
        ],
        [1, 2]
    );
    assert!(leads(&tables.measures_1d, Measure::Late) > 0);
}

#[test]
fn one_that_cannot_be_accepted_is_put_aside() {
    let log = MemoryLog::new(1);
    let broken = Outcome {
        attempt: 0,
        ..outcome("a", Made::Lead, OutcomeState::Succeeded, 1, 1)
    };
    log.append_outcome(0, DAWN, broken);
    log.finish(DAWN + MINUTE);
    let sink = MemorySink::new(3);
    run_until(config(1), &log, &sink, DAWN + MINUTE - SECOND).unwrap();
    assert_eq!(log.dead_letters().len(), 1);
    assert!(sink.tables().outcomes.is_empty());
}
