//! Who is who: identifiers of customers, and which of them are of one person.
//!
//! A BSUID is of one person for ever. A number is of one person at a time: when it comes together with another BSUID, and
//! nobody told that its person's BSUID changed, it has passed to somebody else, and the two are not thrown together. Meta's
//! word that a number or BSUID changed, a customer's own number given when asked, and people's decisions do join; people's
//! decisions part as well, and what they parted no webhook joins again. What was said under a number that has passed on is
//! still its former person's.
//!
//! A person is remembered until a time after anything was last said of them or under their identifiers.

mod roll;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parlance_schemas::fingerprint;
use parlance_schemas::labels::{IdentityKind, LinkSource};
use serde::{Deserialize, Serialize};

use roll::{Copied, Roll};

/// One identifier of a customer, within an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identifier {
    /// What kind.
    pub kind: IdentityKind,
    /// Which.
    pub value: String,
}

impl Identifier {
    /// An identifier of which only the text is known: `CC.…` is a BSUID, `CC.ENT.…` one of a parent portfolio, all else a number.
    pub fn guess(value: &str) -> Self {
        let after_country = value
            .split_once('.')
            .filter(|(country, _)| country.len() == 2 && country.bytes().all(|letter| letter.is_ascii_uppercase()));
        let kind = match after_country {
            Some((_, rest)) if rest.starts_with("ENT.") => IdentityKind::ParentBsuid,
            Some(_) => IdentityKind::Bsuid,
            None => IdentityKind::WaId,
        };
        Self {
            kind,
            value: value.to_owned(),
        }
    }

    /// What it is known by. A number is the same number as `wa_id` and as phone.
    pub fn key(&self, waba_id: &str) -> Key {
        let kind = match self.kind {
            IdentityKind::Phone => IdentityKind::WaId,
            kind => kind,
        };
        Key(fingerprint::identity("person", &[waba_id, kind.as_str(), &self.value]).0)
    }
}

/// An identifier, in little room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key(u128);

/// A person, as long as anything of them is remembered: a number, which is another in another run, and given to somebody else
/// when nothing is ([`People::recycle`]); so it is never told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId(u32);

impl PersonId {
    /// The person of a number.
    pub fn of_number(number: u32) -> Self {
        Self(number)
    }

    /// The number.
    pub fn number(self) -> u32 {
        self.0
    }
}

/// What became of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Linked {
    /// Nothing new.
    Already,
    /// The identifier is of that person now, and nothing else changed.
    Added(PersonId),
    /// Two persons are one: all of the first is the second's.
    Merged(PersonId, PersonId),
    /// People said otherwise.
    Refused,
}

/// A person who turned out to be several: who keeps the name, and who has which identifiers now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parted {
    /// Who they were.
    pub from: PersonId,
    /// Who is somebody else now, with their identifiers.
    pub others: Vec<(PersonId, Vec<Key>)>,
}

/// What is known of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The account they write to.
    pub waba_id: Arc<str>,
    identifiers: Vec<(Key, IdentityKind)>,
    /// Which identifiers are joined directly; needed only when two are to be parted.
    links: Vec<(Key, Key)>,
    /// Numbers that have passed on to somebody else.
    had: Vec<Key>,
    /// When they were last mentioned, Unix time in whole seconds, rounded up.
    seen: u32,
}

/// Everybody who is remembered.
#[derive(Clone, Debug, Default)]
pub struct People {
    roll: Roll,
    /// Pairs that people parted, and in which account; the smaller first.
    apart: HashMap<(Key, Key), Arc<str>>,
    /// Whose a number was before it passed on.
    former: HashMap<Key, Vec<PersonId>>,
    /// Who turned up since [`Self::newcomers`] was asked.
    new: Vec<PersonId>,
}

/// One of what is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Remembered {
    /// A person.
    Person(Person),
    /// Two identifiers that people parted, and their account.
    Apart(Key, Key, Arc<str>),
}

impl Remembered {
    /// The account.
    pub fn waba_id(&self) -> &str {
        match self {
            Self::Person(person) => &person.waba_id,
            Self::Apart(.., waba_id) => waba_id,
        }
    }
}

impl People {
    /// How many persons are remembered.
    pub fn len(&self) -> usize {
        self.roll.len()
    }

    /// True when nobody is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whose identifier it is; somebody's who is new when it is. `at`: when it was mentioned, Unix milliseconds.
    pub fn see(&mut self, waba_id: &str, identifier: &Identifier, at: i64) -> PersonId {
        let key = identifier.key(waba_id);
        if let Some(person) = self.who(key) {
            self.mention(person, at);
            return person;
        }
        let id = self.roll.add(Person {
            waba_id: waba_id.into(),
            identifiers: vec![(key, identifier.kind)],
            links: Vec::new(),
            had: Vec::new(),
            seen: whole_seconds(at),
        });
        self.new.push(id);
        id
    }

