//! Reading a thread: from its moments to conversations, turns and service windows.
//!
//! Keeps nothing and knows no clock: the same moments, marks, terms and time give the same reading. Costs one pass.

use parlance_schemas::labels::{Author, ConversationState, Direction, Intent, Sentiment, TurnState, Urgency};

use crate::moment::{Decided, Mark, Moment};
use crate::mood;
use crate::terms::Terms;

/// How long the service window is open after a message of the customer, in milliseconds.
pub const SERVICE_WINDOW_MS: i64 = 24 * 60 * 60 * 1_000;
/// A conversation that has gone on for so long without a silence is continued as another with the next morning, so that
/// what a conversation is never depends on all of the past.
pub const LONG_MS: i64 = 48 * 60 * 60 * 1_000;
/// The longest a conversation can be: until it is long, and the rest of that day.
pub const LONGEST_MS: i64 = LONG_MS + 24 * 60 * 60 * 1_000;

/// When something was answered, in three series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// By anything the business sent.
    pub any: Option<i64>,
    /// By bots and rules.
    pub bot: Option<i64>,
    /// By people.
    pub human: Option<i64>,
}

/// One turn of the customer. Moments are named by their place in the list that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Its first message.
    pub first: usize,
    /// The conversation, by its place in the reading.
    pub conversation: usize,
    /// Whether it is its conversation's first.
    pub opens: bool,
    /// Time of its first message.
    pub started_at: i64,
    /// Time of its last message.
    pub last_at: i64,
    /// How many messages it has.
    pub messages: u32,
    /// How it stands.
    pub state: TurnState,
    /// When it was answered.
    pub answers: Answers,
    /// When somebody resolved its conversation for the first time after it began: no answer is needed since.
    pub resolved_at: Option<i64>,
    /// When it was over: answered, resolved or lost.
    pub closed_at: Option<i64>,
    /// The message that answered it, a person's before others.
    pub answer: Option<usize>,
    /// Who it was given to when it was over, or is: a mark.
    pub owner: Option<usize>,
    /// The first of its intents that says something.
    pub intent: Intent,
    /// The last of its sentiments that says something.
    pub sentiment: Sentiment,
    /// The highest of its urgencies.
    pub urgency: Urgency,
    /// What each of its messages says and when, in a number: while that is the same, so is all that can be told of it.
    pub sum: u64,
}

impl Turn {
    /// When it was answered or resolved; one that was lost still waits, for what the silence is to a customer.
    pub fn done_at(&self) -> Option<i64> {
        self.closed_at.filter(|_| self.state != TurnState::Lost)
    }
}

/// One conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// Its first message.
    pub first: usize,
    /// Its last message.
    pub last: usize,
    /// Time of its first message.
    pub started_at: i64,
    /// Time of its last message.
    pub last_at: i64,
    /// When it was over.
    pub ended_at: Option<i64>,
    /// How it stands.
    pub state: ConversationState,
    /// Who began it.
    pub started_by: Direction,
    /// Whether it goes on from one that was long.
    pub continued: bool,
    /// Messages of the customer.
    pub inbound: u32,
    /// Messages of the business.
    pub outbound: u32,
    /// Turns.
    pub turns: u32,
    /// Of them answered.
    pub answered: u32,
    /// Its first turn: how long until it was answered.
    pub first_response: Answers,
    /// When it was first given to somebody.
    pub assigned_at: Option<i64>,
    /// From then to the first message of a person.
    pub first_response_agent: Option<i64>,
    /// Begin of the turn that waits.
    pub waiting_since: Option<i64>,
    /// When the service window closes.
    pub window_closes_at: Option<i64>,
    /// Service windows that closed unanswered.
    pub windows_lost: u32,
    /// First resolution.
    pub resolved_first: Option<i64>,
    /// Last resolution.
    pub resolved_last: Option<i64>,
    /// Time until the last resolution in which a turn waited.
    pub active_ms: i64,
    /// How often it was opened again.
    pub reopened: u32,
    /// When it was last opened again.
    pub reopened_at: Option<i64>,
    /// Who it is given to: a mark.
    pub owner: Option<usize>,
    /// The last of its turns' intents that says something.
    pub intent: Intent,
    /// The last of its sentiments that says something.
    pub sentiment: Sentiment,
    /// The urgency of its last turn.
    pub urgency: Urgency,
    /// Unhappy messages without a break, up to the last.
    pub consecutive_negative: u32,
    /// How the mood moved, in thousandths.
    pub trend_milli: i32,
    /// To whom it was given and when, in a number, like [`Turn::sum`].
    pub sum: u64,
}

