//! Small values by number, very many of them: without slack, and copied at once.
//!
//! Values lie in pieces of [`PIECE`]; a copy of the whole shares the pieces, and a piece that then changes is copied first. The
//! number of a value that was taken out is given to another, but not before [`Slots::recycle`]: until then whoever still has
//! the number finds nothing under it.

use std::sync::Arc;

/// Values of a piece: few enough that its copy is not felt, enough that what a piece costs does not count.
const PIECE: usize = 64;

/// Values by number. The blank one, by [`Default`], stands where there is none.
#[derive(Clone, Debug, Default)]
pub struct Slots<T> {
    pieces: Vec<Arc<Vec<T>>>,
    /// Numbers that were ever given.
    given: u32,
    free: Vec<u32>,
    /// Numbers that may be given again after [`Slots::recycle`].
    gone: Vec<u32>,
}

impl<T: Clone + Default> Slots<T> {
    /// How many values there are.
    pub fn len(&self) -> usize {
        self.given as usize - self.free.len() - self.gone.len()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts a value in; returns its number.
    ///
    /// # Panics
    /// When there are four milliards.
    pub fn insert(&mut self, value: T) -> u32 {
        if let Some(slot) = self.free.pop() {
            *self.get_mut(slot) = value;
            return slot;
        }
        let slot = self.given;
        self.given = slot.checked_add(1).expect("memory ends before numbers do");
        if (slot as usize).is_multiple_of(PIECE) {
            self.pieces.push(Arc::new(Vec::with_capacity(PIECE)));
        }
        let piece = self.pieces.last_mut().expect("was just added");
        match Arc::get_mut(piece) {
            Some(piece) => piece.push(value),
            None => {
                // A copy by itself would have room for what there is and no more.
                let mut copy = Vec::with_capacity(PIECE);
                copy.extend_from_slice(piece);
                copy.push(value);
                *piece = Arc::new(copy);
            }
        }
        slot
    }

    /// The value of a number that was given; the blank one when it was taken out.
    pub fn get(&self, slot: u32) -> &T {
        &self.pieces[slot as usize / PIECE][slot as usize % PIECE]
    }

    /// As [`Self::get`], to be changed.
    pub fn get_mut(&mut self, slot: u32) -> &mut T {
        &mut Arc::make_mut(&mut self.pieces[slot as usize / PIECE])[slot as usize % PIECE]
    }

    /// Takes a value out.
    pub fn remove(&mut self, slot: u32) -> T {
        self.gone.push(slot);
        std::mem::take(self.get_mut(slot))
    }

    /// From here on the numbers of what was taken out are given again.
    pub fn recycle(&mut self) {
        self.free.append(&mut self.gone);
    }

    /// Every number that was given and its value, blank ones too.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        (0..).zip(self.pieces.iter().flat_map(|piece| piece.iter()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_stays_as_it_was_and_numbers_come_again_only_when_they_may() {
        let mut slots = Slots::default();
        let numbers: Vec<u32> = (0..1_000_u32).map(|value| slots.insert(value + 1)).collect();
        let copy = slots.clone();
        assert_eq!(slots.remove(numbers[7]), 8);
        assert_eq!((*slots.get(numbers[7]), slots.len()), (0, 999));
        *slots.get_mut(numbers[8]) = 77;
        assert_eq!(slots.insert(1_001), 1_000);
        slots.recycle();
        assert_eq!(slots.insert(8), numbers[7]);
        let found = |slots: &Slots<u32>| slots.iter().map(|(_, value)| *value).collect::<Vec<_>>();
        assert_eq!(found(&copy), (1..=1_000).collect::<Vec<_>>());
        assert_eq!(found(&slots)[7..10], [8, 77, 10]);
        assert_eq!(slots.len(), 1_001);
    }
}
