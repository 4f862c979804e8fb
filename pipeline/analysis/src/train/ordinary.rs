//! Ordinary messages, of all trades and in all languages, that ship with the program: what a business's corrections must not
//! make it read otherwise. A file of the corpus for each language, of those that go through the trades.

use super::samples::{Sample, message};

const FILES: [&str; 10] = [
    include_str!("../../corpus/ar/e-01.txt"),
    include_str!("../../corpus/de/d-01.txt"),
    include_str!("../../corpus/en/a-01.txt"),
    include_str!("../../corpus/es/b-01.txt"),
    include_str!("../../corpus/fr/c-01.txt"),
    include_str!("../../corpus/it/c-01.txt"),
    include_str!("../../corpus/ja/g-01.txt"),
    include_str!("../../corpus/ko/d-01.txt"),
    include_str!("../../corpus/pt/b-01.txt"),
    include_str!("../../corpus/zh/f-01.txt"),
];

/// The messages, without their labels.
pub(crate) fn messages() -> Vec<Sample> {
    let lines = FILES.into_iter().flat_map(str::lines);
    let messages = lines.filter_map(message).map(|text| Sample {
        text,
        ..Sample::default()
    });
    messages.collect()
}
