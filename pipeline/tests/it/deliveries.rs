//! What becomes of messages, in rows and in windows, against a recomputation from the table of statuses.

mod naive;
mod said;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use parlance_pipeline::Config;
use parlance_pipeline::testing::{MemoryLog, MemorySink, Tables};
use parlance_schemas::labels::{By, Measure};
use parlance_schemas::rows::MeasureRow;
use rand::SeedableRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;

use crate::world::{DAWN, config, run_until};
use naive::{MEASURES, check};
use said::{PRICED, Said, random};

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A log of statuses and when it is over.
fn log(said: &[Said]) -> (MemoryLog, u64) {
    let log = MemoryLog::new(3).with_hiccups();
    let mut said: Vec<&Said> = said.iter().collect();
    said.sort_by_key(|said| said.log_time);
    said.iter().for_each(|said| said.write(&log));
    let end = (said.last().unwrap().log_time + 10 * SECOND).div_ceil(SECOND) * SECOND;
    log.finish(end);
    (log, end)
}

fn tables(said: &[Said], config: Config) -> Tables {
    let (log, end) = log(said);
    let sink = MemorySink::new(3);
    run_until(config, &log, &sink, end - SECOND).unwrap();
    sink.tables()
}

/// Late enough that no window of a test closes.
fn patient(workers: usize) -> Config {
    Config {
        lateness: Duration::from_secs(30 * 24 * 3_600),
        ..config(workers)
    }
}

/// What a day's windows say of everything together, by measure.
fn totals<'a>(rows: impl Iterator<Item = &'a MeasureRow>) -> BTreeMap<Measure, u64> {
    let mut totals = BTreeMap::new();
    for row in rows.filter(|row| row.by == By::All && MEASURES.contains(&row.measure)) {
        *totals.entry(row.measure).or_default() += row.count;
    }
    totals
}

#[test]
fn all_orders_of_statuses_come_to_the_same() {
    let words = ["sent", "delivered", "read", "failed"];
    let mut said = Vec::new();
    let mut orders = 0;
    for code in 0..256usize {
        let order = [code % 4, code / 4 % 4, code / 16 % 4, code / 64];
        if order.iter().collect::<BTreeSet<_>>().len() < 4 {
            continue;
        }
        // What was said at one time is logged in this order, over all partitions, and all of it again.
        for (place, word) in order.into_iter().chain(order).enumerate() {
            let logged = 20 * SECOND + 3 * SECOND * place as u64;
            let mut status = Said::of(orders, words[word], 5 * SECOND * word as u64).logged(logged);
            status.partition = place as u32 % 3;
            status.price = PRICED.filter(|_| word < 2);
            said.push(status);
        }
        orders += 1;
    }
    assert_eq!(orders, 24);
    for workers in [1, 2] {
        let tables = tables(&said, config(workers));
        check(&tables, config(1).lateness, "orders");
        assert_eq!(tables.deliveries.len(), 24);
        let dawn = i64::try_from(DAWN).unwrap();
        for row in tables.deliveries.values() {
            let times = [row.sent_at, row.delivered_at, row.read_at, row.played_at, row.failed_at];
            let times = times.map(|at| at.map(|at| at - dawn));
            assert_eq!(times, [Some(0), Some(5_000), Some(10_000), None, Some(15_000)]);
            assert_eq!((row.error_code, row.billable), (131_026, 1));
        }
        let expected = MEASURES.into_iter().filter(|measure| *measure != Measure::Failed);
        let expected: BTreeMap<_, _> = expected.map(|measure| (measure, 24)).collect();
        assert_eq!(totals(tables.measures_1d.values()), expected);
        assert_eq!(totals(tables.measures_1m.values()), expected);
    }
}

