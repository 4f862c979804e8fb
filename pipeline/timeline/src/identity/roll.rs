//! Persons in little room.
//!
//! Most have a BSUID, a number, or both, that came together: such a person takes 40 bytes, and 5 to 10 for each identifier by which
//! they are found. The rest are kept as they are.

use std::collections::HashMap;
use std::sync::Arc;

use hashbrown::HashTable;
use parlance_schemas::labels::IdentityKind;

use super::{Key, Person, PersonId};
use crate::slots::Slots;

/// Identifiers of a person who is kept in little room.
const FEW: usize = 2;

/// A person with one identifier or two, in little room; or that there is none, or one who takes more.
#[derive(Clone, Copy, Debug)]
struct Few {
    /// In four pieces each, which need no alignment that is worth anything.
    keys: [[u32; 4]; FEW],
    /// When they were last mentioned, whole seconds.
    seen: u32,
    /// Three bits for the kind of each identifier, one for whether the two are joined directly, and the account.
    rest: u32,
}

/// In place of a kind: there is no such identifier.
const NO_KIND: u32 = 7;
/// In place of the first kind: the person is among the many.
const MANY: u32 = 6;
const KIND_BITS: u32 = 3;
const KIND: u32 = (1 << KIND_BITS) - 1;
const LINKED: u32 = 1 << (2 * KIND_BITS);
const ACCOUNT_SHIFT: u32 = 2 * KIND_BITS + 1;
/// Accounts beyond that are not kept in little room.
const ACCOUNTS_MAX: usize = 1 << (32 - ACCOUNT_SHIFT);

const _: () = assert!(
    IdentityKind::ALL.len() <= MANY as usize,
    "kinds have three bits, two of whose values say else"
);

impl Default for Few {
    fn default() -> Self {
        Self {
            keys: [[0; 4]; FEW],
            seen: 0,
            rest: NO_KIND | NO_KIND << KIND_BITS,
        }
    }
}

impl Few {
    fn kind(&self, place: usize) -> u32 {
        self.rest >> (KIND_BITS * place as u32) & KIND
    }

    fn key(&self, place: usize) -> Key {
        let [a, b, c, d] = self.keys[place].map(u128::from);
        Key(a << 96 | b << 64 | c << 32 | d)
    }

    fn count(&self) -> usize {
        (0..FEW).take_while(|place| self.kind(*place) < MANY).count()
    }

    fn account(&self) -> usize {
        (self.rest >> ACCOUNT_SHIFT) as usize
    }
}

/// A key in pieces.
fn pieces(Key(key): Key) -> [u32; 4] {
    [96, 64, 32, 0].map(|shift| (key >> shift) as u32)
}

/// Everybody, and by which identifiers they are found.
#[derive(Clone, Debug, Default)]
pub(super) struct Roll {
    persons: Slots<Few>,
    /// Which identifier of which person: twice the person's number, and one for the second.
    known: HashTable<u32>,
    /// Those who take more, and their identifiers.
    many: HashMap<PersonId, Arc<Person>>,
    known_many: HashMap<Key, PersonId>,
    accounts: Accounts,
}

/// Accounts by a small number.
#[derive(Clone, Debug, Default)]
struct Accounts {
    names: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, usize>,
}

impl Accounts {
    fn number(&mut self, waba_id: &Arc<str>) -> usize {
        if let Some(number) = self.numbers.get(waba_id) {
            return *number;
        }
        let number = self.names.len();
        self.names.push(waba_id.clone());
        self.numbers.insert(waba_id.clone(), number);
        number
    }
}

/// Everybody as they were at some moment.
#[derive(Clone, Debug)]
pub(super) struct Copied {
    persons: Slots<Few>,
    many: HashMap<PersonId, Arc<Person>>,
    accounts: Vec<Arc<str>>,
}

impl Roll {
    pub(super) fn len(&self) -> usize {
        self.persons.len()
    }

    /// Whose identifier it is.
    pub(super) fn who(&self, key: Key) -> Option<PersonId> {
        let few = self.known.find(hash(key), |entry| self.key(*entry) == key);
        let few = few.map(|entry| PersonId(*entry / FEW as u32));
        few.or_else(|| self.known_many.get(&key).copied())
    }

