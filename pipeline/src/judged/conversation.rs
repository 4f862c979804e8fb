//! Conversations, as far as the labels of their messages depend on them.

use std::collections::{BTreeMap, VecDeque};

use parlance_analysis::conversation::{Concluded, DEPTH, REACH_MS, Said, conclude, length, likeness};
use parlance_schemas::fingerprint;
use parlance_schemas::labels::{Direction, Intent, Judge, MessageType, Sentiment, Urgency};
use parlance_schemas::rows::MessageRow;
use serde::{Deserialize, Serialize};

use super::stand;
use crate::event::{TICK, Time};
use crate::forked::Forked;
use crate::snapshot::{Frozen, Keep, Sheets};

/// How long (log time, milliseconds) after it was logged a message may still matter to others: as long as by its own time,
/// and a bit for what comes late.
pub(crate) const REACH: Time = REACH_MS as Time + HOLD;
/// For how long (log time, milliseconds) after it was logged a message is read again when an earlier one comes. Its row is
/// held for that.
const HOLD: Time = 20 * 1_000;
/// The most rows of a conversation that are held, the newest by their own time.
const HELD_MAX: usize = 4;
/// The most messages of a conversation that are remembered, the newest by their own time.
const PAST_MAX: usize = 4_096;
/// Conversations are looked through for those that are over at this interval (log time, milliseconds).
const LOOK: Time = 60 * 1_000;

/// The conversation a message belongs to: the business, the customer and the group. None when the customer is not known.
pub(super) fn of(message: &MessageRow) -> Option<u128> {
    if message.contact_id.is_empty() {
        return None;
    }
    let parts = [message.phone_number_id.as_str(), &message.contact_id, &message.group_id];
    Some(fingerprint::identity("conversation", &parts).0)
}

/// A message after its conversation was read: as it was given before, if it was, and as it is now. Verdicts on it are not in.
pub(crate) struct Read {
    pub(super) before: Option<Box<MessageRow>>,
    pub(super) now: Box<MessageRow>,
}

/// The conversations of this worker.
#[derive(Default)]
pub(crate) struct Conversations {
    known: Forked<Conversation>,
    /// When to look whether a conversation is over.
    due: BTreeMap<Time, Vec<u128>>,
    /// Rows that are held, by when they were logged.
    held: VecDeque<(Time, u128)>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Conversation {
    /// By the time they were sent; with no room for more.
    past: Vec<Past>,
    /// When it was last added to.
    last: Time,
    /// None of most: those that are quiet.
    fresh: Option<Box<Fresh>>,
}

/// The last messages of a conversation.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Fresh {
    held: Vec<Held>,
    /// What was added in the tick that is being read; nothing between ticks.
    #[serde(skip)]
    added: Vec<Held>,
}

/// What others depend on of one message: 32 bytes, as there is one of each message of a day.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Past {
    sent_at: i64,
    /// Decides between messages sent at the same time.
    message: u64,
    /// In whole seconds: ticks are no finer.
    logged: u32,
    likeness: u32,
    intent_probability: f32,
    direction: Direction,
    intent: Intent,
    sentiment: Sentiment,
    urgency: Urgency,
}

const _: () = assert!(size_of::<Past>() == 32, "as it says");

impl Past {
    fn of(message: u64, said: &Said, logged: Time) -> Self {
        Self {
            sent_at: said.sent_at,
            message,
            logged: u32::try_from(logged / TICK).expect("log time is before 2106"),
            likeness: said.likeness,
            intent_probability: said.intent.1,
            direction: said.direction,
            intent: said.intent.0,
            sentiment: said.sentiment,
            urgency: said.urgency,
        }
    }

    fn said(&self) -> Said {
        Said {
            direction: self.direction,
            sent_at: self.sent_at,
            intent: (self.intent, self.intent_probability),
            sentiment: self.sentiment,
            urgency: self.urgency,
            likeness: self.likeness,
            length: 0,
        }
    }

