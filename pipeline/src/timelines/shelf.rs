//! Where threads are kept: packed, and opened while something happens in them.
//!
//! A thread takes its packed bytes ([`Packed`]), 32 beside them, 5 to 10 by which it is found, 6 for when it may be forgotten,
//! and some 16 while something in it is to come due. What a tick opens is put away at its end.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use hashbrown::HashTable;
use parlance_timeline::identity::PersonId;
use parlance_timeline::packed::Packed;
use parlance_timeline::slots::Slots;
use parlance_timeline::thread::Thread;

use crate::event::{TICK, Time};

/// Which thread, in this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Whose {
    /// What a person writes to a number.
    Person(PersonId, u32),
    /// What is written in a group to a number.
    Group(u128, u32),
}

impl Whose {
    pub(super) fn number(self) -> u32 {
        match self {
            Self::Person(_, number) | Self::Group(_, number) => number,
        }
    }
}

/// Dataflow time in whole ticks, all of which are whole seconds; no later than 2106.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Tick(u32);

impl Tick {
    /// No later than a time.
    fn of(time: Time) -> Self {
        Self(u32::try_from(time / TICK).unwrap_or(u32::MAX))
    }

    fn time(self) -> Time {
        Time::from(self.0) * TICK
    }
}

/// A thread, and when it is to be looked at again.
#[derive(Clone, Debug, Default)]
struct Kept {
    packed: Packed,
    /// Of a person: who. Of a group nothing; see [`Groups`].
    person: u32,
    number: u32,
    /// When something in it comes due; 0 for nothing.
    due: Tick,
    /// When it may be forgotten, in part or whole; 0 while that is not known.
    forget_at: Tick,
}

/// The group a thread is of.
#[derive(Clone, Debug)]
struct Group {
    whose: Whose,
    id: Arc<str>,
}

/// What is kept of groups' threads beside what is of all.
#[derive(Clone, Debug, Default)]
struct Groups {
    slots: HashMap<Whose, u32>,
    by_slot: HashMap<u32, Group>,
}

/// A thread that was opened in this tick.
struct Opened {
    thread: Arc<Thread>,
    is_changed: bool,
}

/// All threads of a worker.
#[derive(Default)]
pub(super) struct Shelf {
    kept: Slots<Kept>,
    /// Persons' threads.
    of_persons: HashTable<u32>,
    groups: Groups,
    due: BTreeSet<(Tick, u32)>,
    forget: BTreeMap<Tick, Vec<u32>>,
    opened: HashMap<Whose, Opened>,
}

/// A thread as it lies on the shelf.
pub(super) struct Lying<'a> {
    pub(super) whose: Whose,
    pub(super) group_id: Option<&'a Arc<str>>,
    pub(super) packed: &'a Packed,
    pub(super) due: Time,
    pub(super) forget_at: Time,
}

/// All threads as they lay at the end of some tick.
pub(super) struct Copied {
    kept: Slots<Kept>,
    of_groups: HashMap<u32, Group>,
}

impl Copied {
    pub(super) fn all(&self) -> impl Iterator<Item = Lying<'_>> {
        let kept = self.kept.iter().filter(|(_, kept)| !kept.packed.is_empty());
        kept.map(|(slot, kept)| {
            let group = self.of_groups.get(&slot);
            Lying {
                whose: group.map_or_else(|| kept.of_person(), |group| group.whose),
                group_id: group.map(|group| &group.id),
                packed: &kept.packed,
                due: kept.due.time(),
                forget_at: kept.forget_at.time(),
            }
        })
    }
}

impl Kept {
    fn of_person(&self) -> Whose {
        Whose::Person(PersonId::of_number(self.person), self.number)
    }
}

