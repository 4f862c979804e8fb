//! Of two pipelines, one writes, with all its processes.

use parlance_schemas::rows::{Interval, LogTime, RowWriter, WriteError};
use parlance_service::config::ClickHouseConfig;
use parlance_sinks::clickhouse::{Factory, Member};

use crate::rows::{START, interval};
use crate::server::{execute, migrated, number, shared, taken, taken_by};

#[test]
fn whoever_starts_later_writes_and_the_other_halts() {
    let config = migrated(shared());
    let (_, first) = taken(&config, 2);
    let mut old = first.writer();
    old.write(&interval(0, START, 0, 5)).unwrap();
    let (progress, second) = taken(&config, 2);
    assert_eq!(progress.complete_through, [START, 0]);
    let error = old.write(&interval(0, START + 1000, 5, 5)).unwrap_err();
    assert!(
        matches!(&error, WriteError::Halt(reason) if reason.contains("another pipeline")),
        "{error}"
    );
    assert_eq!(number(&config, "SELECT count() FROM messages"), 5);
    second.writer().write(&interval(0, START + 1000, 5, 5)).unwrap();
    assert_eq!(number(&config, "SELECT count() FROM messages"), 10);
}

#[test]
fn of_many_that_start_at_once_exactly_one_goes_on() {
    let config = migrated(shared());
    let factories: Vec<_> = std::thread::scope(|scope| {
        let starting: Vec<_> = (0..6).map(|_| scope.spawn(|| taken(&config, 1).1)).collect();
        starting.into_iter().map(|factory| factory.join().unwrap()).collect()
    });
    let going = factories
        .iter()
        .filter(|factory| factory.writer().write(&interval(0, START, 0, 5)).is_ok())
        .count();
    assert_eq!(going, 1);
}

/// One of the two processes of a cluster.
fn peer(process: u32) -> Member {
    let addresses = ["one:2101", "two:2101"].map(str::to_owned);
    Member::of(&addresses, process)
}

/// A cluster of two with one shard each, freshly started.
fn cluster(config: &ClickHouseConfig) -> [Factory; 2] {
    [0, 1].map(|process| taken_by(config, 2, &peer(process)).1)
}

fn writes(factory: &Factory, shard: u32, through: LogTime) -> Result<(), WriteError> {
    factory.writer().write(&Interval {
        shard,
        through,
        ..Interval::default()
    })
}

fn is_halted(factory: &Factory) -> bool {
    match writes(factory, 0, START) {
        Ok(()) => false,
        Err(WriteError::Halt(reason)) if reason.contains("another pipeline") => true,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn the_members_of_a_cluster_write_beside_each_other() {
    let config = migrated(shared());
    let [first, second] = cluster(&config);
    for tick in 0..3 {
        writes(&first, 0, START + tick * 1000).unwrap();
        writes(&second, 1, START + tick * 2000).unwrap();
    }
    // Whichever asks, and after any merge, it learns what all have recorded.
    for _ in 0..2 {
        let (progress, _) = taken_by(&config, 2, &peer(1));
        assert_eq!(progress.complete_through, [START + 2000, START + 4000]);
        execute(&config, "OPTIMIZE TABLE sink_progress FINAL");
    }
    assert!(!is_halted(&first));
    assert!(is_halted(&second), "the second has been started again");
}

#[test]
fn a_cluster_that_starts_again_fences_what_is_left_of_it_member_by_member() {
    let config = migrated(shared());
    let [old_first, old_second] = cluster(&config);
    let (_, first) = taken_by(&config, 2, &peer(0));
    assert!(is_halted(&old_first));
    writes(&old_second, 1, START).unwrap();
    let (progress, second) = taken_by(&config, 2, &peer(1));
    assert_eq!(
        progress.complete_through,
        [0, START],
        "what the old one wrote until then"
    );
    assert!(is_halted(&old_second));
    assert!(!is_halted(&first) && !is_halted(&second));
}

#[test]
fn a_process_alone_fences_a_whole_cluster_and_a_cluster_fences_it() {
    let config = migrated(shared());
    let old = cluster(&config);
    let (_, alone) = taken(&config, 2);
    assert!(old.iter().all(is_halted));
    assert!(!is_halted(&alone));
    let new = cluster(&config);
    assert!(is_halted(&alone));
    assert!(!new.iter().any(is_halted));
    assert!(old.iter().all(is_halted));
}

#[test]
fn progress_is_one_row_for_each_shard_of_each_process_however_often_they_start() {
    let config = migrated(shared());
    for round in 1..=5 {
        let [first, second] = cluster(&config);
        writes(&first, 0, START + round * 1000).unwrap();
        writes(&second, 1, START + round * 1000).unwrap();
    }
    execute(&config, "OPTIMIZE TABLE sink_progress FINAL");
    assert_eq!(number(&config, "SELECT count() FROM sink_progress"), 4);
    let (progress, _) = taken(&config, 2);
    assert_eq!(progress.complete_through, [START + 5000, START + 5000]);
}