    /// Whether it is too old, by the log, to matter to a message logged at a time.
    fn is_out_of_reach(&self, logged: Time) -> bool {
        Time::from(self.logged) * TICK + REACH <= logged
    }

    fn order(&self) -> (i64, u64) {
        (self.sent_at, self.message)
    }
}

/// A message that may still be read again.
#[derive(Clone, Serialize, Deserialize)]
struct Held {
    message: u64,
    logged: Time,
    said: Said,
    /// Its row by its text alone.
    row: Box<MessageRow>,
    /// What was last concluded.
    concluded: Concluded,
}

impl Conversations {
    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }

    /// Adds the messages of a tick to their conversations, and reads those again that may now mean something else.
    #[expect(clippy::vec_box, reason = "rows come and go boxed")]
    pub(crate) fn read(&mut self, messages: Vec<Box<MessageRow>>, time: Time) -> Vec<Read> {
        let mut read = Vec::with_capacity(messages.len());
        let mut touched = Vec::new();
        for row in messages {
            let Some((id, said)) = of(&row).zip(said(&row)) else {
                read.push(Read { before: None, now: row });
                continue;
            };
            let conversation = self.known.entry_or_default(id);
            let fresh = conversation.fresh.get_or_insert_default();
            if fresh.added.is_empty() {
                touched.push(id);
            }
            fresh.added.push(Held {
                message: stand::of(&row) as u64,
                logged: time,
                said,
                row,
                concluded: Concluded::default(),
            });
        }
        for id in touched {
            let conversation = self.known.get_mut(id).expect("was touched");
            if conversation.last == 0 {
                self.due.entry(end_of(time)).or_default().push(id);
            }
            conversation.read(time, &mut read);
            if conversation.fresh.is_some() {
                self.held.push_back((time, id));
            }
        }
        read
    }

    /// The row of a message that is held, with what its conversation adds.
    pub(super) fn held(&self, message: &MessageRow) -> Option<Box<MessageRow>> {
        let conversation = self.known.get(of(message)?)?;
        let message = stand::of(message) as u64;
        let held = conversation.held().iter().find(|held| held.message == message)?;
        Some(held.with(held.concluded))
    }

    /// Lets go of rows and conversations whose time is over.
    pub(crate) fn forget(&mut self, now: Time) {
        while let Some((logged, id)) = self.held.front().copied()
            && logged + HOLD < now
        {
            self.held.pop_front();
            if let Some(conversation) = self.known.get_mut(id)
                && let Some(fresh) = &mut conversation.fresh
            {
                fresh.held.retain(|held| held.logged + HOLD >= now);
                if fresh.held.is_empty() {
                    conversation.fresh = None;
                }
            }
        }
        while let Some(entry) = self.due.first_entry()
            && *entry.key() <= now
        {
            for id in entry.remove() {
                let Some(conversation) = self.known.get(id) else {
                    continue;
                };
                if end_of(conversation.last) <= now {
                    self.known.remove(id);
                } else {
                    self.due.entry(end_of(conversation.last)).or_default().push(id);
                }
            }
        }
    }
}

impl Keep for Conversations {
    type Entry = (u128, Conversation);

    fn route((id, _): &Self::Entry) -> u64 {
        *id as u64
    }

    fn freeze(&self, _at: Time) -> Frozen {
        let fork = self.known.fork();
        Box::new(move |sheets: &mut Sheets| {
            fork.visit(|id, conversation| sheets.put(id as u64, &(id, conversation)));
        })
    }

    fn take_back(&mut self, (id, conversation): Self::Entry) {
        self.due.entry(end_of(conversation.last)).or_default().push(id);
        for held in conversation.held() {
            let place = self.held.partition_point(|(logged, _)| *logged <= held.logged);
            self.held.insert(place, (held.logged, id));
        }
        self.known.insert(id, conversation);
    }
}

/// When a conversation last added to at a time is over; rounded up, so that many are looked at together.
fn end_of(last: Time) -> Time {
    (last + REACH).div_ceil(LOOK) * LOOK + LOOK
}

