//! What windows add up of conversations and turns.

use std::collections::BTreeMap;

use parlance_schemas::labels::{By, ConversationState, Intent, Measure, TurnState};
use parlance_schemas::rows::{ConversationRow, TurnRow};
use parlance_schemas::sketch::begin;

use super::meaning::Turn;

/// The headline times, in milliseconds.
const WITHIN: [i64; 5] = [60_000, 300_000, 900_000, 3_600_000, 86_400_000];

/// Something that windows add up.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Measured {
    pub(crate) at: i64,
    pub(crate) measure: Measure,
    pub(crate) by: By,
    pub(crate) label: String,
    pub(crate) sum: Sum,
}

/// What a window adds up of one thing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sum {
    pub(crate) count: i64,
    pub(crate) sum: i64,
    pub(crate) within: Vec<i64>,
    pub(crate) buckets: BTreeMap<i16, i64>,
}

impl Sum {
    pub(crate) fn count(count: i64) -> Self {
        Self {
            count,
            ..Self::default()
        }
    }

    pub(crate) fn duration(ms: i64) -> Self {
        let bucket = (0..i16::MAX)
            .find(|bucket| begin(bucket + 1) > ms)
            .expect("buckets go on");
        Self {
            count: 1,
            sum: ms,
            within: WITHIN.map(|most| i64::from(ms <= most)).to_vec(),
            buckets: BTreeMap::from([(bucket, 1)]),
        }
    }

    pub(crate) fn add(&mut self, other: &Self, times: i64) {
        self.count += times * other.count;
        self.sum += times * other.sum;
        self.within.resize(self.within.len().max(other.within.len()), 0);
        for (mine, theirs) in self.within.iter_mut().zip(&other.within) {
            *mine += times * theirs;
        }
        for (bucket, count) in &other.buckets {
            *self.buckets.entry(*bucket).or_default() += times * count;
        }
        self.buckets.retain(|_, count| *count != 0);
        if self.buckets.is_empty() {
            self.within.clear();
        }
    }
}

pub(super) fn measure_conversation(row: &ConversationRow, give: &mut Vec<Measured>) {
    let mut sums = vec![(Measure::Conversations, Sum::count(1))];
    for (measure, ms) in [
        (Measure::FirstResponseAgent, row.first_response_agent_ms),
        (Measure::ResolutionFirst, row.resolution_first_ms),
        (Measure::ResolutionLast, row.resolution_last_ms),
        (Measure::ResolutionActive, row.resolution_active_ms),
    ] {
        sums.extend(ms.map(|ms| (measure, Sum::duration(ms))));
    }
    if row.reopened > 0 {
        sums.push((Measure::Reopened, Sum::count(row.reopened.into())));
    }
    spread(
        row.started_at,
        &sums,
        &[(By::Team, &row.team), (By::Agent, &row.agent)],
        give,
    );
    if matches!(row.state, ConversationState::Ended | ConversationState::Resolved) {
        let at = row.ended_at.expect("it is over");
        spread(at, &[(Measure::ConversationsEnded, Sum::count(1))], &[], give);
    }
}

pub(super) fn measure_turn(turn: &Turn, row: &TurnRow, give: &mut Vec<Measured>) {
    let mut sums = vec![(Measure::Turns, Sum::count(1))];
    let first = |ms: Option<i64>| ms.filter(|_| row.first == 1);
    for (measure, ms) in [
        (Measure::ResponseAny, row.response_any_ms),
        (Measure::ResponseBot, row.response_bot_ms),
        (Measure::ResponseHuman, row.response_human_ms),
        (Measure::ResponseAnyBusiness, row.response_any_business_ms),
        (Measure::ResponseBotBusiness, row.response_bot_business_ms),
        (Measure::ResponseHumanBusiness, row.response_human_business_ms),
        (Measure::FirstResponseAny, first(row.response_any_ms)),
        (Measure::FirstResponseBot, first(row.response_bot_ms)),
        (Measure::FirstResponseHuman, first(row.response_human_ms)),
    ] {
        sums.extend(ms.map(|ms| (measure, Sum::duration(ms))));
    }
    let is_kept = row
        .kept_at
        .is_some_and(|at| row.due_at.is_some_and(|due_at| at <= due_at));
    for (measure, counts) in [
        (Measure::TurnsLost, row.state == TurnState::Lost),
        (Measure::Promises, row.due_at.is_some()),
        (Measure::PromisesKept, is_kept),
        (Measure::PromisesBroken, turn.broken),
    ] {
        if counts {
            sums.push((measure, Sum::count(1)));
        }
    }
    let intent = if row.intent == Intent::None {
        ""
    } else {
        row.intent.as_str()
    };
    let by = [(By::Intent, intent), (By::Team, &row.team), (By::Agent, &row.agent)];
    spread(row.started_at, &sums, &by, give);
    if let Some(at) = turn.closed_at {
        spread(at, &[(Measure::TurnsClosed, Sum::count(1))], &[], give);
    }
}

/// Tells sums for all together, and for each label that is not empty.
fn spread(at: i64, sums: &[(Measure, Sum)], by: &[(By, &str)], give: &mut Vec<Measured>) {
    let labelled = by.iter().copied().filter(|(_, label)| !label.is_empty());
    for (by, label) in labelled.chain([(By::All, "")]) {
        give.extend(sums.iter().map(|(measure, sum)| Measured {
            at,
            measure: *measure,
            by,
            label: label.to_owned(),
            sum: sum.clone(),
        }));
    }
}
