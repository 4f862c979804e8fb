//! What is told of a thread: rows of its conversations, turns and timers, and what windows add up; and the difference of two
//! readings, so that only what changed is told again.

use std::collections::HashSet;
use std::sync::Arc;

use parlance_schemas::labels::{By, ConversationState, Intent, Measure, TurnState};
use parlance_schemas::rows::{ConversationRow, TimerRow, TurnRow};

use crate::moment::{Decided, Mark, Moment};
use crate::reading::{Conversation, LastWord, Reading, ServiceWindow, Turn};
use crate::terms::Terms;
use crate::timers::{Due, Promised, Timer, promised};

/// Something to tell, with the multiplicity it is told with: 1, or -1 to take it back.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// How a conversation stands.
    Conversation(Box<ConversationRow>),
    /// How a turn stands.
    Turn(Box<TurnRow>),
    /// What came due.
    Timer(Box<TimerRow>),
    /// What windows add up.
    Measured(Measured),
}

/// What happened at a time, for the windows it lies in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Measured {
    /// When, Unix milliseconds of event time.
    pub at: i64,
    /// What `label` is a value of.
    pub by: By,
    /// The value.
    pub label: String,
    /// What is measured, each measure once.
    pub sums: Vec<(Measure, Value)>,
}

/// What one thing adds to a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// So many.
    Count(i64),
    /// One, with a score.
    Scored(i64),
    /// A duration in milliseconds.
    Duration(i64),
}

/// Whose thread it is.
pub struct About<'a> {
    /// The integration.
    pub phone_number_id: &'a str,
    /// The WhatsApp Business Account.
    pub waba_id: &'a str,
    /// The group, or empty.
    pub group_id: &'a str,
    /// Conversations that began before this are final, and not told of any more.
    pub floor: i64,
}

/// A thread as it was read at a time.
pub struct View<'a> {
    /// Its messages.
    pub moments: &'a [Moment],
    /// The customer's identifiers under which they came.
    pub contacts: &'a [Arc<str>],
    /// What was decided.
    pub marks: &'a [Mark],
    /// The terms.
    pub terms: &'a Terms,
    /// What it says.
    pub reading: &'a Reading,
    /// When it was read, Unix milliseconds of log time.
    pub now: i64,
}

/// Tells what a second view of a thread says other than a first. `all`: the terms have changed or a timer may have fired, so that
/// even what is the same in both may have something new to tell. Returns when a timer of what was looked at fires next.
pub fn changes(
    about: &About<'_>,
    old: &View<'_>,
    new: &View<'_>,
    all: bool,
    tell: &mut dyn FnMut(Told, i64),
) -> Option<i64> {
    let mut change = Change {
        about,
        old,
        new,
        all,
        before: Due::at(old.now, old.terms),
        after: Due::at(new.now, new.terms),
        changed: HashSet::new(),
        tell,
    };
    change.conversations();
    change.turns();
    change.windows();
    change.last_words();
    change.timers()
}

struct Change<'a, 'b> {
    about: &'a About<'b>,
    old: &'a View<'b>,
    new: &'a View<'b>,
    all: bool,
    before: Due<'b>,
    after: Due<'b>,
    /// Conversations of which anything changed, by their first messages.
    changed: HashSet<Arc<str>>,
    tell: &'a mut dyn FnMut(Told, i64),
}

/// Walks two lists that are in the same order, and gives what belongs together.
fn pairs<'x, T>(
    old: &'x [T],
    new: &'x [T],
    order: impl Fn(&T, &T) -> std::cmp::Ordering,
    mut with: impl FnMut(Option<usize>, Option<usize>),
) {
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        let order = match (old.get(i), new.get(j)) {
            (Some(a), Some(b)) => order(a, b),
            (Some(_), None) => std::cmp::Ordering::Less,
            _ => std::cmp::Ordering::Greater,
        };
        match order {
            std::cmp::Ordering::Less => with(Some(i), None),
            std::cmp::Ordering::Equal => with(Some(i), Some(j)),
            std::cmp::Ordering::Greater => with(None, Some(j)),
        }
        i += usize::from(order != std::cmp::Ordering::Greater);
        j += usize::from(order != std::cmp::Ordering::Less);
    }
}

