//! What a live conversation weighs in each operator's memory, and how long a restart from a snapshot of a million takes.
//!
//! `cargo bench -p parlance-benches --bench state -- [conversations]`, by default a million; with `--test` a few, to see that it
//! runs.

mod state {
    pub(crate) mod live;
    pub(crate) mod packing;
    pub(crate) mod weight;
}

use std::time::{Duration, Instant};

use parlance_benches::sink::Counter;
use parlance_pipeline::testing::{MemoryLog, State, write_snapshot};
use parlance_pipeline::{Config, History, Labels, run_on};
use parlance_schemas::rows::Progress;
use state::live::{END, Live};
use state::weight::{Counting, held, resident};
use tokio_util::sync::CancellationToken;

#[global_allocator]
static HEAP: Counting = Counting;

const PARTITIONS: u32 = 4;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    // As cargo calls it when it only tests.
    let is_test = has("--test") || !has("--bench");
    let given = arguments.iter().find_map(|argument| argument.parse().ok());
    let conversations: usize = given.unwrap_or(if is_test { 1_000 } else { 1_000_000 });
    let folder = tempfile::tempdir().expect("a folder can be made");
    let config = Config {
        snapshot_url: folder.path().to_str().expect("a path in UTF-8").to_owned(),
        ..Config::default()
    };
    state::packing::measure(if is_test { 10 } else { 5_001 });
    println!("{conversations} live conversations, {} messages", 7 * conversations);
    let live = Live::new(conversations);
    let states = [
        ("seen", State::seen(&config)),
        ("judged", State::judged()),
        ("deliveries", State::deliveries(&config)),
        ("timelines", State::timelines(&config, History::default(), 0)),
    ];
    let mut kept = Vec::new();
    for (name, state) in states {
        kept.push(weigh(name, state, &live, conversations));
    }
    restart(&config, &kept);
    drop(kept);
    // It keeps threads of its own, to know what rules may be tried on.
    drop(weigh(
        "timelines and triggers",
        State::triggers(&config),
        &live,
        conversations,
    ));
}

/// Fills a state, and says what it weighs.
fn weigh(name: &str, mut state: State, live: &Live, conversations: usize) -> State {
    let (before, resident_before) = (held(), resident());
    let began = Instant::now();
    let (mut ticks, mut telling) = (0_usize, Duration::ZERO);
    let mut lines_taken = 0;
    live.tell(|lines, tick| {
        let began = Instant::now();
        state.take(lines, tick);
        telling += began.elapsed();
        ticks += 1;
        lines_taken += lines.len();
    });
    state.take(&[], END);
    let bytes = held() - before;
    let resident = resident().zip(resident_before);
    let resident = resident.map_or_else(String::new, |(now, before)| {
        format!(", {} resident", now.saturating_sub(before) / conversations)
    });
    println!(
        "{name}: {} bytes a conversation{resident}; {} entries of {} bytes; {:.0} ns a line of {lines_taken} in {ticks} ticks ({:.1?})",
        bytes / conversations,
        state.entries(),
        bytes / state.entries().max(1),
        telling.as_nanos() as f64 / lines_taken as f64,
        began.elapsed(),
    );
    state
}

/// Writes a snapshot of the states, and starts a pipeline from it.
fn restart(config: &Config, states: &[State]) {
    let began = Instant::now();
    let bytes = write_snapshot(config, PARTITIONS, END, states).expect("a snapshot can be written");
    println!("snapshot: {bytes} bytes, written in {:.1?}", began.elapsed());
    let log = MemoryLog::new(PARTITIONS);
    // Later than progress is told where there is nothing else to tell.
    let end = END + 2 * u64::try_from(config.progress_every.as_millis()).expect("seconds fit");
    log.finish(end);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let mut took = Vec::new();
    for _ in 0..3 {
        let (counter, shutdown) = (Counter::default(), CancellationToken::new());
        let progress = Progress {
            complete_through: vec![END],
        };
        let began = Instant::now();
        let pipeline = runtime.spawn(run_on(
            config.clone(),
            log.clone(),
            Labels::shipped(History::default()),
            counter.writers(),
            progress,
            shutdown.clone(),
        ));
        counter.wait_for(end - 2_000);
        took.push(began.elapsed());
        shutdown.cancel();
        runtime
            .block_on(pipeline)
            .expect("the pipeline does not panic")
            .expect("the pipeline ends well");
    }
    took.sort_unstable();
    println!(
        "restart: {:.2?} until what is new is durable (median of 3: {took:.2?})",
        took[1]
    );
}
