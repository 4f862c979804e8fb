//! What a thread means at a time, by the words of `parlance_timeline`: every question is answered by looking through all of it.

use parlance_schemas::labels::{
    Author, ConversationState, Direction, Intent, Sentiment, TimerEvent, TurnState, Urgency,
};

use super::clock::{day, wall};
use super::presets::{DAY, INTEGRATIONS, Integration};

/// Whether a message says something to the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    Something,
    Reaction,
    Nothing,
}

/// A message of a thread that counts.
#[derive(Clone, Debug)]
pub(crate) struct Msg {
    pub(crate) at: i64,
    pub(crate) id: String,
    pub(crate) contact: String,
    pub(crate) author: Author,
    pub(crate) name: String,
    pub(crate) says: Says,
    pub(crate) intent: Intent,
    pub(crate) sentiment: Sentiment,
    pub(crate) urgency: Urgency,
}

/// What was decided: to resolve, or to give to a team and a person.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) at: i64,
    pub(crate) given: Option<(String, String)>,
}

/// The presets in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) integration: usize,
    pub(crate) hours: Option<usize>,
    pub(crate) sla: Option<usize>,
    pub(crate) dawn: i64,
}

/// A conversation: its messages, from one place to another.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    pub(crate) first: usize,
    pub(crate) last: usize,
    pub(crate) continued: bool,
    pub(crate) reopened: u32,
    pub(crate) ended_at: Option<i64>,
    pub(crate) state: ConversationState,
    pub(crate) waiting_since: Option<i64>,
    /// Marks that apply to it.
    pub(crate) marks: Vec<Mark>,
    pub(crate) turns: Vec<Turn>,
    pub(crate) agent_ms: Option<i64>,
    pub(crate) active_ms: Option<i64>,
}

/// A turn: places of its messages.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    pub(crate) messages: Vec<usize>,
    pub(crate) opens: bool,
    /// When it was answered, by anything, bots, people.
    pub(crate) answers: [Option<i64>; 3],
    pub(crate) resolved_at: Option<i64>,
    pub(crate) closed_at: Option<i64>,
    pub(crate) state: TurnState,
    pub(crate) team: String,
    pub(crate) agent: String,
    /// Whom it may have been given to when it was waited for.
    pub(crate) givens: Vec<Mark>,
    pub(crate) intent: Intent,
    pub(crate) sentiment: Sentiment,
    pub(crate) urgency: Urgency,
    /// When an answer is due, and when the one that counts came.
    pub(crate) due_at: Option<i64>,
    pub(crate) kept_at: Option<i64>,
    pub(crate) broken: bool,
}

/// A service window that has closed: in the conversation of its last message.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    pub(crate) conversation: usize,
    pub(crate) closes_at: i64,
    pub(crate) lost: bool,
}

/// Something that came due.
#[derive(Clone, Debug)]
pub(crate) struct Timer {
    pub(crate) conversation: usize,
    /// The turn it is about, if any: its conversation, and its place there.
    pub(crate) turn: Option<(usize, usize)>,
    pub(crate) message: usize,
    pub(crate) event: TimerEvent,
    pub(crate) started_at: i64,
    pub(crate) due_at: i64,
}

/// What a thread means.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meaning {
    pub(crate) conversations: Vec<Conversation>,
    pub(crate) windows: Vec<Window>,
    pub(crate) timers: Vec<Timer>,
    /// When something changes though nothing is said.
    pub(crate) wakes: Vec<i64>,
}

pub(super) struct Reader<'a> {
    pub(super) messages: &'a [Msg],
    pub(super) marks: &'a [Mark],
    pub(super) terms: &'a Terms,
    pub(super) integration: Integration,
    pub(super) now: i64,
}

/// How much of the time between two instants the business was open.
pub(super) fn open_between(terms: &Terms, from: i64, to: i64) -> i64 {
    match terms.hours {
        Some(hours) => wall(INTEGRATIONS[terms.integration].zone, hours, terms.dawn).between(from, to),
        None => to - from,
    }
}

