//! A tree of conditions as a flat list of tests, each of which says which is next when it holds and when it does not.
//!
//! `all`, `any` and `not` leave nothing behind but those targets: asking a rule is a walk forward through tests of a few bits,
//! without recursion or allocation, that stops as soon as the answer is known.

use parlance_schemas::labels::Urgency;
use parlance_schemas::settings::rules::{Condition, Label, Range, percent};

use crate::names::{Name, Names};
use crate::subject::{Entities, Event, Flags, Subject};

/// Targets that are answers.
const HOLDS: u16 = u16::MAX;
const FAILS: u16 = u16::MAX - 1;

/// Conditions, ready to be asked.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// In the order of the conditions.
    steps: Box<[Step]>,
    first: u16,
    /// What tests of names ask for, those of one test sorted.
    names: Box<[Name]>,
    /// The same for people.
    tree: Option<Tree>,
}

#[derive(Clone, Copy, Debug)]
struct Step {
    test: Test,
    if_it_holds: u16,
    if_not: u16,
}

/// What made the answer.
#[derive(Clone, Debug)]
enum Tree {
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Not(Box<Tree>),
    /// A test, and where its condition stands: `when.all[1].intent`.
    Leaf(Test, Box<str>),
}

/// What is asked of a subject. Sets of labels are bits at the labels' places.
#[derive(Clone, Copy, Debug)]
enum Test {
    /// A task's label is one of these, and its percents from `least` to below `below`.
    Label {
        task: Task,
        among: u16,
        least: u8,
        below: u8,
    },
    MessageType(u32),
    Timer(u8),
    Entities(Entities),
    /// Of these flags exactly those that are wanted.
    Flags {
        mask: u8,
        want: u8,
    },
    Number {
        number: Number,
        least: i16,
        most: i16,
    },
    /// One of the names from here to there.
    Names {
        from: u16,
        to: u16,
    },
}

#[derive(Clone, Copy, Debug)]
enum Task {
    Intent,
    Sentiment,
    Urgency,
    Language,
}

#[derive(Clone, Copy, Debug)]
enum Number {
    ConsecutiveNegative,
    SentimentTrendMilli,
    WaitingMessages,
}

impl Program {
    /// Of sound conditions that stand somewhere (`when`); without any it holds for all.
    pub(crate) fn new(condition: Option<&Condition>, at: &str) -> Self {
        let mut names = Vec::new();
        let tree = condition.map(|condition| Tree::new(condition, at, &mut names));
        let mut steps = Vec::new();
        let first = match &tree {
            None => HOLDS,
            Some(tree) => tree.emit(HOLDS, FAILS, &mut steps),
        };
        Self {
            steps: steps.into(),
            first,
            names: names.into(),
            tree,
        }
    }

    /// Whether they hold.
    pub(crate) fn holds(&self, subject: &Subject) -> bool {
        let mut next = self.first;
        // Targets only lead on, so this ends.
        while let Some(step) = self.steps.get(usize::from(next)) {
            next = if step.test.holds(subject, &self.names) {
                step.if_it_holds
            } else {
                step.if_not
            };
        }
        next == HOLDS
    }

    /// Where the conditions stand that made them hold: those that held, and within a `not` those that did not. Of an `any`
    /// all that held. Nothing when they do not hold.
    pub(crate) fn why(&self, subject: &Subject) -> Vec<&str> {
        let mut places = Vec::new();
        if let Some(tree) = &self.tree
            && self.holds(subject)
        {
            tree.why(true, subject, &self.names, &mut places);
        }
        places
    }
}

impl Tree {
    fn new(condition: &Condition, at: &str, names: &mut Vec<Name>) -> Self {
        let at = format!("{at}.{}", condition.name());
        let mut each = |list: &[Condition]| -> Vec<Self> {
            let within = list.iter().enumerate();
            within
                .map(|(number, inner)| Self::new(inner, &format!("{at}[{number}]"), names))
                .collect()
        };
        match condition {
            Condition::All(list) => Self::All(each(list)),
            Condition::Any(list) => Self::Any(each(list)),
            Condition::Not(inner) => Self::Not(Box::new(Self::new(inner, &at, names))),
            leaf => Self::Leaf(Test::new(leaf, names), at.into()),
        }
    }

