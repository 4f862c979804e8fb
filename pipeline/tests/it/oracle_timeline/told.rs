//! Rows and measures of what a thread means.

use parlance_schemas::labels::{Author, By, Measure, Sentiment};
use parlance_schemas::rows::{ConversationRow, TimerRow, TurnRow};

use super::meaning::{Conversation, Meaning, Msg, Says, Terms, Turn, direction, open_between};
use super::measured::{Measured, Sum, measure_conversation, measure_turn};
use super::presets::{DAY, INTEGRATIONS};
use super::turns::{given_by, highest, intent_of, of_intents};

/// All that is told of one conversation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Told {
    pub(crate) started_at: i64,
    pub(crate) last_at: i64,
    pub(crate) conversation: ConversationRow,
    pub(crate) turns: Vec<TurnRow>,
    pub(crate) timers: Vec<TimerRow>,
    pub(crate) measured: Vec<Measured>,
}

/// Whose thread it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct About {
    pub(crate) phone_number_id: String,
    pub(crate) waba_id: String,
    pub(crate) group_id: String,
}

/// What is told of each conversation.
pub(crate) fn told(about: &About, messages: &[Msg], terms: &Terms, meaning: &Meaning) -> Vec<Told> {
    let teller = Teller {
        about,
        messages,
        terms,
        meaning,
    };
    (0..meaning.conversations.len())
        .map(|index| teller.told(index))
        .collect()
}

struct Teller<'a> {
    about: &'a About,
    messages: &'a [Msg],
    terms: &'a Terms,
    meaning: &'a Meaning,
}

