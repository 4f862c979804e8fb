//! What a rule reacts to, as small as it can be: everything a condition can ask about one message, timer or delivery.

use parlance_schemas::labels::{Direction, Intent, Language, MessageType, Sentiment, Urgency};
use parlance_schemas::settings::rules::{EntityKind, On, TimerEvent};
use serde::{Deserialize, Serialize};

use crate::names::Names;

/// One thing a rule can react to. Ordered by event time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// When it was, Unix milliseconds of event time: when the message was sent, the timer due, the failure.
    pub at: i64,
    /// Fingerprint of the message, or of the turn that the timer is about. A rule acts once for each.
    pub id: u128,
    /// Which conversation.
    pub thread: u64,
    /// Which turn; of what is of none, half of its `id`.
    pub turn: u64,
    /// What happened.
    pub event: Event,
    /// What is said of the message, or of the turn that the timer is about; of a delivery nothing.
    pub labels: Labels,
    /// The type of the message, or of the one that was not delivered; [`MessageType::Unknown`] of a timer.
    #[serde(with = "place")]
    pub message_type: MessageType,
    /// What the message names.
    pub entities: Entities,
    /// What is the case or not.
    pub flags: Flags,
    /// How many of the customer's messages in a row, this one the last, were negative; 255 for more.
    pub consecutive_negative: u8,
    /// How many messages of the customer, this one included, wait for an answer; 255 for more.
    pub waiting_messages: u8,
    /// Where the customer's mood is going, in thousandths; below 0 it gets worse.
    pub sentiment_trend_milli: i16,
    /// Patterns that matched, the business's own intents, team and agent, and why a delivery failed.
    pub names: Names,
}