impl<'b> View<'b> {
    fn is_known(&self, conversation: usize, floor: i64) -> bool {
        self.reading.conversations[conversation].started_at >= floor
    }

    fn order(&self, place: usize) -> (i64, &str) {
        self.moments[place].order()
    }

    fn contact(&self, place: usize) -> String {
        self.contacts
            .get(usize::from(self.moments[place].under))
            .map_or_else(String::new, ToString::to_string)
    }

    /// The first message of a conversation.
    fn begin(&self, conversation: usize) -> &Arc<str> {
        &self.moments[self.reading.conversations[conversation].first].id
    }

    fn owner(&self, owner: Option<usize>) -> (&str, &str) {
        match owner.map(|mark| &self.marks[mark].what) {
            Some(Decided::Assign { team, agent }) => (team, agent),
            _ => ("", ""),
        }
    }

    /// Whether two places of two views are the same message, told of alike.
    fn same_message(&self, place: usize, other: &View<'_>, other_place: usize) -> bool {
        let (a, b) = (&self.moments[place], &other.moments[other_place]);
        a.id == b.id
            && a.at == b.at
            && self.contacts.get(usize::from(a.under)) == other.contacts.get(usize::from(b.under))
            && a.name == b.name
            && a.author == b.author
    }

    fn same_mark(&self, mark: Option<usize>, other: &View<'_>, other_mark: Option<usize>) -> bool {
        mark.map(|mark| self.marks[mark].id) == other_mark.map(|mark| other.marks[mark].id)
    }

    fn same_conversation(&self, c: &Conversation, other: &View<'_>, d: &Conversation) -> bool {
        let alike = Conversation {
            first: d.first,
            last: d.last,
            owner: d.owner,
            ..*c
        } == *d;
        alike
            && self.same_message(c.first, other, d.first)
            && self.same_message(c.last, other, d.last)
            && self.same_mark(c.owner, other, d.owner)
    }

    fn same_turn(&self, t: &Turn, other: &View<'_>, u: &Turn) -> bool {
        let Turn {
            first,
            conversation,
            answer,
            owner,
            ..
        } = *u;
        let alike = Turn {
            first,
            conversation,
            answer,
            owner,
            ..*t
        } == *u;
        let id_of = |view: &View<'b>, turn: &Turn| {
            view.moments[view.reading.conversations[turn.conversation].first]
                .id
                .clone()
        };
        let answers = match (t.answer, u.answer) {
            (Some(a), Some(b)) => self.same_message(a, other, b),
            (a, b) => a.is_none() && b.is_none(),
        };
        let conversation = &other.moments[other.reading.conversations[u.conversation].first].id;
        alike
            && answers
            && self.same_message(t.first, other, u.first)
            && self.same_mark(t.owner, other, u.owner)
            && id_of(self, t) == *conversation
    }
}

impl Change<'_, '_> {
    fn conversations(&mut self) {
        let (old, new, about, all) = (self.old, self.new, self.about, self.all);
        let (before, after) = (&old.reading.conversations, &new.reading.conversations);
        let order = |a: &Conversation, b: &Conversation| old.order(a.first).cmp(&new.order(b.first));
        pairs(before, after, order, |i, j| {
            if let (Some(i), Some(j)) = (i, j)
                && !all
                && old.same_conversation(&before[i], new, &after[j])
            {
                return;
            }
            self.changed.extend(i.map(|i| old.begin(i).clone()));
            self.changed.extend(j.map(|j| new.begin(j).clone()));
            let was = i
                .filter(|i| old.is_known(*i, about.floor))
                .map(|i| about.conversation(old, i));
            let is = j
                .filter(|j| new.is_known(*j, about.floor))
                .map(|j| about.conversation(new, j));
            if was == is {
                return;
            }
            for (row, diff) in was.into_iter().map(|row| (row, -1)).chain(is.map(|row| (row, 1))) {
                measured_of_conversation(&row, &mut |measured| (self.tell)(Told::Measured(measured), diff));
                (self.tell)(Told::Conversation(Box::new(row)), diff);
            }
        });
    }

