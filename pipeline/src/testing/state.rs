//! What single operators remember, without a dataflow around them: to weigh it, and to begin runs with very much of it.

use std::sync::Arc;

use parlance_schemas::fingerprint;
use parlance_schemas::labels::{By, Measure};
use parlance_schemas::record::{Record, Update};
use parlance_schemas::rows::{ContactRow, LogTime, MessageRow, StatusRow, TimerRow};
use parlance_timeline::delivery::{Delivery, Price, Word};

use crate::config::{Config, millis, ticks};
use crate::dataflow::{self, STATES};
use crate::decode::{Decoded, decode};
use crate::event::{Draft, Event};
use crate::heartbeat::NextDue;
use crate::judged::{self, Conversations};
use crate::poll::Reading;
use crate::rows::Row;
use crate::seen::Seen;
use crate::settings::History;
use crate::snapshot::{self, Fingerprint, Frozen, Keep, Shape};
use crate::timelines::desk::{Desk, Out};
use crate::timelines::{self, Keeping, Notice, fact};
use crate::triggers::board::Board;
use crate::triggers::{self, Asking, Heard};
use crate::{dedup, deliveries};

/// A row as operators with state get it.
#[derive(Clone, Debug)]
pub enum Line {
    /// A message.
    Message(Box<MessageRow>),
    /// What became of one.
    Status(Box<StatusRow>),
    /// A customer's identifiers.
    Contact(Box<ContactRow>),
}

/// The rows that an update becomes; none of what is no message or status of one. Messages have no labels yet.
pub fn lines(update: Update<'_>) -> Vec<Line> {
    let json = serde_json::to_vec(&Record::Update(update)).expect("a record serialises");
    let Ok(Decoded::Event(event)) = decode(&json) else {
        return Vec::new();
    };
    let Event { draft, contact, .. } = *event;
    let row = match draft {
        Draft::Message(row) => Some(Line::Message(row)),
        Draft::Status(row) => Some(Line::Status(row)),
        _ => None,
    };
    contact.map(Line::Contact).into_iter().chain(row).collect()
}

