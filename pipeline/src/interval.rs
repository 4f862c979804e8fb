//! What one shard writes for one tick: each key once, sorted, so that the same log always gives the same bytes.

use std::collections::BTreeMap;

use parlance_schemas::labels::Measure;
use parlance_schemas::rows::{ContactRow, DeliveryRow, Interval, MeasureRow, MetricRow, OutcomeRow, VerdictRow};

use crate::event::{Diff, Time};
use crate::rows::Row;
use crate::summary::{MeasureKey, Summary};
use crate::tally::Tally;
use crate::windows::{Key, Width};

/// Puts an interval together from the updates of its tick.
pub(crate) fn assemble(shard: u32, through: Time, updates: Vec<(Row, Diff)>) -> Interval {
    let mut interval = Interval {
        shard,
        through,
        ..Interval::default()
    };
    let mut contacts: BTreeMap<(String, String), ContactRow> = BTreeMap::new();
    let mut metrics: BTreeMap<(Width, Key), Option<Tally>> = BTreeMap::new();
    let mut measures: BTreeMap<(Width, MeasureKey, Measure), [Option<Summary>; 2]> = BTreeMap::new();
    let (mut conversations, mut turns, mut timers) = (Standing::default(), Standing::default(), Standing::default());
    let (mut identities, mut triggers, mut reports) = (Standing::default(), Standing::default(), Standing::default());
    let mut deliveries: BTreeMap<[String; 3], DeliveryRow> = BTreeMap::new();
    for (row, diff) in updates {
        match row {
            // What is taken back is given anew in the same tick.
            Row::Message(row) if diff > 0 => interval.messages.push(*row),
            Row::Message(_) => {}
            Row::Status(row) => interval.statuses.push(*row),
            Row::AccountEvent(row) => interval.account_events.push(*row),
            Row::RawUpdate(row) => interval.raw_updates.push(*row),
            Row::Said(_) => unreachable!("every verdict has been applied"),
            Row::Verdict(row) => interval.verdicts.push(*row),
            Row::Contact(row) => {
                let key = (row.waba_id.clone(), row.contact_id.clone());
                match contacts.get_mut(&key) {
                    Some(known) => merge(known, *row),
                    None => {
                        contacts.insert(key, *row);
                    }
                }
            }
            Row::Decision(row) => interval.decisions.push(*row),
            Row::Outcome(row) => interval.outcomes.push(*row),
            Row::Identity(row) => identities.take(row.key(), *row, diff),
            Row::Delivery(row) => match deliveries.get_mut(&row.key()) {
                Some(known) => known.merge(&row),
                None => {
                    deliveries.insert(row.key(), *row);
                }
            },
            Row::Conversation(row) => conversations.take(row.key(), *row, diff),
            Row::Turn(row) => turns.take(row.key(), *row, diff),
            Row::Timer(row) => timers.take(row.key(), *row, diff),
            Row::Trigger(row) => triggers.take(row.key(), *row, diff),
            Row::RuleReport(row) => reports.take(row.key(), *row, diff),
            Row::InForce(_) => unreachable!("says nothing to a table"),
            Row::Measure(width, measured) => {
                let (key, sums) = *measured;
                for (measure, summary) in sums.into_vec() {
                    let [before, now] = measures.entry((width, key.clone(), measure)).or_default();
                    *(if diff > 0 { now } else { before }) = Some(summary);
                }
            }
            // Of a window that changed one row is taken back and one given, in any order: what is given stands,
            // and when nothing is, the window is gone.
            Row::Metric(width, metric) => {
                let (key, tally) = *metric;
                let last = metrics.entry((width, key)).or_default();
                if diff > 0 {
                    *last = Some(tally);
                }
            }
        }
    }
    interval
        .messages
        .sort_by(|a, b| (&a.phone_number_id, &a.message_id).cmp(&(&b.phone_number_id, &b.message_id)));
    interval.statuses.sort_by(|a, b| {
        let key = |row: &'_ parlance_schemas::rows::StatusRow| {
            [
                row.phone_number_id.clone(),
                row.message_id.clone(),
                row.status.clone(),
                row.recipient_id.clone(),
            ]
        };
        key(a).cmp(&key(b))
    });
    interval.account_events.sort_by(|a, b| a.event_id.cmp(&b.event_id));
    interval.raw_updates.sort_by(|a, b| a.update_id.cmp(&b.update_id));
    interval.verdicts.sort_by(|a, b| {
        let key = |row: &'_ VerdictRow| {
            (
                row.phone_number_id.clone(),
                row.message_id.clone(),
                row.judge,
                row.author.clone(),
                row.given_at,
            )
        };
        key(a).cmp(&key(b))
    });
    interval.contacts = contacts.into_values().collect();
    interval.decisions.sort_by(|a, b| a.decision_id.cmp(&b.decision_id));
    interval.outcomes.sort_by_key(OutcomeRow::key);
    interval.deliveries = deliveries.into_values().collect();
    interval.identities = identities.rows(|row, _| row.version = through);
    interval.conversations = conversations.rows(|row, gone| (row.version, row.is_deleted) = (through, gone.into()));
    interval.turns = turns.rows(|row, gone| (row.version, row.is_deleted) = (through, gone.into()));
    interval.timers = timers.rows(|row, gone| (row.version, row.is_deleted) = (through, gone.into()));
    interval.triggers = triggers.rows(|row, _| row.version = through);
    interval.rule_reports = reports.rows(|row, gone| (row.version, row.is_deleted) = (through, gone.into()));
    for ((width, key, measure), [before, now]) in measures {
        // A window's key has many measures, of which one may have changed.
        if before == now {
            continue;
        }
        let rows = match width {
            Width::Minute => &mut interval.measures_1m,
            Width::Hour => &mut interval.measures_1h,
            Width::Day => &mut interval.measures_1d,
        };
        rows.push(measure_row((key, measure), now, through));
    }
    for ((width, key), tally) in metrics {
        let rows = match width {
            Width::Minute => &mut interval.metrics_1m,
            Width::Hour => &mut interval.metrics_1h,
            Width::Day => &mut interval.metrics_1d,
        };
        rows.push(metric_row(key, tally, through));
    }
    interval
}

