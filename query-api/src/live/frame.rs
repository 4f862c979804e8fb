//! Events as the bytes that clients get, prepared once for all of them, and the ids by which a client goes on.

use std::collections::BTreeMap;
use std::str::FromStr;

use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Serialize;

use crate::error::Refusal;
use crate::store::messages::Message as Row;
use crate::store::news::{Changed, Place};
use crate::time::{Moment, Step};
use crate::v1::log_moment;
use crate::v1::message::Message;
use crate::v1::tally::Tally;

/// The kinds of event a client can choose. `lagged` always comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Message,
    Metrics,
    Watermark,
}

impl Kind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Metrics => "metrics",
            Self::Watermark => "watermark",
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::Message, Self::Metrics, Self::Watermark];
        let found = all.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or("expected one of message, metrics, watermark")
    }
}

/// Why a client was not sent everything.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reason {
    /// It took its events too slowly.
    SlowClient,
    /// It came back after too long, or after too much.
    ResumeTooOld,
    /// The tables began anew, or its event id is not one of ours.
    Restarted,
}

/// One event.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) kind: Kind,
    /// The integration it is about, for those who want only some; `None` is for everyone.
    pub(super) integration: Option<String>,
    /// The whole event.
    pub(super) bytes: Bytes,
    /// Only its id, which moves a browser on without an event: for those who do not want the event.
    pub(super) mark: Bytes,
}

/// What the poller sends at once.
#[derive(Debug)]
pub(super) enum Batch {
    /// In order.
    Frames(Vec<Frame>),
    /// The tables began anew: places of before mean nothing any more.
    Restarted,
}

#[derive(Serialize)]
struct LiveTally {
    step: Step,
    phone_number_id: String,
    direction: String,
    window_start: Moment,
    tally: Tally,
}

#[derive(Serialize)]
struct LiveMetrics<'a> {
    tallies: &'a [LiveTally],
    truncated: bool,
}

#[derive(Serialize)]
struct LiveWatermark {
    watermark: Option<Moment>,
}

#[derive(Serialize)]
struct LiveLagged {
    reason: Reason,
    watermark: Option<Moment>,
}

/// The place after everything up to and including a log time.
pub(super) fn after_all_of(version: u64) -> Place {
    Place {
        version: version.saturating_add(1),
        phone_number_id: String::new(),
        message_id: String::new(),
    }
}

pub(super) fn place_of(row: &Row) -> Place {
    Place {
        version: row.version,
        phone_number_id: row.phone_number_id.clone(),
        message_id: row.message_id.clone(),
    }
}

/// A place as an event id. Ids of Meta may hold anything, so they are encoded: a line break would end the field.
fn event_id(place: &Place) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    if place.phone_number_id.is_empty() && place.message_id.is_empty() {
        place.version.to_string()
    } else {
        format!(
            "{}.{}.{}",
            place.version,
            encoded(&place.phone_number_id),
            encoded(&place.message_id)
        )
    }
}

/// The place an event id names; `None` when it is not one of ours.
pub(super) fn resume_place(id: &str) -> Option<Place> {
    let decoded = |text: &str| {
        percent_decode_str(text)
            .decode_utf8()
            .ok()
            .map(std::borrow::Cow::into_owned)
    };
    let mut parts = id.split('.');
    let version = parts.next()?.parse().ok()?;
    let (number, message) = match (parts.next(), parts.next(), parts.next()) {
        (None, ..) => (String::new(), String::new()),
        (Some(number), Some(message), None) => (decoded(number)?, decoded(message)?),
        _ => return None,
    };
    Some(Place {
        version,
        phone_number_id: number,
        message_id: message,
    })
}

fn event(name: &str, id: Option<&str>, data: &impl Serialize) -> Result<Bytes, Refusal> {
    // JSON as serde writes it has no line breaks, so one data line holds it.
    let data = serde_json::to_string(data).map_err(|error| {
        tracing::error!(%error, event = name, "an event cannot be written as JSON");
        Refusal::internal()
    })?;
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    Ok(format!("event: {name}\n{id}data: {data}\n\n").into())
}