/// One 24-hour service window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceWindow {
    /// The customer's message that opened it.
    pub first: usize,
    /// The customer's message that kept it open last.
    pub last: usize,
    /// The conversation of that message.
    pub conversation: usize,
    /// When it closes.
    pub closes_at: i64,
    /// The last turn that began while it was open, by its place in the reading.
    pub turn: Option<usize>,
    /// Whether it still waits for an answer when the window closes.
    pub unanswered: bool,
}

/// A message of the business that the customer has not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastWord {
    /// The message.
    pub message: usize,
    /// When it was sent.
    pub at: i64,
    /// The conversation.
    pub conversation: usize,
    /// When either side went on, or somebody resolved it.
    pub until: Option<i64>,
}

/// What a thread says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// By time.
    pub conversations: Vec<Conversation>,
    /// By time.
    pub turns: Vec<Turn>,
    /// By time.
    pub windows: Vec<ServiceWindow>,
    /// By time.
    pub last_words: Vec<LastWord>,
    /// When the reading changes though nothing is said: a silence that ends a conversation, a window that closes.
    pub changes_at: Option<i64>,
}

impl Reading {
    /// When the first conversation begins of which something was said after a time; [`i64::MAX`] when none is.
    pub fn floor(&self, since: i64) -> i64 {
        let alive = self
            .conversations
            .iter()
            .find(|conversation| conversation.last_at > since);
        alive.map_or(i64::MAX, |conversation| conversation.started_at)
    }
}

/// Reads a thread as it stands at a time. `moments` and `marks` are in order.
pub fn read(moments: &[Moment], marks: &[Mark], terms: &Terms, now: i64) -> Reading {
    let mut reader = Reader {
        marks,
        terms,
        next_mark: 0,
        reading: Reading::default(),
        stretch: None,
        unanswered: [0; 3],
        turn_open: false,
        mood: mood::Mood::default(),
    };
    for (place, moment) in moments.iter().enumerate().filter(|(_, moment)| moment.counts()) {
        reader.take(place, moment);
    }
    reader.marks_before(i64::MAX);
    reader.finish(now)
}

/// Messages without a silence between them; may be several conversations.
#[derive(Clone, Copy)]
struct Stretch {
    started_at: i64,
    last_at: i64,
    /// Its first turn.
    first_turn: usize,
    /// Its first conversation.
    first_conversation: usize,
}

struct Reader<'a> {
    marks: &'a [Mark],
    terms: &'a Terms,
    next_mark: usize,
    reading: Reading,
    stretch: Option<Stretch>,
    /// From which turn on there is no answer in the series any, bot, human.
    unanswered: [usize; 3],
    turn_open: bool,
    mood: mood::Mood,
}