    fn turns(&mut self) {
        let (old, new, about, all) = (self.old, self.new, self.about, self.all);
        let (before, after) = (&old.reading.turns, &new.reading.turns);
        let order = |a: &Turn, b: &Turn| old.order(a.first).cmp(&new.order(b.first));
        pairs(before, after, order, |i, j| {
            let same = i.zip(j).is_some_and(|(i, j)| {
                let is_touched = self.changed.contains(new.begin(after[j].conversation));
                !is_touched && old.same_turn(&before[i], new, &after[j])
            });
            if same && !all {
                return;
            }
            self.changed
                .extend(i.map(|i| old.begin(before[i].conversation).clone()));
            self.changed.extend(j.map(|j| new.begin(after[j].conversation).clone()));
            let i = i.filter(|i| old.is_known(before[*i].conversation, about.floor));
            let j = j.filter(|j| new.is_known(after[*j].conversation, about.floor));
            if let Some(i) = i {
                self.before.turn(i, &before[i]);
            }
            if let Some(j) = j {
                self.after.turn(j, &after[j]);
            }
            let told = |view: &View<'_>, turn: &Turn| {
                let row = about.turn(view, turn);
                // Whether a promise is broken also depends on the time.
                let broken = is_broken(&row, turn.resolved_at, view.now);
                (row, turn.closed_at, broken)
            };
            let was = i.map(|i| told(old, &before[i]));
            let is = j.map(|j| told(new, &after[j]));
            if was == is {
                return;
            }
            let was = was.into_iter().map(|told| (told, -1));
            let is = is.into_iter().map(|told| (told, 1));
            for ((row, closed_at, broken), diff) in was.chain(is) {
                measured_of_turn(&row, closed_at, broken, &mut |measured| {
                    (self.tell)(Told::Measured(measured), diff);
                });
                (self.tell)(Told::Turn(Box::new(row)), diff);
            }
        });
    }

    fn windows(&mut self) {
        let (old, new, about, all) = (self.old, self.new, self.about, self.all);
        let (before, after) = (&old.reading.windows, &new.reading.windows);
        let order = |a: &ServiceWindow, b: &ServiceWindow| old.order(a.last).cmp(&new.order(b.last));
        pairs(before, after, order, |i, j| {
            let (was, is) = (i.map(|i| &before[i]), j.map(|j| &after[j]));
            let is_known = |view: &View<'_>, window: &ServiceWindow| view.is_known(window.conversation, about.floor);
            let was = was.filter(|window| is_known(old, window));
            let is = is.filter(|window| is_known(new, window));
            let closed = |window: &ServiceWindow, now: i64| {
                (window.closes_at <= now).then_some((window.closes_at, window.unanswered))
            };
            let (closed_before, closed_now) = (
                was.and_then(|window| closed(window, old.now)),
                is.and_then(|window| closed(window, new.now)),
            );
            if closed_before != closed_now {
                for (closed, diff) in [(closed_before, -1), (closed_now, 1)] {
                    let Some((at, lost)) = closed else { continue };
                    let mut sums = vec![(Measure::Windows, Value::Count(1))];
                    sums.extend(lost.then_some((Measure::WindowsLost, Value::Count(1))));
                    let measured = Measured {
                        at,
                        by: By::All,
                        label: String::new(),
                        sums,
                    };
                    (self.tell)(Told::Measured(measured), diff);
                }
            }
            let turn_of = |view: &View<'_>, window: &ServiceWindow| {
                window
                    .turn
                    .map(|turn| (view.reading.turns[turn].done_at(), view.reading.turns[turn].started_at))
            };
            let same = match (was, is) {
                (Some(was), Some(is)) => was.closes_at == is.closes_at && turn_of(old, was) == turn_of(new, is),
                (was, is) => was.is_none() && is.is_none(),
            };
            // What the notice says is what the window's turn and conversation say.
            let touches = |view: &View<'_>, window: Option<&ServiceWindow>| {
                let turn = window.and_then(|window| window.turn);
                let of_turn = turn.map(|turn| view.reading.turns[turn].conversation);
                let mut both = of_turn.into_iter().chain(window.map(|window| window.conversation));
                both.any(|conversation| self.changed.contains(view.begin(conversation)))
            };
            if same && !all && !touches(old, was) && !touches(new, is) {
                return;
            }
            if let Some(window) = was {
                self.before.window(window, old.reading);
            }
            if let Some(window) = is {
                self.after.window(window, new.reading);
            }
        });
    }

    fn last_words(&mut self) {
        let (old, new, about, all) = (self.old, self.new, self.about, self.all);
        let (before, after) = (&old.reading.last_words, &new.reading.last_words);
        let order = |a: &LastWord, b: &LastWord| old.order(a.message).cmp(&new.order(b.message));
        pairs(before, after, order, |i, j| {
            let was = i
                .map(|i| &before[i])
                .filter(|word| old.is_known(word.conversation, about.floor));
            let is = j
                .map(|j| &after[j])
                .filter(|word| new.is_known(word.conversation, about.floor));
            let same = match (was, is) {
                (Some(was), Some(is)) => was.until == is.until,
                (was, is) => was.is_none() && is.is_none(),
            };
            let touches = |view: &View<'_>, word: Option<&LastWord>| {
                word.is_some_and(|word| self.changed.contains(view.begin(word.conversation)))
            };
            if same && !all && !touches(old, was) && !touches(new, is) {
                return;
            }
            if let Some(word) = was {
                self.before.last_word(word);
            }
            if let Some(word) = is {
                self.after.last_word(word);
            }
        });
    }

    /// What fired before and has not, and the other way round.
    fn timers(mut self) -> Option<i64> {
        let rows = |view: &View<'_>, fired: &[Timer]| {
            let mut rows: Vec<TimerRow> = fired.iter().map(|timer| self.about.timer(view, timer)).collect();
            rows.sort();
            rows
        };
        let (was, is) = (rows(self.old, &self.before.fired), rows(self.new, &self.after.fired));
        pairs(&was, &is, Ord::cmp, |i, j| {
            let (row, diff) = match (i, j) {
                (Some(i), None) => (&was[i], -1),
                (None, Some(j)) => (&is[j], 1),
                _ => return,
            };
            let sums = vec![(Measure::Timers, Value::Count(1))];
            let measured = Measured {
                at: row.due_at,
                by: By::Event,
                label: row.event.to_string(),
                sums,
            };
            (self.tell)(Told::Measured(measured), diff);
            (self.tell)(Told::Timer(Box::new(row.clone())), diff);
        });
        self.after.next.take()
    }
}

