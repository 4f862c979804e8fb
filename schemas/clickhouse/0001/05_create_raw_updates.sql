-- One row per update_id.
CREATE TABLE IF NOT EXISTS raw_updates
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
    version         UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(logged_at)
ORDER BY (waba_id, update_id)
SETTINGS non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800