    /// Adds its tests, the last first, so that targets are known when they are needed; where it begins.
    fn emit(&self, if_it_holds: u16, if_not: u16, steps: &mut Vec<Step>) -> u16 {
        match self {
            Self::All(list) => list
                .iter()
                .rev()
                .fold(if_it_holds, |next, inner| inner.emit(next, if_not, steps)),
            Self::Any(list) => list
                .iter()
                .rev()
                .fold(if_not, |next, inner| inner.emit(if_it_holds, next, steps)),
            Self::Not(inner) => inner.emit(if_not, if_it_holds, steps),
            Self::Leaf(test, _) => {
                steps.push(Step {
                    test: *test,
                    if_it_holds,
                    if_not,
                });
                u16::try_from(steps.len() - 1).expect("a rule has 50 conditions at most")
            }
        }
    }

    fn holds(&self, subject: &Subject, names: &[Name]) -> bool {
        match self {
            Self::All(list) => list.iter().all(|inner| inner.holds(subject, names)),
            Self::Any(list) => list.iter().any(|inner| inner.holds(subject, names)),
            Self::Not(inner) => !inner.holds(subject, names),
            Self::Leaf(test, _) => test.holds(subject, names),
        }
    }

    /// Adds where those stand that made it what it is, given that it is so.
    fn why<'a>(&'a self, so: bool, subject: &Subject, names: &[Name], places: &mut Vec<&'a str>) {
        match self {
            Self::All(list) | Self::Any(list) => {
                let like_it = list.iter().filter(|inner| inner.holds(subject, names) == so);
                like_it.for_each(|inner| inner.why(so, subject, names, places));
            }
            Self::Not(inner) => inner.why(!so, subject, names, places),
            Self::Leaf(_, place) => places.push(place),
        }
    }
}

