//! The threads of a worker's accounts, and what is told of them tick by tick.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use parlance_schemas::fingerprint;
use parlance_schemas::labels::LinkSource;
use parlance_schemas::rows::IdentityRow;
use parlance_timeline::identity::{CopiedPeople, Identifier, Linked, Parted, People, PersonId, Remembered};
use parlance_timeline::reading::{LONG_MS, LONGEST_MS, Reading, read};
use parlance_timeline::terms::Terms;
use parlance_timeline::thread::{Fate, Thread};
use parlance_timeline::told::{About, Told, View, changes};

use super::fact::{Fact, Link, Place, What};
use super::keep::{KeptThread, Name};
use super::moved::{Moved, Read, moved};
use super::shelf::{Copied, Lying, Shelf, Whose};
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
/// For so long before a conversation's beginning something may have been said that decides where it begins: whether the thread
/// had gone on for two days without a silence, and on which of the mornings after that it was continued.
const CONTEXT_MS: i64 = LONG_MS + 3 * GAP_MAX_MS;
/// How long before a conversation was last added to something may have been said that its rows follow from, and how long after
/// that it may still be told.
pub(crate) const REACH: Time = (GAP_MAX_MS + LONGEST_MS + CONTEXT_MS) as Time;
/// How long after a conversation began nothing of it is told any more, in milliseconds.
pub(crate) fn final_after(lateness: Time) -> Time {
    let longest = (LONGEST_MS + GAP_MAX_MS) as Time;
    longest + lateness + windows::Width::Day.millis()
}

/// Threads are looked through for what may be forgotten at this interval (log time, milliseconds).
const LOOK: Time = 10 * 60 * 1_000;

/// Something to tell.
#[derive(Clone, Debug)]
pub(crate) enum Out {
    Row(Row),
    Measured(Measured),
    /// Something that rules may react to.
    Concern(Box<Concern>),
    /// That a message stands elsewhere.
    Moved(Box<Moved>),
}

/// One of the business's numbers.
struct Number {
    phone_number_id: Arc<str>,
    waba_id: Arc<str>,
    terms: Arc<Terms>,
}

/// A thread as it was told before this tick.
struct Before {
    /// None while it is as it was.
    thread: Option<Arc<Thread>>,
    /// Terms that are not those of now.
    terms: Option<Arc<Terms>>,
    /// Something in it has come due.
    came_due: bool,
}

/// Everything a worker knows of its accounts.
pub(crate) struct Desk {
    settings: History,
    /// For how long after it was said something new may still change what is told.
    horizon_ms: i64,
    /// For how long after its last message a conversation may.
    keep_ms: i64,
    in_force: i64,
    numbers: Vec<Number>,
    number_of: HashMap<Arc<str>, u32>,
    /// By account.
    numbers_of: HashMap<Arc<str>, Vec<u32>>,
    people: People,
    threads: Shelf,
    /// Who is to be looked at, whether they have not been mentioned for long.
    idle: BTreeMap<Time, Vec<PersonId>>,
    /// The tick before.
    worked: Time,
    /// What was touched in this tick.
    touched: BTreeMap<Whose, Before>,
    /// Threads that became one, or several.
    joined: Vec<(Whose, Whose)>,
    /// What was told in it of who is who, the last of each pair.
    linked: BTreeMap<[String; 5], IdentityRow>,
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
    pub(crate) fn new(keeping: Keeping) -> Self {
        let horizon = keeping.lateness + windows::Width::Day.millis();
        let horizon_ms = i64::try_from(horizon).expect("the lateness is at most a year");
        Self {
            settings: keeping.settings,
            horizon_ms,
            keep_ms: horizon_ms + GAP_MAX_MS,
            in_force: keeping.in_force,
            numbers: Vec::new(),
            number_of: HashMap::new(),
            numbers_of: HashMap::new(),
            people: People::default(),
            threads: Shelf::default(),
            idle: BTreeMap::new(),
            worked: keeping.restored_at.unwrap_or(0),
            touched: BTreeMap::new(),
            joined: Vec::new(),
            linked: BTreeMap::new(),
            said: HashMap::new(),
        }
    }

