//! How many things of each hour a rule would have reacted to: those it matches; when it reacts once for each turn or conversation
//! the first of each.

use std::collections::{BTreeMap, BTreeSet};

use parlance_rules::{Change, Compiled, Rules, Subject, Window};
use parlance_schemas::rows::RuleReportRow;
use parlance_timeline::reading::LONGEST_MS;
use serde::{Deserialize, Serialize};

use super::board::key;

const HOUR_MS: i64 = 60 * 60 * 1_000;
/// What was said longer than this before something is of another conversation.
const CONVERSATION_MS: i64 = LONGEST_MS;

/// Of the things of an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) matched: i64,
    pub(super) among: i64,
}

/// A rule's id and version, and the begin of an hour.
pub(super) type Hour = ((String, String), i64);

/// A rule's id and version, and a turn or conversation.
pub(super) type Group = ((String, String), u64);

/// Something by its time and identity.
pub(super) type Place = (i64, u128);

/// The counts of an integration's rules.
#[derive(Default)]
pub(super) struct Reports {
    pub(super) counts: BTreeMap<Hour, Counts>,
    changed: BTreeSet<Hour>,
    /// What this tick has added, by the rule's place among all and the begin of the hour.
    added: BTreeMap<(usize, i64), Counts>,
    /// What a rule matches of each turn or conversation, the first of which counts; what is forgotten otherwise included.
    matched: BTreeMap<Group, BTreeSet<Place>>,
    /// The hour in which that was looked through last.
    swept: i64,
}

/// A count to tell.
pub(super) struct Told {
    hour: Hour,
    counts: Counts,
}

/// A rule that is tried on what is remembered.
struct Trial<'a> {
    rule: &'a Compiled,
    window: Option<Window>,
    /// The hour that is being counted: what is remembered comes in order.
    hour: i64,
    counts: Counts,
    /// What it matches of each turn or conversation, if it reacts once for each.
    groups: BTreeMap<u64, BTreeSet<Place>>,
}

fn hour(at: i64) -> i64 {
    at - at.rem_euclid(HOUR_MS)
}

impl Reports {
    /// Adds to the counts of the rule at a place among all of them.
    fn add(&mut self, place: usize, at: i64, matched: i64, among: i64) {
        let counts = self.added.entry((place, hour(at))).or_default();
        counts.matched += matched;
        counts.among += among;
    }

    /// Counts a thing in or out.
    pub(super) fn count(&mut self, (place, rule): (usize, &Compiled), subject: &Subject, times: i64) {
        let matches = rule.matches(subject);
        let Some(group) = rule.group(subject) else {
            self.add(place, subject.at, if matches { times } else { 0 }, times);
            return;
        };
        self.add(place, subject.at, 0, times);
        if !matches {
            return;
        }
        let group = (key(rule), group);
        let of_subject = (subject.at, subject.id);
        let places = self.matched.entry(group.clone()).or_default();
        let before = places.first().copied();
        if times > 0 {
            places.insert(of_subject);
        } else {
            places.remove(&of_subject);
        }
        let after = places.first().copied();
        if after.is_none() {
            self.matched.remove(&group);
        }
        if before != after {
            before.into_iter().for_each(|(at, _)| self.add(place, at, -1, 0));
            after.into_iter().for_each(|(at, _)| self.add(place, at, 1, 0));
        }
    }

    /// What rules match of turns and conversations.
    pub(super) fn matched(&self) -> impl Iterator<Item = (&Group, Place)> {
        let all = self.matched.iter();
        all.flat_map(|(group, places)| places.iter().map(move |place| (group, *place)))
    }

    /// Takes back what was matched and is counted.
    pub(super) fn matched_before(&mut self, group: Group, place: Place) {
        self.matched.entry(group).or_default().insert(place);
    }

    /// Counts a message that a rule on windows looks at.
    pub(super) fn among(&mut self, place: usize, at: i64, times: i64) {
        self.add(place, at, 0, times);
    }

    /// Counts that a window was raised.
    pub(super) fn raised(&mut self, place: usize, at: i64) {
        self.add(place, at, 1, 0);
    }