impl Subject {
    /// A subject of which nothing else is known: of no turn, no label, no flag but that it is inbound, no names.
    pub fn new(event: Event, at: i64, id: u128, thread: u64) -> Self {
        Self {
            at,
            id,
            thread,
            turn: id as u64,
            event,
            labels: Labels::default(),
            message_type: MessageType::Unknown,
            entities: Entities::default(),
            flags: Flags::new(Direction::Inbound),
            consecutive_negative: 0,
            waiting_messages: 0,
            sentiment_trend_milli: 0,
            names: Names::default(),
        }
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Event {
    /// A message. Also what windows count.
    Message,
    /// A timer of a conversation was due.
    Timer(TimerEvent),
    /// A message of the business was not delivered.
    Delivery,
}

impl Event {
    /// Whether a rule that reacts to something is asked about it; one on windows is asked whether it counts.
    pub const fn is(self, on: On) -> bool {
        matches!(
            (self, on),
            (Self::Message, On::Message | On::Window) | (Self::Timer(_), On::Timer) | (Self::Delivery, On::Delivery)
        )
    }
}

/// A probability in whole percents, rounded down, as subjects have it. What is no number is 0.
pub fn percent(probability: f32) -> u8 {
    // As `f32` the probability 0.29 is a little less. The cast loses nothing, and takes NaN for 0.
    (f64::from(probability) * 100.0 + 1e-4).floor().clamp(0.0, 100.0) as u8
}

/// The labels of a message, each with its probability in percent, see [`percent`]. By default those of a message with nothing to
/// analyse. Between processes they travel as places in their vocabularies: 8 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "[u8; 8]", try_from = "[u8; 8]")]
pub struct Labels {
    /// What the customer wants.
    pub intent: (Intent, u8),
    /// How they feel.
    pub sentiment: (Sentiment, u8),
    /// How soon someone must act.
    pub urgency: (Urgency, u8),
    /// The language of the text.
    pub language: (Language, u8),
}

impl Default for Labels {
    fn default() -> Self {
        Self {
            intent: (Intent::None, 0),
            sentiment: (Sentiment::None, 0),
            urgency: (Urgency::None, 0),
            language: (Language::None, 0),
        }
    }
}

impl From<Labels> for [u8; 8] {
    fn from(labels: Labels) -> Self {
        let Labels {
            intent,
            sentiment,
            urgency,
            language,
        } = labels;
        [
            intent.0 as u8,
            intent.1,
            sentiment.0 as u8,
            sentiment.1,
            urgency.0 as u8,
            urgency.1,
            language.0 as u8,
            language.1,
        ]
    }
}

impl TryFrom<[u8; 8]> for Labels {
    type Error = String;

    fn try_from(places: [u8; 8]) -> Result<Self, String> {
        let [intent, i, sentiment, s, urgency, u, language, l] = places;
        Ok(Self {
            intent: (place::of(Intent::ALL, intent)?, i),
            sentiment: (place::of(Sentiment::ALL, sentiment)?, s),
            urgency: (place::of(Urgency::ALL, urgency)?, u),
            language: (place::of(Language::ALL, language)?, l),
        })
    }
}

/// A label as its place in its vocabulary.
mod place {
    use parlance_schemas::labels::MessageType;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn of<L: Copy>(all: &[L], place: u8) -> Result<L, String> {
        let label = all.get(usize::from(place)).copied();
        label.ok_or_else(|| format!("a vocabulary of {} has no label {place}", all.len()))
    }

    // serde asks for a reference.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub(super) fn serialize<S: Serializer>(label: &MessageType, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(*label as u8)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<MessageType, D::Error> {
        of(MessageType::ALL, u8::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// A set of kinds of entities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Entities(u8);

impl Entities {
    /// Adds a kind.
    pub fn insert(&mut self, kind: EntityKind) {
        self.0 |= 1 << kind as u8;
    }

    /// Whether it has one of a set.
    pub(crate) const fn any_of(self, asked: Self) -> bool {
        self.0 & asked.0 != 0
    }
}

impl FromIterator<EntityKind> for Entities {
    fn from_iter<I: IntoIterator<Item = EntityKind>>(kinds: I) -> Self {
        let mut set = Self::default();
        kinds.into_iter().for_each(|kind| set.insert(kind));
        set
    }
}

/// What is the case or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Flags(u8);

impl Flags {
    pub(crate) const OUTBOUND: u8 = 1;
    pub(crate) const FIRST_CONTACT: u8 = 2;
    pub(crate) const OPEN: u8 = 4;
    pub(crate) const ASSIGNED: u8 = 8;

    /// Of a message in a direction; nothing else is the case.
    pub const fn new(direction: Direction) -> Self {
        Self(match direction {
            Direction::Inbound => 0,
            Direction::Outbound => Self::OUTBOUND,
        })
    }

    /// With or without: it is the customer's first message within what is remembered of them.
    #[must_use]
    pub const fn first_contact(self, is: bool) -> Self {
        self.with(Self::FIRST_CONTACT, is)
    }

    /// With or without: the business was open then. A business without hours is always open.
    #[must_use]
    pub const fn open(self, is: bool) -> Self {
        self.with(Self::OPEN, is)
    }

    /// With or without: the conversation is assigned to a team or an agent.
    #[must_use]
    pub const fn assigned(self, is: bool) -> Self {
        self.with(Self::ASSIGNED, is)
    }

    const fn with(self, bit: u8, is: bool) -> Self {
        Self(if is { self.0 | bit } else { self.0 & !bit })
    }

    /// Whether of the bits of a mask exactly those of `want` are set.
    pub(crate) const fn are(self, mask: u8, want: u8) -> bool {
        self.0 & mask == want
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Name;

    #[test]
    fn a_subject_is_small() {
        assert_eq!(size_of::<Subject>(), 80);
    }

    #[test]
    fn a_subject_travels_as_it_is_and_in_little_room() {
        let mut subject = Subject::new(Event::Timer(TimerEvent::Breached), -5, u128::MAX, 7);
        subject.labels.intent = (Intent::Complaint, 93);
        subject.labels.language = (Language::None, 255);
        subject.message_type = MessageType::Unknown;
        subject.flags = Flags::new(Direction::Outbound).open(true);
        subject.names = [Name::team("sales"), Name::pattern("seal")].into_iter().collect();
        let bytes = bincode::serialize(&subject).unwrap();
        assert_eq!(bincode::deserialize::<Subject>(&bytes).unwrap(), subject);
        let message = Subject::new(Event::Message, 0, 0, 0);
        assert!(bincode::serialized_size(&message).unwrap() <= 72);
    }

    #[test]
    fn a_place_that_no_vocabulary_has_is_refused() {
        assert!(Labels::try_from([255; 8]).is_err());
        assert_eq!(
            Labels::try_from(<[u8; 8]>::from(Labels::default())),
            Ok(Labels::default())
        );
    }

    #[test]
    fn a_probability_is_rounded_down_to_percents_but_not_for_want_of_digits() {
        for percents in 0..=100_u8 {
            let written = f32::from(percents) / 100.0;
            assert_eq!(percent(written), percents);
            assert_eq!(percent(format!("{percents}e-2").parse().unwrap()), percents);
        }
        assert_eq!([0.599, 1.5, -1.0, f32::NAN].map(percent), [59, 100, 0, 0]);
    }

    #[test]
    fn kinds_of_entities_are_those_that_the_analysis_finds() {
        use parlance_analysis::entities::EntityKind as Found;
        let found = [
            Found::Phone,
            Found::Email,
            Found::Url,
            Found::Money,
            Found::Date,
            Found::Time,
            Found::Order,
        ];
        // Whoever adds a kind there is sent here by the compiler.
        for kind in found {
            match kind {
                Found::Phone | Found::Email | Found::Url | Found::Money | Found::Date | Found::Time | Found::Order => {}
            }
        }
        assert_eq!(
            found.map(Found::as_str).as_slice(),
            EntityKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>()
        );
        assert!(EntityKind::ALL.len() <= 8, "they are the bits of a byte");
    }
}
