//! Started again from a snapshot, the pipeline says what it would have said; and whatever is wrong with a snapshot, it still
//! does, by reading the log from long before.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use parlance_pipeline::log::Log;
use parlance_pipeline::testing::{MemoryLog, MemorySink, Tables};
use parlance_pipeline::{Config, Error, History, Labels, run_on};
use parlance_schemas::labels::Judge;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::judged::{self, COMPLAINT, REMINDER, judged_world};
use crate::settings::{history, message, when};
use crate::world::{DAWN, World, config, last_tick, run_under, run_until, write};

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
    run_under_while(config, (log, History::default()), sink, go_on)
}

fn run_under_while(
    config: Config,
    (log, settings): (&MemoryLog, History),
    sink: &MemorySink,
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
        sink.writers(),
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

/// Spoils something after the first episode, then runs on and must say the same: where it began to read, and the snapshots
/// that there had been.
fn spoiled(config_after: impl Fn(&Path) -> Config, spoil: impl Fn(&Path, u64)) -> (u64, Vec<u64>) {
    let story = Story::new(43, 3, 120, 2);
    let whole = story.whole();
    let dir = TempDir::new().unwrap();
    let (log, sink, at) = first_episode(&story, 2, dir.path());
    let before = snapshots(dir.path());
    spoil(dir.path(), at);
    run_until(config_after(dir.path()), &log, &sink, story.last_tick()).unwrap();
    assert!(sink.tables() == whole);
    (*log.opened_at().last().unwrap(), before)
}

fn parts(dir: &Path, at: Option<u64>) -> Vec<PathBuf> {
    let of = at.map_or(String::new(), |at| format!("/{at:020}/"));
    let mut parts = names(&dir.join("parts"));
    parts.retain(|path| path.to_str().unwrap().contains(&of));
    parts
}

fn flip(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn damaged_parts_are_noticed_and_the_log_is_read_instead() {
    let flip_all = |dir: &Path, _| parts(dir, None).iter().for_each(|part| flip(part));
    let (from, taken) = spoiled(|dir| with_snapshots(2, dir), flip_all);
    assert!(from <= DAWN, "{from} {taken:?}");
}

#[test]
fn when_the_newest_is_damaged_the_one_before_it_serves() {
    let flip_one = |dir: &Path, at| flip(&parts(dir, Some(at))[0]);
    let (from, taken) = spoiled(|dir| with_snapshots(1, dir), flip_one);
    assert_eq!(from, taken[taken.len() - 2] + 1);
}

#[test]
fn a_part_that_is_gone_is_noticed() {
    let remove_one_of_each = |dir: &Path, _| {
        // One that was taken before anything was logged has none.
        for part in snapshots(dir).iter().flat_map(|at| parts(dir, Some(*at)).pop()) {
            std::fs::remove_file(part).unwrap();
        }
    };
    let (from, taken) = spoiled(|dir| with_snapshots(3, dir), remove_one_of_each);
    assert!(from <= DAWN, "{from} {taken:?}");
}

#[test]
fn manifests_that_are_cut_off_are_not_used() {
    let cut_off = |dir: &Path, _| {
        for path in names(&dir.join("manifests")) {
            let text = std::fs::read(&path).unwrap();
            std::fs::write(&path, &text[..text.len() / 2]).unwrap();
        }
    };
    let (from, taken) = spoiled(|dir| with_snapshots(2, dir), cut_off);
    assert!(from <= DAWN, "{from} {taken:?}");
}

#[test]
fn a_snapshot_of_another_program_is_not_used() {
    // As long as no copy comes later than before, the horizon changes no row.
    let patient = |dir: &Path| Config {
        dedup_horizon: Duration::from_secs(80 * 3_600),
        ..with_snapshots(2, dir)
    };
    let (from, taken) = spoiled(patient, |_, _| {});
    assert!(from <= DAWN, "{from} {taken:?}");
}

#[test]
fn a_snapshot_that_the_sink_has_not_come_to_is_not_used_then_or_ever() {
    let story = Story::new(43, 3, 120, 2);
    let dir = TempDir::new().unwrap();
    let (log, _, at) = first_episode(&story, 2, dir.path());
    let emptied = MemorySink::new(3);
    run_while(with_snapshots(2, dir.path()), &log, &emptied, || {
        log.opened_at().len() < 4
    })
    .unwrap();
    assert_eq!(log.opened_at().last(), Some(&0));
    assert!(!snapshots(dir.path()).contains(&at), "it must not be taken up later");
    run_until(config(1), &log, &emptied, story.last_tick()).unwrap();
    assert!(emptied.tables() == story.whole());
}

#[test]
fn two_are_kept_and_nothing_else() {
    let story = Story::new(44, 2, 150, 3);
    let dir = TempDir::new().unwrap();
    let (log, sink) = (story.log(), MemorySink::new(3));
    for number in 0..2 {
        episode(&story, number, with_snapshots(2, dir.path()), &log, &sink);
        story.append(&log, number + 1);
    }
    run_until(with_snapshots(1, dir.path()), &log, &sink, story.last_tick()).unwrap();
    // What the end of a run interrupts is tidied up when the next begins.
    run_while(with_snapshots(1, dir.path()), &log, &sink, || log.opened_at().len() < 6).unwrap();
    let kept = snapshots(dir.path());
    assert_eq!(kept.len(), 2);
    let of_kept = |part: &PathBuf| {
        let part = part.to_str().unwrap();
        kept.iter().any(|at| part.contains(&format!("/{at:020}/")))
    };
    assert!(names(&dir.path().join("parts")).iter().all(of_kept));
    assert_eq!(names(&dir.path().join("generations")).len(), 1);
}

#[test]
fn a_run_that_was_overtaken_writes_no_snapshot_and_ends() {
    let story = Story::new(45, 2, 60, 2);
    let dir = TempDir::new().unwrap();
    let (log, sink) = (story.log(), MemorySink::new(3));
    episode(&story, 0, with_snapshots(2, dir.path()), &log, &sink);
    // Whatever it may still take until it is overtaken is of this time or before.
    let before = log.now();
    let begun = log.opened_at().len();
    let mut now = before;
    let outcome = run_while(with_snapshots(2, dir.path()), &log, &sink, || {
        if log.opened_at().len() > begun {
            std::fs::write(dir.path().join(format!("generations/{:020}", 99)), "").unwrap();
            now += 2 * MINUTE;
            log.finish(now);
        }
        true
    });
    assert!(
        matches!(outcome, Err(Error::Overtaken { newest: 99, .. })),
        "{outcome:?}"
    );
    assert!(snapshots(dir.path()).iter().all(|at| *at <= before));
}

#[test]
fn a_place_that_cannot_be_written_to_costs_the_snapshots_and_nothing_else() {
    let story = Story::new(46, 2, 60, 2);
    let dir = TempDir::new().unwrap();
    // Where folders ought to be there are files.
    for name in ["generations", "parts", "manifests"] {
        std::fs::write(dir.path().join(name), "").unwrap();
    }
    let sink = MemorySink::new(3);
    run_until(
        with_snapshots(2, dir.path()),
        &story.world.log(),
        &sink,
        story.last_tick(),
    )
    .unwrap();
    assert!(sink.tables() == story.whole());
}

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
        assert!(begun.len() > 2, "too few snapshots to say anything: {begun:?}");
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
    run_under_while(with_snapshots(2, dir.path()), (&log, early), &sink, || {
        if snapshots(dir.path()).last().is_some_and(|at| *at >= of_all) {
            return false;
        }
        now += MINUTE;
        log.finish(now);
        true
    })
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
