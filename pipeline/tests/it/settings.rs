//! Settings come into force at a place in the log, and a replay finds them there.

use parlance_pipeline::History;
use parlance_pipeline::testing::{MemoryLog, MemorySink, Tables};
use parlance_schemas::rows::MessageRow;

use crate::world::{DAWN, Logged, What, config, run_under, write};

const SECOND: u64 = 1_000;
const HOUR: u64 = 60 * 60 * SECOND;
const TEXT: &str = "Can I come tomorrow at 9:00?";

pub(crate) fn message(id: u32, partition: u32, log_time: u64) -> Logged {
    Logged {
        partition,
        log_time,
        what: What::Message {
            number: 1,
            id,
            customer: u8::try_from(id).unwrap(),
            outbound: false,
            sent_at: Some(i64::try_from(log_time).unwrap()),
            text: TEXT,
        },
    }
}

/// An island where it is tomorrow already from the first record of the settings on, one where it is not from the second.
pub(crate) fn history() -> History {
    let history = History::default();
    history.take(
        0,
        DAWN,
        "integration/number-1",
        Some(br#"{"time_zone":"Pacific/Kiritimati"}"#),
    );
    history.take(
        1,
        DAWN + HOUR,
        "integration/number-1",
        Some(br#"{"time_zone":"Pacific/Honolulu"}"#),
    );
    history
}

fn run(log: &MemoryLog, sink: &MemorySink, history: History, until: u64) {
    let (writers, progress) = (sink.writers(), sink.progress());
    run_under(config(2), (log, history), sink, writers, progress, until).unwrap();
}

/// What the message's only date and time was taken for.
pub(crate) fn when(tables: &Tables, id: u32) -> String {
    let row: &MessageRow = &tables.messages[&("number-1".to_owned(), format!("wamid.{id}"))];
    let found = row
        .entities_value
        .iter()
        .find_map(|value| value.strip_suffix("T09:00:00"));
    found.unwrap_or_else(|| panic!("{:?}", row.entities_value)).to_owned()
}

fn log() -> (MemoryLog, u64) {
    let log = MemoryLog::new(2);
    let mut now = DAWN + 13 * HOUR;
    for (id, mark) in [(1, None), (2, Some(1)), (3, None), (4, Some(2))] {
        if let Some(settings) = mark {
            log.append_mark(0, now, settings);
        }
        write(&log, &message(id, 0, now + SECOND));
        // The other partition does not hear of it before.
        write(&log, &message(10 + id, 1, now + SECOND));
        now += HOUR;
    }
    log.append_mark(1, now, 1);
    write(&log, &message(20, 1, now + SECOND));
    let end = now + 10 * SECOND;
    log.finish(end);
    (log, end)
}

#[test]
fn a_setting_is_in_force_from_its_mark_on_in_each_partition() {
    let (log, end) = log();
    let sink = MemorySink::new(3);
    // Reading begins long before anything was set.
    run(&log, &sink, history(), end - SECOND);
    let tables = sink.tables();
    let days = [1, 2, 3, 4].map(|id| when(&tables, id));
    assert_eq!(days, ["2023-11-16", "2023-11-17", "2023-11-17", "2023-11-16"]);
    let others = [11, 12, 13, 14, 20].map(|id| when(&tables, id));
    assert_eq!(
        others,
        ["2023-11-16", "2023-11-16", "2023-11-16", "2023-11-16", "2023-11-17"]
    );
}

#[test]
fn a_run_that_begins_in_the_middle_finds_what_was_in_force() {
    let (log, end) = log();
    let whole = MemorySink::new(3);
    run(&log, &whole, history(), end - SECOND);
    let parts = MemorySink::new(3);
    for until in [DAWN + 14 * HOUR, DAWN + 16 * HOUR, end - SECOND] {
        run(&log, &parts, history(), until);
    }
    assert!(whole.tables() == parts.tables());
}

#[test]
fn a_new_setting_is_marked_in_every_partition_by_the_pipeline_itself() {
    let log = MemoryLog::new(2);
    write(&log, &message(1, 0, DAWN));
    write(&log, &message(2, 1, DAWN));
    log.set_now(DAWN + 30 * SECOND);
    let history = History::default();
    history.take(
        0,
        DAWN,
        "integration/number-1",
        Some(br#"{"time_zone":"Pacific/Kiritimati"}"#),
    );
    let sink = MemorySink::new(3);
    run(&log, &sink, history.clone(), DAWN);
    // Only now does a message follow the heartbeats that the first run wrote.
    assert!(log.heartbeats() >= 2);
    write(&log, &message(3, 0, DAWN + 31 * SECOND));
    write(&log, &message(4, 1, DAWN + 31 * SECOND));
    log.finish(DAWN + 40 * SECOND);
    run(&log, &sink, history, DAWN + 39 * SECOND);
    let tables = sink.tables();
    assert_eq!([3, 4].map(|id| when(&tables, id)), ["2023-11-16", "2023-11-16"]);
    assert_eq!(when(&tables, 1), "2023-11-15", "it was not in force yet");
}
