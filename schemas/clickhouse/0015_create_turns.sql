-- Turns of customers and how long each waited, in three series (anything, bots, people) and on two clocks (calendar, business
-- hours). A turn without an answer is a row too: shares and percentiles that leave it out would reward not answering. Read
-- with FINAL. See 0014.
CREATE TABLE IF NOT EXISTS {database}.turns
(
    phone_number_id            LowCardinality(String),
    message_id                 String,
    conversation_id            String,
    waba_id                    LowCardinality(String),
    contact_id                 String,
    group_id                   String,
    first                      UInt8,
    started_at                 DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    last_at                    DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    messages                   UInt32,
    state                      LowCardinality(String),
    response_any_ms            Nullable(Int64),
    response_bot_ms            Nullable(Int64),
    response_human_ms          Nullable(Int64),
    response_any_business_ms   Nullable(Int64),
    response_bot_business_ms   Nullable(Int64),
    response_human_business_ms Nullable(Int64),
    team                       LowCardinality(String),
    agent                      LowCardinality(String),
    intent                     LowCardinality(String),
    sentiment                  LowCardinality(String),
    urgency                    LowCardinality(String),
    due_at                     Nullable(DateTime64(3, 'UTC')),
    kept_at                    Nullable(DateTime64(3, 'UTC')),
    version                    UInt64 CODEC(Delta, ZSTD(1)),
    is_deleted                 UInt8,

    INDEX started_at_minmax started_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (phone_number_id, message_id)
SETTINGS
    non_replicated_deduplication_window = 10000
    -- On a cluster: ReplicatedReplacingMergeTree, replicated_deduplication_window = 10000,
    -- replicated_deduplication_window_seconds = 604800.
