//! Which shard of the sink a row belongs to: by our own stable hash of the row's unique key, so that the number of
//! workers may change between runs and the rows of a key are always written by one writer, in order.

use parlance_schemas::rows::shard_of;

use crate::rows::Row;

/// The shard of a row.
pub(crate) fn shard(row: &Row, shards: u32) -> u32 {
    if shards == 1 {
        return 0;
    }
    match row {
        Row::Message(row) => hash(&[&row.phone_number_id, &row.message_id], shards),
        Row::Status(row) => hash(&[&row.phone_number_id, &row.message_id], shards),
        Row::Contact(row) => hash(&[&row.waba_id, &row.contact_id], shards),
        Row::AccountEvent(row) => hash(&[&row.event_id], shards),
        Row::Said(verdict) => hash(&[&verdict.message.phone_number_id, &verdict.message.message_id], shards),
        Row::Verdict(row) => hash(&[&row.phone_number_id, &row.message_id], shards),
        Row::RawUpdate(row) => hash(&[&row.update_id], shards),
        Row::Decision(row) => hash(&[&row.decision_id], shards),
        Row::Outcome(row) => hash(&[&row.phone_number_id, &row.action_id], shards),
        Row::Identity(row) => hash(&[&row.waba_id, &row.value, &row.other_value], shards),
        Row::Delivery(row) => hash(&[&row.phone_number_id, &row.message_id], shards),
        Row::Conversation(row) => hash(&[&row.phone_number_id, &row.conversation_id], shards),
        Row::Turn(row) => hash(&[&row.phone_number_id, &row.message_id], shards),
        Row::Timer(row) => hash(&[&row.phone_number_id, &row.message_id], shards),
        Row::Trigger(row) => hash(&[&row.phone_number_id, &row.rule_id, &row.subject], shards),
        Row::RuleReport(row) => {
            let start = row.window_start.to_string();
            hash(&[&row.phone_number_id, &row.rule_id, &row.rule_version, &start], shards)
        }
        Row::InForce(_) => unreachable!("says nothing to a table"),
        Row::Measure(width, measured) => {
            let (key, _) = &**measured;
            let start = key.start.to_string();
            hash(
                &[width.label(), &key.phone_number_id, &start, key.by.as_str(), &key.label],
                shards,
            )
        }
        Row::Metric(width, metric) => {
            let (key, _) = &**metric;
            let start = key.start.to_string();
            hash(
                &[width.label(), &key.phone_number_id, &start, key.direction.as_str()],
                shards,
            )
        }
    }
}

fn hash(key: &[&str], shards: u32) -> u32 {
    shard_of(key.join("\0").as_bytes(), shards)
}
