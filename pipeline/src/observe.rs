//! What `/metrics` says of the pipeline, in words. The README has the same as a table.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// What grows by ones and has no labels: told from the beginning, so that "none yet" is not "unknown".
const COUNTERS: &[(&str, &str)] = &[
    ("pipeline_records_decoded_total", "records of the log that were read"),
    (
        "pipeline_records_unreadable_total",
        "records put aside because they cannot be read",
    ),
    (
        "pipeline_records_duplicate_total",
        "copies of what had been read before",
    ),
    (
        "pipeline_records_conflicting_total",
        "copies that say something else than the first",
    ),
    (
        "pipeline_log_gaps_total",
        "times the log lacked records where reading went on",
    ),
    (
        "pipeline_heartbeats_written_total",
        "heartbeats written to quiet partitions",
    ),
    ("pipeline_unknown_fields_total", "updates of a field that is not known"),
    ("pipeline_unknown_types_total", "messages of a type that is not known"),
    ("pipeline_unknown_keys_total", "keys in updates that are not known"),
    (
        "pipeline_misshapen_members_total",
        "members of updates that are not of the documented form",
    ),
    (
        "pipeline_messages_reread_total",
        "messages analysed again because an earlier one came later",
    ),
    (
        "pipeline_conversations_capped_total",
        "times the oldest message was let go of a conversation with too many",
    ),
    (
        "pipeline_threads_capped_total",
        "times the oldest moment was let go of a thread with too many",
    ),
    (
        "pipeline_triggers_too_old_total",
        "reactions that did not happen because what they are to was too old",
    ),
    (
        "pipeline_settings_unreadable_total",
        "settings that cannot be read and are not applied",
    ),
    ("pipeline_intervals_written_total", "intervals that became durable"),
    ("pipeline_snapshot_failures_total", "snapshots that came to nothing"),
    (
        "pipeline_snapshot_pieces_dropped_total",
        "pieces of snapshots that nobody had room for",
    ),
];

/// The same with labels.
const LABELLED: &[(&str, &str)] = &[
    (
        "pipeline_late_total",
        "messages, statuses and decisions that came too late, by what they were too late for",
    ),
    ("pipeline_verdicts_total", "verdicts, by judge"),
    ("pipeline_triggers_total", "reactions of rules, by mode"),
    ("pipeline_rows_emitted_total", "rows handed to the writer, by table"),
];

const GAUGES: &[(&str, Unit, &str)] = &[
    (
        "pipeline_frontier_age_seconds",
        Unit::Seconds,
        "how long ago that was up to which all is durable",
    ),
    (
        "pipeline_shard_age_seconds",
        Unit::Seconds,
        "the same of each shard of the sink that this process writes to",
    ),
    (
        "pipeline_lead_seconds",
        Unit::Seconds,
        "log time between what was read and what is durable",
    ),
    (
        "pipeline_lag_records",
        Unit::Count,
        "records of a partition that were not read yet",
    ),
    (
        "pipeline_source_in_flight_bytes",
        Unit::Bytes,
        "bytes of records read that are not durable",
    ),
    (
        "pipeline_intervals_waiting",
        Unit::Count,
        "intervals that wait for the writer",
    ),
    (
        "pipeline_actions_waiting",
        Unit::Count,
        "intervals whose actions wait to be written",
    ),
    ("pipeline_seen_ids", Unit::Count, "identities remembered to know copies"),
    (
        "pipeline_conversations",
        Unit::Count,
        "conversations remembered to understand messages",
    ),
    (
        "pipeline_verdicts_held",
        Unit::Count,
        "messages of which verdicts are remembered",
    ),
    ("pipeline_threads", Unit::Count, "threads remembered"),
    ("pipeline_people", Unit::Count, "customers remembered"),
    (
        "pipeline_timers_waiting",
        Unit::Count,
        "threads in which something comes due",
    ),
    (
        "pipeline_deliveries_held",
        Unit::Count,
        "messages whose delivery is followed",
    ),
    (
        "pipeline_subjects_remembered",
        Unit::Count,
        "what rules that come later are tried on",
    ),
    (
        "pipeline_open_windows",
        Unit::Count,
        "windows that still take something",
    ),
    (
        "pipeline_start_seconds",
        Unit::Seconds,
        "from the start to where the run before ended",
    ),
    (
        "pipeline_caught_up_seconds",
        Unit::Seconds,
        "from the start until all logged before it was durable",
    ),
    ("pipeline_snapshot_bytes", Unit::Bytes, "size of the newest snapshot"),
    (
        "pipeline_snapshot_timestamp_seconds",
        Unit::Seconds,
        "log time of the newest snapshot, since 1970",
    ),
    (
        "pipeline_snapshot_age_seconds",
        Unit::Seconds,
        "how long ago the newest snapshot was taken",
    ),
    (
        "pipeline_operator_seconds_total",
        Unit::Seconds,
        "how long operators worked",
    ),
    (
        "pipeline_worker_asleep_seconds_total",
        Unit::Seconds,
        "how long a worker had nothing to do",
    ),
    ("pipeline_arrangement_records", Unit::Count, "updates in arrangements"),
    ("pipeline_arrangement_batches", Unit::Count, "batches in arrangements"),
    (
        "pipeline_batcher_records",
        Unit::Count,
        "updates that wait to be arranged",
    ),
    ("pipeline_batcher_bytes", Unit::Bytes, "room that they take"),
];

const HISTOGRAMS: &[(&str, &str)] = &[
    ("pipeline_analysis_seconds", "analysing one message"),
    ("pipeline_interval_write_seconds", "making one interval durable"),
    ("pipeline_snapshot_seconds", "writing one snapshot"),
    (
        "pipeline_snapshot_pause_seconds",
        "how long an operator waits while its state is copied",
    ),
    ("pipeline_restore_seconds", "reading a snapshot back"),
];

/// Says what the metrics mean, and of those that count by ones that nothing was counted yet.
pub(crate) fn describe() {
    for (name, what) in COUNTERS {
        describe_counter!(*name, *what);
        metrics::counter!(*name).increment(0);
    }
    for (name, what) in LABELLED {
        describe_counter!(*name, *what);
    }
    for (name, unit, what) in GAUGES {
        describe_gauge!(*name, *unit, *what);
    }
    for (name, what) in HISTOGRAMS {
        describe_histogram!(*name, Unit::Seconds, *what);
    }
}
