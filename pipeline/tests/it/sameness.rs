//! A log with every record twice, or in another order within what is allowed, makes the same tables.

use std::collections::HashSet;

use parlance_pipeline::Config;
use parlance_pipeline::testing::{MemorySink, Tables};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::world::{Logged, What, World, config, last_tick, run_until};

/// Nothing contradicts itself, nothing is clamped and everything is within the lateness, before and after shuffling.
fn peaceful(seed: u64) -> World {
    let mut world = World::random(seed, 3, 300);
    let mut ids = HashSet::new();
    world.records.retain(|record| match &record.what {
        What::Message { id, sent_at, .. } => {
            let early = sent_at.is_none_or(|at| at <= i64::try_from(record.log_time).unwrap());
            early && ids.insert(*id)
        }
        _ => true,
    });
    world
}

/// Late enough that no window of the world closes.
fn patient(workers: usize) -> Config {
    Config {
        lateness: std::time::Duration::from_secs(30 * 24 * 3_600),
        ..config(workers)
    }
}

fn tables(world: &World, workers: usize) -> Tables {
    let sink = MemorySink::new(3);
    run_until(patient(workers), &world.log(), &sink, last_tick(world)).unwrap();
    sink.tables().without_log_time()
}

#[test]
fn a_log_with_every_record_twice_makes_the_same_tables() {
    let world = peaceful(11);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut doubled: Vec<Logged> = Vec::new();
    for record in &world.records {
        doubled.push(record.clone());
    }
    for record in &world.records {
        let mut copy = record.clone();
        copy.partition = rng.random_range(0..world.partitions);
        copy.log_time += rng.random_range(0..3_600_000);
        doubled.push(copy);
    }
    doubled.sort_by_key(|record| record.log_time);
    let end = doubled.last().unwrap().log_time + 10_000;
    let doubled = World {
        partitions: world.partitions,
        records: doubled,
        end,
    };
    assert!(tables(&world, 2) == tables(&doubled, 2));
}

#[test]
fn a_log_in_another_order_makes_the_same_tables() {
    let world = peaceful(12);
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let times: Vec<u64> = world.records.iter().map(|record| record.log_time).collect();
    let mut shuffled = world.records.clone();
    // What is far apart stays in order: that would be later than any lateness.
    shuffled.chunks_mut(40).for_each(|chunk| chunk.shuffle(&mut rng));
    for (record, log_time) in shuffled.iter_mut().zip(times) {
        (record.log_time, record.partition) = (log_time, rng.random_range(0..3));
    }
    // Shuffled to before it was sent, a message would be clamped: this is about order only.
    let limit = |record: &Logged| match &record.what {
        What::Message { sent_at: Some(at), .. } => *at > i64::try_from(record.log_time).unwrap() + 60_000,
        _ => false,
    };
    let ahead: HashSet<String> = shuffled
        .iter()
        .filter(|record| limit(record))
        .map(|r| format!("{:?}", r.what))
        .collect();
    let keep = |record: &Logged| !ahead.contains(&format!("{:?}", record.what));
    let world = World {
        records: world.records.into_iter().filter(keep).collect(),
        ..world
    };
    let shuffled = World {
        partitions: 3,
        records: shuffled.into_iter().filter(keep).collect(),
        end: world.end,
    };
    let (ordered, shuffled) = (tables(&world, 1), tables(&shuffled, 4));
    assert!(ordered.messages.len() > 50);
    assert!(ordered == shuffled);
}
