//! The analyser: weights, and what is known of a message beside its text, to labels.

use std::cell::RefCell;
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use parlance_schemas::labels::{Direction, Intent, Judge, Language, MessageType, Sentiment, Urgency};

use crate::custom::Custom;
use crate::entities::{self, Entity, Place, Region};
use crate::model::{Reading, Scores};
use crate::replies;
use crate::signals::{self, Signal};
use crate::weights::{Task, Weights};

/// What is known of a message beside its text.
#[derive(Clone, Debug)]
pub struct Context {
    /// Who wrote to whom: answers are suggested to what customers write.
    pub direction: Direction,
    /// Its type: of a reaction only the emoji is text.
    pub message_type: MessageType,
    /// When it was sent: what "tomorrow" in it is the day after.
    pub sent_at: Timestamp,
    /// The country of the business's number: how phone numbers are written there, and what `$` is.
    pub region: Region,
    /// What the business has of its own.
    pub custom: Arc<Custom>,
}

/// The labels of a message, each with its probability, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Labels {
    /// Language of the text.
    pub language: (Language, f32),
    /// What the sender wants.
    pub intent: (Intent, f32),
    /// How the sender feels.
    pub sentiment: (Sentiment, f32),
    /// How soon someone must act.
    pub urgency: (Urgency, f32),
}

impl Labels {
    /// Of a message with nothing to analyse.
    pub const NONE: Self = Self {
        language: (Language::None, 0.0),
        intent: (Intent::None, 0.0),
        sentiment: (Sentiment::None, 0.0),
        urgency: (Urgency::None, 0.0),
    };
}

/// What a message says, in labels, each with its probability, 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// Language of the text.
    pub language: (Language, f32),
    /// What the sender wants.
    pub intent: (Intent, f32),
    /// How the sender feels.
    pub sentiment: (Sentiment, f32),
    /// How soon someone must act.
    pub urgency: (Urgency, f32),
    /// Who decided language, intent, sentiment and urgency.
    pub by: [Judge; 4],
    /// What the classifiers say of the text alone.
    pub base: Labels,
    /// Ids of the business's patterns that match.
    pub patterns: Vec<String>,
    /// Intents of the business's own, by its patterns.
    pub custom_intents: Vec<String>,
    /// The words that weighed most for intent, sentiment and urgency.
    pub signals: Vec<Signal>,
    /// Phone numbers, addresses, money, dates, order numbers.
    pub entities: Vec<Entity>,
    /// Suggested answers, in the language of the text.
    pub replies: Vec<String>,
}

impl Analysis {
    /// Of a message with nothing to analyse.
    pub const NOTHING: Self = Self {
        language: (Language::None, 0.0),
        intent: (Intent::None, 0.0),
        sentiment: (Sentiment::None, 0.0),
        urgency: (Urgency::None, 0.0),
        by: [Judge::Model; 4],
        base: Labels::NONE,
        patterns: Vec::new(),
        custom_intents: Vec::new(),
        signals: Vec::new(),
        entities: Vec::new(),
        replies: Vec::new(),
    };
}

/// Labels messages. It must be a function of its arguments: a replay has to say the same again.
pub trait Analyser: Send + Sync + 'static {
    /// Name and version, stored with each message; to change when the same text may get other labels.
    fn name(&self) -> &str;

    /// What one text says.
    fn analyse(&self, text: &str, context: &Context) -> Analysis;
}

/// The weights that ship with the program.
static SHIPPED: LazyLock<Arc<Weights>> = LazyLock::new(|| {
    let bytes = include_bytes!("../weights/model.bin");
    Arc::new(Weights::from_bytes(bytes).expect("the shipped weights are read by a test of this crate"))
});

thread_local! {
    static READING: RefCell<Reading> = RefCell::default();
}

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

    /// The probability of every label of every task, in the order of [`Task::ALL`] and of the vocabularies.
    pub fn scores(&self, text: &str) -> [Vec<(&'static str, f32)>; 4] {
        READING.with_borrow_mut(|reading| {
            let scores = reading.score(&self.weights, text);
            Task::ALL.map(|task| {
                let labels = scores.task(task).iter().enumerate();
                labels.map(|(class, score)| (task.label(class), *score)).collect()
            })
        })
    }
}

impl Analyser for Trained {
    fn name(&self) -> &str {
        self.weights.version()
    }

    fn analyse(&self, text: &str, context: &Context) -> Analysis {
        // Meta's own sentences are nobody's words.
        if text.trim_ascii().is_empty() || context.message_type == MessageType::System {
            return Analysis::NOTHING;
        }
        READING.with_borrow_mut(|reading| {
            let scores = reading.score(&self.weights, text);
            let mut analysis = labels(&scores);
            // An emoji on a message is a feeling, and neither a language nor a wish.
            if context.message_type == MessageType::Reaction {
                let sentiment = analysis.sentiment;
                let base = Labels {
                    sentiment,
                    ..Labels::NONE
                };
                return Analysis {
                    sentiment,
                    base,
                    ..Analysis::NOTHING
                };
            }
            analysis.signals = self.signals(text, reading, &scores, &analysis);
            let place = Place {
                timestamp: context.sent_at,
                zone: context.custom.zone.clone(),
                region: context.region,
                language: analysis.language.0,
            };
            analysis.entities = entities::find(text, &place);
            if context.direction == Direction::Inbound {
                let Analysis {
                    language,
                    intent,
                    urgency,
                    entities,
                    ..
                } = &analysis;
                analysis.replies = replies::suggest(language.0, intent.0, urgency.0, entities);
            }
            analysis
        })
    }
}

impl Trained {
    /// Of the labels that say something; that nothing is wanted, felt or due needs no reason.
    fn signals(&self, original: &str, reading: &Reading, scores: &Scores, labels: &Analysis) -> Vec<Signal> {
        let mut signals = Vec::new();
        let worth = [
            (Task::Intent, !matches!(labels.intent.0, Intent::Other | Intent::None)),
            (
                Task::Sentiment,
                !matches!(labels.sentiment.0, Sentiment::Neutral | Sentiment::None),
            ),
            (
                Task::Urgency,
                !matches!(labels.urgency.0, Urgency::Low | Urgency::Medium | Urgency::None),
            ),
        ];
        for (task, _) in worth.into_iter().filter(|(_, worth)| *worth) {
            signals.extend(signals::of_task(&self.weights, original, reading, scores, task));
        }
        signals
    }
}

fn labels(scores: &Scores) -> Analysis {
    let best = |task: Task| (scores.best(task), scores.task(task)[scores.best(task)]);
    let (intent, sentiment) = (best(Task::Intent), best(Task::Sentiment));
    let (urgency, language) = (best(Task::Urgency), best(Task::Language));
    let base = Labels {
        language: (Language::ALL[language.0], language.1),
        intent: (Intent::ALL[intent.0], intent.1),
        sentiment: (Sentiment::ALL[sentiment.0], sentiment.1),
        urgency: (Urgency::ALL[urgency.0], urgency.1),
    };
    let Labels {
        language,
        intent,
        sentiment,
        urgency,
    } = base;
    Analysis {
        language,
        intent,
        sentiment,
        urgency,
        base,
        ..Analysis::NOTHING
    }
}