impl Test {
    fn new(condition: &Condition, pool: &mut Vec<Name>) -> Self {
        match condition {
            Condition::Intent(label) => Self::label(Task::Intent, label, |intent| intent as u8),
            Condition::Sentiment(label) => Self::label(Task::Sentiment, label, |sentiment| sentiment as u8),
            Condition::Language(label) => Self::label(Task::Language, label, |language| language as u8),
            Condition::Urgency(graded) => {
                let label = Label {
                    r#in: graded.at_least.map(at_least).or_else(|| graded.r#in.clone()),
                    confidence_at_least: graded.confidence_at_least,
                    confidence_below: graded.confidence_below,
                };
                Self::label(Task::Urgency, &label, |urgency| urgency as u8)
            }
            Condition::MessageType(list) => Self::MessageType(bits(list.r#in.iter().map(|label| *label as u8))),
            // There are five.
            Condition::Timer(list) => Self::Timer(bits(list.r#in.iter().map(|timer| *timer as u8)) as u8),
            Condition::Entity(list) => Self::Entities(list.r#in.iter().copied().collect()),
            Condition::FirstContact(is) => Self::flag(Flags::FIRST_CONTACT, *is),
            Condition::Assigned(is) => Self::flag(Flags::ASSIGNED, *is),
            Condition::ConsecutiveNegative(range) => Self::number(Number::ConsecutiveNegative, range),
            Condition::WaitingMessages(range) => Self::number(Number::WaitingMessages, range),
            Condition::SentimentTrendMilli(range) => Self::number(Number::SentimentTrendMilli, range),
            Condition::Pattern(list) => Self::names(list.r#in.iter().map(|id| Name::pattern(id)), pool),
            Condition::CustomIntent(list) => Self::names(list.r#in.iter().map(|id| Name::custom_intent(id)), pool),
            Condition::Team(list) => Self::names(list.r#in.iter().map(|team| Name::team(team)), pool),
            Condition::Agent(list) => Self::names(list.r#in.iter().map(|agent| Name::agent(agent)), pool),
            Condition::Failure(list) => Self::names(list.r#in.iter().map(|cause| Name::cause(*cause)), pool),
            Condition::FailureCode(list) => {
                Self::names(list.r#in.iter().map(|code| Name::failure_code((*code).into())), pool)
            }
            Condition::All(_) | Condition::Any(_) | Condition::Not(_) => unreachable!("they are no leaves"),
            Condition::Share(_) | Condition::Count(_) => unreachable!("sound rules have them outermost only"),
        }
    }

    fn label<L: Copy>(task: Task, label: &Label<L>, place: impl Fn(L) -> u8) -> Self {
        let places = label.r#in.as_ref().map(|list| list.iter().map(|label| place(*label)));
        Self::Label {
            task,
            // No vocabulary of labels has more than 16: a test below.
            among: places.map_or(u16::MAX, |places| bits(places) as u16),
            least: label.confidence_at_least.map_or(0, percent),
            below: label.confidence_below.map_or(u8::MAX, percent),
        }
    }

    const fn flag(mask: u8, is: bool) -> Self {
        Self::Flags {
            mask,
            want: if is { mask } else { 0 },
        }
    }

    fn number<N: Copy + Into<i16>>(number: Number, range: &Range<N>) -> Self {
        Self::Number {
            number,
            least: range.at_least.map_or(i16::MIN, Into::into),
            most: range.at_most.map_or(i16::MAX, Into::into),
        }
    }

    fn names(names: impl Iterator<Item = Name>, pool: &mut Vec<Name>) -> Self {
        let end = |pool: &Vec<Name>| u16::try_from(pool.len()).expect("a rule has 50 conditions of 50 names at most");
        let from = end(pool);
        pool.extend_from_slice(names.collect::<Names>().as_slice());
        Self::Names { from, to: end(pool) }
    }

    fn holds(&self, subject: &Subject, pool: &[Name]) -> bool {
        match *self {
            Self::Label {
                task,
                among,
                least,
                below,
            } => {
                let labels = &subject.labels;
                let (place, percent) = match task {
                    Task::Intent => (labels.intent.0 as u8, labels.intent.1),
                    Task::Sentiment => (labels.sentiment.0 as u8, labels.sentiment.1),
                    Task::Urgency => (labels.urgency.0 as u8, labels.urgency.1),
                    Task::Language => (labels.language.0 as u8, labels.language.1),
                };
                among >> place & 1 == 1 && percent >= least && percent < below
            }
            Self::MessageType(among) => among >> subject.message_type as u8 & 1 == 1,
            Self::Timer(among) => matches!(subject.event, Event::Timer(timer) if among >> timer as u8 & 1 == 1),
            Self::Entities(asked) => subject.entities.any_of(asked),
            Self::Flags { mask, want } => subject.flags.are(mask, want),
            Self::Number { number, least, most } => {
                let number = match number {
                    Number::ConsecutiveNegative => subject.consecutive_negative.into(),
                    Number::WaitingMessages => subject.waiting_messages.into(),
                    Number::SentimentTrendMilli => subject.sentiment_trend_milli,
                };
                (least..=most).contains(&number)
            }
            Self::Names { from, to } => subject.names.any_of(&pool[usize::from(from)..usize::from(to)]),
        }
    }
}

/// A degree of urgency and all above it. The vocabulary has them in order, and at its end the label for nothing.
fn at_least(least: Urgency) -> Vec<Urgency> {
    let degrees = Urgency::ALL.iter().copied();
    degrees
        .filter(|urgency| *urgency != Urgency::None && *urgency >= least)
        .collect()
}

fn bits(places: impl Iterator<Item = u8>) -> u32 {
    places.fold(0, |bits, place| bits | 1 << place)
}

#[cfg(test)]
mod tests {
    use parlance_schemas::labels::{Intent, Language, MessageType, Sentiment};
    use parlance_schemas::settings::rules::TimerEvent;

    use super::*;

    #[test]
    fn vocabularies_fit_into_their_bits() {
        let labels = [
            Intent::ALL.len(),
            Sentiment::ALL.len(),
            Urgency::ALL.len(),
            Language::ALL.len(),
        ];
        assert!(labels.into_iter().all(|labels| labels <= 16));
        assert!(MessageType::ALL.len() <= 32);
        assert!(TimerEvent::ALL.len() <= 8);
    }

    #[test]
    fn a_step_is_small() {
        assert!(size_of::<Step>() <= 12);
    }
}