    /// Notes that somebody was mentioned.
    pub fn mention(&mut self, person: PersonId, at: i64) {
        self.roll.mention(person, whole_seconds(at));
    }

    /// When somebody was last mentioned, if they are remembered: in whole seconds, rounded up, though in milliseconds.
    pub fn seen(&self, person: PersonId) -> Option<i64> {
        self.roll.seen(person).map(|seen| i64::from(seen) * 1_000)
    }

    /// The account somebody writes to.
    pub fn account(&self, person: PersonId) -> Option<Arc<str>> {
        self.roll.get(person).map(|person| person.waba_id)
    }

    /// Who turned up since this was asked last; some may be others already.
    pub fn newcomers(&mut self) -> Vec<PersonId> {
        std::mem::take(&mut self.new)
    }

    /// Whose a number was before it passed on.
    pub fn former(&self, key: Key) -> &[PersonId] {
        self.former.get(&key).map_or(&[], Vec::as_slice)
    }

    /// Changes what is known of a person.
    fn change(&mut self, person: PersonId, change: impl FnOnce(&mut Person)) {
        let mut known = self.roll.take(person);
        change(&mut known);
        self.roll.put(person, known);
    }

    /// All that is remembered, as it is now.
    pub fn copied(&self) -> CopiedPeople {
        CopiedPeople {
            roll: self.roll.copied(),
            apart: self.apart.clone(),
        }
    }

    /// Remembers again.
    pub fn remember(&mut self, remembered: Remembered) {
        match remembered {
            Remembered::Person(person) => {
                let had = person.had.clone();
                let id = self.roll.add(person);
                for key in had {
                    self.former.entry(key).or_default().push(id);
                }
                self.new.push(id);
            }
            Remembered::Apart(a, b, waba_id) => {
                self.apart.insert((a, b), waba_id);
            }
        }
    }

    /// From here on the numbers of persons who are no more are given to others.
    pub fn recycle(&mut self) {
        self.roll.recycle();
    }

    /// Whose identifier it is, if anybody's.
    pub fn who(&self, key: Key) -> Option<PersonId> {
        self.roll.who(key)
    }

    /// Notes that two identifiers are of one person. `at`: when they were mentioned, as of [`Self::see`].
    pub fn link(&mut self, waba_id: &str, a: &Identifier, b: &Identifier, source: LinkSource, at: i64) -> Linked {
        let pair = ordered(a.key(waba_id), b.key(waba_id));
        if pair.0 == pair.1 {
            return Linked::Already;
        }
        if source == LinkSource::Person {
            self.apart.remove(&pair);
        } else if self.apart.contains_key(&pair) {
            return Linked::Refused;
        }
        let (one, other) = (self.see(waba_id, a, at), self.see(waba_id, b, at));
        if one == other {
            if !self.roll.is_linked(one, pair) {
                self.change(one, |person| person.links.push(pair));
            }
            return Linked::Already;
        }
        if source == LinkSource::Together
            && let Some((number, theirs, new)) = self.passed_on(waba_id, (a, one), (b, other))
        {
            self.hand_over(number, theirs, new);
            self.change(new, |person| person.links.push(pair));
            return Linked::Added(new);
        }
        // Those parted by people stay so, whatever joins them now.
        let keys = |person: PersonId| {
            let person = self.roll.get(person).expect("was just seen");
            person.identifiers.iter().map(|(key, _)| *key).collect::<Vec<_>>()
        };
        let (ours, theirs) = (keys(one), keys(other));
        let parted = |a: &Key| theirs.iter().any(|b| self.apart.contains_key(&ordered(*a, *b)));
        if source != LinkSource::Person && ours.iter().any(parted) {
            return Linked::Refused;
        }
        self.merge(one, other, pair)
    }

    /// A number that comes with a BSUID while its person has another: the number, whose it was and whose it is.
    fn passed_on(
        &self,
        waba_id: &str,
        (a, one): (&Identifier, PersonId),
        (b, other): (&Identifier, PersonId),
    ) -> Option<(Key, PersonId, PersonId)> {
        let (number, theirs, new) = match (a.kind, b.kind) {
            (IdentityKind::Bsuid, IdentityKind::WaId | IdentityKind::Phone) => (b, other, one),
            (IdentityKind::WaId | IdentityKind::Phone, IdentityKind::Bsuid) => (a, one, other),
            _ => return None,
        };
        let person = self.roll.get(theirs).expect("was just seen");
        let mut others = person.identifiers.iter();
        others
            .any(|(_, kind)| *kind == IdentityKind::Bsuid)
            .then(|| (number.key(waba_id), theirs, new))
    }

