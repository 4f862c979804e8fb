//! What became of one message that the business sent, from its statuses in any order.
//!
//! Keeps true: a [`Delivery`] is the least upper bound of what its statuses say: of each word the earliest time, of each text
//! and number the greatest. So it is the same in whatever order they come and however often, and the same as the table
//! `deliveries` makes of their rows.
//!
//! ```text
//! sent ─▶ delivered ─▶ read ─▶ played      any of them may be missing: what was played was read, what was read was delivered
//!   └───▶ failed                           stands beside them, and is the last word only while none of the three is known
//! ```

use parlance_schemas::labels::{By, Measure};
use serde::{Deserialize, Serialize};

use crate::told::{Measured, Value};

/// A word of a status about a message, in order of weight but for `Failed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Word {
    /// On its way.
    Sent,
    /// On the customer's phone.
    Delivered,
    /// Seen.
    Read,
    /// A voice message that was listened to.
    Played,
    /// Given up.
    Failed,
}

impl Word {
    /// Every word.
    pub const ALL: [Self; 5] = [Self::Sent, Self::Delivered, Self::Read, Self::Played, Self::Failed];

    /// Meta's word; none for words that say nothing of a delivery: `deleted`, `warning`, states of calls, and what Meta may
    /// yet think of.
    pub fn of(status: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|word| word.as_str() == status)
    }

    /// As Meta spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Played => "played",
            Self::Failed => "failed",
        }
    }
}

/// What a message is priced as, in Meta's words; empty where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Price {
    /// `pricing.category`: `marketing`, `utility`, …
    pub category: String,
    /// `pricing.type`: `regular`, `free_customer_service`, …
    pub kind: String,
    /// The recipient's country (ISO 3166-1 alpha-2), or empty.
    pub country: String,
}

impl Price {
    /// Whether a status said what the message is priced as.
    pub fn is_known(&self) -> bool {
        !self.category.is_empty() || !self.kind.is_empty()
    }

    /// `category/type/country`.
    pub fn label(&self) -> String {
        format!("{}/{}/{}", self.category, self.kind, self.country)
    }

    /// Of each part the greater of the two, as the table keeps it.
    pub fn join(&mut self, other: &Self) {
        for (known, other) in [
            (&mut self.category, &other.category),
            (&mut self.kind, &other.kind),
            (&mut self.country, &other.country),
        ] {
            if *other > *known {
                known.clone_from(other);
            }
        }
    }
}

/// What is known of a message. Times are Unix milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Earliest time of each word, in the order of [`Word::ALL`].
    times: [Option<i64>; Word::ALL.len()],
    /// Why it failed: Meta's code, 0 when none is known. Of several the greatest.
    pub error_code: i64,
    /// What it is priced as.
    pub price: Price,
}

impl Delivery {
    /// What one status says.
    pub fn of(word: Word, at: i64, error_code: i64, price: Price) -> Self {
        let mut said = Self {
            error_code: if word == Word::Failed { error_code.max(0) } else { 0 },
            price,
            ..Self::default()
        };
        said.hear(word, at);
        said
    }

    /// Notes that a word was said of a time.
    pub fn hear(&mut self, word: Word, at: i64) {
        let known = &mut self.times[word as usize];
        *known = Some(known.map_or(at, |known| known.min(at)));
    }

    /// Takes in what else is known.
    pub fn join(&mut self, other: &Self) {
        for word in Word::ALL {
            if let Some(at) = other.at(word) {
                self.hear(word, at);
            }
        }
        self.error_code = self.error_code.max(other.error_code);
        self.price.join(&other.price);
    }

    /// The earliest time of a word.
    pub fn at(&self, word: Word) -> Option<i64> {
        self.times[word as usize]
    }

    /// The last word: the furthest the message is known to have come; else that it failed; else that it was sent. None when
    /// nothing is known.
    pub fn state(&self) -> Option<Word> {
        let words = [Word::Played, Word::Read, Word::Delivered, Word::Failed, Word::Sent];
        words.into_iter().find(|word| self.at(*word).is_some())
    }

    /// When it was on the customer's phone: `delivered`; where that never came, because the chat was open, when it was read.
    pub fn delivered_at(&self) -> Option<i64> {
        self.at(Word::Delivered).or_else(|| self.read_at())
    }

    /// When it was read: the earlier of `read` and `played`.
    pub fn read_at(&self) -> Option<i64> {
        let times = [Word::Read, Word::Played].map(|word| self.at(word));
        times.into_iter().flatten().min()
    }

