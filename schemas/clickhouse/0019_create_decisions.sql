-- What people decided about conversations and customers. Partitions, tokens, TTL: see 0001.
CREATE TABLE IF NOT EXISTS {database}.decisions
(
    decision_id     String,
    phone_number_id LowCardinality(String),
    waba_id         LowCardinality(String),
    contact_id      String,
    group_id        String,
    kind            LowCardinality(String),
    team            LowCardinality(String),
    agent           LowCardinality(String),
    other_id        String,
    author          LowCardinality(String),
    at              DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    logged_at       DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    version         UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(logged_at)
ORDER BY (waba_id, contact_id, decision_id)
SETTINGS
    non_replicated_deduplication_window = 10000
    -- On a cluster: ReplicatedReplacingMergeTree, replicated_deduplication_window = 10000,
    -- replicated_deduplication_window_seconds = 604800.
