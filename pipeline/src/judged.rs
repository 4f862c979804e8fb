//! The operator that gives a message its last word: what its conversation adds to what its text says, and what people and
//! language models say against it.
//!
//! Keeps true: a label is the word of its strongest judge (person, pattern, language model, conversation, text); of equals
//! the later. When that changes, the row that was given is taken back and another given, so windows move with it. What a
//! message's conversation adds depends on the messages before it by their own time, whatever order they were logged in, for
//! as long as its row is held; after that a late message changes it no more.
//!
//! Holds: of each conversation what was said in the last day; rows of the last twenty seconds, a few each; of each message that was
//! judged, by whom, until no window counts it. A verdict carries its message's row, so no other texts are kept.

mod conversation;
mod stand;

use std::collections::BTreeMap;

use differential_dataflow::{AsCollection, VecCollection};
use parlance_schemas::rows::{MessageRow, VerdictRow};
use parlance_schemas::verdict::Verdict;
use timely::dataflow::channels::pact::Exchange;
use timely::dataflow::operators::Capability;
use timely::dataflow::operators::generic::Operator;

use crate::event::{Diff, Time};
use crate::rows::Row;
use crate::snapshot::{Kind, Snapshots};
pub(crate) use conversation::Conversations;
use stand::Stands;

pub(crate) use conversation::REACH;

/// What this operator remembers of conversations.
pub(crate) const CONVERSATIONS: Kind = Kind::of::<Conversations>("conversations", 2);
/// What it remembers of verdicts.
pub(crate) const STANDS: Kind = Kind::of::<Stands>("stands", 1);

/// Every row, messages with their last word. `windows_open`: how long (log time, milliseconds) after a message was logged a
/// window may count it.
pub(crate) fn judged<'scope>(
    rows: VecCollection<'scope, Time, Row, Diff>,
    windows_open: Time,
    snapshots: &Snapshots,
) -> VecCollection<'scope, Time, Row, Diff> {
    let keepers = (
        snapshots.keeper::<Conversations>(CONVERSATIONS),
        snapshots.keeper::<Stands>(STANDS),
    );
    let worker = rows.inner.scope().index();
    let here = worker as u64;
    let by_conversation = Exchange::new(move |(row, _, _): &(Row, Time, Diff)| match row {
        Row::Message(message) => home(message) as u64,
        Row::Said(verdict) => home(&verdict.message) as u64,
        _ => here,
    });
    let stream = rows
        .inner
        .unary_frontier(by_conversation, "Judged", move |_capability, _info| {
            let mut waiting: BTreeMap<Time, (Capability<Time>, Tick)> = BTreeMap::new();
            let mut bench = Bench::new(windows_open);
            keepers.0.restore(&mut bench.conversations);
            keepers.1.restore(&mut bench.stands);
            let conversations = metrics::gauge!("pipeline_conversations", "worker" => worker.to_string());
            let stands = metrics::gauge!("pipeline_verdicts_held", "worker" => worker.to_string());
            move |(input, frontier), output| {
                input.for_each_stamp(|stamp, data| {
                    let mut session = output.session(&stamp);
                    for (row, time, diff) in data.flat_map(|batch| batch.drain(..)) {
                        if !matches!(row, Row::Message(_) | Row::Said(_)) {
                            session.give((row, time, diff));
                            continue;
                        }
                        let (_, tick) = waiting
                            .entry(time)
                            .or_insert_with(|| (stamp.delayed(&time, 0), Tick::default()));
                        match row {
                            Row::Message(message) => tick.messages.push(message),
                            Row::Said(verdict) => tick.verdicts.push(*verdict),
                            _ => unreachable!("went on above"),
                        }
                    }
                });
                while let Some(entry) = waiting.first_entry() {
                    if frontier.less_equal(entry.key()) {
                        break;
                    }
                    let (time, (capability, tick)) = entry.remove_entry();
                    keepers.0.before(time, &bench.conversations);
                    keepers.1.before(time, &bench.stands);
                    let mut session = output.session(&capability);
                    bench.judge(tick, time, |row, diff| session.give((row, time, diff)));
                    conversations.set(bench.conversations.len() as f64);
                    stands.set(bench.stands.len() as f64);
                }
                keepers.0.through(frontier, &bench.conversations);
                keepers.1.through(frontier, &bench.stands);
            }
        });
    stream.as_collection()
}

