//! A thread: what is kept of what one customer, or one group, and an integration write to each other.
//!
//! Keeps true: it holds each message once, in order, as the updates seen so far say it stands, whatever order they came in.

use std::sync::Arc;

use parlance_schemas::labels::{Author, Intent, Sentiment, Urgency};
use serde::{Deserialize, Serialize};

use crate::moment::{Mark, Moment, Says};

/// The most messages of a thread that are kept, the newest.
pub const MOMENTS_MAX: usize = 4_096;
/// The most of its customer's identifiers that are told apart.
const CONTACTS_MAX: usize = 1_024;
/// No later than any message: nothing is known of when it was sent.
const NEVER: i64 = i64::MAX;

/// A message, as its own update says it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Spoken {
    /// Meta's id.
    pub id: String,
    /// When, Unix milliseconds.
    pub at: i64,
    /// The customer's identifier.
    pub contact: String,
    /// Who wrote it.
    pub author: Author,
    /// Their name, or empty.
    pub name: String,
    /// Whether it says something.
    pub says: Says,
    /// What the customer wants.
    pub intent: Intent,
    /// How they feel.
    pub sentiment: Sentiment,
    /// How soon somebody must act.
    pub urgency: Urgency,
}

/// A message, as one of its statuses says it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reported {
    /// Meta's id of the message.
    pub id: String,
    /// When, Unix milliseconds.
    pub at: i64,
    /// The customer's identifier.
    pub contact: String,
    /// What became of it.
    pub fate: Fate,
    /// Why it failed: Meta's code, 0 when it did not.
    pub error_code: i64,
    /// Whether it is priced as what many get alike.
    pub campaign: bool,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Fate {
    /// It was sent.
    Sent,
    /// It was delivered, read or played.
    Arrived,
    /// Meta gave it up.
    Failed,
}

/// The messages of a thread and what was decided about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    /// In order.
    pub moments: Vec<Moment>,
    /// In order.
    pub marks: Vec<Mark>,
    /// The customer's identifiers under which messages came.
    pub contacts: Vec<Arc<str>>,
    /// Conversations that began before this are final, for there were more messages than are kept.
    pub floor: i64,
}

impl Thread {
    /// Takes a message in. Of one that is known already, what is new.
    pub fn hear(&mut self, spoken: &Spoken) {
        let under = self.under(&spoken.contact);
        let known = self.take_out(&spoken.id);
        let (sent_at, sent, failed) = known
            .as_ref()
            .map_or((NEVER, false, false), |known| (known.sent_at, known.sent, known.failed));
        let campaign = known.as_ref().is_some_and(|known| known.author == Author::Campaign);
        let author = if spoken.author == Author::Unknown && campaign {
            Author::Campaign
        } else {
            spoken.author
        };
        self.put_in(Moment {
            at: spoken.at,
            id: known.map_or_else(|| spoken.id.as_str().into(), |known| known.id),
            sent_at,
            name: (!spoken.name.is_empty()).then(|| spoken.name.as_str().into()),
            under,
            author,
            says: spoken.says,
            written: true,
            sent,
            failed,
            intent: spoken.intent,
            sentiment: spoken.sentiment,
            urgency: spoken.urgency,
        });
    }

    /// Takes in what became of a message. One whose own update is not known, because it was sent by other ways, is known by
    /// this alone.
    pub fn report(&mut self, reported: &Reported) {
        let known = self.take_out(&reported.id);
        let is_known = known.is_some();
        let mut moment = known.unwrap_or_else(|| Moment {
            at: reported.at,
            id: reported.id.as_str().into(),
            sent_at: NEVER,
            name: None,
            under: 0,
            author: Author::Unknown,
            says: Says::Something,
            written: false,
            sent: false,
            failed: false,
            intent: Intent::None,
            sentiment: Sentiment::None,
            urgency: Urgency::None,
        });
        if reported.fate == Fate::Failed {
            moment.failed = true;
        } else {
            moment.sent |= reported.fate == Fate::Sent;
            moment.sent_at = moment.sent_at.min(reported.at);
        }
        if !moment.written {
            // Statuses may name a customer differently: the first by name, so that it does not matter which came first.
            let known = self.contacts.get(usize::from(moment.under)).filter(|_| is_known);
            let contact = known
                .filter(|known| ***known <= *reported.contact)
                .map(ToString::to_string);
            moment.under = self.under(contact.as_deref().unwrap_or(&reported.contact));
            moment.at = if moment.sent_at == NEVER {
                moment.at.min(reported.at)
            } else {
                moment.sent_at
            };
        }
        if reported.campaign && moment.author == Author::Unknown {
            moment.author = Author::Campaign;
        }
        self.put_in(moment);
    }

