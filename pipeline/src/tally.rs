//! How many messages a window has, and how many of each label: counted in the *difference* of an update, so that
//! a window costs one row however many messages it saw, and taking a message back is subtracting it.

use differential_dataflow::difference::{Abelian, IsZero, Monoid, Multiply, Semigroup};
use parlance_schemas::labels::{Intent, Language, MessageType, Origin, Sentiment, Urgency};
use parlance_schemas::rows::{Counts, MessageRow};
use serde::{Deserialize, Serialize};

use crate::windows::Sum;

/// Messages, and messages by label; labels without messages take no room.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Tally {
    pub(crate) messages: i64,
    /// Sorted by label, no zeros.
    by_label: Vec<(Label, i64)>,
}

/// One label of one vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
enum Label {
    Origin(Origin),
    Type(MessageType),
    Intent(Intent),
    Sentiment(Sentiment),
    Urgency(Urgency),
    Language(Language),
}

impl Tally {
    /// The tally of one message.
    pub(crate) fn of(message: &MessageRow) -> Self {
        let by_label = vec![
            (Label::Origin(message.origin), 1),
            (Label::Type(message.r#type), 1),
            (Label::Intent(message.intent), 1),
            (Label::Sentiment(message.sentiment), 1),
            (Label::Urgency(message.urgency), 1),
            (Label::Language(message.language), 1),
        ];
        Self { messages: 1, by_label }
    }

    /// So many messages, with no labels.
    #[cfg(test)]
    pub(crate) fn of_count(messages: i64) -> Self {
        let by_label = Vec::new();
        Self { messages, by_label }
    }

    fn counts(&self, text: impl Fn(Label) -> Option<&'static str>) -> Counts {
        let counts = self.by_label.iter().filter_map(|(label, count)| {
            // Below nought only when a verdict carried a row that was not what had been counted.
            let count = u64::try_from(*count).ok()?;
            Some((text(*label)?.to_owned(), count))
        });
        let mut counts: Counts = counts.collect();
        counts.sort_unstable();
        counts
    }

    pub(crate) fn by_origin(&self) -> Counts {
        self.counts(|label| matches!(label, Label::Origin(_)).then(|| label.as_str()))
    }
    pub(crate) fn by_type(&self) -> Counts {
        self.counts(|label| matches!(label, Label::Type(_)).then(|| label.as_str()))
    }
    pub(crate) fn by_intent(&self) -> Counts {
        self.counts(|label| matches!(label, Label::Intent(_)).then(|| label.as_str()))
    }
    pub(crate) fn by_sentiment(&self) -> Counts {
        self.counts(|label| matches!(label, Label::Sentiment(_)).then(|| label.as_str()))
    }
    pub(crate) fn by_urgency(&self) -> Counts {
        self.counts(|label| matches!(label, Label::Urgency(_)).then(|| label.as_str()))
    }
    pub(crate) fn by_language(&self) -> Counts {
        self.counts(|label| matches!(label, Label::Language(_)).then(|| label.as_str()))
    }
}

impl Label {
    fn as_str(self) -> &'static str {
        match self {
            Self::Origin(label) => label.as_str(),
            Self::Type(label) => label.as_str(),
            Self::Intent(label) => label.as_str(),
            Self::Sentiment(label) => label.as_str(),
            Self::Urgency(label) => label.as_str(),
            Self::Language(label) => label.as_str(),
        }
    }
}

impl Sum for Tally {
    fn told(&self, added: &Self) -> [Option<Self>; 2] {
        if self.is_zero() {
            [Some(added.clone()), None]
        } else {
            [None, Some(self.clone())]
        }
    }
}

impl IsZero for Tally {
    fn is_zero(&self) -> bool {
        self.messages == 0 && self.by_label.is_empty()
    }
}

impl Semigroup for Tally {
    fn plus_equals(&mut self, other: &Self) {
        self.messages += other.messages;
        for (label, count) in &other.by_label {
            match self.by_label.binary_search_by_key(label, |(known, _)| *known) {
                Err(place) => self.by_label.insert(place, (*label, *count)),
                Ok(place) => {
                    self.by_label[place].1 += count;
                    if self.by_label[place].1 == 0 {
                        self.by_label.remove(place);
                    }
                }
            }
        }
    }
}

impl Monoid for Tally {
    fn zero() -> Self {
        Self::default()
    }
}

impl Abelian for Tally {
    fn negate(&mut self) {
        self.messages = -self.messages;
        for (_, count) in &mut self.by_label {
            *count = -*count;
        }
    }
}

impl Multiply<i64> for Tally {
    type Output = Self;
    fn multiply(mut self, times: &i64) -> Self {
        if *times == 0 {
            return Self::default();
        }
        self.messages *= times;
        for (_, count) in &mut self.by_label {
            *count *= times;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(intent: Intent, language: Language) -> Tally {
        Tally {
            messages: 1,
            by_label: vec![(Label::Intent(intent), 1), (Label::Language(language), 1)],
        }
    }

    fn sum(parts: &[&Tally]) -> Tally {
        parts.iter().fold(Tally::zero(), |mut sum, part| {
            sum.plus_equals(*part);
            sum
        })
    }

    #[test]
    fn what_is_added_and_taken_back_leaves_nothing() {
        let (a, b) = (tally(Intent::Spam, Language::De), tally(Intent::Other, Language::De));
        let mut back = sum(&[&a, &b]);
        back.negate();
        assert!(sum(&[&a, &b, &back]).is_zero());
        assert_eq!(sum(&[&b, &a]), sum(&[&a, &b]));
        assert_eq!(a.clone().multiply(&3), sum(&[&a, &a, &a]));
        assert!(a.multiply(&0).is_zero());
    }

    #[test]
    fn counts_are_sorted_by_the_labels_text_and_leave_out_zeros() {
        let total = sum(&[
            &tally(Intent::Spam, Language::De),
            &tally(Intent::LeadInquiry, Language::De),
            &tally(Intent::Other, Language::En),
        ]);
        assert_eq!(total.by_language(), [("de".to_owned(), 2), ("en".to_owned(), 1)]);
        let labels: Vec<_> = total.by_intent().into_iter().map(|(label, _)| label).collect();
        assert_eq!(labels, ["lead_inquiry", "other", "spam"]);
    }
}