    fn hand_over(&mut self, number: Key, from: PersonId, to: PersonId) {
        let mut person = self.roll.take(from);
        person.links.retain(|(a, b)| *a != number && *b != number);
        let place = person
            .identifiers
            .iter()
            .position(|(key, _)| *key == number)
            .expect("has the number");
        let identifier = person.identifiers.remove(place);
        if !person.had.contains(&number) {
            person.had.push(number);
            self.former.entry(number).or_default().push(from);
        }
        self.roll.put(from, person);
        self.change(to, |person| person.identifiers.push(identifier));
    }

    /// The one with fewer identifiers becomes the other.
    fn merge(&mut self, one: PersonId, other: PersonId, link: (Key, Key)) -> Linked {
        let size = |person: PersonId| {
            let person = self.roll.get(person).expect("was just seen");
            (person.identifiers.len(), person.identifiers[0].0)
        };
        let (from, into) = if size(one) < size(other) {
            (one, other)
        } else {
            (other, one)
        };
        let gone = self.roll.remove(from);
        for key in &gone.had {
            self.no_longer_former(*key, from);
            let former = self.former.entry(*key).or_default();
            if !former.contains(&into) {
                former.push(into);
            }
        }
        self.change(into, |person| {
            person.identifiers.extend(gone.identifiers);
            person.links.extend(gone.links);
            person.links.push(link);
            person.seen = person.seen.max(gone.seen);
            for key in gone.had {
                if !person.had.contains(&key) {
                    person.had.push(key);
                }
            }
        });
        Linked::Merged(from, into)
    }

    fn no_longer_former(&mut self, key: Key, person: PersonId) {
        let Some(former) = self.former.get_mut(&key) else {
            return;
        };
        former.retain(|known| *known != person);
        if former.is_empty() {
            self.former.remove(&key);
        }
    }

    /// Notes that two identifiers are not of one person, whatever webhooks say. Nothing when they were not. `at`: when they were
    /// mentioned, as of [`Self::see`].
    pub fn unlink(&mut self, waba_id: &str, a: &Identifier, b: &Identifier, at: i64) -> Option<Parted> {
        // Both are known from here on: what was decided about them is kept as long as they are.
        let (from, other) = (self.see(waba_id, a, at), self.see(waba_id, b, at));
        let (a, b) = (a.key(waba_id), b.key(waba_id));
        self.apart.insert(ordered(a, b), waba_id.into());
        if from != other {
            return None;
        }
        let mut person = self.roll.take(from);
        let seen = person.seen;
        person.links.retain(|link| *link != ordered(a, b));
        // What still hangs together with `a` stays; if `b` does, by a detour, only `b` itself goes.
        let mut stays = reachable(a, &person.links);
        if stays.contains(&b) {
            person.links.retain(|(x, y)| *x != b && *y != b);
            stays = reachable(a, &person.links);
        }
        let (kept, mut rest): (Vec<_>, Vec<_>) = std::mem::take(&mut person.identifiers)
            .into_iter()
            .partition(|(key, _)| stays.contains(key));
        person.identifiers = kept;
        let links = std::mem::take(&mut person.links);
        let (kept, loose): (Vec<_>, Vec<_>) = links.into_iter().partition(|(x, _)| stays.contains(x));
        person.links = kept;
        self.roll.put(from, person);
        let mut others = Vec::new();
        while let Some(key) = rest.first().map(|(key, _)| *key) {
            let together = reachable(key, &loose);
            let (identifiers, left): (Vec<_>, Vec<_>) = rest.into_iter().partition(|(key, _)| together.contains(key));
            rest = left;
            let keys: Vec<Key> = identifiers.iter().map(|(key, _)| *key).collect();
            let links = loose.iter().copied().filter(|(x, _)| together.contains(x)).collect();
            let id = self.roll.add(Person {
                waba_id: waba_id.into(),
                identifiers,
                links,
                had: Vec::new(),
                seen,
            });
            self.new.push(id);
            others.push((id, keys));
        }
        Some(Parted { from, others })
    }

    /// Forgets a person. Pairs that people parted are kept as long as one of the two is known.
    pub fn forget(&mut self, person: PersonId) {
        if self.roll.seen(person).is_none() {
            return;
        }
        let gone = self.roll.remove(person);
        for key in &gone.had {
            self.no_longer_former(*key, person);
        }
        if !self.apart.is_empty() {
            let roll = &self.roll;
            self.apart
                .retain(|(a, b), _| roll.who(*a).is_some() || roll.who(*b).is_some());
        }
    }
}

/// All that was remembered at some moment. It shares with what is remembered now what has not changed since.
#[derive(Clone, Debug)]
pub struct CopiedPeople {
    roll: Copied,
    apart: HashMap<(Key, Key), Arc<str>>,
}

