//! Started again from a snapshot, the pipeline says what it would have said; and whatever is wrong with a snapshot, it still
//! does, by reading the log from long before.

mod kept;
mod midst;
mod rules;
mod spoiled;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use parlance_pipeline::testing::{MemoryLog, MemorySink, MemoryWriter, Tables};
use parlance_pipeline::{Config, Error, History, Labels, WriterFactory, run_on};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::world::{World, config, last_tick, run_until, write};

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60_000;
/// How long nothing is logged between two episodes.
const PAUSE: u64 = 4 * 60 * MINUTE;

/// A world with long pauses, in which one may wait for a snapshot.
pub(crate) struct Story {
    pub(crate) world: World,
    /// Where each episode begins.
    begins: Vec<usize>,
}

impl Story {
    pub(crate) fn new(seed: u64, partitions: u32, count: usize, episodes: usize) -> Self {
        let mut world = World::random(seed, partitions, count);
        let begins: Vec<usize> = (0..episodes).map(|episode| episode * count / episodes).collect();
        for begin in &begins[1..] {
            for record in &mut world.records[*begin..] {
                record.log_time += PAUSE;
            }
            world.end += PAUSE;
        }
        Self { world, begins }
    }

    pub(crate) fn last_tick(&self) -> u64 {
        last_tick(&self.world)
    }

    /// What a run that nothing disturbs says.
    pub(crate) fn whole(&self) -> Tables {
        let sink = MemorySink::new(3);
        run_until(config(1), &self.world.log(), &sink, self.last_tick()).unwrap();
        sink.tables()
    }

    /// The log up to the end of the first episode.
    pub(crate) fn log(&self) -> MemoryLog {
        let log = MemoryLog::new(self.world.partitions).with_hiccups();
        self.append(&log, 0);
        log
    }

    /// Appends an episode; the last one with its end.
    pub(crate) fn append(&self, log: &MemoryLog, episode: usize) {
        let next = self.begins.get(episode + 1).copied();
        let end = next.unwrap_or(self.world.records.len());
        for record in &self.world.records[self.begins[episode]..end] {
            write(log, record);
        }
        if next.is_none() {
            log.finish(self.world.end);
        }
    }

    /// When everything of an episode was logged.
    pub(crate) fn over(&self, episode: usize) -> u64 {
        let next = self.begins.get(episode + 1).copied();
        let records = &self.world.records[..next.unwrap_or(self.world.records.len())];
        records.iter().map(|record| record.log_time).max().unwrap()
    }
}

pub(crate) fn with_snapshots(workers: usize, dir: &Path) -> Config {
    Config {
        snapshot_url: dir.to_str().unwrap().to_owned(),
        snapshot_every: Duration::from_secs(60),
        ..config(workers)
    }
}

/// The snapshots there are: ticks, oldest first.
pub(crate) fn snapshots(dir: &Path) -> Vec<u64> {
    let mut ticks: Vec<u64> = names(&dir.join("manifests"))
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap()[..20].parse().unwrap())
        .collect();
    ticks.sort_unstable();
    ticks
}

/// All whole files in a folder and those in it.
fn names(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut files = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files.extend(names(&path));
        } else if !path.to_str().unwrap().contains('#') {
            // The store writes under such names first.
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Runs as long as `go_on`, asked again and again.
fn run_while(config: Config, log: &MemoryLog, sink: &MemorySink, go_on: impl FnMut() -> bool) -> Result<(), Error> {
    run_under_while(config, (log, History::default()), sink, sink.writers(), go_on)
}

/// As [`run_while`], under settings and with any writers of the sink.
pub(crate) fn run_under_while<W: WriterFactory<Writer = MemoryWriter>>(
    config: Config,
    (log, settings): (&MemoryLog, History),
    sink: &MemorySink,
    writers: W,
    mut go_on: impl FnMut() -> bool,
) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let shutdown = CancellationToken::new();
    let run = run_on(
        config,
        log.clone(),
        Labels::shipped(settings),
        writers,
        sink.progress(),
        shutdown.clone(),
    );
    runtime.block_on(async {
        tokio::pin!(run);
        let patience = Instant::now();
        loop {
            tokio::select! {
                outcome = &mut run => return outcome,
                () = tokio::time::sleep(Duration::from_millis(5)) => {}
            }
            assert!(patience.elapsed() < Duration::from_secs(60), "it did not get through");
            if !go_on() {
                shutdown.cancel();
            }
        }
    })
}

/// Lets log time go on when that may help: when a snapshot has become whole and another can be taken, or none did for long.
struct Steps {
    there: Vec<u64>,
    last: Option<Instant>,
}

