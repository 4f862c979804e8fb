-- How far each shard of a sink is durable, per claim (generation, owner) on the sink; the largest claim may write.
CREATE TABLE IF NOT EXISTS sink_progress
(
    sink             LowCardinality(String),
    generation       UInt64,
    owner            String,
    shards           UInt32,
    shard            UInt32,
    complete_through UInt64
)
ENGINE = ReplacingMergeTree(complete_through)
ORDER BY (sink, generation, owner, shard)
SETTINGS non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800
