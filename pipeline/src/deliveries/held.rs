//! What is known of each message, in little memory.
//!
//! 56 bytes a message in a [`Store`], and a bit: an identity of 16, four times of 6, an error code of 8, a price of 4 (what
//! messages are priced as is much the same, so each price is kept once, for as long as a message has it), and the generation
//! of the last status. `played` is kept as `read`: windows measure nothing that tells them apart.

use std::collections::HashMap;
use std::sync::Arc;

use parlance_timeline::delivery::{Delivery, Price, Word};

use crate::event::Time;
use crate::seen::{generation, lives};
use crate::snapshot::{Frozen, Keep, Sheets};
use crate::store::{Store, whole};

/// What is known of the messages whose last status is not long ago.
pub(crate) struct Held {
    states: Store<State>,
    prices: Prices,
    /// Generations a state lives on after that of the last status.
    lives: u32,
}

/// The words whose times are kept, in order.
const WORDS: [Word; 4] = [Word::Sent, Word::Delivered, Word::Read, Word::Failed];

#[derive(Clone, Copy)]
struct State {
    times: [Instant; WORDS.len()],
    price: u32,
    generation: u32,
    error_code: i64,
}

/// Unix milliseconds plus one in 48 bits, some 8,900 years; 0 for none.
#[derive(Clone, Copy, Default)]
struct Instant([u8; 6]);

impl Instant {
    const MAX: i64 = (1 << 48) - 2;

    /// What is before 1970 is as if it were then: its windows are closed either way.
    fn of(at: Option<i64>) -> Self {
        let Some(at) = at else { return Self::default() };
        let [bytes @ .., _, _] = (at.clamp(0, Self::MAX) + 1).to_le_bytes();
        Self(bytes)
    }

    fn at(self) -> Option<i64> {
        let [a, b, c, d, e, f] = self.0;
        Some(i64::from_le_bytes([a, b, c, d, e, f, 0, 0]) - 1).filter(|at| *at >= 0)
    }
}

impl Held {
    /// `keep`: how long, in milliseconds of log time, after its last status a message is known at the least; it is known for
    /// up to two generations more.
    pub(crate) fn new(keep: Time) -> Self {
        Self {
            states: Store::new(),
            prices: Prices::default(),
            lives: lives(keep),
        }
    }

    /// What is known of a message at a log time; nothing of one that is forgotten.
    pub(crate) fn get(&self, message: u128, now: Time) -> Delivery {
        let lives = self.lives;
        let living = |state: &State| is_living(state, now, lives);
        let Some(state) = self.states.get(message).filter(living) else {
            return Delivery::default();
        };
        let mut delivery = Delivery::default();
        delivery.error_code = state.error_code;
        delivery.price = self.prices.get(state.price);
        for (word, instant) in WORDS.into_iter().zip(state.times) {
            if let Some(at) = instant.at() {
                delivery.hear(word, at);
            }
        }
        delivery
    }

    /// Puts what is now known of a message in the place of what was.
    pub(crate) fn put(&mut self, message: u128, delivery: &Delivery, now: Time) {
        let times = [
            delivery.at(Word::Sent),
            delivery.at(Word::Delivered),
            delivery.read_at(),
            delivery.at(Word::Failed),
        ];
        let state = State {
            times: times.map(Instant::of),
            price: self.prices.take(&delivery.price),
            generation: generation(now),
            error_code: delivery.error_code,
        };
        if let Some(known) = self.states.get(message) {
            self.prices.give_back(known.price);
        }
        self.states.put(message, state);
    }

    /// Takes what is forgotten out of a part; every part has its turn.
    pub(crate) fn sweep(&mut self, now: Time) {
        let (lives, prices) = (self.lives, &mut self.prices);
        self.states.sweep(|state| {
            let is_living = is_living(state, now, lives);
            if !is_living {
                prices.give_back(state.price);
            }
            is_living
        });
    }

    /// Messages held, those included that are forgotten and not swept yet.
    pub(crate) fn len(&self) -> usize {
        self.states.len()
    }
}

/// A message as a snapshot has it: its identity in halves, high first; its times, plus one, nought for none; error code,
/// generation and price.
type Kept = ((u64, u64), [u64; WORDS.len()], i64, u32, Option<Price>);

impl Keep for Held {
    type Entry = Kept;

    fn route(((_, low), ..): &Kept) -> u64 {
        *low
    }

    fn freeze(&self, at: Time) -> Frozen {
        let (states, lives) = (self.states.share(), self.lives);
        let prices: Vec<Arc<Price>> = self.prices.known.iter().map(|(price, _)| price.clone()).collect();
        Box::new(move |sheets: &mut Sheets| {
            states.for_each(|[high, low], state| {
                if !is_living(&state, at, lives) {
                    return;
                }
                let times = state.times.map(|time| time.at().map_or(0, |at| at as u64 + 1));
                let price = (state.price as usize)
                    .checked_sub(1)
                    .map(|place| Price::clone(&prices[place]));
                let entry: Kept = ((high, low), times, state.error_code, state.generation, price);
                sheets.put(low, &entry);
            });
        })
    }

