//! The operator that follows what becomes of messages: each status makes a row, and what windows measure of its message moves.
//!
//! Keeps true: what windows measure of a message is what all its statuses say together ([`Delivery`]), in the window of when
//! it was sent; a status that changes that takes back what was measured and gives what is. So a window that closes holds what
//! was known of its messages then, whatever the order it became known in.
//!
//! **Per message, not per recipient.** A message to a group counts once: it is delivered, and read, when the first of its
//! members has it; `sent` comes for the group as a whole, and each member's statuses without one. What a group's message
//! costs depends on how many got it: the table `deliveries` has a row for each of them, the windows say only that it has a
//! price, and no country.
//!
//! **Once only.** What is known of a message is kept for as long after its last status was logged as a window that counts it
//! may be open (`windows_open`): it was sent no later than `max_future` after that, so the largest window it lies in has
//! closed when it is forgotten. A later status finds nothing. If it is a `sent`, it says a time of then, and that window is
//! closed; `delivered`, `read` and `played` alone are not counted at all, so that a customer who reads today what was sent
//! last week makes no second message of it; `failed` alone is counted as a failure when it failed, and as nothing else. So no
//! measure counts a message twice.
//!
//! **After a restart** the first statuses of a message may lie before where the log is read from. Without its `sent` nothing
//! is counted of it, as nothing was: the window of its `sent` had closed. But a failure is counted when it failed, or when the
//! message was sent; to know which, the log is read from [`reach`] before the first window that is still open. (Of a message
//! that claims to have been sent twice, days apart, a restart may forget the first time.)
//!
//! Holds: the statuses of unfinished ticks, and [`Held`]: some 60 bytes a message (its four times, error and price), for the
//! messages whose last status came within `windows_open`. Costs a look-up and some comparisons a status, a short sweep a tick.

mod country;
mod held;

use std::collections::BTreeMap;

use differential_dataflow::{AsCollection, VecCollection};
use parlance_schemas::fingerprint;
use parlance_schemas::rows::{DeliveryRow, StatusRow};
use parlance_timeline::delivery::{Delivery, Price, Word};
use parlance_timeline::told;
use serde::{Deserialize, Serialize};
use timely::dataflow::channels::pact::Exchange;
use timely::dataflow::operators::Capability;
use timely::dataflow::operators::generic::Operator;

use crate::event::{Diff, Time};
use crate::seen::GENERATION;
use crate::snapshot::{Kind, Snapshots};
use crate::summary::{self, Measured};
pub(crate) use country::Countries;
pub(crate) use held::Held;

/// What this operator remembers.
pub(crate) const STATE: Kind = Kind::of::<Held>("deliveries", 1);

/// How long before something is counted its message may have had its first status, in milliseconds of log time.
pub(crate) fn reach(windows_open: Time) -> Time {
    // States are kept in whole generations: up to one more at either end.
    windows_open + 2 * GENERATION
}

/// What a status says of its message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Heard {
    message: u128,
    phone_number_id: String,
    word: Word,
    at: i64,
    error_code: i64,
    price: Price,
}

/// The row of a status of a message, and what it says of the message; none of other statuses. `latest`: the latest it may
/// claim to be.
pub(crate) fn read(status: &StatusRow, latest: i64, countries: &mut Countries) -> Option<(DeliveryRow, Heard)> {
    let word = Word::of(&status.status).filter(|_| status.kind == "message")?;
    let at = status.occurred_at.min(latest);
    let is_group = !status.group_id.is_empty();
    // What was sent to a group as a whole names the group.
    let country = if is_group && status.recipient_id == status.group_id {
        String::new()
    } else {
        countries.of(&status.recipient_id)
    };
    let when = |of: Word| (word == of).then_some(at);
    let row = DeliveryRow {
        phone_number_id: status.phone_number_id.clone(),
        message_id: status.message_id.clone(),
        recipient_id: status.recipient_id.clone(),
        waba_id: status.waba_id.clone(),
        sent_at: when(Word::Sent),
        delivered_at: when(Word::Delivered),
        read_at: when(Word::Read),
        played_at: when(Word::Played),
        failed_at: when(Word::Failed),
        error_code: if word == Word::Failed {
            status.error_code.max(0)
        } else {
            0
        },
        pricing_category: status.pricing_category.clone(),
        pricing_type: status.pricing_type.clone(),
        pricing_model: status.pricing_model.clone(),
        billable: status.billable,
        country,
    };
    let mut price = Price {
        category: row.pricing_category.clone(),
        kind: row.pricing_type.clone(),
        country: String::new(),
    };
    if price.is_known() && !is_group {
        price.country.clone_from(&row.country);
    }
    let heard = Heard {
        message: fingerprint::identity("message", &[&row.phone_number_id, &row.message_id]).0,
        phone_number_id: row.phone_number_id.clone(),
        word,
        at,
        error_code: row.error_code,
        price,
    };
    Some((row, heard))
}

