//! What a pipeline said: every row of every table, and the actions it asked for.

use std::collections::{BTreeMap, BTreeSet};

use parlance_pipeline::testing::Tables;
use parlance_schemas::action::ActionRecord;
use parlance_schemas::labels::{By, LinkSource, Measure, TimerEvent};

/// Rows and actions as text, which is what is compared: what is not in a field's text is not in the table either.
#[derive(Clone, PartialEq)]
pub(super) struct Said {
    rows: BTreeSet<String>,
    /// Records by `action_id`.
    actions: BTreeMap<String, String>,
    /// Records in all.
    given: usize,
}

/// The names of all tables and how many rows each has; nobody adds a table without adding it here.
macro_rules! each_table {
    ($tables:expr, $each:ident: $($table:ident)+) => {{
        let Tables { $($table),+ } = $tables;
        $($each!($table);)+
    }};
}

macro_rules! all_tables {
    ($tables:expr, $each:ident) => {
        each_table!($tables, $each: messages statuses contacts account_events raw_updates verdicts decisions outcomes identities
            deliveries conversations turns timers triggers rule_reports metrics_1m metrics_1h metrics_1d measures_1m
            measures_1h measures_1d)
    };
}

impl Said {
    pub(super) fn new(tables: &Tables, records: &[String]) -> Self {
        let mut rows = BTreeSet::new();
        macro_rules! note {
            ($table:ident) => {
                rows.extend(
                    $table
                        .values()
                        .map(|row| format!("{} {row:?}", stringify!($table))),
                )
            };
        }
        all_tables!(tables, note);
        Self::of_text(rows, records.iter().cloned())
    }

    pub(super) fn of_text(rows: BTreeSet<String>, records: impl IntoIterator<Item = String>) -> Self {
        let mut actions = BTreeMap::new();
        let mut given = 0;
        for record in records {
            given += 1;
            let id = serde_json::from_str::<ActionRecord>(&record).unwrap().action_id;
            let before = actions.insert(id, record.clone());
            assert!(
                before.is_none_or(|before| before == record),
                "two actions of one id: {record}"
            );
        }
        Self { rows, actions, given }
    }

    pub(super) fn rows(&self) -> &BTreeSet<String> {
        &self.rows
    }

    pub(super) fn actions(&self) -> impl Iterator<Item = &String> {
        self.actions.values()
    }

    /// How many records had been given before.
    pub(super) fn given_again(&self) -> usize {
        self.given - self.actions.len()
    }

    /// Fails with what only one of the two says.
    #[track_caller]
    pub(super) fn assert_same(&self, other: &Self, which: &str) {
        let (one, two): (BTreeSet<_>, BTreeSet<_>) = (self.actions().collect(), other.actions().collect());
        let only = |one: &BTreeSet<String>, two| one.difference(two).cloned().collect::<Vec<_>>().join("\n");
        assert!(
            self.rows == other.rows && one == two,
            "{which}:\n< {}\n> {}\n< {:?}\n> {:?}",
            only(&self.rows, &other.rows),
            only(&other.rows, &self.rows),
            one.difference(&two).collect::<Vec<_>>(),
            two.difference(&one).collect::<Vec<_>>(),
        );
        assert!(
            !self.rows.is_empty() && !self.actions.is_empty(),
            "{which}: nothing is said"
        );
    }
}

/// No table is empty, and what is in them is of every kind that a chronicle speaks of.
pub(super) fn assert_everything(tables: &Tables) {
    macro_rules! assert_some {
        ($table:ident) => {
            assert!(!$table.is_empty(), "there are no {}", stringify!($table))
        };
    }
    all_tables!(tables, assert_some);
    let statuses: BTreeSet<&str> = tables.statuses.values().map(|row| row.status.as_str()).collect();
    assert_eq!(
        statuses,
        BTreeSet::from(["sent", "delivered", "read", "failed", "played"])
    );
    let reactions: BTreeSet<(&str, &str)> = tables
        .triggers
        .values()
        .map(|row| (row.mode.as_str(), row.reacts_to.as_str()))
        .collect();
    for subject in ["message", "timer", "delivery", "window"] {
        assert!(reactions.contains(&("live", subject)), "{reactions:?}");
    }
    assert!(reactions.contains(&("dry_run", "message")), "{reactions:?}");
    let sources: BTreeSet<LinkSource> = tables.identities.values().map(|row| row.source).collect();
    assert_eq!(sources, LinkSource::ALL.iter().copied().collect());
    assert!(
        tables.identities.values().any(|row| row.linked == 0),
        "nobody was parted"
    );
    let decisions: BTreeSet<&str> = tables.decisions.values().map(|row| row.kind.as_str()).collect();
    assert_eq!(decisions, BTreeSet::from(["resolve", "assign", "link", "unlink"]));
    let timers: BTreeSet<TimerEvent> = tables.timers.values().map(|row| row.event).collect();
    assert_eq!(timers, TimerEvent::ALL.iter().copied().collect());
    assert!(
        tables.conversations.values().any(|row| !row.group_id.is_empty()),
        "no group"
    );
    assert!(
        tables.conversations.values().any(|row| row.reopened > 0),
        "none was opened again"
    );
    assert!(
        tables.messages.values().any(|row| row.time_source == "clamped"),
        "none is ahead"
    );
    assert!(tables.raw_updates.values().any(|row| row.reason == "conflicting_copy"));
    let measured: BTreeSet<(Measure, By)> = tables.measures_1h.values().map(|row| (row.measure, row.by)).collect();
    for measure in [
        (Measure::Csat, By::Score),
        (Measure::Tickets, By::All),
        (Measure::Turns, By::Team),
        (Measure::Late, By::Window),
    ] {
        assert!(measured.contains(&measure), "{measure:?} is not among {measured:?}");
    }
}
