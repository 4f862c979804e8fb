-- What became of each message the business sent, by recipient: one row for each status, merged by minimum and maximum, in any
-- order and however often. So the last word does not depend on which status came first. What it is in one word: played, read
-- or delivered if any of these is known (read implies delivered), else failed, else sent. Read with GROUP BY or FINAL.
--
-- Not partitioned: rows of one message must be able to merge, however far apart they came. Texts are plain strings within the
-- aggregates: the client checks types by name and knows no LowCardinality there.
CREATE TABLE IF NOT EXISTS {database}.deliveries
(
    phone_number_id  LowCardinality(String),
    message_id       String,
    recipient_id     String,
    waba_id          SimpleAggregateFunction(max, String),
    sent_at          SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))),
    delivered_at     SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))),
    read_at          SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))),
    played_at        SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))),
    failed_at        SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))),
    error_code       SimpleAggregateFunction(max, Int64),
    pricing_category SimpleAggregateFunction(max, String),
    pricing_type     SimpleAggregateFunction(max, String),
    pricing_model    SimpleAggregateFunction(max, String),
    billable         SimpleAggregateFunction(max, Int8),
    country          SimpleAggregateFunction(max, String)
)
ENGINE = AggregatingMergeTree
ORDER BY (phone_number_id, message_id, recipient_id)
SETTINGS
    non_replicated_deduplication_window = 10000
    -- On a cluster: ReplicatedAggregatingMergeTree, replicated_deduplication_window = 10000,
    -- replicated_deduplication_window_seconds = 604800.
