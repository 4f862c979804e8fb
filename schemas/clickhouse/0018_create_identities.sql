-- Which identifiers are of the same customer: pairs, each with how it is known; the newest word on a pair stands. Who somebody
-- is follows from all pairs that hang together (linked = 1). See 0014 for why it is not partitioned.
CREATE TABLE IF NOT EXISTS {database}.identities
(
    waba_id     LowCardinality(String),
    kind        LowCardinality(String),
    value       String,
    other_kind  LowCardinality(String),
    other_value String,
    source      LowCardinality(String),
    linked      UInt8,
    author      LowCardinality(String),
    at          DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    version     UInt64 CODEC(Delta, ZSTD(1)),

    INDEX other_value_bloom other_value TYPE bloom_filter GRANULARITY 4
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (waba_id, value, kind, other_value, other_kind)
SETTINGS
    non_replicated_deduplication_window = 10000
    -- On a cluster: ReplicatedReplacingMergeTree, replicated_deduplication_window = 10000,
    -- replicated_deduplication_window_seconds = 604800.
