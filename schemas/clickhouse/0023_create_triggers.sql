-- What rules reacted to, live or for show, and what was, or would have been, done. Partitions, tokens, TTL: see 0001.
CREATE TABLE IF NOT EXISTS {database}.triggers
(
    phone_number_id LowCardinality(String),
    rule_id         LowCardinality(String),
    rule_version    LowCardinality(String),
    subject         String,
    reacts_to       LowCardinality(String),
    mode            LowCardinality(String),
    waba_id         LowCardinality(String),
    contact_id      String,
    group_id        String,
    conversation_id String,
    message_id      String,
    why             Array(LowCardinality(String)),
    actions         Array(String),
    at              DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    expires_at      DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    logged_at       DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    version         UInt64 CODEC(Delta, ZSTD(1)),

    INDEX at_minmax at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(logged_at)
ORDER BY (phone_number_id, rule_id, rule_version, subject)
SETTINGS
    non_replicated_deduplication_window = 10000
    -- On a cluster: ReplicatedReplacingMergeTree, replicated_deduplication_window = 10000,
    -- replicated_deduplication_window_seconds = 604800.
