//! What is planned for when. Bounded: a full agenda takes no more plans, so answers fall away before memory does.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use bytes::Bytes;

use super::conversation::Conversation;
use crate::webhook::{Line, Update};

/// Most plans at a time, of either kind.
pub const MOST_PLANS: usize = 100_000;

/// Something that will happen.
#[derive(Debug)]
pub enum Planned {
    /// An update is sent.
    Update(Box<Update>),
    /// A conversation goes on.
    Turn(Box<Conversation>),
}

/// A body that is sent again, and what the ledger says of it.
type Resend = (Bytes, Vec<Line>);

/// Plans by time; those of the same millisecond in the order in which they were made.
#[derive(Debug, Default)]
pub struct Agenda {
    plans: BinaryHeap<Reverse<Entry<Planned>>>,
    resends: BinaryHeap<Reverse<Entry<Resend>>>,
    made: u64,
}

impl Agenda {
    /// Plans something, unless the agenda is full.
    pub fn plan(&mut self, due_ms: i64, what: Planned) {
        if self.plans.len() < MOST_PLANS {
            let order = self.next_order();
            self.plans.push(Reverse(Entry { due_ms, order, what }));
        }
    }

    /// Plans to send a body again, unless the agenda is full.
    pub fn resend(&mut self, due_ms: i64, body: Bytes, lines: Vec<Line>) {
        if self.resends.len() < MOST_PLANS {
            let order = self.next_order();
            let what = (body, lines);
            self.resends.push(Reverse(Entry { due_ms, order, what }));
        }
    }

    /// The earliest plan that is due, and when it was.
    pub fn take(&mut self, now_ms: i64) -> Option<(i64, Planned)> {
        take_due(&mut self.plans, now_ms).map(|entry| (entry.due_ms, entry.what))
    }

    /// The earliest body that is to be sent again and is due.
    pub fn take_resend(&mut self, now_ms: i64) -> Option<Resend> {
        take_due(&mut self.resends, now_ms).map(|entry| entry.what)
    }

    fn next_order(&mut self) -> u64 {
        self.made += 1;
        self.made
    }
}

fn take_due<T>(heap: &mut BinaryHeap<Reverse<Entry<T>>>, now_ms: i64) -> Option<Entry<T>> {
    let is_due = heap.peek().is_some_and(|Reverse(entry)| entry.due_ms <= now_ms);
    if is_due {
        heap.pop().map(|Reverse(entry)| entry)
    } else {
        None
    }
}

#[derive(Debug)]
struct Entry<T> {
    due_ms: i64,
    order: u64,
    what: T,
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<T> Eq for Entry<T> {}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.due_ms, self.order).cmp(&(other.due_ms, other.order))
    }
}