#[test]
fn what_failed_moves_to_when_it_was_sent_where_a_window_is_open_still() {
    let failed = Said::of(1, "failed", 30 * MINUTE);
    let window = |tables: &Tables, measure: Measure| {
        let start = |rows: &BTreeMap<_, MeasureRow>, width: u64| {
            let of_all = rows.values().filter(|row| row.measure == measure && row.by == By::All);
            of_all
                .map(|row| (u64::from(row.window_start) * 1_000).saturating_sub(DAWN / width * width) / width)
                .collect()
        };
        let minutes: Vec<u64> = start(&tables.measures_1m, MINUTE);
        let hours: Vec<u64> = start(&tables.measures_1h, HOUR);
        (minutes, hours)
    };
    // A minute's window is open for another twenty.
    let [soon, late] = [41, 55].map(|minute| {
        let sent = Said::of(1, "sent", 25 * MINUTE).logged(minute * MINUTE);
        let tables = tables(&[failed.clone(), sent], config(1));
        check(&tables, config(1).lateness, "moves");
        assert_eq!(totals(tables.measures_1d.values())[&Measure::Failed], 1);
        assert_eq!(totals(tables.measures_1d.values())[&Measure::Sent], 1);
        [window(&tables, Measure::Failed), window(&tables, Measure::Sent)]
    });
    assert_eq!(soon, [(vec![25], vec![0]), (vec![25], vec![0])]);
    assert_eq!(late, [(vec![30], vec![0]), (vec![], vec![0])]);
}

#[test]
fn somebody_who_reads_today_what_was_sent_last_week_makes_no_second_message_of_it() {
    let sent = Said {
        price: PRICED,
        ..Said::of(1, "sent", 0)
    };
    let read = Said {
        price: PRICED,
        ..Said::of(1, "read", 6 * DAY)
    };
    // Then something else, so that there are windows to look at.
    let other = Said::of(2, "sent", 6 * DAY + MINUTE);
    for said in [vec![sent.clone(), read.clone(), other.clone()], vec![sent, other]] {
        let tables = tables(&said, config(1));
        check(&tables, config(1).lateness, "last week");
        let expected = BTreeMap::from([(Measure::Sent, 2), (Measure::Priced, 1)]);
        assert_eq!(totals(tables.measures_1d.values()), expected);
    }
    let tables = tables(&[read], config(1));
    assert_eq!(tables.deliveries.len(), 1, "its row is there");
    assert_eq!(totals(tables.measures_1d.values()), BTreeMap::new());
}

#[test]
fn a_message_to_a_group_counts_once_and_has_a_row_for_each_member() {
    let of = |word: &'static str, recipient: &str, after_dawn: u64| Said {
        recipient: recipient.to_owned(),
        group: Some("Y2FwaV9ncm91cDox"),
        price: PRICED,
        ..Said::of(1, word, after_dawn)
    };
    let said = [
        of("sent", "Y2FwaV9ncm91cDox", 0),
        of("delivered", "4915112345678", 2 * SECOND),
        of("delivered", "US.7", 5 * SECOND),
        of("read", "US.7", 9 * SECOND),
    ];
    let tables = tables(&said, config(1));
    check(&tables, config(1).lateness, "group");
    let countries: Vec<_> = tables.deliveries.values().map(|row| row.country.as_str()).collect();
    assert_eq!(countries, ["DE", "US", ""]);
    let expected = MEASURES.into_iter().filter(|measure| *measure != Measure::Failed);
    assert_eq!(
        totals(tables.measures_1d.values()),
        expected.map(|measure| (measure, 1)).collect()
    );
    let times: Vec<_> = tables
        .measures_1d
        .values()
        .filter(|row| row.measure == Measure::TimeToDeliver)
        .collect();
    assert_eq!(times[0].sum, 2_000);
}

#[test]
fn rows_and_windows_equal_a_recomputation_whatever_the_number_of_workers() {
    for seed in 0..3 {
        let said = random(seed, 180);
        let mut first: Option<Tables> = None;
        for workers in [1, 2, 4] {
            let tables = tables(&said, config(workers));
            let case = format!("seed {seed}, {workers} workers");
            check(&tables, config(1).lateness, &case);
            let sums = totals(tables.measures_1m.values());
            assert!(
                MEASURES.iter().all(|measure| sums.contains_key(measure)),
                "{case}: {sums:?}"
            );
            assert!(tables.raw_updates.values().any(|row| row.reason == "conflicting_copy"));
            match &first {
                None => first = Some(tables),
                Some(first) => assert!(*first == tables, "{case}: says something else"),
            }
        }
    }
}