    /// From sent to [`Self::delivered_at`], where both are known. Clocks that disagree make it 0, never less.
    pub fn time_to_deliver_ms(&self) -> Option<i64> {
        self.since_sent(self.delivered_at())
    }

    /// From sent to [`Self::read_at`], as [`Self::time_to_deliver_ms`].
    pub fn time_to_read_ms(&self) -> Option<i64> {
        self.since_sent(self.read_at())
    }

    fn since_sent(&self, at: Option<i64>) -> Option<i64> {
        Some(at?.saturating_sub(self.at(Word::Sent)?).max(0))
    }

    /// What windows measure of it, in the window of when it was sent.
    ///
    /// Nothing before it is known to be sent: somebody who reads today what was sent long ago sends a `read` to a message
    /// that nobody remembers, and it was counted then. Of what failed without ever being sent only that, when it did.
    pub fn measured(&self) -> Vec<Measured> {
        let is = |known: bool| known.then_some(Value::Count(1));
        let is_failed = is(self.state() == Some(Word::Failed));
        let (at, sums) = if let Some(at) = self.at(Word::Sent) {
            let sums = [
                (Measure::Sent, is(true)),
                (Measure::Delivered, is(self.delivered_at().is_some())),
                (Measure::Read, is(self.read_at().is_some())),
                (Measure::Failed, is_failed),
                (Measure::TimeToDeliver, self.time_to_deliver_ms().map(Value::Duration)),
                (Measure::TimeToRead, self.time_to_read_ms().map(Value::Duration)),
                (Measure::Priced, is(self.price.is_known())),
            ];
            (at, sums.into_iter().collect::<Vec<_>>())
        } else if let (Some(_), Some(at)) = (is_failed, self.at(Word::Failed)) {
            (at, vec![(Measure::Failed, is_failed)])
        } else {
            return Vec::new();
        };
        let sums: Vec<_> = sums
            .into_iter()
            .filter_map(|(measure, value)| Some((measure, value?)))
            .collect();
        let apart = |measure: Measure, by: By, label: String| {
            let sum = sums.iter().find(|(known, _)| *known == measure)?;
            Some(Measured {
                at,
                by,
                label,
                sums: vec![*sum],
            })
        };
        let by_code = apart(Measure::Failed, By::Code, self.error_code.to_string());
        let by_price = apart(Measure::Priced, By::Price, self.price.label());
        let all = Measured {
            at,
            by: By::All,
            label: String::new(),
            sums,
        };
        std::iter::once(all).chain(by_code).chain(by_price).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(word: Word, at: i64) -> Delivery {
        let price = match word {
            Word::Sent | Word::Delivered => Price {
                category: "utility".into(),
                kind: "regular".into(),
                country: "DE".into(),
            },
            _ => Price::default(),
        };
        Delivery::of(word, at, 131_026, price)
    }

    /// Every order of some statuses.
    fn orders(statuses: &[Delivery]) -> Vec<Vec<Delivery>> {
        if statuses.is_empty() {
            return vec![Vec::new()];
        }
        let mut all = Vec::new();
        for first in 0..statuses.len() {
            let mut rest = statuses.to_vec();
            let one = rest.remove(first);
            for mut order in orders(&rest) {
                order.push(one.clone());
                all.push(order);
            }
        }
        all
    }

    fn joined<'a>(statuses: impl IntoIterator<Item = &'a Delivery>) -> Delivery {
        let mut delivery = Delivery::default();
        statuses.into_iter().for_each(|status| delivery.join(status));
        delivery
    }

    #[test]
    fn all_orders_of_the_four_words_and_of_five_with_copies_give_one_final_state() {
        let four = [Word::Sent, Word::Delivered, Word::Read, Word::Failed];
        let four: Vec<_> = four
            .into_iter()
            .zip([10, 20, 30, 40])
            .map(|(word, at)| said(word, at))
            .collect();
        assert_eq!(orders(&four).len(), 24);
        let last = joined(&four);
        assert_eq!(last.state(), Some(Word::Read));
        assert_eq!(
            (last.at(Word::Failed), last.error_code),
            (Some(40), 131_026),
            "recorded beside it"
        );
        for order in orders(&four) {
            assert_eq!(joined(&order), last);
            let twice = order.iter().chain(order.iter().rev());
            assert_eq!(joined(twice), last);
        }
        let mut six = four;
        six.push(said(Word::Played, 35));
        // Another copy of `read`, with another time: the earlier stands.
        six.push(said(Word::Read, 25));
        let last = joined(&six);
        assert_eq!((last.state(), last.at(Word::Read)), (Some(Word::Played), Some(25)));
        for order in orders(&six) {
            assert_eq!(joined(&order), last);
        }
    }

