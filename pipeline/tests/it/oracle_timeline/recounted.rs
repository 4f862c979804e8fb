//! Counted anew from the tables alone it comes to what is in the tables. Customers do not change in these stories: of who is who
//! the tables know how it stands, not how it came to that.

use std::convert::Infallible;

use parlance_pipeline::testing::Tables;
use parlance_pipeline::{Comparison, Known, Recount, compare, recount};
use parlance_schemas::labels::LinkSource;
use parlance_schemas::rows::{Interval, Table};
use proptest::prelude::*;

use super::run::{config, run};
use super::script::Script;
use super::steps::{Act, Genre, stories};
use super::{cases, telling};

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// What is stored, as it is read back.
pub(crate) fn stored(tables: &Tables) -> Interval {
    Interval {
        conversations: tables.conversations.values().cloned().collect(),
        turns: tables.turns.values().cloned().collect(),
        timers: tables.timers.values().cloned().collect(),
        metrics_1m: tables.metrics_1m.values().cloned().collect(),
        metrics_1h: tables.metrics_1h.values().cloned().collect(),
        metrics_1d: tables.metrics_1d.values().cloned().collect(),
        measures_1m: tables.measures_1m.values().cloned().collect(),
        measures_1h: tables.measures_1h.values().cloned().collect(),
        measures_1d: tables.measures_1d.values().cloned().collect(),
        ..Interval::default()
    }
}

/// What is found when all of a script's tables are gone over.
fn gone_over(script: &Script, tables: &Tables) -> Comparison {
    let until = script.last_tick();
    let (from, to) = (0, i64::try_from(until).unwrap() + 10 * DAY);
    let span = Recount::new(&config(script, 1), from, to, until);
    let mut known: Vec<Known> = Vec::new();
    known.extend(
        tables
            .messages
            .values()
            .map(|row| Known::Message(Box::new(row.clone()))),
    );
    known.extend(tables.statuses.values().map(|row| Known::Status(Box::new(row.clone()))));
    known.extend(
        tables
            .decisions
            .values()
            .map(|row| Known::Decision(Box::new(row.clone()))),
    );
    let by_meta = tables
        .identities
        .values()
        .filter(|row| row.source != LinkSource::Person);
    known.extend(by_meta.map(|row| Known::Identity(Box::new(row.clone()))));
    known.sort_by_key(|known| span.taken_at(known));
    let counted = recount(&span, &script.history(), known.into_iter().map(Ok::<_, Infallible>)).unwrap();
    compare(&span, stored(tables), counted)
}

proptest! {
    #![proptest_config(cases(120))]

    #[test]
    fn where_nothing_was_too_late_the_tables_are_as_they_are_counted_anew(
        story in stories(Genre::Long, 40), workers in 1..5usize
    ) {
        let mut script = telling::tell(&story);
        script.lateness = 60 * DAY;
        let (tables, _) = run(&script, &script.log(), workers);
        let mut found = gone_over(&script, &tables);
        if story.steps.iter().any(|step| matches!(step.act, Act::Verdict { .. })) {
            // Verdicts of stories carry a row that is not what had been counted: what windows take back for it is beside the point.
            found.differences.retain(|one| !matches!(one.table, Table::Metrics1m | Table::Metrics1h | Table::Metrics1d));
        }
        let records: Vec<String> = script.records.iter().map(|record| format!("{record:?}")).collect();
        prop_assert!(found.differences.is_empty(), "{:#?}\n{}", found.differences, records.join("\n"));
    }
}
