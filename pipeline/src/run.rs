//! Starting and ending a run: the engine's threads on one side, an async caller on the other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parlance_schemas::rows::Progress;
use parlance_schemas::topics::SETTINGS;
use parlance_service::config::KafkaConfig;
use parlance_service::kafka::settings::{Follower, SettingRecord, follow};
use timely::CommunicationConfig;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::analyse::Labels;
use crate::config::{Config, ticks};
use crate::dataflow::{self, STATES};
use crate::error::Error;
use crate::heartbeat::NextDue;
use crate::kafka::KafkaLog;
use crate::log::Log;
use crate::observe;
use crate::page;
use crate::poll::Reading;
use crate::settings::History;
use crate::snapshot::{Depot, Fingerprint, Shape, Store};
use crate::stop::Stop;
use crate::threads::{self, Ended};
use crate::vitals::Vitals;
use crate::watchdog::Watchdog;
use crate::worker::{Shared, WriterFactory, work};
use crate::writer::Writing;

/// Beyond [`Config::drain`], how long the engine may take to end before it is left behind.
const GRACE: Duration = Duration::from_secs(4);

/// How long reading the settings from their beginning may take.
const SETTINGS_READ_WITHIN: Duration = Duration::from_secs(60);

/// How often it is looked whether they are still read.
const LOOK: Duration = Duration::from_millis(100);

/// Runs the pipeline on Kafka until `shutdown`, then lets what is in flight become durable and returns.
///
/// `progress` is what the sink has, read before; `writers` makes one writer for each worker.
///
/// # Errors
/// Everything in [`Error`]; after any of them the pipeline may be run again and resumes from the sink's progress.
pub async fn run<W: WriterFactory>(
    config: Config,
    kafka: KafkaConfig,
    writers: W,
    progress: Progress,
    shutdown: CancellationToken,
) -> Result<(), Error> {
    config.validate()?;
    let log = KafkaLog::connect(&kafka).await?;
    let settings = History::default();
    let follower = follow_settings(&kafka, &settings)?;
    if !read_to_its_end(&follower, &shutdown).await? {
        return Ok(());
    }
    settings.advance(follower.position());
    let ending = shutdown.child_token();
    let mut run = Box::pin(run_on(
        config,
        log,
        Labels::shipped(settings),
        writers,
        progress,
        ending.clone(),
    ));
    tokio::select! {
        outcome = &mut run => outcome,
        error = ended(&follower) => {
            ending.cancel();
            run.await?;
            Err(error)
        }
    }
}

/// The settings as they stand, with what the topic still has of their past.
///
/// # Errors
/// [`Error::Log`] when they cannot be read.
pub async fn read_settings(kafka: &KafkaConfig) -> Result<History, Error> {
    let settings = History::default();
    let follower = follow_settings(kafka, &settings)?;
    read_to_its_end(&follower, &CancellationToken::new()).await?;
    settings.advance(follower.position());
    Ok(settings)
}

/// Waits until the settings that there are have been read; false when the end was asked for before.
async fn read_to_its_end(follower: &Follower, shutdown: &CancellationToken) -> Result<bool, Error> {
    let read = async {
        while !follower.caught_up() {
            look(follower)?;
            tokio::time::sleep(LOOK).await;
        }
        Ok(true)
    };
    tokio::select! {
        read = tokio::time::timeout(SETTINGS_READ_WITHIN, read) => {
            read.unwrap_or_else(|_| Err(reading_settings(&format!("not read within {SETTINGS_READ_WITHIN:?}"))))
        }
        () = shutdown.cancelled() => Ok(false),
    }
}

