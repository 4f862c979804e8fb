//! Tables are made once, and only by a program that knows them.

use parlance_schemas::migrations::ALL;
use parlance_sinks::clickhouse::{Error, Member, migrate, open};
use tokio_util::sync::CancellationToken;

use crate::server::{config, execute, migrated, number, shared, wait};

#[test]
fn applying_all_twice_changes_nothing() {
    let config = config(shared());
    let stop = CancellationToken::new();
    let all: Vec<u32> = ALL.iter().map(|migration| migration.number).collect();
    assert_eq!(wait(migrate(&config, &stop)).unwrap(), all);
    let tables = "SELECT groupBitXor(cityHash64(name, create_table_query)) FROM system.tables \
                  WHERE database = currentDatabase()";
    let before = number(&config, tables);
    assert_eq!(wait(migrate(&config, &stop)).unwrap(), Vec::<u32>::new());
    // Cut off after the tables, before the record: everything is applied again.
    execute(&config, "TRUNCATE TABLE schema_migrations");
    assert_eq!(wait(migrate(&config, &stop)).unwrap(), all);
    assert_eq!(number(&config, tables), before);
}

#[test]
fn two_at_a_time_are_harmless() {
    let config = config(shared());
    let stop = CancellationToken::new();
    let (one, two) = wait(async { tokio::join!(migrate(&config, &stop), migrate(&config, &stop)) });
    one.unwrap();
    two.unwrap();
    assert_eq!(
        number(&config, "SELECT uniqExact(version) FROM schema_migrations"),
        ALL.len() as u64
    );
}

#[test]
fn a_database_ahead_of_the_program_is_refused() {
    let config = migrated(shared());
    execute(
        &config,
        "INSERT INTO schema_migrations VALUES (4711, 'from the future', 'parlance 9')",
    );
    let stop = CancellationToken::new();
    let error = wait(migrate(&config, &stop)).unwrap_err();
    assert!(matches!(error, Error::NewerSchema { found: 4711, .. }), "{error}");
    let error = wait(open(&config, 1, &Member::alone(), stop)).err().unwrap();
    assert!(matches!(error, Error::NewerSchema { found: 4711, .. }), "{error}");
}

#[test]
fn a_database_without_tables_names_the_command_that_makes_them() {
    let config = config(shared());
    let error = wait(open(&config, 1, &Member::alone(), CancellationToken::new()))
        .err()
        .unwrap();
    assert!(matches!(error, Error::OlderSchema { found: 0, .. }), "{error}");
    assert!(error.to_string().contains("parlance migrate"), "{error}");
}

#[test]
fn a_name_that_needs_quoting_is_a_database_like_any_other() {
    let mut config = config(shared());
    config.database.push_str("-`odd` name?");
    let stop = CancellationToken::new();
    wait(migrate(&config, &stop)).unwrap();
    wait(open(&config, 1, &Member::alone(), stop)).unwrap();
}
