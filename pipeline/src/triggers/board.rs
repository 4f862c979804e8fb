//! The rules of a worker's integrations, what they may react to, and what they did.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use parlance_rules::{Change, Compiled, Event, Rules, Subject, Window};
use parlance_schemas::action::ActionRecord;
use parlance_schemas::fingerprint;
use parlance_schemas::record::VERSION;
use parlance_schemas::rows::TriggerRow;
use parlance_schemas::settings::rules::{Mode, On};
use uuid::Uuid;

use super::reactions::{Reaction, Reactions};
use super::reports::Reports;
use super::{Asking, FIRED_FOR, Heard, home};
use crate::event::{Diff, Time, tick_of};
use crate::rows::Row;
use crate::seen::{Seen, Verdict};
use crate::settings::History;
use crate::timelines::fact::Place;
use crate::timelines::subject::{self, Concern};
use crate::timelines::{Moved, Notice};

/// What is remembered of an integration.
#[derive(Default)]
pub(super) struct Integration {
    pub(super) rules: Arc<Rules>,
    /// By time and identity.
    pub(super) subjects: BTreeMap<(i64, u128), Subject>,
    /// Of rules on windows, by id and version.
    pub(super) windows: BTreeMap<(String, String), Window>,
    pub(super) reports: Reports,
    /// Of rules that react once for each turn or conversation.
    pub(super) reactions: Reactions,
}

/// Everything a worker knows of its integrations.
pub(crate) struct Board {
    settings: History,
    remember_ms: i64,
    in_force: i64,
    pub(super) integrations: HashMap<Arc<str>, Integration>,
    /// What live rules reacted to, and what rules for show would have.
    pub(super) fired: Seen,
}

impl Board {
    pub(crate) fn new(asking: Asking) -> Self {
        Self {
            settings: asking.settings,
            remember_ms: i64::try_from(asking.remember).unwrap_or(i64::MAX),
            in_force: asking.in_force,
            integrations: HashMap::new(),
            fired: Seen::new(FIRED_FOR),
        }
    }

    pub(crate) fn remembered(&self) -> usize {
        self.integrations
            .values()
            .map(|integration| integration.subjects.len())
            .sum()
    }

    /// When a window may change though nothing is logged.
    pub(super) fn next_due(&self) -> Option<Time> {
        let windows = self
            .integrations
            .values()
            .flat_map(|integration| integration.windows.values());
        windows
            .filter_map(Window::due)
            .min()
            .map(|at| tick_of(u64::try_from(at).unwrap_or(0)))
    }

    pub(super) fn integration(&mut self, phone_number_id: &str) -> &mut Integration {
        if !self.integrations.contains_key(phone_number_id) {
            let rules = self.settings.rules(phone_number_id, self.in_force);
            let mut integration = Integration {
                rules,
                ..Integration::default()
            };
            integration.open_windows(0);
            self.integrations.insert(phone_number_id.into(), integration);
        }
        self.integrations.get_mut(phone_number_id).expect("was just added")
    }

