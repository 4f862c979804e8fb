//! The whole dataflow from a log in files into a sink that only counts, with everything in force that can be: time zones,
//! hours, promises, the rules of the template, actions.
//!
//! Not by criterion: a run takes seconds, and what threads and memory did in it is told too. `cargo bench --bench dataflow --
//! [runs of each=3] [only those whose name has this]`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use parlance_analysis::Trained;
use parlance_benches::bodies::START_MS;
use parlance_benches::process::{resident_mib, seconds_by_thread, seconds_since};
use parlance_benches::sink::{Count, Counter};
use parlance_benches::written::Written;
use parlance_pipeline::testing::ByLength;
use parlance_pipeline::{Config, Labels, run_on};
use parlance_schemas::rows::Progress;
use parlance_traffic::stream::Settings;
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Updates of a run.
const UPDATES: usize = 240_000;

/// What is measured.
struct Variant {
    analysis: bool,
    workers: usize,
}

impl Variant {
    fn name(&self) -> String {
        let with = if self.analysis { "with" } else { "without" };
        let s = if self.workers == 1 { "" } else { "s" };
        format!("{with} analysis, {} worker{s}", self.workers)
    }
}

/// What a run took.
struct Run {
    seconds: f64,
    /// By thread.
    processor: BTreeMap<String, f64>,
    /// MiB before, and when the last row was there.
    memory: [f64; 2],
    count: Count,
}

/// The demo's mixture with duplicates and what is late, from so many people that nobody writes without a pause.
fn traffic() -> Settings {
    Settings {
        seed: 1,
        start_ms: START_MS,
        rate: 2_000.0,
        duplicates: 0.05,
        late: 0.05,
        businesses: 24,
        customers: 3_000,
    }
}

/// Runs the pipeline over the log, from its start until the last row is there.
fn run(variant: &Variant, log: &Written) -> Run {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let settings = log.settings();
    let labels = if variant.analysis {
        Labels {
            analyser: Arc::new(Trained::shipped()),
            settings,
        }
    } else {
        Labels {
            analyser: Arc::new(ByLength),
            settings,
        }
    };
    let config = Config {
        workers: variant.workers,
        ..Config::default()
    };
    let progress = Progress {
        complete_through: vec![0],
    };
    let (shutdown, counter) = (CancellationToken::new(), Counter::default());
    let (before, used) = (resident_mib(), seconds_by_thread());
    let began = Instant::now();
    let pipeline = runtime.spawn(run_on(
        config,
        log.clone(),
        labels,
        counter.writers(),
        progress,
        shutdown.clone(),
    ));
    let count = counter.wait_for(log.end);
    let seconds = began.elapsed().as_secs_f64();
    let processor = seconds_since(&used);
    let memory = [before, resident_mib()];
    shutdown.cancel();
    let ended = runtime.block_on(pipeline).expect("the pipeline does not panic");
    ended.expect("the pipeline ends well");
    Run {
        seconds,
        processor,
        memory,
        count,
    }
}

fn main() {
    let given: Vec<String> = std::env::args().skip(1).collect();
    // As criterion's do: when cargo only tests, whether it runs at all.
    let has = |asked: &str| given.iter().any(|given| given == asked);
    let is_test = has("--test") || !has("--bench");
    let runs = given.iter().find_map(|given| given.parse::<usize>().ok());
    let runs = runs.unwrap_or(if is_test { 1 } else { 3 });
    let only = given
        .iter()
        .find(|given| !given.starts_with("--") && given.parse::<usize>().is_err());
    let updates = if is_test { 4_000 } else { UPDATES };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let log = Written::new(folder, &traffic(), updates).expect("the log can be written and read");
    println!("{} updates, {} numbers", log.updates, log.numbers.len());
    for (workers, analysis) in [(1, false), (1, true), (2, false), (2, true)] {
        let variant = Variant { analysis, workers };
        if only.is_some_and(|only| !variant.name().contains(only.as_str())) {
            continue;
        }
        let mut all: Vec<Run> = (0..runs).map(|_| run(&variant, &log)).collect();
        all.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
        tell(&variant, &log, &all);
    }
}

fn tell(variant: &Variant, log: &Written, runs: &[Run]) {
    let updates = log.updates as f64;
    let Run {
        seconds,
        processor,
        memory,
        count,
    } = &runs[runs.len() / 2];
    assert!(count.rows > log.updates / 2, "{} rows", count.rows);
    let best = runs.first().map_or(0.0, |run| updates / run.seconds);
    println!(
        "{}: {:.0} updates/s (median of {}; best {best:.0}), {:.2} s",
        variant.name(),
        updates / seconds,
        runs.len(),
        seconds
    );
    let of_threads = processor.iter().filter(|(_, seconds)| **seconds > 0.01);
    for (thread, busy) in of_threads {
        println!("  {thread:20} {:6.2} µs/update", busy * 1e6 / updates);
    }
    println!(
        "  resident: {:.0} MiB before, {:.0} MiB at the end",
        memory[0], memory[1]
    );
    let tables: Vec<_> = count
        .by_table
        .iter()
        .map(|(table, rows)| format!("{table} {rows}"))
        .collect();
    println!("  {} actions; rows: {}", count.actions, tables.join(", "));
}
