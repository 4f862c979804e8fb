//! The server is killed in the middle of inserts, again and again: what was acknowledged is there, whole and
//! once; what was not is neither lost nor doubled, because the writer goes on when the server is back.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parlance_clickhouse::testing::Server;
use parlance_schemas::rows::{RowWriter, Table};

use crate::rows::{START, interval};
use crate::server::{execute, migrated, number, taken};

/// Kills of one run.
const ROUNDS: u64 = 20;
/// Rows of each table in each interval.
const ROWS: u64 = 200;
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
            // A different moment each round, some in the middle of the first insert after a start.
            std::thread::sleep(Duration::from_millis(40 + round * 37 % 400));
            server.kill();
            if round % 5 == 0 {
                // Away for a while.
                std::thread::sleep(Duration::from_secs(1));
            }
            server.restart();
        }
        let (before, waited) = (sum(&acknowledged), Instant::now());
        while sum(&acknowledged) < before + u64::from(SHARDS) {
            assert!(waited.elapsed() < Duration::from_secs(60), "the writers did not go on");
            std::thread::sleep(Duration::from_millis(20));
        }
        done.store(true, Ordering::Relaxed);
    });

    let intervals = sum(&acknowledged);
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

fn sum(counts: &[AtomicU64]) -> u64 {
    counts.iter().map(|count| count.load(Ordering::Relaxed)).sum()
}
