//! The tables must equal a naive recomputation: the messages from the log, the windows from the messages.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use parlance_pipeline::testing::{MemorySink, Tables};
use parlance_schemas::labels::Direction;
use parlance_schemas::rows::{MessageRow, MetricRow};

use crate::world::{RECEIVED, What, World, config, last_tick, run_until};

#[test]
fn the_tables_equal_a_recomputation_whatever_the_number_of_workers() {
    for seed in 0..6 {
        let world = World::random(seed, 3, 400);
        let mut first: Option<Tables> = None;
        for workers in [1, 2, 4] {
            let (log, sink) = (world.log(), MemorySink::new(3));
            run_until(config(workers), &log, &sink, last_tick(&world)).unwrap();
            let tables = sink.tables();
            check(&world, &tables, &format!("seed {seed}, {workers} workers"));
            let unreadable = world.records.iter().filter(|record| record.what == What::Unreadable);
            assert_eq!(log.dead_letters().len(), unreadable.count());
            match &first {
                None => first = Some(tables),
                Some(first) => assert!(*first == tables, "seed {seed}: {workers} workers say something else"),
            }
        }
    }
}

/// A record, its tick and its place in the log.
struct Placed<'a> {
    tick: u64,
    place: (u64, u32, usize),
    what: &'a What,
}

fn in_log_order(world: &World) -> Vec<Placed<'_>> {
    let mut placed = Vec::new();
    for partition in 0..world.partitions {
        let mut bound = 0;
        let records = world.records.iter().filter(|record| record.partition == partition);
        for (offset, record) in records.enumerate() {
            bound = record.log_time.max(bound);
            placed.push(Placed {
                tick: bound.div_ceil(1_000) * 1_000,
                place: (bound, partition, offset),
                what: &record.what,
            });
        }
    }
    placed.sort_by_key(|record| record.place);
    placed
}

fn check(world: &World, tables: &Tables, case: &str) {
    let latest = |tick: u64| i64::try_from(tick + 60_000).unwrap();
    let mut messages = BTreeMap::new();
    let mut said: BTreeMap<(String, String), HashSet<&str>> = BTreeMap::new();
    let mut copies = 0;
    let (mut statuses, mut accounts, mut unknown) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for Placed { tick, what, .. } in in_log_order(world) {
        match what {
            What::Message {
                number,
                id,
                sent_at,
                text,
                ..
            } => {
                let key = (format!("number-{number}"), format!("wamid.{id}"));
                // Of two copies with the same words the later is nothing; with other words, once, a conflict.
                if !said.entry(key.clone()).or_default().insert(text) {
                    continue;
                }
                if messages.contains_key(&key) {
                    copies += 1;
                    continue;
                }
                let (at, source) = match sent_at {
                    None => (RECEIVED.min(latest(tick)), "received"),
                    Some(at) if *at > latest(tick) => (latest(tick), "clamped"),
                    Some(at) => (*at, "meta"),
                };
                messages.insert(
                    key,
                    (at, source.to_owned(), i64::try_from(tick).unwrap(), (*text).to_owned()),
                );
            }
            What::Status { number, id, status } => {
                statuses.insert((*number, *id, *status));
            }
            What::Account { id } => {
                accounts.insert(*id);
            }
            What::Unknown { id } => {
                unknown.insert(*id);
            }
            What::Unreadable | What::Heartbeat => {}
        }
    }
    let actual = tables.messages.iter().map(|(key, row)| {
        let row = (row.sent_at, row.time_source.clone(), row.logged_at, row.text.clone());
        (key.clone(), row)
    });
    assert_eq!(actual.collect::<BTreeMap<_, _>>(), messages, "{case}");
    assert_eq!(tables.statuses.len(), statuses.len(), "{case}");
    assert_eq!(tables.account_events.len(), accounts.len(), "{case}");
    let reasons = |reason: &str| tables.raw_updates.values().filter(|row| row.reason == reason).count();
    assert_eq!(
        (reasons("unknown_field"), reasons("conflicting_copy")),
        (unknown.len(), copies),
        "{case}"
    );
    for (width, metrics) in [
        (60, &tables.metrics_1m),
        (3_600, &tables.metrics_1h),
        (86_400, &tables.metrics_1d),
    ] {
        assert!(!metrics.is_empty());
        assert_eq!(
            flat(metrics.values()),
            recomputed(tables.messages.values(), width),
            "{case}, {width} s"
        );
    }
}

type Window = (String, u32, Direction);
type Counts = BTreeMap<String, u64>;

/// What the query would be: group by window where logged_at < window_end + lateness.
fn recomputed<'a>(messages: impl Iterator<Item = &'a MessageRow>, width: i64) -> BTreeMap<Window, Counts> {
    let mut windows: BTreeMap<Window, Counts> = BTreeMap::new();
    for row in messages {
        let start = row.sent_at.div_euclid(width * 1_000) * width;
        if row.logged_at < (start + width) * 1_000 + 20 * 60 * 1_000 {
            let key = (
                row.phone_number_id.clone(),
                u32::try_from(start).unwrap(),
                row.direction,
            );
            let counts = windows.entry(key).or_default();
            for label in [
                "messages".to_owned(),
                format!("origin {}", row.origin),
                format!("type {}", row.r#type),
                format!("intent {}", row.intent),
                format!("sentiment {}", row.sentiment),
                format!("urgency {}", row.urgency),
                format!("language {}", row.language),
            ] {
                *counts.entry(label).or_default() += 1;
            }
        }
    }
    windows
}

fn flat<'a>(rows: impl Iterator<Item = &'a MetricRow>) -> BTreeMap<Window, Counts> {
    rows.map(|row| {
        let mut counts = Counts::from([("messages".to_owned(), row.messages)]);
        for (vocabulary, by_label) in [
            ("origin", &row.by_origin),
            ("type", &row.by_type),
            ("intent", &row.by_intent),
            ("sentiment", &row.by_sentiment),
            ("urgency", &row.by_urgency),
            ("language", &row.by_language),
        ] {
            assert!(by_label.is_sorted(), "maps are sorted by label");
            counts.extend(
                by_label
                    .iter()
                    .map(|(label, count)| (format!("{vocabulary} {label}"), *count)),
            );
        }
        ((row.phone_number_id.clone(), row.window_start, row.direction), counts)
    })
    .collect()
}
