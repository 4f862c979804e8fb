//! Snapshots taken while much is going on: conversations, verdicts, settings, messages right before and after.

use std::time::Duration;

use parlance_pipeline::testing::{MemoryLog, MemorySink};
use parlance_pipeline::{Config, History};
use parlance_schemas::labels::Judge;
use tempfile::TempDir;

use super::{MINUTE, SECOND, Steps, run_under_while, run_while, snapshots, with_snapshots};
use crate::judged::{self, COMPLAINT, REMINDER, judged_world};
use crate::settings::{history, message, when};
use crate::world::{DAWN, config, run_under, run_until, write};

/// Snapshots at any tick, between messages that others depend on and verdicts that come and go.
#[test]
fn in_the_midst_of_conversations_and_verdicts_a_run_goes_on_as_if_nothing_had_been() {
    for seed in 50..53 {
        let (world, mut verdicts) = judged_world(seed);
        verdicts.sort_by_key(|(at, _)| *at);
        let mut verdicts = verdicts.into_iter().peekable();
        let dir = TempDir::new().unwrap();
        let every_tick = |workers| Config {
            snapshot_every: Duration::from_secs(1),
            ..with_snapshots(workers, dir.path())
        };
        let log = MemoryLog::new(world.partitions + 1).with_hiccups();
        let sink = MemorySink::new(3);
        let mut newest = 0;
        let mut begun = Vec::new();
        for (place, record) in world.records.iter().enumerate() {
            write(&log, record);
            let mut now = record.log_time;
            while let Some((at, verdict)) = verdicts.next_if(|(at, _)| *at <= now) {
                log.append_verdict(world.partitions, at, verdict);
            }
            let next = world.records.get(place + 1).map_or(world.end, |record| record.log_time);
            // Soon enough after it that messages are still held, long enough for some ticks.
            if begun.len() == 8 || !(now + 5 * SECOND..now + 40 * SECOND).contains(&next) {
                continue;
            }
            log.set_now(now);
            let mut steps = Steps::new();
            run_while(every_tick(1 + begun.len() % 3), &log, &sink, || {
                let there = snapshots(dir.path());
                if there.last().is_some_and(|at| *at > newest.max(record.log_time)) {
                    return false;
                }
                let in_time = now + 2 * SECOND < next;
                if in_time && steps.due(there) {
                    now += SECOND;
                    log.finish(now);
                }
                in_time
            })
            .unwrap();
            let last = *log.opened_at().last().unwrap();
            assert!(newest == 0 || last == newest + 1, "{last} {newest}");
            newest = snapshots(dir.path()).last().copied().unwrap_or(0);
            begun.push(newest);
        }
        for (at, verdict) in verdicts {
            log.append_verdict(world.partitions, at, verdict);
        }
        let end = (world.end + 8_000 * SECOND).div_ceil(SECOND) * SECOND;
        log.finish(end);
        run_until(every_tick(2), &log, &sink, end - SECOND).unwrap();
        begun.dedup();
        assert!(begun.len() > 4, "too few snapshots to say anything: {begun:?}");
        let whole = MemorySink::new(3);
        run_until(config(1), &log, &whole, end - SECOND).unwrap();
        assert!(sink.tables() == whole.tables(), "seed {seed}");
    }
}

/// A message is read again when an earlier one comes within twenty seconds, and not after that; a snapshot between the two
/// prolongs nothing and shortens nothing.
#[test]
fn a_message_is_held_for_as_long_as_it_would_have_been() {
    for (later, read_again) in [(12, true), (25, false)] {
        let (log, sink) = (MemoryLog::new(2), MemorySink::new(3));
        let dir = TempDir::new().unwrap();
        let every_tick = Config {
            snapshot_every: Duration::from_secs(1),
            ..with_snapshots(2, dir.path())
        };
        let logged = 2 * MINUTE;
        write(&log, &judged::message(2, logged, logged, REMINDER));
        let mut now = DAWN + logged;
        log.set_now(now);
        let mut steps = Steps::new();
        run_while(every_tick.clone(), &log, &sink, || {
            let there = snapshots(dir.path());
            if there.last().is_some_and(|at| *at >= DAWN + logged) {
                return false;
            }
            if steps.due(there) {
                now += SECOND;
                assert!(now < DAWN + logged + 11 * SECOND, "no snapshot was taken");
                log.finish(now);
            }
            true
        })
        .unwrap();
        write(&log, &judged::message(1, logged + later * SECOND, 0, COMPLAINT));
        let end = DAWN + logged + MINUTE;
        log.finish(end);
        run_until(every_tick, &log, &sink, end - SECOND).unwrap();
        assert!(log.opened_at().last() > Some(&(DAWN + logged)));
        let tables = sink.tables();
        let row = &tables.messages[&("number-1".to_owned(), "wamid.2".to_owned())];
        assert_eq!(row.intent_by == Judge::Context, read_again, "{later} s later");
        let whole = MemorySink::new(3);
        run_until(config(1), &log, &whole, end - SECOND).unwrap();
        assert!(tables == whole.tables());
    }
}

