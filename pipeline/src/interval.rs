//! What one shard writes for one tick: each key once, sorted, so that the same log always gives the same bytes.

use std::cmp::Ordering;

use parlance_schemas::labels::Measure;
use parlance_schemas::rows::{
    ContactRow, ConversationRow, DeliveryRow, IdentityRow, Interval, MeasureRow, MessageRow, MetricRow, OutcomeRow,
    RuleReportRow, StatusRow, TimerRow, TriggerRow, TurnRow, VerdictRow,
};

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
    let (mut conversations, mut turns, mut timers) = (Vec::new(), Vec::new(), Vec::new());
    let (mut identities, mut triggers, mut reports) = (Vec::new(), Vec::new(), Vec::new());
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
            Row::Contact(row) => interval.contacts.push(*row),
            Row::Decision(row) => interval.decisions.push(*row),
            Row::Outcome(row) => interval.outcomes.push(*row),
            Row::Identity(row) => identities.push((row, diff)),
            Row::Delivery(row) => interval.deliveries.push(*row),
            Row::Conversation(row) => conversations.push((row, diff)),
            Row::Turn(row) => turns.push((row, diff)),
            Row::Timer(row) => timers.push((row, diff)),
            Row::Trigger(row) => triggers.push((row, diff)),
            Row::RuleReport(row) => reports.push((row, diff)),
            Row::InForce(_) => unreachable!("says nothing to a table"),
            // Of a window that changed one row is given, or taken back when nothing is left of it.
            Row::Measure(width, measured) => {
                let (key, sums) = *measured;
                let rows = match width {
                    Width::Minute => &mut interval.measures_1m,
                    Width::Hour => &mut interval.measures_1h,
                    Width::Day => &mut interval.measures_1d,
                };
                for (measure, summary) in sums.into_vec() {
                    rows.push(measure_row(&key, measure, Some(summary).filter(|_| diff > 0), through));
                }
            }
            Row::Metric(width, metric) => {
                let (key, tally) = *metric;
                let rows = match width {
                    Width::Minute => &mut interval.metrics_1m,
                    Width::Hour => &mut interval.metrics_1h,
                    Width::Day => &mut interval.metrics_1d,
                };
                rows.push(metric_row(key, Some(tally).filter(|_| diff > 0), through));
            }
        }
    }
    interval.messages.sort_unstable_by(by_message);
    interval.statuses.sort_unstable_by(by_status);
    interval
        .account_events
        .sort_unstable_by(|a, b| a.event_id.cmp(&b.event_id));
    interval
        .raw_updates
        .sort_unstable_by(|a, b| a.update_id.cmp(&b.update_id));
    interval.verdicts.sort_unstable_by(by_verdict);
    interval
        .decisions
        .sort_unstable_by(|a, b| a.decision_id.cmp(&b.decision_id));
    interval.outcomes.sort_by_cached_key(OutcomeRow::key);
    // What is said of one customer, or of one delivery, is one row; it does not matter in which order it was said.
    interval.contacts.sort_unstable_by(by_contact);
    interval
        .contacts
        .dedup_by(|other, known| by_contact(other, known).is_eq() && merge(known, other));
    interval.deliveries.sort_unstable_by(by_delivery);
    interval.deliveries.dedup_by(|other, known| {
        let same = by_delivery(other, known).is_eq();
        if same {
            known.merge(other);
        }
        same
    });
    interval.identities = standing(identities, by_identity, |row, _| row.version = through);
    interval.conversations = standing(conversations, by_conversation, |row, gone| {
        (row.version, row.is_deleted) = (through, gone.into());
    });
    interval.turns = standing(turns, by_turn, |row, gone| {
        (row.version, row.is_deleted) = (through, gone.into());
    });
    interval.timers = standing(timers, by_timer, |row, gone| {
        (row.version, row.is_deleted) = (through, gone.into());
    });
    interval.triggers = standing(triggers, by_trigger, |row, _| row.version = through);
    interval.rule_reports = standing(reports, by_report, |row, gone| {
        (row.version, row.is_deleted) = (through, gone.into());
    });
    for rows in [
        &mut interval.measures_1m,
        &mut interval.measures_1h,
        &mut interval.measures_1d,
    ] {
        rows.sort_unstable_by(by_measure);
    }
    for rows in [
        &mut interval.metrics_1m,
        &mut interval.metrics_1h,
        &mut interval.metrics_1d,
    ] {
        rows.sort_unstable_by(by_metric);
    }
    interval
}

