-- Tallies of an hour: one row per (phone_number_id, window_start, direction); the largest version counts, and
-- is_deleted takes the window back. An interval's rows may span two partitions: tokens are kept per partition.
CREATE TABLE IF NOT EXISTS metrics_1h
(
    phone_number_id LowCardinality(String),
    window_start    DateTime('UTC') CODEC(Delta, ZSTD(1)),
    direction       LowCardinality(String),
    messages        UInt64,
    by_origin       Map(LowCardinality(String), UInt64),
    by_type         Map(LowCardinality(String), UInt64),
    by_intent       Map(LowCardinality(String), UInt64),
    by_sentiment    Map(LowCardinality(String), UInt64),
    by_urgency      Map(LowCardinality(String), UInt64),
    by_language     Map(LowCardinality(String), UInt64),
    version         UInt64 CODEC(Delta, ZSTD(1)),
    is_deleted      UInt8
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYear(window_start)
ORDER BY (phone_number_id, window_start, direction)
SETTINGS non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800