/// Reads a thread. `messages` are in order of time and id, `marks` in order of time.
pub(crate) fn meaning(messages: &[Msg], marks: &[Mark], terms: &Terms, now: i64) -> Meaning {
    let integration = INTEGRATIONS[terms.integration];
    let reader = Reader {
        messages,
        marks,
        terms,
        integration,
        now,
    };
    let mut meaning = Meaning::default();
    reader.conversations(&mut meaning);
    for index in 0..meaning.conversations.len() {
        meaning.conversations[index].turns = reader.turns(&meaning.conversations, index);
    }
    for index in 0..meaning.conversations.len() {
        reader.finish(&mut meaning.conversations, index);
    }
    if let Some(silent_at) = messages.last().map(|last| last.at + integration.gap) {
        meaning.wakes.push(silent_at);
    }
    reader.windows(&mut meaning);
    reader.timers(&mut meaning);
    meaning.wakes.retain(|at| *at > now);
    meaning
}

impl Reader<'_> {
    pub(super) fn inbound(&self, place: usize) -> bool {
        self.messages[place].author == Author::Customer
    }

    pub(super) fn speaks(&self, place: usize) -> bool {
        match self.messages[place].says {
            Says::Something => true,
            Says::Reaction => self.integration.reactions && self.inbound(place),
            Says::Nothing => false,
        }
    }

    pub(super) fn author(&self, place: usize) -> Author {
        match self.messages[place].author {
            Author::Unknown => self.integration.unmarked,
            author => author,
        }
    }

    /// Whether there was a silence before a message.
    fn after_silence(&self, place: usize) -> bool {
        place == 0 || self.messages[place].at - self.messages[place - 1].at >= self.integration.gap
    }

    /// The first message since the last silence before or at a place.
    fn stretch_from(&self, place: usize) -> usize {
        (0..=place)
            .rev()
            .find(|place| self.after_silence(*place))
            .expect("the first")
    }

    /// One past the last message before the next silence.
    pub(super) fn stretch_to(&self, place: usize) -> usize {
        let next = (place + 1..self.messages.len()).find(|place| self.after_silence(*place));
        next.unwrap_or(self.messages.len())
    }

    /// When the silence was long enough after the messages of a place's stretch, if it was.
    pub(super) fn silent_at(&self, place: usize) -> Option<i64> {
        let to = self.stretch_to(place);
        let at = self.messages[to - 1].at + self.integration.gap;
        (to < self.messages.len() || at <= self.now).then_some(at)
    }

    /// The message that a mark follows, unless there was a silence between.
    pub(super) fn follows(&self, mark: &Mark) -> Option<usize> {
        let place = self.messages.iter().rposition(|message| message.at <= mark.at)?;
        (mark.at - self.messages[place].at < self.integration.gap).then_some(place)
    }

    /// The last resolution between two messages, the first included.
    pub(super) fn resolved_within(&self, from: usize, to: usize) -> Option<i64> {
        let mut marks = self.marks.iter().rev().filter(|mark| mark.given.is_none());
        marks
            .find(|mark| self.follows(mark).is_some_and(|place| (from..to).contains(&place)))
            .map(|mark| mark.at)
    }

    fn conversations(&self, meaning: &mut Meaning) {
        let all = &mut meaning.conversations;
        for (place, message) in self.messages.iter().enumerate() {
            let mut begins = self.after_silence(place);
            let mut continued = false;
            let mut reopens = false;
            if !begins {
                let from = self.messages[self.stretch_from(place)].at;
                let zone = self.integration.zone;
                let is_another_day = day(zone, message.at) != day(zone, self.messages[place - 1].at);
                // Since when a resolution would still stand: the customer has said nothing after it.
                let current = all.last().map_or(0, |conversation| conversation.first);
                let spoke = (current..place)
                    .rev()
                    .find(|place| self.inbound(*place) && self.speaks(*place));
                let resolved = self.resolved_within(spoke.unwrap_or(current), place);
                let speaks = self.inbound(place) && self.speaks(place);
                let reopened = resolved.map(|at| message.at - at < self.integration.reopen);
                if speaks && reopened == Some(false) {
                    begins = true;
                } else if message.at - from >= 2 * DAY && is_another_day {
                    (begins, continued) = (true, true);
                } else {
                    reopens = speaks && reopened == Some(true);
                }
            }
            if begins {
                all.push(Conversation {
                    first: place,
                    last: place,
                    continued,
                    reopened: 0,
                    ended_at: None,
                    state: ConversationState::Answered,
                    waiting_since: None,
                    marks: Vec::new(),
                    turns: Vec::new(),
                    agent_ms: None,
                    active_ms: None,
                });
            }
            let conversation = all.last_mut().expect("one has begun");
            conversation.last = place;
            conversation.reopened += u32::from(reopens);
        }
        for mark in self.marks {
            let Some(place) = self.follows(mark) else { continue };
            let its = all
                .iter_mut()
                .find(|conversation| (conversation.first..=conversation.last).contains(&place));
            its.expect("every message has one").marks.push(mark.clone());
        }
    }

    fn finish(&self, all: &mut [Conversation], index: usize) {
        let conversation = &all[index];
        let silent = self.silent_at(conversation.last).is_some();
        let spoke = (conversation.first..=conversation.last)
            .rev()
            .find(|place| self.inbound(*place) && self.speaks(*place));
        let resolved = self.resolved_within(spoke.unwrap_or(conversation.first), conversation.last + 1);
        let is_over = silent || index + 1 < all.len();
        let last_at = self.messages[conversation.last].at;
        let ended_at = resolved.or(is_over.then_some(last_at));
        let mut waiting = conversation
            .turns
            .iter()
            .filter(|turn| turn.state == TurnState::Waiting);
        let waiting_since = waiting.next().map(|turn| self.messages[turn.messages[0]].at);
        let state = match (resolved, waiting_since, ended_at) {
            (Some(_), ..) => ConversationState::Resolved,
            (None, Some(_), _) => ConversationState::Waiting,
            (None, None, Some(_)) => ConversationState::Ended,
            (None, None, None) => ConversationState::Answered,
        };
        let given = |mark: &&Mark| {
            mark.given
                .as_ref()
                .is_some_and(|(team, agent)| !(team.is_empty() && agent.is_empty()))
        };
        let given_at = conversation.marks.iter().find(given).map(|mark| mark.at);
        let agent_ms = given_at.and_then(|given_at| {
            let mut places = conversation.first..=conversation.last;
            let place = places.find(|place| {
                let is_after = self.messages[*place].at > given_at;
                is_after && self.speaks(*place) && !self.inbound(*place) && self.author(*place) == Author::Person
            })?;
            Some(self.messages[place].at - given_at)
        });
        let resolutions = conversation.marks.iter().filter(|mark| mark.given.is_none());
        let active_ms = resolutions.map(|mark| mark.at).next_back().map(|resolved| {
            let waited = conversation.turns.iter().map(|turn| {
                let until = turn.closed_at.unwrap_or(resolved).min(resolved);
                (until - self.messages[turn.messages[0]].at).max(0)
            });
            waited.sum()
        });
        let conversation = &mut all[index];
        (conversation.ended_at, conversation.state, conversation.waiting_since) = (ended_at, state, waiting_since);
        (conversation.agent_ms, conversation.active_ms) = (agent_ms, active_ms);
    }
}

pub(super) fn direction(message: &Msg) -> Direction {
    if message.author == Author::Customer {
        Direction::Inbound
    } else {
        Direction::Outbound
    }
}
