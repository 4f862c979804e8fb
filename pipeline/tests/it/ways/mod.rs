//! One log, many ways to read it: as it comes or all at once, by one worker or several, in one process or two, killed at any
//! operation and started again by reading the log or from a snapshot. Every table and every action is the same.
//!
//! # Layout
//!
//! * `chronicle`: the log; `day`, `settings`: what is in it
//! * `said`: what a pipeline said, and whether that is everything it can say
//! * `processes`: two processes; `page`: what `/metrics` says meanwhile

mod chronicle;
mod day;
mod page;
mod processes;
mod said;
mod settings;

use std::path::Path;
use std::time::Duration;

use parlance_pipeline::testing::{MemoryActions, MemoryLog, MemorySink};
use parlance_pipeline::{Config, Error, History, WithActions};
use tempfile::TempDir;

use crate::snapshots::{run_under_while, snapshots, with_snapshots};
use crate::world::{config, run_under};
use chronicle::{Chronicle, PAUSE, put_aside};
use said::Said;

const MINUTE: u64 = 60_000;
const SHARDS: u32 = 3;

/// Where a pipeline's words go.
#[derive(Clone)]
struct Out {
    sink: MemorySink,
    actions: MemoryActions,
}

impl Out {
    fn new() -> Self {
        Self {
            sink: MemorySink::new(SHARDS),
            actions: MemoryActions::default(),
        }
    }

    fn said(&self) -> Said {
        Said::new(&self.sink.tables(), &self.actions.records())
    }
}

/// Runs until everything before `until` is said.
fn run(config: Config, (log, history): (&MemoryLog, &History), out: &Out, until: u64) -> Result<(), Error> {
    let writers = WithActions(out.sink.writers(), out.actions.writers());
    let progress = out.sink.progress();
    run_under(config, (log, history.clone()), &out.sink, writers, progress, until)
}

/// What a run says that nothing disturbs.
fn whole(chronicle: &Chronicle, workers: usize) -> Said {
    let ((log, history), out) = (chronicle.log(), Out::new());
    run(config(workers), (&log, &history), &out, chronicle.last_tick()).unwrap();
    assert_eq!(put_aside(&log), chronicle.unreadable());
    out.said()
}

#[test]
fn a_chronicle_has_everything_in_it() {
    let chronicle = Chronicle::new(1);
    let ((log, history), out) = (chronicle.log(), Out::new());
    run(config(1), (&log, &history), &out, chronicle.last_tick()).unwrap();
    assert!(chronicle.unreadable() > 0);
    said::assert_everything(&out.sink.tables());
}

#[test]
fn one_worker_or_several_say_the_same() {
    for seed in [1, 2] {
        let chronicle = Chronicle::new(seed);
        let one = whole(&chronicle, 1);
        for workers in [2, 4] {
            one.assert_same(&whole(&chronicle, workers), &format!("seed {seed}, {workers} workers"));
        }
    }
}

#[test]
fn as_it_comes_or_all_at_once_is_the_same() {
    let chronicle = Chronicle::new(3);
    let (log, history, out) = (MemoryLog::new(chronicle.partitions), History::default(), Out::new());
    let until = chronicle.last_tick();
    let running = {
        let (log, history, out) = (log.clone(), history.clone(), out.clone());
        std::thread::spawn(move || run(config(2), (&log, &history), &out, until))
    };
    let mut kept_up = 0;
    let mut before = 0;
    chronicle.happen(&log, &history, |at| {
        // What is over is said before anything more comes, if heartbeats make that so; else after a while.
        kept_up += usize::from(out.sink.wait_for(before, Duration::from_millis(100)));
        before = (at / 1_000).saturating_sub(1) * 1_000;
    });
    running.join().unwrap().unwrap();
    assert!(
        log.heartbeats() > 20,
        "{} heartbeats are no live pace",
        log.heartbeats()
    );
    assert!(kept_up > 50, "{kept_up} times");
    // The same log, with the heartbeats that were written meanwhile.
    for workers in [1, 3] {
        let again = Out::new();
        run(config(workers), (&log, &history), &again, until).unwrap();
        out.said().assert_same(&again.said(), &format!("{workers} workers"));
    }
}

