//! What a snapshot has of things that rules may react to.

use std::sync::Arc;

use parlance_rules::{Subject, Window};
use serde::{Deserialize, Serialize};

use super::board::Board;
use super::home;
use super::reactions::Reaction;
use super::reports::{Counts, Group, Hour, Place};
use crate::event::Time;
use crate::snapshot::{Frozen, Keep, Sheets};

/// One thing that is remembered, and of which integration.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    phone_number_id: Arc<str>,
    what: What,
}

#[derive(Clone, Serialize, Deserialize)]
enum What {
    Subject(Subject),
    Window((String, String), Window),
    Report(Hour, Counts),
    /// Of a rule and a turn or conversation, what it matches.
    Matched(Group, Place),
    Reaction(Reaction),
}

impl Keep for Board {
    type Entry = Entry;

    fn route(entry: &Entry) -> u64 {
        home(&entry.phone_number_id)
    }

    fn freeze(&self, _at: Time) -> Frozen {
        let mut entries = Vec::with_capacity(self.remembered());
        for (phone_number_id, integration) in &self.integrations {
            let subjects = integration
                .subjects
                .values()
                .map(|subject| What::Subject(subject.clone()));
            let windows = integration
                .windows
                .iter()
                .map(|(rule, window)| What::Window(rule.clone(), window.clone()));
            let reports = integration
                .reports
                .counts
                .iter()
                .map(|(hour, counts)| What::Report(hour.clone(), *counts));
            let matched = integration
                .reports
                .matched()
                .map(|(group, place)| What::Matched(group.clone(), place));
            let reactions = integration.reactions.all().map(What::Reaction);
            let all = subjects.chain(windows).chain(reports).chain(matched).chain(reactions);
            entries.extend(all.map(|what| Entry {
                phone_number_id: phone_number_id.clone(),
                what,
            }));
        }
        Box::new(move |sheets: &mut Sheets| {
            for entry in entries {
                sheets.put(Self::route(&entry), &entry);
            }
        })
    }

    fn take_back(&mut self, Entry { phone_number_id, what }: Entry) {
        let integration = self.integration(&phone_number_id);
        match what {
            What::Subject(subject) => {
                integration.subjects.insert((subject.at, subject.id), subject);
            }
            What::Window(rule, window) => {
                integration.windows.insert(rule, window);
            }
            What::Report(hour, counts) => {
                integration.reports.counts.insert(hour, counts);
            }
            What::Matched(group, place) => integration.reports.matched_before(group, place),
            What::Reaction(reaction) => integration.reactions.add(reaction),
        }
    }
}