impl About<'_> {
    fn conversation(&self, view: &View<'_>, place: usize) -> ConversationRow {
        let c = &view.reading.conversations[place];
        let (team, agent) = view.owner(c.owner);
        let since_start = |at: Option<i64>| at.map(|at| at - c.started_at);
        ConversationRow {
            phone_number_id: self.phone_number_id.to_owned(),
            conversation_id: view.moments[c.first].id.to_string(),
            waba_id: self.waba_id.to_owned(),
            contact_id: view.contact(c.last),
            group_id: self.group_id.to_owned(),
            started_at: c.started_at,
            last_at: c.last_at,
            ended_at: c.ended_at,
            state: c.state,
            started_by: c.started_by,
            continued: c.continued.into(),
            inbound: c.inbound,
            outbound: c.outbound,
            turns: c.turns,
            answered: c.answered,
            first_response_any_ms: c.first_response.any,
            first_response_bot_ms: c.first_response.bot,
            first_response_human_ms: c.first_response.human,
            first_response_agent_ms: c.first_response_agent,
            waiting_since: c.waiting_since,
            window_closes_at: c.window_closes_at,
            windows_lost: c.windows_lost,
            resolution_first_ms: since_start(c.resolved_first),
            resolution_last_ms: since_start(c.resolved_last),
            resolution_active_ms: c.resolved_last.map(|_| c.active_ms),
            reopened: c.reopened,
            team: team.to_owned(),
            agent: agent.to_owned(),
            intent: c.intent,
            sentiment: c.sentiment,
            urgency: c.urgency,
            consecutive_negative: c.consecutive_negative,
            sentiment_trend_milli: c.trend_milli,
            version: 0,
            is_deleted: 0,
        }
    }

    fn turn(&self, view: &View<'_>, turn: &Turn) -> TurnRow {
        let conversation = &view.reading.conversations[turn.conversation];
        let (team, agent) = view.owner(turn.owner);
        let answer = turn.answer.map(|place| &view.moments[place]);
        // A bot's name is not an agent's.
        let by_person =
            answer.filter(|answer| view.terms.author(answer.author) == parlance_schemas::labels::Author::Person);
        let agent = by_person.and_then(|answer| answer.name.as_deref()).unwrap_or(agent);
        let since = |at: Option<i64>| at.map(|at| at - turn.started_at);
        let open = |at: Option<i64>| at.map(|at| view.terms.hours.between(turn.started_at, at));
        let promised = promised(turn, view.terms);
        let first = &view.moments[turn.first];
        TurnRow {
            phone_number_id: self.phone_number_id.to_owned(),
            message_id: first.id.to_string(),
            conversation_id: view.moments[conversation.first].id.to_string(),
            waba_id: self.waba_id.to_owned(),
            contact_id: view.contact(turn.first),
            group_id: self.group_id.to_owned(),
            first: turn.opens.into(),
            started_at: turn.started_at,
            last_at: turn.last_at,
            messages: turn.messages,
            state: turn.state,
            response_any_ms: since(turn.answers.any),
            response_bot_ms: since(turn.answers.bot),
            response_human_ms: since(turn.answers.human),
            response_any_business_ms: open(turn.answers.any),
            response_bot_business_ms: open(turn.answers.bot),
            response_human_business_ms: open(turn.answers.human),
            team: team.to_owned(),
            agent: agent.to_owned(),
            intent: turn.intent,
            sentiment: turn.sentiment,
            urgency: turn.urgency,
            due_at: promised.map(|Promised { due_at, .. }| due_at),
            kept_at: promised.and_then(|Promised { kept_at, .. }| kept_at),
            version: 0,
            is_deleted: 0,
        }
    }

    fn timer(&self, view: &View<'_>, timer: &Timer) -> TimerRow {
        let conversation = &view.reading.conversations[timer.conversation];
        let subject = timer.subject(view.moments, view.marks, view.terms, view.reading);
        let (team, agent) = view.owner(subject.owner);
        let message = &view.moments[timer.message];
        TimerRow {
            phone_number_id: self.phone_number_id.to_owned(),
            message_id: message.id.to_string(),
            event: timer.event,
            conversation_id: view.moments[conversation.first].id.to_string(),
            waba_id: self.waba_id.to_owned(),
            contact_id: view.contact(timer.message),
            group_id: self.group_id.to_owned(),
            started_at: timer.started_at,
            due_at: timer.due_at,
            intent: subject.intent,
            urgency: subject.urgency,
            team: team.to_owned(),
            agent: agent.to_owned(),
            version: 0,
            is_deleted: 0,
        }
    }
}