pub(super) fn message(row: Row) -> Result<Frame, Refusal> {
    let id = event_id(&place_of(&row));
    let integration = Some(row.phone_number_id.clone());
    Ok(Frame {
        kind: Kind::Message,
        integration,
        bytes: event("message", Some(&id), &Message::from(row))?,
        mark: mark(&id),
    })
}

/// One event per integration, so that each client gets those it wants. They have no id: a client that is cut among
/// them gets them again, and a tally sent twice says the same.
pub(super) fn metrics(changed: Vec<Changed>, truncated: bool) -> Result<Vec<Frame>, Refusal> {
    let mut by_integration: BTreeMap<String, Vec<LiveTally>> = BTreeMap::new();
    for changed in changed {
        let step = Step::ALL.iter().find(|step| step.seconds() == changed.width).copied();
        let tally = LiveTally {
            step: step.unwrap_or(Step::Day),
            phone_number_id: changed.number.clone(),
            direction: changed.way.clone(),
            window_start: Moment::from_seconds(changed.start),
            tally: changed.into(),
        };
        by_integration
            .entry(tally.phone_number_id.clone())
            .or_default()
            .push(tally);
    }
    let frame = |integration: Option<String>, tallies: &[LiveTally]| {
        let bytes = event("metrics", None, &LiveMetrics { tallies, truncated })?;
        Ok(Frame {
            kind: Kind::Metrics,
            integration,
            bytes,
            mark: Bytes::new(),
        })
    };
    let frames = by_integration
        .iter()
        .map(|(integration, tallies)| frame(Some(integration.clone()), tallies));
    let mut frames = frames.collect::<Result<Vec<Frame>, Refusal>>()?;
    if truncated {
        // Integrations whose windows did not fit at all must hear of it too.
        frames.push(frame(None, &[])?);
    }
    Ok(frames)
}

/// Everything up to `place` was sent. `through` is the watermark it stands for.
pub(super) fn watermark(place: &Place, through: u64) -> Result<Frame, Refusal> {
    let id = event_id(place);
    let watermark = (through > 0).then(|| log_moment(through));
    Ok(Frame {
        kind: Kind::Watermark,
        integration: None,
        bytes: event("watermark", Some(&id), &LiveWatermark { watermark })?,
        mark: mark(&id),
    })
}

/// Something was left out; the stream goes on after `place`.
pub(super) fn lagged(reason: Reason, place: &Place, through: u64) -> Result<Bytes, Refusal> {
    let watermark = (through > 0).then(|| log_moment(through));
    event("lagged", Some(&event_id(place)), &LiveLagged { reason, watermark })
}

fn mark(id: &str) -> Bytes {
    format!("id: {id}\n\n").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_id_names_its_place_and_cannot_break_a_line() {
        let place = Place {
            version: 1_764_000_000_000,
            phone_number_id: "1065".to_owned(),
            message_id: "wamid.A/=\ndata: x".to_owned(),
        };
        let id = event_id(&place);
        assert!(!id.contains(['\n', ' ']), "{id}");
        assert_eq!(resume_place(&id), Some(place));
        assert_eq!(resume_place(&event_id(&after_all_of(7))), Some(after_all_of(7)));
        for foreign in ["", "x", "1.2", "1.2.3.4", "-1"] {
            assert_eq!(resume_place(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn places_are_ordered_as_the_tables_are() {
        let place = |version, number: &str, message: &str| Place {
            version,
            phone_number_id: number.to_owned(),
            message_id: message.to_owned(),
        };
        assert!(place(7, "9", "z") < after_all_of(7));
        assert!(after_all_of(7) < place(8, "", "a"));
        assert!(place(8, "1", "b") < place(8, "2", "a"));
    }
}
