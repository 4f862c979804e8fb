//! How far back the log must be read so that what comes after is as if nothing had happened, and that all workers
//! begin at the same place.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use parlance_schemas::rows::Progress;
use timely::ExchangeData;
use timely::dataflow::operators::Inspect;
use timely::dataflow::operators::probe::{Handle as Probe, Probe as _};
use timely::dataflow::operators::vec::{Broadcast, ToStream};
use timely::worker::Worker;

use crate::config::{Config, millis};
use crate::deliveries;
use crate::error::Error;
use crate::event::Time;
use crate::heartbeat::MARK_EVERY;
use crate::judged;
use crate::seen::GENERATION;
use crate::stop::Stop;
use crate::timelines;

/// The longest a worker sleeps while others have not said what they read.
const PARK: Duration = Duration::from_millis(50);

/// What every process of the cluster knows to be durable, from what each has read of the sink's progress. `None`
/// when the end comes first.
///
/// Processes that start while an earlier pipeline still writes read different progress, all of it true. Were each to
/// go by its own, one could begin where another's history is missing; the least of all is true as well.
///
/// `snapshots`: whether this process takes them. All must, or none: the workers' dataflows would differ.
pub(crate) fn agreed(
    worker: &mut Worker,
    own: &Progress,
    snapshots: bool,
    stop: &Stop,
) -> Result<Option<Progress>, Error> {
    let own_word = (own.complete_through.clone(), snapshots);
    let Some(said) = gathered(worker, "Agreement", Some(own_word), stop) else {
        return Ok(None);
    };
    let mut least = own.clone();
    for (other, others_snapshots) in &said {
        if *others_snapshots != snapshots {
            return Err(Error::Config(
                "snapshot_url must be given to all processes of the cluster, or to none".to_owned(),
            ));
        }
        if other.len() != least.complete_through.len() {
            return Err(Error::Config(format!(
                "shards must be the same in all processes of the cluster: there are {} and {}",
                least.complete_through.len(),
                other.len()
            )));
        }
        for (least, other) in least.complete_through.iter_mut().zip(other) {
            *least = (*least).min(*other);
        }
    }
    Ok(Some(least))
}

/// What all workers say, to all of them; in no order. `None` when the end comes first.
pub(crate) fn gathered<D: ExchangeData + Clone>(
    worker: &mut Worker,
    name: &str,
    own: Option<D>,
    stop: &Stop,
) -> Option<Vec<D>> {
    let said: Rc<RefCell<Vec<D>>> = Rc::default();
    let probe = Probe::new();
    worker.dataflow_named::<Time, _, _>(name, |scope| {
        let said = said.clone();
        own.to_stream(scope)
            .broadcast()
            .inspect(move |word| said.borrow_mut().push(word.clone()))
            .probe_with(&probe);
    });
    while !probe.done() {
        if stop.requested() {
            return None;
        }
        worker.step_or_park(Some(PARK));
    }
    Some(said.take())
}

/// The log time to begin at when there is no snapshot, given what every shard of the sink has.
///
/// A window that is still open after `least` may have taken messages since the largest width, the lateness and
/// `max_future` (a message may be logged before its window begins); whether each of those was the first of its kind
/// follows from the horizon before it, what it means and which conversation it is of from those before it there, what had become
/// of it from the statuses that were still known then, and what was in force from the last heartbeat before that. What comes out
/// of the replay up to `least` is there already and is dropped.
pub(crate) fn rewind(config: &Config, least: Time) -> Time {
    let windows = millis(config.windows_open());
    // De-duplication remembers in whole generations: up to one more at either end.
    let seen = millis(config.dedup_horizon()) + 2 * GENERATION;
    let known = judged::REACH.max(timelines::REACH).max(deliveries::reach(windows));
    least.saturating_sub(windows + seen + known + MARK_EVERY)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each of two workers comes to, from what each has read.
    fn agreement(own: [&'static [Time]; 2]) -> Vec<Result<Vec<Time>, String>> {
        let guards = timely::execute(timely::Config::process(2), move |worker| {
            let own = Progress {
                complete_through: own[worker.index()].to_vec(),
            };
            let agreed = agreed(worker, &own, false, &Stop::default()).map_err(|error| error.to_string())?;
            Ok(agreed.expect("nobody asked for the end").complete_through)
        });
        guards.unwrap().join().into_iter().map(Result::unwrap).collect()
    }

    #[test]
    fn workers_that_read_different_progress_begin_at_the_least_of_each_shard() {
        assert_eq!(
            agreement([&[10, 25, 0], &[12, 20, 0]]),
            [Ok(vec![10, 20, 0]), Ok(vec![10, 20, 0])]
        );
    }

    #[test]
    fn another_number_of_shards_is_refused() {
        let outcomes = agreement([&[10, 20], &[10]]);
        let refused = |outcome: &Result<_, String>| outcome.as_ref().is_err_and(|error| error.contains("shards"));
        assert!(outcomes.iter().all(refused), "{outcomes:?}");
    }
}