    fn take_back(&mut self, ((high, low), times, error_code, generation, price): Kept) {
        let state = State {
            times: times.map(|time| Instant::of(time.checked_sub(1).map(|at| at as i64))),
            price: price.map_or(0, |price| self.prices.take(&price)),
            generation,
            error_code,
        };
        self.states.put(whole([high, low]), state);
    }
}

fn is_living(state: &State, now: Time, lives: u32) -> bool {
    generation(now) <= state.generation.saturating_add(lives)
}

/// Prices by a small number, each for as long as a message has it. 0 is none.
#[derive(Default)]
struct Prices {
    numbers: HashMap<Arc<Price>, u32>,
    /// By number less one; how many messages have it.
    known: Vec<(Arc<Price>, u32)>,
    free: Vec<u32>,
}

impl Prices {
    fn get(&self, number: u32) -> Price {
        let place = number.checked_sub(1);
        place.map_or_else(Price::default, |place| (*self.known[place as usize].0).clone())
    }

    fn take(&mut self, price: &Price) -> u32 {
        if !price.is_known() {
            return 0;
        }
        if let Some(number) = self.numbers.get(price) {
            self.known[*number as usize - 1].1 += 1;
            return *number;
        }
        let price = Arc::new(price.clone());
        let number = self.free.pop().unwrap_or_else(|| {
            self.known.push((price.clone(), 0));
            u32::try_from(self.known.len()).expect("as many messages are not held")
        });
        self.known[number as usize - 1] = (price.clone(), 1);
        self.numbers.insert(price, number);
        number
    }

    fn give_back(&mut self, number: u32) {
        let Some(place) = number.checked_sub(1) else { return };
        let (price, users) = &mut self.known[place as usize];
        *users -= 1;
        if *users == 0 {
            self.numbers.remove(price);
            *price = Arc::default();
            self.free.push(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seen::GENERATION;

    fn price(category: &str) -> Price {
        Price {
            category: category.to_owned(),
            kind: "regular".to_owned(),
            country: "DE".to_owned(),
        }
    }

    #[test]
    fn what_is_put_is_got_while_it_lives() {
        let mut held = Held::new(3 * GENERATION);
        let mut delivery = Delivery::of(Word::Sent, 1_700_000_000_123, 0, price("utility"));
        delivery.join(&Delivery::of(Word::Failed, -5, 131_026, Price::default()));
        delivery.join(&Delivery::of(Word::Delivered, i64::MAX, 0, Price::default()));
        held.put(7, &delivery, GENERATION);
        let got = held.get(7, 4 * GENERATION);
        assert_eq!(got.at(Word::Sent), Some(1_700_000_000_123));
        assert_eq!(got.at(Word::Failed), Some(0), "before 1970 is as good as 1970");
        assert_eq!(
            got.at(Word::Delivered),
            Some(Instant::MAX),
            "and the year 10889 as the end of time"
        );
        assert_eq!(
            (got.at(Word::Read), got.error_code, got.price),
            (None, 131_026, price("utility"))
        );
        assert_eq!(held.get(7, 5 * GENERATION), Delivery::default(), "forgotten");
        assert_eq!(held.get(8, GENERATION), Delivery::default(), "never known");
    }

    #[test]
    fn what_was_played_is_measured_as_before_it_was_kept() {
        let mut delivery = Delivery::of(Word::Sent, 1_000, 0, price("utility"));
        delivery.join(&Delivery::of(Word::Read, 9_000, 0, Price::default()));
        delivery.join(&Delivery::of(Word::Played, 5_000, 0, Price::default()));
        let mut held = Held::new(GENERATION);
        held.put(7, &delivery, 0);
        assert_eq!(held.get(7, 0).measured(), delivery.measured());
    }

    #[test]
    fn a_message_takes_56_bytes_and_what_is_forgotten_leaves_nothing_behind() {
        assert_eq!(Store::<State>::ENTRY_BYTES, 56);
        let mut held = Held::new(GENERATION);
        for round in 0..5u64 {
            let now = 3 * round * GENERATION;
            for message in 0..20_000u128 {
                let category = format!("{round} {}", message % 300);
                held.put(message << 32, &Delivery::of(Word::Sent, 1, 0, price(&category)), now);
            }
            assert_eq!((held.len(), held.prices.numbers.len()), (20_000, 300));
            assert_eq!(held.prices.known.len(), 600.min(300 * (round as usize + 1)));
        }
        (0..100).for_each(|_| held.sweep(100 * GENERATION));
        assert_eq!((held.len(), held.prices.numbers.len()), (0, 0));
    }
}
