-- How far each shard of each sink is durable, in log time (ms), and who may write. Every process of a pipeline writes
-- under a claim of its own, (generation, owner), so that one which was overtaken can tell; progress is written after
-- the rows it speaks of, so it never says too much. Rows of one key merge by maximum, in any order and however often:
-- there is one for each shard of each process that ever wrote. Read it with max and GROUP BY: rows that have not
-- merged yet stand side by side.
CREATE TABLE IF NOT EXISTS {database}.sink_progress
(
    sink             LowCardinality(String),
    cluster          LowCardinality(String),
    process          UInt32,
    shards           UInt32,
    shard            UInt32,
    claim            SimpleAggregateFunction(max, Tuple(UInt64, String)),
    complete_through SimpleAggregateFunction(max, UInt64)
)
ENGINE = AggregatingMergeTree
ORDER BY (sink, cluster, process, shards, shard)
SETTINGS
    non_replicated_deduplication_window = 10000
    -- On a cluster: ReplicatedAggregatingMergeTree, replicated_deduplication_window = 10000,
    -- replicated_deduplication_window_seconds = 604800.