/// Returns when the settings are not read any more: what comes into force then would never be known.
async fn ended(follower: &Follower) -> Error {
    loop {
        if let Err(error) = look(follower) {
            return error;
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn look(follower: &Follower) -> Result<(), Error> {
    let reading = follower.wait_until(i64::MAX, Duration::ZERO);
    reading
        .map(|_| ())
        .map_err(|error| reading_settings(&error.to_string()))
}

/// Feeds the settings' topic to the history, for as long as the follower lives.
fn follow_settings(kafka: &KafkaConfig, settings: &History) -> Result<Follower, Error> {
    let settings = settings.clone();
    let take = move |record: SettingRecord| {
        settings.take(record.offset, record.log_time, &record.key, record.value.as_deref());
    };
    let topic = SETTINGS.full_name(&kafka.topic_prefix);
    follow(kafka, "pipeline-settings", &topic, take).map_err(|error| reading_settings(&error.to_string()))
}

fn reading_settings(reason: &str) -> Error {
    Error::Log {
        doing: "reading the settings".to_owned(),
        reason: reason.to_owned(),
    }
}

/// As [`run`], on any log, with any analyser, and with settings that somebody else reads.
///
/// # Errors
/// As [`run`].
pub async fn run_on<L: Log, W: WriterFactory>(
    config: Config,
    log: L,
    labels: Labels,
    writers: W,
    progress: Progress,
    shutdown: CancellationToken,
) -> Result<(), Error> {
    config.validate()?;
    observe::describe();
    let vitals = Arc::new(Vitals::new(&config));
    let stop = Stop::default();
    let drain = config.drain;
    let progress_shards = progress.complete_through.len();
    if progress_shards > config.shards as usize {
        return Err(Error::Config(format!(
            "the sink has {progress_shards} shards, the pipeline {}",
            config.shards
        )));
    }
    let page = page::serve(&config, vitals.clone(), &stop).await?;
    let (ended_in, mut ended) = oneshot::channel();
    let engine = {
        let (stop, vitals) = (stop.clone(), vitals.clone());
        move || {
            let given = Given {
                config,
                log,
                labels,
                writers,
                progress,
            };
            threads::guarded(&stop, || engine(given, vitals, &stop));
            // The caller may have left already.
            let _ = ended_in.send(());
        }
    };
    let thread = std::thread::Builder::new().name("parlance-engine".to_owned());
    thread
        .spawn(engine)
        .map_err(|error| Error::Engine(format!("cannot start a thread: {error}")))?;

    let ended_by_itself = tokio::select! {
        _ = &mut ended => true,
        () = shutdown.cancelled() => false,
    };
    stop.request();
    if !ended_by_itself && tokio::time::timeout(drain + GRACE, ended).await.is_err() {
        tracing::warn!("the engine is still busy and is left behind; what is not durable will be replayed");
    }
    page.close().await;
    stop.take_error().map_or(Ok(()), Err)
}

/// What a run is given by its caller.
struct Given<L, W> {
    config: Config,
    log: L,
    labels: Labels,
    writers: W,
    progress: Progress,
}

/// Runs the workers of this process; returns when all have ended.
fn engine<L: Log, W: WriterFactory>(given: Given<L, W>, vitals: Arc<Vitals>, stop: &Stop) -> Result<(), Error> {
    let Given {
        config,
        log,
        labels,
        writers,
        progress,
    } = given;
    let started = Instant::now();
    let log = Arc::new(log);
    let begun_at = log.now();
    let communication = communication(&config)?;
    let partitions = log.partitions()?;
    tracing::info!(
        workers = config.workers,
        processes = config.processes,
        partitions,
        progress = progress.least(),
        "the pipeline starts"
    );
    let next_due = Arc::new(NextDue::new(config.workers));
    let (through, settings) = (progress.least(), labels.settings.clone());
    let reading = Arc::new(Reading::new(partitions, through, settings, next_due.clone()));
    let (depot, collecting) = depot(&config, partitions, (&reading, &vitals), stop)?;
    let writing = Writing::default();
    let watchdog = Watchdog {
        log: log.clone(),
        reading: reading.clone(),
        vitals: vitals.clone(),
        writing: writing.clone(),
        stall_after: config.stall_after,
        stop: stop.clone(),
    };
    let watching = threads::start("parlance-watchdog", stop, move || watchdog.run())?;
    let shared = Arc::new(Shared {
        config,
        log,
        labels,
        writers,
        progress,
        depot,
        started,
        begun_at,
        partitions,
        reading,
        next_due,
        writing,
        vitals,
        stop: stop.clone(),
    });
    let engine = timely::Config {
        communication,
        worker: timely::WorkerConfig::default(),
    };
    let guards = timely::execute(engine, move |worker| work(worker, &shared)).map_err(Error::Engine)?;
    for worker in guards.join() {
        if let Err(panic) = worker
            && !stop.requested()
        {
            stop.fail(Error::Engine(format!("a worker was lost: {panic}")));
        }
    }
    stop.request();
    watching.within(GRACE);
    if let Some(collecting) = collecting
        && !collecting.within(GRACE)
    {
        tracing::warn!("a snapshot is still being written and is left behind");
    }
    Ok(())
}

/// Where snapshots go, and the thread that writes them; neither when they are off.
fn depot(
    config: &Config,
    partitions: u32,
    (reading, vitals): (&Arc<Reading>, &Arc<Vitals>),
    stop: &Stop,
) -> Result<(Option<Depot>, Option<Ended>), Error> {
    if config.snapshot_url.is_empty() {
        return Ok((None, None));
    }
    let store = Store::open(&config.snapshot_url)
        .map_err(|reason| Error::Config(format!("snapshot_url {}: {reason}", config.snapshot_url)))?;
    let fingerprint = Fingerprint::of(&dataflow::Settings::of(config), partitions, STATES);
    let shape = Shape {
        process: config.process,
        processes: config.processes,
        workers: config.workers,
        every: ticks(config.snapshot_every),
    };
    let (depot, collector) = Depot::new(
        store,
        fingerprint,
        shape,
        STATES.len(),
        (reading.clone(), vitals.clone()),
    );
    let at_end = stop.clone();
    let collecting = threads::start("parlance-snapshots", stop, move || collector.run(&at_end))?;
    Ok((Some(depot), Some(collecting)))
}

fn communication(config: &Config) -> Result<CommunicationConfig, Error> {
    let addresses = config.addresses()?;
    Ok(if addresses.is_empty() {
        CommunicationConfig::Process(config.workers)
    } else {
        CommunicationConfig::Cluster {
            threads: config.workers,
            process: config.process,
            addresses,
            report: false,
            zerocopy: false,
        }
    })
}
