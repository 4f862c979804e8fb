//! `parlance up`: embedded servers where no address is configured, then every service, watched until asked to stop.
//!
//! ```text
//! broker ┐                       ┌ pipeline
//!        ├─ ready ─ topics, DDL ─┤ ingest     ─ ready ─ "where to look" ─ … ─ ingest, api ─ pipeline ─ servers
//! click. ┘                       └ query-api                               (stopped in this order)
//! ```

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio_util::sync::CancellationToken;

use crate::data::{DataFolder, Run};
use crate::progress::Progress;
use crate::settings::Settings;
use crate::setup::{self, READY_WITHIN};
use crate::supervise::{OnStart, Spec, Supervised};

/// Ends during start-up after which a child is given up: its last words are shown instead of trying for ever.
const RESTARTS_MAX: u32 = 3;

/// What is running, in the order in which it was started.
struct House {
    children: Vec<Supervised>,
    run: Arc<Mutex<Run>>,
    logs: std::path::PathBuf,
    on_start: OnStart,
}

/// Starts everything, waits for `shutdown`, stops everything.
pub(crate) async fn up(mut settings: Settings, shutdown: CancellationToken) -> anyhow::Result<ExitCode> {
    let data = settings.data.clone();
    let _lock = data.lock()?;
    let began = Instant::now();
    let mut house = House::new(&data)?;
    let started = tokio::select! {
        started = start(&mut house, &mut settings) => started,
        () = shutdown.cancelled() => Ok(()),
    };
    if started.is_ok() && !shutdown.is_cancelled() {
        let run = house
            .run
            .lock()
            .expect("no thread panics while it holds the addresses")
            .clone();
        print_where_to_look(&settings, &run, began.elapsed());
        shutdown.cancelled().await;
    }
    eprintln!("\nstopping …");
    house.stop().await;
    eprintln!("stopped; the data stays in {}", data.path("").display());
    started.map(|()| ExitCode::SUCCESS)
}

