//! The log played tick by tick: after each, every thread is read anew, and what it says replaces what was told before.

use std::collections::{BTreeMap, BTreeSet};

use parlance_schemas::labels::{By, Intent, Measure, Sentiment, Urgency};
use parlance_schemas::rows::IdentityRow;

use super::book::{Book, closes};
use super::facts::{Link, Marked, Place, Reported, Spoken, Tick, ticks};
use super::meaning::{Mark, meaning};
use super::measured::{Measured, Sum};
use super::presets::{DAY, HOUR, MINUTE};
use super::script::{Script, account, phone};
use super::thread::{Known, Thread};
use super::told::{About, Told, told};
use super::who::{News, Person, Who, forgotten_at, id_of};

/// Intent, sentiment and urgency of a message.
pub(crate) type Labels = (Intent, Sentiment, Urgency);
/// What the pipeline said of each message's labels, and when: by number and id.
pub(crate) type Labelled = BTreeMap<(String, String), BTreeMap<u64, Labels>>;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    Person(u8, Person),
    Group(u8, String),
}

struct Replay<'a> {
    script: &'a Script,
    labelled: &'a Labelled,
    dawn: i64,
    who: BTreeMap<&'static str, Who>,
    threads: BTreeMap<Whose, Thread>,
    wakes: BTreeSet<u64>,
    in_force: i64,
    touched: BTreeSet<Whose>,
    /// Threads that were one until this tick.
    parted: Vec<(Whose, Whose)>,
    book: Book,
}

/// Plays a log to its end. `dawn`: when the story begins.
pub(crate) fn replay(script: &Script, labelled: &Labelled, dawn: i64) -> Book {
    let mut replay = Replay {
        script,
        labelled,
        dawn,
        who: BTreeMap::new(),
        threads: BTreeMap::new(),
        wakes: BTreeSet::new(),
        in_force: 0,
        touched: BTreeSet::new(),
        parted: Vec::new(),
        book: Book::new(script.lateness),
    };
    let mut logged = ticks(script);
    let known: BTreeMap<(String, String), Spoken> = logged
        .values()
        .flat_map(|tick| {
            tick.spoken
                .iter()
                .map(|spoken| ((spoken.place.phone(), spoken.id.clone()), spoken.clone()))
        })
        .collect();
    let mut again: BTreeMap<u64, Vec<Spoken>> = BTreeMap::new();
    for (key, said) in labelled {
        for tick in said.keys() {
            again.entry(*tick).or_default().extend(known.get(key).cloned());
        }
    }
    // What was logged is said; what was labelled anew is said again.
    let first: BTreeMap<(String, String), u64> = logged
        .iter()
        .flat_map(|(time, tick)| {
            tick.spoken
                .iter()
                .map(|spoken| ((spoken.place.phone(), spoken.id.clone()), *time))
        })
        .collect();
    for (key, time) in &first {
        let told = labelled.get(key).and_then(|said| said.keys().next());
        assert_eq!(told, Some(time), "{key:?} has its first row when it is logged");
    }
    replay.wakes.extend(logged.keys().chain(again.keys()));
    while let Some(time) = replay.wakes.pop_first() {
        if time > script.last_tick() {
            break;
        }
        let tick = logged.remove(&time).unwrap_or_default();
        let again = again.remove(&time).unwrap_or_default();
        replay.tick(time, &tick, &again);
    }
    replay.book
}

