//! What it costs to label a message.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use parlance_benches::bodies::texts;
use parlance_pipeline::analysis::{Analyser, Context, RuleAnalyser};
use parlance_schemas::labels::{Direction, MessageType};

fn analysing(criterion: &mut Criterion) {
    let texts = texts(1_000);
    let analyser = RuleAnalyser::new();
    let context = Context {
        direction: Direction::Inbound,
        message_type: MessageType::Text,
    };
    let mut group = criterion.benchmark_group("analysis");
    group.throughput(Throughput::Elements(texts.len() as u64));
    group.bench_function("rules, a thousand messages", |bencher| {
        bencher.iter(|| {
            for text in &texts {
                black_box(analyser.analyse(text, &context));
            }
        });
    });
    group.finish();
}

criterion_group!(benches, analysing);
criterion_main!(benches);