/// What was logged in one tick.
#[derive(Default)]
struct Tick {
    #[expect(clippy::vec_box, reason = "rows come and go boxed")]
    messages: Vec<Box<MessageRow>>,
    verdicts: Vec<Verdict>,
}

/// Where everything about a message meets: its conversation, or itself when it has none.
fn home(message: &MessageRow) -> u128 {
    conversation::of(message).unwrap_or_else(|| stand::of(message))
}

/// What this worker knows of conversations and verdicts.
struct Bench {
    conversations: Conversations,
    stands: Stands,
    context: metrics::Counter,
}

/// A message of this tick: as it was given before, if it was, and as it is now.
struct Case {
    before: Option<Box<MessageRow>>,
    now: Box<MessageRow>,
}

impl Bench {
    fn new(windows_open: Time) -> Self {
        Self {
            conversations: Conversations::default(),
            stands: Stands::new(windows_open),
            context: metrics::counter!("pipeline_messages_reread_total"),
        }
    }

    /// Gives the rows of a tick that is over.
    fn judge(&mut self, tick: Tick, time: Time, mut give: impl FnMut(Row, Diff)) {
        let Tick { messages, mut verdicts } = tick;
        self.conversations.forget(time);
        self.stands.forget(time);

        let mut cases: BTreeMap<u128, Case> = BTreeMap::new();
        for read in self.conversations.read(messages, time) {
            let mut now = read.now;
            self.stands.apply(&mut now);
            let before = read.before.map(|mut row| {
                self.context.increment(1);
                self.stands.apply(&mut row);
                row
            });
            cases.insert(stand::of(&now), Case { before, now });
        }
        // The order of verdicts decides what each found before it, and nothing else.
        verdicts.sort_by(|a, b| (a.at, a.judge, &a.author).cmp(&(b.at, b.judge, &b.author)));
        for verdict in verdicts {
            let message = stand::of(&verdict.message);
            let case = cases.entry(message).or_insert_with(|| {
                let held = self.conversations.held(&verdict.message);
                let mut row = held.unwrap_or_else(|| verdict.message.clone());
                self.stands.apply(&mut row);
                Case {
                    before: Some(row.clone()),
                    now: row,
                }
            });
            give(Row::Verdict(Box::new(verdict_row(&verdict, &case.now, time))), 1);
            metrics::counter!("pipeline_verdicts_total", "judge" => verdict.judge.as_str()).increment(1);
            self.stands
                .hear(&verdict, &case.now, (home(&verdict.message) as u64, time));
            self.stands.apply(&mut case.now);
        }
        for Case { before, mut now } in cases.into_values() {
            match before {
                Some(before) if same_word(&before, &now) => continue,
                Some(before) => {
                    now.version = time;
                    give(Row::Message(before), -1);
                }
                None => {}
            }
            give(Row::Message(now), 1);
        }
    }
}

fn same_word(a: &MessageRow, b: &MessageRow) -> bool {
    let word = |row: &MessageRow| {
        (
            (row.intent, row.intent_by, row.intent_confidence),
            (row.sentiment, row.sentiment_by, row.sentiment_confidence),
            (row.urgency, row.urgency_by, row.urgency_confidence),
            (row.language, row.language_by, row.language_confidence),
        )
    };
    word(a) == word(b)
}

fn verdict_row(verdict: &Verdict, before: &MessageRow, time: Time) -> VerdictRow {
    VerdictRow {
        phone_number_id: before.phone_number_id.clone(),
        message_id: before.message_id.clone(),
        judge: verdict.judge,
        author: verdict.author.clone(),
        given_at: verdict.at,
        intent: verdict.intent.map_or_else(String::new, |label| label.to_string()),
        sentiment: verdict.sentiment.map_or_else(String::new, |label| label.to_string()),
        urgency: verdict.urgency.map_or_else(String::new, |label| label.to_string()),
        language: verdict.language.map_or_else(String::new, |label| label.to_string()),
        confidence: verdict.confidence,
        intent_before: before.intent,
        sentiment_before: before.sentiment,
        urgency_before: before.urgency,
        language_before: before.language,
        logged_at: i64::try_from(time).expect("log time is within 292 million years"),
        version: time,
    }
}
