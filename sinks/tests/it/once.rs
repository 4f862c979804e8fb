//! However often an interval is written, its rows are there once.

use parlance_schemas::rows::{Interval, RowWriter, WriteError};
use parlance_sinks::clickhouse::{Member, open};
use tokio_util::sync::CancellationToken;

use crate::rows::{START, interval, message};
use crate::server::{execute, migrated, number, shared, taken, wait};

/// Rows as inserted, before any merge took duplicates away: merges are off in the database asked.
const ALL_ROWS: &str = "SELECT toUInt64(sum(ifNull(total_rows, 0))) FROM system.tables WHERE database = currentDatabase() \
                        AND name NOT IN ('sink_progress', 'schema_migrations')";

fn stop_merges(config: &parlance_service::config::ClickHouseConfig) {
    for table in parlance_schemas::rows::Table::ALL {
        execute(config, &format!("SYSTEM STOP MERGES {}", table.name()));
    }
}

#[test]
fn the_same_interval_written_again_is_stored_once() {
    let config = migrated(shared());
    stop_merges(&config);
    let interval = interval(0, START, 0, 10);
    {
        let (_, factory) = taken(&config, 1);
        let mut writer = factory.writer();
        writer.write(&interval).unwrap();
        writer.write(&interval).unwrap();
    }
    // After a restart of the pipeline the token is still known.
    let (progress, factory) = taken(&config, 1);
    assert_eq!(progress.complete_through, [START]);
    factory.writer().write(&interval).unwrap();
    assert_eq!(number(&config, ALL_ROWS), interval.len() as u64);
}

#[test]
fn a_forgotten_token_still_leaves_one_row_per_key() {
    let config = migrated(shared());
    let (_, factory) = taken(&config, 1);
    let mut writer = factory.writer();
    for through in [START, START + 1000] {
        // The same keys at another time have another token, as if the first were forgotten.
        writer.write(&interval(0, through, 0, 10)).unwrap();
    }
    for table in parlance_schemas::rows::Table::ALL {
        let table = table.name();
        assert_eq!(
            number(&config, &format!("SELECT count() FROM {table} FINAL")),
            10,
            "{table}"
        );
    }
    assert_eq!(number(&config, "SELECT min(version) FROM messages FINAL"), START + 1000);
}

#[test]
fn more_rows_than_a_block_are_cut_the_same_way_each_time() {
    let config = migrated(shared());
    stop_merges(&config);
    let (_, factory) = taken(&config, 1);
    let mut writer = factory.writer();
    let messages: Vec<_> = (0..250_001).map(|number| message(number, START)).collect();
    let large = Interval {
        through: START,
        messages,
        ..Interval::default()
    };
    writer.write(&large).unwrap();
    writer.write(&large).unwrap();
    assert_eq!(number(&config, ALL_ROWS), 250_001);
    // One block, one part: the server did not cut again.
    let parts = "SELECT count() FROM system.parts WHERE database = currentDatabase() AND table = 'messages' AND active";
    assert_eq!(number(&config, parts), 3);
}

#[test]
fn a_block_of_many_bytes_is_one_part_too() {
    let config = migrated(shared());
    stop_merges(&config);
    let (_, factory) = taken(&config, 1);
    let mut messages: Vec<_> = (0..30).map(|number| message(number, START)).collect();
    // Three megabytes is the largest webhook; what differs does not compress away.
    for (number, message) in messages.iter_mut().enumerate() {
        message.raw = (0..300_000_u64)
            .map(|n| format!("{:010}", n.wrapping_mul(7919 + number as u64) % 10_000_000_000))
            .collect();
    }
    let large = Interval {
        through: START,
        messages,
        ..Interval::default()
    };
    let mut writer = factory.writer();
    writer.write(&large).unwrap();
    writer.write(&large).unwrap();
    assert_eq!(number(&config, ALL_ROWS), 30);
    let parts = "SELECT count() FROM system.parts WHERE database = currentDatabase() AND table = 'messages' AND active";
    // 30 rows of 6 MB as counted, at most 32 MiB a block: 5 rows each.
    assert_eq!(number(&config, parts), 6);
}

#[test]
fn progress_is_kept_per_shard_and_carried_over_when_their_number_changes() {
    let config = migrated(shared());
    {
        let (progress, factory) = taken(&config, 3);
        assert_eq!(progress.complete_through, [0, 0, 0]);
        for (shard, through) in [(0, START), (1, START), (2, START), (1, START + 1000)] {
            factory
                .writer()
                .write(&Interval {
                    shard,
                    through,
                    ..Interval::default()
                })
                .unwrap();
        }
    }
    assert_eq!(taken(&config, 3).0.complete_through, [START, START + 1000, START]);
    assert_eq!(taken(&config, 2).0.complete_through, [START, START]);
    // The newest number of shards decides, not the largest time ever seen.
    assert_eq!(taken(&config, 3).0.complete_through, [START, START, START]);
}

#[test]
fn workers_write_their_shards_side_by_side() {
    let config = migrated(shared());
    let (_, factory) = taken(&config, 3);
    std::thread::scope(|scope| {
        for shard in 0..3 {
            let mut writer = factory.writer();
            scope.spawn(move || {
                for tick in 0..10 {
                    let first = u64::from(shard) * 1000 + tick * 10;
                    writer.write(&interval(shard, START + tick * 1000, first, 10)).unwrap();
                }
            });
        }
    });
    assert_eq!(number(&config, "SELECT count() FROM messages FINAL"), 300);
    assert_eq!(taken(&config, 3).0.complete_through, [START + 9000; 3]);
}

#[test]
fn what_cannot_be_written_halts_with_its_reason() {
    let config = migrated(shared());
    let (_, factory) = taken(&config, 1);
    let error = factory
        .writer()
        .write(&Interval {
            shard: 1,
            through: START,
            ..Interval::default()
        })
        .unwrap_err();
    assert!(
        matches!(&error, WriteError::Halt(reason) if reason.contains("shard 1 of 1")),
        "{error}"
    );
    execute(&config, "ALTER TABLE messages MODIFY COLUMN contact_name UInt8");
    let error = factory.writer().write(&interval(0, START, 0, 1)).unwrap_err();
    assert!(
        matches!(&error, WriteError::Halt(reason) if reason.contains("contact_name")),
        "{error}"
    );
    execute(&config, "DROP TABLE statuses SYNC");
    let (_, factory) = taken(&config, 1);
    let statuses = interval(0, START, 0, 1).statuses;
    let error = factory
        .writer()
        .write(&Interval {
            through: START,
            statuses,
            ..Interval::default()
        })
        .unwrap_err();
    assert!(
        matches!(&error, WriteError::Halt(reason) if reason.contains("statuses")),
        "{error}"
    );
    assert_eq!(number(&config, "SELECT max(complete_through) FROM sink_progress"), 0);
}

#[test]
fn a_stop_ends_the_wait_for_a_server_that_is_away() {
    let config = migrated(shared());
    let stop = CancellationToken::new();
    let (_, factory) = wait(open(&config, 1, &Member::alone(), stop.clone())).unwrap();
    stop.cancel();
    // The answer may still come: what was asked for at the moment of the stop is finished.
    factory.writer().write(&interval(0, START, 0, 1)).unwrap();
    let nobody = parlance_service::config::ClickHouseConfig {
        url: "http://127.0.0.1:1".to_owned(),
        ..config
    };
    let error = wait(open(&nobody, 1, &Member::alone(), stop)).err().unwrap();
    assert!(error.to_string().starts_with("stopped while"), "{error}");
}