#[test]
fn killed_at_any_operation_and_started_again_it_says_the_same() {
    let chronicle = Chronicle::new(4);
    let whole = whole(&chronicle, 2);
    let mut given_again = 0;
    for stop_at in (3..).step_by(59) {
        let ((log, history), out) = (chronicle.log(), Out::new());
        // The number of workers may change between runs.
        let go = |workers| run(config(workers), (&log, &history), &out, chronicle.last_tick());
        out.sink.fail_after(Some(stop_at));
        if go(1 + stop_at % 3).is_ok() {
            assert!(stop_at > 800, "{stop_at} operations are too few to say anything");
            break;
        }
        out.sink.fail_after(None);
        go(1 + (stop_at + 1) % 3).unwrap();
        whole.assert_same(&out.said(), &format!("stopped after {stop_at} operations"));
        given_again += out.said().given_again();
    }
    assert!(given_again > 0, "no action came twice, which is to be put up with");
}

fn every_minutes(workers: usize, dir: &Path) -> Config {
    Config {
        snapshot_every: Duration::from_secs(600),
        ..with_snapshots(workers, dir)
    }
}

/// Runs through the first episode with snapshots, and on until there is one of all of it; then the second is told, and what
/// was logged before the snapshot is gone.
fn first_episode(chronicle: &Chronicle, workers: usize, dir: &Path) -> (MemoryLog, History, Out) {
    let (log, history, out) = (
        MemoryLog::new(chronicle.partitions).with_hiccups(),
        History::default(),
        Out::new(),
    );
    chronicle.append(&log, &history, 0);
    let over = chronicle.over(0);
    let mut now = over;
    log.set_now(now);
    let mut asked = 0;
    let config = every_minutes(workers, dir);
    let writers = WithActions(out.sink.writers(), out.actions.writers());
    run_under_while(config, (&log, history.clone()), &out.sink, writers, || {
        let taken = snapshots(dir).last().is_some_and(|at| *at >= over);
        asked += 1;
        if !taken && asked % 8 == 0 {
            now += 10 * MINUTE;
            assert!(now < over + PAUSE - MINUTE, "no snapshot was taken in a long pause");
            log.set_now(now);
            log.finish(now);
        }
        !taken
    })
    .unwrap();
    let at = *snapshots(dir).last().unwrap();
    chronicle.append(&log, &history, 1);
    log.forget_before(at + 1);
    (log, history, out)
}

#[test]
fn killed_at_any_operation_and_started_again_from_snapshots_it_says_the_same() {
    let chronicle = Chronicle::new(5);
    let whole = whole(&chronicle, 1);
    let mut from_later_ones = 0;
    for stop_at in (2..).step_by(67) {
        let dir = TempDir::new().unwrap();
        let (log, history, out) = first_episode(&chronicle, 1 + stop_at % 2, dir.path());
        let at = *snapshots(dir.path()).last().unwrap();
        let go = |workers| {
            let config = every_minutes(workers, dir.path());
            run(config, (&log, &history), &out, chronicle.last_tick())
        };
        out.sink.fail_after(Some(stop_at));
        if go(1 + stop_at % 3).is_ok() {
            assert!(stop_at > 300, "{stop_at} operations are too few to say anything");
            break;
        }
        out.sink.fail_after(None);
        let newest = *snapshots(dir.path()).last().unwrap();
        from_later_ones += usize::from(newest > at);
        log.forget_before(newest + 1);
        go(1 + (stop_at + 1) % 3).unwrap();
        assert_eq!(log.opened_at().last(), Some(&(newest + 1)));
        whole.assert_same(&out.said(), &format!("stopped after {stop_at} operations"));
    }
    assert!(from_later_ones > 0, "no run that was stopped had taken a snapshot");
}
