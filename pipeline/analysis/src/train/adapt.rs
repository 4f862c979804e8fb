//! Learning from what one business corrected, on top of the trained weights.
//!
//! ```text
//! corrected ─┐                            ┌ without each quarter ─ measure on it ─▶ which tasks it helps ┐
//! kept       ├─ features, base's logits ──┤                                                              │
//! ordinary ──┘                            └ from all of them, those tasks ◀──────────────────────────────┘ ─▶ Adaptation
//! ```
//!
//! What nobody corrected, and ordinary messages of other businesses, are learned from too, at a low weight, and what is learned
//! is that the base's probabilities are to stay as they are (Li, Hoiem 2017: learning without forgetting). Their labels would be
//! the wrong thing to learn: the base is often wrong about a business that corrects it, and must not become surer of that.

use std::collections::BTreeMap;

use parlance_schemas::settings::Measured;
use xxhash_rust::xxh3::xxh3_64;

use super::addition::{self, Set};
use super::ordinary;
use super::samples::Sample;
use crate::adapted::Adaptation;
use crate::features::{Feature, Origin};
use crate::model::{Reading, softmax};
use crate::weights::{CLASSES, Task, Weights};

/// With fewer corrected messages of a task, each quarter of them has fewer than ten to measure on.
const FEWEST: usize = 40;

/// Parts of the corrected messages, each held back once.
const PARTS: u64 = 4;

/// A task is learned when luck would have done as well with less than this probability,
const LUCK: f64 = 0.01;
/// and when at least this share of the labels it changes become right. Where only what was wrong is corrected nothing can be lost,
/// and the least gain is beyond luck; but with 300 or 600 corrections of a climbing hall's messages 46 of 100 changes or more were
/// gains, and with labels dealt out at random 31 at most.
const RIGHT_OF_CHANGED: f64 = 0.4;

/// How much a message counts that nobody corrected, beside a corrected one's 1.
const KEPT: f32 = 0.03;
/// The same of an ordinary message of other businesses.
const ORDINARY: f32 = 0.8;
/// More messages than this for each correction are not looked at: together they would count more than it.
const KEPT_EACH: usize = 10;

/// What was learned, and what it is worth.
#[derive(Clone, Debug)]
pub struct Adapted {
    /// What was learned; without any rows, when it was not better.
    pub adaptation: Adaptation,
    /// Corrected messages it was learned from; of those with the same text only the last.
    pub learned_from: usize,
    /// By task, for those with enough corrections to tell.
    pub measured: Vec<Measurement>,
}

impl Adapted {
    /// Whether it is better than the base alone: whether there is a task that was learned ([`Measurement::learned`]). The
    /// other tasks stay exactly as they are, so that it is worse in none as far as the corrections can tell.
    pub fn is_better(&self) -> bool {
        self.measured.iter().any(|measurement| measurement.learned)
    }
}

/// How often a task's labels were right without and with what was learned, on corrected messages it was not learned from:
/// the messages are parted in four by their texts, and each quarter is labelled by what was learned from the other three.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measurement {
    /// The task.
    pub task: Task,
    /// Messages measured on.
    pub messages: usize,
    /// Share the base labels right, 0 to 1.
    pub before: f64,
    /// Share that was labelled right with what was learned, 0 to 1.
    pub after: f64,
    /// Messages that got another label.
    pub changed: usize,
    /// Of those, messages that became right.
    pub gained: usize,
    /// Of those, messages that had been right.
    pub lost: usize,
    /// Whether that is better, and not by luck; if not, the task was left as it is. By the sign test on what changed (McNemar
    /// 1947): if gains and losses were equally likely, so many gains among so many changes would be seen less than once in a
    /// hundred times. Seven gains without a loss are enough, or 20 with 6 losses; but at least two in five of the labels that
    /// changed must have become right.
    pub learned: bool,
}

impl From<&Measurement> for Measured {
    /// What the adaptation does: nothing, to a task that was not learned.
    fn from(measurement: &Measurement) -> Self {
        let after = if measurement.learned {
            measurement.after
        } else {
            measurement.before
        };
        Self {
            task: measurement.task.to_string(),
            messages: measurement.messages as u64,
            before: measurement.before,
            after,
        }
    }
}