async fn start(house: &mut House, settings: &mut Settings) -> anyhow::Result<()> {
    let previous = settings.data.run()?.unwrap_or_default();
    let mut progress = Progress::new();
    let mut environment = BTreeMap::new();
    environment.insert("PARLANCE_DATA".to_owned(), settings.data.path("").display().to_string());
    if let Some(config) = &settings.config_file {
        environment.insert("PARLANCE_CONFIG".to_owned(), config.display().to_string());
    }

    let mut embedded_broker = String::new();
    if settings.kafka.brokers.is_empty() {
        let address = embedded_address(settings.broker.listen, &previous.kafka)?;
        settings.kafka.brokers = address.to_string();
        embedded_broker.clone_from(&settings.kafka.brokers);
        house.update(|run| run.embedded_kafka = true);
        progress.begin("embedded broker");
        house.add(
            "broker",
            &["broker"],
            &environment,
            &[("PARLANCE_BROKER_LISTEN", &address.to_string())],
        )?;
    }
    if settings.clickhouse.url.is_empty() {
        let address = embedded_address(settings.embedded_clickhouse.listen, &previous.clickhouse)?;
        settings.use_embedded_clickhouse(address)?;
        house.update(|run| run.embedded_clickhouse = true);
        house.add(
            "clickhouse",
            &["clickhouse"],
            &environment,
            &[("PARLANCE_EMBEDDED_CLICKHOUSE_LISTEN", &address.to_string())],
        )?;
    }
    house.update(|run| {
        run.kafka.clone_from(&settings.kafka.brokers);
        run.clickhouse.clone_from(&settings.clickhouse.url);
    });

    progress.begin("broker");
    house
        .until(|| async {
            if settings.kafka.brokers == embedded_broker {
                house.has_its_address("broker", &settings.data)?;
            }
            setup::broker_answers(&settings.kafka).await
        })
        .await
        .context("the broker is not ready")?;
    progress.done(&settings.kafka.brokers);
    progress.begin("topics");
    setup::create_topics(&settings.kafka).await?;
    progress.done("created or as they should be");
    progress.begin("ClickHouse");
    house
        .until(|| setup::clickhouse_answers(&settings.clickhouse))
        .await
        .context("ClickHouse is not ready")?;
    progress.done(&settings.clickhouse.url);
    progress.begin("tables");
    setup::create_tables(&settings.clickhouse).await?;
    progress.done("created or as they should be");

    environment.extend(settings.for_children()?);
    let pipeline = match settings.pipeline.metrics_listen.as_str() {
        // Its readiness is how we know that it runs.
        "" => SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        address => address.parse().context("[pipeline] metrics_listen")?,
    };
    let pipeline = chosen_address(pipeline, &previous.pipeline)?;
    let ingest = chosen_address(settings.ingest.listen, &previous.ingest)?;
    let api = chosen_address(settings.api.listen, &previous.api)?;
    house.update(|run| {
        run.pipeline = format!("http://{pipeline}");
        run.ingest = format!("http://{ingest}");
        run.api = format!("http://{api}");
    });
    // So that starting again does not mean reading days of the log.
    let snapshots = match settings.pipeline.snapshot_url.as_str() {
        "" => settings.data.path("snapshots").display().to_string(),
        url => url.to_owned(),
    };
    house.add(
        "pipeline",
        &["pipeline"],
        &environment,
        &[
            ("PARLANCE_PIPELINE_METRICS_LISTEN", &pipeline.to_string()),
            ("PARLANCE_PIPELINE_SNAPSHOT_URL", &snapshots),
        ],
    )?;
    house.add(
        "ingest",
        &["ingest"],
        &environment,
        &[("PARLANCE_INGEST_LISTEN", &ingest.to_string())],
    )?;
    house.add(
        "query-api",
        &["query-api"],
        &environment,
        &[
            ("PARLANCE_API_LISTEN", &api.to_string()),
            ("PARLANCE_API_PIPELINE_URL", &format!("http://{pipeline}")),
        ],
    )?;
    if settings.llm.chosen().is_some() {
        // Nothing waits for it: it has no door, and messages do without it.
        house.add("opinions", &["opinions"], &environment, &[])?;
    }
    for (service, step, address) in [
        ("pipeline", "pipeline", pipeline),
        ("ingest", "ingest", ingest),
        ("query-api", "query API and dashboard", api),
    ] {
        progress.begin(step);
        house
            .until(|| async {
                // The pipeline's address was free a moment ago and no service of another house listens there.
                if service != "pipeline" {
                    house.has_its_address(service, &settings.data)?;
                }
                setup::answers_ready(address).await
            })
            .await
            .with_context(|| format!("{step} is not ready"))?;
        progress.done(&format!("http://{address}"));
    }
    Ok(())
}

impl House {
    fn new(data: &DataFolder) -> anyhow::Result<Self> {
        let logs = data.path("logs");
        std::fs::create_dir_all(&logs).with_context(|| format!("cannot create {}", logs.display()))?;
        let mut run = Run::default();
        run.pids.insert("up".to_owned(), std::process::id());
        let run = Arc::new(Mutex::new(run));
        let (shared, folder) = (run.clone(), data.clone());
        let on_start: OnStart = Arc::new(move |name, pid| {
            let mut run = shared.lock().expect("no thread panics while it holds the addresses");
            run.pids.insert(name.to_owned(), pid);
            if let Err(error) = folder.write_run(&run) {
                eprintln!("parlance: {error:#}");
            }
        });
        Ok(Self {
            children: Vec::new(),
            run,
            logs,
            on_start,
        })
    }

    fn update(&self, change: impl FnOnce(&mut Run)) {
        change(&mut self.run.lock().expect("no thread panics while it holds the addresses"));
    }

