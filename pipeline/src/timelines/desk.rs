//! The threads of a worker's accounts, and what is told of them tick by tick.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use parlance_schemas::fingerprint;
use parlance_schemas::labels::LinkSource;
use parlance_timeline::identity::{Identifier, Linked, People, PersonId, Remembered};
use parlance_timeline::reading::{LONG_MS, LONGEST_MS, Reading, read};
use parlance_timeline::terms::Terms;
use parlance_timeline::thread::{Fate, Thread};
use parlance_timeline::told::{About, Told, View, changes};
use serde::{Deserialize, Serialize};

use super::fact::{Fact, Link, Place, What};
use super::keep::KeptThread;
use super::subject::{self, Concern, Context, Heard};
use super::{Keeping, due_tick, out};
use crate::decode::identities;
use crate::event::{Diff, Time};
use crate::rows::Row;
use crate::settings::History;
use crate::split::late_for;
use crate::summary::Measured;
use crate::windows;

/// The longest silence that does not end a conversation.
const GAP_MAX_MS: i64 = 24 * 60 * 60 * 1_000;
/// How long before a conversation was last added to something may have been said that its rows follow from: its own
/// beginning, and what shows that it was long.
pub(crate) const REACH: Time = (LONGEST_MS + LONG_MS + GAP_MAX_MS + GAP_MAX_MS) as Time;
/// Threads are looked through for what may be forgotten at this interval (log time, milliseconds).
const LOOK: Time = 10 * 60 * 1_000;

/// Something to tell.
#[derive(Clone, Debug)]
pub(crate) enum Out {
    Row(Row),
    Measured(Measured),
    /// Something that rules may react to.
    Concern(Box<Concern>),
}

/// Which thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) enum Whose {
    /// What a person writes to a number.
    Person(PersonId, u32),
    /// What is written in a group to a number.
    Group(u128, u32),
}

impl Whose {
    fn number(self) -> u32 {
        match self {
            Self::Person(_, number) | Self::Group(_, number) => number,
        }
    }
}

/// One of the business's numbers.
struct Number {
    phone_number_id: Arc<str>,
    waba_id: Arc<str>,
    terms: Arc<Terms>,
}

/// A thread, and when it is to be looked at again.
#[derive(Clone, Default)]
struct Kept {
    /// Shared with what was told before, and with snapshots under way: what changes is copied first.
    thread: Arc<Thread>,
    group_id: Option<Arc<str>>,
    /// When something in it comes due; 0 for nothing.
    due: Time,
    /// When it may be forgotten, in part or whole.
    forget_at: Time,
}

/// A thread as it was told before this tick.
struct Before {
    thread: Arc<Thread>,
    /// Terms that are not those of now.
    terms: Option<Arc<Terms>>,
    /// Something in it has come due.
    came_due: bool,
}

/// Everything a worker knows of its accounts.
pub(crate) struct Desk {
    settings: History,
    /// For how long after it was said a message may still change what is told.
    horizon_ms: i64,
    in_force: i64,
    numbers: Vec<Number>,
    number_of: HashMap<Arc<str>, u32>,
    /// By account.
    numbers_of: HashMap<Arc<str>, Vec<u32>>,
    people: People,
    threads: HashMap<Whose, Kept>,
    due: BTreeMap<Time, Vec<Whose>>,
    forget: BTreeMap<Time, Vec<Whose>>,
    /// Who is to be looked at, whether anything of them is kept.
    idle: BTreeMap<Time, Vec<(PersonId, Arc<str>)>>,
    /// The tick before.
    worked: Time,
    /// What was touched in this tick.
    touched: BTreeMap<Whose, Before>,
    /// What was said in it that rules may react to, with the message's id.
    said: HashMap<Whose, Vec<(String, News)>>,
}

/// What rules may react to.
enum News {
    Spoken(Heard),
    /// By Meta's code, and when.
    Failed(i64, i64),
}

impl Desk {
    pub(super) fn new(keeping: Keeping) -> Self {
        let horizon = keeping.lateness + windows::Width::Day.millis();
        Self {
            settings: keeping.settings,
            horizon_ms: i64::try_from(horizon).expect("the lateness is at most a year"),
            in_force: keeping.in_force,
            numbers: Vec::new(),
            number_of: HashMap::new(),
            numbers_of: HashMap::new(),
            people: People::default(),
            threads: HashMap::new(),
            due: BTreeMap::new(),
            forget: BTreeMap::new(),
            idle: BTreeMap::new(),
            worked: keeping.restored_at.unwrap_or(0),
            touched: BTreeMap::new(),
            said: HashMap::new(),
        }
    }

