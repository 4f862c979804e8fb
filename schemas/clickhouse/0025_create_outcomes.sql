-- What became of actions, a row for each attempt; an action succeeds once. Partitions, tokens, TTL: see 0001.
CREATE TABLE IF NOT EXISTS {database}.outcomes
(
    outcome_id      String,
    phone_number_id LowCardinality(String),
    action_id       String,
    rule_id         LowCardinality(String),
    rule_version    LowCardinality(String),
    action          LowCardinality(String),
    made            LowCardinality(String),
    state           LowCardinality(String),
    attempt         UInt32,
    waba_id         LowCardinality(String),
    contact_id      String,
    group_id        String,
    conversation_id String,
    message_id      String,
    external_id     String,
    url             String,
    error           String,
    at              DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    logged_at       DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    version         UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(logged_at)
ORDER BY (phone_number_id, action_id, outcome_id)
SETTINGS
    non_replicated_deduplication_window = 10000
    -- On a cluster: ReplicatedReplacingMergeTree, replicated_deduplication_window = 10000,
    -- replicated_deduplication_window_seconds = 604800.