    /// Takes a decision in.
    pub fn decide(&mut self, mark: Mark) {
        if let Err(place) = self.marks.binary_search(&mark) {
            self.marks.insert(place, mark);
        }
    }

    /// When a message was said, if it is known.
    pub fn said_at(&self, id: &str) -> Option<i64> {
        let known = self.moments.iter().rfind(|moment| &*moment.id == id);
        known.map(|moment| moment.at)
    }

    /// The time of the last thing that is kept of it.
    pub fn last_at(&self) -> Option<i64> {
        let message = self.moments.last().map(|moment| moment.at);
        message.max(self.marks.last().map(|mark| mark.at))
    }

    /// True when nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.moments.is_empty() && self.marks.is_empty()
    }

    /// Takes all of another thread in.
    pub fn absorb(&mut self, other: Self) {
        self.floor = self.floor.max(other.floor);
        for mut moment in other.moments {
            let contact = other
                .contacts
                .get(usize::from(moment.under))
                .cloned()
                .unwrap_or_default();
            moment.under = self.under(&contact);
            // The same message under two identifiers of one person: what is known of it is put together.
            if let Some(known) = self.take_out(&moment.id) {
                moment = together(known, moment);
            }
            self.put_in(moment);
        }
        for mark in other.marks {
            self.decide(mark);
        }
    }

    /// Takes out what came under some identifiers, as a thread of its own. Decisions stay.
    pub fn part(&mut self, is_theirs: impl Fn(&str) -> bool) -> Self {
        let mut theirs = Self {
            floor: self.floor,
            ..Self::default()
        };
        let contacts = std::mem::take(&mut self.contacts);
        for mut moment in std::mem::take(&mut self.moments) {
            let contact = contacts.get(usize::from(moment.under)).cloned().unwrap_or_default();
            let to = if is_theirs(&contact) { &mut theirs } else { &mut *self };
            moment.under = to.under(&contact);
            to.moments.push(moment);
        }
        theirs
    }

    /// Lets go of what was said and decided before a time.
    pub fn trim(&mut self, before: i64) {
        let keep_from = self.moments.partition_point(|moment| moment.at < before);
        self.moments.drain(..keep_from);
        self.marks.retain(|mark| mark.at >= before);
    }

    /// The place of an identifier among those of the thread.
    fn under(&mut self, contact: &str) -> u16 {
        let known = self.contacts.iter().position(|known| **known == *contact);
        let place = known.unwrap_or_else(|| {
            if self.contacts.len() < CONTACTS_MAX {
                self.contacts.push(contact.into());
            }
            self.contacts.len() - 1
        });
        u16::try_from(place).expect("at most CONTACTS_MAX")
    }

    fn take_out(&mut self, id: &str) -> Option<Moment> {
        let place = self.moments.iter().rposition(|moment| &*moment.id == id)?;
        Some(self.moments.remove(place))
    }

    fn put_in(&mut self, moment: Moment) {
        let place = self.moments.partition_point(|known| known.order() < moment.order());
        self.moments.insert(place, moment);
        if self.moments.len() > MOMENTS_MAX {
            metrics::counter!("pipeline_threads_capped_total").increment(1);
            self.moments.remove(0);
            self.floor = self.floor.max(self.moments[0].at + 1);
        }
    }
}

/// One message that was known twice.
fn together(a: Moment, b: Moment) -> Moment {
    let (sent_at, sent, failed) = (a.sent_at.min(b.sent_at), a.sent || b.sent, a.failed || b.failed);
    let mut moment = if b.written { b } else { a };
    (moment.sent_at, moment.sent, moment.failed) = (sent_at, sent, failed);
    if !moment.written && sent_at != NEVER {
        moment.at = sent_at;
    }
    moment
}
