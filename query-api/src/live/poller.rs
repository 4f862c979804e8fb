//! The one poller behind all live streams: sees how far the tables are complete, and broadcasts what is new.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::frame::{Batch, after_all_of, message, metrics, place_of, watermark};
use crate::error::Refusal;
use crate::store::news::Place;
use crate::v1::Api;

/// Messages in one batch. A burst (an import of history) makes several.
pub(super) const BATCH_MESSAGES_MAX: usize = 500;
/// Windows in the tallies of one step of the watermark.
pub(super) const TALLIES_MAX: usize = 500;

/// Polls until shutdown. Errors pass: the next poll tries again from the same place.
pub(crate) async fn run(api: &Api, pause: Duration, shutdown: &CancellationToken) {
    let mut ticks = tokio::time::interval(pause);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = shutdown.cancelled() => return,
            _ = ticks.tick() => {}
        }
        tokio::select! {
            biased;
            () = shutdown.cancelled() => return,
            result = poll(api) => {
                let unready = result.err().map(|refusal| match refusal {
                    Refusal::Problem(problem) => problem.detail,
                    Refusal::Parameters(_) => "the question was refused".to_owned(),
                });
                let live = &api.live;
                let mut state = live.state();
                if state.unready.is_some() != unready.is_some() {
                    tracing::info!(ready = unready.is_none(), "whether ClickHouse can be read has changed");
                }
                state.unready = unready;
            }
        }
    }
}

async fn poll(api: &Api) -> Result<(), Refusal> {
    let seen = api.store.complete_through().await?;
    let through = seen.unwrap_or(0);
    let end = after_all_of(through);
    loop {
        let live = &api.live;
        let (place, tallied) = {
            let mut state = live.state();
            state.complete_through = seen;
            if let Some(moment) = seen {
                metrics::gauge!("api_watermark_seconds").set(moment as f64 / 1000.0);
            }
            match state.place.clone() {
                Some(place) if place == end => return Ok(()),
                Some(place) if place > end => {
                    tracing::warn!(through, "the watermark went back: the tables began anew");
                    state.place = Some(end);
                    state.tallied = through;
                    // Without receivers nobody has to know.
                    let _ = live.sender.send(Arc::new(Batch::Restarted));
                    return Ok(());
                }
                // Nobody listens, so nobody misses what is skipped.
                _ if live.sender.receiver_count() == 0 => {
                    state.place = Some(end);
                    state.tallied = through;
                    return Ok(());
                }
                Some(place) => (place, state.tallied),
                None => {
                    state.place = Some(end);
                    state.tallied = through;
                    return Ok(());
                }
            }
        };
        if broadcast(api, &place, tallied, through).await? {
            return Ok(());
        }
    }
}

/// Broadcasts one batch of what lies after `place`; true when that was all.
async fn broadcast(api: &Api, place: &Place, tallied: u64, through: u64) -> Result<bool, Refusal> {
    let rows = api.store.messages_between(place, through, BATCH_MESSAGES_MAX).await?;
    let all = rows.len() < BATCH_MESSAGES_MAX;
    let last = rows.last().map(place_of);
    let mut frames = rows.into_iter().map(message).collect::<Result<Vec<_>, _>>()?;
    let reached = match last {
        Some(last) if !all => last,
        _ => after_all_of(through),
    };
    if all {
        let mut changed = api.store.tallies_between(tallied, through, TALLIES_MAX + 1).await?;
        let truncated = changed.len() > TALLIES_MAX;
        changed.truncate(TALLIES_MAX);
        frames.extend(metrics(changed, truncated)?);
        frames.push(watermark(&reached, through)?);
    }
    metrics::counter!("api_live_events_total").increment(frames.len() as u64);
    let live = &api.live;
    let mut state = live.state();
    // Under the lock, so that who takes a seat now either gets this batch or starts behind it. All may have left.
    let _ = live.sender.send(Arc::new(Batch::Frames(frames)));
    state.place = Some(reached);
    if all {
        state.tallied = through;
    }
    Ok(all)
}
