-- How far each shard of each sink is durable, in log time (ms). Written after the rows it speaks of, so it never says
-- too much. A run of the pipeline writes under a claim of its own (generation, owner), so that one which was
-- overtaken can tell. The furthest of a key stays; rows not merged yet stand side by side: read the maximum.
CREATE TABLE IF NOT EXISTS {database}.sink_progress
(
    sink             LowCardinality(String),
    generation       UInt64,
    owner            String,
    shards           UInt32,
    shard            UInt32,
    complete_through UInt64
)
ENGINE = ReplacingMergeTree(complete_through)
ORDER BY (sink, generation, owner, shards, shard)
SETTINGS
    non_replicated_deduplication_window = 10000
    -- On a cluster: ReplicatedReplacingMergeTree, replicated_deduplication_window = 10000,
    -- replicated_deduplication_window_seconds = 604800.
