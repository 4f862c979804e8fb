//! Killed at any moment and started again, the pipeline ends with the same tables, and never writes other rows under
//! a name that it used before (the sink in memory refuses that).

use parlance_pipeline::testing::MemorySink;

use crate::world::{World, config, last_tick, run_until};

#[test]
fn stopped_at_any_operation_and_started_again_it_says_the_same() {
    let world = World::random(77, 2, 30);
    let whole = MemorySink::new(3);
    run_until(config(2), &world.log(), &whole, last_tick(&world)).unwrap();
    for stop_at in 0.. {
        let (log, sink) = (world.log(), MemorySink::new(3));
        sink.fail_after(Some(stop_at));
        if run_until(config(2), &log, &sink, last_tick(&world)).is_ok() {
            // There are no more operations to stop at.
            assert!(stop_at > 60, "{stop_at} operations are too few to say anything");
            break;
        }
        sink.fail_after(None);
        // The number of workers may change between runs.
        run_until(config(1 + stop_at % 3), &log, &sink, last_tick(&world)).unwrap();
        assert!(sink.tables() == whole.tables(), "stopped after {stop_at} operations");
    }
}

#[test]
fn stopped_again_and_again_it_still_gets_through() {
    let world = World::random(78, 3, 120);
    let whole = MemorySink::new(3);
    run_until(config(1), &world.log(), &whole, last_tick(&world)).unwrap();
    let (log, sink) = (world.log(), MemorySink::new(3));
    let mut rounds = 0;
    loop {
        sink.fail_after(Some(25));
        rounds += 1;
        if run_until(config(1 + rounds % 2), &log, &sink, last_tick(&world)).is_ok() {
            break;
        }
        assert!(rounds < 100, "no progress between failures");
    }
    assert!(rounds > 3, "{rounds} rounds");
    assert!(sink.tables() == whole.tables());
    let letters: std::collections::BTreeSet<_> = log
        .dead_letters()
        .into_iter()
        .map(|letter| (letter.partition, letter.record.offset))
        .collect();
    let unreadable = world
        .records
        .iter()
        .filter(|record| record.what == crate::world::What::Unreadable);
    assert_eq!(
        letters.len(),
        unreadable.count(),
        "every unreadable record is put aside"
    );
}
