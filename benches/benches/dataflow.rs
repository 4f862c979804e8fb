//! The whole dataflow on a log in memory into a sink that only counts: from record bytes to rows.

use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use parlance_benches::bodies::{START_MS, posts};
use parlance_benches::sink::Counter;
use parlance_pipeline::testing::MemoryLog;
use parlance_pipeline::{Config, History, Labels, run_on};
use parlance_schemas::rows::{LogTime, Progress};
use parlance_schemas::webhook::split;
use tokio_util::sync::CancellationToken;

/// Updates of one run.
const UPDATES: usize = 20_000;

const PARTITIONS: u32 = 4;

/// A log of the world's first twenty seconds or so, and the tick of its last record.
fn log() -> (MemoryLog, LogTime) {
    let log = MemoryLog::new(PARTITIONS);
    let mut end = 0;
    let mut count = 0;
    for post in posts() {
        let received_at = START_MS + i64::try_from(post.due.as_millis()).expect("minutes fit");
        let log_time = LogTime::try_from(received_at).expect("after 1970");
        for keyed in split(&post.body, "post", received_at).expect("bodies are JSON") {
            let hash = keyed
                .key
                .bytes()
                .fold(0_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)));
            log.append_update(hash % PARTITIONS, log_time, keyed.update);
            count += 1;
        }
        end = log_time;
        if count >= UPDATES {
            break;
        }
    }
    // The tick of the last rows; the heartbeats after it close it.
    let end = end.div_ceil(1_000) * 1_000;
    log.finish(end + 1_000);
    log.set_now(end + 1_000);
    (log, end)
}

/// Runs the pipeline over the log; returns from its start until the last row is there.
fn run(workers: usize, log: &MemoryLog, end: LogTime) -> Duration {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let shutdown = CancellationToken::new();
    let counter = Counter::default();
    let config = Config {
        workers,
        ..Config::default()
    };
    let progress = Progress {
        complete_through: vec![0],
    };
    let began = Instant::now();
    let pipeline = runtime.spawn(run_on(
        config,
        log.clone(),
        Labels::shipped(History::default()),
        counter.writers(),
        progress,
        shutdown.clone(),
    ));
    let rows = counter.wait_for(end);
    let took = began.elapsed();
    assert!(rows >= UPDATES, "{rows} rows of {UPDATES} updates");
    shutdown.cancel();
    let ended = runtime.block_on(pipeline).expect("the pipeline does not panic");
    ended.expect("the pipeline ends well");
    took
}

fn flowing(criterion: &mut Criterion) {
    let (log, end) = log();
    let mut group = criterion.benchmark_group("dataflow");
    group.throughput(Throughput::Elements(UPDATES as u64));
    group.sample_size(10).measurement_time(Duration::from_secs(10));
    for workers in [1, 2] {
        group.bench_with_input(BenchmarkId::new("workers", workers), &workers, |bencher, workers| {
            bencher.iter_custom(|times| (0..times).map(|_| run(*workers, &log, end)).sum());
        });
    }
    group.finish();
}

criterion_group!(benches, flowing);
criterion_main!(benches);