impl Steps {
    fn new() -> Self {
        Self {
            there: Vec::new(),
            last: None,
        }
    }

    fn due(&mut self, there: Vec<u64>) -> bool {
        let long = Duration::from_millis(200);
        let due = self
            .last
            .is_none_or(|last| there != self.there || last.elapsed() > long);
        if due {
            (self.there, self.last) = (there, Some(Instant::now()));
        }
        due
    }
}

/// Runs through an episode of the log, and on through the pause after it until there is a snapshot of all of it. Gives the
/// snapshot's tick.
fn episode(story: &Story, episode: usize, config: Config, log: &MemoryLog, sink: &MemorySink) -> u64 {
    let dir = PathBuf::from(&config.snapshot_url);
    let over = story.over(episode);
    let mut now = over;
    log.set_now(now);
    let mut steps = Steps::new();
    run_while(config, log, sink, || {
        let there = snapshots(&dir);
        let taken = there.last().is_some_and(|at| *at >= over);
        if !taken && steps.due(there) {
            now += MINUTE;
            assert!(now < over + PAUSE - MINUTE, "no snapshot was taken in a long pause");
            log.finish(now);
        }
        !taken
    })
    .unwrap();
    *snapshots(&dir).last().unwrap()
}

/// A story of two episodes, run through the first with snapshots; then told to its end.
fn first_episode(story: &Story, workers: usize, dir: &Path) -> (MemoryLog, MemorySink, u64) {
    let (log, sink) = (story.log(), MemorySink::new(3));
    let at = episode(story, 0, with_snapshots(workers, dir), &log, &sink);
    story.append(&log, 1);
    (log, sink, at)
}

#[test]
fn a_run_goes_on_from_a_snapshot_though_the_log_before_it_is_gone() {
    let story = Story::new(41, 3, 160, 2);
    let whole = story.whole();
    let dir = TempDir::new().unwrap();
    let (log, sink, at) = first_episode(&story, 2, dir.path());
    log.forget_before(at + 1);
    run_until(with_snapshots(2, dir.path()), &log, &sink, story.last_tick()).unwrap();
    assert_eq!(log.opened_at().last(), Some(&(at + 1)));
    assert!(sink.tables() == whole);
    // That this means something: without the snapshot the rest of the log is not enough.
    let dir = TempDir::new().unwrap();
    let (log, sink, at) = first_episode(&story, 2, dir.path());
    log.forget_before(at + 1);
    let outcome = run_until(config(2), &log, &sink, story.last_tick());
    assert!(outcome.is_err() || sink.tables() != whole);
}

#[test]
fn stopped_at_any_operation_and_started_again_from_snapshots_it_says_the_same() {
    let story = Story::new(77, 2, 44, 2);
    let whole = story.whole();
    let mut from_later_ones = 0;
    for stop_at in (0..).step_by(3) {
        let dir = TempDir::new().unwrap();
        let (log, sink, at) = first_episode(&story, 1 + stop_at % 2, dir.path());
        log.forget_before(at + 1);
        sink.fail_after(Some(stop_at));
        let workers = |n: usize| with_snapshots(1 + n % 3, dir.path());
        if run_until(workers(stop_at), &log, &sink, story.last_tick()).is_ok() {
            assert!(stop_at > 30, "{stop_at} operations are too few to say anything");
            break;
        }
        sink.fail_after(None);
        let newest = *snapshots(dir.path()).last().unwrap();
        from_later_ones += usize::from(newest > at);
        log.forget_before(newest + 1);
        run_until(workers(stop_at + 1), &log, &sink, story.last_tick()).unwrap();
        assert_eq!(log.opened_at().last(), Some(&(newest + 1)));
        assert!(sink.tables() == whole, "stopped after {stop_at} operations");
    }
    assert!(from_later_ones > 0, "no run that was stopped had taken a snapshot");
}

#[test]
fn the_number_of_workers_may_change_from_one_run_to_the_next() {
    let story = Story::new(42, 5, 300, 6);
    let whole = story.whole();
    let dir = TempDir::new().unwrap();
    let (log, sink) = (story.log(), MemorySink::new(3));
    for (number, workers) in [1, 2, 4, 3, 1].into_iter().enumerate() {
        let at = episode(&story, number, with_snapshots(workers, dir.path()), &log, &sink);
        log.forget_before(at + 1);
        story.append(&log, number + 1);
    }
    run_until(with_snapshots(4, dir.path()), &log, &sink, story.last_tick()).unwrap();
    assert!(sink.tables() == whole);
}