/// Whether what was promised for a turn was not kept, as far as a time knows. What was resolved in time needs no answer.
fn is_broken(turn: &TurnRow, resolved_at: Option<i64>, now: i64) -> bool {
    let Some(due_at) = turn.due_at else { return false };
    let in_time = |at: Option<i64>| at.is_some_and(|at| at <= due_at);
    let is_over = due_at <= now || turn.kept_at.is_some();
    is_over && !in_time(turn.kept_at) && !in_time(resolved_at)
}

/// What a turn adds to windows. `closed_at`: when it was over, once it is; `broken`: whether its promise was.
fn measured_of_turn(turn: &TurnRow, closed_at: Option<i64>, broken: bool, give: &mut dyn FnMut(Measured)) {
    let mut sums = vec![(Measure::Turns, Value::Count(1))];
    let durations = [
        (Measure::ResponseAny, turn.response_any_ms),
        (Measure::ResponseBot, turn.response_bot_ms),
        (Measure::ResponseHuman, turn.response_human_ms),
        (Measure::ResponseAnyBusiness, turn.response_any_business_ms),
        (Measure::ResponseBotBusiness, turn.response_bot_business_ms),
        (Measure::ResponseHumanBusiness, turn.response_human_business_ms),
    ];
    sums.extend(
        durations
            .iter()
            .filter_map(|(measure, ms)| Some((*measure, Value::Duration((*ms)?)))),
    );
    if turn.first == 1 {
        let firsts = [
            (Measure::FirstResponseAny, turn.response_any_ms),
            (Measure::FirstResponseBot, turn.response_bot_ms),
            (Measure::FirstResponseHuman, turn.response_human_ms),
        ];
        sums.extend(
            firsts
                .iter()
                .filter_map(|(measure, ms)| Some((*measure, Value::Duration((*ms)?)))),
        );
    }
    if turn.state == TurnState::Lost {
        sums.push((Measure::TurnsLost, Value::Count(1)));
    }
    if let Some(due_at) = turn.due_at {
        sums.push((Measure::Promises, Value::Count(1)));
        if broken {
            sums.push((Measure::PromisesBroken, Value::Count(1)));
        } else if turn.kept_at.is_some_and(|kept_at| kept_at <= due_at) {
            sums.push((Measure::PromisesKept, Value::Count(1)));
        }
    }
    let intent = if turn.intent == Intent::None {
        String::new()
    } else {
        turn.intent.to_string()
    };
    for (by, label) in [
        (By::Intent, intent),
        (By::Team, turn.team.clone()),
        (By::Agent, turn.agent.clone()),
    ] {
        if !label.is_empty() {
            give(Measured {
                at: turn.started_at,
                by,
                label,
                sums: sums.clone(),
            });
        }
    }
    give(Measured {
        at: turn.started_at,
        by: By::All,
        label: String::new(),
        sums,
    });
    if let Some(at) = closed_at {
        let sums = vec![(Measure::TurnsClosed, Value::Count(1))];
        give(Measured {
            at,
            by: By::All,
            label: String::new(),
            sums,
        });
    }
}