/// The frontier passes a mark and what was logged soon after it in one go; that must not be in the snapshot.
#[test]
fn what_was_logged_after_a_mark_is_not_in_its_snapshot_however_soon_it_came() {
    let (log, sink) = (MemoryLog::new(2), MemorySink::new(3));
    let dir = TempDir::new().unwrap();
    let mark = (DAWN / MINUTE + 1) * MINUTE;
    let after_dawn = mark - DAWN;
    // A first run, so that the second reads on from so near that it takes all there is at once.
    log.finish(DAWN);
    let none = || snapshots(dir.path()).is_empty();
    run_while(with_snapshots(1, dir.path()), &log, &sink, none).unwrap();
    for (id, logged) in [(1, after_dawn - 10 * SECOND), (2, after_dawn + 10 * SECOND)] {
        write(&log, &judged::message(id, logged, logged, COMPLAINT));
    }
    log.finish(mark + 40 * SECOND);
    let one = || snapshots(dir.path()).len() < 2;
    run_while(with_snapshots(1, dir.path()), &log, &sink, one).unwrap();
    assert_eq!(snapshots(dir.path()).last(), Some(&mark));
    let end = mark + 50 * SECOND;
    write(&log, &judged::message(3, end - 5 * SECOND - DAWN, after_dawn, REMINDER));
    log.finish(end);
    run_until(with_snapshots(1, dir.path()), &log, &sink, end - SECOND).unwrap();
    assert_eq!(log.opened_at().last(), Some(&(mark + 1)));
    let whole = MemorySink::new(3);
    run_until(config(1), &log, &whole, end - SECOND).unwrap();
    assert!(sink.tables() == whole.tables());
}

#[test]
fn what_was_in_force_is_in_force_again_though_more_had_been_set() {
    let hour = 60 * MINUTE;
    let (log, sink) = (MemoryLog::new(2), MemorySink::new(3));
    let dir = TempDir::new().unwrap();
    let mut now = DAWN + 13 * hour;
    log.append_mark(0, now, 1);
    write(&log, &message(1, 0, now + SECOND));
    write(&log, &message(2, 1, now + SECOND));
    now += SECOND;
    log.set_now(now);
    let of_all = now;
    // The first run knows of the first setting only.
    let early = History::default();
    let zone = br#"{"time_zone":"Pacific/Kiritimati"}"#;
    early.take(0, DAWN, "integration/number-1", Some(zone));
    run_under_while(
        with_snapshots(2, dir.path()),
        (&log, early),
        &sink,
        sink.writers(),
        || {
            if snapshots(dir.path()).last().is_some_and(|at| *at >= of_all) {
                return false;
            }
            now += MINUTE;
            log.finish(now);
            true
        },
    )
    .unwrap();
    let at = *snapshots(dir.path()).last().unwrap();
    let end = now + hour;
    write(&log, &message(3, 0, end - 2 * SECOND));
    write(&log, &message(4, 1, end - 2 * SECOND));
    log.finish(end);
    let run = |config: Config, sink: &MemorySink| {
        let (writers, progress) = (sink.writers(), sink.progress());
        run_under(config, (&log, history()), sink, writers, progress, end - SECOND).unwrap();
    };
    run(with_snapshots(1, dir.path()), &sink);
    assert_eq!(log.opened_at().last(), Some(&(at + 1)));
    let whole = MemorySink::new(3);
    run(config(1), &whole);
    assert!(sink.tables() == whole.tables());
    // The later one was logged long before the snapshot, but the log says only afterwards that it is in force.
    assert_eq!(
        [1, 3, 4].map(|id| when(&sink.tables(), id)),
        ["2023-11-17"; 3].map(str::to_owned)
    );
}