impl Teller<'_> {
    fn told(&self, index: usize) -> Told {
        let its = &self.meaning.conversations[index];
        let conversation = self.conversation(index, its);
        let turns: Vec<TurnRow> = its.turns.iter().map(|turn| self.turn(&conversation, turn)).collect();
        let timers: Vec<TimerRow> = self.timers(index, &conversation);
        let mut measured = Vec::new();
        measure_conversation(&conversation, &mut measured);
        for (turn, row) in its.turns.iter().zip(&turns) {
            measure_turn(turn, row, &mut measured);
        }
        let mut count = |at, measure, by, label: &str| {
            measured.push(Measured {
                at,
                measure,
                by,
                label: label.to_owned(),
                sum: Sum::count(1),
            });
        };
        for timer in &timers {
            count(timer.due_at, Measure::Timers, By::Event, timer.event.as_str());
        }
        for window in self
            .meaning
            .windows
            .iter()
            .filter(|window| window.conversation == index)
        {
            count(window.closes_at, Measure::Windows, By::All, "");
            if window.lost {
                count(window.closes_at, Measure::WindowsLost, By::All, "");
            }
        }
        Told {
            started_at: conversation.started_at,
            last_at: conversation.last_at,
            conversation,
            turns,
            timers,
            measured,
        }
    }

    fn conversation(&self, index: usize, its: &Conversation) -> ConversationRow {
        let (first, last) = (&self.messages[its.first], &self.messages[its.last]);
        let all = &self.messages[its.first..=its.last];
        let heard = || all.iter().filter(|message| message.author == Author::Customer);
        let reactions_ask = INTEGRATIONS[self.terms.integration].reactions;
        let speaks =
            |message: &&Msg| message.says == Says::Something || (message.says == Says::Reaction && reactions_ask);
        let moods: Vec<Sentiment> = heard()
            .filter(speaks)
            .map(|message| message.sentiment)
            .filter(|label| *label != Sentiment::None)
            .collect();
        let unhappy =
            |label: &Sentiment| matches!(label, Sentiment::Angry | Sentiment::Frustrated | Sentiment::Negative);
        let opening = its.turns.iter().find(|turn| turn.opens);
        let response = |series: usize| {
            let turn = opening?;
            Some(turn.answers[series]? - self.messages[turn.messages[0]].at)
        };
        let mut resolutions = its
            .marks
            .iter()
            .filter(|mark| mark.given.is_none())
            .map(|mark| mark.at - first.at);
        let (resolution_first_ms, resolution_last_ms) = (resolutions.clone().next(), resolutions.next_back());
        let (team, agent) = given_by(&its.marks, i64::MAX);
        let windows = self.meaning.windows.iter();
        let count = |messages: usize| u32::try_from(messages).unwrap();
        ConversationRow {
            phone_number_id: self.about.phone_number_id.clone(),
            conversation_id: first.id.clone(),
            waba_id: self.about.waba_id.clone(),
            contact_id: last.contact.clone(),
            group_id: self.about.group_id.clone(),
            started_at: first.at,
            last_at: last.at,
            ended_at: its.ended_at,
            state: its.state,
            started_by: direction(first),
            continued: its.continued.into(),
            inbound: count(heard().count()),
            outbound: count(all.len() - heard().count()),
            turns: count(its.turns.len()),
            answered: count(its.turns.iter().filter(|turn| turn.answers[0].is_some()).count()),
            first_response_any_ms: response(0),
            first_response_bot_ms: response(1),
            first_response_human_ms: response(2),
            first_response_agent_ms: its.agent_ms,
            waiting_since: its.waiting_since,
            window_closes_at: heard().next_back().map(|message| message.at + DAY),
            windows_lost: count(
                windows
                    .filter(|window| window.conversation == index && window.lost)
                    .count(),
            ),
            resolution_first_ms,
            resolution_last_ms,
            resolution_active_ms: its.active_ms,
            reopened: its.reopened,
            team,
            agent,
            intent: intent_of(&its.turns),
            sentiment: moods.last().copied().unwrap_or(Sentiment::None),
            urgency: its
                .turns
                .last()
                .map_or(parlance_schemas::labels::Urgency::None, |turn| turn.urgency),
            consecutive_negative: count(moods.iter().rev().take_while(|label| unhappy(label)).count()),
            sentiment_trend_milli: trend(&moods),
            version: 0,
            is_deleted: 0,
        }
    }

    fn turn(&self, conversation: &ConversationRow, turn: &Turn) -> TurnRow {
        let (first, last) = (
            &self.messages[turn.messages[0]],
            &self.messages[turn.messages[turn.messages.len() - 1]],
        );
        let [any, bot, human] = turn.answers;
        let since = |at: Option<i64>| at.map(|at| at - first.at);
        let open = |at: Option<i64>| at.map(|at| open_between(self.terms, first.at, at));
        TurnRow {
            phone_number_id: self.about.phone_number_id.clone(),
            message_id: first.id.clone(),
            conversation_id: conversation.conversation_id.clone(),
            waba_id: self.about.waba_id.clone(),
            contact_id: first.contact.clone(),
            group_id: self.about.group_id.clone(),
            first: turn.opens.into(),
            started_at: first.at,
            last_at: last.at,
            messages: u32::try_from(turn.messages.len()).unwrap(),
            state: turn.state,
            response_any_ms: since(any),
            response_bot_ms: since(bot),
            response_human_ms: since(human),
            response_any_business_ms: open(any),
            response_bot_business_ms: open(bot),
            response_human_business_ms: open(human),
            team: turn.team.clone(),
            agent: turn.agent.clone(),
            intent: turn.intent,
            sentiment: turn.sentiment,
            urgency: turn.urgency,
            due_at: turn.due_at,
            kept_at: turn.kept_at,
            version: 0,
            is_deleted: 0,
        }
    }

    fn timers(&self, index: usize, conversation: &ConversationRow) -> Vec<TimerRow> {
        let its = &self.meaning.conversations[index];
        let timers = self.meaning.timers.iter().filter(|timer| timer.conversation == index);
        let row = |timer: &super::meaning::Timer| {
            let message = &self.messages[timer.message];
            let turn = timer
                .turn
                .map(|(index, number)| &self.meaning.conversations[index].turns[number]);
            // As it stood when the timer was due.
            let (intent, urgency, given) = match turn {
                Some(turn) => {
                    let all = turn.messages.iter().map(|place| &self.messages[*place]);
                    let said = || all.clone().filter(|message| message.at <= timer.due_at);
                    let urgency = highest(said().map(|message| message.urgency));
                    (of_intents(said().map(|message| message.intent)), urgency, &turn.givens)
                }
                None => {
                    let by_then = |turn: &&Turn| self.messages[turn.messages[0]].at <= timer.due_at;
                    let turns: Vec<Turn> = its.turns.iter().filter(by_then).cloned().collect();
                    let urgency = turns.last().expect("a customer asked").urgency;
                    (intent_of(&turns), urgency, &its.marks)
                }
            };
            let (team, agent) = given_by(given, timer.due_at);
            TimerRow {
                phone_number_id: self.about.phone_number_id.clone(),
                message_id: message.id.clone(),
                event: timer.event,
                conversation_id: conversation.conversation_id.clone(),
                waba_id: self.about.waba_id.clone(),
                contact_id: message.contact.clone(),
                group_id: self.about.group_id.clone(),
                started_at: timer.started_at,
                due_at: timer.due_at,
                intent,
                urgency,
                team,
                agent,
                version: 0,
                is_deleted: 0,
            }
        };
        timers.map(row).collect()
    }
}

/// Mean of the later half of the moods less that of the earlier, which is the smaller; each cut to whole thousandths.
fn trend(moods: &[Sentiment]) -> i32 {
    let milli = |label: &Sentiment| match label {
        Sentiment::Angry => -1_000,
        Sentiment::Frustrated => -700,
        Sentiment::Negative => -500,
        Sentiment::Positive => 700,
        Sentiment::Excited => 1_000,
        Sentiment::Neutral | Sentiment::None => 0,
    };
    if moods.len() < 2 {
        return 0;
    }
    let mean = |moods: &[Sentiment]| moods.iter().map(milli).sum::<i32>() / i32::try_from(moods.len()).unwrap();
    let (earlier, later) = moods.split_at(moods.len() / 2);
    mean(later) - mean(earlier)
}