    /// Takes what happened in a tick that is over, and tells what rules make of it.
    pub(crate) fn work(&mut self, heard: Vec<(Heard, Diff)>, time: Time, mut give: impl FnMut(Row)) {
        let now = i64::try_from(time).unwrap_or(i64::MAX);
        let in_force = heard.iter().filter_map(|(heard, _)| match heard {
            Heard::InForce(settings) => Some(*settings),
            Heard::Notice(_) => None,
        });
        let in_force = in_force.max().unwrap_or(0);
        if in_force > self.in_force {
            self.go_by(in_force, now);
        }
        self.fired.sweep(time);
        for integration in self.integrations.values_mut() {
            integration.reactions.forget(time);
        }
        let mut concerns = Vec::with_capacity(heard.len());
        for (heard, times) in heard {
            match heard {
                Heard::Notice(Notice::Concern(concern)) => concerns.push((concern, times)),
                Heard::Notice(Notice::Moved(moved)) => self.integration(&moved.phone_number_id).stands(&moved),
                Heard::InForce(_) => {}
            }
        }
        // Where each message stands is known before any rule is asked.
        for (concern, _) in concerns.iter().filter(|(_, times)| *times > 0) {
            self.integration(&concern.place.phone_number_id).stands_as_told(concern);
        }
        // What is taken back first, that what is given anew stands; then the earliest.
        concerns.sort_unstable_by(|(a, times), (b, more)| (times, a.subject.at, a).cmp(&(more, b.subject.at, b)));
        for (concern, times) in concerns {
            self.integration(&concern.place.phone_number_id);
            let Self {
                integrations, fired, ..
            } = self;
            let integration = integrations
                .get_mut(concern.place.phone_number_id.as_str())
                .expect("was just added");
            if times > 0 {
                integration.take(&concern.subject, now, self.remember_ms);
                let rules = integration.rules.clone();
                for rule in rules.matching(&concern.subject) {
                    react(rule, &concern, time, (fired, &mut integration.reactions), &mut give);
                }
            } else {
                integration.take_back(&concern.subject);
            }
        }
        for (phone_number_id, integration) in &mut self.integrations {
            let rules = integration.rules.clone();
            for (place, rule) in (0..).zip(rules.all()) {
                if rule.on != On::Window || rule.mode == Mode::Off {
                    continue;
                }
                let Some(window) = integration.windows.get_mut(&key(rule)) else {
                    continue;
                };
                if let Some(Change::Raised(_)) = window.move_to(now) {
                    integration.reports.raised(place, now);
                    let concern = of_window(phone_number_id, rule, now);
                    react(
                        rule,
                        &concern,
                        time,
                        (&mut self.fired, &mut integration.reactions),
                        &mut give,
                    );
                }
            }
            integration.forget(now, self.remember_ms);
            let since = now.saturating_sub(self.remember_ms);
            for report in integration.reports.changed(&rules, since) {
                give(Row::RuleReport(Box::new(report.row(phone_number_id, &rules))));
            }
        }
    }

    /// From now on other settings are in force: what new rules would have reacted to is counted over all that is remembered.
    fn go_by(&mut self, settings: i64, now: i64) {
        self.in_force = settings;
        for (phone_number_id, integration) in &mut self.integrations {
            let rules = self.settings.rules(phone_number_id, settings);
            if Arc::ptr_eq(&rules, &integration.rules) {
                continue;
            }
            let known = std::mem::replace(&mut integration.rules, rules.clone());
            let is_new = |rule: &&Compiled| {
                let was_asked = |known: &Compiled| known.mode != Mode::Off && key(known) == key(rule);
                rule.mode != Mode::Off && !known.all().iter().any(was_asked)
            };
            let new: Vec<&Compiled> = rules.all().iter().filter(is_new).collect();
            if !new.is_empty() {
                integration.reports.ask(&new, integration.subjects.values());
            }
            integration.open_windows(now);
            let is_asked = |id: &(String, String)| {
                rules
                    .all()
                    .iter()
                    .any(|rule| rule.mode != Mode::Off && key(rule) == *id)
            };
            integration.windows.retain(|id, _| is_asked(id));
            integration.reports.keep(is_asked);
        }
    }
}

impl Integration {
    /// A window for each rule on windows that has none. What it would say already is not news.
    fn open_windows(&mut self, now: i64) {
        for rule in self.rules.on_windows() {
            let std::collections::btree_map::Entry::Vacant(slot) = self.windows.entry(key(rule)) else {
                continue;
            };
            let Some(mut window) = Window::new(rule) else { continue };
            for subject in self.subjects.values() {
                if let Some(matching) = rule.counts(subject) {
                    window.take(subject.at, matching, 1);
                }
            }
            window.move_to(now);
            slot.insert(window);
        }
    }

