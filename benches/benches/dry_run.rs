//! Rules that come into force while a million messages are remembered and traffic goes on: how long until it is told what they
//! would have done, and what that costs the traffic meanwhile.
//!
//! The same log twice, once without the mark that puts the rules into force. All messages are of one integration, which is the
//! worst there is: all of its past is asked by one worker in one tick. `cargo bench --bench dry_run`.

use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::sync::Arc;

use parlance_benches::process::resident_mib;
use parlance_benches::sink::{Count, Counter};
use parlance_benches::written::{Writing, Written};
use parlance_pipeline::testing::ByLength;
use parlance_pipeline::{Config, History, Labels, run_on};
use parlance_schemas::rows::{LogTime, Progress};
use parlance_schemas::settings::rules::TEMPLATE;
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const NUMBER: &str = "106540352242922";
const START: LogTime = 1_782_900_000_000;
/// Messages a tick.
const RATE: usize = 10_000;
const CUSTOMERS: usize = 300_000;
/// Ticks that are looked at after the rules came into force.
const AFTER: usize = 20;

/// The template with every rule for show, and one on windows.
fn rules() -> String {
    let window = r#"{"id":"wave","mode":"dry_run","on":"window","when":{"count":{"of":{"intent":{"in":["complaint"]}},
        "at_least":50,"within":"5m","until_below":20}},"then":[{"alert":{"destination":"desk"}}]}"#;
    let rules = TEMPLATE.replace(r#""mode": "live""#, r#""mode": "dry_run""#);
    rules.replacen(r#""rules": ["#, &format!(r#""rules": [{window},"#), 1)
}

fn message(body: &mut String, index: usize, at: LogTime) {
    let text = "Where is it? ".repeat(index % 7 + 1);
    let text = &text[..text.len() - index % 11];
    let customer = 491_500_000_000 + index % CUSTOMERS;
    let seconds = at / 1_000;
    let comma = if body.ends_with('[') { "" } else { "," };
    write!(
        body,
        r#"{comma}{{"from":"{customer}","id":"wamid.{index}","timestamp":"{seconds}","type":"text","text":{{"body":"{text}"}}}}"#
    )
    .expect("strings take everything");
}

/// `ticks` of messages, and `AFTER` more after the mark.
fn write(writing: &mut Writing, ticks: usize, marked: bool) -> io::Result<()> {
    let mut index = 0;
    for tick in 0..ticks + AFTER {
        let log_time = START + 1_000 * LogTime::try_from(tick).expect("few");
        if tick == ticks && marked {
            writing.mark(log_time - 500, 1)?;
        }
        for _ in 0..RATE / 100 {
            let mut body = format!(
                r#"{{"object":"whatsapp_business_account","entry":[{{"id":"102","changes":[{{"field":"messages","value":{{
                "messaging_product":"whatsapp","metadata":{{"display_phone_number":"49301","phone_number_id":"{NUMBER}"}},"messages":["#
            );
            for _ in 0..100 {
                message(&mut body, index, log_time);
                index += 1;
            }
            body.push_str("]}}]}]}");
            writing.body(log_time, body.as_bytes())?;
        }
    }
    Ok(())
}

fn run(log: &Written) -> Count {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let settings = History::default();
    settings.take(0, START, &format!("rules/{NUMBER}"), Some(rules().as_bytes()));
    let labels = Labels {
        analyser: Arc::new(ByLength),
        settings,
    };
    let progress = Progress {
        complete_through: vec![0],
    };
    let (shutdown, counter) = (CancellationToken::new(), Counter::default());
    let pipeline = run_on(
        Config::default(),
        log.clone(),
        labels,
        counter.writers(),
        progress,
        shutdown.clone(),
    );
    let pipeline = runtime.spawn(pipeline);
    let count = counter.wait_for(log.end);
    println!("  resident at the end: {:.0} MiB", resident_mib());
    shutdown.cancel();
    let ended = runtime.block_on(pipeline).expect("the pipeline does not panic");
    ended.expect("the pipeline ends well");
    count
}

/// Milliseconds from the interval before the rules came into force to each that followed.
fn after(count: &Count, mark: LogTime) -> Vec<(f64, usize)> {
    let first = count.intervals.partition_point(|(through, ..)| *through < mark);
    let since = count.intervals[first - 1].1;
    let after = count.intervals[first..].iter();
    after
        .map(|(_, at, reports)| (at.duration_since(since).as_secs_f64() * 1e3, *reports))
        .collect()
}

fn main() {
    let has = |asked: &str| std::env::args().any(|given| given == asked);
    let is_test = has("--test") || !has("--bench");
    let ticks = if is_test { 2 } else { 1_000_000 / RATE };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let mark = START + 1_000 * LogTime::try_from(ticks).expect("few");
    let took = [false, true].map(|marked| {
        let name = format!("dry-run-{ticks}-{marked}");
        let log = Written::by(&folder.join(name), |writing| write(writing, ticks, marked));
        let log = log.expect("the log can be written and read");
        println!(
            "{} messages remembered, {}",
            ticks * RATE,
            if marked { "then rules" } else { "no rules" }
        );
        let after = after(&run(&log), mark);
        let told = after.iter().find(|(_, reports)| *reports > 0);
        if let Some((ms, reports)) = told {
            println!("  {reports} reports after {ms:.0} ms");
        }
        assert_eq!(told.is_some(), marked, "reports follow from rules alone");
        let all = after.last().map_or(0.0, |(ms, _)| *ms);
        let (first, per_tick) = (after[0].0, all / after.len() as f64);
        println!(
            "  the next tick took {first:.0} ms, the next {} took {per_tick:.0} ms each",
            after.len()
        );
        all
    });
    println!(
        "traffic meanwhile: {:.1} % of what it is without",
        100.0 * took[0] / took[1]
    );
}
