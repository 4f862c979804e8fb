//! `GET /v1/integrations`: the business's numbers, how busy each is and when it last was.

use std::collections::HashMap;

use parlance_schemas::labels::Direction;
use serde::Serialize;
use warp::reply::Response;

use super::{Api, json, said};
use crate::error::Refusal;
use crate::params::Params;
use crate::store::tallies::Filter;
use crate::time::{Moment, Range};

/// Days of the range when none is given.
const RANGE_DAYS: i64 = 30;
/// Numbers whose volumes are asked for; as many as are listed.
const NUMBERS_MAX: usize = 1000;

#[derive(Serialize)]
struct Integration {
    phone_number_id: String,
    waba_id: Option<String>,
    last_message_at: Option<Moment>,
    inbound: u64,
    outbound: u64,
}

#[derive(Serialize)]
struct Integrations {
    watermark: Option<Moment>,
    range: Range,
    integrations: Vec<Integration>,
}

async fn volumes(api: &Api, range: Range, direction: Direction) -> Result<HashMap<String, u64>, Refusal> {
    let filter = Filter {
        integrations: vec![],
        direction: Some(direction.to_string()),
    };
    let sums = api.store.busiest(range, &filter, NUMBERS_MAX).await?;
    Ok(sums.into_iter().map(|sum| (sum.label, sum.value)).collect())
}

pub(crate) async fn answer(api: &Api, mut params: Params) -> Result<Response, Refusal> {
    let range = params.range(RANGE_DAYS);
    params.finish()?;

    let watermark = api.watermark();
    let seen = api.store.numbers_seen().await?;
    let (newest, inbound, outbound) = tokio::try_join!(
        api.store.newest_messages(&seen),
        volumes(api, range, Direction::Inbound),
        volumes(api, range, Direction::Outbound),
    )?;
    let mut newest: HashMap<String, (String, i64)> = newest
        .into_iter()
        .map(|newest| (newest.number, (newest.account, newest.last_message)))
        .collect();
    let mut integrations: Vec<Integration> = seen
        .into_iter()
        .map(|seen| {
            let newest = newest.remove(&seen.number);
            Integration {
                inbound: inbound.get(&seen.number).copied().unwrap_or_default(),
                outbound: outbound.get(&seen.number).copied().unwrap_or_default(),
                last_message_at: newest.as_ref().map(|(_, at)| Moment(*at)),
                waba_id: newest.and_then(|(account, _)| said(account)),
                phone_number_id: seen.number,
            }
        })
        .collect();
    integrations.sort_by(|a, b| {
        let volume = |one: &Integration| one.inbound + one.outbound;
        volume(b)
            .cmp(&volume(a))
            .then_with(|| a.phone_number_id.cmp(&b.phone_number_id))
    });
    json(&Integrations {
        watermark,
        range,
        integrations,
    })
}