/// Why nothing can be learned.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There are too few corrections to tell whether what is learned would be better.
    #[error(
        "too few corrections to learn from and to measure on: {needed} different messages with a label of the same task are needed, there are {have}"
    )]
    TooFew {
        /// Of the task with the most.
        have: usize,
        /// How many there should be.
        needed: usize,
    },
}

/// Learns from messages of one integration, into an adaptation with the name `version`. The same messages make the same one.
///
/// `corrected` have the labels a person gave them, for some tasks or for all; of messages with the same text the last one's
/// count. Labels that a person found right belong to them: without them nobody sees what is made worse.
///
/// `kept` are others nobody corrected, with the labels they have now. A label that is not the base's was given by something that
/// knew better, a pattern or a language model, and is learned as it is; one that an earlier adaptation gave should be left
/// out, or it would learn from itself. More than ten for each correction are not looked at.
///
/// Who wrote a sample ([`Sample::source`]) and in which language ([`Sample::spoken`]) does not matter.
///
/// # Errors
/// [`Error::TooFew`] when no task has enough corrections.
pub fn adapt(base: &Weights, corrected: &[Sample], kept: &[Sample], version: &str) -> Result<Adapted, Error> {
    let corrected = read(base, corrected);
    let count = |task: Task| {
        corrected
            .values()
            .filter(|message| message.given(task).is_some())
            .count()
    };
    let tasks: Vec<Task> = Task::ALL.into_iter().filter(|task| count(*task) >= FEWEST).collect();
    if tasks.is_empty() {
        let have = Task::ALL.into_iter().map(count).max().unwrap_or_default();
        return Err(Error::TooFew { have, needed: FEWEST });
    }
    let mut kept = read(base, kept);
    kept.retain(|text, _| !corrected.contains_key(text));
    kept.values_mut().for_each(Message::forget_what_the_base_says);
    let learner = Learner {
        corrected: &corrected,
        kept: kept.values().take(KEPT_EACH * corrected.len()).collect(),
        ordinary: &read(base, &ordinary::messages()),
        names: (version, base.version()),
    };
    let measured = learner.measure(&tasks);
    let helped: Vec<Task> = measured.iter().filter(|one| one.learned).map(|one| one.task).collect();
    Ok(Adapted {
        adaptation: learner.learn(&helped, |_| true),
        learned_from: corrected.len(),
        measured,
    })
}

/// A message as it is learned from.
#[derive(Debug)]
pub(crate) struct Message {
    given: [Option<usize>; 4],
    pub(crate) features: Vec<(Feature, Origin)>,
    /// The base's.
    pub(crate) logits: [f32; CLASSES],
    /// The base's.
    pub(crate) probabilities: [f32; CLASSES],
}

impl Message {
    /// The class it was given of a task.
    pub(crate) fn given(&self, task: Task) -> Option<usize> {
        self.given[task as usize]
    }

    fn forget_what_the_base_says(&mut self) {
        for task in Task::ALL {
            let said = best(&self.logits, task);
            self.given[task as usize] = self.given(task).filter(|class| *class != said);
        }
    }
}

/// The likeliest class of a task, the first of equals.
fn best(logits: &[f32; CLASSES], task: Task) -> usize {
    let logits = &logits[task.place()];
    (1..logits.len()).fold(0, |best, class| if logits[class] > logits[best] { class } else { best })
}

/// Messages by the hash of their text.
type Messages = BTreeMap<u64, Message>;

fn read(base: &Weights, samples: &[Sample]) -> Messages {
    let mut reading = Reading::default();
    let messages = samples.iter().map(|sample| {
        let (logits, _) = reading.logits(base, &sample.text);
        let mut probabilities = logits;
        for task in Task::ALL {
            softmax(&mut probabilities[task.place()]);
        }
        let message = Message {
            // The label `none` is no class.
            given: Task::ALL.map(|task| sample.class(task).filter(|class| *class < task.classes())),
            features: reading.features.clone(),
            logits,
            probabilities,
        };
        (xxh3_64(sample.text.trim().to_lowercase().as_bytes()), message)
    });
    messages.collect()
}

