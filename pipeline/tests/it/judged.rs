//! What a conversation adds to a message, and what people and language models say against it, in rows and in windows.

use std::collections::BTreeMap;

use parlance_pipeline::testing::{MemoryLog, MemorySink, Tables};
use parlance_schemas::labels::{Intent, Judge, Sentiment, Urgency};
use parlance_schemas::record::VERSION;
use parlance_schemas::rows::MessageRow;
use parlance_schemas::verdict::Verdict;

use crate::world::{DAWN, Logged, What, World, config, last_tick, run_until, write};

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
pub(crate) const COMPLAINT: &str = "My new lamp arrived broken and nobody answers me, this is unacceptable!";
pub(crate) const REMINDER: &str = "still waiting!!!";

/// A customer's message, logged so long after dawn and sent so long after dawn.
pub(crate) fn message(id: u32, logged: u64, sent: u64, text: &'static str) -> Logged {
    Logged {
        partition: 0,
        log_time: DAWN + logged,
        what: What::Message {
            number: 1,
            id,
            customer: 7,
            outbound: false,
            sent_at: Some(i64::try_from(DAWN + sent).unwrap()),
            text,
        },
    }
}

/// The tables of a log that ends well after its last record.
fn tables(log: &MemoryLog, end: u64, workers: usize) -> Tables {
    let sink = MemorySink::new(3);
    run_until(config(workers), log, &sink, end - SECOND).unwrap();
    sink.tables()
}

fn written(records: &[Logged]) -> (MemoryLog, u64) {
    let log = MemoryLog::new(2);
    records.iter().for_each(|record| write(&log, record));
    let last = records.iter().map(|record| record.log_time).max().unwrap();
    let end = (last + 10 * SECOND).div_ceil(SECOND) * SECOND;
    log.finish(end);
    (log, end)
}

fn row(tables: &Tables, id: u32) -> &MessageRow {
    &tables.messages[&("number-1".to_owned(), format!("wamid.{id}"))]
}

/// Messages of all minutes by intent.
fn intents(tables: &Tables) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for (intent, count) in tables.metrics_1m.values().flat_map(|row| row.by_intent.iter()) {
        *sums.entry(intent.clone()).or_default() += count;
    }
    sums
}

#[test]
fn a_reminder_is_read_in_its_conversation_and_what_it_says_alone_is_kept() {
    let hour = 60 * MINUTE;
    let (log, end) = written(&[message(1, 0, 0, COMPLAINT), message(2, 2 * hour, 2 * hour, REMINDER)]);
    let tables = tables(&log, end, 1);
    let reminder = row(&tables, 2);
    assert_eq!(
        (reminder.intent, reminder.intent_by),
        (Intent::Complaint, Judge::Context)
    );
    assert_eq!(reminder.urgency, Urgency::High);
    assert_ne!(reminder.base_intent, Intent::Complaint);
    assert_eq!(row(&tables, 1).intent_by, Judge::Model);
    assert_eq!(intents(&tables).get("complaint"), Some(&2));
}

#[test]
fn messages_that_change_places_on_the_way_are_read_in_the_order_they_were_sent() {
    let in_order = [
        message(1, 0, 0, COMPLAINT),
        message(2, 2 * MINUTE, 2 * MINUTE, REMINDER),
    ];
    let swapped = [
        message(2, 2 * MINUTE, 2 * MINUTE, REMINDER),
        message(1, 2 * MINUTE + 15 * SECOND, 0, COMPLAINT),
    ];
    let [a, b] = [in_order, swapped].map(|records| {
        let (log, end) = written(&records);
        tables(&log, end, 2).without_log_time()
    });
    assert_eq!(row(&a, 2).intent_by, Judge::Context);
    assert_eq!(a, b);
}

fn verdict(row: &MessageRow, judge: Judge, at: u64, intent: Intent) -> Verdict {
    Verdict {
        v: VERSION,
        judge,
        author: "somebody".to_owned(),
        at: i64::try_from(at).unwrap(),
        intent: Some(intent),
        sentiment: None,
        urgency: Some(Urgency::Low),
        language: None,
        confidence: 1.0,
        message: Box::new(row.clone()),
    }
}

