//! The analyser: weights, and what is known of a message beside its text, to labels.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::{Arc, LazyLock};

use parlance_schemas::labels::{Direction, Intent, Judge, Language, MessageType, Sentiment, Urgency};

use crate::adapted::Adaptation;
use crate::analysis::{Analysis, Context, Labels};
use crate::custom::Custom;
use crate::entities::{self, Place};
use crate::model::{Reading, Scores};
use crate::patterns::Patterns;
use crate::replies;
use crate::signals::{Candidate, Scored, Signal};
use crate::weights::{Task, Weights};

/// Labels messages. It must be a function of its arguments: a replay has to say the same again.
pub trait Analyser: Send + Sync + 'static {
    /// Name and version of what labels the messages of a business, stored with each; to change when the same text may get
    /// other labels.
    fn name<'a>(&'a self, custom: &'a Custom) -> Cow<'a, str>;

    /// What one text says.
    fn analyse(&self, text: &str, context: &Context) -> Analysis;
}

/// The weights that ship with the program.
static SHIPPED: LazyLock<Arc<Weights>> = LazyLock::new(|| {
    let bytes = include_bytes!("../weights/model.bin");
    Arc::new(Weights::from_bytes(bytes).expect("the shipped weights are read by a test of this crate"))
});

/// What is kept from one message to the next, so that only results are allocated.
#[derive(Default)]
struct Scratch {
    reading: Reading,
    candidates: Vec<Candidate>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// The probability of every label of every task, in the order of [`Task::ALL`] and of the vocabularies.
pub type Probabilities = [Vec<(&'static str, f32)>; 4];

/// The trained classifiers behind [`Analyser`].
#[derive(Clone, Debug)]
pub struct Trained {
    weights: Arc<Weights>,
}

impl Trained {
    /// With the weights that ship with the program. Reads what the first message would otherwise wait for: a tenth of a
    /// second.
    pub fn shipped() -> Self {
        entities::warm_up();
        Self {
            weights: Arc::clone(&SHIPPED),
        }
    }

    /// With other weights; else as [`Trained::shipped`].
    pub fn with(weights: Weights) -> Self {
        entities::warm_up();
        Self {
            weights: Arc::new(weights),
        }
    }

    /// The weights.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// The probability of every label of every task, by the weights and what was learned on top of them, if anything was.
    pub fn scores(&self, text: &str, adaptation: Option<&Adaptation>) -> Probabilities {
        SCRATCH.with_borrow_mut(|scratch| probabilities(&scratch.reading.score(&self.weights, adaptation, text)))
    }

    /// [`Analyser::analyse`] and [`Trained::scores`] for the price of one.
    pub fn analyse_with_scores(&self, text: &str, context: &Context) -> (Analysis, Probabilities) {
        SCRATCH.with_borrow_mut(|scratch| {
            let scores = scratch
                .reading
                .score(&self.weights, self.learned(&context.custom), text);
            let analysis = if says_nothing(text, context) {
                Analysis::NOTHING
            } else {
                self.explain(text, context, &scores, scratch)
            };
            (analysis, probabilities(&scores))
        })
    }
}

impl Analyser for Trained {
    fn name<'a>(&'a self, custom: &'a Custom) -> Cow<'a, str> {
        match self.learned(custom) {
            None => Cow::Borrowed(self.weights.version()),
            Some(adaptation) => Cow::Owned(format!("{}+{}", self.weights.version(), adaptation.version())),
        }
    }

    fn analyse(&self, text: &str, context: &Context) -> Analysis {
        if says_nothing(text, context) {
            return Analysis::NOTHING;
        }
        SCRATCH.with_borrow_mut(|scratch| {
            let scores = scratch
                .reading
                .score(&self.weights, self.learned(&context.custom), text);
            self.explain(text, context, &scores, scratch)
        })
    }
}

impl Trained {
    /// What the business's corrections taught, if that was on top of these weights.
    fn learned<'a>(&self, custom: &'a Custom) -> Option<&'a Adaptation> {
        let learned = custom.adaptation.as_deref();
        learned.filter(|adaptation| adaptation.base() == self.weights.version())
    }

    /// From the scores of the text that was read last to all that is said of it.
    fn explain(&self, text: &str, context: &Context, scores: &Scores, scratch: &mut Scratch) -> Analysis {
        let base = labels(scores);
        // An emoji on a message is a feeling, and neither a language nor a wish.
        if context.message_type == MessageType::Reaction {
            let felt = Labels {
                sentiment: base.sentiment,
                ..Labels::NONE
            };
            return Analysis {
                labels: felt,
                base: felt,
                ..Analysis::NOTHING
            };
        }
        let mut analysis = Analysis {
            labels: base,
            base,
            ..Analysis::NOTHING
        };
        if let Some(patterns) = &context.custom.patterns {
            decide(patterns, text, *scores, &mut analysis);
        }
        analysis.signals = self.signals((text, self.learned(&context.custom)), scores, &base, scratch);
        let place = Place {
            timestamp: context.sent_at,
            zone: context.custom.zone.clone(),
            region: context.region,
            language: base.language.0,
        };
        analysis.entities = entities::find(text, &place);
        if context.direction == Direction::Inbound {
            let (intent, urgency) = (analysis.labels.intent.0, analysis.labels.urgency.0);
            analysis.replies = replies::suggest(base.language.0, intent, urgency, &analysis.entities);
        }
        analysis
    }

    /// Of what the classifiers say that says something; that nothing is wanted, felt or due needs no reason.
    fn signals(
        &self,
        (original, adaptation): (&str, Option<&Adaptation>),
        scores: &Scores,
        base: &Labels,
        scratch: &mut Scratch,
    ) -> Vec<Signal> {
        let mut signals = Vec::new();
        let worth = [
            (Task::Intent, !matches!(base.intent.0, Intent::Other | Intent::None)),
            (
                Task::Sentiment,
                !matches!(base.sentiment.0, Sentiment::Neutral | Sentiment::None),
            ),
            (
                Task::Urgency,
                !matches!(base.urgency.0, Urgency::Low | Urgency::Medium | Urgency::None),
            ),
        ];
        let scored = Scored {
            weights: &self.weights,
            adaptation,
            original,
            reading: &scratch.reading,
            scores,
        };
        for (task, _) in worth.into_iter().filter(|(_, worth)| *worth) {
            scored.explain(task, &mut scratch.candidates, &mut signals);
        }
        signals
    }
}

/// What the business's patterns make of the scores.
fn decide(patterns: &Patterns, text: &str, mut scores: Scores, analysis: &mut Analysis) {
    let matches = patterns.find(text);
    if matches.is_empty() {
        return;
    }
    let tasks = [Task::Language, Task::Intent, Task::Sentiment, Task::Urgency];
    analysis.by = tasks.map(|task| match matches.decide(task, scores.task_mut(task)) {
        true => Judge::Pattern,
        false => Judge::Model,
    });
    analysis.labels = labels(&scores);
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    analysis.patterns = owned(&matches.ids);
    analysis.custom_intents = owned(&matches.custom_intents);
}

/// Whether there is nothing to analyse: Meta's own sentences are nobody's words.
fn says_nothing(text: &str, context: &Context) -> bool {
    text.trim_ascii().is_empty() || context.message_type == MessageType::System
}

fn probabilities(scores: &Scores) -> Probabilities {
    Task::ALL.map(|task| {
        let labels = scores.task(task).iter().enumerate();
        labels.map(|(class, score)| (task.label(class), *score)).collect()
    })
}

fn labels(scores: &Scores) -> Labels {
    let best = |task: Task| (scores.best(task), scores.task(task)[scores.best(task)]);
    let (intent, sentiment) = (best(Task::Intent), best(Task::Sentiment));
    let (urgency, language) = (best(Task::Urgency), best(Task::Language));
    Labels {
        language: (Language::ALL[language.0], language.1),
        intent: (Intent::ALL[intent.0], intent.1),
        sentiment: (Sentiment::ALL[sentiment.0], sentiment.1),
        urgency: (Urgency::ALL[urgency.0], urgency.1),
    }
}
