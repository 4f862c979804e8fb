//! Messages that stand in another turn or conversation than before, though nothing else was said of them: an older message came
//! late, somebody resolved, two customers turned out to be one.
//!
//! What of them a rule reacted to goes with them: see [`crate::triggers`]. Costs one pass over a thread that changed.

use std::sync::Arc;

use parlance_timeline::reading::Reading;
use parlance_timeline::terms::Terms;
use parlance_timeline::thread::Thread;
use serde::{Deserialize, Serialize};

use super::subject::{conversation, message, turn};

/// Where a message stands now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Moved {
    pub(crate) phone_number_id: String,
    /// When it was said.
    pub(crate) at: i64,
    /// The message, as [`parlance_rules::Subject::id`].
    pub(crate) message: u128,
    /// Its conversation, as [`parlance_rules::Subject::thread`].
    pub(crate) thread: u64,
    /// Its turn, as [`parlance_rules::Subject::turn`].
    pub(crate) turn: u64,
}

/// A thread and what was read in it.
#[derive(Clone, Copy)]
pub(super) struct Read<'a> {
    pub(super) thread: &'a Thread,
    pub(super) reading: &'a Reading,
    pub(super) terms: &'a Terms,
}

/// The first messages of a message's conversation and turn.
#[derive(Clone, Copy)]
struct Stands<'a> {
    conversation: &'a Arc<str>,
    /// None when it is of no turn.
    turn: Option<&'a Arc<str>>,
}

impl PartialEq for Stands<'_> {
    fn eq(&self, other: &Self) -> bool {
        let same = |a: &Arc<str>, b: &Arc<str>| Arc::ptr_eq(a, b) || a == b;
        same(self.conversation, other.conversation)
            && match (self.turn, other.turn) {
                (Some(a), Some(b)) => same(a, b),
                (a, b) => a.is_none() && b.is_none(),
            }
    }
}

impl<'a> Read<'a> {
    /// The first message of the turn that the message at a place is of.
    pub(super) fn turn_of(self, place: usize) -> Option<usize> {
        let moment = &self.thread.moments[place];
        let after = self.reading.turns.partition_point(|turn| turn.first <= place);
        let turn = self.reading.turns.get(after.checked_sub(1)?)?;
        // While one is open whatever a customer says is of it, and what they say when none is opens one.
        (moment.is_inbound() && moment.counts() && self.terms.speaks(moment)).then_some(turn.first)
    }

    /// The conversation in which the message at a place stands, by its place in the reading.
    pub(super) fn conversation_of(self, place: usize) -> Option<usize> {
        let conversations = &self.reading.conversations;
        let conversation = conversations
            .partition_point(|known| known.first <= place)
            .checked_sub(1)?;
        (conversations[conversation].last >= place).then_some(conversation)
    }

    fn stands(self, place: usize) -> Option<Stands<'a>> {
        let id = |place: usize| &self.thread.moments[place].id;
        let conversation = &self.reading.conversations[self.conversation_of(place)?];
        Some(Stands {
            conversation: id(conversation.first),
            turn: self.turn_of(place).map(id),
        })
    }
}

/// Tells of the messages that stand elsewhere, but for those that are told of anyway. `is_joined`: messages may have come from
/// another thread.
pub(super) fn moved(
    phone_number_id: &str,
    (before, after): (Read<'_>, Read<'_>),
    is_joined: bool,
    is_told: impl Fn(&str) -> bool,
    mut give: impl FnMut(Moved),
) {
    let mut old = before.thread.moments.iter().enumerate().peekable();
    for (place, moment) in after.thread.moments.iter().enumerate() {
        let same = loop {
            match old.peek() {
                Some((_, known)) if known.order() < moment.order() => old.next(),
                Some((at, known)) if known.order() == moment.order() => break Some(*at),
                _ => break None,
            };
        };
        let Some(stands) = after.stands(place) else { continue };
        let stays = match same {
            Some(at) => before.stands(at) == Some(stands) || is_told(&moment.id),
            // It is new, or came with another thread, or is known to be of another time.
            None => is_told(&moment.id) || !is_joined && before.thread.said_at(&moment.id).is_none(),
        };
        if stays {
            continue;
        }
        let message = message(phone_number_id, &moment.id);
        give(Moved {
            phone_number_id: phone_number_id.to_owned(),
            at: moment.at,
            message,
            thread: conversation(phone_number_id, stands.conversation),
            turn: stands.turn.map_or(message as u64, |first| turn(phone_number_id, first)),
        });
    }
}