struct Learner<'a> {
    corrected: &'a Messages,
    kept: Vec<&'a Message>,
    ordinary: &'a Messages,
    /// Of the adaptation, and of the base.
    names: (&'a str, &'a str),
}

impl Learner<'_> {
    /// Learns tasks, of the corrected messages from those whose text's hash is one `of`.
    fn learn(&self, tasks: &[Task], of: impl Fn(u64) -> bool) -> Adaptation {
        let corrected = self.corrected.iter().filter(|(text, _)| of(**text));
        let corrected: Vec<&Message> = corrected.map(|(_, message)| message).collect();
        let sets = [
            // What a person who corrected a message left as it was is much like what nobody corrected.
            Set {
                messages: &corrected,
                given: 1.0,
                not_given: KEPT,
            },
            Set {
                messages: &self.kept,
                given: KEPT,
                not_given: KEPT,
            },
            Set {
                messages: &self.ordinary.values().collect::<Vec<_>>(),
                given: ORDINARY,
                not_given: ORDINARY,
            },
        ];
        addition::learn(&sets, tasks, self.names)
    }

    fn measure(&self, tasks: &[Task]) -> Vec<Measurement> {
        let mut outcomes = [const { Vec::new() }; 4];
        let mut found = Vec::new();
        for part in 0..PARTS {
            let is_held_back = |text: u64| text % PARTS == part;
            let adaptation = self.learn(tasks, |text| !is_held_back(text));
            for (_, message) in self.corrected.iter().filter(|(text, _)| is_held_back(**text)) {
                let mut logits = message.logits;
                adaptation.look_up(&message.features, &mut found);
                let rows = found.iter().map(|(number, _)| *number);
                adaptation.add(rows, message.features.len(), &mut logits);
                for task in tasks {
                    if let Some(truth) = message.given(*task) {
                        outcomes[*task as usize].push(Outcome {
                            truth,
                            before: best(&message.logits, *task),
                            after: best(&logits, *task),
                        });
                    }
                }
            }
        }
        tasks
            .iter()
            .map(|task| Measurement::of(*task, &outcomes[*task as usize]))
            .collect()
    }
}

/// What was said of a message held back, by class.
#[derive(Clone, Copy, Debug)]
struct Outcome {
    truth: usize,
    before: usize,
    after: usize,
}

impl Measurement {
    fn of(task: Task, outcomes: &[Outcome]) -> Self {
        let count = |of: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| of(outcome)).count();
        let share = |part: usize| part as f64 / outcomes.len().max(1) as f64;
        let changed = count(|one| one.before != one.after);
        let gained = count(|one| one.before != one.after && one.after == one.truth);
        let lost = count(|one| one.before != one.after && one.before == one.truth);
        Self {
            task,
            messages: outcomes.len(),
            before: share(count(|one| one.before == one.truth)),
            after: share(count(|one| one.after == one.truth)),
            changed,
            gained,
            lost,
            learned: luck(gained, lost) < LUCK && gained as f64 >= RIGHT_OF_CHANGED * changed as f64,
        }
    }
}
/// How likely it is that of so many changes so many or more are gains, if each is a gain or a loss by the toss of a coin.
fn luck(gained: usize, lost: usize) -> f64 {
    let changes = gained + lost;
    // Of all changes being losses, then one more gain at a time; in logarithms, as the first is too small for a number.
    let mut log = -(changes as f64) * std::f64::consts::LN_2;
    let mut sum = 0.0;
    for losses in 0..=lost {
        sum += log.exp();
        log += ((changes - losses) as f64).ln() - ((losses + 1) as f64).ln();
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn luck_is_the_tail_of_tosses_of_a_coin() {
        assert!((luck(7, 0) - 1.0 / 128.0).abs() < 1e-12);
        assert!((luck(2, 1) - 0.5).abs() < 1e-12);
        assert!((luck(0, 5) - 1.0).abs() < 1e-12);
        assert!((luck(0, 0) - 1.0).abs() < 1e-12);
        assert!((luck(20, 6) - 0.004_678).abs() < 1e-5);
        assert!(luck(3_000, 2_000) < 1e-40 && luck(2_000, 3_000) > 0.999);
    }
}
