//! Two processes say what one says. The test starts itself twice as the two.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use parlance_pipeline::testing::{MemoryLog, MemorySink, Tables};
use parlance_pipeline::{Config, History, Labels, run_on};
use parlance_schemas::rows::Progress;
use tokio_util::sync::CancellationToken;

use crate::snapshots::{Story, snapshots, with_snapshots};
use crate::world::{World, config, last_tick, run_until};

const CHILD: &str = "PARLANCE_PIPELINE_TEST_CHILD";
const CHILD_OF_SNAPSHOTS: &str = "PARLANCE_PIPELINE_TEST_CHILD_OF_SNAPSHOTS";

fn world() -> World {
    World::random(31, 3, 250)
}

/// Every row as text, in any order of tables.
fn rows(tables: &Tables) -> Vec<String> {
    let mut rows = Vec::new();
    rows.extend(tables.messages.values().map(|row| format!("{row:?}")));
    rows.extend(tables.statuses.values().map(|row| format!("{row:?}")));
    rows.extend(tables.contacts.values().map(|row| format!("{row:?}")));
    rows.extend(tables.account_events.values().map(|row| format!("{row:?}")));
    rows.extend(tables.raw_updates.values().map(|row| format!("{row:?}")));
    for (width, metrics) in [
        ("1m", &tables.metrics_1m),
        ("1h", &tables.metrics_1h),
        ("1d", &tables.metrics_1d),
    ] {
        rows.extend(metrics.values().map(|row| format!("{width} {row:?}")));
    }
    rows.sort();
    rows
}

#[test]
fn two_processes_of_one_worker_say_what_one_process_says() {
    if std::env::var_os(CHILD).is_some() {
        return;
    }
    let world = world();
    let sink = MemorySink::new(3);
    run_until(config(1), &world.log(), &sink, last_tick(&world)).unwrap();

    let dir = tempfile::tempdir().unwrap();
    let hosts = free_addresses();
    let children = (0..2).map(|process| start(process, &hosts, dir.path()));
    assert_eq!(what_both_say(dir.path(), children.collect()), rows(&sink.tables()));
}

/// Waits for two processes that end well; every row of either.
fn what_both_say(dir: &Path, children: Vec<Child>) -> Vec<String> {
    let mut both = Vec::new();
    for (process, mut child) in children.into_iter().enumerate() {
        let status = child.wait().unwrap();
        let output = std::fs::read_to_string(output(dir, process)).unwrap_or_default();
        assert!(status.success(), "process {process} ended with {status}");
        both.extend(output.split_terminator('\u{1E}').map(str::to_owned));
    }
    both.sort();
    both
}

#[test]
fn two_processes_go_on_from_the_snapshot_that_they_took_together() {
    if std::env::var_os(CHILD_OF_SNAPSHOTS).is_some() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let hosts = free_addresses();
    let task = "cluster::one_of_two_processes_with_snapshots";
    let children = (0..2).map(|process| start_as(task, CHILD_OF_SNAPSHOTS, process, &hosts, dir.path()));
    let both = what_both_say(dir.path(), children.collect());
    assert_eq!(both, rows(&story().whole()));
}

pub(crate) fn free_addresses() -> [String; 2] {
    let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (one, other) = (free(), free());
    [one, other].map(|listener| listener.local_addr().unwrap().to_string())
}

fn output(dir: &Path, process: usize) -> PathBuf {
    dir.join(format!("rows-{process}"))
}

fn start(process: usize, hosts: &[String], dir: &Path) -> Child {
    start_as("cluster::one_of_two_processes", CHILD, process, hosts, dir)
}

