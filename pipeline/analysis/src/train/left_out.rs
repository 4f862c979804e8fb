//! Public sources left out in turn: how well the rest says what a source says that nothing was learned from.
//!
//! It is the honest figure for messages from elsewhere, and what the numbers of [`super::recipe`] were chosen by.

use std::collections::BTreeMap;

use super::examples;
use super::logistic::Linear;
use super::recipe::Recipe;
use super::report::{Measure, Measured, measure_each};
use super::samples::Sample;
use super::vocabulary::Vocabulary;
use crate::model::softmax;
use crate::text::Text;
use crate::weights::Task;

/// Sources with fewer samples say little.
const FEWEST: usize = 250;

/// What was said of samples that were left out, by task: their class, the logarithms of the classes' probabilities, and the
/// share of one source that the sample is.
pub(crate) type Said = [Vec<(usize, Vec<f32>, f32)>; 4];

/// Learns without each public source in turn, and measures on it. Languages are left aside: their sources are all alike.
pub(crate) fn measure(samples: &[Sample]) -> (Vec<Measured>, Said) {
    let mut sources: BTreeMap<&str, usize> = BTreeMap::new();
    for sample in samples.iter().filter(|sample| sample.language.is_none()) {
        *sources.entry(family(&sample.source)).or_default() += 1;
    }
    sources.retain(|_, count| *count >= FEWEST);
    let vocabulary = Vocabulary::of(samples.iter());
    let mut scratch = Text::default();
    let rows: Vec<Vec<u32>> = samples
        .iter()
        .map(|sample| vocabulary.numbers(&sample.text, &mut scratch))
        .collect();
    let (mut measured, mut said) = (Vec::new(), Said::default());
    for source in sources.keys() {
        measured.extend(without(source, samples, &rows, &vocabulary, &mut said));
    }
    (measured, said)
}

/// The name without what says how it was labelled or translated: one text must not be on both sides.
fn family(source: &str) -> &str {
    ["-rubric", "-ko-mt", "-weak-neutral"]
        .iter()
        .find_map(|ending| source.strip_suffix(ending))
        .unwrap_or(source)
}

fn without(
    source: &str,
    samples: &[Sample],
    rows: &[Vec<u32>],
    vocabulary: &Vocabulary,
    said: &mut Said,
) -> Vec<Measured> {
    let kept = samples.iter().zip(rows);
    let kept = kept.filter(|(sample, _)| family(&sample.source) != source);
    let left_out: Vec<&Sample> = samples
        .iter()
        .filter(|sample| family(&sample.source) == source)
        .collect();
    let models = Task::ALL.map(|task| {
        let labelled = left_out.iter().any(|sample| sample.class(task).is_some());
        (labelled && task != Task::Language).then(|| {
            let recipe = Recipe::of(task);
            let examples = examples(kept.clone(), task, &recipe);
            Linear::learn(&examples, vocabulary.len(), task.classes(), recipe.options)
        })
    });
    let mut scratch = Text::default();
    let mut classify = |text: &str| {
        let rows = vocabulary.numbers(text, &mut scratch);
        std::array::from_fn(|task| {
            let mut scores = vec![0.0; Task::ALL[task].classes()];
            if let Some(model) = &models[task] {
                model.logits(&rows, &mut scores);
                softmax(&mut scores);
            }
            scores
        })
    };
    for sample in &left_out {
        let scores: [Vec<f32>; 4] = classify(&sample.text);
        for task in Task::ALL {
            if let (Some(class), true) = (sample.class(task), models[task as usize].is_some()) {
                let logs = scores[task as usize].iter().map(|score| score.max(1e-9).ln()).collect();
                said[task as usize].push((class, logs, 1.0 / left_out.len() as f32));
            }
        }
    }
    let mut measured = measure_each(classify, source, &left_out);
    measured.retain(|one| one.measure != Measure::Task(Task::Language));
    measured
}
