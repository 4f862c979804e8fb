//! The dataflow: log to analysis, de-duplication, windows, rows.
