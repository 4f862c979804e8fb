//! What ingest does to a body: signature, split, fingerprint, record.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use parlance_benches::bodies::{START_MS, body};
use parlance_schemas::fingerprint::of_raw;
use parlance_schemas::record::Record;
use parlance_schemas::webhook::split;
use parlance_traffic::escape::meta_form;
use parlance_traffic::sign::AppSecret;

fn splitting(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("split");
    for updates in [1, 50, 1_000] {
        let plain = body(updates);
        let escaped = meta_form(std::str::from_utf8(&plain).expect("bodies are UTF-8")).into_bytes();
        for (form, body) in [("as composed", plain), ("escaped", escaped)] {
            let count = split(&body, "post", START_MS).expect("bodies are JSON").len();
            group.throughput(Throughput::Elements(count as u64));
            group.bench_with_input(BenchmarkId::new(form, updates), &body, |bencher, body| {
                bencher.iter(|| split(black_box(body), "post", START_MS).expect("bodies are JSON").len());
            });
        }
    }
    group.finish();
}

fn signing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("signature");
    let secret = AppSecret::new("0123456789abcdef0123456789abcdef");
    for bytes in [1_000, 100_000, 3 * 1024 * 1024] {
        let body = vec![b'x'; bytes];
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_with_input(BenchmarkId::from_parameter(bytes), &body, |bencher, body| {
            bencher.iter(|| secret.sign(black_box(body)));
        });
    }
    group.finish();
}

fn recording(criterion: &mut Criterion) {
    let body = body(1_000);
    let updates = split(&body, "0193a4f2-0000-7000-8000-000000000000", START_MS).expect("bodies are JSON");
    let count = updates.len() as u64;
    let mut group = criterion.benchmark_group("update");
    group.throughput(Throughput::Elements(count));
    group.bench_function("fingerprint", |bencher| {
        bencher.iter(|| updates.iter().fold(0, |all, keyed| all ^ of_raw(keyed.update.update).0));
    });
    let records: Vec<Record<'_>> = updates.into_iter().map(|keyed| Record::Update(keyed.update)).collect();
    group.bench_function("record to bytes", |bencher| {
        bencher.iter(|| {
            let bytes = records
                .iter()
                .map(|record| serde_json::to_vec(record).expect("a record serialises").len());
            bytes.sum::<usize>()
        });
    });
    let bytes = records
        .iter()
        .map(|record| serde_json::to_vec(record).expect("a record serialises"));
    let bytes: Vec<Vec<u8>> = bytes.collect();
    group.bench_function("record from bytes", |bencher| {
        bencher.iter(|| {
            for bytes in &bytes {
                black_box(Record::from_json(bytes).expect("it was written as a record"));
            }
        });
    });
    group.finish();
}

fn generating(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("traffic");
    group.sample_size(20);
    let updates: usize = parlance_benches::bodies::posts()
        .take(500)
        .map(|post| post.lines.len())
        .sum();
    group.throughput(Throughput::Elements(updates as u64));
    group.bench_function("500 POSTs of a new world", |bencher| {
        bencher.iter(|| {
            parlance_benches::bodies::posts()
                .take(500)
                .map(|post| post.body.len())
                .sum::<usize>()
        });
    });
    group.finish();
}

criterion_group!(benches, splitting, signing, recording, generating);
criterion_main!(benches);
