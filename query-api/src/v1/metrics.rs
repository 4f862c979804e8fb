//! `GET /v1/metrics`: zero-filled series of message counts.

use std::collections::HashMap;

use parlance_schemas::labels::{Direction, Intent, Language, MessageType, Origin, Sentiment, Urgency};
use serde::Serialize;
use warp::reply::Response;

use super::tally::texts;
use super::{Api, ID_CHARACTERS_MAX, json};
use crate::error::Refusal;
use crate::params::Params;
use crate::store::tallies::{Filter, GroupBy, Point};
use crate::time::{Moment, Range, Step};

/// Days of the range when none is given.
const RANGE_DAYS: i64 = 1;
/// Integrations that get a series when none is named: more lines than anyone can tell apart.
const INTEGRATIONS_MAX: usize = 50;

#[derive(Serialize)]
struct Series {
    label: String,
    total: u64,
    values: Vec<u64>,
}

#[derive(Serialize)]
struct Metrics {
    watermark: Option<Moment>,
    range: Range,
    step: Step,
    last_bucket_open: bool,
    group_by: Option<&'static str>,
    at: Vec<Moment>,
    series: Vec<Series>,
}

/// The labels of a closed vocabulary; `None` for integrations, of which the tables know.
fn vocabulary(group: Option<GroupBy>) -> Option<Vec<&'static str>> {
    Some(match group {
        None => vec!["all"],
        Some(GroupBy::Integration) => return None,
        Some(GroupBy::Direction) => texts!(Direction).collect(),
        Some(GroupBy::Type) => texts!(MessageType).collect(),
        Some(GroupBy::Origin) => texts!(Origin).collect(),
        Some(GroupBy::Intent) => texts!(Intent).collect(),
        Some(GroupBy::Sentiment) => texts!(Sentiment).collect(),
        Some(GroupBy::Urgency) => texts!(Urgency).collect(),
        Some(GroupBy::Language) => texts!(Language).collect(),
    })
}

/// Refuses labels that the group does not have.
fn check(params: &mut Params, group: Option<GroupBy>, labels: &[String]) {
    let Some(group) = group else {
        if !labels.is_empty() {
            params.refuse("label", "needs group_by");
        }
        return;
    };
    let Some(known) = vocabulary(Some(group)) else { return };
    for label in labels.iter().filter(|label| !known.contains(&label.as_str())) {
        let reason = format!("`{label}` is not one of {}", known.join(", "));
        params.refuse("label", reason);
    }
}

fn filled(labels: Vec<String>, points: Vec<Point>, starts: &[u32]) -> Vec<Series> {
    let mut by_label: HashMap<String, HashMap<u32, u64>> = HashMap::new();
    for point in points {
        by_label.entry(point.label).or_default().insert(point.at, point.value);
    }
    let mut series: Vec<(String, HashMap<u32, u64>)> = labels
        .into_iter()
        .map(|label| {
            let counted = by_label.remove(&label).unwrap_or_default();
            (label, counted)
        })
        .collect();
    // Labels we do not know, written by a newer version, are shown rather than dropped.
    let mut rest: Vec<_> = by_label.into_iter().collect();
    rest.sort_by(|a, b| a.0.cmp(&b.0));
    series.append(&mut rest);
    let line = |(label, counted): (String, HashMap<u32, u64>)| {
        let values: Vec<u64> = starts
            .iter()
            .map(|at| counted.get(at).copied().unwrap_or_default())
            .collect();
        Series {
            label,
            total: values.iter().sum(),
            values,
        }
    };
    series.into_iter().map(line).collect()
}

pub(crate) async fn answer(api: &Api, mut params: Params) -> Result<Response, Refusal> {
    let range = params.range(RANGE_DAYS);
    let step = params.step(range);
    let group = params.parsed::<GroupBy>("group_by");
    let mut labels = params.texts("label", ID_CHARACTERS_MAX);
    labels.sort();
    labels.dedup();
    check(&mut params, group, &labels);
    let filter = Filter {
        integrations: params.texts("integration", ID_CHARACTERS_MAX),
        direction: params
            .parsed::<Direction>("direction")
            .map(|direction| direction.to_string()),
    };
    params.finish()?;

    let watermark = api.watermark();
    let shown: Vec<String> = match vocabulary(group) {
        Some(known) if labels.is_empty() => known.into_iter().map(str::to_owned).collect(),
        Some(known) => known
            .into_iter()
            .map(str::to_owned)
            .filter(|label| labels.contains(label))
            .collect(),
        None if labels.is_empty() => {
            let busiest = api.store.busiest(range, &filter, INTEGRATIONS_MAX).await?;
            busiest.into_iter().map(|sum| sum.label).collect()
        }
        None => labels.clone(),
    };
    // Closed vocabularies are asked for as a whole when nothing was chosen, so that unknown labels show.
    let asked: &[String] = if labels.is_empty() && group != Some(GroupBy::Integration) {
        &[]
    } else {
        &shown
    };
    let points = if shown.is_empty() {
        vec![]
    } else {
        api.store.series(range, step, &filter, group, asked).await?
    };
    let starts: Vec<u32> = step.buckets(range).collect();
    let mut series = filled(shown, points, &starts);
    if group == Some(GroupBy::Integration) {
        series.sort_by(|a, b| b.total.cmp(&a.total).then_with(|| a.label.cmp(&b.label)));
    }
    json(&Metrics {
        watermark,
        range,
        step,
        last_bucket_open: watermark.is_none_or(|watermark| watermark < range.to),
        group_by: group.map(GroupBy::as_str),
        at: starts.iter().copied().map(Moment::from_seconds).collect(),
        series,
    })
}
