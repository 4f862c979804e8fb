-- The same in windows of a day (UTC). See 0020.
CREATE TABLE IF NOT EXISTS {database}.measures_1d
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