/// What a conversation adds to windows.
fn measured_of_conversation(conversation: &ConversationRow, give: &mut dyn FnMut(Measured)) {
    let mut sums = vec![(Measure::Conversations, Value::Count(1))];
    let durations = [
        (Measure::FirstResponseAgent, conversation.first_response_agent_ms),
        (Measure::ResolutionFirst, conversation.resolution_first_ms),
        (Measure::ResolutionLast, conversation.resolution_last_ms),
        (Measure::ResolutionActive, conversation.resolution_active_ms),
    ];
    sums.extend(
        durations
            .iter()
            .filter_map(|(measure, ms)| Some((*measure, Value::Duration((*ms)?)))),
    );
    if conversation.reopened > 0 {
        sums.push((Measure::Reopened, Value::Count(conversation.reopened.into())));
    }
    for (by, label) in [(By::Team, &conversation.team), (By::Agent, &conversation.agent)] {
        if !label.is_empty() {
            give(Measured {
                at: conversation.started_at,
                by,
                label: label.clone(),
                sums: sums.clone(),
            });
        }
    }
    give(Measured {
        at: conversation.started_at,
        by: By::All,
        label: String::new(),
        sums,
    });
    let is_over = matches!(
        conversation.state,
        ConversationState::Ended | ConversationState::Resolved
    );
    if let Some(at) = conversation.ended_at.filter(|_| is_over) {
        let sums = vec![(Measure::ConversationsEnded, Value::Count(1))];
        give(Measured {
            at,
            by: By::All,
            label: String::new(),
            sums,
        });
    }
}
