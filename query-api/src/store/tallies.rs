//! Sums over the `metrics_*` tables, exact to the minute.
//!
//! A range is covered by the widest windows that fit: days in its middle, hours at their ends, minutes at the ends
//! of those. So a year costs some four hundred rows per number and direction, and still ends on the minute asked
//! for. `FINAL` is cheap here: `window_start` is part of the key, so it runs over the covered windows only.

use serde::Deserialize;

use super::{Store, Value, Where};
use crate::error::Refusal;
use crate::time::{Range, Step};

/// What series are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GroupBy {
    Integration,
    Direction,
    Type,
    Origin,
    Intent,
    Sentiment,
    Urgency,
    Language,
}

impl GroupBy {
    pub(crate) const ALL: &'static [Self] = &[
        Self::Integration,
        Self::Direction,
        Self::Type,
        Self::Origin,
        Self::Intent,
        Self::Sentiment,
        Self::Urgency,
        Self::Language,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Integration => "integration",
            Self::Direction => "direction",
            Self::Type => "type",
            Self::Origin => "origin",
            Self::Intent => "intent",
            Self::Sentiment => "sentiment",
            Self::Urgency => "urgency",
            Self::Language => "language",
        }
    }

    /// The counts of a window by label, as a map.
    const fn counts(self) -> &'static str {
        match self {
            Self::Integration => "map(toString(phone_number_id), messages)",
            Self::Direction => "map(toString(direction), messages)",
            Self::Type => "by_type",
            Self::Origin => "by_origin",
            Self::Intent => "by_intent",
            Self::Sentiment => "by_sentiment",
            Self::Urgency => "by_urgency",
            Self::Language => "by_language",
        }
    }
}

impl std::str::FromStr for GroupBy {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|group| group.as_str() == text).copied();
        found.ok_or("expected one of integration, direction, type, origin, intent, sentiment, urgency, language")
    }
}

/// Which windows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) integrations: Vec<String>,
    pub(crate) direction: Option<String>,
}

/// Everything counted of one direction.
#[derive(Clone, Debug, Default, PartialEq, clickhouse::Row, Deserialize)]
pub(crate) struct Totals {
    pub(crate) direction: String,
    pub(crate) messages: u64,
    pub(crate) by_origin: Vec<(String, u64)>,
    pub(crate) by_type: Vec<(String, u64)>,
    pub(crate) by_intent: Vec<(String, u64)>,
    pub(crate) by_sentiment: Vec<(String, u64)>,
    pub(crate) by_urgency: Vec<(String, u64)>,
    pub(crate) by_language: Vec<(String, u64)>,
}

/// One point of one series.
#[derive(Debug, clickhouse::Row, Deserialize)]
pub(crate) struct Point {
    /// Start of the bucket, Unix seconds.
    pub(crate) at: u32,
    pub(crate) label: String,
    pub(crate) value: u64,
}

/// The sum of one label.
#[derive(Debug, clickhouse::Row, Deserialize)]
pub(crate) struct Sum {
    pub(crate) label: String,
    pub(crate) value: u64,
}

/// Windows of one table that lie in `[from, to)`, in Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Segment {
    windows: Step,
    from: u32,
    to: u32,
}

/// The fewest windows, none wider than `widest`, that together are exactly `[from, to)`.
fn cover(from: u32, to: u32, widest: Step) -> Vec<Segment> {
    if from >= to {
        return vec![];
    }
    let finer = match widest {
        Step::Minute => {
            return vec![Segment {
                windows: widest,
                from,
                to,
            }];
        }
        Step::Hour => Step::Minute,
        Step::Day => Step::Hour,
    };
    let width = widest.seconds();
    let (first, last) = (from.div_ceil(width).saturating_mul(width), widest.floor(to));
    if first >= last {
        return cover(from, to, finer);
    }
    let middle = Segment {
        windows: widest,
        from: first,
        to: last,
    };
    let mut segments = cover(from, first, finer);
    segments.push(middle);
    segments.extend(cover(last, to, finer));
    segments
}

const fn table(windows: Step) -> &'static str {
    match windows {
        Step::Minute => "metrics_1m",
        Step::Hour => "metrics_1h",
        Step::Day => "metrics_1d",
    }
}