impl CopiedPeople {
    /// One by one.
    pub fn remembered(&self) -> impl Iterator<Item = Remembered> + '_ {
        let apart = self.apart.iter();
        let apart = apart.map(|((a, b), waba_id)| Remembered::Apart(*a, *b, waba_id.clone()));
        self.roll.all().map(Remembered::Person).chain(apart)
    }

    /// What means the same elsewhere as a person's number here: one of their identifiers.
    pub fn key(&self, person: PersonId) -> Option<Key> {
        self.roll.key(person)
    }
}

/// Unix milliseconds as whole seconds, rounded up; no later than 2106.
fn whole_seconds(at: i64) -> u32 {
    u32::try_from(u64::try_from(at).unwrap_or(0).div_ceil(1_000)).unwrap_or(u32::MAX)
}

fn ordered(a: Key, b: Key) -> (Key, Key) {
    (a.min(b), a.max(b))
}

fn reachable(from: Key, links: &[(Key, Key)]) -> HashSet<Key> {
    let mut found = HashSet::from([from]);
    let mut edge = vec![from];
    while let Some(key) = edge.pop() {
        for (a, b) in links {
            for (this, next) in [(a, b), (b, a)] {
                if *this == key && found.insert(*next) {
                    edge.push(*next);
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const WABA: &str = "waba";

    fn id(value: &str) -> Identifier {
        Identifier::guess(value)
    }

    fn who(people: &People, value: &str) -> PersonId {
        people.who(id(value).key(WABA)).unwrap()
    }

    #[test]
    fn the_kind_of_an_identifier_is_read_off_it() {
        let kinds = ["US.1349", "US.ENT.118", "4915112345678"].map(|text| id(text).kind);
        assert_eq!(
            kinds,
            [IdentityKind::Bsuid, IdentityKind::ParentBsuid, IdentityKind::WaId]
        );
    }

    #[test]
    fn a_number_and_a_bsuid_that_come_together_are_one_person() {
        let mut people = People::default();
        let number = people.see(WABA, &id("49151"), 0);
        let linked = people.link(WABA, &id("DE.1"), &id("49151"), LinkSource::Together, 0);
        assert!(matches!(linked, Linked::Merged(..)), "{linked:?}");
        assert_eq!(who(&people, "DE.1"), who(&people, "49151"));
        assert_eq!(
            people.link(WABA, &id("49151"), &id("DE.1"), LinkSource::Together, 0),
            Linked::Already
        );
        assert_eq!(people.len(), 1);
        assert_ne!(people.see("another account", &id("49151"), 0), number);
    }

    #[test]
    fn a_number_that_passed_on_does_not_join_two_persons_but_a_change_that_meta_tells_does() {
        let mut people = People::default();
        people.link(WABA, &id("DE.1"), &id("49151"), LinkSource::Together, 0);
        let linked = people.link(WABA, &id("DE.2"), &id("49151"), LinkSource::Together, 0);
        assert_eq!(linked, Linked::Added(who(&people, "DE.2")));
        assert_eq!(who(&people, "49151"), who(&people, "DE.2"));
        assert_ne!(who(&people, "DE.1"), who(&people, "DE.2"));
        people.link(WABA, &id("DE.1"), &id("DE.2"), LinkSource::IdChanged, 0);
        assert_eq!(who(&people, "DE.1"), who(&people, "49151"));
    }

    #[test]
    fn what_people_part_no_webhook_joins() {
        let mut people = People::default();
        people.link(WABA, &id("DE.1"), &id("49151"), LinkSource::Together, 0);
        people.link(WABA, &id("DE.1"), &id("DE.2"), LinkSource::IdChanged, 0);
        people.link(WABA, &id("DE.2"), &id("49152"), LinkSource::Together, 0);
        let parted = people.unlink(WABA, &id("DE.1"), &id("DE.2"), 0).unwrap();
        assert_eq!(parted.others.len(), 1);
        assert_eq!(who(&people, "DE.1"), who(&people, "49151"));
        assert_eq!(who(&people, "DE.2"), who(&people, "49152"));
        assert_ne!(who(&people, "DE.1"), who(&people, "DE.2"));
        assert_eq!(
            people.link(WABA, &id("DE.2"), &id("DE.1"), LinkSource::IdChanged, 0),
            Linked::Refused
        );
        assert_eq!(
            people.link(WABA, &id("49151"), &id("49152"), LinkSource::NumberChanged, 0),
            Linked::Refused
        );
        assert!(matches!(
            people.link(WABA, &id("DE.1"), &id("DE.2"), LinkSource::Person, 0),
            Linked::Merged(..)
        ));
        people.forget(who(&people, "DE.1"));
        assert!(people.is_empty());
    }
}