/// Of each key the row that was taken back in the tick, and the one that stands at its end.
struct Standing<K, R>(BTreeMap<K, [Option<R>; 2]>);

impl<K, R> Default for Standing<K, R> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord, R: PartialEq> Standing<K, R> {
    /// Of a key that changed one row is taken back and one given, in any order.
    fn take(&mut self, key: K, row: R, diff: Diff) {
        let [before, now] = self.0.entry(key).or_default();
        *(if diff > 0 { now } else { before }) = Some(row);
    }

    /// The rows by key, but for those that were given again as they were; `finish` is told whether a row is gone.
    fn rows(self, finish: impl Fn(&mut R, bool)) -> Vec<R> {
        let changed = self.0.into_values().filter(|[before, now]| before != now);
        let finished = changed.filter_map(|[before, now]| {
            let gone = now.is_none();
            let mut row = now.or(before)?;
            finish(&mut row, gone);
            Some(row)
        });
        finished.collect()
    }
}

fn measure_row((key, measure): (MeasureKey, Measure), summary: Option<Summary>, version: Time) -> MeasureRow {
    let is_deleted = u8::from(summary.is_none());
    let summary = summary.unwrap_or_default();
    let counted = |count: i64| u64::try_from(count).expect("no more was taken back than was counted");
    MeasureRow {
        phone_number_id: key.phone_number_id,
        window_start: u32::try_from(key.start / 1_000).expect("event time is clamped to log time, before 2106"),
        measure,
        by: key.by,
        label: key.label,
        count: counted(summary.count),
        sum: summary.sum,
        within: summary.within().iter().map(|count| counted(*count)).collect(),
        buckets: summary
            .buckets()
            .iter()
            .map(|(bucket, count)| (*bucket, counted(*count)))
            .collect(),
        version,
        is_deleted,
    }
}

/// The same maximum and minimum as the table takes, so that an interval has one row for each customer.
fn merge(known: &mut ContactRow, other: ContactRow) {
    known.name = std::mem::take(&mut known.name).max(other.name);
    known.username = std::mem::take(&mut known.username).max(other.username);
    known.wa_id = std::mem::take(&mut known.wa_id).max(other.wa_id);
    known.user_id = std::mem::take(&mut known.user_id).max(other.user_id);
    known.first_seen_at = known.first_seen_at.min(other.first_seen_at);
    known.last_seen_at = known.last_seen_at.max(other.last_seen_at);
}

fn metric_row(key: Key, tally: Option<Tally>, version: Time) -> MetricRow {
    let is_deleted = u8::from(tally.is_none());
    let tally = tally.unwrap_or_default();
    MetricRow {
        phone_number_id: key.phone_number_id,
        window_start: u32::try_from(key.start / 1_000).expect("event time is clamped to log time, before 2106"),
        direction: key.direction,
        messages: u64::try_from(tally.messages).expect("more messages were never taken back than were counted"),
        by_origin: tally.by_origin(),
        by_type: tally.by_type(),
        by_intent: tally.by_intent(),
        by_sentiment: tally.by_sentiment(),
        by_urgency: tally.by_urgency(),
        by_language: tally.by_language(),
        version,
        is_deleted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlance_schemas::labels::Direction;

    fn metric(tally: i64, diff: Diff) -> (Row, Diff) {
        let key = Key {
            phone_number_id: "1".into(),
            start: 60_000,
            direction: Direction::Inbound,
        };
        let tally = Tally::of_count(tally);
        (Row::Metric(Width::Minute, Box::new((key, tally))), diff)
    }

    #[test]
    fn of_a_corrected_window_the_row_that_is_given_stands() {
        let interval = assemble(0, 1_000, vec![metric(2, 1), metric(1, -1)]);
        assert_eq!(interval.metrics_1m.len(), 1);
        assert_eq!(
            (interval.metrics_1m[0].messages, interval.metrics_1m[0].is_deleted),
            (2, 0)
        );
        assert_eq!(interval.metrics_1m[0].window_start, 60);
    }

    #[test]
    fn a_window_that_is_only_taken_back_leaves_a_tombstone() {
        let interval = assemble(0, 1_000, vec![metric(1, -1)]);
        assert_eq!(
            (interval.metrics_1m[0].messages, interval.metrics_1m[0].is_deleted),
            (0, 1)
        );
    }

    #[test]
    fn what_is_said_of_a_customer_is_folded_into_one_row() {
        let contact = |at, name: &str| {
            let row = ContactRow {
                waba_id: "w".into(),
                contact_id: "c".into(),
                name: (at, name.into()),
                username: (0, String::new()),
                wa_id: (at, "49".into()),
                user_id: (0, String::new()),
                first_seen_at: at,
                last_seen_at: at,
            };
            (Row::Contact(Box::new(row)), 1)
        };
        let interval = assemble(0, 1_000, vec![contact(5, "new"), contact(3, "old")]);
        assert_eq!(interval.contacts.len(), 1);
        let row = &interval.contacts[0];
        assert_eq!(
            (row.name.1.as_str(), row.first_seen_at, row.last_seen_at),
            ("new", 3, 5)
        );
    }
}