    fn take(&mut self, subject: &Subject, now: i64, remember_ms: i64) {
        if subject.at.saturating_add(remember_ms) <= now {
            return;
        }
        if let Some(known) = self.subjects.insert((subject.at, subject.id), subject.clone()) {
            self.count(&known, -1);
        }
        self.count(subject, 1);
    }

    fn take_back(&mut self, subject: &Subject) {
        if let Some(known) = self.subjects.remove(&(subject.at, subject.id)) {
            self.count(&known, -1);
        }
    }

    /// A message stands in another turn or conversation than before.
    fn stands(&mut self, moved: &Moved) {
        let Moved {
            at,
            message,
            thread,
            turn,
            ..
        } = *moved;
        self.reactions.stands(message, thread, turn);
        let Some(known) = self.subjects.get(&(at, message)).cloned() else {
            return;
        };
        self.count(&known, -1);
        let subject = Subject { thread, turn, ..known };
        self.count(&subject, 1);
        self.subjects.insert((at, message), subject);
    }

    /// What is told of says where its message stands.
    fn stands_as_told(&mut self, concern: &Concern) {
        if !self.reactions.is_empty() && concern.subject.event != Event::Delivery {
            let subject = &concern.subject;
            self.reactions.stands(message_of(concern), subject.thread, subject.turn);
        }
    }

    fn count(&mut self, subject: &Subject, times: i64) {
        let rules = self.rules.clone();
        for (place, rule) in (0..).zip(rules.all()) {
            if rule.mode == Mode::Off || !subject.event.is(rule.on) {
                continue;
            }
            match rule.counts(subject) {
                Some(matching) => {
                    if let Some(window) = self.windows.get_mut(&key(rule)) {
                        window.take(subject.at, matching, times);
                    }
                    self.reports.among(place, subject.at, times);
                }
                // A rule on windows that looks the other way.
                None if rule.on == On::Window => {}
                None => self.reports.count((place, rule), subject, times),
            }
        }
    }

    fn forget(&mut self, now: i64, remember_ms: i64) {
        while let Some(entry) = self.subjects.first_entry()
            && entry.key().0.saturating_add(remember_ms) <= now
        {
            entry.remove();
        }
    }
}

/// A rule by its id and version.
pub(super) fn key(rule: &Compiled) -> (String, String) {
    (rule.id.clone(), rule.version.clone())
}

/// What a window that was raised is to rules.
fn of_window(phone_number_id: &str, rule: &Compiled, now: i64) -> Concern {
    let at = now.to_string();
    let id = fingerprint::identity("raised", &[phone_number_id, &rule.id, &rule.version, &at]).0;
    Concern {
        waba_id: String::new(),
        place: Place {
            phone_number_id: phone_number_id.to_owned(),
            group_id: String::new(),
            contact_id: String::new(),
        },
        conversation_id: String::new(),
        message_id: String::new(),
        contact_name: String::new(),
        entities: Vec::new(),
        subject: Subject::new(Event::Message, now, id, 0),
    }
}

/// The message that something is about, as rules know it.
fn message_of(concern: &Concern) -> u128 {
    match concern.subject.event {
        Event::Message => concern.subject.id,
        Event::Timer(_) | Event::Delivery => subject::message(&concern.place.phone_number_id, &concern.message_id),
    }
}

