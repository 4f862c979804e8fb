-- What came due: promises at risk and broken, service windows about to close, customers to be asked again. A row is taken
-- back (is_deleted = 1) when an answer turns out to have been in time. Read with FINAL. See 0014.
CREATE TABLE IF NOT EXISTS {database}.timers
(
    phone_number_id LowCardinality(String),
    message_id      String,
    event           LowCardinality(String),
    conversation_id String,
    waba_id         LowCardinality(String),
    contact_id      String,
    group_id        String,
    started_at      DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    due_at          DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    intent          LowCardinality(String),
    urgency         LowCardinality(String),
    team            LowCardinality(String),
    agent           LowCardinality(String),
    version         UInt64 CODEC(Delta, ZSTD(1)),
    is_deleted      UInt8,

    INDEX due_at_minmax due_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (phone_number_id, message_id, event)
SETTINGS
    non_replicated_deduplication_window = 10000
    -- On a cluster: ReplicatedReplacingMergeTree, replicated_deduplication_window = 10000,
    -- replicated_deduplication_window_seconds = 604800.
