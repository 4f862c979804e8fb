-- Tallies per day of event time (UTC). See 0006.
CREATE TABLE IF NOT EXISTS {database}.metrics_1d
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
    is_deleted      UInt8,

    INDEX version_minmax version TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (phone_number_id, window_start, direction)
SETTINGS
    non_replicated_deduplication_window = 10000
    -- On a cluster: ReplicatedReplacingMergeTree, replicated_deduplication_window = 10000,
    -- replicated_deduplication_window_seconds = 604800.
