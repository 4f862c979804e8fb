//! The server is killed in the middle of inserts, again and again: what was acknowledged is there, whole and
//! once; what was not is neither lost nor doubled, because the writer goes on when the server is back.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parlance_clickhouse::testing::Server;
use parlance_schemas::rows::{RowWriter, Table};

use crate::rows::{START, interval};
use crate::server::{execute, migrated, number, taken};

/// Kills of one run.
const ROUNDS: u64 = 10;
/// Rows of each table in each interval.
const ROWS: u64 = 500;
const SHARDS: u32 = 2;

#[test]
fn a_server_killed_mid_insert_loses_and_doubles_nothing() {
    let mut server = Server::own();
    let config = migrated(&server);
    let (_, factory) = taken(&config, SHARDS);
    let done = AtomicBool::new(false);
    let acknowledged: Vec<AtomicU64> = (0..SHARDS).map(|_| AtomicU64::new(0)).collect();
    std::thread::scope(|scope| {
        for (shard, acknowledged) in (0..SHARDS).zip(&acknowledged) {
            let (mut writer, done) = (factory.writer(), &done);
            scope.spawn(move || {
                let mut tick = 0;
                while !done.load(Ordering::Relaxed) {
                    // A shard's numbers are its own, and an interval's are the tick's own.
                    let first = (u64::from(shard) + tick * u64::from(SHARDS)) * ROWS;
                    writer
                        .write(&interval(shard, START + tick * 1000, first, ROWS))
                        .unwrap();
                    tick += 1;
                    acknowledged.store(tick, Ordering::Relaxed);
                }
            });
        }
        for round in 0..ROUNDS {
            // Let the writers get going, then strike at a different moment each round.
            go_on(&acknowledged);
            std::thread::sleep(Duration::from_millis(round * 37 % 150));
            server.kill();
            if round % 5 == 0 {
                // Away for a while.
                std::thread::sleep(Duration::from_secs(1));
            }
            server.restart();
        }
        go_on(&acknowledged);
        done.store(true, Ordering::Relaxed);
    });

    let intervals: u64 = counts(&acknowledged).iter().sum();
    eprintln!(
        "{ROUNDS} kills, {intervals} intervals of {ROWS} rows in each of {} tables",
        Table::ALL.len()
    );
    for table in Table::ALL.iter().map(|table| table.name()) {
        // Keys differ from row to row, so without FINAL every stored copy counts, merged or not.
        assert_eq!(
            number(&config, &format!("SELECT count() FROM {table}")),
            intervals * ROWS,
            "{table}"
        );
        assert_eq!(
            number(&config, &format!("SELECT count() FROM {table} FINAL")),
            intervals * ROWS,
            "{table}"
        );
    }
    let progress = taken(&config, SHARDS).0;
    for (through, acknowledged) in progress.complete_through.iter().zip(&acknowledged) {
        assert_eq!(*through, START + (acknowledged.load(Ordering::Relaxed) - 1) * 1000);
    }
    execute(&config, &format!("DROP DATABASE {} SYNC", config.database));
}

/// Waits until every shard has written another interval.
fn go_on(acknowledged: &[AtomicU64]) {
    let (before, waited) = (counts(acknowledged), Instant::now());
    while counts(acknowledged)
        .iter()
        .zip(&before)
        .any(|(now, before)| now <= before)
    {
        assert!(waited.elapsed() < Duration::from_secs(60), "the writers did not go on");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn counts(acknowledged: &[AtomicU64]) -> Vec<u64> {
    acknowledged.iter().map(|count| count.load(Ordering::Relaxed)).collect()
}
