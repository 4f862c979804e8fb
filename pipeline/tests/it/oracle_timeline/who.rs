//! Who is who, by the words of `parlance_timeline::identity`: sets of identifiers, looked through whole each time.

use std::collections::BTreeSet;

use parlance_schemas::labels::{IdentityKind, LinkSource};

/// An identifier; a number is the same number however it was given.
pub(crate) type Id = (IdentityKind, String);
/// A person, by the order in which they turned up.
pub(crate) type Person = usize;

pub(crate) fn id_of(contact: &str) -> Id {
    let is_bsuid = contact.chars().next().is_some_and(char::is_alphabetic);
    let kind = if is_bsuid {
        IdentityKind::Bsuid
    } else {
        IdentityKind::WaId
    };
    (kind, contact.to_owned())
}

/// Everybody of one account.
#[derive(Clone, Default)]
pub(crate) struct Who {
    /// The identifiers of each person; those who turned out to be others have none.
    persons: Vec<BTreeSet<Id>>,
    links: BTreeSet<(Id, Id)>,
    apart: BTreeSet<(Id, Id)>,
    /// When each person was last mentioned.
    seen: Vec<i64>,
}

/// What news about two identifiers changes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum News {
    None,
    /// People said otherwise.
    Refused,
    /// One person has an identifier more, or another than before.
    Known,
    /// All that was the first's is the second's.
    Merged(Person, Person),
    /// The first was several: who is somebody else, and by which identifiers.
    Parted(Person, Vec<(Person, BTreeSet<Id>)>),
}

impl Who {
    pub(crate) fn find(&self, id: &Id) -> Option<Person> {
        self.persons.iter().position(|ids| ids.contains(id))
    }

    pub(crate) fn see(&mut self, id: &Id, at: i64) -> Person {
        let person = self
            .find(id)
            .unwrap_or_else(|| self.somebody(BTreeSet::from([id.clone()]), at));
        self.mention(person, at);
        person
    }

    fn somebody(&mut self, ids: BTreeSet<Id>, at: i64) -> Person {
        self.persons.push(ids);
        self.seen.push(at);
        self.persons.len() - 1
    }

    pub(crate) fn mention(&mut self, person: Person, at: i64) {
        self.seen[person] = self.seen[person].max(at);
    }

    /// Forgets who was not mentioned for so long.
    pub(crate) fn forget(&mut self, now: i64, keep: i64) -> Vec<Person> {
        let all = 0..self.persons.len();
        let is_gone =
            |person: &Person| !self.persons[*person].is_empty() && forgotten_at(self.seen[*person] + keep) <= now;
        let gone: Vec<Person> = all.filter(is_gone).collect();
        for person in &gone {
            let ids = std::mem::take(&mut self.persons[*person]);
            self.links.retain(|(a, b)| !ids.contains(a) && !ids.contains(b));
        }
        let persons = &self.persons;
        let known = |id: &Id| persons.iter().any(|ids| ids.contains(id));
        if !gone.is_empty() {
            self.apart.retain(|(a, b)| known(a) || known(b));
        }
        gone
    }

    pub(crate) fn link(&mut self, a: &Id, b: &Id, source: LinkSource, at: i64) -> News {
        let pair = ordered(a, b);
        let by_people = source == LinkSource::Person;
        if by_people {
            self.apart.remove(&pair);
        } else if self.apart.contains(&pair) {
            return News::Refused;
        }
        let (one, other) = (self.see(a, at), self.see(b, at));
        if one == other {
            self.links.insert(pair);
            return News::None;
        }
        // A number that comes with a BSUID while its person has another has passed on.
        let of_kind = |kind| [a, b].into_iter().find(|id| id.0 == kind);
        if let (LinkSource::Together, Some(bsuid), Some(number)) =
            (source, of_kind(IdentityKind::Bsuid), of_kind(IdentityKind::WaId))
        {
            let (new, old) = (self.see(bsuid, at), self.see(number, at));
            if self.persons[old].iter().any(|id| id.0 == IdentityKind::Bsuid) {
                self.persons[old].remove(number);
                self.persons[new].insert(number.clone());
                self.links.retain(|(x, y)| x != number && y != number);
                self.links.insert(pair);
                return News::Known;
            }
        }
        let parted = |(x, y): &(Id, Id)| {
            let (ours, theirs) = (&self.persons[one], &self.persons[other]);
            (ours.contains(x) && theirs.contains(y)) || (ours.contains(y) && theirs.contains(x))
        };
        if !by_people && self.apart.iter().any(parted) {
            return News::Refused;
        }
        self.links.insert(pair);
        // The one with fewer identifiers becomes the other; of equals the one who turned up first.
        let size = |person: Person| (self.persons[person].len(), person);
        let (from, into) = if size(one) < size(other) {
            (one, other)
        } else {
            (other, one)
        };
        let ids = std::mem::take(&mut self.persons[from]);
        self.persons[into].extend(ids);
        self.mention(into, self.seen[from]);
        News::Merged(from, into)
    }

    pub(crate) fn unlink(&mut self, a: &Id, b: &Id, at: i64) -> News {
        let (from, other) = (self.see(a, at), self.see(b, at));
        self.apart.insert(ordered(a, b));
        self.links.remove(&ordered(a, b));
        if from != other {
            return News::None;
        }
        if self.together(a).contains(b) {
            self.links.retain(|(x, y)| x != b && y != b);
        }
        let stays = self.together(a);
        let mut gone: BTreeSet<Id> = self.persons[from].difference(&stays).cloned().collect();
        self.persons[from] = self.persons[from].intersection(&stays).cloned().collect();
        let mut others = Vec::new();
        while let Some(id) = gone.first().cloned() {
            let ids: BTreeSet<Id> = self.together(&id).intersection(&gone).cloned().collect();
            gone = gone.difference(&ids).cloned().collect();
            let person = self.somebody(ids.clone(), self.seen[from]);
            others.push((person, ids));
        }
        News::Parted(from, others)
    }

    /// Whatever hangs together with an identifier.
    fn together(&self, id: &Id) -> BTreeSet<Id> {
        let mut found = BTreeSet::from([id.clone()]);
        loop {
            let before = found.len();
            for (x, y) in &self.links {
                if found.contains(x) || found.contains(y) {
                    found.extend([x.clone(), y.clone()]);
                }
            }
            if found.len() == before {
                return found;
            }
        }
    }
}

/// What may be forgotten at a time is, with the tenth minute that comes.
pub(crate) fn forgotten_at(at: i64) -> i64 {
    (at + 599_999).div_euclid(600_000) * 600_000
}

fn ordered(a: &Id, b: &Id) -> (Id, Id) {
    (a.min(b).clone(), a.max(b).clone())
}
