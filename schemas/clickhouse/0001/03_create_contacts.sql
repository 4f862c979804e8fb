-- Rows of a (waba_id, contact_id) merge by maximum and minimum, in any order and however often.
CREATE TABLE IF NOT EXISTS contacts
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
SETTINGS non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800
