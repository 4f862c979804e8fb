//! What becomes of messages, in rows and in windows, against a recomputation from the table of statuses.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use parlance_pipeline::Config;
use parlance_pipeline::testing::{MemoryLog, MemorySink, Tables};
use parlance_schemas::labels::{By, Measure};
use parlance_schemas::record::{Part, Update, VERSION};
use parlance_schemas::rows::{DeliveryRow, MeasureRow, StatusRow};
use parlance_schemas::sketch::{WITHIN_MS, bucket};
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::value::RawValue;

use crate::world::{DAWN, RECEIVED, WABA, config, run_until};

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A status on its way into the log.
#[derive(Clone, Debug)]
struct Said {
    partition: u32,
    log_time: u64,
    number: u8,
    id: u32,
    word: &'static str,
    /// Meta's time, in milliseconds; it travels in whole seconds.
    at: u64,
    recipient: String,
    /// The group and not one recipient.
    group: Option<&'static str>,
    /// Category and type.
    price: Option<(&'static str, &'static str)>,
    code: i64,
}

impl Said {
    /// A status that is logged in the second after its time, in the world's first hours.
    fn of(id: u32, word: &'static str, after_dawn: u64) -> Self {
        Self {
            partition: 0,
            log_time: DAWN + after_dawn + 500,
            number: 1,
            id,
            word,
            at: DAWN + after_dawn,
            recipient: "4915112345678".to_owned(),
            group: None,
            price: None,
            code: if word == "failed" { 131_026 } else { 0 },
        }
    }

    fn logged(self, after_dawn: u64) -> Self {
        let log_time = DAWN + after_dawn;
        Self { log_time, ..self }
    }

    fn json(&self) -> String {
        let (id, word, recipient) = (self.id, self.word, &self.recipient);
        let mut json = format!(
            r#"{{"id":"wamid.{id}","status":"{word}","timestamp":"{}""#,
            self.at / 1_000
        );
        match self.group {
            None => json += &format!(r#","recipient_id":"{recipient}""#),
            Some(group) => {
                json += &format!(r#","recipient_type":"group","recipient_id":"{group}""#);
                if recipient != group {
                    json += &format!(r#","recipient_participant_id":"{recipient}""#);
                }
            }
        }
        if let Some((category, kind)) = self.price {
            json += &format!(
                r#","pricing":{{"billable":true,"pricing_model":"PMP","category":"{category}","type":"{kind}"}}"#
            );
        }
        if self.code != 0 {
            json += &format!(r#","errors":[{{"code":{},"title":"no"}}]"#, self.code);
        }
        json + "}"
    }

    fn write(&self, log: &MemoryLog) {
        let raw = RawValue::from_string(self.json()).unwrap();
        let update = Update {
            v: VERSION,
            received_at: RECEIVED,
            post: "post".into(),
            entry: 0,
            change: 0,
            item: 0,
            waba_id: WABA.into(),
            entry_time: None,
            field: "messages".into(),
            part: Part::Status,
            name: None,
            phone_number_id: Some(format!("number-{}", self.number).into()),
            display_phone_number: None,
            contact: None,
            author: None,
            author_name: None,
            update: &raw,
        };
        log.append_update(self.partition, self.log_time, update);
    }
}

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

const MEASURES: [Measure; 7] = [
    Measure::Sent,
    Measure::Delivered,
    Measure::Read,
    Measure::Failed,
    Measure::TimeToDeliver,
    Measure::TimeToRead,
    Measure::Priced,
];

type Window = (String, u32, Measure, By, String);

/// What a window says of one measure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Sum {
    count: u64,
    sum: i64,
    within: Vec<u64>,
    buckets: BTreeMap<i16, u64>,
}

fn measured<'a>(rows: impl Iterator<Item = &'a MeasureRow>) -> BTreeMap<Window, Sum> {
    let ours = rows.filter(|row| MEASURES.contains(&row.measure));
    ours.map(|row| {
        let window = (
            row.phone_number_id.clone(),
            row.window_start,
            row.measure,
            row.by,
            row.label.clone(),
        );
        let sum = Sum {
            count: row.count,
            sum: row.sum,
            within: row.within.clone(),
            buckets: row.buckets.iter().copied().collect(),
        };
        (window, sum)
    })
    .collect()
}

/// A status of a message, and its time as the pipeline takes it.
type Heard<'a> = (&'a StatusRow, i64);

/// The statuses of messages among the rows, by message.
fn by_message(statuses: &BTreeMap<(String, String, String, String), StatusRow>) -> Vec<Vec<Heard<'_>>> {
    let mut messages: BTreeMap<(&str, &str), Vec<Heard<'_>>> = BTreeMap::new();
    for row in statuses.values() {
        if row.kind == "message" && ["sent", "delivered", "read", "played", "failed"].contains(&row.status.as_str()) {
            let at = row.occurred_at.min(row.logged_at + 60_000);
            messages
                .entry((&row.phone_number_id, &row.message_id))
                .or_default()
                .push((row, at));
        }
    }
    messages.into_values().collect()
}

