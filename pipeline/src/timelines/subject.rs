//! What rules react to: messages, timers and failures, as rules see them.

use parlance_rules::{Entities, Event, Flags, Labels, Name, Subject, percent};
use parlance_schemas::fingerprint;
use parlance_schemas::labels;
use parlance_schemas::rows::{MessageRow, TimerRow};
use parlance_schemas::settings::rules;
use parlance_timeline::moment::Moment;
use parlance_timeline::terms::Terms;
use serde::{Deserialize, Serialize};

use super::fact::Place;
use super::moved::Read;

/// Something that rules may react to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Concern {
    pub(crate) waba_id: String,
    pub(crate) place: Place,
    pub(crate) conversation_id: String,
    /// The message, or the one that the timer is about.
    pub(crate) message_id: String,
    pub(crate) contact_name: String,
    pub(crate) entities: Vec<(String, String)>,
    pub(crate) subject: Subject,
}

/// A message, as rules know it.
pub(crate) fn message(phone_number_id: &str, message_id: &str) -> u128 {
    fingerprint::identity("message", &[phone_number_id, message_id]).0
}

/// The conversation that begins with a message.
pub(super) fn conversation(phone_number_id: &str, first: &str) -> u64 {
    fingerprint::identity("conversation", &[phone_number_id, first]).0 as u64
}

/// The turn that begins with a message.
pub(super) fn turn(phone_number_id: &str, first: &str) -> u64 {
    fingerprint::identity("turn", &[phone_number_id, first]).0 as u64
}

/// What is known of a message before its thread is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Heard {
    contact_name: String,
    entities: Vec<(String, String)>,
    subject: Subject,
}

/// What rules see of a message by itself.
pub(super) fn heard(row: &MessageRow) -> Heard {
    let id = message(&row.phone_number_id, &row.message_id);
    let mut subject = Subject::new(Event::Message, row.sent_at, id, 0);
    subject.labels = Labels {
        intent: (row.intent, percent(row.intent_confidence)),
        sentiment: (row.sentiment, percent(row.sentiment_confidence)),
        urgency: (row.urgency, percent(row.urgency_confidence)),
        language: (row.language, percent(row.language_confidence)),
    };
    subject.message_type = row.r#type;
    subject.flags = Flags::new(row.direction);
    let kinds = row
        .entities_kind
        .iter()
        .filter_map(|kind| kind.parse::<rules::EntityKind>().ok());
    subject.entities = kinds.collect::<Entities>();
    let patterns = row.patterns.iter().map(|id| Name::pattern(id));
    subject.names = patterns
        .chain(row.custom_intents.iter().map(|intent| Name::custom_intent(intent)))
        .collect();
    let entities = row
        .entities_kind
        .iter()
        .zip(&row.entities_text)
        .zip(&row.entities_value);
    let value = |((kind, text), value): ((&String, &String), &String)| {
        let said = if value.is_empty() { text } else { value };
        (kind.clone(), said.clone())
    };
    Heard {
        contact_name: row.contact_name.clone(),
        entities: entities.map(value).collect(),
        subject,
    }
}

/// A thread as it is told, for those who ask about one of its messages.
pub(super) struct Context<'a> {
    pub(super) waba_id: &'a str,
    pub(super) place: Place,
    pub(super) read: Read<'a>,
}

