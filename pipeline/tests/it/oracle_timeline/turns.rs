//! The turns of a conversation, their answers and what was promised for them.

use parlance_schemas::labels::{Author, Intent, Sentiment, TurnState, Urgency};

use super::clock::wall;
use super::meaning::{Conversation, Mark, Reader, Turn};
use super::presets::{SLAS, Target};

impl Reader<'_> {
    pub(super) fn turns(&self, all: &[Conversation], index: usize) -> Vec<Turn> {
        let conversation = &all[index];
        let mut runs: Vec<Vec<usize>> = Vec::new();
        let mut is_open = false;
        for place in conversation.first..=conversation.last {
            if self.speaks(place) && self.inbound(place) {
                if !is_open {
                    runs.push(Vec::new());
                }
                runs.last_mut().expect("one is open").push(place);
                is_open = true;
            } else if self.speaks(place) {
                is_open = false;
            }
            if self.resolved_within(place, place + 1).is_some() {
                is_open = false;
            }
        }
        let opens = |number: usize| number == 0 && !conversation.continued;
        runs.into_iter()
            .enumerate()
            .map(|(number, run)| self.turn(conversation, run, opens(number)))
            .collect()
    }

    fn turn(&self, conversation: &Conversation, messages: Vec<usize>, opens: bool) -> Turn {
        let first = messages[0];
        let started_at = self.messages[first].at;
        let answer = |counts: &dyn Fn(Author) -> bool| {
            let mut after = first + 1..self.stretch_to(first);
            after.find(|place| !self.inbound(*place) && self.speaks(*place) && counts(self.author(*place)))
        };
        let any = answer(&|_| true);
        let bot = answer(&|author| matches!(author, Author::Bot | Author::Rule));
        let human = answer(&|author| author == Author::Person);
        let answers = [any, bot, human].map(|place| place.map(|place| self.messages[place].at));
        let resolutions = self.marks.iter().filter(|mark| mark.given.is_none());
        let mut resolved_at = resolutions.filter_map(|mark| {
            let place = self.follows(mark)?;
            (first..self.stretch_to(first)).contains(&place).then_some(mark.at)
        });
        let resolved_at = resolved_at.next();
        let closed_at = answers[0].into_iter().chain(resolved_at).min();
        let lost_at = self.silent_at(first).filter(|_| closed_at.is_none());
        let state = match (answers[0], resolved_at, lost_at) {
            (Some(_), ..) => TurnState::Answered,
            (None, Some(_), _) => TurnState::Resolved,
            (None, None, Some(_)) => TurnState::Lost,
            (None, None, None) => TurnState::Waiting,
        };
        // Whom the conversation was given to when the answer came, or while there might still be one.
        let until = any
            .map(|place| self.messages[place].at)
            .or(resolved_at)
            .unwrap_or(i64::MAX);
        let givens = conversation
            .marks
            .iter()
            .filter(|mark| mark.given.is_some() && mark.at < until);
        let givens: Vec<Mark> = givens.cloned().collect();
        let given_to = given_by(&givens, i64::MAX);
        let by_person = human.or(any).filter(|place| self.author(*place) == Author::Person);
        let name = by_person
            .map(|place| self.messages[place].name.clone())
            .filter(|name| !name.is_empty());
        let said = || messages.iter().map(|place| &self.messages[*place]);
        let intent = of_intents(said().map(|message| message.intent));
        let sentiment = said()
            .rev()
            .map(|message| message.sentiment)
            .find(|label| *label != Sentiment::None);
        let urgency = highest(said().map(|message| message.urgency));
        let target = self.target(intent, urgency);
        let due_at = target.map(|target| self.due(target, started_at, 100));
        let kept_at = target.and_then(|target| answers[if target.human { 2 } else { 0 }]);
        let in_time = |at: Option<i64>| at.is_some_and(|at| due_at.is_some_and(|due_at| at <= due_at));
        let is_over = due_at.is_some_and(|due_at| due_at <= self.now) || kept_at.is_some();
        Turn {
            opens,
            answers,
            resolved_at,
            closed_at: closed_at.or(lost_at),
            state,
            team: given_to.0,
            agent: name.unwrap_or(given_to.1),
            givens,
            intent,
            sentiment: sentiment.unwrap_or(Sentiment::None),
            urgency,
            due_at,
            kept_at,
            broken: due_at.is_some() && is_over && !in_time(kept_at) && !in_time(resolved_at),
            messages,
        }
    }

    pub(super) fn target(&self, intent: Intent, urgency: Urgency) -> Option<&'static Target> {
        let mut targets = SLAS[self.terms.sla?].targets.iter();
        targets.find(|target| {
            (target.intents.is_empty() || target.intents.contains(&intent))
                && (target.urgencies.is_empty() || target.urgencies.contains(&urgency))
        })
    }

    /// When so many hundredths of a promise's time have passed on its clock.
    pub(super) fn due(&self, target: &Target, from: i64, share: i64) -> i64 {
        let ms = (target.within * share + 99) / 100;
        match self.terms.hours.filter(|_| target.business) {
            Some(hours) => wall(self.integration.zone, hours, self.terms.dawn).after(from, ms),
            None => from + ms,
        }
    }
}

/// Team and person that something was given to by a time.
pub(super) fn given_by(marks: &[Mark], by: i64) -> (String, String) {
    let mut given = marks.iter().rev().filter(|mark| mark.at <= by);
    given.find_map(|mark| mark.given.clone()).unwrap_or_default()
}

/// The first that says something; `other` only where no other does.
pub(super) fn of_intents(mut intents: impl Iterator<Item = Intent> + Clone) -> Intent {
    let is_some = |intent: &Intent| !matches!(intent, Intent::None | Intent::Other);
    let other = intents.clone().find(|intent| *intent == Intent::Other);
    intents.find(is_some).or(other).unwrap_or(Intent::None)
}

/// What the customer wants by the last turn that says so.
pub(super) fn intent_of(turns: &[Turn]) -> Intent {
    of_intents(turns.iter().rev().map(|turn| turn.intent))
}

pub(super) fn highest(urgencies: impl Iterator<Item = Urgency>) -> Urgency {
    let known = urgencies.filter(|urgency| *urgency != Urgency::None).max();
    known.unwrap_or(Urgency::None)
}
