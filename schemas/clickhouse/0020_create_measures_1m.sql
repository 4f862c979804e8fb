-- What windows of a minute of event time measured beside messages: one row per number, window, measure and label, replaced
-- whenever late data change it. Rows add up over windows, member by member: count with sum, within with sumForEach, buckets
-- with sumMap; a quantile is read off the summed buckets. A bucket b begins at b ms below 32, else at
-- bitShiftLeft(16 + b % 16, intDiv(b, 16) - 1) ms, and ends where the next begins. Read with FINAL.
--
-- Not partitioned, as 0006.
CREATE TABLE IF NOT EXISTS {database}.measures_1m
(
    phone_number_id LowCardinality(String),
    window_start    DateTime('UTC') CODEC(Delta, ZSTD(1)),
    measure         LowCardinality(String),
    by              LowCardinality(String),
    label           LowCardinality(String),
    count           UInt64,
    sum             Int64,
    within          Array(UInt64),
    buckets         Map(Int16, UInt64),
    version         UInt64 CODEC(Delta, ZSTD(1)),
    is_deleted      UInt8,

    INDEX version_minmax version TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (phone_number_id, measure, window_start, by, label)
SETTINGS
    non_replicated_deduplication_window = 10000
    -- On a cluster: ReplicatedReplacingMergeTree, replicated_deduplication_window = 10000,
    -- replicated_deduplication_window_seconds = 604800.