/// Something that is told of conversations.
#[derive(Clone, Copy, Debug)]
pub enum Told<'a> {
    /// A row of `timers`.
    Timer(&'a TimerRow),
    /// What windows measure, by what, and its label there.
    Measured(Measure, By, &'a str),
}

/// What an operator remembers.
pub struct State(Kept);

enum Kept {
    Seen(Seen),
    Judged(Conversations),
    Deliveries(deliveries::Held),
    Timelines(Box<Desk>),
    Triggers(Box<(Desk, Board)>),
}

impl State {
    /// Of de-duplication: which updates were seen.
    pub fn seen(config: &Config) -> Self {
        Self(Kept::Seen(Seen::new(millis(config.dedup_horizon()))))
    }

    /// What messages of a conversation mean to later ones.
    pub fn judged() -> Self {
        Self(Kept::Judged(Conversations::default()))
    }

    /// What became of messages.
    pub fn deliveries(config: &Config) -> Self {
        Self(Kept::Deliveries(deliveries::Held::new(millis(config.windows_open()))))
    }

    /// Conversations and customers, by the settings that come into force where `in_force` says.
    pub fn timelines(config: &Config, settings: History, in_force: i64) -> Self {
        Self(Kept::Timelines(Box::new(desk(config, settings, in_force))))
    }

    /// What rules may be tried on; and conversations and customers, which say what that is.
    pub fn triggers(config: &Config) -> Self {
        let board = Board::new(Asking {
            settings: History::default(),
            remember: millis(config.rules_remember),
            in_force: 0,
            clock: Arc::new(NextDue::new(1)).clock(0, 1),
        });
        Self(Kept::Triggers(Box::new((desk(config, History::default(), 0), board))))
    }

    /// Takes in what was logged in a tick; ticks come in order.
    pub fn take(&mut self, lines: &[Line], tick: LogTime) {
        self.take_and_tell(lines, tick, |_, _| {});
    }

    /// As [`Self::take`]; what is told of timers and promises goes to `tell`, with 1, or with -1 when it is taken back.
    pub fn take_and_tell(&mut self, lines: &[Line], tick: LogTime, mut tell: impl FnMut(Told<'_>, i64)) {
        match &mut self.0 {
            Kept::Seen(seen) => {
                for line in lines {
                    let parts = match line {
                        Line::Message(row) => ["message", &row.message_id, ""],
                        Line::Status(row) => ["status", &row.message_id, &row.status],
                        Line::Contact(_) => continue,
                    };
                    seen.see(fingerprint::identity("update", &parts).0, 0, tick);
                }
                seen.sweep(tick);
            }
            Kept::Judged(conversations) => {
                conversations.forget(tick);
                let messages = lines.iter().filter_map(|line| match line {
                    Line::Message(row) => Some(row.clone()),
                    Line::Status(_) | Line::Contact(_) => None,
                });
                conversations.read(messages.collect(), tick);
            }
            Kept::Deliveries(held) => {
                for line in lines {
                    if let Line::Status(row) = line {
                        hear(held, row, tick);
                    }
                }
                held.sweep(tick);
            }
            Kept::Timelines(desk) => work(desk, lines, tick, |(out, diff)| match &out {
                Out::Row(Row::Timer(row)) => tell(Told::Timer(row), diff),
                Out::Measured(measured) => {
                    let (by, label) = (measured.key.by, measured.key.label.as_str());
                    for (measure, summary) in measured.sum.clone().into_vec() {
                        tell(Told::Measured(measure, by, label), diff * summary.count);
                    }
                }
                _ => {}
            }),
            Kept::Triggers(both) => {
                let (desk, board) = &mut **both;
                let mut heard = Vec::new();
                work(desk, lines, tick, |(out, diff)| match out {
                    Out::Concern(concern) => heard.push((Heard::Notice(Notice::Concern(concern)), diff)),
                    Out::Moved(moved) => heard.push((Heard::Notice(Notice::Moved(moved)), diff)),
                    Out::Row(_) | Out::Measured(_) => {}
                });
                board.work(heard, tick, |_| {});
            }
        }
    }

    /// How many things are remembered: updates, conversations, messages of the business, threads, things for rules.
    pub fn entries(&self) -> usize {
        match &self.0 {
            Kept::Seen(seen) => seen.len(),
            Kept::Judged(conversations) => conversations.len(),
            Kept::Deliveries(held) => held.len(),
            Kept::Timelines(desk) => desk.threads(),
            Kept::Triggers(both) => both.1.remembered(),
        }
    }

    fn frozen(&self, at: LogTime) -> Vec<(&'static str, Frozen)> {
        match &self.0 {
            Kept::Seen(seen) => vec![(dedup::STATE.name, seen.freeze(at))],
            Kept::Judged(conversations) => vec![(judged::CONVERSATIONS.name, conversations.freeze(at))],
            Kept::Deliveries(held) => vec![(deliveries::STATE.name, held.freeze(at))],
            Kept::Timelines(desk) => vec![(timelines::STATE.name, desk.freeze(at))],
            Kept::Triggers(both) => vec![
                (timelines::STATE.name, both.0.freeze(at)),
                (triggers::STATE.name, both.1.freeze(at)),
            ],
        }
    }
}

fn desk(config: &Config, settings: History, in_force: i64) -> Desk {
    Desk::new(Keeping {
        settings,
        lateness: ticks(config.lateness),
        in_force,
        restored_at: None,
        clock: Arc::new(NextDue::new(1)).clock(0, 0),
    })
}

fn work(desk: &mut Desk, lines: &[Line], tick: LogTime, mut told: impl FnMut((Out, i64))) {
    let latest = i64::try_from(tick).unwrap_or(i64::MAX);
    let facts = lines.iter().filter_map(|line| match line {
        Line::Message(row) => fact::of_message(row),
        Line::Status(row) => fact::of_status(row, latest),
        Line::Contact(row) => fact::of_contact(row),
    });
    let facts: Vec<_> = facts.collect();
    // What comes due before is told at its own tick, as in the dataflow.
    while let Some(due) = desk.next_due().filter(|due| *due < tick) {
        desk.work(Vec::new(), due, |out, diff| told((out, diff)));
    }
    desk.work(facts, tick, |out, diff| told((out, diff)));
}

fn hear(held: &mut deliveries::Held, row: &StatusRow, tick: LogTime) {
    let Some(word) = Word::of(&row.status) else { return };
    let message = fingerprint::identity("message", &[&row.phone_number_id, &row.message_id]).0;
    let price = Price {
        category: row.pricing_category.clone(),
        kind: row.pricing_type.clone(),
        country: String::new(),
    };
    let mut delivery = held.get(message, tick);
    delivery.join(&Delivery::of(word, row.occurred_at, row.error_code, price));
    held.put(message, &delivery, tick);
}

/// Writes a snapshot with these states, and all others blank, to where a configuration has its snapshots, as one process with
/// one worker writes it; returns its bytes. A run with this configuration, a log of so many partitions and a sink that is
/// complete through `at` goes on from it.
///
/// # Errors
/// In words, when it cannot be written.
pub fn write_snapshot(config: &Config, partitions: u32, at: LogTime, states: &[State]) -> Result<u64, String> {
    let fingerprint = Fingerprint::of(&dataflow::Settings::of(config), partitions, STATES);
    let shape = Shape {
        process: 0,
        processes: 1,
        workers: 1,
        every: ticks(config.snapshot_every),
    };
    let reading = Reading::new(partitions, at, History::default(), Arc::new(NextDue::new(1)));
    let frozen = states.iter().flat_map(|state| state.frozen(at)).collect();
    snapshot::write(
        &config.snapshot_url,
        (fingerprint, shape),
        Arc::new(reading),
        at,
        frozen,
    )
}