/// A rule matches: it reacts, unless it has, or it is too late.
fn react(
    rule: &Compiled,
    concern: &Concern,
    time: Time,
    (fired, reactions): (&mut Seen, &mut Reactions),
    give: &mut impl FnMut(Row),
) {
    let now = i64::try_from(time).unwrap_or(i64::MAX);
    let at = concern.subject.at;
    let remembered = i64::try_from(FIRED_FOR).expect("three days");
    if !rule.in_time(at, now) || now.saturating_sub(at) > remembered {
        metrics::counter!("pipeline_triggers_too_old_total").increment(1);
        return;
    }
    let mode = if rule.mode == Mode::Live { "live" } else { "dry_run" };
    let phone_number_id = &concern.place.phone_number_id;
    let group = rule.group(&concern.subject);
    let subject = match group {
        None => concern.subject.id,
        Some(group) => fingerprint::identity("group", &[phone_number_id, &group.to_string()]).0,
    };
    let subject = format!("{subject:032x}");
    let is_new = match group {
        None => {
            let identity =
                fingerprint::identity("trigger", &[phone_number_id, &rule.id, &rule.version, &subject, mode]).0;
            // The low half says which worker it belongs to, as it does for all that an integration has.
            let identity = (identity >> 64) << 64 | u128::from(home(phone_number_id));
            fired.see(identity, 0, time) == Verdict::New
        }
        Some(group) => {
            let rule_of = fingerprint::identity("rule", &[&rule.id, &rule.version, mode]).0;
            let is_new = !reactions.knows(rule_of, group);
            if is_new {
                reactions.add(Reaction {
                    message: message_of(concern),
                    rule: rule_of,
                    per: rule.per,
                    name: group,
                    group,
                    at: time,
                });
            }
            is_new
        }
    };
    if !is_new {
        return;
    }
    metrics::counter!("pipeline_triggers_total", "mode" => mode).increment(1);
    give(Row::Trigger(Box::new(row(rule, concern, (mode, subject), now))));
}

fn row(rule: &Compiled, concern: &Concern, (mode, subject): (&str, String), now: i64) -> TriggerRow {
    let Place {
        phone_number_id,
        group_id,
        contact_id,
    } = concern.place.clone();
    let reacts_to = match (rule.on == On::Window, concern.subject.event) {
        (true, _) => "window",
        (_, Event::Message) => "message",
        (_, Event::Timer(_)) => "timer",
        (_, Event::Delivery) => "delivery",
    };
    let expires_at = concern.subject.at.saturating_add(rule.max_age_ms);
    let labels = &concern.subject.labels;
    let action = |(step, action): (usize, &parlance_schemas::settings::rules::Action)| {
        let step = u32::try_from(step).expect("a rule has at most ten");
        let name = [
            phone_number_id.as_str(),
            &rule.id,
            &rule.version,
            &subject,
            &step.to_string(),
        ]
        .join("/");
        let record = ActionRecord {
            v: VERSION,
            action_id: Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string(),
            rule_id: rule.id.clone(),
            rule_version: rule.version.clone(),
            step,
            action: action.clone(),
            reacts_to: reacts_to.to_owned(),
            phone_number_id: phone_number_id.clone(),
            waba_id: concern.waba_id.clone(),
            contact_id: contact_id.clone(),
            contact_name: concern.contact_name.clone(),
            group_id: group_id.clone(),
            conversation_id: concern.conversation_id.clone(),
            message_id: concern.message_id.clone(),
            intent: labels.intent.0,
            sentiment: labels.sentiment.0,
            urgency: labels.urgency.0,
            language: labels.language.0,
            entities: concern.entities.clone(),
            at: concern.subject.at,
            created_at: now,
            expires_at,
        };
        serde_json::to_string(&record).expect("a record serialises")
    };
    let actions = rule.actions.iter().enumerate().map(action).collect();
    TriggerRow {
        rule_id: rule.id.clone(),
        rule_version: rule.version.clone(),
        reacts_to: reacts_to.to_owned(),
        mode: mode.to_owned(),
        waba_id: concern.waba_id.clone(),
        conversation_id: concern.conversation_id.clone(),
        message_id: concern.message_id.clone(),
        why: rule.why(&concern.subject).into_iter().map(str::to_owned).collect(),
        actions,
        at: concern.subject.at,
        expires_at,
        logged_at: now,
        version: 0,
        phone_number_id,
        group_id,
        contact_id,
        subject,
    }
}