/// `columns` of the windows that cover the range, as a subquery, and its values.
fn windows(columns: &str, range: Range, widest: Step, filter: &Filter) -> (String, Where) {
    let mut given = Where::all();
    given.and_any_of(
        "phone_number_id IN {integration:Array(String)}",
        "integration",
        &filter.integrations,
    );
    let direction = filter.direction.clone().map(Value::Text);
    given.and_with("direction = {direction:String}", "direction", direction);
    let segments = cover(range.from.seconds(), range.to.seconds(), widest);
    let parts: Vec<String> = (0..)
        .zip(&segments)
        .map(|(i, segment)| {
            given.value(format!("from{i}"), Value::Count(u64::from(segment.from)));
            given.value(format!("to{i}"), Value::Count(u64::from(segment.to)));
            format!(
                "SELECT {columns} FROM {} FINAL WHERE window_start >= toDateTime({{from{i}:UInt32}}, 'UTC') \
                 AND window_start < toDateTime({{to{i}:UInt32}}, 'UTC') AND {}",
                table(segment.windows),
                given.sql()
            )
        })
        .collect();
    (format!("({})", parts.join(" UNION ALL ")), given)
}

impl Store {
    /// Everything counted in the range, by direction. A direction without messages is not there.
    pub(crate) async fn totals(&self, range: Range, filter: &Filter) -> Result<Vec<Totals>, Refusal> {
        let columns = "direction AS way, messages AS n, by_origin AS o, by_type AS t, by_intent AS i, \
                       by_sentiment AS s, by_urgency AS u, by_language AS l";
        let (windows, given) = windows(columns, range, Step::Day, filter);
        let sql = format!(
            "SELECT toString(way) AS direction, sum(n) AS messages, sumMap(o) AS by_origin, sumMap(t) AS by_type, \
                 sumMap(i) AS by_intent, sumMap(s) AS by_sentiment, sumMap(u) AS by_urgency, \
                 sumMap(l) AS by_language \
             FROM {windows} GROUP BY direction"
        );
        self.rows("totals", &sql, &given).await
    }

    /// The points that are not zero of the series that `group` makes; only those of `labels` when it has any.
    pub(crate) async fn series(
        &self,
        range: Range,
        step: Step,
        filter: &Filter,
        group: Option<GroupBy>,
        labels: &[String],
    ) -> Result<Vec<Point>, Refusal> {
        let counts = group.map_or("map('all', messages)", GroupBy::counts);
        let columns = format!("window_start, CAST({counts}, 'Map(String, UInt64)') AS counts");
        let (windows, mut given) = windows(&columns, range, step, filter);
        given.value("step", Value::Count(u64::from(step.seconds())));
        let mut chosen = Where::all();
        chosen.and_any_of("name IN {label:Array(String)}", "label", labels);
        let sql = format!(
            "SELECT toUInt32(intDiv(toUInt32(window_start), {{step:UInt32}}) * {{step:UInt32}}) AS at, \
                 name AS label, sum(n) AS value \
             FROM {windows} ARRAY JOIN mapKeys(counts) AS name, mapValues(counts) AS n \
             WHERE {} GROUP BY at, label ORDER BY at, label LIMIT {SERIES_POINTS_MAX}",
            chosen.sql()
        );
        given.values.append(&mut chosen.values);
        self.rows("series", &sql, &given).await
    }

    /// The integrations with the most messages in the range, at most `most`.
    pub(crate) async fn busiest(&self, range: Range, filter: &Filter, most: usize) -> Result<Vec<Sum>, Refusal> {
        let columns = "toString(phone_number_id) AS number, messages AS n";
        let (windows, mut given) = windows(columns, range, Step::Day, filter);
        given.value("most", Value::Count(most as u64));
        let sql = format!(
            "SELECT number AS label, sum(n) AS value FROM {windows} GROUP BY label \
             ORDER BY value DESC, label LIMIT {{most:UInt64}}"
        );
        self.rows("busiest", &sql, &given).await
    }
}

/// Series are bounded by 1500 buckets and 50 labels.
const SERIES_POINTS_MAX: usize = 75_000;

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u32 = 86_400;

    #[test]
    fn a_cover_is_exact_without_gap_or_overlap() {
        let (from, to) = (3 * DAY - 3600 - 120, 5 * DAY + 3600 + 60);
        let segments = cover(from, to, Step::Day);
        let windows: Vec<Step> = segments.iter().map(|segment| segment.windows).collect();
        assert_eq!(windows, [Step::Minute, Step::Hour, Step::Day, Step::Hour, Step::Minute]);
        assert_eq!((segments[0].from, segments[4].to), (from, to));
        assert!(segments.windows(2).all(|pair| pair[0].to == pair[1].from));
        for segment in segments {
            let width = segment.windows.seconds();
            assert_eq!((segment.from % width, segment.to % width), (0, 0));
        }
    }

    #[test]
    fn a_cover_is_never_wider_than_asked_and_short_ranges_need_one_table() {
        assert!(
            cover(0, 10 * DAY, Step::Hour)
                .iter()
                .all(|segment| segment.windows == Step::Hour)
        );
        assert_eq!(cover(60, 3540, Step::Day).len(), 1);
        assert_eq!(cover(60, 60, Step::Day), vec![]);
    }
}