impl Context<'_> {
    /// A message with what its thread says of it; nothing when it is not of a conversation that is told of.
    pub(super) fn message(&self, heard: Heard, message_id: &str) -> Option<Concern> {
        let Heard {
            contact_name,
            entities,
            mut subject,
        } = heard;
        let place = self
            .read
            .thread
            .moments
            .iter()
            .rposition(|moment| &*moment.id == message_id)?;
        let conversation = self.read.conversation_of(place)?;
        let flags = if self.read.thread.moments[place].is_inbound() {
            labels::Direction::Inbound
        } else {
            labels::Direction::Outbound
        };
        subject.flags = self
            .flags(flags, subject.at, conversation)
            .first_contact(self.is_first(place));
        if let Some(first) = self.read.turn_of(place) {
            subject.turn = turn(&self.place.phone_number_id, &self.read.thread.moments[first].id);
        }
        let told = &self.read.reading.conversations[conversation];
        subject.consecutive_negative = u8::try_from(told.consecutive_negative).unwrap_or(u8::MAX);
        subject.sentiment_trend_milli = i16::try_from(told.trend_milli).unwrap_or(0);
        let waiting = self
            .read
            .reading
            .turns
            .iter()
            .rfind(|turn| turn.conversation == conversation && turn.done_at().is_none());
        subject.waiting_messages = waiting.map_or(0, |turn| u8::try_from(turn.messages).unwrap_or(u8::MAX));
        subject.names = subject
            .names
            .as_slice()
            .iter()
            .copied()
            .chain(self.owner(conversation))
            .collect();
        Some(self.concern(conversation, (message_id, contact_name, entities), subject))
    }

    /// A message that was not delivered.
    pub(super) fn failure(&self, message_id: &str, code: i64, at: i64) -> Option<Concern> {
        let place = self
            .read
            .thread
            .moments
            .iter()
            .rposition(|moment| &*moment.id == message_id)?;
        let conversation = self.read.conversation_of(place);
        let id = fingerprint::identity("failure", &[&self.place.phone_number_id, message_id]).0;
        let mut subject = Subject::new(Event::Delivery, at, id, 0);
        subject.names = Name::failure(code)
            .into_iter()
            .chain(conversation.into_iter().flat_map(|place| self.owner(place)))
            .collect();
        let Some(conversation) = conversation else {
            // What never reached anyone may be all there is.
            subject.flags = Flags::new(labels::Direction::Outbound).open(self.read.terms.hours.is_open(at));
            return Some(self.concern_of(String::new(), (message_id, String::new(), Vec::new()), subject));
        };
        subject.flags = self.flags(labels::Direction::Outbound, at, conversation);
        Some(self.concern(conversation, (message_id, String::new(), Vec::new()), subject))
    }

    /// Whether a message is the first that the customer wrote, of what is remembered.
    fn is_first(&self, place: usize) -> bool {
        let moments = &self.read.thread.moments;
        self.read.thread.floor == 0 && moments[place].is_inbound() && !moments[..place].iter().any(Moment::is_inbound)
    }

    fn flags(&self, direction: labels::Direction, at: i64, conversation: usize) -> Flags {
        let assigned = self.owner(conversation).next().is_some();
        Flags::new(direction)
            .open(self.read.terms.hours.is_open(at))
            .assigned(assigned)
    }

    fn owner(&self, conversation: usize) -> impl Iterator<Item = Name> + use<> {
        let owner = self.read.reading.conversations[conversation].owner;
        let (team, agent) = owner.map_or((None, None), |mark| self.read.thread.marks[mark].owner());
        team.map(Name::team).into_iter().chain(agent.map(Name::agent))
    }

    fn concern(
        &self,
        conversation: usize,
        about: (&str, String, Vec<(String, String)>),
        mut subject: Subject,
    ) -> Concern {
        let first = &self.read.thread.moments[self.read.reading.conversations[conversation].first].id;
        subject.thread = self::conversation(&self.place.phone_number_id, first);
        self.concern_of(first.to_string(), about, subject)
    }

    fn concern_of(
        &self,
        conversation_id: String,
        (message_id, contact_name, entities): (&str, String, Vec<(String, String)>),
        subject: Subject,
    ) -> Concern {
        Concern {
            waba_id: self.waba_id.to_owned(),
            place: self.place.clone(),
            conversation_id,
            message_id: message_id.to_owned(),
            contact_name,
            entities,
            subject,
        }
    }
}

/// A timer that came due.
pub(super) fn timer(row: &TimerRow, terms: &Terms) -> Concern {
    let event = match row.event {
        labels::TimerEvent::AtRisk50 => rules::TimerEvent::AtRisk50,
        labels::TimerEvent::AtRisk80 => rules::TimerEvent::AtRisk80,
        labels::TimerEvent::Breached => rules::TimerEvent::Breached,
        labels::TimerEvent::WindowClosing => rules::TimerEvent::WindowClosing,
        labels::TimerEvent::FollowUpDue => rules::TimerEvent::FollowUpDue,
    };
    let parts = [row.phone_number_id.as_str(), &row.message_id, row.event.as_str()];
    let thread = conversation(&row.phone_number_id, &row.conversation_id);
    let mut subject = Subject::new(
        Event::Timer(event),
        row.due_at,
        fingerprint::identity("timer", &parts).0,
        thread,
    );
    subject.turn = turn(&row.phone_number_id, &row.message_id);
    subject.labels.intent = (row.intent, 100);
    subject.labels.urgency = (row.urgency, 100);
    let names = [
        (!row.team.is_empty()).then(|| Name::team(&row.team)),
        (!row.agent.is_empty()).then(|| Name::agent(&row.agent)),
    ];
    let assigned = names.iter().any(Option::is_some);
    subject.names = names.into_iter().flatten().collect();
    subject.flags = Flags::new(labels::Direction::Inbound)
        .open(terms.hours.is_open(row.due_at))
        .assigned(assigned);
    let place = Place {
        phone_number_id: row.phone_number_id.clone(),
        group_id: row.group_id.clone(),
        contact_id: row.contact_id.clone(),
    };
    Concern {
        waba_id: row.waba_id.clone(),
        place,
        conversation_id: row.conversation_id.clone(),
        message_id: row.message_id.clone(),
        contact_name: String::new(),
        entities: Vec::new(),
        subject,
    }
}
