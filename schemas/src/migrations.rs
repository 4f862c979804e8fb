//! The ClickHouse DDL as numbered, idempotent statements, in the order in which they are applied.
