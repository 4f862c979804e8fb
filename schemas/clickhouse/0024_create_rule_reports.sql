-- How many things of an hour each version of a rule matches, of what came before it too: what a dry run answers. Read with FINAL.
-- Not partitioned, as 0006.
CREATE TABLE IF NOT EXISTS {database}.rule_reports
(
    phone_number_id LowCardinality(String),
    rule_id         LowCardinality(String),
    rule_version    LowCardinality(String),
    window_start    DateTime('UTC') CODEC(Delta, ZSTD(1)),
    matched         UInt64,
    among           UInt64,
    actions         Array(LowCardinality(String)),
    version         UInt64 CODEC(Delta, ZSTD(1)),
    is_deleted      UInt8
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (phone_number_id, rule_id, rule_version, window_start)
SETTINGS
    non_replicated_deduplication_window = 10000
    -- On a cluster: ReplicatedReplacingMergeTree, replicated_deduplication_window = 10000,
    -- replicated_deduplication_window_seconds = 604800.
