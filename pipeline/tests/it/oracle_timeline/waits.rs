//! What closes and what comes due.

use parlance_schemas::labels::TimerEvent;

use super::meaning::{Conversation, Meaning, Reader, Timer, Turn, Window};
use super::presets::{DAY, SLAS};

impl Reader<'_> {
    pub(super) fn windows(&self, meaning: &mut Meaning) {
        let heard: Vec<usize> = (0..self.messages.len()).filter(|place| self.inbound(*place)).collect();
        let mut from = 0;
        for (number, place) in heard.iter().enumerate() {
            let closes_at = self.messages[*place].at + DAY;
            let is_kept_open = heard
                .get(number + 1)
                .is_some_and(|next| self.messages[*next].at <= closes_at);
            if is_kept_open {
                continue;
            }
            let its = from..=*place;
            from = *place + 1;
            let of = |place: usize| {
                let of = |c: &Conversation| (c.first..=c.last).contains(&place);
                meaning
                    .conversations
                    .iter()
                    .position(of)
                    .expect("every message has one")
            };
            // Its last turn.
            let mut turns = meaning
                .conversations
                .iter()
                .enumerate()
                .flat_map(|(index, conversation)| {
                    conversation
                        .turns
                        .iter()
                        .enumerate()
                        .map(move |(number, turn)| (index, number, turn))
                });
            let turn = turns.rfind(|(_, _, turn)| its.contains(&turn.messages[0]));
            let done_by = |turn: &Turn, by: i64| {
                let done_at = turn.answers[0].into_iter().chain(turn.resolved_at).min();
                done_at.is_some_and(|at| at <= by)
            };
            meaning.wakes.push(closes_at);
            if closes_at <= self.now {
                meaning.windows.push(Window {
                    conversation: of(*place),
                    closes_at,
                    lost: turn.is_some_and(|(_, _, turn)| !done_by(turn, closes_at)),
                });
            }
            let notice = self.terms.sla.and_then(|sla| SLAS[sla].notice);
            if let (Some(notice), Some((index, number, turn))) = (notice, turn) {
                let due_at = closes_at - notice;
                let timer = Timer {
                    conversation: of(*place),
                    turn: Some((index, number)),
                    message: turn.messages[0],
                    event: TimerEvent::WindowClosing,
                    started_at: self.messages[turn.messages[0]].at,
                    due_at,
                };
                if !done_by(turn, due_at) {
                    meaning.wakes.push(due_at);
                    meaning.timers.extend((due_at <= self.now).then_some(timer));
                }
            }
        }
    }

    pub(super) fn timers(&self, meaning: &mut Meaning) {
        let mut timers = Vec::new();
        for (index, conversation) in meaning.conversations.iter().enumerate() {
            for (number, turn) in conversation.turns.iter().enumerate() {
                let Some(target) = self.target(turn.intent, turn.urgency) else {
                    continue;
                };
                let (message, started_at) = (turn.messages[0], self.messages[turn.messages[0]].at);
                let shares = [
                    (TimerEvent::AtRisk50, 50),
                    (TimerEvent::AtRisk80, 80),
                    (TimerEvent::Breached, 100),
                ];
                for (event, share) in shares {
                    let due_at = self.due(target, started_at, share);
                    let pointless_at = turn.kept_at.into_iter().chain(turn.resolved_at).min();
                    if pointless_at.is_none_or(|at| at > due_at) {
                        let turn = Some((index, number));
                        timers.push(Timer {
                            conversation: index,
                            turn,
                            message,
                            event,
                            started_at,
                            due_at,
                        });
                    }
                }
            }
            let follow_up = self.terms.sla.and_then(|sla| SLAS[sla].follow_up);
            for place in conversation.first..=conversation.last {
                let answers = !self.inbound(place) && self.speaks(place);
                let asked = conversation.turns.iter().any(|turn| turn.messages[0] < place);
                let Some(after) = follow_up.filter(|_| answers && asked) else {
                    continue;
                };
                let started_at = self.messages[place].at;
                let goes_on = (place + 1..self.messages.len()).find(|place| self.speaks(*place));
                let goes_on = goes_on.map(|place| self.messages[place].at);
                let mut resolutions = self.marks.iter().filter(|mark| mark.given.is_none());
                let resolved = resolutions.find(|mark| mark.at >= started_at && self.follows(mark) >= Some(place));
                let until = goes_on.into_iter().chain(resolved.map(|mark| mark.at)).min();
                let due_at = started_at + after;
                if until.is_none_or(|at| at > due_at) {
                    let event = TimerEvent::FollowUpDue;
                    timers.push(Timer {
                        conversation: index,
                        turn: None,
                        message: place,
                        event,
                        started_at,
                        due_at,
                    });
                }
            }
        }
        meaning.wakes.extend(timers.iter().map(|timer| timer.due_at));
        meaning
            .timers
            .extend(timers.into_iter().filter(|timer| timer.due_at <= self.now));
    }
}