    pub(crate) fn threads(&self) -> usize {
        self.threads.len()
    }

    pub(super) fn people(&self) -> &People {
        &self.people
    }

    /// All that is remembered.
    pub(super) fn copied(&self) -> CopiedDesk {
        let numbers = self.numbers.iter();
        CopiedDesk {
            people: self.people.copied(),
            threads: self.threads.copied(),
            numbers: numbers
                .map(|number| (number.waba_id.clone(), number.phone_number_id.clone()))
                .collect(),
        }
    }

    /// Takes somebody back who was remembered.
    pub(super) fn remember(&mut self, remembered: Remembered) {
        self.people.remember(remembered);
        self.watch_newcomers(self.worked);
    }

    /// Takes a thread back. Its customer was before.
    pub(super) fn keep_again(&mut self, entry: &KeptThread) {
        let number = self.number(&entry.waba_id, &entry.phone_number_id);
        let whose = match &entry.name {
            Name::Group(group, _) => Whose::Group(*group, number),
            Name::Person(key) => match self.people.who(*key) {
                Some(person) => Whose::Person(person, number),
                None => {
                    tracing::warn!(
                        phone_number_id = &*entry.phone_number_id,
                        "a thread is of nobody who is known"
                    );
                    return;
                }
            },
        };
        self.threads.put_back(&Lying {
            whose,
            group_id: match &entry.name {
                Name::Group(_, id) => Some(id),
                Name::Person(_) => None,
            },
            packed: &entry.packed,
            due: entry.due,
            forget_at: entry.forget_at,
        });
    }

    pub(super) fn waiting(&self) -> usize {
        self.threads.waiting()
    }

    /// When something comes due next.
    pub(crate) fn next_due(&self) -> Option<Time> {
        self.threads.next_due()
    }

    /// Takes the facts of a tick that is over, and tells what follows.
    pub(crate) fn work(&mut self, mut facts: Vec<Fact>, time: Time, mut give: impl FnMut(Out, Diff)) {
        self.forget(time);
        facts.sort_unstable_by(|a, b| a.what.cmp(&b.what));
        for fact in facts {
            self.take(fact, time, &mut give);
        }
        self.watch_newcomers(time);
        for whose in self.threads.come_due(time) {
            self.touch(whose).came_due = true;
        }
        for row in std::mem::take(&mut self.linked).into_values() {
            give(Out::Row(Row::Identity(Box::new(row))), 1);
        }
        self.tell(time, &mut give);
        self.threads.end_tick();
        self.people.recycle();
        self.worked = time;
    }

    fn take(&mut self, fact: Fact, time: Time, give: &mut impl FnMut(Out, Diff)) {
        let Fact { waba_id, what } = fact;
        match what {
            What::InForce(settings) => self.go_by(settings),
            What::Link(link) => self.link(&waba_id, &link, time),
            What::Spoken(place, spoken, heard) => {
                let whose = self.holder(&waba_id, &place, &spoken.id);
                if self.is_alive(whose, &spoken.id, time) || self.is_in_time(&place, spoken.at, time, give) {
                    let whose = whose.unwrap_or_else(|| self.whose(&waba_id, &place, spoken.at, time));
                    self.change(whose, &place, spoken.at, time, |thread| thread.hear(&spoken));
                    self.said
                        .entry(whose)
                        .or_default()
                        .push((spoken.id, News::Spoken(*heard)));
                }
            }
            What::Reported(place, reported) => {
                let whose = self.holder(&waba_id, &place, &reported.id);
                if self.is_alive(whose, &reported.id, time) || self.is_in_time(&place, reported.at, time, give) {
                    let whose = whose.unwrap_or_else(|| self.whose(&waba_id, &place, reported.at, time));
                    self.change(whose, &place, reported.at, time, |thread| thread.report(&reported));
                    if reported.fate == Fate::Failed {
                        let news = News::Failed(reported.error_code, reported.at);
                        self.said.entry(whose).or_default().push((reported.id, news));
                    }
                }
            }
            What::Decided(place, mark) => {
                if self.is_in_time(&place, mark.at, time, give) {
                    let whose = self.whose(&waba_id, &place, mark.at, time);
                    self.change(whose, &place, mark.at, time, |thread| thread.decide(mark));
                }
            }
        }
    }