/// What was known of messages when each window closed: those statuses that were logged before, if they put their message into
/// that window.
fn recomputed(tables: &Tables, width: u64, lateness: u64) -> BTreeMap<Window, Sum> {
    let mut windows: BTreeMap<Window, Sum> = BTreeMap::new();
    for statuses in by_message(&tables.statuses) {
        let starts: BTreeSet<u64> = statuses.iter().map(|(_, at)| *at as u64 / width * width).collect();
        for start in starts {
            let closes = ((start + width + lateness).div_ceil(SECOND) * SECOND) as i64;
            let known: Vec<Heard<'_>> = statuses
                .iter()
                .filter(|(row, _)| row.logged_at < closes)
                .copied()
                .collect();
            let first = |words: &[&str]| {
                let times = known.iter().filter(|(row, _)| words.contains(&row.status.as_str()));
                times.map(|(_, at)| *at).min()
            };
            let (sent, failed) = (first(&["sent"]), first(&["failed"]));
            let (delivered, read) = (first(&["delivered"]), first(&["read", "played"]));
            let failed = failed.filter(|_| delivered.is_none() && read.is_none());
            let Some(at) = sent.or(failed) else { continue };
            if at as u64 / width * width != start {
                continue;
            }
            let number = known[0].0.phone_number_id.clone();
            let mut add = |measure: Measure, by: By, label: String, took: Option<i64>| {
                let window = (
                    number.clone(),
                    u32::try_from(start / 1_000).unwrap(),
                    measure,
                    by,
                    label,
                );
                let sum = windows.entry(window).or_default();
                sum.count += 1;
                let Some(took) = took else { return };
                sum.sum += took;
                *sum.buckets.entry(bucket(took)).or_default() += 1;
                sum.within.resize(WITHIN_MS.len(), 0);
                for (count, limit) in sum.within.iter_mut().zip(WITHIN_MS) {
                    *count += u64::from(took <= limit);
                }
            };
            if failed.is_some() {
                let code = known.iter().map(|(row, _)| row.error_code).max().unwrap();
                add(Measure::Failed, By::All, String::new(), None);
                add(Measure::Failed, By::Code, code.to_string(), None);
            }
            let Some(sent) = sent else { continue };
            add(Measure::Sent, By::All, String::new(), None);
            if let Some(at) = delivered.or(read) {
                add(Measure::Delivered, By::All, String::new(), None);
                add(Measure::TimeToDeliver, By::All, String::new(), Some((at - sent).max(0)));
            }
            if let Some(at) = read {
                add(Measure::Read, By::All, String::new(), None);
                add(Measure::TimeToRead, By::All, String::new(), Some((at - sent).max(0)));
            }
            let most = |pick: fn(&StatusRow) -> &String| known.iter().map(|(row, _)| pick(row)).max().unwrap();
            let (category, kind) = (most(|row| &row.pricing_category), most(|row| &row.pricing_type));
            if !category.is_empty() || !kind.is_empty() {
                let (row, _) = known[0];
                let country = match row.recipient_id.as_str() {
                    _ if !row.group_id.is_empty() => "",
                    number if number.starts_with("49") => "DE",
                    id => id.split_once('.').unwrap().0,
                };
                add(Measure::Priced, By::All, String::new(), None);
                add(Measure::Priced, By::Price, format!("{category}/{kind}/{country}"), None);
            }
        }
    }
    windows
}

/// The table of deliveries as it follows from that of statuses.
fn delivered(tables: &Tables) -> BTreeMap<[String; 3], DeliveryRow> {
    let mut rows: BTreeMap<[String; 3], DeliveryRow> = BTreeMap::new();
    for (status, at) in by_message(&tables.statuses).into_iter().flatten() {
        let key = [&status.phone_number_id, &status.message_id, &status.recipient_id].map(Clone::clone);
        let row = rows.entry(key).or_insert_with(|| DeliveryRow {
            phone_number_id: status.phone_number_id.clone(),
            message_id: status.message_id.clone(),
            recipient_id: status.recipient_id.clone(),
            waba_id: WABA.to_owned(),
            sent_at: None,
            delivered_at: None,
            read_at: None,
            played_at: None,
            failed_at: None,
            error_code: 0,
            pricing_category: String::new(),
            pricing_type: String::new(),
            pricing_model: String::new(),
            billable: -1,
            country: match status.recipient_id.as_str() {
                number if number.starts_with("49") => "DE".to_owned(),
                id => id
                    .split_once('.')
                    .map_or(String::new(), |(country, _)| country.to_owned()),
            },
        });
        let time = match status.status.as_str() {
            "sent" => &mut row.sent_at,
            "delivered" => &mut row.delivered_at,
            "read" => &mut row.read_at,
            "played" => &mut row.played_at,
            _ => &mut row.failed_at,
        };
        *time = Some(time.map_or(at, |known| known.min(at)));
        row.error_code = row.error_code.max(status.error_code);
        if !status.pricing_category.is_empty() {
            row.pricing_category.clone_from(&status.pricing_category);
            row.pricing_type.clone_from(&status.pricing_type);
            row.pricing_model.clone_from(&status.pricing_model);
            row.billable = 1;
        }
    }
    rows
}

