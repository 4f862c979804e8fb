//! A map that can be copied at once: the copy shares what it has with the map, and what the map then changes is copied for it
//! first, a small piece at a time.
//!
//! For state that is handed out in snapshots: the worker does not wait while it is encoded, and messages that come meanwhile
//! cost one small copy for each piece they touch. Keys are hashes already.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use crate::store::AsIs;

/// Pieces of a map. Of a million entries one has some sixty.
const PIECES: usize = 16_384;

type Piece<V> = Arc<HashMap<u128, V, BuildHasherDefault<AsIs>>>;

/// Values by stable 128-bit hash.
pub(crate) struct Forked<V> {
    pieces: Vec<Piece<V>>,
    len: usize,
}

/// A map as it was at some moment.
pub(crate) struct Fork<V>(Vec<Piece<V>>);

impl<V> Default for Forked<V> {
    fn default() -> Self {
        Self {
            pieces: (0..PIECES).map(|_| Arc::default()).collect(),
            len: 0,
        }
    }
}

impl<V: Clone> Forked<V> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn get(&self, key: u128) -> Option<&V> {
        self.pieces[piece_of(key)].get(&key)
    }

    pub(crate) fn get_mut(&mut self, key: u128) -> Option<&mut V> {
        let piece = &mut self.pieces[piece_of(key)];
        // Looked for first, so that nothing is copied for nothing.
        piece.contains_key(&key).then(|| Arc::make_mut(piece).get_mut(&key))?
    }

    pub(crate) fn entry_or_default(&mut self, key: u128) -> &mut V
    where
        V: Default,
    {
        let piece = Arc::make_mut(&mut self.pieces[piece_of(key)]);
        let before = piece.len();
        piece.entry(key).or_default();
        self.len += piece.len() - before;
        piece.get_mut(&key).expect("it is there now")
    }

    pub(crate) fn insert(&mut self, key: u128, value: V) {
        let before = Arc::make_mut(&mut self.pieces[piece_of(key)]).insert(key, value);
        self.len += usize::from(before.is_none());
    }

    pub(crate) fn remove(&mut self, key: u128) {
        let piece = &mut self.pieces[piece_of(key)];
        if piece.contains_key(&key) {
            Arc::make_mut(piece).remove(&key);
            self.len -= 1;
        }
    }

    /// The map as it is now.
    pub(crate) fn fork(&self) -> Fork<V> {
        Fork(self.pieces.clone())
    }
}

impl<V> Fork<V> {
    /// Visits every entry, in no order; lets go of each piece as soon as it has been visited.
    pub(crate) fn visit(self, mut visit: impl FnMut(u128, &V)) {
        for piece in self.0 {
            piece.iter().for_each(|(key, value)| visit(*key, value));
        }
    }
}

fn piece_of(key: u128) -> usize {
    // Workers are told apart by the lowest bits, the map by the high half.
    (key >> 32) as usize % PIECES
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(fork: Fork<u32>) -> Vec<(u128, u32)> {
        let mut all = Vec::new();
        fork.visit(|key, value| all.push((key, *value)));
        all.sort_unstable();
        all
    }

    #[test]
    fn a_fork_stays_as_it_was_whatever_the_map_does() {
        let key = |n: u128| n.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        let mut map = Forked::default();
        (0..10_000).for_each(|n| map.insert(key(n), n as u32));
        let fork = map.fork();
        (0..5_000).for_each(|n| map.remove(key(n)));
        (5_000..10_000).for_each(|n| *map.get_mut(key(n)).unwrap() += 1);
        *map.entry_or_default(key(20_000)) = 7;
        assert_eq!(
            (map.len(), map.get(key(20_000)), map.get(key(0))),
            (5_001, Some(&7), None)
        );
        let mut before: Vec<_> = (0..10_000).map(|n| (key(n), n as u32)).collect();
        before.sort_unstable();
        assert_eq!(sorted(fork), before);
        assert_eq!(sorted(map.fork()).len(), 5_001);
    }

    #[test]
    fn what_is_not_there_is_neither_found_nor_counted() {
        let mut map = Forked::<u32>::default();
        map.remove(1);
        assert!(map.get_mut(1).is_none());
        map.insert(1, 1);
        map.insert(1, 2);
        map.entry_or_default(1);
        assert_eq!((map.len(), map.get(1)), (1, Some(&2)));
    }
}