impl Conversation {
    fn held(&self) -> &[Held] {
        self.fresh.as_ref().map_or(&[], |fresh| &fresh.held)
    }

    fn read(&mut self, time: Time, read: &mut Vec<Read>) {
        let Fresh { mut held, added } = self.fresh.take().map_or_else(Fresh::default, |fresh| *fresh);
        self.last = time;
        self.past
            .retain(|past| !past.is_out_of_reach(time.saturating_sub(HOLD)));
        let mut earliest = (i64::MAX, u64::MAX);
        self.past.reserve_exact(added.len());
        for added in &added {
            let past = Past::of(added.message, &added.said, time);
            earliest = earliest.min(past.order());
            let place = self.past.partition_point(|known| known.order() < past.order());
            self.past.insert(place, past);
        }
        if self.past.len() > PAST_MAX {
            metrics::counter!("pipeline_conversations_capped_total").increment(1);
            self.past.drain(..self.past.len() - PAST_MAX);
        }
        self.past.shrink_to_fit();
        for held in &mut held {
            if (held.said.sent_at, held.message) > earliest {
                let concluded = concluded(&self.past, held);
                if concluded != held.concluded {
                    let before = Some(held.with(held.concluded));
                    held.concluded = concluded;
                    let now = held.with(concluded);
                    read.push(Read { before, now });
                }
            }
        }
        for mut added in added {
            added.concluded = concluded(&self.past, &added);
            let now = added.with(added.concluded);
            read.push(Read { before: None, now });
            if added.said.direction == Direction::Inbound {
                held.push(added);
            }
        }
        if held.len() > HELD_MAX {
            held.sort_by_key(|held| (held.said.sent_at, held.message));
            held.drain(..held.len() - HELD_MAX);
        }
        if !held.is_empty() {
            let added = Vec::new();
            self.fresh = Some(Box::new(Fresh { held, added }));
        }
    }
}

/// What follows for a message from those before it.
fn concluded(past: &[Past], message: &Held) -> Concluded {
    let at = (message.said.sent_at, message.message);
    let before = past.partition_point(|known| known.order() < at);
    // Whether something was logged too long before is asked of both alike, so that where a replay began does not matter.
    let near = past[..before]
        .iter()
        .rev()
        .filter(|known| !known.is_out_of_reach(message.logged))
        .take(DEPTH);
    let mut near: Vec<Said> = near.map(Past::said).collect();
    near.reverse();
    conclude(&message.said, &near)
}

impl Held {
    fn with(&self, concluded: Concluded) -> Box<MessageRow> {
        let mut row = self.row.clone();
        if let Some((label, confidence)) = concluded.intent
            && row.intent_by < Judge::Context
        {
            (row.intent, row.intent_confidence, row.intent_by) = (label, confidence, Judge::Context);
        }
        if let Some((label, confidence)) = concluded.sentiment
            && row.sentiment_by < Judge::Context
        {
            (row.sentiment, row.sentiment_confidence, row.sentiment_by) = (label, confidence, Judge::Context);
        }
        if let Some((label, confidence)) = concluded.urgency
            && row.urgency_by < Judge::Context
        {
            (row.urgency, row.urgency_confidence, row.urgency_by) = (label, confidence, Judge::Context);
        }
        row
    }
}

/// What others depend on of a message; nothing of one that says nothing to anyone. What the business sends is an answer,
/// whatever it is.
fn said(row: &MessageRow) -> Option<Said> {
    let speaks = !matches!(row.r#type, MessageType::Reaction | MessageType::System);
    (speaks && (row.direction == Direction::Outbound || !row.text.is_empty())).then(|| Said {
        direction: row.direction,
        sent_at: row.sent_at,
        intent: (row.intent, row.intent_confidence),
        sentiment: row.sentiment,
        urgency: row.urgency,
        likeness: likeness(&row.text),
        length: length(&row.text),
    })
}