#[test]
fn a_log_in_another_order_over_other_partitions_makes_the_same_tables() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    // Of contradictions the first stands, and what is ahead is set back: neither is about order.
    let mut ids = BTreeSet::new();
    let mut said = random(5, 120);
    said.retain(|said| {
        said.log_time > said.at && ids.insert((said.number, said.id, said.word, said.recipient.clone()))
    });
    said.sort_by_key(|said| said.log_time);
    let mut shuffled = said.clone();
    shuffled.shuffle(&mut rng);
    let last = said.last().unwrap().log_time;
    for (place, status) in shuffled.iter_mut().enumerate() {
        status.log_time = last + place as u64 * 300;
        status.partition = *[0, 1, 2].choose(&mut rng).unwrap();
    }
    let [ordered, shuffled] =
        [(&said, 1), (&shuffled, 3)].map(|(said, workers)| tables(said, patient(workers)).without_log_time());
    assert!(ordered.measures_1m.len() > 100);
    assert!(ordered == shuffled);
}

/// The tables of runs that each end where the log does so far, and of one that reads all of it.
fn in_parts(said: &[Said], stops: &[u64], config: &Config) -> [Tables; 2] {
    let log = MemoryLog::new(3).with_hiccups();
    let sinks = [MemorySink::new(3), MemorySink::new(3)];
    let mut said = said.to_vec();
    said.sort_by_key(|said| said.log_time);
    let mut written = 0;
    for stop in stops {
        let rest = &said[written..];
        let until = rest.partition_point(|said| said.log_time < *stop);
        rest[..until].iter().for_each(|said| said.write(&log));
        written += until;
        log.finish(*stop);
        run_until(config.clone(), &log, &sinks[0], stop - SECOND).unwrap();
    }
    assert_eq!(written, said.len());
    run_until(config.clone(), &log, &sinks[1], stops.last().unwrap() - SECOND).unwrap();
    sinks.map(|sink| sink.tables())
}

/// As little is remembered as may be, so that a run begins as late in the log as it may.
fn forgetful(workers: usize) -> Config {
    Config {
        dedup_horizon: Duration::ZERO,
        ..config(workers)
    }
}

#[test]
fn a_run_that_begins_in_the_middle_says_the_same() {
    let said = random(9, 150);
    let last = said.iter().map(|said| said.log_time).max().unwrap();
    // The last of them reads nothing of the first days any more.
    let days = [(1, 1), (2, 0), (9, 1), (10, 0), (10, 2)];
    let mut stops: Vec<u64> = days
        .into_iter()
        .map(|(day, hours)| (DAWN + day * DAY + hours * HOUR) / SECOND * SECOND)
        .collect();
    stops.push((last + 10 * SECOND) / SECOND * SECOND);
    for workers in [1, 2] {
        let [parts, whole] = in_parts(&said, &stops, &forgetful(workers));
        assert!(parts == whole, "{workers} workers");
        check(&whole, config(1).lateness, "whole");
    }
}

#[test]
fn a_run_that_begins_after_a_message_was_sent_still_knows_when_it_was() {
    // The second day of the world's clock begins 1 h 46 min 40 s after dawn.
    let sent = 2 * HOUR;
    let said = [
        Said::of(1, "sent", sent),
        // Counted in the day before, which takes it for another five minutes.
        Said::of(1, "failed", sent + DAY),
        Said::of(2, "failed", sent + DAY + 23 * HOUR + 10 * MINUTE),
    ];
    let stops = [23, 24].map(|hours| DAWN + sent + DAY + hours * HOUR);
    let [parts, whole] = in_parts(&said, &stops, &forgetful(1));
    check(&parts, config(1).lateness, "parts");
    assert!(parts == whole);
    let failed = parts.measures_1d.values();
    let failed = failed.filter(|row| row.measure == Measure::Failed && row.by == By::All);
    assert_eq!(failed.map(|row| row.count).collect::<Vec<_>>(), [1, 1]);
}