pub(crate) fn start_as(test: &str, variable: &str, process: usize, hosts: &[String], dir: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(
            variable,
            format!("{process} {} {} {}", hosts[0], hosts[1], dir.display()),
        )
        // A child that ends because its peer did reports a failed test, which is not this run's.
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_process_that_loses_its_peer_ends_instead_of_waiting_for_ever() {
    if std::env::var_os(CHILD).is_some() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    // The dead one's rows never come, so the other would wait for them.
    std::fs::write(dir.path().join("slow"), "").unwrap();
    let hosts = free_addresses();
    let mut children: Vec<Child> = (0..2).map(|process| start(process, &hosts, dir.path())).collect();
    let patience = Instant::now();
    while !(output(dir.path(), 0).exists() && output(dir.path(), 1).exists()) {
        assert!(
            patience.elapsed() < Duration::from_secs(60),
            "the two did not get through"
        );
        std::thread::park_timeout(Duration::from_millis(20));
    }
    children[1].kill().unwrap();
    children[1].wait().unwrap();
    let killed = Instant::now();
    let status = children[0].wait().unwrap();
    assert!(!status.success(), "it ended with {status}");
    assert!(
        killed.elapsed() < Duration::from_secs(20),
        "it took {:?}",
        killed.elapsed()
    );
}

/// Not a test by itself: one of the two processes, when started as such.
#[test]
fn one_of_two_processes() {
    let Ok(task) = std::env::var(CHILD) else { return };
    let task: Vec<&str> = task.splitn(4, ' ').collect();
    let process: usize = task[0].parse().unwrap();
    let dir = PathBuf::from(task[3]);
    let world = world();
    let (log, sink) = (world.log(), MemorySink::new(3));
    let config = Config {
        processes: 2,
        process,
        hosts: vec![task[1].to_owned(), task[2].to_owned()],
        drain: Duration::from_secs(1),
        ..config(1)
    };
    let shutdown = CancellationToken::new();
    let waiter = {
        let (sink, shutdown, dir, until) = (sink.clone(), shutdown.clone(), dir.clone(), last_tick(&world));
        std::thread::spawn(move || {
            // The shards of this process; the other's stay where they are.
            let patience = Instant::now();
            let done = |sink: &MemorySink| {
                let progress = sink.progress().complete_through;
                let mut mine = progress.iter().enumerate().filter(|(shard, _)| shard % 2 == process);
                mine.all(|(_, through)| *through >= until)
            };
            while !done(&sink) && patience.elapsed() < Duration::from_secs(60) {
                std::thread::park_timeout(Duration::from_millis(20));
            }
            let complete = done(&sink);
            let text: String = rows(&sink.tables()).iter().map(|row| format!("{row}\u{1E}")).collect();
            let draft = dir.join(format!("draft-{process}"));
            std::fs::write(&draft, text).unwrap();
            std::fs::rename(draft, output(&dir, process)).unwrap();
            let wait_on = || dir.join("slow").exists() || !output(&dir, 1 - process).exists();
            while wait_on() && patience.elapsed() < Duration::from_secs(60) {
                std::thread::park_timeout(Duration::from_millis(20));
            }
            shutdown.cancel();
            complete
        })
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let outcome = runtime.block_on(run_on(
        config,
        log,
        Labels::shipped(History::default()),
        sink.writers(),
        sink.progress(),
        shutdown,
    ));
    // First of all: one who lost the other has nothing to wait for.
    outcome.unwrap();
    assert!(waiter.join().unwrap(), "process {process} did not get through");
}

fn story() -> Story {
    Story::new(47, 3, 200, 2)
}

/// Not a test by itself: one of two processes that take a snapshot together, end, and begin again when what is before it in
/// the log is gone.
#[test]
fn one_of_two_processes_with_snapshots() {
    let Ok(task) = std::env::var(CHILD_OF_SNAPSHOTS) else {
        return;
    };
    let task: Vec<&str> = task.splitn(4, ' ').collect();
    let process: usize = task[0].parse().unwrap();
    let dir = PathBuf::from(task[3]);
    let taken = dir.join("snapshots");
    let story = story();
    let (log, sink) = (story.log(), MemorySink::new(3));
    let config = Config {
        processes: 2,
        process,
        hosts: vec![task[1].to_owned(), task[2].to_owned()],
        drain: Duration::from_secs(1),
        ..with_snapshots(2, &taken)
    };
    // Of the four workers two are here.
    let is_mine = |shard: usize| shard % 4 / 2 == process;
    let over = story.over(0);
    let (mut now, mut stepped) = (over, Instant::now());
    log.set_now(now);
    let rendezvous = |name: &str, text: &str| {
        let draft = dir.join(format!("draft-{name}-{process}"));
        std::fs::write(&draft, text).unwrap();
        std::fs::rename(draft, dir.join(format!("{name}-{process}"))).unwrap();
    };
    let other = |name: &str| std::fs::read_to_string(dir.join(format!("{name}-{}", 1 - process)));
    run_together(
        config.clone(),
        &log,
        &sink,
        sink.progress(),
        |ready| {
            if !ready && snapshots(&taken).last().is_some_and(|at| *at >= over) {
                rendezvous("taken", "");
                return true;
            }
            if !ready && stepped.elapsed() > Duration::from_millis(100) {
                stepped = Instant::now();
                now += 60_000;
                log.finish(now);
            }
            ready
        },
        || other("taken").is_ok(),
    );
    let through = sink.progress().complete_through;
    let through: Vec<_> = through.iter().map(u64::to_string).collect();
    rendezvous("through", &through.join(" "));
    let patience = Instant::now();
    while other("through").is_err() {
        assert!(patience.elapsed() < Duration::from_secs(60), "the other did not end");
        std::thread::park_timeout(Duration::from_millis(20));
    }
    // Each has the rows of its own shards in memory, and so knows of those only.
    let others = other("through").unwrap();
    let mut progress = sink.progress();
    for (shard, through) in others.split(' ').enumerate().filter(|(shard, _)| !is_mine(*shard)) {
        progress.complete_through[shard] = through.parse().unwrap();
    }
    log.forget_before(over + 1);
    story.append(&log, 1);
    let until = story.last_tick();
    run_together(
        config,
        &log,
        &sink,
        progress,
        |ready| {
            let progress = sink.progress().complete_through;
            let mut mine = progress.iter().enumerate().filter(|(shard, _)| is_mine(*shard));
            if !ready && mine.all(|(_, through)| *through >= until) {
                let text: String = rows(&sink.tables()).iter().map(|row| format!("{row}\u{1E}")).collect();
                rendezvous("rows", &text);
                return true;
            }
            ready
        },
        || other("rows").is_ok(),
    );
    assert!(log.opened_at().last() > Some(&over), "{:?}", log.opened_at());
}

/// Runs until this process is `ready` (asked with what it last said) and the other is.
fn run_together(
    config: Config,
    log: &MemoryLog,
    sink: &MemorySink,
    progress: Progress,
    mut ready: impl FnMut(bool) -> bool,
    other_is: impl Fn() -> bool,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let shutdown = CancellationToken::new();
    let labels = Labels::shipped(History::default());
    let run = run_on(config, log.clone(), labels, sink.writers(), progress, shutdown.clone());
    runtime.block_on(async {
        tokio::pin!(run);
        let patience = Instant::now();
        let mut is_ready = false;
        loop {
            tokio::select! {
                outcome = &mut run => {
                    outcome.unwrap();
                    return;
                }
                () = tokio::time::sleep(Duration::from_millis(20)) => {}
            }
            assert!(patience.elapsed() < Duration::from_secs(60), "it did not get through");
            is_ready = ready(is_ready);
            if is_ready && other_is() {
                shutdown.cancel();
            }
        }
    });
}
