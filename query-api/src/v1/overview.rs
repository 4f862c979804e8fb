//! `GET /v1/overview`: the numbers of a range beside those of the equally long range before it.

use std::collections::HashMap;

use parlance_schemas::labels::{Direction, Urgency};
use serde::Serialize;
use warp::reply::Response;

use super::message::Message;
use super::tally::Tally;
use super::{Api, ID_CHARACTERS_MAX, json};
use crate::error::Refusal;
use crate::params::Params;
use crate::store::messages::Filter as MessageFilter;
use crate::store::tallies::{Filter, GroupBy, Point, Totals};
use crate::time::{Moment, Range, Step};

/// Urgent messages shown.
const URGENT_MAX: usize = 10;
/// Days of the range when none is given.
const RANGE_DAYS: i64 = 1;

#[derive(Serialize)]
struct Headline {
    inbound: Tally,
    outbound: Tally,
    contacts: u64,
}

#[derive(Serialize)]
struct OverviewPoint {
    at: Moment,
    inbound: u64,
    outbound: u64,
}

#[derive(Serialize)]
struct StatusCount {
    status: String,
    current: u64,
    previous: u64,
}

#[derive(Serialize)]
struct Overview {
    watermark: Option<Moment>,
    range: Range,
    previous_range: Range,
    step: Step,
    last_bucket_open: bool,
    current: Headline,
    previous: Headline,
    series: Vec<OverviewPoint>,
    previous_series: Vec<OverviewPoint>,
    urgent: Vec<Message>,
    statuses: Vec<StatusCount>,
}

fn headline(totals: Vec<Totals>, contacts: u64) -> Headline {
    let mut by_direction: HashMap<String, Totals> = totals.into_iter().map(|t| (t.direction.clone(), t)).collect();
    let mut tally = |direction: Direction| by_direction.remove(direction.as_str()).unwrap_or_default().into();
    Headline {
        inbound: tally(Direction::Inbound),
        outbound: tally(Direction::Outbound),
        contacts,
    }
}

fn filled(points: Vec<Point>, range: Range, step: Step) -> Vec<OverviewPoint> {
    let counted: HashMap<(u32, String), u64> = points.into_iter().map(|p| ((p.at, p.label), p.value)).collect();
    let count = |at: u32, direction: Direction| counted.get(&(at, direction.to_string())).copied().unwrap_or_default();
    let point = |at| OverviewPoint {
        at: Moment::from_seconds(at),
        inbound: count(at, Direction::Inbound),
        outbound: count(at, Direction::Outbound),
    };
    step.buckets(range).map(point).collect()
}

pub(crate) async fn answer(api: &Api, mut params: Params) -> Result<Response, Refusal> {
    let range = params.range(RANGE_DAYS);
    let step = params.step(range);
    let integrations = params.texts("integration", ID_CHARACTERS_MAX);
    params.finish()?;

    let watermark = api.watermark();
    let before = range.previous();
    let filter = Filter {
        integrations: integrations.clone(),
        direction: None,
    };
    let urgent = MessageFilter {
        integrations: integrations.clone(),
        from: Some(range.from),
        to: Some(range.to),
        direction: Some(Direction::Inbound.to_string()),
        urgencies: vec![Urgency::Urgent.to_string(), Urgency::Critical.to_string()],
        ..MessageFilter::default()
    };
    let store = &api.store;
    let by_direction = Some(GroupBy::Direction);
    let (current, previous, series, previous_series) = tokio::try_join!(
        store.totals(range, &filter),
        store.totals(before, &filter),
        store.series(range, step, &filter, by_direction, &[]),
        store.series(before, step, &filter, by_direction, &[]),
    )?;
    let (writers, statuses, urgent) = tokio::try_join!(
        store.writers(range, &integrations),
        store.statuses_reached(range, &integrations),
        store.messages(&urgent, None, URGENT_MAX),
    )?;
    json(&Overview {
        watermark,
        range,
        previous_range: before,
        step,
        last_bucket_open: watermark.is_none_or(|watermark| watermark < range.to),
        current: headline(current, writers.0),
        previous: headline(previous, writers.1),
        series: filled(series, range, step),
        previous_series: filled(previous_series, before, step),
        urgent: urgent.messages.into_iter().map(Message::from).collect(),
        statuses: statuses
            .into_iter()
            .map(|reached| StatusCount {
                status: reached.word,
                current: reached.current,
                previous: reached.previous,
            })
            .collect(),
    })
}
