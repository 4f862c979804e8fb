//! Conversations, turns and timers, as they follow from a log.

use std::time::Duration;

use parlance_pipeline::History;
use parlance_pipeline::testing::{MemoryLog, MemorySink, Tables};
use parlance_schemas::labels::{By, Measure, TimerEvent, TurnState};

use crate::world::{DAWN, Logged, What, config, run_under, run_until, write};

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

fn message(id: u32, at: u64, outbound: bool) -> Logged {
    Logged {
        partition: id % 2,
        log_time: DAWN + at + 500,
        what: What::Message {
            number: 1,
            id,
            customer: 7,
            outbound,
            sent_at: Some(i64::try_from(DAWN + at).unwrap()),
            text: "Hello, how much is the blue one?",
        },
    }
}

fn tables(records: &[Logged], end: u64, workers: usize) -> Tables {
    let log = MemoryLog::new(2);
    records.iter().for_each(|record| write(&log, record));
    let end = DAWN + end;
    log.finish(end);
    let sink = MemorySink::new(3);
    run_until(config(workers), &log, &sink, end - SECOND).unwrap();
    sink.tables()
}

#[test]
fn a_turn_is_answered_by_the_first_message_after_it_and_a_silence_ends_the_conversation() {
    let records = [
        message(1, 0, false),
        message(2, 2 * MINUTE, false),
        message(3, 5 * MINUTE, true),
        message(4, HOUR, false),
    ];
    let early = tables(&records, 2 * HOUR, 2);
    assert_eq!(early.conversations.len(), 1);
    let conversation = early.conversations.values().next().unwrap();
    assert_eq!((conversation.turns, conversation.answered), (2, 1));
    assert_eq!(conversation.first_response_human_ms, Some(300_000));
    assert_eq!(conversation.waiting_since, Some((DAWN + HOUR) as i64));
    let late = tables(&records, 26 * HOUR, 2);
    let states: Vec<TurnState> = late.turns.values().map(|turn| turn.state).collect();
    assert_eq!(states, [TurnState::Answered, TurnState::Lost]);
    assert_eq!(
        late.conversations.values().next().unwrap().ended_at,
        Some((DAWN + HOUR) as i64)
    );
    let count = |tables: &Tables, measure| {
        let rows = tables
            .measures_1d
            .values()
            .filter(|row| row.measure == measure && row.by == By::All);
        rows.map(|row| row.count).sum::<u64>()
    };
    assert_eq!(
        [count(&late, Measure::Turns), count(&late, Measure::ResponseHuman)],
        [2, 1]
    );
    assert_eq!(
        [count(&early, Measure::WindowsLost), count(&late, Measure::WindowsLost)],
        [0, 1]
    );
    assert_eq!(
        [count(&early, Measure::TurnsClosed), count(&late, Measure::TurnsClosed)],
        [1, 2]
    );
    assert!(late.timers.values().all(|timer| timer.event != TimerEvent::Breached));
}

#[test]
fn a_broken_promise_is_told_when_it_is_due_though_nobody_writes() {
    let (log, history, sink) = (MemoryLog::new(2), History::default(), MemorySink::new(3));
    let sla = br#"{"targets":[{"within":"5s","clock":"calendar"}]}"#;
    history.take(0, DAWN - HOUR, "sla/number-1", Some(sla));
    log.append_mark(0, DAWN - HOUR, 1);
    write(&log, &message(1, 0, false));
    log.set_now(DAWN + 1_600);
    let due = DAWN + 5 * SECOND;
    let waiting = {
        let (log, sink) = (log.clone(), sink.clone());
        std::thread::spawn(move || {
            // Everything that was logged is over, and time stands still.
            assert!(sink.wait_for(DAWN + SECOND, Duration::from_secs(30)));
            assert!(
                sink.tables()
                    .timers
                    .values()
                    .all(|timer| timer.event != TimerEvent::Breached)
            );
            // Less than the silence after which time would be told anyway.
            log.set_now(due + 50);
        })
    };
    let (writers, progress) = (sink.writers(), sink.progress());
    run_under(config(1), (&log, history), &sink, writers, progress, due).unwrap();
    waiting.join().unwrap();
    let tables = sink.tables();
    let breach = tables
        .timers
        .values()
        .find(|timer| timer.event == TimerEvent::Breached)
        .unwrap();
    assert_eq!((breach.due_at, breach.version), (due as i64, due));
    assert_eq!(tables.timers.len(), 3, "at 50 and 80 % as well");
}
