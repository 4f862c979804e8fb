//! What the tables hold beside what they should hold.

use std::collections::BTreeMap;

use parlance_schemas::labels::Measure;
use parlance_schemas::rows::{ConversationRow, Interval, LogTime, MeasureRow, MetricRow, Table, TimerRow, TurnRow};
use serde::Serialize;
use serde_json::Value;

use super::Recount;
use crate::windows::Width;

/// A row that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where.
    pub table: Table,
    /// What the row is unique by.
    pub key: Vec<String>,
    /// The columns that differ: name, as stored, as counted anew. Of a row that is missing, or should not be there, none.
    pub columns: Vec<(String, String, String)>,
    /// Whether there is such a row.
    pub is_stored: bool,
    /// Whether there should be.
    pub is_counted: bool,
    /// False of what the pipeline may still change by itself: that is not repaired.
    pub is_final: bool,
}

/// What came out of comparing.
#[derive(Debug, Default)]
pub struct Comparison {
    /// How many rows of each table were compared.
    pub compared: BTreeMap<Table, usize>,
    /// Every row that differs, by table and key.
    pub differences: Vec<Difference>,
    /// Rows that changed while they were read, and were not compared.
    pub moving: usize,
    /// The rows to write for all that differs and is final, to all tables of one shard.
    pub repairs: Interval,
}

/// Compares what is stored, the newest row of each key and those taken back among them, with what was counted anew.
pub fn compare(recount: &Recount, mut stored: Interval, mut counted: Interval) -> Comparison {
    for side in [&mut stored, &mut counted] {
        for measures in [&mut side.measures_1m, &mut side.measures_1h, &mut side.measures_1d] {
            // How much came too late is a fact about the log, of which the tables know nothing else.
            measures.retain(|row| row.measure != Measure::Late);
        }
    }
    let mut comparison = Comparison {
        repairs: Interval {
            through: recount.until,
            ..Interval::default()
        },
        ..Comparison::default()
    };
    macro_rules! differ {
        ($($table:ident $rows:ident,)+) => { $({
            let side = Side { table: Table::$table, recount, comparison: &mut comparison };
            comparison.repairs.$rows = side.differ(stored.$rows, counted.$rows);
        })+ };
    }
    differ! {
        Conversations conversations,
        Turns turns,
        Timers timers,
        Metrics1m metrics_1m,
        Metrics1h metrics_1h,
        Metrics1d metrics_1d,
        Measures1m measures_1m,
        Measures1h measures_1h,
        Measures1d measures_1d,
    }
    comparison
}

/// A row that is replaced by a newer one of its key.
trait Replaced: Clone + PartialEq + Serialize {
    fn key(&self) -> Vec<String>;
    fn version(&mut self) -> &mut LogTime;
    fn is_deleted(&mut self) -> &mut u8;
    fn is_final(&self, table: Table, recount: &Recount) -> bool;
}

macro_rules! replaced {
    ($($row:ident)+) => { $(impl Replaced for $row {
        fn key(&self) -> Vec<String> {
            self.key().into()
        }
        fn version(&mut self) -> &mut LogTime {
            &mut self.version
        }
        fn is_deleted(&mut self) -> &mut u8 {
            &mut self.is_deleted
        }
        fn is_final(&self, _table: Table, recount: &Recount) -> bool {
            recount.is_final(self.started_at)
        }
    })+ };
}
replaced!(ConversationRow TurnRow TimerRow);

impl Replaced for MetricRow {
    fn key(&self) -> Vec<String> {
        vec![
            self.phone_number_id.clone(),
            begins(self.window_start),
            self.direction.to_string(),
        ]
    }
    fn version(&mut self) -> &mut LogTime {
        &mut self.version
    }
    fn is_deleted(&mut self) -> &mut u8 {
        &mut self.is_deleted
    }
    fn is_final(&self, table: Table, recount: &Recount) -> bool {
        recount.is_closed(self.window_start, width(table))
    }
}

impl Replaced for MeasureRow {
    fn key(&self) -> Vec<String> {
        vec![
            self.phone_number_id.clone(),
            begins(self.window_start),
            self.measure.to_string(),
            self.by.to_string(),
            self.label.clone(),
        ]
    }
    fn version(&mut self) -> &mut LogTime {
        &mut self.version
    }
    fn is_deleted(&mut self) -> &mut u8 {
        &mut self.is_deleted
    }
    fn is_final(&self, table: Table, recount: &Recount) -> bool {
        recount.is_closed(self.window_start, width(table))
    }
}

fn width(table: Table) -> Width {
    match table {
        Table::Metrics1m | Table::Measures1m => Width::Minute,
        Table::Metrics1h | Table::Measures1h => Width::Hour,
        _ => Width::Day,
    }
}

fn begins(window_start: u32) -> String {
    let begins = jiff::Timestamp::from_second(window_start.into());
    begins.map_or_else(|_| window_start.to_string(), |begins| begins.to_string())
}

struct Side<'a> {
    table: Table,
    recount: &'a Recount,
    comparison: &'a mut Comparison,
}

impl Side<'_> {
    /// Notes what differs; returns the rows that mend it.
    fn differ<R: Replaced>(self, stored: Vec<R>, counted: Vec<R>) -> Vec<R> {
        let mut both: BTreeMap<Vec<String>, [Option<R>; 2]> = BTreeMap::new();
        for (side, rows) in [stored, counted].into_iter().enumerate() {
            for row in rows {
                let key = row.key();
                both.entry(key).or_default()[side] = Some(row);
            }
        }
        let compared = both.len();
        let mut repairs = Vec::new();
        for (key, [stored, counted]) in both {
            let version = stored.clone().map_or(0, |mut row| *row.version());
            if version > self.recount.until {
                self.comparison.moving += 1;
                continue;
            }
            let stands = |row: &mut R| *row.is_deleted() == 0;
            let [stored, counted] = [stored, counted].map(|row| row.filter(|row| stands(&mut row.clone())).map(bare));
            if stored == counted {
                continue;
            }
            let row = counted
                .as_ref()
                .or(stored.as_ref())
                .expect("one of them differs from nothing");
            let is_final = row.is_final(self.table, self.recount);
            self.comparison.differences.push(Difference {
                table: self.table,
                key,
                columns: stored.as_ref().zip(counted.as_ref()).map_or_else(Vec::new, columns),
                is_stored: stored.is_some(),
                is_counted: counted.is_some(),
                is_final,
            });
            if is_final {
                let mut row = row.clone();
                // Newer than what is there; nothing the pipeline wrote is newer than what it has completed.
                *row.version() = self.recount.until.max(version + 1);
                *row.is_deleted() = counted.is_none().into();
                repairs.push(row);
            }
        }
        self.comparison.compared.insert(self.table, compared);
        repairs
    }
}

/// A row without what says when it was written.
fn bare<R: Replaced>(mut row: R) -> R {
    (*row.version(), *row.is_deleted()) = (0, 0);
    row
}

fn columns<R: Serialize>((stored, counted): (&R, &R)) -> Vec<(String, String, String)> {
    let fields = |row| match serde_json::to_value(row) {
        Ok(Value::Object(fields)) => fields,
        other => unreachable!("a row is a struct of named columns, not {other:?}"),
    };
    let (stored, mut counted) = (fields(stored), fields(counted));
    let both = stored.into_iter().map(|(name, was)| {
        let is = counted.remove(&name).unwrap_or_default();
        (name, was, is)
    });
    both.filter(|(_, was, is)| was != is)
        .map(|(name, was, is)| (name, text(&was), text(&is)))
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
