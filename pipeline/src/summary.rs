//! What a window measured of one thing, summed in the *difference* of an update: how many, their sum, how many within the
//! headline times, and how many in which bucket. So a window costs one row however much it saw, and taking something back is
//! subtracting it.

use differential_dataflow::Hashable;
use differential_dataflow::difference::{Abelian, IsZero, Monoid, Multiply, Semigroup};
use parlance_schemas::labels::{By, Measure};
use parlance_schemas::sketch::{WITHIN_MS, bucket};
use parlance_timeline::told::{self, Value};
use serde::{Deserialize, Serialize};

use crate::windows::{Happened, Sum, WindowKey};

/// What is summed together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct MeasureKey {
    pub(crate) phone_number_id: String,
    /// Start of the window in Unix milliseconds, a multiple of its width.
    pub(crate) start: u64,
    pub(crate) by: By,
    pub(crate) label: String,
}

impl WindowKey for MeasureKey {
    fn start(&self) -> u64 {
        self.start
    }
    fn starting(self, start: u64) -> Self {
        Self { start, ..self }
    }
    fn home(&self) -> u64 {
        (&self.phone_number_id, self.by, &self.label).hashed()
    }
}

impl Sum for Sums {
    /// Of the measures that were added to; the others are as they were.
    fn told(&self, added: &Self) -> [Option<Self>; 2] {
        let [mut gone, mut now] = [Self::default(), Self::default()];
        for (measure, more) in &added.0 {
            match self.0.binary_search_by_key(measure, |(known, _)| *known) {
                Ok(place) => now.0.push(self.0[place].clone()),
                Err(_) => gone.0.push((*measure, more.clone())),
            }
        }
        [gone, now].map(|sums| (!sums.is_zero()).then_some(sums))
    }
}

/// Something measured, on its way to its window.
pub(crate) type Measured = Happened<MeasureKey, Sums>;

/// What timelines and deliveries measured for an integration.
pub(crate) fn measured(phone_number_id: &str, told: told::Measured) -> Measured {
    let summary = |(measure, value): (Measure, Value)| {
        let summary = match value {
            Value::Count(count) => Summary::of(count, 0),
            Value::Scored(score) => Summary::of(1, score),
            Value::Duration(ms) => Summary::duration(ms),
        };
        (measure, summary)
    };
    Happened {
        at: told.at,
        key: MeasureKey {
            phone_number_id: phone_number_id.to_owned(),
            start: 0,
            by: told.by,
            label: told.label,
        },
        sum: Sums::of(told.sums.into_iter().map(summary).collect()),
    }
}

/// What is summed of each measure. Sorted by measure, none that is nought.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Sums(Vec<(Measure, Summary)>);

impl Sums {
    /// Sorts what is given; each measure at most once.
    pub(crate) fn of(mut sums: Vec<(Measure, Summary)>) -> Self {
        sums.sort_unstable_by_key(|(measure, _)| *measure);
        sums.dedup_by_key(|(measure, _)| *measure);
        Self(sums)
    }

    pub(crate) fn into_vec(self) -> Vec<(Measure, Summary)> {
        self.0
    }
}

impl IsZero for Sums {
    fn is_zero(&self) -> bool {
        self.0.is_empty()
    }
}

impl Semigroup for Sums {
    fn plus_equals(&mut self, other: &Self) {
        for (measure, more) in &other.0 {
            match self.0.binary_search_by_key(measure, |(known, _)| *known) {
                Err(place) => self.0.insert(place, (*measure, more.clone())),
                Ok(place) => {
                    self.0[place].1.plus_equals(more);
                    if self.0[place].1.is_zero() {
                        self.0.remove(place);
                    }
                }
            }
        }
    }
}

impl Monoid for Sums {
    fn zero() -> Self {
        Self::default()
    }
}

impl Abelian for Sums {
    fn negate(&mut self) {
        self.0.iter_mut().for_each(|(_, sum)| sum.negate());
    }
}