/// Spread over all bits.
fn hash(person: u32, number: u32) -> u64 {
    let mixed = (u64::from(number) << 32 | u64::from(person)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed ^ mixed >> 32
}

impl Shelf {
    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    /// How many wait for something to come due.
    pub(super) fn waiting(&self) -> usize {
        self.due.len()
    }

    /// When something comes due next.
    pub(super) fn next_due(&self) -> Option<Time> {
        self.due.first().map(|(due, _)| due.time())
    }

    /// When something may be forgotten next.
    pub(super) fn next_forgotten(&self) -> Option<Time> {
        self.forget.first_key_value().map(|(at, _)| at.time())
    }

    fn slot(&self, whose: Whose) -> Option<u32> {
        match whose {
            Whose::Group(..) => self.groups.slots.get(&whose).copied(),
            Whose::Person(person, number) => {
                let person = person.number();
                let is_it = |slot: &u32| {
                    let kept = self.kept.get(*slot);
                    (kept.person, kept.number) == (person, number)
                };
                self.of_persons.find(hash(person, number), is_it).copied()
            }
        }
    }

    fn whose(&self, slot: u32) -> Whose {
        let group = self.groups.by_slot.get(&slot);
        group.map_or_else(|| self.kept.get(slot).of_person(), |group| group.whose)
    }

    pub(super) fn contains(&self, whose: Whose) -> bool {
        self.slot(whose).is_some()
    }

    /// All of some numbers.
    pub(super) fn of_numbers(&self, is_one: impl Fn(u32) -> bool) -> Vec<Whose> {
        let slots = self.of_persons.iter().chain(self.groups.slots.values());
        let its = slots.filter(|slot| is_one(self.kept.get(**slot).number));
        its.map(|slot| self.whose(*slot)).collect()
    }

    /// The group's id, of a group's thread.
    pub(super) fn group_id(&self, whose: Whose) -> Option<&str> {
        let slot = self.groups.slots.get(&whose)?;
        self.groups.by_slot.get(slot).map(|group| &*group.id)
    }

    /// A thread, opened until the end of the tick.
    pub(super) fn open(&mut self, whose: Whose) -> Option<&Arc<Thread>> {
        let slot = self.slot(whose)?;
        let packed = &self.kept.get(slot).packed;
        let opened = self.opened.entry(whose).or_insert_with(|| Opened {
            thread: Arc::new(packed.open()),
            is_changed: false,
        });
        Some(&opened.thread)
    }

    /// A thread, to be changed; a new one when there is none. `group_id`: of a group's.
    pub(super) fn change(&mut self, whose: Whose, group_id: &str) -> &mut Thread {
        if self.open(whose).is_none() {
            self.place(whose, group_id, Kept::default());
            self.opened.insert(
                whose,
                Opened {
                    thread: Arc::default(),
                    is_changed: true,
                },
            );
        }
        let opened = self.opened.get_mut(&whose).expect("was just opened");
        opened.is_changed = true;
        Arc::make_mut(&mut opened.thread)
    }

    /// A place for a thread that has none.
    fn place(&mut self, whose: Whose, group_id: &str, mut kept: Kept) -> u32 {
        kept.number = whose.number();
        match whose {
            Whose::Person(person, number) => {
                kept.person = person.number();
                let slot = self.kept.insert(kept);
                let all = &self.kept;
                let hash_of = |slot: &u32| {
                    let kept = all.get(*slot);
                    hash(kept.person, kept.number)
                };
                self.of_persons
                    .insert_unique(hash(person.number(), number), slot, hash_of);
                slot
            }
            Whose::Group(..) => {
                let slot = self.kept.insert(kept);
                let id = group_id.into();
                self.groups.slots.insert(whose, slot);
                self.groups.by_slot.insert(slot, Group { whose, id });
                slot
            }
        }
    }

    /// Puts a thread where there is none, as it lay on another shelf.
    pub(super) fn put_back(&mut self, lying: &Lying<'_>) {
        let kept = Kept {
            packed: lying.packed.clone(),
            forget_at: Tick::of(lying.forget_at),
            ..Kept::default()
        };
        let slot = self.place(lying.whose, lying.group_id.map_or("", |id| id), kept);
        self.forget.entry(Tick::of(lying.forget_at)).or_default().push(slot);
        self.set_due(lying.whose, lying.due);
    }

    /// Takes a thread away.
    pub(super) fn remove(&mut self, whose: Whose) -> Option<Arc<Thread>> {
        self.open(whose)?;
        let slot = self.slot(whose).expect("was just opened");
        match whose {
            Whose::Person(person, number) => {
                let found = self
                    .of_persons
                    .find_entry(hash(person.number(), number), |known| *known == slot);
                found.expect("was just found").remove();
            }
            Whose::Group(..) => {
                self.groups.slots.remove(&whose);
                self.groups.by_slot.remove(&slot);
            }
        }
        let kept = self.kept.remove(slot);
        self.due.remove(&(kept.due, slot));
        self.opened.remove(&whose).map(|opened| opened.thread)
    }

    /// When something in a thread comes due; 0 for nothing.
    pub(super) fn due(&self, whose: Whose) -> Time {
        self.slot(whose).map_or(0, |slot| self.kept.get(slot).due.time())
    }

    /// Notes when something in a thread comes due; 0 for nothing.
    pub(super) fn set_due(&mut self, whose: Whose, due: Time) {
        let (Some(slot), due) = (self.slot(whose), Tick::of(due)) else {
            return;
        };
        let before = self.kept.get(slot).due;
        if before == due {
            return;
        }
        if before > Tick::default() {
            self.due.remove(&(before, slot));
        }
        if due > Tick::default() {
            self.due.insert((due, slot));
        }
        self.kept.get_mut(slot).due = due;
    }

    /// The threads in which something comes due by a time.
    pub(super) fn come_due(&mut self, time: Time) -> Vec<Whose> {
        let mut come = Vec::new();
        while let Some((_, slot)) = self.due.first().filter(|(due, _)| due.time() <= time).copied() {
            // It stays noted in the thread, for what is told of that goes by it.
            self.due.pop_first();
            come.push(self.whose(slot));
        }
        come
    }

    /// Notes when a thread may be forgotten, unless that is noted.
    pub(super) fn note_forgotten(&mut self, whose: Whose, at: Time) {
        if let Some(slot) = self.slot(whose)
            && self.kept.get(slot).forget_at == Tick::default()
        {
            self.forget_at(slot, Tick::of(at));
        }
    }

    fn forget_at(&mut self, slot: u32, at: Tick) {
        self.kept.get_mut(slot).forget_at = at;
        self.forget.entry(at).or_default().push(slot);
    }

    /// Lets go of threads, and parts of them, that were noted to be forgotten at a time. `rest`: what to do with a thread: when
    /// to look again, and before when it may be trimmed; nothing to let go of it.
    pub(super) fn forget(&mut self, at: Time, rest: impl Fn(&Thread) -> Option<(Time, i64)>) {
        let at = Tick::of(at);
        let mut slots = self.forget.remove(&at).unwrap_or_default();
        slots.sort_unstable();
        slots.dedup();
        for slot in slots {
            // Its place may have been given to another since.
            if self.kept.get(slot).forget_at != at {
                continue;
            }
            let mut thread = self.kept.get(slot).packed.open();
            match rest(&thread) {
                None => {
                    self.remove(self.whose(slot));
                }
                Some((again, trim_before)) => {
                    thread.trim(trim_before);
                    self.kept.get_mut(slot).packed = Packed::of(&thread);
                    self.forget_at(slot, Tick::of(again));
                }
            }
        }
    }

    /// Puts a thread away that was opened.
    pub(super) fn put_away(&mut self, whose: Whose) {
        if let Some(opened) = self.opened.remove(&whose)
            && let Some(slot) = self.slot(whose).filter(|_| opened.is_changed)
        {
            self.kept.get_mut(slot).packed = Packed::of(&opened.thread);
        }
    }

    /// Ends a tick: whatever was changed has been put away.
    pub(super) fn end_tick(&mut self) {
        debug_assert!(self.opened.values().all(|opened| !opened.is_changed));
        self.opened.clear();
        self.kept.recycle();
    }

    /// All threads as they lie, between two ticks.
    pub(super) fn copied(&self) -> Copied {
        Copied {
            kept: self.kept.clone(),
            of_groups: self.groups.by_slot.clone(),
        }
    }
}
