//! What comes due in a thread: by what is promised, by the service window, by a customer's silence.
//!
//! A timer is due at an instant that follows from the thread and the terms alone; it has fired when that instant has passed
//! and nothing before it made it pointless. A late message that makes it pointless takes it back.

use parlance_schemas::labels::{Intent, TimerEvent, Urgency};

use crate::moment::{Decided, Mark, Moment};
use crate::reading::{LastWord, Reading, ServiceWindow, Turn, first_said, higher, last_said};
use crate::sla::{Promise, Series};
use crate::terms::Terms;

/// The shares of a promised time at which something comes due, in percent.
const SHARES: [(TimerEvent, u32); 3] = [
    (TimerEvent::AtRisk50, 50),
    (TimerEvent::AtRisk80, 80),
    (TimerEvent::Breached, 100),
];

/// Something that comes due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timer {
    /// What.
    pub event: TimerEvent,
    /// The message it is about, by its place.
    pub message: usize,
    /// The turn it is about, by its place in the reading; none for a follow-up.
    pub turn: Option<usize>,
    /// The conversation, by its place in the reading.
    pub conversation: usize,
    /// When the time began to run.
    pub started_at: i64,
    /// When it is due.
    pub due_at: i64,
}

/// What a timer is about, as it stood when the timer was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// What the customer wants.
    pub intent: Intent,
    /// How soon somebody must act.
    pub urgency: Urgency,
    /// Whom it was given to: a mark.
    pub owner: Option<usize>,
}

impl Timer {
    /// What it is about: of its turn what was said by then, of a follow-up all turns by then.
    pub fn subject(&self, moments: &[Moment], marks: &[Mark], terms: &Terms, reading: &Reading) -> Subject {
        let place = self
            .turn
            .map_or(self.conversation, |turn| reading.turns[turn].conversation);
        let conversation = &reading.conversations[place];
        let (mut intent, mut urgency) = (Intent::None, Urgency::None);
        let owner = match self.turn.map(|turn| &reading.turns[turn]) {
            Some(turn) => {
                let asks = |moment: &&Moment| moment.is_inbound() && terms.speaks(moment);
                let asked = moments[turn.first..].iter().filter(asks).take(turn.messages as usize);
                for moment in asked.take_while(|moment| moment.at <= self.due_at) {
                    intent = first_said(intent, moment.intent);
                    urgency = higher(urgency, moment.urgency);
                }
                turn.owner
            }
            None => {
                let first = reading.turns.partition_point(|turn| turn.conversation < place);
                let its = reading.turns[first..]
                    .iter()
                    .take_while(|turn| turn.conversation == place);
                for turn in its.take_while(|turn| turn.started_at <= self.due_at) {
                    intent = last_said(intent, turn.intent);
                    urgency = turn.urgency;
                }
                conversation.owner
            }
        };
        // Marks between a conversation's begin and its owner's are all its own.
        let by_then = |mark: &usize| {
            let Mark { at, what, .. } = &marks[*mark];
            matches!(what, Decided::Assign { .. }) && (conversation.started_at..=self.due_at).contains(at)
        };
        let owner = owner.and_then(|last| (0..=last).rev().find(by_then));
        Subject { intent, urgency, owner }
    }
}

/// The promise that a turn has, when it is to be kept, and when it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promised {
    /// The promise.
    pub promise: Promise,
    /// When an answer is due.
    pub due_at: i64,
    /// When the answer that counts came.
    pub kept_at: Option<i64>,
}

/// What is promised for a turn.
pub fn promised(turn: &Turn, terms: &Terms) -> Option<Promised> {
    let promise = terms.sla.promise(turn.intent, turn.urgency)?;
    let due_at = promise.due(turn.started_at, 100, &terms.hours)?;
    let kept_at = match promise.by {
        Series::Any => turn.answers.any,
        Series::Human => turn.answers.human,
    };
    Some(Promised {
        promise,
        due_at,
        kept_at,
    })
}

/// Collects what has fired by a time, and when the next will.
pub struct Due<'a> {
    terms: &'a Terms,
    now: i64,
    /// What has fired.
    pub fired: Vec<Timer>,
    /// When something fires next, if nothing is said until then.
    pub next: Option<i64>,
}

impl<'a> Due<'a> {
    /// Nothing yet.
    pub fn at(now: i64, terms: &'a Terms) -> Self {
        Self {
            terms,
            now,
            fired: Vec::new(),
            next: None,
        }
    }

    /// `pointless_at`: when something happened after which it need not fire.
    fn consider(&mut self, timer: Timer, pointless_at: Option<i64>) {
        if pointless_at.is_some_and(|at| at <= timer.due_at) {
            return;
        }
        if timer.due_at <= self.now {
            self.fired.push(timer);
        } else {
            self.next = Some(self.next.map_or(timer.due_at, |next| next.min(timer.due_at)));
        }
    }

    /// The promises of a turn.
    pub fn turn(&mut self, place: usize, turn: &Turn) {
        let Some(Promised { promise, kept_at, .. }) = promised(turn, self.terms) else {
            return;
        };
        for (event, share) in SHARES {
            let Some(due_at) = promise.due(turn.started_at, share, &self.terms.hours) else {
                continue;
            };
            let (message, started_at) = (turn.first, turn.started_at);
            let timer = Timer {
                event,
                message,
                turn: Some(place),
                conversation: turn.conversation,
                started_at,
                due_at,
            };
            self.consider(timer, kept_at.into_iter().chain(turn.resolved_at).min());
        }
    }

    /// The end of a service window, while a turn waits.
    pub fn window(&mut self, window: &ServiceWindow, reading: &Reading) {
        let Some((notice, place)) = self.terms.sla.closing_notice_ms().zip(window.turn) else {
            return;
        };
        let turn = &reading.turns[place];
        let timer = Timer {
            event: TimerEvent::WindowClosing,
            message: turn.first,
            turn: Some(place),
            conversation: window.conversation,
            started_at: turn.started_at,
            due_at: window.closes_at - notice,
        };
        // A turn that began within the notice has just been said: its customer kept the window open.
        self.consider(timer, turn.done_at());
    }

    /// A customer's silence after the business's last word.
    pub fn last_word(&mut self, word: &LastWord) {
        let Some(after) = self.terms.sla.follow_up_after_ms() else {
            return;
        };
        let timer = Timer {
            event: TimerEvent::FollowUpDue,
            message: word.message,
            turn: None,
            conversation: word.conversation,
            started_at: word.at,
            due_at: word.at + after,
        };
        self.consider(timer, word.until);
    }

    /// Everything in a reading.
    pub fn all(mut self, reading: &Reading) -> Self {
        for (place, turn) in reading.turns.iter().enumerate() {
            self.turn(place, turn);
        }
        for window in &reading.windows {
            self.window(window, reading);
        }
        for word in &reading.last_words {
            self.last_word(word);
        }
        self
    }
}