    fn key(&self, entry: u32) -> Key {
        self.persons.get(entry / FEW as u32).key(entry as usize % FEW)
    }

    /// A new person; nobody has their identifiers.
    pub(super) fn add(&mut self, person: Person) -> PersonId {
        let id = PersonId(self.persons.insert(Few::default()));
        assert!(id.0 <= u32::MAX / FEW as u32, "memory ends before numbers do");
        self.put(id, person);
        id
    }

    /// What is known of a person.
    pub(super) fn get(&self, id: PersonId) -> Option<Person> {
        unfold(id, self.persons.get(id.0), &self.accounts.names, &self.many)
    }

    /// Takes what is known of a person out, to be put in again; until then none of their identifiers are known.
    pub(super) fn take(&mut self, id: PersonId) -> Person {
        let few = *self.persons.get(id.0);
        let person = self.get(id).expect("is known");
        if few.kind(0) == MANY {
            self.many.remove(&id);
            person.identifiers.iter().for_each(|(key, _)| {
                self.known_many.remove(key);
            });
        }
        for place in 0..few.count() {
            let entry = id.0 * FEW as u32 + place as u32;
            let found = self.known.find_entry(hash(few.key(place)), |known| *known == entry);
            found.expect("all are found by their identifiers").remove();
        }
        *self.persons.get_mut(id.0) = Few::default();
        person
    }

    /// Puts in what is known of a person whose place is empty.
    pub(super) fn put(&mut self, id: PersonId, person: Person) {
        let account = self.accounts.number(&person.waba_id);
        let count = person.identifiers.len();
        let is_linked = match *person.links.as_slice() {
            [] => Some(false),
            [(a, b)] if count == FEW => {
                let keys = [person.identifiers[0].0, person.identifiers[1].0];
                (keys == [a, b] || keys == [b, a]).then_some(true)
            }
            _ => None,
        };
        let is_few = (1..=FEW).contains(&count) && person.had.is_empty() && account < ACCOUNTS_MAX;
        let Some(is_linked) = is_linked.filter(|_| is_few) else {
            let Few { rest, seen, .. } = self.persons.get_mut(id.0);
            (*rest, *seen) = (MANY | NO_KIND << KIND_BITS, person.seen);
            person.identifiers.iter().for_each(|(key, _)| {
                self.known_many.insert(*key, id);
            });
            self.many.insert(id, Arc::new(person));
            return;
        };
        let mut few = Few {
            seen: person.seen,
            rest: (account as u32) << ACCOUNT_SHIFT | if is_linked { LINKED } else { 0 },
            ..Few::default()
        };
        for place in 0..FEW {
            let kind = person.identifiers.get(place).map_or(NO_KIND, |(_, kind)| *kind as u32);
            few.rest |= kind << (KIND_BITS * place as u32);
        }
        for (place, (key, _)) in person.identifiers.iter().enumerate() {
            few.keys[place] = pieces(*key);
        }
        *self.persons.get_mut(id.0) = few;
        for place in 0..count {
            let persons = &self.persons;
            let hash_of = |entry: &u32| hash(persons.get(entry / FEW as u32).key(*entry as usize % FEW));
            let entry = id.0 * FEW as u32 + place as u32;
            self.known.insert_unique(hash(few.key(place)), entry, hash_of);
        }
    }

    /// Takes a person out for good.
    pub(super) fn remove(&mut self, id: PersonId) -> Person {
        let person = self.take(id);
        self.persons.remove(id.0);
        person
    }

    /// See [`Slots::recycle`].
    pub(super) fn recycle(&mut self) {
        self.persons.recycle();
    }

    /// When somebody was last mentioned, whole seconds.
    pub(super) fn seen(&self, id: PersonId) -> Option<u32> {
        let few = self.persons.get(id.0);
        (few.kind(0) != NO_KIND).then_some(few.seen)
    }

    /// Notes that somebody was mentioned.
    pub(super) fn mention(&mut self, id: PersonId, at: u32) {
        if self.seen(id).is_none_or(|seen| seen >= at) {
            return;
        }
        self.persons.get_mut(id.0).seen = at;
    }

