-- One row per (phone_number_id, message_id, status, recipient_id).
CREATE TABLE IF NOT EXISTS statuses
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
    error_title         String,
    received_at         DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    logged_at           DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    raw                 String CODEC(ZSTD(3)),
    version             UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(logged_at)
ORDER BY (phone_number_id, message_id, status, recipient_id)
SETTINGS non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800