fn check(tables: &Tables, lateness: Duration, case: &str) {
    let lateness = u64::try_from(lateness.as_millis()).unwrap();
    assert_eq!(tables.deliveries, delivered(tables), "{case}");
    for (width, rows) in [
        (MINUTE, &tables.measures_1m),
        (HOUR, &tables.measures_1h),
        (DAY, &tables.measures_1d),
    ] {
        let (found, wanted) = (measured(rows.values()), recomputed(tables, width, lateness));
        let windows: BTreeSet<&Window> = found.keys().chain(wanted.keys()).collect();
        let other: Vec<_> = windows
            .into_iter()
            .filter(|window| found.get(window) != wanted.get(window))
            .collect();
        let first = other
            .first()
            .map(|window| (window, found.get(window), wanted.get(window)));
        assert!(
            other.is_empty(),
            "{case}, {width} ms: {} are other, as {first:?}",
            other.len()
        );
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

const PRICED: Option<(&str, &str)> = Some(("utility", "regular"));

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

/// Days on which messages are sent: far enough apart that what is sent on one is forgotten on another.
const DAYS: [u64; 6] = [0, 1, 2, 5, 9, 10];

/// Statuses in any order, some missing, some twice, some contradicting themselves, some hours or days late, some ahead.
fn random(seed: u64, messages: u32) -> Vec<Said> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut said = Vec::new();
    for id in 0..messages {
        let day = DAYS[id as usize * DAYS.len() / messages as usize];
        let sent = DAWN + day * DAY + rng.random_range(0..90 * MINUTE) / SECOND * SECOND;
        let group = rng.random_bool(0.1).then_some("Y2FwaV9ncm91cDox");
        let number = rng.random_range(0..3);
        let recipient = ["4915112345678", "US.77", "BR.5"][rng.random_range(0..3)].to_owned();
        let price = [
            None,
            PRICED,
            Some(("marketing", "regular")),
            Some(("service", "free_customer_service")),
        ];
        let price = price[rng.random_range(0..4)];
        let fails = rng.random_bool(0.25);
        let mut at = sent;
        for word in ["sent", "delivered", "read", "played", "failed"] {
            let comes = match word {
                "sent" => rng.random_bool(0.95),
                "failed" => fails,
                "played" => rng.random_bool(0.1),
                _ => rng.random_bool(if fails { 0.2 } else { 0.7 }),
            };
            at += rng.random_range(0..20) * SECOND
                + u64::from(rng.random_bool(0.2)) * rng.random_range(0..HOUR) / SECOND * SECOND;
            if !comes {
                continue;
            }
            // Whoever reads after days; the window of what they read is closed.
            let is_reading = word == "read" || word == "played";
            let days = rng.random_range(0..5) * u64::from(is_reading && rng.random_bool(0.1));
            let at = at + days * DAY;
            let delay = match rng.random_range(0..10) {
                0 => rng.random_range(0..2 * HOUR),
                1..=3 => rng.random_range(0..10 * MINUTE),
                _ => rng.random_range(0..3 * SECOND),
            };
            let ahead = rng.random_range(0..5 * MINUTE) * u64::from(rng.random_bool(0.05));
            let one = Said {
                partition: rng.random_range(0..3),
                log_time: (at + delay).saturating_sub(ahead),
                number,
                id,
                word,
                at,
                recipient: match group {
                    Some(group) if word == "sent" || word == "failed" => group.to_owned(),
                    _ => recipient.clone(),
                },
                group,
                price: price.filter(|_| word == "sent" || word == "delivered"),
                code: if word == "failed" {
                    [131_026, 131_047][rng.random_range(0..2)]
                } else {
                    0
                },
            };
            said.push(one.clone());
            if rng.random_bool(0.3) {
                let mut copy = one;
                copy.log_time += rng.random_range(0..2 * HOUR);
                copy.partition = rng.random_range(0..3);
                // Now and then it says another time: then the first in the log stands.
                copy.at += rng.random_range(0..9) * SECOND * u64::from(rng.random_bool(0.2));
                said.push(copy);
            }
        }
    }
    said
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