#[test]
fn a_verdict_moves_its_message_from_one_count_to_another() {
    let records = [message(1, 0, 0, COMPLAINT)];
    let (log, end) = written(&records);
    let before = tables(&log, end, 1);
    assert_eq!(intents(&before).get("complaint"), Some(&1));

    let log = MemoryLog::new(2);
    write(&log, &records[0]);
    let at = DAWN + 5 * MINUTE;
    log.append_verdict(1, at, verdict(row(&before, 1), Judge::Person, at, Intent::Feedback));
    let end = at + 10 * SECOND;
    log.finish(end);
    let after = tables(&log, end, 2);
    let corrected = row(&after, 1);
    assert_eq!(
        (corrected.intent, corrected.intent_by),
        (Intent::Feedback, Judge::Person)
    );
    assert_eq!((corrected.urgency, corrected.urgency_by), (Urgency::Low, Judge::Person));
    assert_eq!(corrected.sentiment, row(&before, 1).sentiment, "nothing was said of it");
    assert_eq!(
        corrected.base_intent,
        Intent::Complaint,
        "what the text says alone stays"
    );
    assert_eq!(corrected.version, at.div_ceil(SECOND) * SECOND);
    assert_eq!(intents(&after), BTreeMap::from([("feedback".to_owned(), 1)]));
    let said: Vec<_> = after.verdicts.values().collect();
    assert_eq!(said.len(), 1);
    assert_eq!(
        (said[0].intent.as_str(), said[0].intent_before),
        ("feedback", Intent::Complaint)
    );
    assert_eq!(said[0].sentiment, "", "nothing was said of it");
}

#[test]
fn a_persons_word_outweighs_a_language_models_and_a_later_one_an_earlier_whatever_comes_first() {
    let records = [message(1, 0, 0, COMPLAINT)];
    let (log, end) = written(&records);
    let before = tables(&log, end, 1);
    let first = row(&before, 1);
    let at = DAWN + 5 * MINUTE;
    let said = [
        verdict(first, Judge::Person, at, Intent::Feedback),
        verdict(first, Judge::Llm, at + 2, Intent::Spam),
        verdict(first, Judge::Person, at + 1, Intent::PaymentInquiry),
    ];
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        for gap in [0, 90 * SECOND] {
            let log = MemoryLog::new(2);
            write(&log, &records[0]);
            let mut now = at;
            for place in order {
                log.append_verdict(1, now, said[place].clone());
                now += gap;
            }
            log.finish(now + 10 * SECOND);
            let after = tables(&log, now + 10 * SECOND, 1);
            assert_eq!(row(&after, 1).intent, Intent::PaymentInquiry, "{order:?} {gap}");
            assert_eq!(intents(&after), BTreeMap::from([("payment_inquiry".to_owned(), 1)]));
            assert_eq!(after.verdicts.len(), 3);
        }
    }
}

#[test]
fn a_verdict_on_a_message_of_long_ago_reaches_its_row_and_no_closed_window() {
    let records = [message(1, 0, 0, COMPLAINT)];
    let (log, end) = written(&records);
    let before = tables(&log, end, 1);
    let log = MemoryLog::new(2);
    write(&log, &records[0]);
    // A minute's window takes messages for another twenty; that of a day is still open.
    let at = DAWN + 50 * MINUTE;
    log.append_verdict(1, at, verdict(row(&before, 1), Judge::Person, at, Intent::Spam));
    log.finish(at + 10 * SECOND);
    let after = tables(&log, at + 10 * SECOND, 1);
    assert_eq!(row(&after, 1).intent, Intent::Spam);
    assert_eq!(intents(&after), BTreeMap::from([("complaint".to_owned(), 1)]));
    let days: Vec<_> = after.metrics_1d.values().map(|row| row.by_intent.clone()).collect();
    assert_eq!(days, [vec![("spam".to_owned(), 1)]]);
}

#[test]
fn a_verdict_that_says_nothing_or_comes_from_nobody_is_put_aside() {
    let records = [message(1, 0, 0, COMPLAINT)];
    let (log, end) = written(&records);
    let before = tables(&log, end, 1);
    let log = MemoryLog::new(2);
    write(&log, &records[0]);
    let at = DAWN + MINUTE;
    let silent = Verdict {
        intent: None,
        urgency: None,
        ..verdict(row(&before, 1), Judge::Person, at, Intent::Spam)
    };
    log.append_verdict(1, at, silent);
    log.append_verdict(1, at, verdict(row(&before, 1), Judge::Context, at, Intent::Spam));
    log.finish(at + 10 * SECOND);
    let after = tables(&log, at + 10 * SECOND, 1);
    assert_eq!(log.dead_letters().len(), 2);
    assert_eq!(row(&after, 1).intent, Intent::Complaint);
    assert!(after.verdicts.is_empty());
}

