//! Tables against a book: what differs, in few words.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};

use parlance_pipeline::testing::Tables;
use parlance_schemas::labels::Measure;
use parlance_schemas::rows::MeasureRow;

use super::book::{Book, WindowKey};
use super::measured::Sum;
use super::presets::{DAY, HOUR, MINUTE};

/// Measures that other operators make of single rows.
const OTHERS: [Measure; 8] = [
    Measure::Sent,
    Measure::Delivered,
    Measure::Read,
    Measure::Failed,
    Measure::TimeToDeliver,
    Measure::TimeToRead,
    Measure::Priced,
    Measure::Csat,
];

/// How tables differ from what they should be; empty when they do not.
pub(crate) fn differences(tables: &Tables, book: &Book) -> String {
    let mut text = String::new();
    differ("conversations", &tables.conversations, &book.conversations, &mut text);
    differ("turns", &tables.turns, &book.turns, &mut text);
    differ("timers", &tables.timers, &book.timers, &mut text);
    differ("identities", &tables.identities, &book.identities, &mut text);
    let mut measures = BTreeMap::new();
    for (width, rows) in [
        (MINUTE, &tables.measures_1m),
        (HOUR, &tables.measures_1h),
        (DAY, &tables.measures_1d),
    ] {
        let ours = rows.values().filter(|row| !OTHERS.contains(&row.measure));
        measures.extend(ours.map(|row| window(width, row)));
    }
    differ("measures", &measures, &book.windows, &mut text);
    text
}

fn window(width: i64, row: &MeasureRow) -> (WindowKey, (Sum, u64)) {
    let signed = |count: u64| i64::try_from(count).unwrap();
    let key = (
        width,
        i64::from(row.window_start) * 1_000,
        row.phone_number_id.clone(),
        row.measure,
        row.by,
        row.label.clone(),
    );
    let sum = Sum {
        count: signed(row.count),
        sum: row.sum,
        within: row.within.iter().copied().map(signed).collect(),
        buckets: row
            .buckets
            .iter()
            .map(|(bucket, count)| (*bucket, signed(*count)))
            .collect(),
    };
    (key, (sum, row.version))
}

fn differ<K: Ord + Debug, R: PartialEq + Debug>(
    what: &str,
    is: &BTreeMap<K, R>,
    should: &BTreeMap<K, R>,
    text: &mut String,
) {
    for (key, row) in is {
        match should.get(key) {
            None => writeln!(text, "{what} {key:?} should not be:\n{row:?}").unwrap(),
            Some(other) if other != row => {
                writeln!(text, "{what} {key:?} differs (is | should be):").unwrap();
                let (is, should) = (format!("{row:?}"), format!("{other:?}"));
                let members = is.split(", ").zip(should.split(", ")).filter(|(a, b)| a != b);
                members.for_each(|(a, b)| writeln!(text, "  {a} | {b}").unwrap());
            }
            Some(_) => {}
        }
    }
    for (key, row) in should.iter().filter(|(key, _)| !is.contains_key(key)) {
        writeln!(text, "{what} {key:?} is missing:\n{row:?}").unwrap();
    }
}
