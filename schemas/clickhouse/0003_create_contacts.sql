-- Every customer of an account. Rows of one key merge by maximum and minimum, in any order and however often, so
-- the pipeline writes what each update says and keeps no customers in memory. Read it with GROUP BY and
-- max(name).2 and so on, or FINAL: rows that have not merged yet stand side by side.
--
-- The newest value wins by its event time, which is the first of each pair.
--
-- Not partitioned: rows of one customer must be able to merge, however far apart they came.
CREATE TABLE IF NOT EXISTS {database}.contacts
(
    waba_id       LowCardinality(String),
    contact_id    String,
    name          SimpleAggregateFunction(max, Tuple(DateTime64(3, 'UTC'), String)),
    username      SimpleAggregateFunction(max, Tuple(DateTime64(3, 'UTC'), String)),
    wa_id         SimpleAggregateFunction(max, Tuple(DateTime64(3, 'UTC'), String)),
    user_id       SimpleAggregateFunction(max, Tuple(DateTime64(3, 'UTC'), String)),
    first_seen_at SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
    last_seen_at  SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY (waba_id, contact_id)
SETTINGS
    non_replicated_deduplication_window = 10000
    -- On a cluster: ReplicatedAggregatingMergeTree, replicated_deduplication_window = 10000,
    -- replicated_deduplication_window_seconds = 604800.