    #[test]
    fn what_came_through_has_not_failed_whatever_else_was_said() {
        let state = |words: &[Word]| {
            let statuses: Vec<_> = words.iter().map(|word| said(*word, 7)).collect();
            joined(&statuses).state()
        };
        assert_eq!(state(&[]), None);
        assert_eq!(state(&[Word::Sent]), Some(Word::Sent));
        assert_eq!(state(&[Word::Failed, Word::Sent]), Some(Word::Failed));
        assert_eq!(state(&[Word::Failed, Word::Delivered]), Some(Word::Delivered));
        assert_eq!(state(&[Word::Read, Word::Failed, Word::Sent]), Some(Word::Read));
        assert_eq!(state(&[Word::Played, Word::Read]), Some(Word::Played));
    }

    #[test]
    fn times_run_from_sent_and_reading_implies_delivery() {
        let at = |pairs: &[(Word, i64)]| {
            let statuses: Vec<_> = pairs.iter().map(|(word, at)| said(*word, *at)).collect();
            let delivery = joined(&statuses);
            (delivery.time_to_deliver_ms(), delivery.time_to_read_ms())
        };
        use Word::{Delivered, Played, Read, Sent};
        assert_eq!(at(&[(Sent, 10)]), (None, None));
        assert_eq!(
            at(&[(Delivered, 10), (Read, 20)]),
            (None, None),
            "since when, nobody knows"
        );
        assert_eq!(at(&[(Sent, 10), (Delivered, 15), (Read, 40)]), (Some(5), Some(30)));
        assert_eq!(at(&[(Sent, 10), (Read, 40)]), (Some(30), Some(30)));
        assert_eq!(at(&[(Sent, 10), (Played, 50), (Read, 60)]), (Some(40), Some(40)));
        assert_eq!(at(&[(Sent, 10), (Delivered, 3)]), (Some(0), None), "clocks disagree");
        assert_eq!(at(&[(Sent, i64::MIN), (Delivered, i64::MAX)]), (Some(i64::MAX), None));
    }

    #[test]
    fn other_words_are_no_deliveries() {
        for word in Word::ALL {
            assert_eq!(Word::of(word.as_str()), Some(word));
        }
        for word in ["", "deleted", "warning", "RINGING", "ACCEPTED", "Sent", "accepted"] {
            assert_eq!(Word::of(word), None, "{word}");
        }
    }

    fn measures(delivery: &Delivery) -> Vec<(i64, String, Vec<Measure>)> {
        let measured = delivery.measured().into_iter();
        measured
            .map(|m| {
                let what = format!("{}={}", m.by, m.label);
                (m.at, what, m.sums.iter().map(|(measure, _)| *measure).collect())
            })
            .collect()
    }

    #[test]
    fn a_message_is_measured_when_it_was_sent_and_not_before_that_is_known() {
        let sent = said(Word::Sent, 10);
        let read = said(Word::Read, 30);
        assert_eq!(measures(&read), []);
        assert_eq!(
            measures(&joined([&sent, &read])),
            [
                (
                    10,
                    "=".to_owned(),
                    vec![
                        Measure::Sent,
                        Measure::Delivered,
                        Measure::Read,
                        Measure::TimeToDeliver,
                        Measure::TimeToRead,
                        Measure::Priced
                    ]
                ),
                (10, "price=utility/regular/DE".to_owned(), vec![Measure::Priced]),
            ]
        );
    }

    #[test]
    fn a_failure_is_measured_while_it_is_the_last_word() {
        let (sent, failed) = (said(Word::Sent, 10), said(Word::Failed, 40));
        let code = || "code=131026".to_owned();
        assert_eq!(
            measures(&failed),
            [
                (40, "=".to_owned(), vec![Measure::Failed]),
                (40, code(), vec![Measure::Failed])
            ]
        );
        let both = measures(&joined([&failed, &sent]));
        assert_eq!(
            both[0],
            (
                10,
                "=".to_owned(),
                vec![Measure::Sent, Measure::Failed, Measure::Priced]
            )
        );
        assert_eq!(both[1], (10, code(), vec![Measure::Failed]));
        let delivered = said(Word::Delivered, 50);
        let all = measures(&joined([&failed, &sent, &delivered]));
        assert!(
            all.iter().all(|(_, _, measures)| !measures.contains(&Measure::Failed)),
            "{all:?}"
        );
        assert_eq!(
            measures(&joined([&failed, &delivered])),
            [],
            "neither failed nor known to be sent"
        );
    }
}
