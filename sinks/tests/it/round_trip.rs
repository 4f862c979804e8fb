//! Every row comes back as it was, and every column has its field.

use clickhouse::{Row, RowOwned, RowRead};
use parlance_schemas::rows::{ContactRow, DeliveryRow, Interval, RowWriter, Table};
use parlance_schemas::{rows, tables};
use parlance_service::config::ClickHouseConfig;

use crate::rows::{START, contact, delivery, interval, measure, turn};
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
        decisions: all(&config, Table::Decisions, "decision_id"),
        identities: all(&config, Table::Identities, "value"),
        deliveries: all(&config, Table::Deliveries, "message_id"),
        conversations: all(&config, Table::Conversations, "conversation_id"),
        turns: all(&config, Table::Turns, "message_id"),
        timers: all(&config, Table::Timers, "message_id"),
        triggers: all(&config, Table::Triggers, "subject"),
        outcomes: all(&config, Table::Outcomes, "action_id"),
        rule_reports: all(&config, Table::RuleReports, "window_start"),
        metrics_1m: all(&config, Table::Metrics1m, "window_start"),
        metrics_1h: all(&config, Table::Metrics1h, "window_start"),
        metrics_1d: all(&config, Table::Metrics1d, "window_start"),
        measures_1m: all(&config, Table::Measures1m, "window_start"),
        measures_1h: all(&config, Table::Measures1h, "window_start"),
        measures_1d: all(&config, Table::Measures1d, "window_start"),
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
    macro_rules! every_table {
        ($($table:ident $field:ident $row:ident $what:literal,)+) => {
            $(columns::<rows::$row>(&config, Table::$table);)+
        };
    }
    tables!(every_table);
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

/// What the statuses of one message say, one row for each.
fn statuses() -> Vec<DeliveryRow> {
    let at = i64::try_from(START).unwrap();
    let silent = DeliveryRow {
        sent_at: None,
        delivered_at: None,
        read_at: None,
        played_at: None,
        failed_at: None,
        error_code: 0,
        pricing_category: String::new(),
        pricing_type: String::new(),
        pricing_model: String::new(),
        ..delivery(1, START)
    };
    let priced = delivery(1, START);
    vec![
        DeliveryRow {
            sent_at: Some(at),
            billable: 1,
            pricing_category: priced.pricing_category,
            pricing_type: priced.pricing_type,
            pricing_model: priced.pricing_model,
            ..silent.clone()
        },
        DeliveryRow {
            delivered_at: Some(at + 2_000),
            ..silent.clone()
        },
        DeliveryRow {
            // Another of the same word, and earlier.
            delivered_at: Some(at + 1_000),
            country: String::new(),
            ..silent.clone()
        },
        DeliveryRow {
            failed_at: Some(at + 3_000),
            error_code: 131_026,
            ..silent
        },
    ]
}

#[test]
fn deliveries_merge_the_same_in_any_order_and_as_the_pipeline_says() {
    let rows = statuses();
    let mut wanted = rows[0].clone();
    rows.iter().for_each(|row| wanted.merge(row));
    assert_eq!((wanted.read_at, wanted.billable, wanted.error_code), (None, 1, 131_026));
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
        let config = migrated(shared());
        let (_, factory) = taken(&config, 1);
        let mut writer = factory.writer();
        for (tick, place) in order.into_iter().chain(order).enumerate() {
            let deliveries = vec![rows[place].clone()];
            let through = START + 1000 * tick as u64;
            let interval = Interval {
                through,
                deliveries,
                ..Interval::default()
            };
            writer.write(&interval).unwrap();
        }
        let asked: Vec<DeliveryRow> = all(&config, Table::Deliveries, "message_id");
        assert_eq!(asked, [wanted.clone()], "{order:?}");
        execute(&config, "OPTIMIZE TABLE deliveries FINAL");
        assert_eq!(number(&config, "SELECT count() FROM deliveries"), 1);
        assert_eq!(all::<DeliveryRow>(&config, Table::Deliveries, "message_id"), asked);
    }
}

#[test]
fn measures_of_any_windows_add_up_member_by_member() {
    let config = migrated(shared());
    let (_, factory) = taken(&config, 1);
    let mut writer = factory.writer();
    let first = measure(0, START);
    let mut second = measure(2, START);
    (second.measure, second.by) = (first.measure, first.by);
    let interval = Interval {
        through: START,
        measures_1m: vec![first, second],
        ..Interval::default()
    };
    writer.write(&interval).unwrap();
    let sum = |what: &str| number(&config, &format!("SELECT toUInt64({what}) FROM measures_1m FINAL"));
    assert_eq!((sum("sum(count)"), sum("sum(sum)")), (4, 240_000));
    assert_eq!((sum("sumForEach(within)[2]"), sum("sumForEach(within)[5]")), (2, 4));
    assert_eq!((sum("sumMap(buckets)[17]"), sum("sumMap(buckets)[220]")), (2, 2));
}

#[test]
fn a_turn_that_is_taken_back_is_gone() {
    let config = migrated(shared());
    let (_, factory) = taken(&config, 1);
    let mut writer = factory.writer();
    writer.write(&interval(0, START, 0, 2)).unwrap();
    let mut back = turn(0, START + 1000);
    back.is_deleted = 1;
    let interval = Interval {
        through: START + 1000,
        turns: vec![back],
        ..Interval::default()
    };
    writer.write(&interval).unwrap();
    assert_eq!(number(&config, "SELECT count() FROM turns FINAL"), 1);
    assert_eq!(number(&config, "SELECT count() FROM timers FINAL"), 2);
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
