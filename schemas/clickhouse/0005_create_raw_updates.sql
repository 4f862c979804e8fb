-- Whatever else came: updates without a table of their own, unknown, unreadable, or at odds with what was logged
-- before. Nothing that Meta signed is thrown away. Partitions, tokens, TTL: see 0001.
CREATE TABLE IF NOT EXISTS {database}.raw_updates
(
    update_id       String,
    waba_id         LowCardinality(String),
    phone_number_id LowCardinality(String),
    field           LowCardinality(String),
    part            LowCardinality(String),
    name            LowCardinality(String),
    reason          LowCardinality(String),
    detail          String,
    occurred_at     DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    received_at     DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    logged_at       DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    raw             String CODEC(ZSTD(3)),
    version         UInt64 CODEC(Delta, ZSTD(1)),

    INDEX occurred_at_minmax occurred_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(logged_at)
ORDER BY (waba_id, field, part, update_id)
SETTINGS
    non_replicated_deduplication_window = 10000
    -- On a cluster: ReplicatedReplacingMergeTree, replicated_deduplication_window = 10000,
    -- replicated_deduplication_window_seconds = 604800.
