//! Answers remembered by what was asked, so that equal texts cost once.
//!
//! In memory only: a restart costs at most the same questions again.

use std::num::NonZeroUsize;

use lru::LruCache;
use sha2::{Digest, Sha256};

use super::prompt::{self, Opinion};

/// What makes two questions the same: the masked text, the model and the wording. A hash, as texts are long; one that
/// nobody can find a second text for, as senders choose the texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key([u8; 32]);

impl Key {
    /// The key of a masked text asked of a model.
    pub(crate) fn of(masked: &str, model: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(prompt::VERSION.to_be_bytes());
        hash.update(model.as_bytes());
        hash.update([0]);
        hash.update(masked.as_bytes());
        Self(hash.finalize().into())
    }
}

/// The newest used answers, at most so many.
pub(crate) struct Cache(LruCache<Key, Opinion>);

impl Cache {
    /// An empty cache of `entries` answers, of one at least.
    pub(crate) fn new(entries: usize) -> Self {
        Self(LruCache::new(NonZeroUsize::new(entries).unwrap_or(NonZeroUsize::MIN)))
    }

    /// The answer, when it is remembered.
    pub(crate) fn get(&mut self, key: &Key) -> Option<Opinion> {
        self.0.get(key).copied()
    }

    /// Remembers an answer; the one not used for longest goes.
    pub(crate) fn put(&mut self, key: Key, opinion: Opinion) {
        self.0.put(key, opinion);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlance_schemas::labels::{Intent, Language, Sentiment, Urgency};

    #[test]
    fn it_holds_so_many_and_forgets_the_one_not_used() {
        let opinion = Opinion {
            intent: Intent::Spam,
            sentiment: Sentiment::Neutral,
            urgency: Urgency::Low,
            language: Language::En,
            confidence: 0.5,
        };
        let keys = ["a", "b", "c"].map(|text| Key::of(text, "model"));
        let mut cache = Cache::new(2);
        cache.put(keys[0], opinion);
        cache.put(keys[1], opinion);
        assert!(cache.get(&keys[0]).is_some());
        cache.put(keys[2], opinion);
        assert!(cache.get(&keys[1]).is_none() && cache.get(&keys[0]).is_some());
        assert_ne!(Key::of("a", "model"), Key::of("a", "other"));
    }
}
