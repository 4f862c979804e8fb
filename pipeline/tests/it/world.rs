//! A random log, what it means, and running the pipeline over it.

use std::time::Duration;

use parlance_pipeline::testing::{MemoryLog, MemorySink, MemoryWriter};
use parlance_pipeline::{Config, Error, History, Labels, WriterFactory, run_on};
use parlance_schemas::record::{Part, Update, VERSION};
use parlance_schemas::rows::Progress;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;

/// When the world begins.
pub(crate) const DAWN: u64 = 1_700_000_000_000;

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

/// What one record of the log is about.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    Message {
        number: u8,
        id: u32,
        customer: u8,
        outbound: bool,
        sent_at: Option<i64>,
        text: &'static str,
    },
    Status {
        number: u8,
        id: u32,
        status: &'static str,
    },
    Account {
        id: u32,
    },
    Unknown {
        id: u32,
    },
    Unreadable,
    Heartbeat,
}

/// One record of the log.
#[derive(Clone, Debug)]
pub(crate) struct Logged {
    pub(crate) partition: u32,
    pub(crate) log_time: u64,
    pub(crate) what: What,
}

const TEXTS: [&str; 8] = [
    "Hello, how much is the blue one?",
    "This is unacceptable, I want a refund!!",
    "¿Dónde está mi pedido?",
    "Danke, alles super",
    "",
    "👍",
    "my card was stolen, please block it right now",
    "still waiting!!!",
];

/// A log with everything in it that the pipeline has to put up with.
pub(crate) struct World {
    pub(crate) partitions: u32,
    pub(crate) records: Vec<Logged>,
    /// When everything is over.
    pub(crate) end: u64,
}

impl World {
    pub(crate) fn random(seed: u64, partitions: u32, count: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut now = DAWN;
        let mut records: Vec<Logged> = Vec::new();
        for id in 0..count as u32 {
            now += match rng.random_range(0..20) {
                0 => rng.random_range(0..3 * HOUR),
                1..=4 => rng.random_range(0..2 * MINUTE),
                5..=9 => 0,
                _ => rng.random_range(0..1_500),
            };
            let what = match rng.random_range(0..20) {
                0..=2 if !records.is_empty() => again(&mut rng, &records, now),
                3 if !records.is_empty() => contradiction(&mut rng, &records),
                4 => What::Heartbeat,
                5 => What::Unreadable,
                6 => What::Account { id },
                7 => What::Unknown { id },
                8..=9 => What::Status {
                    number: rng.random_range(0..3),
                    id: id / 2,
                    status: ["sent", "delivered", "read"][rng.random_range(0..3)],
                },
                _ => What::Message {
                    number: rng.random_range(0..3),
                    id,
                    customer: rng.random_range(0..9),
                    outbound: rng.random_bool(0.3),
                    sent_at: sent_at(&mut rng, now),
                    text: TEXTS[rng.random_range(0..TEXTS.len())],
                },
            };
            // Brokers' clocks step back a little now and then.
            let log_time = now - rng.random_range(0..800) * u64::from(rng.random_bool(0.2));
            records.push(Logged {
                partition: rng.random_range(0..partitions),
                log_time,
                what,
            });
        }
        Self {
            partitions,
            records,
            end: now + 10_000,
        }
    }

    /// The same world as a log to read.
    pub(crate) fn log(&self) -> MemoryLog {
        let log = MemoryLog::new(self.partitions).with_hiccups();
        for record in &self.records {
            write(&log, record);
        }
        log.finish(self.end);
        log
    }
}

/// A copy of something from the last twenty hours, well within the horizon.
fn again(rng: &mut ChaCha8Rng, records: &[Logged], now: u64) -> What {
    let earlier = &records[rng.random_range(0..records.len())];
    if earlier.log_time + 20 * HOUR < now {
        return What::Heartbeat;
    }
    earlier.what.clone()
}

/// A message that says something else than its first copy.
fn contradiction(rng: &mut ChaCha8Rng, records: &[Logged]) -> What {
    match records[records.len() - 1].what.clone() {
        What::Message {
            number,
            id,
            customer,
            outbound,
            sent_at,
            ..
        } => What::Message {
            number,
            id,
            customer,
            outbound,
            sent_at,
            text: ["no, this", "no, that"][rng.random_range(0..2)],
        },
        other => other,
    }
}

fn sent_at(rng: &mut ChaCha8Rng, now: u64) -> Option<i64> {
    let at = match rng.random_range(0..12) {
        0 => return None,
        1 => now + rng.random_range(0..10 * MINUTE),
        2 => now - rng.random_range(0..4 * HOUR),
        3 => now - rng.random_range(0..40 * HOUR),
        _ => now - rng.random_range(0..10_000),
    };
    Some(i64::try_from(at / 1_000 * 1_000).unwrap())
}

/// The WhatsApp account of everyone.
pub(crate) const WABA: &str = "waba";

