//! Of two pipelines, one writes.

use parlance_schemas::rows::{RowWriter, WriteError};

use crate::rows::{START, interval};
use crate::server::{migrated, number, shared, taken};

#[test]
fn whoever_starts_later_writes_and_the_other_halts() {
    let config = migrated(shared());
    let (_, first) = taken(&config, 2);
    let mut old = first.writer();
    old.write(&interval(0, START, 0, 5)).unwrap();
    let (progress, second) = taken(&config, 2);
    assert_eq!(progress.complete_through, [START, 0]);
    let error = old.write(&interval(0, START + 1000, 5, 5)).unwrap_err();
    assert!(
        matches!(&error, WriteError::Halt(reason) if reason.contains("another pipeline")),
        "{error}"
    );
    assert_eq!(number(&config, "SELECT count() FROM messages"), 5);
    second.writer().write(&interval(0, START + 1000, 5, 5)).unwrap();
    assert_eq!(number(&config, "SELECT count() FROM messages"), 10);
}

#[test]
fn of_many_that_start_at_once_exactly_one_goes_on() {
    let config = migrated(shared());
    let factories: Vec<_> = std::thread::scope(|scope| {
        let starting: Vec<_> = (0..6).map(|_| scope.spawn(|| taken(&config, 1).1)).collect();
        starting.into_iter().map(|factory| factory.join().unwrap()).collect()
    });
    let going = factories
        .iter()
        .filter(|factory| factory.writer().write(&interval(0, START, 0, 5)).is_ok())
        .count();
    assert_eq!(going, 1);
}