    pub(super) fn threads(&self) -> usize {
        self.threads.len()
    }

    pub(super) fn people(&self) -> &People {
        &self.people
    }

    /// Every thread, by names that mean the same elsewhere.
    pub(super) fn kept(&self) -> impl Iterator<Item = KeptThread> + '_ {
        self.threads.iter().map(|(whose, kept)| {
            let number = &self.numbers[whose.number() as usize];
            KeptThread {
                waba_id: number.waba_id.clone(),
                phone_number_id: number.phone_number_id.clone(),
                group_id: kept.group_id.clone(),
                whose: *whose,
                thread: kept.thread.clone(),
                due: kept.due,
                forget_at: kept.forget_at,
            }
        })
    }

    /// Takes somebody back who was remembered.
    pub(super) fn remember(&mut self, remembered: Remembered) {
        if let Remembered::Person(id, person) = &remembered {
            self.look_at(*id, &person.waba_id, self.worked);
        }
        self.people.remember(remembered);
    }

    /// Takes a thread back.
    pub(super) fn keep_again(&mut self, entry: KeptThread) {
        let number = self.number(&entry.waba_id, &entry.phone_number_id);
        let whose = match entry.whose {
            Whose::Person(person, _) => Whose::Person(person, number),
            Whose::Group(group, _) => Whose::Group(group, number),
        };
        let KeptThread {
            thread,
            group_id,
            due,
            forget_at,
            ..
        } = entry;
        if due > 0 {
            self.due.entry(due).or_default().push(whose);
        }
        self.forget.entry(forget_at).or_default().push(whose);
        self.threads.insert(
            whose,
            Kept {
                thread,
                group_id,
                due,
                forget_at,
            },
        );
    }

    pub(super) fn waiting(&self) -> usize {
        self.due.values().map(Vec::len).sum()
    }

    /// When something comes due next.
    pub(super) fn next_due(&self) -> Option<Time> {
        self.due.first_key_value().map(|(time, _)| *time)
    }

    /// Takes the facts of a tick that is over, and tells what follows.
    pub(super) fn work(&mut self, mut facts: Vec<Fact>, time: Time, mut give: impl FnMut(Out, Diff)) {
        facts.sort_unstable_by(|a, b| a.what.cmp(&b.what));
        for fact in facts {
            self.take(fact, time, &mut give);
        }
        while let Some(entry) = self.due.first_entry()
            && *entry.key() <= time
        {
            let due = *entry.key();
            for whose in entry.remove() {
                if self.threads.get(&whose).is_some_and(|kept| kept.due == due) {
                    self.touch(whose).came_due = true;
                }
            }
        }
        self.tell(time, &mut give);
        self.worked = time;
        self.forget(time);
    }

    fn take(&mut self, fact: Fact, time: Time, give: &mut impl FnMut(Out, Diff)) {
        let Fact { waba_id, what } = fact;
        match what {
            What::InForce(settings) => self.go_by(settings),
            What::Link(link) => self.link(&waba_id, &link, time, give),
            What::Spoken(place, spoken, heard) => {
                if self.knows(&waba_id, &place, &spoken.id) || self.is_in_time(&place, spoken.at, time, give) {
                    let whose = self.change(&waba_id, &place, |thread| thread.hear(&spoken));
                    self.said
                        .entry(whose)
                        .or_default()
                        .push((spoken.id, News::Spoken(*heard)));
                }
            }
            What::Reported(place, reported) => {
                if self.knows(&waba_id, &place, &reported.id) || self.is_in_time(&place, reported.at, time, give) {
                    let whose = self.change(&waba_id, &place, |thread| thread.report(&reported));
                    if reported.fate == Fate::Failed {
                        let news = News::Failed(reported.error_code, reported.at);
                        self.said.entry(whose).or_default().push((reported.id, news));
                    }
                }
            }
            What::Decided(place, mark) => {
                if self.is_in_time(&place, mark.at, time, give) {
                    self.change(&waba_id, &place, |thread| thread.decide(mark));
                }
            }
        }
    }

    /// Whether something said at a time may still change what is told; if not it is counted.
    fn is_in_time(&self, place: &Place, at: i64, time: Time, give: &mut impl FnMut(Out, Diff)) -> bool {
        let in_time = at.saturating_add(self.horizon_ms) > i64::try_from(time).unwrap_or(i64::MAX);
        if !in_time {
            give(Out::Measured(late_for(&place.phone_number_id, "conversation", time)), 1);
        }
        in_time
    }

    fn number(&mut self, waba_id: &str, phone_number_id: &str) -> u32 {
        if let Some(number) = self.number_of.get(phone_number_id) {
            return *number;
        }
        let number = u32::try_from(self.numbers.len()).expect("a business has not so many numbers");
        let phone_number_id: Arc<str> = phone_number_id.into();
        self.numbers_of.entry(waba_id.into()).or_default().push(number);
        self.number_of.insert(phone_number_id.clone(), number);
        let terms = self.settings.terms(&phone_number_id, self.in_force);
        self.numbers.push(Number {
            phone_number_id,
            waba_id: waba_id.into(),
            terms,
        });
        number
    }

    /// Whether a message of a thread is kept.
    fn knows(&self, waba_id: &str, place: &Place, id: &str) -> bool {
        let number = self.number_of.get(place.phone_number_id.as_str());
        let whose = number.and_then(|number| match &place.group_id {
            group if !group.is_empty() => Some(group_thread(place, *number)),
            _ => {
                let person = self.people.who(Identifier::guess(&place.contact_id).key(waba_id))?;
                Some(Whose::Person(person, *number))
            }
        });
        let kept = whose.and_then(|whose| self.threads.get(&whose));
        kept.is_some_and(|kept| kept.thread.knows(id))
    }

    fn whose(&mut self, waba_id: &str, place: &Place) -> Whose {
        let number = self.number(waba_id, &place.phone_number_id);
        if place.group_id.is_empty() {
            Whose::Person(self.people.see(waba_id, &Identifier::guess(&place.contact_id)), number)
        } else {
            group_thread(place, number)
        }
    }

    /// Remembers how a thread was told, the first time it is touched in a tick.
    fn touch(&mut self, whose: Whose) -> &mut Before {
        let threads = &self.threads;
        self.touched.entry(whose).or_insert_with(|| Before {
            thread: threads.get(&whose).map(|kept| kept.thread.clone()).unwrap_or_default(),
            terms: None,
            came_due: false,
        })
    }

    /// Changes the thread that something was said in.
    fn change(&mut self, waba_id: &str, place: &Place, change: impl FnOnce(&mut Thread)) -> Whose {
        let whose = self.whose(waba_id, place);
        self.touch(whose);
        let kept = self.threads.entry(whose).or_default();
        if !place.group_id.is_empty() && kept.group_id.is_none() {
            kept.group_id = Some(place.group_id.as_str().into());
        }
        change(Arc::make_mut(&mut kept.thread));
        whose
    }

    /// From now on other settings are in force: threads of the integrations they are of are read anew.
    fn go_by(&mut self, settings: i64) {
        if settings <= self.in_force {
            return;
        }
        self.in_force = settings;
        let mut changed: HashMap<u32, Arc<Terms>> = HashMap::new();
        for (index, number) in (0..).zip(&mut self.numbers) {
            let terms = self.settings.terms(&number.phone_number_id, settings);
            if !Arc::ptr_eq(&terms, &number.terms) {
                changed.insert(index, std::mem::replace(&mut number.terms, terms));
            }
        }
        if changed.is_empty() {
            return;
        }
        let concerned: Vec<Whose> = self
            .threads
            .keys()
            .copied()
            .filter(|whose| changed.contains_key(&whose.number()))
            .collect();
        for whose in concerned {
            let terms = changed[&whose.number()].clone();
            self.touch(whose).terms.get_or_insert(terms);
        }
    }

    fn link(&mut self, waba_id: &str, link: &Link, time: Time, give: &mut impl FnMut(Out, Diff)) {
        let Link {
            at,
            a,
            b,
            source,
            linked,
        } = link;
        if *linked {
            match self.people.link(waba_id, a, b, *source) {
                Linked::Merged(from, into) => {
                    self.merge(waba_id, from, into);
                    self.look_at(into, waba_id, time);
                }
                Linked::Added(person) => self.look_at(person, waba_id, time),
                Linked::Already | Linked::Refused => return,
            }
        } else {
            let Some(parted) = self.people.unlink(waba_id, a, b) else {
                return;
            };
            for (person, keys) in parted.others {
                self.look_at(person, waba_id, time);
                for number in self.numbers_of.get(waba_id).cloned().unwrap_or_default() {
                    let (from, to) = (Whose::Person(parted.from, number), Whose::Person(person, number));
                    if !self.threads.contains_key(&from) {
                        continue;
                    }
                    self.touch(from);
                    self.touch(to);
                    let kept = self.threads.get_mut(&from).expect("was just found");
                    let theirs = Arc::make_mut(&mut kept.thread)
                        .part(|contact| keys.contains(&Identifier::guess(contact).key(waba_id)));
                    self.threads.entry(to).or_default().thread = Arc::new(theirs);
                }
            }
        }
        // What came with the log of its own has its row already; what follows from what came together has none.
        if *source == LinkSource::Together || *source == LinkSource::Person {
            let mut row = identities::link(waba_id, ((a.kind, &a.value), (b.kind, &b.value)), *source, *at);
            row.linked = (*linked).into();
            give(Out::Row(Row::Identity(Box::new(row))), 1);
        }
    }

    /// Somebody of whom an identifier is known, and perhaps nothing else ever: they are forgotten as those are who said something.
    fn look_at(&mut self, person: PersonId, waba_id: &str, time: Time) {
        let keep = u64::try_from(GAP_MAX_MS + self.horizon_ms).expect("not negative");
        let at = (time + keep).div_ceil(LOOK) * LOOK;
        self.idle.entry(at).or_default().push((person, waba_id.into()));
    }

    /// Two persons are one: so are their threads.
    fn merge(&mut self, waba_id: &str, from: PersonId, into: PersonId) {
        for number in self.numbers_of.get(waba_id).cloned().unwrap_or_default() {
            let (from, into) = (Whose::Person(from, number), Whose::Person(into, number));
            if self.threads.contains_key(&from) {
                self.touch(from);
                self.touch(into);
                let theirs = self.threads.remove(&from).expect("was just found");
                let kept = self.threads.entry(into).or_default();
                Arc::make_mut(&mut kept.thread).absorb(Arc::unwrap_or_clone(theirs.thread));
            }
        }
    }

    /// Tells what has changed of every thread that was touched.
    fn tell(&mut self, time: Time, give: &mut impl FnMut(Out, Diff)) {
        let now = i64::try_from(time).unwrap_or(i64::MAX);
        let before_now = i64::try_from(self.worked).unwrap_or(i64::MAX);
        for (whose, before) in std::mem::take(&mut self.touched) {
            let number = &self.numbers[whose.number() as usize];
            let gone = Kept::default();
            let kept = self.threads.get(&whose).unwrap_or(&gone);
            let old_terms = before.terms.as_ref().unwrap_or(&number.terms);
            let all = before.came_due || before.terms.is_some();
            let old = read(&before.thread.moments, &before.thread.marks, old_terms, before_now);
            let new = read(&kept.thread.moments, &kept.thread.marks, &number.terms, now);
            let about = About {
                phone_number_id: &number.phone_number_id,
                waba_id: &number.waba_id,
                group_id: kept.group_id.as_deref().unwrap_or_default(),
                floor: kept.thread.floor.max(before.thread.floor),
            };
            let old = view(&before.thread, old_terms, &old, before_now);
            let new_view = view(&kept.thread, &number.terms, &new, now);
            let next = changes(&about, &old, &new_view, all, &mut |told, diff| {
                if let Told::Timer(row) = &told {
                    give(Out::Concern(Box::new(subject::timer(row, &number.terms))), diff);
                }
                give(out(&number.phone_number_id, told), diff);
            });
            if let Some(said) = self.said.remove(&whose) {
                let context = context(number, kept, &new);
                for (id, news) in said {
                    let concern = match news {
                        News::Spoken(heard) => context.message(heard, &id),
                        News::Failed(code, at) => context.failure(&id, code, at),
                    };
                    concern
                        .into_iter()
                        .for_each(|concern| give(Out::Concern(Box::new(concern)), 1));
                }
            }
            let next = next.into_iter().chain(new.changes_at).min().map(due_tick);
            let gap_ms = number.terms.gap_ms;
            let Some(kept) = self.threads.get_mut(&whose) else {
                continue;
            };
            if kept.thread.is_empty() {
                self.threads.remove(&whose);
                continue;
            }
            // What was due before and has not come may still come: of what did not change nothing was asked.
            let still = Some(kept.due).filter(|due| *due > time && !all);
            let due = next.into_iter().chain(still).min().unwrap_or(0);
            if due != kept.due {
                kept.due = due;
                if due > 0 {
                    self.due.entry(due).or_default().push(whose);
                }
            }
            let ends = kept
                .thread
                .last_at()
                .unwrap_or(now)
                .saturating_add(gap_ms + self.horizon_ms);
            let forget_at = due_tick(ends).div_ceil(LOOK) * LOOK;
            if kept.forget_at == 0 {
                kept.forget_at = forget_at.max(time + LOOK);
                self.forget.entry(kept.forget_at).or_default().push(whose);
            }
        }
    }

    /// Lets go of threads, and of parts of threads, that nothing can change any more.
    fn forget(&mut self, time: Time) {
        let now = i64::try_from(time).unwrap_or(i64::MAX);
        while let Some(entry) = self.idle.first_entry()
            && *entry.key() <= time
        {
            for (person, waba_id) in entry.remove() {
                self.forget_person(person, &waba_id);
            }
        }
        while let Some(entry) = self.forget.first_entry()
            && *entry.key() <= time
        {
            for whose in entry.remove() {
                let Some(kept) = self.threads.get_mut(&whose) else {
                    continue;
                };
                let gap_ms = self.numbers[whose.number() as usize].terms.gap_ms;
                let since = now.saturating_sub(gap_ms + self.horizon_ms);
                let Some(last_at) = kept.thread.last_at().filter(|last_at| *last_at > since) else {
                    self.threads.remove(&whose);
                    if let Whose::Person(person, number) = whose {
                        let waba_id = self.numbers[number as usize].waba_id.clone();
                        self.forget_person(person, &waba_id);
                    }
                    continue;
                };
                let terms = &self.numbers[whose.number() as usize].terms;
                let reading = read(&kept.thread.moments, &kept.thread.marks, terms, now);
                Arc::make_mut(&mut kept.thread).trim(&reading, since, gap_ms);
                let again = due_tick(last_at.saturating_add(gap_ms + self.horizon_ms)).div_ceil(LOOK) * LOOK;
                kept.forget_at = again.max(time + LOOK);
                self.forget.entry(kept.forget_at).or_default().push(whose);
            }
        }
    }

    /// Forgets somebody of whom nothing is kept.
    fn forget_person(&mut self, person: PersonId, waba_id: &str) {
        let numbers = self.numbers_of.get(waba_id).map_or(&[][..], Vec::as_slice);
        if !numbers
            .iter()
            .any(|number| self.threads.contains_key(&Whose::Person(person, *number)))
        {
            self.people.forget(person);
        }
    }
}

fn context<'a>(number: &'a Number, kept: &'a Kept, reading: &'a Reading) -> Context<'a> {
    let thread = &kept.thread;
    // The customer by the identifier they used last.
    let contact = thread
        .moments
        .last()
        .and_then(|moment| thread.contacts.get(usize::from(moment.under)));
    let place = Place {
        phone_number_id: number.phone_number_id.to_string(),
        group_id: kept.group_id.as_deref().unwrap_or_default().to_owned(),
        contact_id: contact.map_or_else(String::new, ToString::to_string),
    };
    Context {
        waba_id: &number.waba_id,
        place,
        thread,
        reading,
        terms: &number.terms,
    }
}

fn group_thread(place: &Place, number: u32) -> Whose {
    let parts = [place.phone_number_id.as_str(), &place.group_id];
    Whose::Group(fingerprint::identity("group", &parts).0, number)
}

fn view<'a>(thread: &'a Thread, terms: &'a Terms, reading: &'a Reading, now: i64) -> View<'a> {
    let Thread {
        moments,
        marks,
        contacts,
        ..
    } = thread;
    View {
        moments,
        contacts,
        marks,
        terms,
        reading,
        now,
    }
}
