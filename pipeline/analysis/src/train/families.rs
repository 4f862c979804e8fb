//! Other families of classifiers on the same samples and features, so that the choice of one can be checked.

use super::bayes::Bayes;
use super::network::{Example, Network};
use super::recipe::Recipe;
use super::report::{Measured, measure_with};
use super::vocabulary::Vocabulary;
use super::{Samples, examples};
use crate::text::Text;
use crate::weights::Task;

/// Learns each family from what is learned from, and measures it on the rest. Nothing is pruned or rounded here.
pub(crate) fn compare(samples: &Samples) -> Vec<(&'static str, Vec<Measured>)> {
    let vocabulary = Vocabulary::of(samples.learned.iter());
    let mut scratch = Text::default();
    let rows: Vec<Vec<u32>> = samples
        .learned
        .iter()
        .map(|sample| vocabulary.numbers(&sample.text, &mut scratch))
        .collect();

    let bayes = Task::ALL.map(|task| {
        let examples = examples(samples.learned.iter().zip(&rows), task, &Recipe::of(task));
        Bayes::learn(&examples, vocabulary.len(), task.classes())
    });
    let by_bayes = measure_with(
        |text| {
            let rows = vocabulary.numbers(text, &mut scratch);
            std::array::from_fn(|task| bayes[task].scores(&rows))
        },
        samples,
    );

    let network = Network::learn(&for_all_tasks(samples, rows), vocabulary.len());
    let by_network = measure_with(
        |text| network.scores(&vocabulary.numbers(text, &mut Text::default())),
        samples,
    );
    vec![("naive Bayes", by_bayes), ("embedding bag", by_network)]
}

fn for_all_tasks(samples: &Samples, rows: Vec<Vec<u32>>) -> Vec<Example> {
    let recipes = Task::ALL.map(Recipe::of);
    samples
        .learned
        .iter()
        .zip(rows)
        .map(|(sample, rows)| Example {
            rows,
            targets: Task::ALL.map(|task| {
                let recipe = &recipes[task as usize];
                let class = sample.class(task)?;
                Some((recipe.target(class, task.classes()), recipe.weight(sample)))
            }),
        })
        .collect()
}