#[test]
fn a_verdict_whose_row_claims_an_impossible_time_stops_nothing() {
    let records = [message(1, 0, 0, COMPLAINT)];
    let (log, end) = written(&records);
    let before = tables(&log, end, 1);
    for sent_at in [i64::MAX, i64::MIN] {
        let log = MemoryLog::new(2);
        let at = DAWN + MINUTE;
        let mut odd = verdict(row(&before, 1), Judge::Person, at, Intent::Spam);
        "wamid.2".clone_into(&mut odd.message.message_id);
        odd.message.sent_at = sent_at;
        log.append_verdict(1, at, odd);
        write(&log, &message(1, 2 * MINUTE, 2 * MINUTE, COMPLAINT));
        let end = DAWN + 3 * MINUTE;
        log.finish(end / SECOND * SECOND);
        let after = tables(&log, end / SECOND * SECOND, 1);
        assert_eq!(row(&after, 2).intent, Intent::Spam);
        assert_eq!(row(&after, 1).intent, Intent::Complaint);
    }
}

/// A random world, and verdicts on some of what a first run makes of it.
pub(crate) fn judged_world(seed: u64) -> (World, Vec<(u64, Verdict)>) {
    let world = World::random(seed, 3, 300);
    let sink = MemorySink::new(3);
    run_until(config(1), &world.log(), &sink, last_tick(&world)).unwrap();
    let intents = [Intent::Spam, Intent::Other, Intent::LeadInquiry];
    let rows = sink.tables().messages.into_values().step_by(5).enumerate();
    let verdicts = rows.flat_map(|(place, row)| {
        let at = u64::try_from(row.logged_at).unwrap() + [3, 70, 400, 4_000][place % 4] * SECOND;
        let judge = [Judge::Person, Judge::Llm][place % 2];
        let first = (at, verdict(&row, judge, at, intents[place % 3]));
        let later = at + 100 * SECOND;
        let second = (later, verdict(&row, Judge::Person, later, intents[(place + 1) % 3]));
        [first, second]
    });
    (world, verdicts.collect())
}

fn judged_log(world: &World, verdicts: &[(u64, Verdict)]) -> (MemoryLog, u64) {
    let log = MemoryLog::new(world.partitions + 1).with_hiccups();
    world.records.iter().for_each(|record| write(&log, record));
    let mut verdicts = verdicts.to_vec();
    verdicts.sort_by_key(|(at, _)| *at);
    let end = verdicts.last().map_or(0, |(at, _)| *at).max(world.end) + 10 * SECOND;
    for (at, verdict) in verdicts {
        log.append_verdict(world.partitions, at, verdict);
    }
    let end = end.div_ceil(SECOND) * SECOND;
    log.finish(end);
    (log, end)
}

#[test]
fn the_last_word_is_the_same_whatever_the_number_of_workers_and_windows_count_it() {
    for seed in 30..33 {
        let (world, verdicts) = judged_world(seed);
        let (log, end) = judged_log(&world, &verdicts);
        let one = tables(&log, end, 1);
        assert!(one.messages.values().any(|row| row.intent_by == Judge::Person));
        assert!(one.messages.values().any(|row| row.sentiment_by == Judge::Context));
        for workers in [2, 3] {
            let (log, end) = judged_log(&world, &verdicts);
            assert!(tables(&log, end, workers) == one, "seed {seed}, {workers} workers");
        }
        for row in one.metrics_1d.values() {
            for counts in [&row.by_intent, &row.by_sentiment, &row.by_urgency, &row.by_language] {
                let sum: u64 = counts.iter().map(|(_, count)| count).sum();
                assert_eq!(sum, row.messages, "each vocabulary adds up: {row:?}");
            }
        }
    }
}

#[test]
fn a_run_that_begins_in_the_middle_says_the_same() {
    let (world, verdicts) = judged_world(40);
    let (log, end) = judged_log(&world, &verdicts);
    let whole = MemorySink::new(3);
    run_until(config(1), &log, &whole, end - SECOND).unwrap();
    let (log, _) = judged_log(&world, &verdicts);
    let parts = MemorySink::new(3);
    let middle = DAWN + (end - DAWN) / 2 / SECOND * SECOND;
    for until in [middle, end - SECOND] {
        run_until(config(2), &log, &parts, until).unwrap();
    }
    assert!(parts.tables() == whole.tables());
    assert!(
        whole
            .tables()
            .messages
            .values()
            .any(|row| row.sentiment_by == Judge::Context && row.sentiment == Sentiment::Frustrated)
    );
}