impl Replay<'_> {
    fn horizon(&self) -> i64 {
        self.script.lateness + DAY
    }

    fn tick(&mut self, time: u64, tick: &Tick, again: &[Spoken]) {
        self.in_force = self.in_force.max(tick.in_force);
        let now = i64::try_from(time).unwrap();
        let keep = self.horizon() + DAY;
        self.threads.retain(|_, thread| {
            thread
                .last_at()
                .is_some_and(|last_at| forgotten_at(last_at + keep) > now)
        });
        for (waba_id, who) in &mut self.who {
            for gone in who.forget(now, keep) {
                let is_theirs = |whose: &Whose| matches!(whose, Whose::Person(number, person) if *person == gone && account(*number) == *waba_id);
                self.threads.retain(|whose, _| !is_theirs(whose));
            }
        }
        let mut late = Vec::new();
        let mut links = tick.links.clone();
        links.sort();
        links.iter().for_each(|link| self.link(link, time));
        for (number, at) in &tick.messages {
            for width in [MINUTE, HOUR, DAY] {
                if closes(self.script.lateness, at.div_euclid(width) * width, width) <= time {
                    let label = if width == MINUTE {
                        "1m"
                    } else if width == HOUR {
                        "1h"
                    } else {
                        "1d"
                    };
                    late.push((phone(*number), label));
                }
            }
        }
        for spoken in again {
            self.hear(spoken, time, &mut late);
        }
        let mut reported: Vec<&Reported> = tick.reported.iter().collect();
        reported.sort_by_key(|reported| (&reported.place, &reported.id, reported.at));
        for reported in reported {
            self.report(reported, time, &mut late);
        }
        for marked in &tick.marked {
            self.mark(marked, time, &mut late);
        }
        self.tell(time);
        for (number, label) in late {
            let measured = Measured {
                at: now,
                measure: Measure::Late,
                by: By::Window,
                label: label.to_owned(),
                sum: Sum::count(1),
            };
            self.book.measure(&number, &measured, 1, time);
        }
        self.book.settle(time);
    }

    /// The thread that a message is in, or that something at a place belongs to.
    fn whose(&mut self, place: &Place, id: Option<&str>) -> Whose {
        let here = |whose: &Whose| matches!(whose, Whose::Person(number, _) | Whose::Group(number, _) if *number == place.number);
        let mut threads = self.threads.iter();
        let knows =
            threads.find(|(whose, thread)| here(whose) && id.is_some_and(|id| thread.messages.contains_key(id)));
        if let Some((whose, _)) = knows {
            return whose.clone();
        }
        if let Some(group) = &place.group {
            return Whose::Group(place.number, group.clone());
        }
        let who = self.who.entry(place.waba_id()).or_default();
        Whose::Person(place.number, who.find(&id_of(&place.contact)).unwrap_or(usize::MAX))
    }

    /// The thread to change, if what was said at a time may still change it.
    fn change(
        &mut self,
        place: &Place,
        id: Option<&str>,
        at: i64,
        time: u64,
        late: &mut Vec<(String, &str)>,
    ) -> Option<&mut Thread> {
        let now = i64::try_from(time).unwrap();
        let mut whose = self.whose(place, id);
        let terms = self.script.terms(place.number, self.in_force, self.dawn);
        let since = now - self.horizon() - DAY;
        let knows = id.is_some_and(|id| {
            self.threads
                .get(&whose)
                .is_some_and(|thread| thread.is_alive(id, &terms, since))
        });
        if !knows && at + self.horizon() <= now {
            late.push((place.phone(), "conversation"));
            return None;
        }
        if matches!(whose, Whose::Person(_, usize::MAX)) {
            let who = self.who.get_mut(place.waba_id()).expect("was looked into");
            whose = Whose::Person(place.number, who.see(&id_of(&place.contact), now.max(at)));
        }
        if let Whose::Person(_, person) = whose {
            self.who
                .entry(place.waba_id())
                .or_default()
                .mention(person, now.max(at));
        }
        self.touched.insert(whose.clone());
        Some(self.threads.entry(whose).or_default())
    }

    fn hear(&mut self, spoken: &Spoken, time: u64, late: &mut Vec<(String, &str)>) {
        let labels = self.labelled[&(spoken.place.phone(), spoken.id.clone())][&time];
        let Some(thread) = self.change(&spoken.place, Some(&spoken.id), spoken.at, time, late) else {
            return;
        };
        let known = thread.messages.entry(spoken.id.clone()).or_insert(Known {
            spoken: None,
            labels,
            reported: Vec::new(),
        });
        (known.spoken, known.labels) = (Some(spoken.clone()), labels);
    }

    fn report(&mut self, reported: &Reported, time: u64, late: &mut Vec<(String, &str)>) {
        let Some(thread) = self.change(&reported.place, Some(&reported.id), reported.at, time, late) else {
            return;
        };
        let known = thread.messages.entry(reported.id.clone()).or_insert(Known {
            spoken: None,
            labels: (Intent::None, Sentiment::None, Urgency::None),
            reported: Vec::new(),
        });
        known.reported.push(reported.clone());
    }

    fn mark(&mut self, marked: &Marked, time: u64, late: &mut Vec<(String, &str)>) {
        let Some(thread) = self.change(&marked.place, None, marked.at, time, late) else {
            return;
        };
        thread.marks.push(Mark {
            at: marked.at,
            given: marked.given.clone(),
        });
        thread.marks.sort_by_key(|mark| mark.at);
    }

    fn link(&mut self, link: &Link, time: u64) {
        let who = self.who.entry(link.waba_id).or_default();
        let now = i64::try_from(time).unwrap();
        let news = match link.linked {
            true => who.link(&link.a, &link.b, link.source, now),
            false => who.unlink(&link.a, &link.b, now),
        };
        if news != News::Refused && (link.always || news != News::None) {
            let (first, second) = (link.a.clone().min(link.b.clone()), link.a.clone().max(link.b.clone()));
            let row = IdentityRow {
                waba_id: link.waba_id.to_owned(),
                kind: first.0,
                value: first.1,
                other_kind: second.0,
                other_value: second.1,
                source: link.source,
                linked: link.linked.into(),
                author: link.author.clone(),
                at: link.at,
                version: time,
            };
            self.book.identities.insert(row.key(), row);
        }
        let numbers: Vec<u8> = (0..3).filter(|number| account(*number) == link.waba_id).collect();
        match news {
            News::None | News::Refused | News::Known => {}
            News::Merged(from, into) => {
                for number in numbers {
                    let [from, into] = [from, into].map(|person| Whose::Person(number, person));
                    let Some(theirs) = self.threads.remove(&from) else {
                        continue;
                    };
                    let thread = self.threads.entry(into.clone()).or_default();
                    thread.messages.extend(theirs.messages);
                    thread.marks.extend(theirs.marks);
                    thread.marks.sort_by_key(|mark| mark.at);
                    thread.told.extend(theirs.told);
                    self.touched.insert(into);
                }
            }
            News::Parted(from, others) => {
                for number in numbers {
                    let whose = Whose::Person(number, from);
                    let Some(mut thread) = self.threads.remove(&whose) else {
                        continue;
                    };
                    for (person, ids) in &others {
                        let is_theirs = |known: &Known| ids.contains(&id_of(known.contact()));
                        let theirs = thread
                            .messages
                            .clone()
                            .into_iter()
                            .filter(|(_, known)| is_theirs(known));
                        let theirs = Thread {
                            messages: theirs.collect(),
                            ..Thread::default()
                        };
                        thread.messages.retain(|_, known| !is_theirs(known));
                        let other = Whose::Person(number, *person);
                        self.parted.push((whose.clone(), other.clone()));
                        self.threads.insert(other.clone(), theirs);
                        self.touched.insert(other);
                    }
                    self.threads.insert(whose.clone(), thread);
                    self.touched.insert(whose);
                }
            }
        }
    }

    /// Reads every thread that may have changed, and tells what it says now.
    fn tell(&mut self, time: u64) {
        let now = i64::try_from(time).unwrap();
        let touched = std::mem::take(&mut self.touched);
        let since = now - self.script.lateness - 2 * DAY;
        let mut read: BTreeMap<Whose, (Vec<Told>, i64)> = BTreeMap::new();
        let all: Vec<Whose> = self.threads.keys().cloned().collect();
        for whose in all {
            let (Whose::Person(number, _) | Whose::Group(number, _)) = &whose;
            let terms = self.script.terms(*number, self.in_force, self.dawn);
            let about = About {
                phone_number_id: phone(*number),
                waba_id: account(*number).to_owned(),
                group_id: if let Whose::Group(_, group) = &whose {
                    group.clone()
                } else {
                    String::new()
                },
            };
            let thread = self.threads.get_mut(&whose).expect("was just listed");
            if !touched.contains(&whose) && thread.terms == terms && thread.wake > time {
                continue;
            }
            thread.terms = terms;
            let messages = thread.messages();
            let meaning = meaning(&messages, &thread.marks, &terms, now);
            let is = told(&about, &messages, &terms, &meaning);
            let alive = thread.told.iter().chain(&is).filter(|told| told.last_at > since);
            let floor = alive.map(|told| told.started_at).min().unwrap_or(i64::MAX);
            let wakes = meaning
                .wakes
                .iter()
                .map(|at| u64::try_from(*at).unwrap().div_ceil(1_000) * 1_000);
            thread.wake = wakes.clone().min().unwrap_or(u64::MAX);
            self.wakes.extend(wakes);
            read.insert(whose, (is, floor));
        }
        // What was final in a thread may go on in one that was parted from it.
        let parted = std::mem::take(&mut self.parted);
        for (a, b) in parted.iter().flat_map(|_| &parted) {
            let least = [a, b].into_iter().filter_map(|whose| Some(read.get(whose)?.1)).min();
            for whose in [a, b] {
                read.entry(whose.clone())
                    .and_modify(|(_, floor)| *floor = least.unwrap_or(*floor));
            }
        }
        let (mut gone, mut new) = (Vec::new(), Vec::new());
        for (whose, (is, floor)) in read {
            let (Whose::Person(number, _) | Whose::Group(number, _)) = whose;
            let thread = self.threads.get_mut(&whose).expect("was just read");
            let was = std::mem::take(&mut thread.told);
            let (kept, before): (Vec<Told>, Vec<Told>) = was.into_iter().partition(|told| told.started_at < floor);
            let after: Vec<Told> = is.into_iter().filter(|told| told.started_at >= floor).collect();
            thread.told = kept;
            thread.told.extend(after.iter().cloned());
            gone.extend(before.into_iter().map(|told| (phone(number), told)));
            new.extend(after.into_iter().map(|told| (phone(number), told)));
        }
        self.book.write(&gone, &new, time);
    }
}
