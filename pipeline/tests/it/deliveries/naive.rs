//! What follows from the table of statuses, told in the simplest way.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use parlance_pipeline::testing::Tables;
use parlance_schemas::labels::{By, Measure};
use parlance_schemas::rows::{DeliveryRow, MeasureRow, StatusRow};
use parlance_schemas::sketch::{WITHIN_MS, bucket};

use super::{DAY, HOUR, MINUTE, SECOND};
use crate::world::WABA;

/// What is measured of messages.
pub(super) const MEASURES: [Measure; 7] = [
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

/// Compares the tables with what follows from that of statuses.
pub(super) fn check(tables: &Tables, lateness: Duration, case: &str) {
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
