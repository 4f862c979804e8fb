//! From an update that is known to be the first of its kind to the rows it becomes.
//!
//! Keeps true: each update becomes exactly one row of `messages`, `statuses`, `account_events` or `raw_updates`, and
//! perhaps one more that says what it told of a customer. Log time is the only clock. Holds nothing.

use differential_dataflow::{AsCollection, VecCollection};
use parlance_schemas::rows::{
    AccountEventRow, ContactRow, ConversationRow, DecisionRow, DeliveryRow, IdentityRow, MessageRow, OutcomeRow,
    RawUpdateRow, RuleReportRow, StatusRow, TimerRow, TriggerRow, TurnRow, VerdictRow,
};
use parlance_schemas::verdict::Verdict;
use serde::{Deserialize, Serialize};
use timely::dataflow::operators::vec::Map;

use crate::event::{Diff, Draft, Event, Time};
use crate::summary::{MeasureKey, Sums};
use crate::tally::Tally;
use crate::windows::{Key, Width};

/// One row on its way to the sink. A message's may be taken back (its windows then count it no more) when another of the
/// same key is given; the table keeps the newer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Row {
    Message(Box<MessageRow>),
    Status(Box<StatusRow>),
    Contact(Box<ContactRow>),
    AccountEvent(Box<AccountEventRow>),
    RawUpdate(Box<RawUpdateRow>),
    Verdict(Box<VerdictRow>),
    /// A verdict on its way to the message it is about; becomes a row of its own, and the message's anew.
    Said(Box<Verdict>),
    /// What a person decided.
    Decision(Box<DecisionRow>),
    /// What became of an action.
    Outcome(Box<OutcomeRow>),
    /// That two identifiers are of the same customer, or are not.
    Identity(Box<IdentityRow>),
    Delivery(Box<DeliveryRow>),
    /// How a conversation stands; an update of it takes the one before back, as of the three below.
    Conversation(Box<ConversationRow>),
    Turn(Box<TurnRow>),
    Timer(Box<TimerRow>),
    /// What a window that changed sums up to; taken back when that is nothing.
    Metric(Width, Box<(Key, Tally)>),
    /// The same of what is measured: the measures that changed.
    Measure(Width, Box<(MeasureKey, Sums)>),
    Trigger(Box<TriggerRow>),
    /// What a rule matches in an hour that changed.
    RuleReport(Box<RuleReportRow>),
    /// From here on the settings before this offset are in force.
    InForce(i64),
}

/// A row, and the settings in force when its update was logged: see [`Event::settings`].
pub(crate) type InForce = (Row, i64);

/// The rows of each update, dated by its log time. `max_future`: milliseconds that an update may claim to be ahead
/// of its log time; further is set back to that.
pub(crate) fn dated<'scope>(
    events: VecCollection<'scope, Time, Event, Diff>,
    max_future: Time,
) -> VecCollection<'scope, Time, InForce, Diff> {
    events
        .inner
        .flat_map(move |(event, time, diff)| {
            let settings = event.settings;
            date(event, time, max_future).map(move |row| ((row, settings), time, diff))
        })
        .as_collection()
}

fn date(event: Event, time: Time, max_future: Time) -> impl Iterator<Item = Row> {
    let logged_at = instant(time);
    let latest = instant(time.saturating_add(max_future));
    let row = match event.draft {
        Draft::Message(mut row) => {
            (row.logged_at, row.version) = (logged_at, time);
            if row.sent_at > latest {
                row.sent_at = latest;
                "clamped".clone_into(&mut row.time_source);
            }
            Row::Message(row)
        }
        Draft::Status(mut row) => {
            (row.logged_at, row.version) = (logged_at, time);
            Row::Status(row)
        }
        Draft::AccountEvent(mut row) => {
            (row.logged_at, row.version) = (logged_at, time);
            Row::AccountEvent(row)
        }
        Draft::Raw(mut row) => {
            (row.logged_at, row.version) = (logged_at, time);
            Row::RawUpdate(row)
        }
        Draft::Decision(mut row) => {
            (row.logged_at, row.version) = (logged_at, time);
            // By somebody's own clock: what is to be must not be.
            row.at = latest.min(row.at);
            Row::Decision(row)
        }
        Draft::Outcome(mut row) => {
            (row.logged_at, row.version) = (logged_at, time);
            row.at = latest.min(row.at);
            Row::Outcome(row)
        }
        Draft::InForce(settings) => Row::InForce(settings),
        Draft::Verdict(mut verdict) => {
            // The row it carries is not this pipeline's word: windows must not follow it into the far future.
            verdict.message.sent_at = latest.min(verdict.message.sent_at);
            Row::Said(verdict)
        }
    };
    let contact = event.contact.map(|mut contact| {
        // The newest name wins for ever: one from the far future must not.
        let ContactRow {
            name,
            username,
            wa_id,
            user_id,
            first_seen_at,
            last_seen_at,
            ..
        } = &mut *contact;
        for at in [
            &mut name.0,
            &mut username.0,
            &mut wa_id.0,
            &mut user_id.0,
            first_seen_at,
            last_seen_at,
        ] {
            *at = latest.min(*at);
        }
        Row::Contact(contact)
    });
    let identities = event.identities.into_iter().map(move |mut row| {
        row.at = latest.min(row.at);
        Row::Identity(Box::new(row))
    });
    std::iter::once(row).chain(contact).chain(identities)
}

fn instant(time: Time) -> i64 {
    i64::try_from(time).expect("log time is within 292 million years")
}

/// An update that contradicts an earlier one of the same identity: kept, but not believed.
pub(crate) fn conflicting_copy(event: Event) -> Event {
    let Event {
        place,
        settings,
        content,
        field,
        part,
        name,
        draft,
        ..
    } = event;
    let (waba_id, phone_number_id, occurred_at, received_at, raw) = match draft {
        Draft::Message(row) => (row.waba_id, row.phone_number_id, row.sent_at, row.received_at, row.raw),
        Draft::Status(row) => (
            row.waba_id,
            row.phone_number_id,
            row.occurred_at,
            row.received_at,
            row.raw,
        ),
        Draft::AccountEvent(row) => (
            row.waba_id,
            row.phone_number_id,
            row.occurred_at,
            row.received_at,
            row.raw,
        ),
        Draft::Raw(row) => (
            row.waba_id,
            row.phone_number_id,
            row.occurred_at,
            row.received_at,
            row.raw,
        ),
        Draft::Verdict(_) | Draft::Decision(_) | Draft::Outcome(_) | Draft::InForce(_) => {
            unreachable!("such are the same when their identity is, and settings are never the same")
        }
    };
    let row = RawUpdateRow {
        update_id: format!("{content:032x}"),
        waba_id,
        phone_number_id,
        field: field.clone(),
        part: part.as_str().to_owned(),
        name: name.clone(),
        reason: "conflicting_copy".to_owned(),
        detail: String::new(),
        occurred_at,
        received_at,
        logged_at: 0,
        raw,
        version: 0,
    };
    Event {
        place,
        settings,
        identity: content,
        content,
        field,
        part,
        name,
        draft: Draft::Raw(Box::new(row)),
        contact: None,
        identities: Vec::new(),
    }
}
