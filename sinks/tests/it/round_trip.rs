//! Every row comes back as it was, and every column has its field.

use clickhouse::{Row, RowOwned, RowRead};
use parlance_schemas::rows::{
    AccountEventRow, ContactRow, Interval, MessageRow, MetricRow, RawUpdateRow, RowWriter, StatusRow, Table, VerdictRow,
};
use parlance_service::config::ClickHouseConfig;

use crate::rows::{START, contact, interval};
use crate::server::{client, execute, migrated, number, shared, taken, wait};

fn all<R: RowOwned + RowRead>(config: &ClickHouseConfig, table: Table, order: &str) -> Vec<R> {
    let sql = format!("SELECT ?fields FROM {} FINAL ORDER BY {order}", table.name());
    wait(client(config).query(&sql).fetch_all()).unwrap()
}

#[test]
fn rows_of_every_table_come_back_as_they_were() {
    let config = migrated(shared());
    let (_, factory) = taken(&config, 1);
    let mut wanted = interval(0, START, 0, 40);
    wanted.metrics_1d[3].by_intent.clear();
    factory.writer().write(&wanted).unwrap();
    let found = Interval {
        shard: 0,
        through: START,
        messages: all(&config, Table::Messages, "phone_number_id, message_id"),
        statuses: all(&config, Table::Statuses, "message_id"),
        contacts: all(
            &config,
            Table::Contacts,
            "first_seen_at, length(contact_id), contact_id",
        ),
        account_events: all(&config, Table::AccountEvents, "event_id"),
        raw_updates: all(&config, Table::RawUpdates, "update_id"),
        verdicts: all(&config, Table::Verdicts, "message_id"),
        metrics_1m: all(&config, Table::Metrics1m, "window_start"),
        metrics_1h: all(&config, Table::Metrics1h, "window_start"),
        metrics_1d: all(&config, Table::Metrics1d, "window_start"),
    };
    assert_eq!(found, wanted);
}

fn columns<R: Row>(config: &ClickHouseConfig, table: Table) {
    let sql = "SELECT name FROM system.columns WHERE database = ? AND table = ? ORDER BY position";
    let query = client(config).query(sql).bind(&config.database).bind(table.name());
    let found: Vec<String> = wait(query.fetch_all()).unwrap();
    assert_eq!(found, R::COLUMN_NAMES, "{}", table.name());
}

#[test]
fn structs_and_tables_have_the_same_columns_in_the_same_order() {
    let config = migrated(shared());
    for table in Table::ALL {
        match table {
            Table::Messages => columns::<MessageRow>(&config, *table),
            Table::Statuses => columns::<StatusRow>(&config, *table),
            Table::Contacts => columns::<ContactRow>(&config, *table),
            Table::AccountEvents => columns::<AccountEventRow>(&config, *table),
            Table::RawUpdates => columns::<RawUpdateRow>(&config, *table),
            Table::Verdicts => columns::<VerdictRow>(&config, *table),
            Table::Metrics1m | Table::Metrics1h | Table::Metrics1d => columns::<MetricRow>(&config, *table),
        }
    }
}

#[test]
fn contacts_merge_the_same_in_any_order() {
    let rows = [
        contact(1, START + 5000),
        contact(1, START),
        contact(1, START + 9000),
        contact(1, START + 2000),
    ];
    let mut merged = Vec::new();
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
        let config = migrated(shared());
        let (_, factory) = taken(&config, 1);
        let mut writer = factory.writer();
        for (tick, place) in order.into_iter().enumerate() {
            let contacts = vec![rows[place].clone()];
            let through = START + 1000 * tick as u64;
            writer
                .write(&Interval {
                    through,
                    contacts,
                    ..Interval::default()
                })
                .unwrap();
        }
        let asked: Vec<ContactRow> = all(&config, Table::Contacts, "contact_id");
        execute(&config, "OPTIMIZE TABLE contacts FINAL");
        assert_eq!(number(&config, "SELECT count() FROM contacts"), 1);
        assert_eq!(all::<ContactRow>(&config, Table::Contacts, "contact_id"), asked);
        merged.push(asked);
    }
    assert_eq!(merged[0].len(), 1);
    assert_eq!(merged[0][0].name, rows[2].name);
    assert_eq!(
        (merged[0][0].first_seen_at, merged[0][0].last_seen_at),
        (rows[1].first_seen_at, rows[2].last_seen_at)
    );
    assert!(merged.iter().all(|rows| *rows == merged[0]));
}

#[test]
fn a_metric_that_is_taken_back_is_gone() {
    let config = migrated(shared());
    let (_, factory) = taken(&config, 1);
    let mut writer = factory.writer();
    writer.write(&interval(0, START, 0, 2)).unwrap();
    let mut back = crate::rows::metric(0, START + 1000);
    back.is_deleted = 1;
    back.messages = 0;
    writer
        .write(&Interval {
            through: START + 1000,
            metrics_1m: vec![back],
            ..Interval::default()
        })
        .unwrap();
    assert_eq!(number(&config, "SELECT count() FROM metrics_1m FINAL"), 1);
    assert_eq!(number(&config, "SELECT count() FROM metrics_1h FINAL"), 2);
}
