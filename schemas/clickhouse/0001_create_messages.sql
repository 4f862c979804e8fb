-- Every message, either way: received, written on the phone app, imported, sent by us. One row per
-- (phone_number_id, message_id): that is the sorting key, and of equal keys the largest version (log time) stays.
--
-- Partitions are months of log time, not of event time: one interval of the pipeline then is one partition, hence
-- one block, which is what an insert is atomic and de-duplicated by. An import of old messages opens no old month.
--
-- Pages go by time, the sorting key does not: by_time keeps the columns that pages are filtered by in the order of
-- pages, 41 bytes per row. The newest 50 of 2 million rows take 5 ms and one granule instead of 130 ms and all of
-- them (2 shared cores). It serves what asks for these columns only, without FINAL: find the keys of a page so, with
-- LIMIT 1 BY the key, then read the rows by key, with FINAL.
--
-- text_ngrams finds what contains a piece of text of three letters or more, in languages that put no spaces between
-- words too; some 40 bytes per row of 60 letters. Ask it as `lowerUTF8(text) LIKE lowerUTF8('%…%')`: other functions
-- read every text.
--
-- No TTL: how long messages are kept is the operator's decision, not a default of ours.
CREATE TABLE IF NOT EXISTS {database}.messages
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
    text                 String CODEC(ZSTD(1)),
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

    INDEX sent_at_minmax sent_at TYPE minmax GRANULARITY 1,
    INDEX version_minmax version TYPE minmax GRANULARITY 1,
    INDEX contact_bloom contact_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX text_ngrams lowerUTF8(text) TYPE text(tokenizer = ngrams(3)),
    PROJECTION by_time
    (
        SELECT
            sent_at, message_id, phone_number_id, contact_id, direction, origin, type, language, intent, sentiment, urgency
        ORDER BY sent_at, message_id, phone_number_id
    )
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(logged_at)
ORDER BY (phone_number_id, message_id)
SETTINGS
    -- Each insert carries a token; the newest 10000 per table are remembered: at two shards and one interval a second
    -- over an hour of retries. The default, 0, remembers none.
    non_replicated_deduplication_window = 10000,
    -- When two rows of one key merge, the projection is made anew.
    deduplicate_merge_projection_mode = 'rebuild'
    -- On a cluster the engine is ReplicatedReplacingMergeTree, and the same is said by
    -- replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800.
