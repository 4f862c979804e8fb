//! A thread: what is known of its messages, and what was told of it.

use std::collections::BTreeMap;

use parlance_schemas::labels::Author;

use super::facts::{Reported, Spoken};
use super::meaning::{Mark, Msg, Says, Terms, meaning};
use super::replay::Labels;
use super::told::Told;

/// What is known of a message.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) spoken: Option<Spoken>,
    pub(crate) labels: Labels,
    pub(crate) reported: Vec<Reported>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Thread {
    pub(crate) messages: BTreeMap<String, Known>,
    pub(crate) marks: Vec<Mark>,
    pub(crate) told: Vec<Told>,
    pub(crate) terms: Terms,
    /// When it is read again though nothing is said.
    pub(crate) wake: u64,
}

impl Known {
    pub(crate) fn contact(&self) -> &str {
        // A message to a group went to all of it.
        let reported = self.reported.iter().filter(|reported| reported.place.group.is_none());
        let reported = reported.map(|reported| reported.place.contact.as_str()).min();
        let spoken = self.spoken.as_ref().map(|spoken| spoken.place.contact.as_str());
        spoken.or(reported).unwrap_or_default()
    }
}

impl Thread {
    /// Whether a message is known and not from before the first conversation of which something was said since a time.
    pub(crate) fn is_alive(&self, id: &str, terms: &Terms, since: i64) -> bool {
        let messages = self.messages();
        let conversations = meaning(&messages, &self.marks, terms, 0).conversations;
        let alive = conversations
            .iter()
            .find(|conversation| messages[conversation.last].at > since);
        let said_at = self.messages.get(id).map(Known::at);
        said_at.is_some_and(|at| at > since || alive.is_some_and(|alive| at >= messages[alive.first].at))
    }

    /// The time of the last thing in it.
    pub(crate) fn last_at(&self) -> Option<i64> {
        let messages = self.messages.values().map(Known::at);
        messages.chain(self.marks.iter().map(|mark| mark.at)).max()
    }

    /// Its messages that count, in order.
    pub(crate) fn messages(&self) -> Vec<Msg> {
        let mut messages: Vec<Msg> = self
            .messages
            .iter()
            .filter_map(|(id, known)| known.message(id))
            .collect();
        messages.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        messages
    }
}

impl Known {
    pub(crate) fn at(&self) -> i64 {
        let of = |fates: fn(&str) -> bool| self.reported.iter().filter(move |reported| fates(reported.status));
        let arrived = of(|status| status != "failed").map(|reported| reported.at).min();
        let failed = of(|status| status == "failed").map(|reported| reported.at).min();
        let spoken = self.spoken.as_ref().map(|spoken| spoken.at);
        spoken.or(arrived).or(failed).expect("something is known of it")
    }

    /// The message, unless it failed before it was sent.
    fn message(&self, id: &str) -> Option<Msg> {
        let arrived = || self.reported.iter().filter(|reported| reported.status != "failed");
        let failed = self.reported.iter().any(|reported| reported.status == "failed");
        let author = self.spoken.as_ref().map_or(Author::Unknown, |spoken| spoken.author);
        let is_campaign = self.reported.iter().any(|reported| reported.campaign);
        let counts = match &self.spoken {
            Some(_) => author == Author::Customer || !failed || arrived().next().is_some(),
            None => arrived().any(|reported| reported.status == "sent"),
        };
        if !counts {
            return None;
        }
        let (intent, sentiment, urgency) = self.labels;
        let at = match &self.spoken {
            Some(spoken) => spoken.at,
            None => arrived().map(|reported| reported.at).min()?,
        };
        Some(Msg {
            at,
            id: id.to_owned(),
            contact: self.contact().to_owned(),
            author: if author == Author::Unknown && is_campaign {
                Author::Campaign
            } else {
                author
            },
            name: self
                .spoken
                .as_ref()
                .map_or_else(String::new, |spoken| spoken.name.clone()),
            says: self.spoken.as_ref().map_or(Says::Something, |spoken| spoken.says),
            intent,
            sentiment,
            urgency,
        })
    }
}