    fn add(
        &mut self,
        name: &'static str,
        arguments: &[&str],
        environment: &BTreeMap<String, String>,
        own: &[(&str, &str)],
    ) -> anyhow::Result<()> {
        let mut environment: Vec<_> = environment
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        environment.extend(
            own.iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        let spec = Spec {
            name,
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            environment,
            stop_within: Duration::from_secs(3),
        };
        self.children
            .push(Supervised::start(spec, self.logs.clone(), self.on_start.clone())?);
        Ok(())
    }

    /// Polls until `ready` says so; fails with a child's last words when one keeps ending, or after [`READY_WITHIN`].
    async fn until<F: Future<Output = anyhow::Result<()>>>(&self, ready: impl Fn() -> F) -> anyhow::Result<()> {
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            let Err(error) = ready().await else { return Ok(()) };
            if let Some(child) = self.children.iter().find(|child| child.restarts() >= RESTARTS_MAX) {
                bail!(
                    "{} keeps ending; its last words:\n{}",
                    child.name(),
                    child.last_lines().join("\n")
                );
            }
            if Instant::now() > deadline {
                return Err(error.context(format!("gave up after {READY_WITHIN:?}")));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Whether the child itself holds the service's address: another program that answers there is not ours.
    fn has_its_address(&self, service: &str, data: &DataFolder) -> anyhow::Result<()> {
        let run = self.run.lock().expect("no thread panics while it holds the addresses");
        match data.listening(service)? {
            Some(pid) if run.pids.get(service) == Some(&pid) => Ok(()),
            _ => bail!("{service} does not listen yet"),
        }
    }

    /// The doors first, so that nothing new comes in; then the pipeline; the servers they all need last.
    async fn stop(self) {
        let mut waves: [Vec<Supervised>; 3] = Default::default();
        for child in self.children {
            let wave = match child.name() {
                "ingest" | "query-api" | "opinions" => 0,
                "pipeline" => 1,
                _ => 2,
            };
            waves[wave].push(child);
        }
        for wave in waves {
            futures::future::join_all(wave.into_iter().map(Supervised::stop)).await;
        }
    }
}

/// A configured port is taken as it is; port 0 becomes the port of the last run when that is free, else any free one.
fn chosen_address(configured: SocketAddr, previous: &str) -> anyhow::Result<SocketAddr> {
    if configured.port() != 0 {
        return Ok(configured);
    }
    let before = previous
        .rsplit(':')
        .next()
        .and_then(|port| port.trim_end_matches('/').parse().ok());
    for port in before.into_iter().chain([0]) {
        if let Ok(listener) = TcpListener::bind((configured.ip(), port)) {
            return listener.local_addr().context("a bound listener has an address");
        }
    }
    bail!("no free port on {}", configured.ip())
}

/// As [`chosen_address`], and on loopback only: the embedded servers are for this machine. A server of the same
/// kind may well have the configured port already; then another one is taken, since clients learn it from us.
fn embedded_address(configured: SocketAddr, previous: &str) -> anyhow::Result<SocketAddr> {
    if !configured.ip().is_loopback() {
        bail!(
            "embedded servers listen on {} only, not on {}",
            Ipv4Addr::LOCALHOST,
            configured.ip()
        );
    }
    if TcpListener::bind(configured).is_ok() {
        return chosen_address(configured, previous);
    }
    chosen_address(SocketAddr::new(configured.ip(), 0), previous)
}

fn print_where_to_look(settings: &Settings, run: &Run, took: Duration) {
    let data = settings.data.path("");
    eprintln!(
        "
Parlance is up ({:.1} s).

  Dashboard   {}
  Webhooks    {}/webhooks/whatsapp
  API         {}/openapi.json
  Kafka       {}{}
  ClickHouse  {}{}
  Logs, data  {}

  parlance demo --rate 20 --for 1m              demo traffic through the front door
  parlance sql 'SELECT count() FROM messages'   look at what was stored",
        took.as_secs_f64(),
        run.api,
        run.ingest,
        run.api,
        run.kafka,
        if run.embedded_kafka { "  (embedded)" } else { "" },
        run.clickhouse,
        if run.embedded_clickhouse { "  (embedded)" } else { "" },
        data.display(),
    );
    if settings.webhook_secret_generated {
        eprintln!(
            "
  WHATSAPP_WEBHOOK_SECRET is not set: webhooks must be signed with the secret in {}.
  For Meta's webhooks set it to your app's secret, and WHATSAPP_WEBHOOK_VERIFY_TOKEN to your verify token.",
            settings.data.path("credentials.json").display()
        );
    }
    eprintln!("\nCtrl-C stops everything.");
}
