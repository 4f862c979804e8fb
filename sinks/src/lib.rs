//! Rows into ClickHouse, effectively once.