/// What windows measure of the messages that statuses are heard of. `windows_open`: how long after an update was logged a window
/// that counts it may still be open, in milliseconds.
pub(crate) fn followed<'scope>(
    heard: VecCollection<'scope, Time, Heard, Diff>,
    windows_open: Time,
    snapshots: &Snapshots,
) -> VecCollection<'scope, Time, Measured, Diff> {
    let keeper = snapshots.keeper::<Held>(STATE);
    let by_message = Exchange::new(|(heard, _, _): &(Heard, Time, Diff)| heard.message as u64);
    let worker = heard.inner.scope().index();
    let stream = heard
        .inner
        .unary_frontier(by_message, "Deliveries", move |_capability, _info| {
            let mut waiting: BTreeMap<Time, (Capability<Time>, Vec<Heard>)> = BTreeMap::new();
            let mut held = Held::new(windows_open);
            keeper.restore(&mut held);
            let messages = metrics::gauge!("pipeline_deliveries_held", "worker" => worker.to_string());
            move |(input, frontier), output| {
                input.for_each_stamp(|stamp, data| {
                    for (heard, time, _) in data.flat_map(|batch| batch.drain(..)) {
                        let (_, tick) = waiting
                            .entry(time)
                            .or_insert_with(|| (stamp.delayed(&time, 0), Vec::new()));
                        tick.push(heard);
                    }
                });
                while let Some(entry) = waiting.first_entry() {
                    if frontier.less_equal(entry.key()) {
                        break;
                    }
                    let (time, (capability, mut tick)) = entry.remove_entry();
                    keeper.before(time, &held);
                    // Statuses of a message together: in which order does not matter to what they come to.
                    tick.sort_unstable_by_key(|heard| heard.message);
                    let mut session = output.session(&capability);
                    for statuses in tick.chunk_by(|a, b| a.message == b.message) {
                        hear(&mut held, statuses, time, |measured, diff| {
                            session.give((measured, time, diff))
                        });
                    }
                    held.sweep(time);
                    messages.set(held.len() as f64);
                }
                keeper.through(frontier, &held);
            }
        });
    stream.as_collection()
}

/// Takes in what the statuses of one message say, and gives what is measured of it otherwise than before.
fn hear(held: &mut Held, statuses: &[Heard], time: Time, mut give: impl FnMut(Measured, Diff)) {
    let [
        Heard {
            message,
            phone_number_id,
            ..
        },
        ..,
    ] = statuses
    else {
        return;
    };
    let before = held.get(*message, time);
    let mut now = before.clone();
    for heard in statuses {
        now.join(&Delivery::of(
            heard.word,
            heard.at,
            heard.error_code,
            heard.price.clone(),
        ));
    }
    let (was, is) = (before.measured(), now.measured());
    held.put(*message, &now, time);
    for (measured, diff) in [(beyond(&was, &is), -1), (beyond(&is, &was), 1)] {
        for told in measured {
            give(summary::measured(phone_number_id, told), diff);
        }
    }
}

/// What one measures and the other does not.
fn beyond(one: &[told::Measured], other: &[told::Measured]) -> Vec<told::Measured> {
    let left = one.iter().map(|measured| {
        let same =
            |other: &&told::Measured| (other.at, other.by, &other.label) == (measured.at, measured.by, &measured.label);
        let known = other.iter().find(same).map_or(&[][..], |other| &other.sums);
        let mut left = measured.clone();
        left.sums.retain(|sum| !known.contains(sum));
        left
    });
    left.filter(|left| !left.sums.is_empty()).collect()
}

#[cfg(test)]
mod tests;