    /// Whether two identifiers of a person are joined directly.
    pub(super) fn is_linked(&self, id: PersonId, pair: (Key, Key)) -> bool {
        match self.many.get(&id) {
            Some(person) => person.links.contains(&pair),
            None => self.persons.get(id.0).rest & LINKED != 0,
        }
    }

    pub(super) fn copied(&self) -> Copied {
        Copied {
            persons: self.persons.clone(),
            many: self.many.clone(),
            accounts: self.accounts.names.clone(),
        }
    }
}

impl Copied {
    /// Everybody.
    pub(super) fn all(&self) -> impl Iterator<Item = Person> + '_ {
        let all = self.persons.iter();
        all.filter_map(|(slot, few)| unfold(PersonId(slot), few, &self.accounts, &self.many))
    }

    /// An identifier of somebody.
    pub(super) fn key(&self, id: PersonId) -> Option<Key> {
        let few = self.persons.get(id.0);
        match few.kind(0) {
            NO_KIND => None,
            MANY => self.many.get(&id)?.identifiers.first().map(|(key, _)| *key),
            _ => Some(few.key(0)),
        }
    }
}

fn unfold(id: PersonId, few: &Few, accounts: &[Arc<str>], many: &HashMap<PersonId, Arc<Person>>) -> Option<Person> {
    let identifier = |place| (few.key(place), IdentityKind::ALL[few.kind(place) as usize]);
    match few.kind(0) {
        NO_KIND => None,
        MANY => Some(Person {
            // Mentions are noted with the others'.
            seen: few.seen,
            ..Person::clone(many.get(&id)?)
        }),
        _ => Some(Person {
            waba_id: accounts[few.account()].clone(),
            identifiers: (0..few.count()).map(identifier).collect(),
            links: (few.rest & LINKED != 0)
                .then(|| super::ordered(few.key(0), few.key(1)))
                .into_iter()
                .collect(),
            had: Vec::new(),
            seen: few.seen,
        }),
    }
}

/// Keys are hashes already.
fn hash(Key(key): Key) -> u64 {
    (key >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_found_as_they_were_put_in_few_identifiers_or_many() {
        assert_eq!(size_of::<Few>(), 40);
        let key = |n: u128| Key(n.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
        let mut roll = Roll::default();
        let person = |n: u128| Person {
            waba_id: format!("waba {}", n % 3).into(),
            identifiers: (0..1 + n % 4)
                .map(|place| (key(10 * n + place), IdentityKind::ALL[(n + place) as usize % 5]))
                .collect(),
            links: (1..1 + n % 4)
                .map(|place| super::super::ordered(key(10 * n), key(10 * n + place)))
                .collect(),
            had: (0..n % 7 / 6).map(|place| key(10 * n + 9 - place)).collect(),
            seen: n as u32,
        };
        let ids: Vec<PersonId> = (1..2_000).map(|n| roll.add(person(n))).collect();
        for (n, id) in (1..).zip(&ids) {
            assert_eq!(roll.get(*id), Some(person(n)));
            roll.mention(*id, 5_000);
            assert_eq!(roll.seen(*id), Some(5_000));
            roll.mention(*id, 4_000);
            let known = roll.take(*id);
            assert_eq!(roll.who(key(10 * n)), None);
            assert_eq!(
                known,
                Person {
                    seen: 5_000,
                    ..person(n)
                }
            );
            roll.put(*id, known.clone());
            for (key, _) in &known.identifiers {
                assert_eq!(roll.who(*key), Some(*id));
            }
        }
        let copied = roll.copied();
        assert_eq!(copied.all().count(), 1_999);
        for (n, id) in (1..).zip(&ids) {
            assert_eq!(copied.key(*id), Some(key(10 * n)));
            roll.remove(*id);
            assert_eq!(
                (roll.get(*id), roll.seen(*id), roll.who(key(10 * n))),
                (None, None, None)
            );
        }
        assert_eq!(
            (roll.len(), roll.known.len(), roll.many.len(), roll.known_many.len()),
            (0, 0, 0, 0)
        );
    }
}