    /// Counts what rules would have reacted to, of all that is remembered, in order: it is gone through once, for all of them.
    pub(super) fn ask<'r, 'a>(&mut self, rules: &[&'r Compiled], subjects: impl Iterator<Item = &'a Subject>) {
        let trial = |rule: &&'r Compiled| Trial {
            rule,
            window: Window::new(rule),
            hour: 0,
            counts: Counts::default(),
            groups: BTreeMap::new(),
        };
        let mut trials: Vec<Trial<'_>> = rules.iter().map(trial).collect();
        for subject in subjects {
            for trial in &mut trials {
                if subject.event.is(trial.rule.on) {
                    trial.take(subject, self);
                }
            }
        }
        for mut trial in trials {
            trial.settle(self);
            let of_group = |(group, places)| ((key(trial.rule), group), places);
            self.matched.extend(trial.groups.into_iter().map(of_group));
        }
    }

    fn note(&mut self, hour: Hour, more: Counts) {
        let counts = self.counts.entry(hour.clone()).or_default();
        counts.matched += more.matched;
        counts.among += more.among;
        self.changed.insert(hour);
    }

    /// Forgets the counts of rules that are asked no more.
    pub(super) fn keep(&mut self, is_asked: impl Fn(&(String, String)) -> bool) {
        self.counts.retain(|(rule, _), _| is_asked(rule));
        self.changed.retain(|(rule, _)| is_asked(rule));
        self.matched.retain(|(rule, _), _| is_asked(rule));
    }

    /// What has changed, by the rules that this tick went by. Hours of which something is forgotten already, because it was before
    /// `since`, are final.
    pub(super) fn changed(&mut self, rules: &Rules, since: i64) -> Vec<Told> {
        for ((place, hour), counts) in std::mem::take(&mut self.added) {
            self.note((key(&rules.all()[place]), hour), counts);
        }
        self.counts.retain(|(_, hour), _| *hour >= since);
        if self.swept != hour(since) {
            self.swept = hour(since);
            // Nothing that may still come is of one turn or conversation with these.
            let ended = since.saturating_sub(CONVERSATION_MS);
            let goes_on = |places: &BTreeSet<Place>| places.last().is_some_and(|(at, _)| *at >= ended);
            self.matched.retain(|_, places| goes_on(places));
        }
        let changed = std::mem::take(&mut self.changed);
        let told = changed.into_iter().filter_map(|hour| {
            let counts = *self.counts.get(&hour)?;
            Some(Told { hour, counts })
        });
        told.collect()
    }
}

impl Trial<'_> {
    fn take(&mut self, subject: &Subject, reports: &mut Reports) {
        let Some(mut window) = self.window.take() else {
            let matches = self.rule.matches(subject);
            let counts = match self.rule.group(subject).filter(|_| matches) {
                Some(group) => {
                    // In order: the first of each counts.
                    let places = self.groups.entry(group).or_default();
                    places.insert((subject.at, subject.id));
                    places.len() == 1
                }
                None => matches,
            };
            self.add(subject.at, counts.into(), 1, reports);
            return;
        };
        if let Some(matching) = self.rule.counts(subject) {
            // As it would have gone by, had every message come at once.
            while let Some(due) = window.due().filter(|due| *due < subject.at) {
                if let Some(Change::Raised(_)) = window.move_to(due) {
                    self.add(due, 1, 0, reports);
                }
            }
            window.take(subject.at, matching, 1);
            let raised = matches!(window.move_to(subject.at), Some(Change::Raised(_)));
            self.add(subject.at, i64::from(raised), 1, reports);
        }
        self.window = Some(window);
    }

    fn add(&mut self, at: i64, matched: i64, among: i64, reports: &mut Reports) {
        let hour = hour(at);
        if hour != self.hour {
            self.settle(reports);
            self.hour = hour;
        }
        self.counts.matched += matched;
        self.counts.among += among;
    }

    fn settle(&mut self, reports: &mut Reports) {
        let counts = std::mem::take(&mut self.counts);
        if counts != Counts::default() {
            reports.note((key(self.rule), self.hour), counts);
        }
    }
}

impl Told {
    pub(super) fn row(self, phone_number_id: &str, rules: &Rules) -> RuleReportRow {
        let ((rule_id, rule_version), start) = self.hour;
        let count = |count: i64| u64::try_from(count).unwrap_or(0);
        let actions = rules.get(&rule_id).map_or(&[][..], |rule| &rule.actions);
        RuleReportRow {
            phone_number_id: phone_number_id.to_owned(),
            window_start: u32::try_from(start / 1_000).unwrap_or(0),
            matched: count(self.counts.matched),
            among: count(self.counts.among),
            actions: actions.iter().map(|action| action.name().to_owned()).collect(),
            version: 0,
            is_deleted: 0,
            rule_id,
            rule_version,
        }
    }
}