impl Multiply<i64> for Sums {
    type Output = Self;
    fn multiply(mut self, times: &i64) -> Self {
        if *times == 0 {
            return Self::default();
        }
        self.0.iter_mut().for_each(|(_, sum)| sum.scale(*times));
        self
    }
}

/// Counts and durations.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Summary {
    pub(crate) count: i64,
    pub(crate) sum: i64,
    /// Of what is only counted, none; it then takes no room beside the two above.
    spread: Option<Box<Spread>>,
}

/// How durations are spread.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
struct Spread {
    /// At most as long as each of [`WITHIN_MS`].
    within: [i64; WITHIN_MS.len()],
    /// Sorted by bucket, no zeros.
    buckets: Vec<(i16, i64)>,
}

impl Summary {
    /// So many things, which add up to so much.
    pub(crate) fn of(count: i64, sum: i64) -> Self {
        Self {
            count,
            sum,
            spread: None,
        }
    }

    /// One duration in milliseconds.
    pub(crate) fn duration(ms: i64) -> Self {
        let spread = Spread {
            within: WITHIN_MS.map(|at_most| i64::from(ms <= at_most)),
            buckets: vec![(bucket(ms), 1)],
        };
        Self {
            count: 1,
            sum: ms,
            spread: Some(Box::new(spread)),
        }
    }

    pub(crate) fn within(&self) -> &[i64] {
        self.spread.as_ref().map_or(&[], |spread| &spread.within)
    }

    pub(crate) fn buckets(&self) -> &[(i16, i64)] {
        self.spread.as_ref().map_or(&[], |spread| &spread.buckets)
    }

    fn scale(&mut self, times: i64) {
        self.count *= times;
        self.sum *= times;
        if let Some(spread) = &mut self.spread {
            spread.within.iter_mut().for_each(|count| *count *= times);
            spread.buckets.iter_mut().for_each(|(_, count)| *count *= times);
        }
    }
}

impl IsZero for Summary {
    fn is_zero(&self) -> bool {
        self.count == 0 && self.sum == 0 && self.spread.is_none()
    }
}

impl Semigroup for Summary {
    fn plus_equals(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        let Some(theirs) = &other.spread else { return };
        let spread = self.spread.get_or_insert_default();
        for (count, more) in spread.within.iter_mut().zip(theirs.within) {
            *count += more;
        }
        for (bucket, count) in &theirs.buckets {
            match spread.buckets.binary_search_by_key(bucket, |(known, _)| *known) {
                Err(place) => spread.buckets.insert(place, (*bucket, *count)),
                Ok(place) => {
                    spread.buckets[place].1 += count;
                    if spread.buckets[place].1 == 0 {
                        spread.buckets.remove(place);
                    }
                }
            }
        }
        if spread.buckets.is_empty() && spread.within == [0; WITHIN_MS.len()] {
            self.spread = None;
        }
    }
}

impl Monoid for Summary {
    fn zero() -> Self {
        Self::default()
    }
}

impl Abelian for Summary {
    fn negate(&mut self) {
        self.scale(-1);
    }
}

impl Multiply<i64> for Summary {
    type Output = Self;
    fn multiply(mut self, times: &i64) -> Self {
        if *times == 0 {
            return Self::default();
        }
        self.scale(*times);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_back_leaves_nothing() {
        let mut sum = Summary::default();
        for ms in [3, 61_000, 61_001, 90_000_000] {
            sum.plus_equals(&Summary::duration(ms));
        }
        assert_eq!((sum.count, sum.within()), (4, &[1, 3, 3, 3, 3][..]));
        for ms in [61_001, 3, 90_000_000, 61_000] {
            assert!(!sum.is_zero());
            sum.plus_equals(&Summary::duration(ms).multiply(&-1));
        }
        assert!(sum.is_zero());
        assert_eq!(sum, Summary::default());
    }
}
