-- Conversations: one row for each, replaced as it goes on or late messages change it; is_deleted = 1 takes one back (a late
-- message may join two, or give one an earlier beginning and so another id). Read with FINAL. Durations are milliseconds.
--
-- Not partitioned: a correction must land where the row it replaces is, however old that is.
CREATE TABLE IF NOT EXISTS {database}.conversations
(
    phone_number_id         LowCardinality(String),
    conversation_id         String,
    waba_id                 LowCardinality(String),
    contact_id              String,
    group_id                String,
    started_at              DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    last_at                 DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    ended_at                Nullable(DateTime64(3, 'UTC')),
    state                   LowCardinality(String),
    started_by              LowCardinality(String),
    continued               UInt8,
    inbound                 UInt32,
    outbound                UInt32,
    turns                   UInt32,
    answered                UInt32,
    first_response_any_ms   Nullable(Int64),
    first_response_bot_ms   Nullable(Int64),
    first_response_human_ms Nullable(Int64),
    first_response_agent_ms Nullable(Int64),
    waiting_since           Nullable(DateTime64(3, 'UTC')),
    window_closes_at        Nullable(DateTime64(3, 'UTC')),
    windows_lost            UInt32,
    resolution_first_ms     Nullable(Int64),
    resolution_last_ms      Nullable(Int64),
    resolution_active_ms    Nullable(Int64),
    reopened                UInt32,
    team                    LowCardinality(String),
    agent                   LowCardinality(String),
    intent                  LowCardinality(String),
    sentiment               LowCardinality(String),
    urgency                 LowCardinality(String),
    consecutive_negative    UInt32,
    sentiment_trend_milli   Int32,
    version                 UInt64 CODEC(Delta, ZSTD(1)),
    is_deleted              UInt8,

    INDEX last_at_minmax last_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (phone_number_id, conversation_id)
SETTINGS
    non_replicated_deduplication_window = 10000
    -- On a cluster: ReplicatedReplacingMergeTree, replicated_deduplication_window = 10000,
    -- replicated_deduplication_window_seconds = 604800.
