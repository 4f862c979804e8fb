//! Whom not to write to: who has stopped marketing, who has opted out, who has had enough for now. Pure functions of given
//! facts: nothing here reads a clock or remembers.
//!
//! Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/user_preferences> and Meta's
//! business messaging policy. All times are Unix milliseconds.

use std::time::Duration;

use parlance_schemas::webhook::UserPreference;

use crate::message::Recipient;

/// Why a message is sent. A reply is what a customer asked for; the rest is what the business begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// The answer to what the customer wrote.
    Reply,
    /// An order, a payment, an appointment of the customer's.
    Utility,
    /// A code to log in with.
    Authentication,
    /// Anything that sells.
    Marketing,
}

/// What a customer wants to receive. Learned in any order, it comes to the same: the latest word counts, and of two words
/// of the same moment the one that stops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    marketing: Word,
    everything: Word,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Word {
    stopped_ms: Option<i64>,
    resumed_ms: Option<i64>,
}

impl Word {
    fn say(&mut self, stop: bool, at_ms: i64) {
        let slot = if stop {
            &mut self.stopped_ms
        } else {
            &mut self.resumed_ms
        };
        *slot = (*slot).max(Some(at_ms));
    }

    fn stopped(self) -> Option<i64> {
        self.stopped_ms
            .filter(|stopped| self.resumed_ms.is_none_or(|resumed| resumed <= *stopped))
    }
}

impl Preferences {
    /// Learns an item of `user_preferences[]`. One whose category is not about marketing, or whose value is not known,
    /// says nothing. One without a time counts as of `received_ms`.
    pub fn learn(&mut self, preference: &UserPreference, received_ms: i64) {
        if preference
            .category
            .as_deref()
            .is_some_and(|category| category != "marketing_messages")
        {
            return;
        }
        let at_ms = preference.timestamp_ms.unwrap_or(received_ms);
        match preference.value.as_deref().map(str::to_ascii_lowercase).as_deref() {
            Some("stop") => self.marketing.say(true, at_ms),
            Some("resume" | "signup") => self.marketing.say(false, at_ms),
            _ => {}
        }
    }

    /// Meta answered 131050 to a message: the customer stopped marketing, and the webhook that said so was missed.
    pub fn refused(&mut self, at_ms: i64) {
        self.marketing.say(true, at_ms);
    }

    /// The customer told the business itself to stop (or to start again) writing to them.
    pub fn opt_out(&mut self, stop: bool, at_ms: i64) {
        self.everything.say(stop, at_ms);
    }

    /// Since when marketing must not be sent.
    pub fn marketing_stopped_ms(&self) -> Option<i64> {
        self.marketing.stopped().or(self.everything.stopped())
    }

    /// Since when nothing but replies may be sent.
    pub fn opted_out_ms(&self) -> Option<i64> {
        self.everything.stopped()
    }
}

/// At most so many messages that the business begins, in so long a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cap {
    /// Of this purpose; none: of all but replies together.
    pub purpose: Option<Purpose>,
    /// How many.
    pub count: u32,
    /// In how long a time.
    pub span: Duration,
}

/// Why a message must not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// They have told the business to stop writing.
    #[error("the customer has opted out")]
    OptedOut {
        /// When.
        since_ms: i64,
    },
    /// They have stopped marketing.
    #[error("the customer has stopped marketing messages")]
    MarketingStopped {
        /// When.
        since_ms: i64,
    },
    /// Meta delivers no marketing templates to numbers of the United States.
    #[error("marketing is not delivered to numbers of the United States")]
    NoMarketingThere,
    /// They have had enough for now.
    #[error("the customer has had as many messages as the cap allows")]
    Capped {
        /// The cap.
        cap: Cap,
        /// From when on it allows one more.
        until_ms: i64,
    },
}

/// Whether a message of this purpose may go to the customer at `now_ms`. `sent` has what the business began with them
/// before, in any order; at least as far back as the longest span.
///
/// # Errors
/// The first reason against it; of caps the one that lasts longest.
pub fn may_send(
    purpose: Purpose,
    to: &Recipient,
    preferences: &Preferences,
    sent: &[(Purpose, i64)],
    caps: &[Cap],
    now_ms: i64,
) -> Result<(), Refused> {
    if purpose == Purpose::Reply {
        return Ok(());
    }
    if let Some(since_ms) = preferences.opted_out_ms() {
        return Err(Refused::OptedOut { since_ms });
    }
    if purpose == Purpose::Marketing {
        if let Some(since_ms) = preferences.marketing_stopped_ms() {
            return Err(Refused::MarketingStopped { since_ms });
        }
        if is_american(to) {
            return Err(Refused::NoMarketingThere);
        }
    }
    let full = caps
        .iter()
        .filter(|cap| cap.purpose.is_none_or(|only| only == purpose))
        .filter_map(|cap| Some((full_until(cap, sent, now_ms)?, *cap)));
    match full.max_by_key(|(until_ms, _)| *until_ms) {
        Some((until_ms, cap)) => Err(Refused::Capped { cap, until_ms }),
        None => Ok(()),
    }
}

/// From when on the cap allows one more, if it does not now. A cap of none never does.
fn full_until(cap: &Cap, sent: &[(Purpose, i64)], now_ms: i64) -> Option<i64> {
    let span_ms = i64::try_from(cap.span.as_millis()).unwrap_or(i64::MAX);
    if cap.count == 0 {
        return Some(i64::MAX);
    }
    let counts = |purpose: Purpose| cap.purpose.map_or(purpose != Purpose::Reply, |only| only == purpose);
    let mut inside: Vec<i64> = sent
        .iter()
        .filter(|(purpose, at_ms)| counts(*purpose) && at_ms.saturating_add(span_ms) > now_ms)
        .map(|(_, at_ms)| *at_ms)
        .collect();
    inside.sort_unstable_by(|a, b| b.cmp(a));
    inside
        .get(cap.count as usize - 1)
        .map(|at_ms| at_ms.saturating_add(span_ms))
}

/// `+1` is also Canada's and the Caribbean's: those are told apart by area code, of which the ones outside the United
/// States are listed. A user id says its country.
fn is_american(to: &Recipient) -> bool {
    if let Some(user) = to.user() {
        return user.starts_with("US.");
    }
    to.to()
        .and_then(|to| to.strip_prefix("+1"))
        .and_then(|rest| rest.get(..3))
        .is_some_and(|area| !ELSEWHERE.contains(&area))
}

/// Area codes of `+1` outside the United States and its territories: Canada, then the Caribbean and Bermuda. Source:
/// <https://www.nanpa.com/resources/area-code-map>.
const ELSEWHERE: &[&str] = &[
    "204", "226", "236", "249", "250", "257", "263", "289", "306", "343", "354", "365", "367", "368", "382", "387",
    "403", "416", "418", "428", "431", "437", "438", "450", "460", "468", "474", "506", "514", "519", "548", "579",
    "581", "584", "587", "600", "604", "613", "639", "647", "672", "683", "705", "709", "742", "753", "778", "780",
    "782", "807", "819", "825", "867", "873", "879", "902", "905", "942", // Canada
    "242", "246", "264", "268", "284", "345", "441", "473", "649", "658", "664", "721", "758", "767", "784", "809",
    "829", "849", "868", "869", "876",
];
