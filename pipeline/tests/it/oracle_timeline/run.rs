//! The pipeline run over a script; what it said of messages' labels is noted on the way.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use parlance_pipeline::testing::{MemoryLog, MemorySink, MemoryWriter, Tables};
use parlance_pipeline::{Config, Labels, run_on};
use parlance_schemas::rows::{Interval, MessageRow, RowWriter, WriteError};
use tokio_util::sync::CancellationToken;

use super::replay::Labelled;
use super::script::{By, Kind, Message, Record, Script, What, Whom};

/// A writer that notes messages.
struct Noting {
    writer: MemoryWriter,
    noted: Arc<Mutex<Labelled>>,
}

impl RowWriter for Noting {
    fn write(&mut self, interval: &Interval) -> Result<(), WriteError> {
        let mut noted = self.noted.lock().unwrap();
        for row in &interval.messages {
            let said = noted
                .entry((row.phone_number_id.clone(), row.message_id.clone()))
                .or_default();
            said.insert(interval.through, (row.intent, row.sentiment, row.urgency));
        }
        drop(noted);
        self.writer.write(interval)
    }
}

/// Settings of a pipeline that has to take turns at everything.
pub(crate) fn config(script: &Script, workers: usize) -> Config {
    Config {
        workers,
        lateness: Duration::from_millis(u64::try_from(script.lateness).unwrap()),
        // No copy of a story comes so late that it is taken for something new.
        dedup_horizon: Duration::from_secs(90 * 24 * 3_600),
        ..crate::world::config(workers)
    }
}

/// The row of any message.
pub(crate) fn template() -> &'static MessageRow {
    static TEMPLATE: LazyLock<MessageRow> = LazyLock::new(|| {
        let message = Message {
            number: 0,
            id: "wamid.template".to_owned(),
            whom: Whom {
                bsuid: None,
                number: Some("4915".to_owned()),
            },
            beside: false,
            group: None,
            at: 1_700_000_000_000,
            by: By::Customer,
            kind: Kind::Text("hi"),
        };
        let record = Record {
            partition: 0,
            log_time: 1_700_000_001_000,
            what: What::Message(message),
        };
        let script = Script {
            partitions: 1,
            records: vec![record],
            settings: Vec::new(),
            end: 1_700_000_010_000,
            lateness: 60_000,
        };
        let log = MemoryLog::new(1);
        script.write(&log, None);
        let (tables, _) = run(&script, &log, 1);
        tables.messages.into_values().next().unwrap()
    });
    &TEMPLATE
}

/// The tables after a script, and what was said of labels when.
pub(crate) fn run(script: &Script, log: &MemoryLog, workers: usize) -> (Tables, Labelled) {
    let sink = MemorySink::new(3);
    let noted = Arc::new(Mutex::new(Labelled::new()));
    let (until, outcome) = (
        script.last_tick(),
        run_under(config(script, workers), script, log, &sink, &noted),
    );
    outcome.unwrap();
    assert!(sink.wait_for(until, Duration::ZERO), "the pipeline did not get through");
    let labelled = noted.lock().unwrap().clone();
    (sink.tables(), labelled)
}

/// As [`run`], into a sink that may have failed before or may now.
pub(crate) fn run_under(
    config: Config,
    script: &Script,
    log: &MemoryLog,
    sink: &MemorySink,
    noted: &Arc<Mutex<Labelled>>,
) -> Result<(), parlance_pipeline::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let shutdown = CancellationToken::new();
    let (writers, noted) = (sink.writers(), noted.clone());
    let factory = move |worker| {
        let writer = writers(worker)?;
        let noted = noted.clone();
        Ok(Noting { writer, noted })
    };
    let labels = Labels::shipped(script.history());
    let run = run_on(config, log.clone(), labels, factory, sink.progress(), shutdown.clone());
    let (sink, until, done) = (sink.clone(), script.last_tick(), shutdown.clone());
    let waiter = std::thread::spawn(move || {
        let patience = std::time::Instant::now();
        while !done.is_cancelled() && patience.elapsed() < Duration::from_secs(60) {
            if sink.wait_for(until, Duration::from_millis(20)) {
                break;
            }
        }
        done.cancel();
    });
    let outcome = runtime.block_on(run);
    shutdown.cancel();
    waiter.join().unwrap();
    outcome
}
