//! `GET /v1/system`: how the machinery is: progress, sizes, rates, versions, and what the pipeline says of itself.

use std::collections::BTreeMap;

use parlance_schemas::rows::Table;
use serde::Serialize;
use warp::reply::Response;

use super::{Api, json, log_moment};
use crate::error::Refusal;
use crate::params::Params;
use crate::pipeline::Report;
use crate::store::system::{Shard, Size};
use crate::time::Moment;

#[derive(Serialize)]
struct Versions {
    parlance: &'static str,
    clickhouse: String,
}

#[derive(Serialize)]
struct ShardProgress {
    shard: u32,
    complete_through: Option<Moment>,
    age_seconds: Option<f64>,
}

#[derive(Serialize)]
struct Sink {
    sink: String,
    generation: u64,
    complete_through: Option<Moment>,
    age_seconds: Option<f64>,
    shards: Vec<ShardProgress>,
}

#[derive(Serialize)]
struct TableSize {
    table: String,
    rows: u64,
    bytes: u64,
    parts: u64,
}

#[derive(Serialize)]
struct Messages {
    last_minute: u64,
    last_five_minutes: u64,
    per_second: f64,
}

#[derive(Serialize)]
struct LateCount {
    window: String,
    last_day: u64,
}

#[derive(Serialize)]
struct Pipeline {
    reported: Option<Report>,
    reason: Option<String>,
}

#[derive(Serialize)]
struct System {
    watermark: Option<Moment>,
    at: Moment,
    versions: Versions,
    clickhouse_up_seconds: u64,
    sinks: Vec<Sink>,
    tables: Vec<TableSize>,
    messages: Messages,
    late: Vec<LateCount>,
    pipeline: Pipeline,
}

/// Seconds from a log time until now; not less than none, as clocks differ.
fn age(through: Moment, now: Moment) -> f64 {
    (now.0 - through.0).max(0) as f64 / 1_000.0
}

/// The sinks, each with the set of shards that was written to last.
fn sinks(shards: &[Shard], now: Moment) -> Vec<Sink> {
    let mut newest: BTreeMap<String, (u64, u32)> = BTreeMap::new();
    for shard in shards {
        let known = newest.entry(shard.name.clone()).or_default();
        *known = (*known).max((shard.generation, shard.of));
    }
    let of = |(sink, (generation, of)): (String, (u64, u32))| {
        let mine: BTreeMap<u32, u64> = shards
            .iter()
            .filter(|shard| shard.name == sink && shard.of == of)
            .map(|shard| (shard.number, shard.through))
            .collect();
        // A shard that nothing was written down of has nothing.
        let through = |shard: u32| mine.get(&shard).copied().filter(|through| *through > 0).map(log_moment);
        let progress: Vec<ShardProgress> = (0..of)
            .map(|shard| ShardProgress {
                shard,
                complete_through: through(shard),
                age_seconds: through(shard).map(|through| age(through, now)),
            })
            .collect();
        let least: Option<Vec<Moment>> = (0..of).map(through).collect();
        let complete_through = least.and_then(|all| all.into_iter().min());
        Sink {
            sink,
            generation,
            complete_through,
            age_seconds: complete_through.map(|through| age(through, now)),
            shards: progress,
        }
    };
    newest.into_iter().map(of).collect()
}

/// All tables that the pipeline writes to, the empty ones too, and whatever else there is.
fn tables(sizes: Vec<Size>) -> Vec<TableSize> {
    let empty = |name: &str| TableSize {
        table: name.to_owned(),
        rows: 0,
        bytes: 0,
        parts: 0,
    };
    let mut tables: BTreeMap<String, TableSize> = Table::ALL
        .iter()
        .map(|table| (table.name().to_owned(), empty(table.name())))
        .collect();
    for size in sizes {
        let table = TableSize {
            table: size.name.clone(),
            rows: size.held,
            bytes: size.taken,
            parts: size.pieces,
        };
        tables.insert(size.name, table);
    }
    tables.into_values().collect()
}

pub(crate) async fn answer(api: &Api, params: Params) -> Result<Response, Refusal> {
    params.finish()?;
    let watermark = api.watermark();
    let now = Moment::now();
    let store = &api.store;
    let (asked, reported) = tokio::join!(
        async {
            tokio::try_join!(
                store.shards(),
                store.sizes(),
                store.lately(now),
                store.late_since(Moment(now.0 - Moment::DAY_MS)),
                store.server(),
            )
        },
        api.pipeline.report(),
    );
    let (shards, sizes, lately, late, server) = asked?;
    let (reported, reason) = match reported {
        Ok(report) => (Some(report), None),
        Err(reason) => (None, Some(reason)),
    };
    json(&System {
        watermark,
        at: now,
        versions: Versions {
            parlance: env!("CARGO_PKG_VERSION"),
            clickhouse: server.version,
        },
        clickhouse_up_seconds: server.up_seconds,
        sinks: sinks(&shards, now),
        tables: tables(sizes),
        messages: Messages {
            last_minute: lately.last_minute,
            last_five_minutes: lately.five_minutes,
            per_second: lately.five_minutes as f64 / 300.0,
        },
        late: late
            .into_iter()
            .map(|late| LateCount {
                window: late.too_late_for,
                last_day: late.counted,
            })
            .collect(),
        pipeline: Pipeline { reported, reason },
    })
}
