//! From a record's bytes to an update that is understood: what it is the same as, and the row it will become.
//!
//! A function of the bytes alone. Only the envelope can make a record unreadable; an update within it that is not
//! understood becomes a row of `raw_updates` that says so.

mod drafts;
pub(crate) mod identities;

use parlance_schemas::decision::{Decision, What};
use parlance_schemas::fingerprint::{self, Fingerprint};
use parlance_schemas::labels::{Intent, Language, Sentiment, Urgency};
use parlance_schemas::outcome::{Outcome, OutcomeState};
use parlance_schemas::record::{Heartbeat, Part, Record, Update, VERSION};
use parlance_schemas::rows::{DecisionRow, OutcomeRow, RawUpdateRow};
use parlance_schemas::verdict::Verdict;
use parlance_schemas::webhook::{FieldKind, Remarks, known_field};

use crate::event::{Draft, Event, Place};

/// What a record holds.
pub(crate) enum Decoded {
    Event(Box<Event>),
    Heartbeat(Heartbeat),
}

/// Why a record could not be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// A newer version of this program wrote it: not bad, but not for us.
    Newer(u8),
    /// It is not a record, in the parser's words.
    Broken(String),
}

/// Reads one record. The event's place is blank.
pub(crate) fn decode(payload: &[u8]) -> Result<Decoded, Unreadable> {
    let record = Record::from_json(payload).map_err(|error| Unreadable::Broken(error.to_string()))?;
    let v = match &record {
        Record::Update(update) => update.v,
        Record::Verdict(verdict) => verdict.v,
        Record::Decision(decision) => decision.v,
        Record::Outcome(outcome) => outcome.v,
        Record::Heartbeat(heartbeat) => heartbeat.v,
    };
    if v > VERSION {
        return Err(Unreadable::Newer(v));
    }
    Ok(match record {
        Record::Heartbeat(heartbeat) => Decoded::Heartbeat(heartbeat),
        Record::Update(update) => Decoded::Event(Box::new(event(&update))),
        Record::Verdict(verdict) => Decoded::Event(Box::new(said(verdict)?)),
        Record::Decision(decision) => Decoded::Event(Box::new(decided(*decision)?)),
        Record::Outcome(outcome) => Decoded::Event(Box::new(came_of(*outcome)?)),
    })
}

fn event(update: &Update<'_>) -> Event {
    if known_field(&update.field) == FieldKind::Unknown && update.part != Part::Entry && update.part != Part::Body {
        metrics::counter!("pipeline_unknown_fields_total").increment(1);
    }
    metrics::counter!("pipeline_records_decoded_total").increment(1);
    let value = fingerprint::of_raw(update.update);
    let drafts::Made {
        draft,
        identity,
        contact,
        identities,
    } = match update.part {
        Part::Message | Part::Echo | Part::Sent | Part::HistoryMessage => drafts::message(update, value),
        Part::Status => drafts::status(update, value),
        Part::Error => drafts::error(update, value),
        Part::Change if known_field(&update.field) == FieldKind::Account => drafts::account_event(update, value),
        Part::Contact => drafts::lone_contact(update, value),
        Part::Change if update.field == "user_id_update" => drafts::Made {
            identities: identities::of_user_id_update(update),
            ..drafts::raw(update, value, reason(update), String::new())
        },
        _ => drafts::raw(update, value, reason(update), String::new()),
    };
    let (this, value) = (identity.to_string(), value.to_string());
    Event {
        place: Place::default(),
        settings: 0,
        identity: identity.0,
        // What the update is and what it says, so that equal words in two updates are two contents.
        content: fingerprint::identity("content", &[&this, &value]).0,
        field: update.field.clone().into_owned(),
        part: update.part,
        name: update.name.as_deref().unwrap_or_default().to_owned(),
        draft,
        contact: contact.map(Box::new),
        identities,
    }
}

/// A verdict is the same as another when all it says is.
fn said(verdict: Box<Verdict>) -> Result<Event, Unreadable> {
    if let Some(problem) = verdict.problem() {
        return Err(Unreadable::Broken(problem.to_owned()));
    }
    metrics::counter!("pipeline_records_decoded_total").increment(1);
    let labels = [
        verdict.intent.map_or("", Intent::as_str),
        verdict.sentiment.map_or("", Sentiment::as_str),
        verdict.urgency.map_or("", Urgency::as_str),
        verdict.language.map_or("", Language::as_str),
    ]
    .join(" ");
    let (at, row) = (verdict.at.to_string(), &verdict.message);
    let parts = [
        &row.phone_number_id,
        &row.message_id,
        verdict.judge.as_str(),
        &verdict.author,
        &at,
        &labels,
    ];
    let identity = fingerprint::identity("verdict", &parts).0;
    Ok(Event::of_people(identity, Draft::Verdict(verdict)))
}