impl Reader<'_> {
    fn take(&mut self, place: usize, moment: &Moment) {
        self.marks_before(moment.at);
        let goes_on = self
            .stretch
            .filter(|stretch| moment.at - stretch.last_at < self.terms.gap_ms);
        match goes_on {
            None => {
                self.end_stretch();
                let stretch = Stretch {
                    started_at: moment.at,
                    last_at: moment.at,
                    first_turn: self.reading.turns.len(),
                    first_conversation: self.reading.conversations.len(),
                };
                self.stretch = Some(stretch);
                self.unanswered = [self.reading.turns.len(); 3];
                self.begin(place, moment, false);
            }
            Some(stretch) => {
                let asks = moment.is_inbound() && self.terms.speaks(moment);
                let resolved = self.resolved().filter(|_| asks);
                let reopens = resolved.map(|resolved| moment.at - resolved < self.terms.reopen_ms);
                let is_long = moment.at - stretch.started_at >= LONG_MS;
                if reopens == Some(false) {
                    self.end_conversation();
                    self.begin(place, moment, false);
                } else if is_long && self.terms.day_of(moment.at) != self.terms.day_of(stretch.last_at) {
                    self.end_conversation();
                    self.begin(place, moment, true);
                } else if reopens == Some(true) {
                    let conversation = self.current();
                    conversation.reopened += 1;
                    conversation.reopened_at = Some(moment.at);
                    conversation.ended_at = None;
                }
                self.stretch = Some(Stretch {
                    last_at: moment.at,
                    ..stretch
                });
            }
        }
        self.add(place, moment);
    }

    fn current(&mut self) -> &mut Conversation {
        self.reading
            .conversations
            .last_mut()
            .expect("a stretch has a conversation")
    }

    /// When the current conversation was resolved, unless it was opened again.
    fn resolved(&self) -> Option<i64> {
        self.reading
            .conversations
            .last()
            .and_then(|conversation| conversation.ended_at)
    }

    fn begin(&mut self, place: usize, moment: &Moment, continued: bool) {
        self.turn_open = false;
        self.mood = mood::Mood::default();
        let started_by = if moment.is_inbound() {
            Direction::Inbound
        } else {
            Direction::Outbound
        };
        self.reading.conversations.push(Conversation {
            first: place,
            last: place,
            started_at: moment.at,
            last_at: moment.at,
            ended_at: None,
            state: ConversationState::Answered,
            started_by,
            continued,
            inbound: 0,
            outbound: 0,
            turns: 0,
            answered: 0,
            first_response: Answers::default(),
            assigned_at: None,
            first_response_agent: None,
            waiting_since: None,
            window_closes_at: None,
            windows_lost: 0,
            resolved_first: None,
            resolved_last: None,
            active_ms: 0,
            reopened: 0,
            reopened_at: None,
            owner: None,
            intent: Intent::None,
            sentiment: Sentiment::None,
            urgency: Urgency::None,
            consecutive_negative: 0,
            trend_milli: 0,
            sum: 0,
        });
    }

    fn add(&mut self, place: usize, moment: &Moment) {
        let index = self.reading.conversations.len() - 1;
        let speaks = self.terms.speaks(moment);
        let conversation = &mut self.reading.conversations[index];
        (conversation.last, conversation.last_at) = (place, moment.at);
        if moment.is_inbound() {
            conversation.inbound += 1;
            conversation.window_closes_at = Some(moment.at + SERVICE_WINDOW_MS);
            self.add_inbound(place, moment, index);
        } else {
            conversation.outbound += 1;
            if speaks {
                self.answer(place, moment, index);
            }
        }
    }

    fn add_inbound(&mut self, place: usize, moment: &Moment, index: usize) {
        let speaks = self.terms.speaks(moment);
        let conversation = &mut self.reading.conversations[index];
        if speaks {
            self.mood.hear(moment.sentiment);
            (conversation.consecutive_negative, conversation.trend_milli) =
                (self.mood.negative(), self.mood.trend_milli());
            if moment.sentiment != Sentiment::None {
                conversation.sentiment = moment.sentiment;
            }
            if let Some(word) = self.reading.last_words.last_mut()
                && word.until.is_none()
            {
                word.until = Some(moment.at);
            }
            if !self.turn_open {
                conversation.turns += 1;
                let opens = conversation.turns == 1 && !conversation.continued;
                let owner = conversation.owner;
                self.reading.turns.push(Turn {
                    first: place,
                    conversation: index,
                    opens,
                    started_at: moment.at,
                    last_at: moment.at,
                    messages: 0,
                    state: TurnState::Waiting,
                    answers: Answers::default(),
                    resolved_at: None,
                    closed_at: None,
                    answer: None,
                    owner,
                    intent: Intent::None,
                    sentiment: Sentiment::None,
                    urgency: Urgency::None,
                    sum: 0,
                });
                self.turn_open = true;
            }
            let turn = self.reading.turns.last_mut().expect("one is open");
            turn.last_at = moment.at;
            turn.messages += 1;
            turn.intent = first_said(turn.intent, moment.intent);
            if moment.sentiment != Sentiment::None {
                turn.sentiment = moment.sentiment;
            }
            turn.urgency = higher(turn.urgency, moment.urgency);
            turn.sum = stir(turn.sum, moment.at as u64);
            turn.sum = stir(turn.sum, (moment.intent as u64) << 8 | moment.urgency as u64);
            let conversation = &mut self.reading.conversations[index];
            conversation.urgency = turn.urgency;
            conversation.intent = last_said(conversation.intent, turn.intent);
        }
        self.window(place, moment, index);
    }

    /// Each message of the customer keeps the window open for another day.
    fn window(&mut self, place: usize, moment: &Moment, conversation: usize) {
        let window = ServiceWindow {
            first: place,
            last: place,
            conversation,
            closes_at: moment.at + SERVICE_WINDOW_MS,
            turn: None,
            unanswered: false,
        };
        match self.reading.windows.last_mut() {
            Some(last) if moment.at <= last.closes_at => {
                *last = ServiceWindow {
                    first: last.first,
                    ..window
                }
            }
            _ => self.reading.windows.push(window),
        }
    }

    fn answer(&mut self, place: usize, moment: &Moment, index: usize) {
        let author = self.terms.author(moment.author);
        let series = match author {
            Author::Bot | Author::Rule => Some(1),
            Author::Person => Some(2),
            _ => None,
        };
        let turns = &mut self.reading.turns;
        for which in [Some(0), series].into_iter().flatten() {
            for turn in &mut turns[self.unanswered[which]..] {
                let answer = match which {
                    0 => &mut turn.answers.any,
                    1 => &mut turn.answers.bot,
                    _ => &mut turn.answers.human,
                };
                *answer = Some(moment.at);
                if which == 0 {
                    turn.answer = Some(place);
                    // A turn that was resolved, and then answered all the same, was over with the first of the two.
                    turn.closed_at = turn.closed_at.or(Some(moment.at));
                    turn.owner = self.reading.conversations[turn.conversation].owner;
                } else if which == 2 {
                    turn.answer = Some(place);
                }
            }
            self.unanswered[which] = turns.len();
        }
        let conversation = &mut self.reading.conversations[index];
        if author == Author::Person
            && conversation.first_response_agent.is_none()
            && let Some(assigned) = conversation.assigned_at
        {
            conversation.first_response_agent = Some(moment.at - assigned);
        }
        self.turn_open = false;
        if let Some(word) = self.reading.last_words.last_mut()
            && word.until.is_none()
        {
            word.until = Some(moment.at);
        }
        if self.reading.conversations[index].turns > 0 {
            self.reading.last_words.push(LastWord {
                message: place,
                at: moment.at,
                conversation: index,
                until: None,
            });
        }
    }

    /// Applies what was decided before a time to the conversation that goes on.
    fn marks_before(&mut self, at: i64) {
        while let Some(mark) = self.marks.get(self.next_mark)
            && mark.at < at
        {
            let place = self.next_mark;
            self.next_mark += 1;
            let Some(stretch) = self.stretch else { continue };
            if mark.at - stretch.last_at >= self.terms.gap_ms {
                continue;
            }
            match &mark.what {
                Decided::Resolve => self.resolve(mark.at),
                Decided::Assign { team, agent } => {
                    let waits = self.turn_open && self.unanswered[0] < self.reading.turns.len();
                    let conversation = self.current();
                    conversation.owner = Some(place);
                    conversation.sum = stir(conversation.sum, mark.id);
                    if conversation.assigned_at.is_none() && !(team.is_empty() && agent.is_empty()) {
                        conversation.assigned_at = Some(mark.at);
                    }
                    if waits && let Some(turn) = self.reading.turns.last_mut() {
                        turn.owner = Some(place);
                    }
                }
            }
        }
    }

    fn resolve(&mut self, at: i64) {
        let first_turn = self.stretch.map_or(0, |stretch| stretch.first_turn);
        for turn in &mut self.reading.turns[first_turn..] {
            turn.resolved_at = turn.resolved_at.or(Some(at));
            turn.closed_at = turn.closed_at.or(Some(at));
        }
        self.turn_open = false;
        if let Some(word) = self.reading.last_words.last_mut()
            && word.until.is_none()
        {
            word.until = Some(at);
        }
        let conversation = self.current();
        conversation.resolved_first = conversation.resolved_first.or(Some(at));
        conversation.resolved_last = Some(at);
        conversation.ended_at = Some(at);
    }

    /// The current conversation is over because another begins without a silence.
    fn end_conversation(&mut self) {
        let conversation = self.current();
        conversation.ended_at = conversation.ended_at.or(Some(conversation.last_at));
    }

    /// The current stretch is over: no turn of it will be answered any more.
    fn end_stretch(&mut self) {
        let Some(stretch) = self.stretch.take() else { return };
        let silent_at = stretch.last_at + self.terms.gap_ms;
        for turn in &mut self.reading.turns[stretch.first_turn..] {
            if turn.closed_at.is_none() {
                (turn.state, turn.closed_at) = (TurnState::Lost, Some(silent_at));
            }
        }
        let last = self.current();
        last.ended_at = last.ended_at.or(Some(last.last_at));
    }

    fn finish(mut self, now: i64) -> Reading {
        let mut goes_on_from = self.reading.conversations.len();
        if let Some(stretch) = self.stretch {
            let silent_at = stretch.last_at + self.terms.gap_ms;
            if silent_at <= now {
                self.end_stretch();
            } else {
                goes_on_from = stretch.first_conversation;
                self.reading.changes_at = Some(silent_at);
            }
        }
        let Reading {
            conversations,
            turns,
            windows,
            changes_at,
            ..
        } = &mut self.reading;
        for turn in turns.iter_mut() {
            turn.state = match (turn.answers.any, turn.closed_at, turn.state) {
                (Some(_), ..) => TurnState::Answered,
                (None, Some(_), TurnState::Waiting) => TurnState::Resolved,
                (None, _, state) => state,
            };
            let conversation = &mut conversations[turn.conversation];
            conversation.answered += u32::from(turn.answers.any.is_some());
            if turn.opens {
                let since = |at: i64| at - turn.started_at;
                let Answers { any, bot, human } = turn.answers;
                conversation.first_response = Answers {
                    any: any.map(since),
                    bot: bot.map(since),
                    human: human.map(since),
                };
            }
            if turn.state == TurnState::Waiting {
                conversation.waiting_since = conversation.waiting_since.or(Some(turn.started_at));
            }
            if let Some(resolved) = conversation.resolved_last {
                let until = turn.closed_at.unwrap_or(resolved).min(resolved);
                conversation.active_ms += (until - turn.started_at).max(0);
            }
        }
        for (index, conversation) in conversations.iter_mut().enumerate() {
            conversation.state =
                if conversation.resolved_last.is_some() && conversation.ended_at == conversation.resolved_last {
                    ConversationState::Resolved
                } else if conversation.ended_at.is_some() && index < goes_on_from {
                    ConversationState::Ended
                } else if conversation.waiting_since.is_some() {
                    ConversationState::Waiting
                } else if conversation.ended_at.is_some() {
                    ConversationState::Ended
                } else {
                    ConversationState::Answered
                };
        }
        let mut next_turn = 0;
        for window in windows.iter_mut() {
            while next_turn < turns.len() && turns[next_turn].first <= window.last {
                next_turn += 1;
            }
            let open = |turn: &Turn| turn.done_at().is_none_or(|done| done > window.closes_at);
            // A turn of an earlier window was that window's; what opened this one may ask nothing.
            window.turn = next_turn
                .checked_sub(1)
                .filter(|turn| turns[*turn].first >= window.first);
            window.unanswered = window.turn.is_some_and(|turn| open(&turns[turn]));
            if window.closes_at <= now {
                conversations[window.conversation].windows_lost += u32::from(window.unanswered);
            } else {
                *changes_at = Some(changes_at.map_or(window.closes_at, |at| at.min(window.closes_at)));
            }
        }
        self.reading
    }
}

/// Adds to a number that stands for many, in their order.
fn stir(sum: u64, more: u64) -> u64 {
    (sum.rotate_left(23) ^ more).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// The first intent that says something; `other` says less than any other.
pub(crate) fn first_said(known: Intent, new: Intent) -> Intent {
    match known {
        Intent::None => new,
        Intent::Other if new != Intent::None => new,
        known => known,
    }
}

/// The last, likewise.
pub(crate) fn last_said(known: Intent, new: Intent) -> Intent {
    match new {
        Intent::None => known,
        Intent::Other if known != Intent::None => known,
        new => new,
    }
}

/// `None` is the last label of the vocabulary and says nothing.
pub(crate) fn higher(known: Urgency, new: Urgency) -> Urgency {
    match (known, new) {
        (known, Urgency::None) => known,
        (Urgency::None, new) => new,
        (known, new) => known.max(new),
    }
}