/// When ingest had read what is written here.
pub(crate) const RECEIVED: i64 = DAWN as i64 - 5;

pub(crate) fn write(log: &MemoryLog, record: &Logged) {
    let Logged {
        partition,
        log_time,
        what,
    } = record;
    let time = |at: &Option<i64>| at.map_or(String::new(), |at| format!(r#","timestamp":"{}""#, at / 1_000));
    match what {
        What::Message {
            number,
            id,
            customer,
            outbound,
            sent_at,
            text,
        } => {
            let (part, who) = if *outbound {
                (Part::Echo, format!(r#""from":"business","to":"4915{customer}""#))
            } else {
                (Part::Message, format!(r#""from":"4915{customer}""#))
            };
            let body = serde_json::to_string(text).unwrap();
            let json = format!(
                r#"{{"id":"wamid.{id}",{who}{},"type":"text","text":{{"body":{body}}}}}"#,
                time(sent_at)
            );
            update(log, record, ("messages", part), Some(*number), &json);
        }
        What::Status { number, id, status } => {
            let json = format!(
                r#"{{"id":"wamid.{id}","status":"{status}","timestamp":"{}","recipient_id":"4915{id}"}}"#,
                DAWN / 1_000
            );
            update(log, record, ("messages", Part::Status), Some(*number), &json);
        }
        What::Account { id } => {
            let json = format!(r#"{{"event":"ACCOUNT_UPDATE","phone_number":"{id}"}}"#);
            update(log, record, ("account_update", Part::Change), None, &json);
        }
        What::Unknown { id } => {
            let json = format!(r#"{{"surprise":{id}}}"#);
            update(log, record, ("brand_new", Part::Change), None, &json);
        }
        What::Unreadable => log.append(*partition, *log_time, b"\xFFnot a record"),
        What::Heartbeat => log.append(*partition, *log_time, br#"{"kind":"heartbeat","v":1}"#),
    }
}

fn update(log: &MemoryLog, record: &Logged, (field, part): (&str, Part), number: Option<u8>, json: &str) {
    let raw = RawValue::from_string(json.to_owned()).unwrap();
    log.append_update(
        record.partition,
        record.log_time,
        Update {
            v: VERSION,
            received_at: RECEIVED,
            post: "post".into(),
            entry: 0,
            change: 0,
            item: 0,
            waba_id: WABA.into(),
            entry_time: None,
            field: field.into(),
            part,
            name: None,
            phone_number_id: number.map(|number| format!("number-{number}").into()),
            display_phone_number: None,
            author: None,
            author_name: None,
            contact: None,
            update: &raw,
        },
    );
}

/// Settings under which a random world has late messages, closed windows and clamped times.
pub(crate) fn config(workers: usize) -> Config {
    Config {
        workers,
        lateness: Duration::from_secs(20 * 60),
        max_future: Duration::from_secs(60),
        shards: 3,
        progress_every: Duration::from_secs(1),
        fuel: 7,
        queue: 2,
        max_in_flight_bytes: 4_096,
        ..Config::default()
    }
}

/// Runs the pipeline until the sink is complete through `until`, or it fails.
pub(crate) fn run_until(config: Config, log: &MemoryLog, sink: &MemorySink, until: u64) -> Result<(), Error> {
    run_with(config, log, sink, sink.writers(), sink.progress(), until)
}

pub(crate) fn run_with<W: WriterFactory<Writer = MemoryWriter>>(
    config: Config,
    log: &MemoryLog,
    sink: &MemorySink,
    writers: W,
    progress: Progress,
    until: u64,
) -> Result<(), Error> {
    run_under(config, (log, History::default()), sink, writers, progress, until)
}

/// As [`run_with`], under settings.
pub(crate) fn run_under<W: WriterFactory<Writer = MemoryWriter>>(
    config: Config,
    (log, settings): (&MemoryLog, History),
    sink: &MemorySink,
    writers: W,
    progress: Progress,
    until: u64,
) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let shutdown = CancellationToken::new();
    let run = run_on(
        config,
        log.clone(),
        Labels::shipped(settings),
        writers,
        progress,
        shutdown.clone(),
    );
    let (sink, done) = (sink.clone(), shutdown.clone());
    let waiter = std::thread::spawn(move || {
        let patience = std::time::Instant::now();
        let mut arrived = false;
        while !arrived && !done.is_cancelled() && patience.elapsed() < Duration::from_secs(60) {
            arrived = sink.wait_for(until, Duration::from_millis(100));
        }
        done.cancel();
        arrived
    });
    let outcome = runtime.block_on(run);
    shutdown.cancel();
    let arrived = waiter.join().unwrap();
    assert!(arrived || outcome.is_err(), "the pipeline did not get through");
    outcome
}

/// What the sink has to be complete through once a log is read to its end.
pub(crate) fn last_tick(world: &World) -> u64 {
    world.end.div_ceil(1_000) * 1_000 - 1_000
}
