//! Small values by 128-bit identity, very many of them, in little memory.
//!
//! An entry takes its identity and its value, some tenth more, and no slack: each part of the store is a sorted array, and a
//! small hash table of what came since; the table is merged into the array when it reaches a sixteenth of it. A look-up is
//! a binary search and a hash. Entries are taken out a part at a time, so that no sweep and no merge is felt. A snapshot shares
//! the arrays; a part that changes while one is written is copied first.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::Arc;

/// The store is swept in so many parts, one at a time.
const PARTS: usize = 64;

/// New entries of a part wait for each other until they are this share of it, and at least [`FRESH_MIN`].
/// Less is less memory; more is less merging (each entry is moved about this often while the store doubles).
const FRESH_SHARE: usize = 16;
const FRESH_MIN: usize = 64;

/// Values of one kind by identity. Identities are hashes: any of their bits are as good as any other.
pub(crate) struct Store<V> {
    parts: Vec<Part<V>>,
    swept: usize,
}

impl<V: Copy> Store<V> {
    /// Bytes of a settled entry.
    #[cfg(test)]
    pub(crate) const ENTRY_BYTES: usize = size_of::<Settled<V>>();

    pub(crate) fn new() -> Self {
        let parts = std::iter::repeat_with(|| Part {
            settled: Arc::default(),
            fresh: HashMap::default(),
        });
        Self {
            parts: parts.take(PARTS).collect(),
            swept: 0,
        }
    }

    pub(crate) fn get(&self, identity: u128) -> Option<V> {
        self.parts[part_of(identity)].get(Halves::of(identity))
    }

    /// Puts a value in the place of the one that there is, if there is one.
    pub(crate) fn put(&mut self, identity: u128, value: V) {
        self.parts[part_of(identity)].put(Halves::of(identity), value);
    }

    /// All entries as they are now, to be looked at later.
    pub(crate) fn share(&self) -> Shared<V> {
        let fresh = |part: &Part<V>| part.fresh.iter().map(|(identity, value)| (*identity, *value)).collect();
        Shared(
            self.parts
                .iter()
                .map(|part| (part.settled.clone(), fresh(part)))
                .collect(),
        )
    }

    /// Keeps of one part what `keep` says; every part has its turn.
    pub(crate) fn sweep(&mut self, keep: impl FnMut(&V) -> bool) {
        self.parts[self.swept].sweep(keep);
        self.swept = (self.swept + 1) % PARTS;
    }

    /// Entries held.
    pub(crate) fn len(&self) -> usize {
        self.parts.iter().map(Part::len).sum()
    }
}

/// What a part held.
type SharedPart<V> = (Arc<Vec<Settled<V>>>, Vec<(Halves, V)>);

/// The entries of a store as they were.
pub(crate) struct Shared<V>(Vec<SharedPart<V>>);

impl<V: Copy> Shared<V> {
    /// Gives every entry: the halves of its identity, high first, and its value.
    pub(crate) fn for_each(self, mut give: impl FnMut([u64; 2], V)) {
        for (settled, fresh) in self.0 {
            settled.iter().for_each(|entry| give(entry.identity.0, entry.value));
            fresh.into_iter().for_each(|(identity, value)| give(identity.0, value));
        }
    }
}

/// The identity of two halves, high first.
pub(crate) fn whole([high, low]: [u64; 2]) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

/// An entry of the sorted array.
#[derive(Clone, Copy)]
struct Settled<V> {
    identity: Halves,
    value: V,
}

struct Part<V> {
    /// Sorted by identity, each once, none of them in `fresh`.
    settled: Arc<Vec<Settled<V>>>,
    fresh: HashMap<Halves, V, BuildHasherDefault<AsIs>>,
}

impl<V: Copy> Part<V> {
    fn find(&self, identity: Halves) -> Result<usize, usize> {
        self.settled.binary_search_by_key(&identity, |entry| entry.identity)
    }

