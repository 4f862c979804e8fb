//! How messages that were judged stand: of each task the strongest word that was said.

use std::collections::BTreeMap;

use parlance_schemas::fingerprint;
use parlance_schemas::labels::{Intent, Judge, Language, Sentiment, Urgency};
use parlance_schemas::rows::MessageRow;
use parlance_schemas::verdict::Verdict;
use serde::{Deserialize, Serialize};

use crate::event::Time;
use crate::forked::Forked;
use crate::snapshot::{Frozen, Keep, Sheets};

/// What a message is known by.
pub(super) fn of(message: &MessageRow) -> u128 {
    fingerprint::identity("message", &[&message.phone_number_id, &message.message_id]).0
}

/// One judge's word on one task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Word<L> {
    label: L,
    confidence: f32,
    judge: Judge,
    at: i64,
    author: String,
}

impl<L: Copy + Ord> Word<L> {
    /// Of equal judges the later word stands; the rest only makes the order total.
    fn outweighs(&self, other: &Self) -> bool {
        (self.judge, self.at, &self.author, self.label) > (other.judge, other.at, &other.author, other.label)
    }
}

/// The strongest word on each task.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Stand {
    /// Where verdicts on the message go: with its conversation.
    route: u64,
    intent: Option<Word<Intent>>,
    sentiment: Option<Word<Sentiment>>,
    urgency: Option<Word<Urgency>>,
    language: Option<Word<Language>>,
    /// When it may be forgotten.
    until: Time,
}

/// The messages that were judged, until no window counts them.
pub(crate) struct Stands {
    known: Forked<Stand>,
    due: BTreeMap<Time, Vec<u128>>,
    /// How long after the last verdict a stand is remembered.
    keep: Time,
}

impl Stands {
    pub(super) fn new(keep: Time) -> Self {
        Self {
            known: Forked::default(),
            due: BTreeMap::new(),
            keep,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// Takes note of a verdict on a message that stands as `row` says; `route` is the verdict's.
    pub(super) fn hear(&mut self, verdict: &Verdict, row: &MessageRow, (route, time): (u64, Time)) {
        let until = time + self.keep;
        let message = of(row);
        let stand = self.known.entry_or_default(message);
        stand.route = route;
        if stand.until != until {
            stand.until = until;
            self.due.entry(until).or_default().push(message);
        }
        consider(&mut stand.intent, word(verdict, verdict.intent));
        consider(&mut stand.sentiment, word(verdict, verdict.sentiment));
        consider(&mut stand.urgency, word(verdict, verdict.urgency));
        consider(&mut stand.language, word(verdict, verdict.language));
    }

    /// Gives a row the labels its message stands by, where they outweigh what the row has.
    pub(super) fn apply(&self, row: &mut MessageRow) {
        let Some(stand) = self.known.get(of(row)) else { return };
        if let Some(word) = stand.intent.as_ref().filter(|word| word.judge >= row.intent_by) {
            (row.intent, row.intent_confidence, row.intent_by) = (word.label, word.confidence, word.judge);
        }
        if let Some(word) = stand.sentiment.as_ref().filter(|word| word.judge >= row.sentiment_by) {
            (row.sentiment, row.sentiment_confidence, row.sentiment_by) = (word.label, word.confidence, word.judge);
        }
        if let Some(word) = stand.urgency.as_ref().filter(|word| word.judge >= row.urgency_by) {
            (row.urgency, row.urgency_confidence, row.urgency_by) = (word.label, word.confidence, word.judge);
        }
        if let Some(word) = stand.language.as_ref().filter(|word| word.judge >= row.language_by) {
            (row.language, row.language_confidence, row.language_by) = (word.label, word.confidence, word.judge);
        }
    }

    /// Forgets what no window depends on any more.
    pub(super) fn forget(&mut self, now: Time) {
        while let Some(entry) = self.due.first_entry()
            && *entry.key() < now
        {
            let (due, messages) = entry.remove_entry();
            for message in messages {
                if self.known.get(message).is_some_and(|stand| stand.until == due) {
                    self.known.remove(message);
                }
            }
        }
    }
}

impl Keep for Stands {
    type Entry = (u128, Stand);

    fn route((_, stand): &Self::Entry) -> u64 {
        stand.route
    }

    fn freeze(&self, _at: Time) -> Frozen {
        let fork = self.known.fork();
        Box::new(move |sheets: &mut Sheets| {
            fork.visit(|message, stand| sheets.put(stand.route, &(message, stand)));
        })
    }

    fn take_back(&mut self, (message, stand): Self::Entry) {
        self.due.entry(stand.until).or_default().push(message);
        self.known.insert(message, stand);
    }
}

fn word<L>(verdict: &Verdict, label: Option<L>) -> Option<Word<L>> {
    Some(Word {
        label: label?,
        confidence: verdict.confidence,
        judge: verdict.judge,
        at: verdict.at,
        author: verdict.author.clone(),
    })
}

fn consider<L: Copy + Ord>(standing: &mut Option<Word<L>>, heard: Option<Word<L>>) {
    let Some(heard) = heard else { return };
    if standing.as_ref().is_none_or(|standing| heard.outweighs(standing)) {
        *standing = Some(heard);
    }
}
