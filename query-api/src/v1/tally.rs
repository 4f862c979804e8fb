//! Counts by label as the API shows them: every label of a vocabulary, in its order, zeros too.

use parlance_schemas::labels::{Intent, Language, MessageType, Origin, Sentiment, Urgency};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::store::news::Changed;
use crate::store::tallies::Totals;

type Sparse = Vec<(String, u64)>;

/// The texts of a vocabulary, in its order.
macro_rules! texts {
    ($vocabulary:ty) => {
        <$vocabulary>::ALL.iter().map(|label| label.as_str())
    };
}
pub(crate) use texts;

/// Counts of one vocabulary.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Counts(Vec<(String, u64)>);

impl Counts {
    /// Fills up with zeros. A label that we do not know (written by a newer version) stays, at the end: otherwise the
    /// counts would not add up.
    fn new(labels: impl Iterator<Item = &'static str>, mut sparse: Sparse) -> Self {
        let mut counts: Sparse = labels
            .map(|label| {
                let known = sparse.iter().position(|(name, _)| name == label);
                (label.to_owned(), known.map_or(0, |place| sparse.swap_remove(place).1))
            })
            .collect();
        sparse.sort();
        counts.append(&mut sparse);
        Self(counts)
    }
}

impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (label, count) in &self.0 {
            map.serialize_entry(label, count)?;
        }
        map.end()
    }
}

/// See `Tally` in the OpenAPI document.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Tally {
    pub(crate) messages: u64,
    by_origin: Counts,
    by_type: Counts,
    by_intent: Counts,
    by_sentiment: Counts,
    by_urgency: Counts,
    by_language: Counts,
}

impl From<Totals> for Tally {
    fn from(totals: Totals) -> Self {
        Self {
            messages: totals.messages,
            by_origin: Counts::new(texts!(Origin), totals.by_origin),
            by_type: Counts::new(texts!(MessageType), totals.by_type),
            by_intent: Counts::new(texts!(Intent), totals.by_intent),
            by_sentiment: Counts::new(texts!(Sentiment), totals.by_sentiment),
            by_urgency: Counts::new(texts!(Urgency), totals.by_urgency),
            by_language: Counts::new(texts!(Language), totals.by_language),
        }
    }
}

impl From<Changed> for Tally {
    fn from(changed: Changed) -> Self {
        Self::from(Totals {
            direction: changed.way,
            messages: changed.count,
            by_origin: changed.origins,
            by_type: changed.types,
            by_intent: changed.intents,
            by_sentiment: changed.sentiments,
            by_urgency: changed.urgencies,
            by_language: changed.languages,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_every_label_once_and_lose_none() {
        let sparse = vec![("complaint".to_owned(), 3), ("of_tomorrow".to_owned(), 1)];
        let counts = Counts::new(texts!(Intent), sparse);
        assert_eq!(counts.0.len(), Intent::ALL.len() + 1);
        assert_eq!(counts.0[2], ("complaint".to_owned(), 3));
        assert_eq!(counts.0.iter().map(|(_, count)| count).sum::<u64>(), 4);
    }
}