/// A decision is the same as another when all it says is.
fn decided(decision: Decision) -> Result<Event, Unreadable> {
    if let Some(problem) = decision.problem() {
        return Err(Unreadable::Broken(problem.to_owned()));
    }
    metrics::counter!("pipeline_records_decoded_total").increment(1);
    let kind = decision.what.as_str();
    let (mut team, mut agent, mut other_id) = Default::default();
    match decision.what {
        What::Resolve => {}
        What::Assign {
            team: to,
            agent: person,
        } => (team, agent) = (to, person),
        What::Link(other) | What::Unlink(other) => other_id = other,
    }
    let at = decision.at.to_string();
    let parts = [
        decision.waba_id.as_str(),
        &decision.phone_number_id,
        &decision.contact_id,
        &decision.group_id,
        kind,
        &team,
        &agent,
        &other_id,
        &decision.author,
        &at,
    ];
    let identity = fingerprint::identity("decision", &parts);
    let row = DecisionRow {
        decision_id: identity.to_string(),
        phone_number_id: decision.phone_number_id,
        waba_id: decision.waba_id,
        contact_id: decision.contact_id,
        group_id: decision.group_id,
        kind: kind.to_owned(),
        team,
        agent,
        other_id,
        author: decision.author,
        at: decision.at,
        logged_at: 0,
        version: 0,
    };
    Ok(Event::of_people(identity.0, Draft::Decision(Box::new(row))))
}

/// Outcomes are the same when they say the same of the same attempt; that an action succeeded is the same of whichever.
fn came_of(outcome: Outcome) -> Result<Event, Unreadable> {
    if let Some(problem) = outcome.problem() {
        return Err(Unreadable::Broken(problem.to_owned()));
    }
    metrics::counter!("pipeline_records_decoded_total").increment(1);
    let attempt = match outcome.state {
        OutcomeState::Succeeded => String::new(),
        _ => outcome.attempt.to_string(),
    };
    let parts = [
        outcome.phone_number_id.as_str(),
        &outcome.action_id,
        outcome.state.as_str(),
        &attempt,
    ];
    let identity = fingerprint::identity("outcome", &parts);
    let row = OutcomeRow {
        outcome_id: identity.to_string(),
        phone_number_id: outcome.phone_number_id,
        action_id: outcome.action_id,
        rule_id: outcome.rule_id,
        rule_version: outcome.rule_version,
        action: outcome.action,
        made: outcome.made,
        state: outcome.state,
        attempt: outcome.attempt,
        waba_id: outcome.waba_id,
        contact_id: outcome.contact_id,
        group_id: outcome.group_id,
        conversation_id: outcome.conversation_id,
        message_id: outcome.message_id,
        external_id: outcome.external_id,
        url: outcome.url,
        error: outcome.error,
        at: outcome.at,
        logged_at: 0,
        version: 0,
    };
    Ok(Event::of_people(identity.0, Draft::Outcome(Box::new(row))))
}

fn reason(update: &Update<'_>) -> &'static str {
    match update.part {
        Part::UnknownKey => "unknown_key",
        Part::Change if known_field(&update.field) == FieldKind::Unknown => "unknown_field",
        Part::Body => "unreadable",
        _ => "no_table",
    }
}

/// The identity of an update that has none of its own: who it is of, when, where in the webhook, and what it says.
fn identity_of_content(update: &Update<'_>, value: Fingerprint) -> Fingerprint {
    let entry_time = update.entry_time.map(|at| at.to_string()).unwrap_or_default();
    fingerprint::identity(
        "update",
        &[
            &update.waba_id,
            update.phone_number_id.as_deref().unwrap_or_default(),
            &entry_time,
            &update.field,
            update.part.as_str(),
            update.name.as_deref().unwrap_or_default(),
            &value.to_string(),
        ],
    )
}

fn raw_row(update: &Update<'_>, identity: Fingerprint, reason: &str, detail: String) -> Draft {
    Draft::Raw(Box::new(RawUpdateRow {
        update_id: identity.to_string(),
        waba_id: update.waba_id.clone().into_owned(),
        phone_number_id: update.phone_number_id.as_deref().unwrap_or_default().to_owned(),
        field: update.field.clone().into_owned(),
        part: update.part.as_str().to_owned(),
        name: update.name.as_deref().unwrap_or_default().to_owned(),
        reason: reason.to_owned(),
        detail,
        occurred_at: update.entry_time.unwrap_or(update.received_at),
        received_at: update.received_at,
        logged_at: 0,
        raw: update.update.get().to_owned(),
        version: 0,
    }))
}

fn note(remarks: &Remarks) {
    if remarks.unknown_keys > 0 {
        metrics::counter!("pipeline_unknown_keys_total").increment(remarks.unknown_keys.into());
    }
    if !remarks.notes.is_empty() {
        metrics::counter!("pipeline_misshapen_members_total").increment(remarks.notes.len() as u64);
    }
}

#[cfg(test)]
mod tests;
