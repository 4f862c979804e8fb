-- What became of each message and call: one row per status and recipient. Partitions, tokens, TTL: see 0001.
CREATE TABLE IF NOT EXISTS {database}.statuses
(
    phone_number_id     LowCardinality(String),
    message_id          String,
    status              LowCardinality(String),
    recipient_id        String,
    waba_id             LowCardinality(String),
    kind                LowCardinality(String),
    occurred_at         DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    group_id            String,
    callback_data       String,
    conversation_id     String,
    conversation_origin LowCardinality(String),
    pricing_category    LowCardinality(String),
    pricing_type        LowCardinality(String),
    pricing_model       LowCardinality(String),
    billable            Int8,
    error_code          Int64,
    error_title         LowCardinality(String),
    received_at         DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    logged_at           DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    raw                 String CODEC(ZSTD(3)),
    version             UInt64 CODEC(Delta, ZSTD(1)),

    INDEX occurred_at_minmax occurred_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(logged_at)
ORDER BY (phone_number_id, message_id, status, recipient_id)
SETTINGS
    non_replicated_deduplication_window = 10000
    -- On a cluster: ReplicatedReplacingMergeTree, replicated_deduplication_window = 10000,
    -- replicated_deduplication_window_seconds = 604800.
