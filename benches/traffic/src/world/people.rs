//! Customers and groups: who they are to Meta, and how they write.

use parlance_schemas::labels::Language;
use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha12Rng;

use crate::text::{Author, Library};

/// A person who writes to a business. At least one of `wa_id` and `user_id` is there.
#[derive(Clone, Debug)]
pub struct Customer {
    /// How they write.
    pub author: Author,
    /// Given and family name, for contact cards.
    pub names: (String, String),
    /// Their number in digits; absent for those who adopted a username and hide it.
    pub wa_id: Option<String>,
    /// The business-scoped user id; absent in the older payloads.
    pub user_id: Option<String>,
    /// The portfolio's parent id of the same person.
    pub parent_user_id: Option<String>,
    /// The username they adopted.
    pub username: Option<String>,
}

/// A group chat with the business in it.
#[derive(Debug)]
pub struct Group {
    /// Meta's id.
    pub id: String,
    /// Indexes of its members among the business's customers.
    pub members: Vec<usize>,
}

const COUNTRIES: [&str; 10] = ["GB", "ES", "FR", "DE", "IT", "BR", "AE", "CN", "JP", "KR"];

impl Customer {
    pub(super) fn new(
        rng: &mut ChaCha12Rng,
        calling_code: &str,
        languages: &[(Language, u32)],
        scoped_ids: bool,
        library: &Library,
    ) -> Self {
        let language = weighted(rng, languages);
        let (given, family, name) = library.name(rng, language);
        // Profile names are what people like: a given name, all small, with an emoji.
        let profile = match rng.random_range(0..10) {
            0 => given.clone(),
            1 => name.to_lowercase(),
            2 => format!("{given} ✨"),
            _ => name,
        };
        let adopter = scoped_ids && rng.random_bool(0.12);
        let country = COUNTRIES[language as usize % COUNTRIES.len()];
        // 555: numbers nobody has, as those of the businesses (which are a digit shorter).
        let number = format!("{calling_code}555{:07}", rng.random_range(0..10_000_000));
        let digits = rng.random_range(10_000_000_000_000_000_u64..99_999_999_999_999_999);
        let parent = scoped_ids && rng.random_bool(0.2);
        let second = (language != Language::En && rng.random_bool(0.25)).then_some(Language::En);
        Self {
            author: Author {
                name: profile,
                language,
                second,
                typos: rng.random_range(0..30),
                emoji: rng.random_range(0..40),
            },
            names: (given, family),
            wa_id: (!adopter).then_some(number),
            user_id: scoped_ids.then(|| format!("{country}.{digits}")),
            parent_user_id: parent.then(|| format!("{country}.ENT.{}", digits / 7)),
            username: adopter.then(|| format!("user.{}", digits % 1_000_000)),
        }
    }
}

impl Group {
    pub(super) fn new(rng: &mut ChaCha12Rng, customers: usize) -> Self {
        let size = customers.min(rng.random_range(3..9));
        Self {
            id: format!("Y2FwaV9ncm91cDox{:020}", rng.random_range(0..u64::MAX)),
            members: rand::seq::index::sample(rng, customers, size).into_vec(),
        }
    }
}

/// One of a list of (value, weight).
pub(crate) fn weighted<T: Copy>(rng: &mut ChaCha12Rng, list: &[(T, u32)]) -> T {
    list.choose_weighted(rng, |(_, weight)| *weight)
        .expect("authored weights are not all zero")
        .0
}

/// The index of one of some weights, not all of which are zero.
pub(crate) fn weighted_index(rng: &mut ChaCha12Rng, weights: &[u32]) -> usize {
    let total: u32 = weights.iter().sum();
    let mut left = rng.random_range(0..total);
    let found = weights.iter().position(|weight| match left.checked_sub(*weight) {
        Some(less) => {
            left = less;
            false
        }
        None => true,
    });
    found.expect("what is left is smaller than the sum of the weights")
}