/// Of each key that changed in the tick one row is taken back and one given, in any order, or only one of the two: the rows that
/// stand at its end, and those that are gone, by key, but for those that were given again as they were. `finish` is told whether a
/// row is gone.
fn standing<R: PartialEq>(
    mut changes: Vec<(Box<R>, Diff)>,
    by_key: fn(&R, &R) -> Ordering,
    finish: impl Fn(&mut R, bool),
) -> Vec<R> {
    // Stable: of several that are given the last stands.
    changes.sort_by(|(a, _), (b, _)| by_key(a, b));
    let mut rows: Vec<R> = Vec::with_capacity(changes.len());
    let mut changes = changes.into_iter().peekable();
    while let Some((row, diff)) = changes.next() {
        let mut of_key = [None, None];
        let is_same = |of_key: &[Option<Box<R>>; 2], next: &R| {
            let known = of_key.iter().flatten().next();
            known.is_some_and(|known| by_key(known, next).is_eq())
        };
        of_key[usize::from(diff > 0)] = Some(row);
        while let Some((row, diff)) = changes.next_if(|(next, _)| is_same(&of_key, next)) {
            of_key[usize::from(diff > 0)] = Some(row);
        }
        let [before, now] = of_key;
        if before == now {
            continue;
        }
        let gone = now.is_none();
        if let Some(mut row) = now.or(before) {
            finish(&mut row, gone);
            rows.push(*row);
        }
    }
    rows
}

