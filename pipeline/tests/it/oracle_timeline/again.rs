//! The same story told otherwise means the same: with every record twice, in another order, with the pipeline killed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use parlance_pipeline::Config;
use parlance_pipeline::testing::{MemorySink, Tables};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::facts::identity;
use super::replay::Labelled;
use super::run::{config, run_under};
use super::script::{Record, Script, What};
use super::steps::{Act, Genre, stories};
use super::{cases, telling};

const HOUR: u64 = 60 * 60 * 1_000;

fn tables(config: Config, script: &Script) -> Tables {
    let sink = MemorySink::new(3);
    let noted = Arc::new(Mutex::new(Labelled::new()));
    run_under(config, script, &script.log(), &sink, &noted).unwrap();
    sink.tables()
}

/// Brokers' clocks do not step back in it.
fn steady(mut script: Script) -> Script {
    let mut latest = 0;
    for record in &mut script.records {
        latest = record.log_time.max(latest);
        record.log_time = latest;
    }
    script
}

/// Of two copies that say different things the first is believed: in it there are none.
fn consistent(mut script: Script) -> Script {
    let mut said = BTreeMap::new();
    script.records.retain(|record| {
        let first = said
            .entry(identity(&record.what))
            .or_insert_with(|| record.what.clone());
        *first == record.what
    });
    script
}

/// Each record again, some time later, in any partition.
fn doubled(script: &Script, rng: &mut ChaCha8Rng) -> Script {
    let mut doubled = script.clone();
    for record in script
        .records
        .iter()
        .filter(|record| !matches!(record.what, What::Mark(_)))
    {
        let last = script.end - 5_000;
        let later = rng.random_range(0..6 * HOUR);
        doubled.records.push(Record {
            partition: rng.random_range(0..script.partitions),
            log_time: (record.log_time + later).min(last).max(record.log_time),
            what: record.what.clone(),
        });
    }
    doubled.records.sort_by_key(|record| record.log_time);
    doubled
}

/// In another order, but for messages: what one means is settled soon after it was logged, and by the settings of its
/// partition.
fn shuffled(script: &Script, rng: &mut ChaCha8Rng) -> Script {
    let mut shuffled = script.clone();
    for record in &mut shuffled.records {
        let is_message = !matches!(record.what, What::Status(_) | What::Decision(_));
        if !is_message {
            record.log_time += rng.random_range(0..3 * HOUR);
            record.partition = rng.random_range(0..script.partitions);
        }
    }
    shuffled.records.sort_by_key(|record| record.log_time);
    shuffled
}

/// A log, and the rows of each of two that the other does not have.
fn unlike(script: &Script, one: &Tables, other: &Tables) -> String {
    let records: Vec<String> = script.records.iter().map(|record| format!("{record:?}")).collect();
    let [one, other] = [one, other].map(|tables| format!("{tables:#?}"));
    let rows = |text: &str| text.split("\n        (").map(str::to_owned).collect::<BTreeSet<_>>();
    let (one, other) = (rows(&one), rows(&other));
    let only = |one: &BTreeSet<String>, other| one.difference(other).cloned().collect::<Vec<_>>().join("\n");
    format!(
        "{}\n< {}\n> {}",
        records.join("\n"),
        only(&one, &other),
        only(&other, &one)
    )
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn a_story_with_every_record_twice_makes_the_same_tables_at_the_same_times(
        story in stories(Genre::Wild, 40), workers in 1..5usize, seed: u64
    ) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let script = steady(telling::tell(&story));
        let once = tables(config(&script, 1), &script);
        let twice = tables(config(&script, workers), &doubled(&script, &mut rng));
        prop_assert!(once == twice, "{}", unlike(&script, &once, &twice));
    }

    #[test]
    fn a_story_in_another_order_makes_the_same_tables(
        story in stories(Genre::Long, 40), workers in 1..5usize, seed: u64
    ) {
        let mut story = story;
        // Under which settings something was said, and which of two identifiers came first, is a matter of order.
        story.steps.retain(|step| !matches!(step.act, Act::Set { .. }));
        // What is logged later is set back less.
        story.steps.iter_mut().for_each(|step| step.delay = step.delay.max(-50_000));
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut script = consistent(steady(telling::tell(&story)));
        script.end += 4 * HOUR;
        // Nothing is too late.
        script.lateness = 60 * 24 * i64::try_from(HOUR).unwrap();
        let undated = |script: &Script, workers| {
            let mut tables = tables(config(script, workers), script).without_log_time();
            tables.identities.values_mut().for_each(|row| row.at = 0);
            tables
        };
        let (ordered, shuffled) = (undated(&script, 1), undated(&shuffled(&script, &mut rng), workers));
        prop_assert!(ordered == shuffled, "{}", unlike(&script, &ordered, &shuffled));
    }

    #[test]
    fn a_story_in_which_the_pipeline_is_killed_makes_the_same_tables(
        story in stories(Genre::Wild, 40), workers in 1..5usize, seed: u64
    ) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let script = telling::tell(&story);
        // As little is read again as there can be.
        let config = |workers| Config { dedup_horizon: Duration::from_secs(1), ..config(&script, workers) };
        let whole = tables(config(workers), &script);
        let (log, sink) = (script.log(), MemorySink::new(3));
        let noted = Arc::new(Mutex::new(Labelled::new()));
        for kill in 0.. {
            sink.fail_after(Some(if kill < 4 { rng.random_range(1..60) } else { usize::MAX }));
            let workers = rng.random_range(1..4);
            if run_under(config(workers), &script, &log, &sink, &noted).is_ok() {
                break;
            }
        }
        prop_assert!(sink.tables() == whole, "{}", unlike(&script, &sink.tables(), &whole));
    }
}
