//! From labelled messages to weights, the same ones each time.
//!
//! ```text
//! corpus ─┐                                   ┌ intent    ┐
//!         ├─ samples ─ vocabulary ─ learn all ┼ sentiment ┼─ keep what matters ─ learn again ─ 6 bits ─ calibrate ─ measure
//! public ─┘                                   ├ urgency   │                                     ▲          ▲
//!                                             └ language  ┘                                     authors apart, and sources
//!                                                                                               nothing is learned from
//! ```
//!
//! # Layout
//!
//! * [`run`], [`Options`], [`Trained`]: the whole of it
//! * [`samples`]: reading corpus and public data; `recipe`: how much each source counts, and how each task is learned
//! * [`adapt`](mod@adapt): what one business's corrections add to the weights; `addition`, `offset`: learning that; `ordinary`: the
//!   messages of other businesses that it must leave as they are
//! * `vocabulary`: which features, which rows; `logistic`: learning; `pack`: six bits, probabilities
//! * `scores`, [`report`]: how good it is; `left_out`: on sources nothing was learned from; `families`: beside other ways to
//!   classify, `bayes` and `network`

pub mod adapt;
mod addition;
mod bayes;
mod families;
mod left_out;
mod logistic;
mod network;
mod offset;
mod ordinary;
mod pack;
mod recipe;
pub mod report;
pub mod samples;
mod scores;
mod vocabulary;

use std::path::PathBuf;
use std::thread;

use self::logistic::{Example, Linear};
use self::recipe::Recipe;
pub use self::report::Report;
use self::samples::Sample;
use self::vocabulary::Vocabulary;
use crate::text::Text;
use crate::weights::{Task, Weights};

/// What to train from.
#[derive(Clone, Debug)]
pub struct Options {
    /// The corpus: see [`samples::corpus`].
    pub corpus: PathBuf,
    /// Folder of public labelled messages (`intent.jsonl`, `sentiment.jsonl`, `urgency.jsonl`, `language*.jsonl`).
    /// Without it less is learned, of languages above all.
    pub public: Option<PathBuf>,
    /// Rows of the table, as a power of two; a row is 32 bytes.
    pub rows_log2: u32,
    /// Name of the weights; rows of analysed messages bear it.
    pub version: String,
    /// Whether to train the other families of classifiers too, for the report.
    pub compare: bool,
}

/// Weights, and how good they are.
#[derive(Debug)]
pub struct Trained {
    /// The weights.
    pub weights: Weights,
    /// What was measured with them, on messages they did not learn from.
    pub report: Report,
}

/// Samples by what they are for.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    /// To learn from.
    pub(crate) learned: Vec<Sample>,
    /// By authors of the corpus who wrote nothing that is learned from.
    pub(crate) apart: Vec<Sample>,
    /// Public, and by their licence not to be learned from.
    pub(crate) barred: Vec<Sample>,
}

/// Trains and measures.
///
/// # Errors
/// [`samples::Error`] when a source cannot be read or understood.
pub fn run(options: &Options) -> Result<Trained, samples::Error> {
    let samples = read(options)?;
    let (left_out, said) = left_out::measure(&samples.learned);
    let weights = learn(&samples.learned, options);
    let weights = pack::calibrated(weights, &samples.apart, &said);
    let mut report = report::measure(&weights, &samples);
    report.left_out = left_out;
    if options.compare {
        report.families = families::compare(&samples);
    }
    Ok(Trained { weights, report })
}

fn read(options: &Options) -> Result<Samples, samples::Error> {
    let mut samples = Samples::default();
    for sample in samples::corpus(&options.corpus)? {
        if recipe::is_apart(&sample) {
            samples.apart.push(sample);
        } else {
            samples.learned.push(sample);
        }
    }
    let Some(folder) = &options.public else {
        return Ok(samples);
    };
    for (file, task) in recipe::PUBLIC_FILES {
        for (sample, learnable) in samples::labelled_file(&folder.join(file), task)? {
            if learnable {
                samples.learned.push(sample);
            } else {
                samples.barred.push(sample);
            }
        }
    }
    Ok(samples)
}

fn learn(samples: &[Sample], options: &Options) -> Weights {
    let mut vocabulary = Vocabulary::of(samples.iter());
    tracing::info!(
        samples = samples.len(),
        features = vocabulary.len(),
        "learning of all features"
    );
    let models = learn_tasks(samples, &vocabulary);
    let placed = vocabulary.place(&importance(&models, &vocabulary), options.rows_log2);
    tracing::info!(features = vocabulary.len(), "learning of those that matter");
    let models = learn_tasks(samples, &vocabulary);
    pack::weights(&models, &placed, options)
}

/// A model for each task, two tasks at a time.
fn learn_tasks(samples: &[Sample], vocabulary: &Vocabulary) -> [Linear; 4] {
    let mut scratch = Text::default();
    let rows: Vec<Vec<u32>> = samples
        .iter()
        .map(|sample| vocabulary.numbers(&sample.text, &mut scratch))
        .collect();
    let one = |task| {
        let recipe = Recipe::of(task);
        let examples = examples(samples.iter().zip(&rows), task, &recipe);
        Linear::learn(&examples, vocabulary.len(), task.classes(), recipe.options)
    };
    // Each pair is about as much work as the other.
    thread::scope(|scope| {
        let others = scope.spawn(|| (one(Task::Sentiment), one(Task::Urgency)));
        let (intent, language) = (one(Task::Intent), one(Task::Language));
        let (sentiment, urgency) = others.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        [intent, sentiment, urgency, language]
    })
}

/// What there is to learn a task from, among samples and the numbers of their features.
fn examples<'a>(
    samples: impl Iterator<Item = (&'a Sample, &'a Vec<u32>)>,
    task: Task,
    recipe: &Recipe,
) -> Vec<Example<'a>> {
    let labelled: Vec<_> = samples
        .filter_map(|(sample, rows)| Some((rows, sample.class(task)?, recipe.weight(sample))))
        .collect();
    let mut by_class = vec![0.0; task.classes()];
    for (_, class, weight) in &labelled {
        by_class[*class] += weight;
    }
    let mean = by_class.iter().sum::<f32>() / by_class.len() as f32;
    labelled
        .into_iter()
        .map(|(rows, class, weight)| Example {
            rows,
            target: recipe.target(class, task.classes()),
            weight: weight * (mean / by_class[class]).powf(recipe.balance),
        })
        .collect()
}

/// How much would be lost without a feature: the length of its weights, in each task's own measure, and how often it occurs.
fn importance(models: &[Linear; 4], vocabulary: &Vocabulary) -> Vec<f32> {
    let square = |weights: &[f32]| weights.iter().map(|weight| weight * weight).sum::<f32>();
    let mut importance = vec![0.0; vocabulary.len()];
    for (task, model) in Task::ALL.into_iter().zip(models) {
        let usual = square(&model.weights) / vocabulary.len() as f32;
        let unit = recipe::importance(task) / usual.max(f32::MIN_POSITIVE);
        for (importance, weights) in importance.iter_mut().zip(model.weights.chunks_exact(model.classes)) {
            *importance += square(weights) * unit;
        }
    }
    for (number, importance) in importance.iter_mut().enumerate() {
        *importance = importance.sqrt() * (vocabulary.occurrences(number) as f32).sqrt();
    }
    importance
}