    /// Whether something said at a time may still change what is told; if not it is counted.
    fn is_in_time(&self, place: &Place, at: i64, time: Time, give: &mut impl FnMut(Out, Diff)) -> bool {
        let in_time = at.saturating_add(self.horizon_ms) > i64::try_from(time).unwrap_or(i64::MAX);
        if !in_time {
            metrics::counter!("pipeline_late_total", "window" => "conversation").increment(1);
            give(Out::Measured(late_for(&place.phone_number_id, "conversation", time)), 1);
        }
        in_time
    }

    /// Whether a message of a thread is known, and not from before the conversations that are still told. This goes by times
    /// alone: when something is forgotten depends on when its thread is looked at.
    fn is_alive(&mut self, whose: Option<Whose>, id: &str, time: Time) -> bool {
        let since = i64::try_from(time).unwrap_or(i64::MAX).saturating_sub(self.keep_ms);
        let Some((whose, thread)) = whose.and_then(|whose| Some((whose, self.threads.open(whose)?))) else {
            return false;
        };
        let Some(said_at) = thread.said_at(id) else {
            return false;
        };
        let terms = &self.numbers[whose.number() as usize].terms;
        said_at > since || said_at >= read(&thread.moments, &thread.marks, terms, 0).floor(since)
    }

    fn number(&mut self, waba_id: &str, phone_number_id: &str) -> u32 {
        if let Some(number) = self.number_of.get(phone_number_id).copied() {
            if *self.numbers[number as usize].waba_id != *waba_id {
                // It is of another account by now: what that one's customers wrote to it is theirs all the same.
                let numbers = self.numbers_of.entry(waba_id.into()).or_default();
                if !numbers.contains(&number) {
                    numbers.push(number);
                }
            }
            return number;
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

    /// The thread that a message is kept in: its customer's, or that of whoever had their number before them.
    fn holder(&mut self, waba_id: &str, place: &Place, id: &str) -> Option<Whose> {
        let Self {
            number_of,
            people,
            threads,
            ..
        } = self;
        let number = *number_of.get(place.phone_number_id.as_str())?;
        let mut knows = |whose: &Whose| {
            let thread = threads.open(*whose);
            thread.is_some_and(|thread| thread.said_at(id).is_some())
        };
        if !place.group_id.is_empty() {
            return Some(group_thread(place, number)).filter(knows);
        }
        let key = Identifier::guess(&place.contact_id).key(waba_id);
        let former = people.former(key).iter().copied();
        let persons = people.who(key).into_iter().chain(former);
        persons
            .map(|person| Whose::Person(person, number))
            .find(|whose| knows(whose))
    }

    /// The thread that something said at a time belongs to.
    fn whose(&mut self, waba_id: &str, place: &Place, at: i64, time: Time) -> Whose {
        let number = self.number(waba_id, &place.phone_number_id);
        if place.group_id.is_empty() {
            let at = at.max(i64::try_from(time).unwrap_or(i64::MAX));
            Whose::Person(
                self.people.see(waba_id, &Identifier::guess(&place.contact_id), at),
                number,
            )
        } else {
            group_thread(place, number)
        }
    }

    /// Notes that a thread is to be told anew.
    fn touch(&mut self, whose: Whose) -> &mut Before {
        self.touched.entry(whose).or_insert_with(|| Before {
            thread: None,
            terms: None,
            came_due: false,
        })
    }

    /// Remembers how a thread was, the first time it is changed in a tick.
    fn touch_to_change(&mut self, whose: Whose) {
        let thread = self.threads.open(whose).cloned();
        self.touch(whose)
            .thread
            .get_or_insert_with(|| thread.unwrap_or_default());
    }

    /// Changes the thread that something was said in.
    fn change(&mut self, whose: Whose, place: &Place, at: i64, time: Time, change: impl FnOnce(&mut Thread)) {
        if let Whose::Person(person, _) = whose {
            self.people
                .mention(person, at.max(i64::try_from(time).unwrap_or(i64::MAX)));
        }
        self.touch_to_change(whose);
        change(self.threads.change(whose, &place.group_id));
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
        let concerned = self.threads.of_numbers(|number| changed.contains_key(&number));
        for whose in concerned {
            let terms = changed[&whose.number()].clone();
            self.touch(whose).terms.get_or_insert(terms);
        }
    }

    fn link(&mut self, waba_id: &str, link: &Link, time: Time) {
        let Link {
            at,
            a,
            b,
            source,
            linked,
            author,
        } = link;
        let now = i64::try_from(time).unwrap_or(i64::MAX);
        let is_told = if *linked {
            let linked = self.people.link(waba_id, a, b, *source, now);
            if let Linked::Merged(from, into) = linked {
                self.merge(waba_id, from, into);
            }
            match linked {
                Linked::Merged(..) | Linked::Added(_) => true,
                // That two came together is told once; what somebody said each time.
                Linked::Already => *source != LinkSource::Together,
                Linked::Refused => false,
            }
        } else {
            if let Some(parted) = self.people.unlink(waba_id, a, b, now) {
                self.part(waba_id, &parted);
            }
            true
        };
        if is_told {
            let mut row = identities::link(waba_id, ((a.kind, &a.value), (b.kind, &b.value)), *source, *at);
            row.linked = (*linked).into();
            row.author.clone_from(author);
            self.linked.insert(row.key(), row);
        }
    }

    /// Somebody turned out to be several: so do their threads.
    fn part(&mut self, waba_id: &str, parted: &Parted) {
        let numbers = self.numbers_of.get(waba_id).cloned().unwrap_or_default();
        for ((person, keys), number) in parted
            .others
            .iter()
            .flat_map(|other| numbers.iter().map(move |n| (other, *n)))
        {
            let (from, to) = (Whose::Person(parted.from, number), Whose::Person(*person, number));
            if !self.threads.contains(from) {
                continue;
            }
            self.touch_to_change(from);
            self.touch_to_change(to);
            self.joined.push((from, to));
            let theirs = self
                .threads
                .change(from, "")
                .part(|contact| keys.contains(&Identifier::guess(contact).key(waba_id)));
            *self.threads.change(to, "") = theirs;
        }
    }

    /// Who turned up will be looked at when they may have been forgotten by all.
    fn watch_newcomers(&mut self, time: Time) {
        for person in self.people.newcomers() {
            if let Some(seen) = self.people.seen(person) {
                let at = self.ends(seen).max(next_look(time));
                self.idle.entry(at).or_default().push(person);
            }
        }
    }

    /// When what was last added to at a time may be forgotten: at the same times in every run.
    fn ends(&self, last_at: i64) -> Time {
        ends(last_at, self.keep_ms)
    }

    /// Two persons are one: so are their threads.
    fn merge(&mut self, waba_id: &str, from: PersonId, into: PersonId) {
        for number in self.numbers_of.get(waba_id).cloned().unwrap_or_default() {
            let (from, into) = (Whose::Person(from, number), Whose::Person(into, number));
            if self.threads.contains(from) {
                self.touch_to_change(from);
                self.touch_to_change(into);
                self.joined.push((from, into));
                let theirs = self.threads.remove(from).expect("was just found");
                self.threads.change(into, "").absorb(Arc::unwrap_or_clone(theirs));
            }
        }
    }

    /// Tells what has changed of every thread that was touched.
    fn tell(&mut self, time: Time, give: &mut impl FnMut(Out, Diff)) {
        let now = i64::try_from(time).unwrap_or(i64::MAX);
        let before_now = i64::try_from(self.worked).unwrap_or(i64::MAX);
        let since = now - self.keep_ms;
        let joined = self.floors_of_joined(since);
        for (whose, before) in std::mem::take(&mut self.touched) {
            let number = &self.numbers[whose.number() as usize];
            let thread = self.threads.open(whose).cloned().unwrap_or_default();
            let old_thread = before.thread.as_ref().unwrap_or(&thread);
            let group_id = self.threads.group_id(whose).unwrap_or_default();
            let old_terms = before.terms.as_ref().unwrap_or(&number.terms);
            let all = before.came_due || before.terms.is_some();
            let old = read(&old_thread.moments, &old_thread.marks, old_terms, before_now);
            let new = read(&thread.moments, &thread.marks, &number.terms, now);
            let about = About {
                phone_number_id: &number.phone_number_id,
                waba_id: &number.waba_id,
                group_id,
                // What is final in both stays as it was told.
                floor: joined
                    .get(&whose)
                    .copied()
                    .unwrap_or_else(|| old.floor(since).min(new.floor(since)))
                    .max(thread.floor)
                    .max(old_thread.floor),
            };
            let (was, is) = (
                reading_of(old_thread, old_terms, &old),
                reading_of(&thread, &number.terms, &new),
            );
            if before.thread.is_some() || before.terms.is_some() {
                let said = self.said.get(&whose).map_or(&[][..], Vec::as_slice);
                // What was spoken is told with where it stands.
                let is_told = |id: &str| {
                    let spoken = |(known, news): &(String, News)| known == id && matches!(news, News::Spoken(_));
                    said.iter().any(spoken)
                };
                let came = joined.contains_key(&whose);
                moved(&number.phone_number_id, (was, is), came, is_told, |moved| {
                    give(Out::Moved(Box::new(moved)), 1);
                });
            }
            let old = view(old_thread, old_terms, &old, before_now);
            let new_view = view(&thread, &number.terms, &new, now);
            let next = changes(&about, &old, &new_view, all, &mut |told, diff| {
                if let Told::Timer(row) = &told {
                    give(Out::Concern(Box::new(subject::timer(row, &number.terms))), diff);
                }
                give(out(&number.phone_number_id, told), diff);
            });
            if let Some(said) = self.said.remove(&whose) {
                let context = context(number, (&thread, group_id), is);
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
            let ends = self.ends(thread.last_at().unwrap_or(now)).max(next_look(time));
            if thread.is_empty() {
                self.threads.remove(whose);
                continue;
            }
            // What was due before and has not come may still come: of what did not change nothing was asked.
            let still = Some(self.threads.due(whose)).filter(|due| *due > time && !all);
            let due = next.into_iter().chain(still).min().unwrap_or(0);
            self.threads.set_due(whose, due);
            self.threads.note_forgotten(whose, ends);
            self.threads.put_away(whose);
        }
    }

    /// Where what is told of threads begins that became one or several in this tick: for all of them alike, as what was final in
    /// one may go on in another.
    fn floors_of_joined(&mut self, since: i64) -> HashMap<Whose, i64> {
        let joined = std::mem::take(&mut self.joined);
        let mut floors = HashMap::new();
        for whose in joined.iter().flat_map(|(a, b)| [*a, *b]) {
            let Some(before) = self.touched.get(&whose) else {
                continue;
            };
            let terms = &self.numbers[whose.number() as usize].terms;
            let floor = |thread: &Thread, terms| read(&thread.moments, &thread.marks, terms, 0).floor(since);
            let old = before
                .thread
                .as_ref()
                .map_or(i64::MAX, |thread| floor(thread, before.terms.as_ref().unwrap_or(terms)));
            let new = self.threads.open(whose).map_or(i64::MAX, |thread| floor(thread, terms));
            floors.insert(whose, old.min(new));
        }
        // Once for each pair is enough for the least to come through a chain of them.
        for (a, b) in joined.iter().flat_map(|_| &joined) {
            let least = floors.get(a).min(floors.get(b)).copied().unwrap_or(i64::MAX);
            floors.extend([(*a, least), (*b, least)]);
        }
        floors
    }

    /// Lets go, in the order of their times, of threads, parts of threads and persons that nothing depends on any more. This comes
    /// before the facts of a tick, so that what these find depends on the log and not on when else there was work.
    fn forget(&mut self, time: Time) {
        loop {
            let threads = self.threads.next_forgotten();
            let persons = self.idle.first_key_value().map(|(at, _)| *at);
            let Some(at) = threads.into_iter().chain(persons).min().filter(|at| *at <= time) else {
                return;
            };
            let now = i64::try_from(at).unwrap_or(i64::MAX);
            let keep_ms = self.keep_ms;
            self.threads.forget(at, |thread| {
                let last_at = thread
                    .last_at()
                    .filter(|last_at| last_at.saturating_add(keep_ms) > now)?;
                Some((ends(last_at, keep_ms), now - keep_ms - LONGEST_MS - CONTEXT_MS))
            });
            let mut persons = self.idle.remove(&at).unwrap_or_default();
            // A number may have been noted for one who is no more as well.
            persons.sort_unstable();
            persons.dedup();
            for person in persons {
                match self.people.seen(person).map(|seen| self.ends(seen)) {
                    Some(ends) if ends > at => self.idle.entry(ends).or_default().push(person),
                    Some(_) => self.forget_person(person),
                    None => {}
                }
            }
        }
    }

    /// Their threads were forgotten before; whoever gets their number must not find one.
    fn forget_person(&mut self, person: PersonId) {
        let account = self.people.account(person);
        for number in account
            .and_then(|account| self.numbers_of.get(&account))
            .into_iter()
            .flatten()
        {
            self.threads.remove(Whose::Person(person, *number));
        }
        self.people.forget(person);
    }
}

/// See [`Desk::ends`].
fn ends(last_at: i64, keep_ms: i64) -> Time {
    due_tick(last_at.saturating_add(keep_ms)).div_ceil(LOOK) * LOOK
}

/// When threads and persons are next looked through after a time.
fn next_look(time: Time) -> Time {
    (time / LOOK + 1) * LOOK
}

fn reading_of<'a>(thread: &'a Thread, terms: &'a Terms, reading: &'a Reading) -> Read<'a> {
    Read { thread, reading, terms }
}

fn context<'a>(number: &'a Number, (thread, group_id): (&'a Thread, &str), read: Read<'a>) -> Context<'a> {
    // The customer by the identifier they used last.
    let contact = thread
        .moments
        .last()
        .and_then(|moment| thread.contacts.get(usize::from(moment.under)));
    let place = Place {
        phone_number_id: number.phone_number_id.to_string(),
        group_id: group_id.to_owned(),
        contact_id: contact.map_or_else(String::new, ToString::to_string),
    };
    Context {
        waba_id: &number.waba_id,
        place,
        read,
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

/// All that was remembered at the end of some tick. It shares with what is remembered now what has not changed since.
pub(super) struct CopiedDesk {
    people: CopiedPeople,
    threads: Copied,
    /// Accounts and numbers.
    numbers: Vec<(Arc<str>, Arc<str>)>,
}

impl CopiedDesk {
    pub(super) fn people(&self) -> impl Iterator<Item = Remembered> {
        self.people.remembered()
    }

    /// Every thread, by names that mean the same elsewhere.
    pub(super) fn threads(&self) -> impl Iterator<Item = KeptThread> {
        self.threads.all().filter_map(|lying| {
            let (waba_id, phone_number_id) = self.numbers[lying.whose.number() as usize].clone();
            let name = match lying.whose {
                // Threads of nobody are of nobody elsewhere too.
                Whose::Person(person, _) => Name::Person(self.people.key(person)?),
                Whose::Group(group, _) => Name::Group(group, lying.group_id.cloned().unwrap_or_default()),
            };
            Some(KeptThread {
                waba_id,
                phone_number_id,
                name,
                packed: lying.packed.clone(),
                due: lying.due,
                forget_at: lying.forget_at,
            })
        })
    }
}
