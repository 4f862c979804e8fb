-- One row per (phone_number_id, message_id); of several, the largest version stays.
-- By month of log time, so that one interval's rows are one part, and old months can be dropped whole.
-- The windows remember the tokens of inserts (0, none, by default; an hour when replicated): a block sent again is stored once.
CREATE TABLE IF NOT EXISTS messages
(
    phone_number_id      LowCardinality(String),
    message_id           String,
    waba_id              LowCardinality(String),
    direction            LowCardinality(String),
    origin               LowCardinality(String),
    contact_id           String,
    contact_name         String,
    sent_at              DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    time_source          LowCardinality(String),
    type                 LowCardinality(String),
    type_name            LowCardinality(String),
    text                 String CODEC(ZSTD(3)),
    context_id           String,
    group_id             String,
    error_code           Int64,
    language             LowCardinality(String),
    language_confidence  Float32,
    intent               LowCardinality(String),
    intent_confidence    Float32,
    sentiment            LowCardinality(String),
    sentiment_confidence Float32,
    urgency              LowCardinality(String),
    urgency_confidence   Float32,
    analyser             LowCardinality(String),
    received_at          DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    logged_at            DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    raw                  String CODEC(ZSTD(3)),
    version              UInt64 CODEC(Delta, ZSTD(1)),
    -- Parts are written in time order: young parts outside a page's range are not read at all.
    INDEX sent_at_range sent_at TYPE minmax GRANULARITY 1,
    -- A conversation: reads the few granules that hold the contact.
    INDEX contact_filter contact_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(logged_at)
ORDER BY (phone_number_id, message_id)
SETTINGS non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800
