//! The embedded ClickHouse: the real engine, hosted in a child process.
