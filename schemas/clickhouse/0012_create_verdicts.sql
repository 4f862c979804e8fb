-- What people, and language models that were asked, said of messages: one row a verdict. What follows from them stands in
-- messages (intent, intent_by, …); here is who said what, when, and what the message was held to be before: the share of
-- labels that people correct is read off this. Labels are empty where nothing was said. Partitions, tokens, TTL: see 0001.
CREATE TABLE IF NOT EXISTS {database}.verdicts
(
    phone_number_id  LowCardinality(String),
    message_id       String,
    judge            LowCardinality(String),
    author           LowCardinality(String),
    given_at         DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    intent           LowCardinality(String),
    sentiment        LowCardinality(String),
    urgency          LowCardinality(String),
    language         LowCardinality(String),
    confidence       Float32,
    intent_before    LowCardinality(String),
    sentiment_before LowCardinality(String),
    urgency_before   LowCardinality(String),
    language_before  LowCardinality(String),
    logged_at        DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    version          UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(logged_at)
ORDER BY (phone_number_id, message_id, judge, author, given_at)
SETTINGS
    non_replicated_deduplication_window = 10000
    -- On a cluster: ReplicatedReplacingMergeTree, replicated_deduplication_window = 10000,
    -- replicated_deduplication_window_seconds = 604800.
