//! The ClickHouse DDL as numbered, idempotent statements, in the order in which they are applied.
//!
//! Each file of `schemas/clickhouse` is one migration and holds one statement. ClickHouse has no transactions, so a
//! migration that was cut off is applied again: every statement must be harmless the second time. A file that was
//! ever released is not edited but followed by another. The record of what was applied (`schema_migrations`) is the
//! migrator's own and made by it.

/// Stands for the database in every statement.
pub const DATABASE: &str = "{database}";

/// One numbered step of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its place in the order, from 1, without gaps.
    pub number: u32,
    /// What it does: verb and object, as in the file's name.
    pub name: &'static str,
    /// One statement, with [`DATABASE`] for the database's name.
    pub sql: &'static str,
}

impl Migration {
    /// The statement for a database of this name, whatever the name holds.
    pub fn sql(&self, database: &str) -> String {
        let quoted = format!("`{}`", database.replace('\\', "\\\\").replace('`', "\\`"));
        self.sql.replace(DATABASE, &quoted)
    }
}

macro_rules! migrations {
    ($($number:literal $file:literal $name:literal,)+) => {
        &[$(Migration {
            number: $number,
            name: $name,
            sql: include_str!(concat!("../clickhouse/", $file, "_", $name, ".sql")),
        },)+]
    };
}

/// Every migration, by number.
pub const ALL: &[Migration] = migrations! {
    1 "0001" "create_messages",
    2 "0002" "create_statuses",
    3 "0003" "create_contacts",
    4 "0004" "create_account_events",
    5 "0005" "create_raw_updates",
    6 "0006" "create_metrics_1m",
    7 "0007" "create_metrics_1h",
    8 "0008" "create_metrics_1d",
    9 "0009" "create_sink_progress",
    10 "0010" "add_findings_to_messages",
    11 "0011" "add_judges_to_messages",
    12 "0012" "create_verdicts",
    13 "0013" "add_authors_to_messages",
    14 "0014" "create_conversations",
    15 "0015" "create_turns",
    16 "0016" "create_timers",
    17 "0017" "create_deliveries",
    18 "0018" "create_identities",
    19 "0019" "create_decisions",
    20 "0020" "create_measures_1m",
    21 "0021" "create_measures_1h",
    22 "0022" "create_measures_1d",
    23 "0023" "create_triggers",
    24 "0024" "create_rule_reports",
    25 "0025" "create_outcomes",
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Table;

    #[test]
    fn numbers_have_no_gaps_and_every_file_is_listed() {
        for (index, migration) in ALL.iter().enumerate() {
            assert_eq!(migration.number as usize, index + 1);
        }
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/clickhouse");
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), ALL.len());
    }

    #[test]
    fn every_statement_may_be_applied_twice_and_names_its_database() {
        for migration in ALL {
            assert!(
                migration.sql.contains("IF NOT EXISTS") && migration.sql.contains(" {database}."),
                "{}",
                migration.name
            );
            assert!(migration.sql("my`db").contains(" `my\\`db`."), "{}", migration.name);
            assert!(!migration.sql("x").contains(DATABASE), "{}", migration.name);
        }
    }

    #[test]
    fn every_table_is_created_with_a_deduplication_window() {
        for table in Table::ALL {
            let create = format!("CREATE TABLE IF NOT EXISTS {DATABASE}.{}\n", table.name());
            let migration = ALL.iter().find(|migration| migration.sql.contains(&create));
            let migration = migration.unwrap_or_else(|| panic!("no migration creates {}", table.name()));
            assert!(
                migration.sql.contains("non_replicated_deduplication_window = 10000"),
                "{}",
                table.name()
            );
        }
    }
}
