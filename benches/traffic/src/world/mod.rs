//! The world: businesses with their accounts, numbers and hours, and the people who write to them.
//!
//! Drawn once from the seed, so a customer keeps name, number, language and manner for the whole run and in
//! every run with that seed.
//!
//! # Layout
//!
//! * [`trade`]: what businesses do
//! * [`business`]: accounts, numbers, templates, how fast they answer
//! * [`people`]: customers and groups
//! * [`rhythm`]: who speaks at which hour, and who has an angry afternoon

pub mod business;
pub mod people;
pub mod rhythm;
pub mod trade;

use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

pub use business::{Business, Number, Template};
pub use people::{Customer, Group};
pub use rhythm::Rhythm;
pub use trade::Trade;

use crate::text::Library;

/// The streams of randomness a seed opens. Apart, so that a change in one leaves the others as they are.
pub(crate) mod streams {
    pub(crate) const WORLD: u64 = 1;
    pub(crate) const RHYTHM: u64 = 2;
    pub(crate) const EVENTS: u64 = 3;
    pub(crate) const POSTS: u64 = 4;
    pub(crate) const REPLAY: u64 = 5;
}

/// A generator of one of the seed's streams.
pub(crate) fn randomness(seed: u64, stream: u64) -> ChaCha12Rng {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    rng
}

/// Everyone there is.
#[derive(Debug)]
pub struct World {
    /// The businesses; each with its customers.
    pub businesses: Vec<Business>,
}

impl World {
    /// Draws `businesses` businesses with `customers` customers each.
    pub fn new(seed: u64, businesses: usize, customers: usize, library: &Library) -> Self {
        let mut rng = randomness(seed, streams::WORLD);
        let businesses = (0..businesses)
            .map(|index| Business::new(&mut rng, index, customers, library))
            .collect();
        Self { businesses }
    }
}