    fn get(&self, identity: Halves) -> Option<V> {
        match self.find(identity) {
            Ok(place) => Some(self.settled[place].value),
            Err(_) => self.fresh.get(&identity).copied(),
        }
    }

    fn put(&mut self, identity: Halves, value: V) {
        if let Ok(place) = self.find(identity) {
            Arc::make_mut(&mut self.settled)[place].value = value;
            return;
        }
        self.fresh.insert(identity, value);
        if self.fresh.len() >= FRESH_MIN.max(self.settled.len() / FRESH_SHARE) {
            self.settle();
        }
    }

    fn settle(&mut self) {
        let already = self.settled.len();
        let mut settled = match Arc::get_mut(&mut self.settled) {
            Some(settled) => std::mem::take(settled),
            // A snapshot has it: copied with room for what is added.
            None => {
                let mut copy = Vec::with_capacity(already + self.fresh.len());
                copy.extend_from_slice(&self.settled);
                copy
            }
        };
        settled.reserve_exact(self.fresh.len());
        let fresh = self.fresh.drain();
        settled.extend(fresh.map(|(identity, value)| Settled { identity, value }));
        settled[already..].sort_unstable_by_key(|entry| entry.identity);
        // The stable sort finds the two runs and merges them.
        settled.sort_by_key(|entry| entry.identity);
        self.settled = Arc::new(settled);
    }

    fn sweep(&mut self, mut keep: impl FnMut(&V) -> bool) {
        self.fresh.retain(|_, value| keep(value));
        let mut kept = self
            .settled
            .iter()
            .map(|entry| keep(&entry.value))
            .collect::<Vec<_>>()
            .into_iter();
        if kept.as_slice().iter().all(|kept| *kept) {
            return;
        }
        let settled = Arc::make_mut(&mut self.settled);
        settled.retain(|_| kept.next().unwrap_or(true));
        if settled.capacity() > settled.len() + settled.len() / 4 {
            settled.shrink_to_fit();
        }
    }

    fn len(&self) -> usize {
        self.settled.len() + self.fresh.len()
    }
}

/// An identity in halves, high first: as a `u128` it would be padded to 32 bytes beside a value of 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Halves([u64; 2]);

impl Halves {
    fn of(identity: u128) -> Self {
        Self([(identity >> 64) as u64, identity as u64])
    }
}

impl Hash for Halves {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u64(self.0[0]);
    }
}

/// Identities are hashes already: their high half serves as it is (the low bits choose worker and part).
#[derive(Default)]
pub(crate) struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _bytes: &[u8]) {
        unreachable!("only identities are hashed, and those as one number");
    }
    fn write_u64(&mut self, half: u64) {
        self.0 = half;
    }
    fn write_u128(&mut self, identity: u128) {
        self.0 = (identity >> 64) as u64;
    }
}

fn part_of(identity: u128) -> usize {
    // Workers are told apart by the lowest bits, so take the next.
    (identity >> 32) as usize % PARTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_merged_into_the_array_is_found_as_what_was_not() {
        let mut store: Store<u64> = Store::new();
        // Spread over all bits, as hashes are.
        let identity = |n: u128| n.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        for n in 0..50_000u128 {
            assert_eq!(store.get(identity(n)), None, "{n}");
            store.put(identity(n), n as u64);
            let half = store.get(identity(n / 2)).unwrap();
            store.put(identity(n / 2), half + 1);
        }
        assert_eq!(store.len(), 50_000);
        assert!(store.parts.iter().all(|part| part.settled.len() > 8 * part.fresh.len()));
        for n in 0..50_000u128 {
            let touched = if n < 25_000 { 2 } else { 0 };
            assert_eq!(store.get(identity(n)), Some(n as u64 + touched), "{n}");
        }
        for _ in 0..PARTS {
            store.sweep(|value| value % 7 == 0);
        }
        let kept = (0..50_000u128).filter(|n| store.get(identity(*n)).is_some()).count();
        assert_eq!(store.len(), kept);
        assert!((6_500..7_800).contains(&kept), "{kept}");
    }
}