fn measure_row(key: &MeasureKey, measure: Measure, summary: Option<Summary>, version: Time) -> MeasureRow {
    let is_deleted = u8::from(summary.is_none());
    let summary = summary.unwrap_or_default();
    let counted = |count: i64| u64::try_from(count).expect("no more was taken back than was counted");
    MeasureRow {
        phone_number_id: key.phone_number_id.clone(),
        window_start: u32::try_from(key.start / 1_000).expect("event time is clamped to log time, before 2106"),
        measure,
        by: key.by,
        label: key.label.clone(),
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

fn by_message(a: &MessageRow, b: &MessageRow) -> Ordering {
    (&a.phone_number_id, &a.message_id).cmp(&(&b.phone_number_id, &b.message_id))
}

fn by_status(a: &StatusRow, b: &StatusRow) -> Ordering {
    let message = (&a.phone_number_id, &a.message_id).cmp(&(&b.phone_number_id, &b.message_id));
    message.then_with(|| (&a.status, &a.recipient_id).cmp(&(&b.status, &b.recipient_id)))
}

fn by_verdict(a: &VerdictRow, b: &VerdictRow) -> Ordering {
    let message = (&a.phone_number_id, &a.message_id).cmp(&(&b.phone_number_id, &b.message_id));
    message.then_with(|| (a.judge, &a.author, a.given_at).cmp(&(b.judge, &b.author, b.given_at)))
}

fn by_contact(a: &ContactRow, b: &ContactRow) -> Ordering {
    (&a.waba_id, &a.contact_id).cmp(&(&b.waba_id, &b.contact_id))
}

fn by_delivery(a: &DeliveryRow, b: &DeliveryRow) -> Ordering {
    let message = (&a.phone_number_id, &a.message_id).cmp(&(&b.phone_number_id, &b.message_id));
    message.then_with(|| a.recipient_id.cmp(&b.recipient_id))
}

fn by_identity(a: &IdentityRow, b: &IdentityRow) -> Ordering {
    let one = (&a.waba_id, a.kind.as_str(), &a.value).cmp(&(&b.waba_id, b.kind.as_str(), &b.value));
    one.then_with(|| (a.other_kind.as_str(), &a.other_value).cmp(&(b.other_kind.as_str(), &b.other_value)))
}

fn by_conversation(a: &ConversationRow, b: &ConversationRow) -> Ordering {
    (&a.phone_number_id, &a.conversation_id).cmp(&(&b.phone_number_id, &b.conversation_id))
}

fn by_turn(a: &TurnRow, b: &TurnRow) -> Ordering {
    (&a.phone_number_id, &a.message_id).cmp(&(&b.phone_number_id, &b.message_id))
}

fn by_timer(a: &TimerRow, b: &TimerRow) -> Ordering {
    let message = (&a.phone_number_id, &a.message_id).cmp(&(&b.phone_number_id, &b.message_id));
    message.then_with(|| a.event.as_str().cmp(b.event.as_str()))
}

fn by_trigger(a: &TriggerRow, b: &TriggerRow) -> Ordering {
    let rule =
        (&a.phone_number_id, &a.rule_id, &a.rule_version).cmp(&(&b.phone_number_id, &b.rule_id, &b.rule_version));
    rule.then_with(|| a.subject.cmp(&b.subject))
}

fn by_report(a: &RuleReportRow, b: &RuleReportRow) -> Ordering {
    let rule =
        (&a.phone_number_id, &a.rule_id, &a.rule_version).cmp(&(&b.phone_number_id, &b.rule_id, &b.rule_version));
    rule.then_with(|| a.window_start.cmp(&b.window_start))
}

fn by_measure(a: &MeasureRow, b: &MeasureRow) -> Ordering {
    let window = (&a.phone_number_id, a.window_start, a.by).cmp(&(&b.phone_number_id, b.window_start, b.by));
    window.then_with(|| (&a.label, a.measure).cmp(&(&b.label, b.measure)))
}

fn by_metric(a: &MetricRow, b: &MetricRow) -> Ordering {
    (&a.phone_number_id, a.window_start, a.direction).cmp(&(&b.phone_number_id, b.window_start, b.direction))
}

/// Takes another row of the same customer in: the same maximum and minimum as the table takes. Always true.
fn merge(known: &mut ContactRow, other: &mut ContactRow) -> bool {
    for (known, other) in [
        (&mut known.name, &mut other.name),
        (&mut known.username, &mut other.username),
        (&mut known.wa_id, &mut other.wa_id),
        (&mut known.user_id, &mut other.user_id),
    ] {
        if *other > *known {
            std::mem::swap(known, other);
        }
    }
    known.first_seen_at = known.first_seen_at.min(other.first_seen_at);
    known.last_seen_at = known.last_seen_at.max(other.last_seen_at);
    true
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
    fn a_window_is_the_row_that_is_given() {
        let interval = assemble(0, 1_000, vec![metric(2, 1)]);
        assert_eq!(interval.metrics_1m.len(), 1);
        assert_eq!(
            (interval.metrics_1m[0].messages, interval.metrics_1m[0].is_deleted),
            (2, 0)
        );
        assert_eq!(interval.metrics_1m[0].window_start, 60);
    }

    #[test]
    fn of_what_is_taken_back_and_given_the_given_stands_and_nothing_is_said_of_what_stays() {
        let report = |rule: &str, matched, diff: Diff| {
            let row = RuleReportRow {
                phone_number_id: "1".into(),
                rule_id: rule.into(),
                rule_version: "1".into(),
                window_start: 3_600,
                matched,
                among: 9,
                actions: Vec::new(),
                version: 0,
                is_deleted: 0,
            };
            (Row::RuleReport(Box::new(row)), diff)
        };
        let updates = vec![
            report("stays", 1, 1),
            report("gone", 1, -1),
            report("changed", 2, 1),
            report("new", 4, 1),
            report("stays", 1, -1),
            report("changed", 1, -1),
        ];
        let rows = assemble(0, 1_000, updates).rule_reports;
        let told: Vec<_> = rows
            .iter()
            .map(|row| (row.rule_id.as_str(), row.matched, row.is_deleted, row.version))
            .collect();
        assert_eq!(
            told,
            [("changed", 2, 0, 1_000), ("gone", 1, 1, 1_000), ("new", 4, 0, 1_000)]
        );
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
