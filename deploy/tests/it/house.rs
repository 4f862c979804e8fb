//! A whole Parlance for one test: `parlance up` on a folder and ports of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::Deserialize;

/// Longest that starting, or becoming complete, may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// `run.json`, as scripts read it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Run {
    pub(crate) ingest: String,
    pub(crate) api: String,
    pub(crate) kafka: String,
    pub(crate) clickhouse: String,
    pub(crate) pids: BTreeMap<String, u32>,
}

/// A running `parlance up`; ended with everything below it when dropped.
pub(crate) struct House {
    up: Child,
    data: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

/// The binary under test.
pub(crate) fn parlance() -> Command {
    unconfigured(Command::new(env!("CARGO_BIN_EXE_parlance")))
}

fn unconfigured(mut command: Command) -> Command {
    for (name, _) in std::env::vars() {
        // The test's house is its own, whatever the developer's shell is configured for.
        let configured = [
            "PARLANCE_",
            "KAFKA_",
            "CLICKHOUSE_",
            "WHATSAPP_",
            "OPENAI_",
            "ANTHROPIC_",
        ];
        let kept = ["PARLANCE_CHDB_LIB", "KAFKA_BROKERS"];
        if configured.iter().any(|prefix| name.starts_with(prefix)) && !kept.contains(&name.as_str()) {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

impl House {
    /// Starts `parlance up` and waits until it says that it is ready.
    pub(crate) fn start(environment: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().expect("a temporary folder can be made");
        // On a Kafka that is shared, a house has topics of its own.
        let prefix = format!("{}.", data.path().file_name().expect("it has a name").display()).replace(".tmp", "test-");
        let environment: Vec<_> = [
            ("PARLANCE_INGEST_LISTEN", "127.0.0.1:0"),
            ("PARLANCE_API_LISTEN", "127.0.0.1:0"),
            ("PARLANCE_BROKER_LISTEN", "127.0.0.1:0"),
            ("PARLANCE_KAFKA_TOPIC_PREFIX", prefix.as_str()),
        ]
        .iter()
        .chain(environment)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
        let up = spawn_up(data.path(), &environment);
        let mut house = Self { up, data, environment };
        house.wait_until_up();
        house
    }

    /// Starts `parlance up` again on the same folder, after everything was stopped or killed.
    pub(crate) fn start_again(&mut self) {
        // Whatever was killed alone may still be ending its children.
        self.reap();
        self.up = spawn_up(self.data.path(), &self.environment);
        self.wait_until_up();
    }

    fn wait_until_up(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.up.try_wait().expect("the child can be asked") {
                panic!("parlance up ended ({status}):\n{}", self.everything_logged());
            }
            if let Some(run) = self.try_run()
                && run.pids.get("up") == Some(&self.up.id())
                && !run.api.is_empty()
                && [&run.ingest, &run.api]
                    .iter()
                    .all(|base| get(&format!("{base}/readyz")).is_some_and(|s| s == 200))
            {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "not up in {PATIENCE:?}:\n{}",
                self.everything_logged()
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Where everything runs.
    pub(crate) fn run(&self) -> Run {
        self.try_run().expect("parlance up wrote run.json")
    }

    fn try_run(&self) -> Option<Run> {
        serde_json::from_slice(&std::fs::read(self.data.path().join("run.json")).ok()?).ok()
    }

    /// A file of the test's own, beside the data.
    pub(crate) fn scratch(&self, name: &str) -> PathBuf {
        self.data.path().join(name)
    }

    /// Runs a `parlance` command on this house and fails the test when it fails.
    pub(crate) fn parlance(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).output().expect("the binary runs");
        assert!(
            output.status.success(),
            "parlance {arguments:?} failed ({}):\n{}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr),
            self.everything_logged()
        );
        output
    }

    /// A `parlance` command on this house, not yet run.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = parlance();
        command.args(arguments).env("PARLANCE_DATA", self.data.path());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// A shell for which this house is the one that runs.
    pub(crate) fn shell(&self) -> Command {
        let mut shell = unconfigured(Command::new("bash"));
        shell.env("PARLANCE_DATA", self.data.path());
        shell.envs(self.environment.iter().map(|(name, value)| (name, value)));
        shell
    }

    /// The answer of a query, tab-separated.
    pub(crate) fn sql(&self, query: &str) -> String {
        let output = self.parlance(&["sql", query, "--format", "TSV"]);
        String::from_utf8(output.stdout)
            .expect("TSV is text")
            .trim_end()
            .to_owned()
    }

    /// Asks until the query answers `expected`.
    pub(crate) fn wait_for_sql(&self, query: &str, expected: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self
                .command(&["sql", query, "--format", "TSV"])
                .output()
                .expect("the binary runs");
            let answer = String::from_utf8_lossy(&answer.stdout).trim_end().to_owned();
            if answer == expected {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{query}\n  answers {answer}\n  instead of {expected}\n{}",
                self.everything_logged()
            );
            std::thread::sleep(Duration::from_millis(250));
        }
    }

    /// Posts a body as Meta does; the status.
    pub(crate) fn post(&self, body: &[u8]) -> u16 {
        let signature = parlance_traffic::sign::AppSecret::new(self.secret()).sign(body);
        let (base, body) = (self.run().ingest, body.to_vec());
        block_on(async move {
            let answer = reqwest::Client::new()
                .post(format!("{base}/webhooks/whatsapp"))
                .header(parlance_traffic::sign::HEADER, signature)
                .body(body)
                .send();
            answer.await.expect("ingest answers").status().as_u16()
        })
    }

    /// What the names of its topics begin with.
    pub(crate) fn topic_prefix(&self) -> String {
        let mut variables = self.environment.iter();
        let prefix = variables.find(|(name, _)| name == "PARLANCE_KAFKA_TOPIC_PREFIX");
        prefix.expect("every house has one").1.clone()
    }

    /// The app secret of this house.
    pub(crate) fn secret(&self) -> String {
        self.credential("webhook_secret")
    }

    /// The writing user's password of this house's ClickHouse.
    pub(crate) fn clickhouse_password(&self) -> String {
        self.credential("clickhouse_password")
    }

    fn credential(&self, name: &str) -> String {
        let bytes = std::fs::read(self.data.path().join("credentials.json")).expect("credentials were made");
        let credentials: BTreeMap<String, String> = serde_json::from_slice(&bytes).expect("credentials are JSON");
        credentials[name].clone()
    }

    /// `kill -9` of one service. The supervisor starts it again. A server that is not of this house is left alone.
    pub(crate) fn kill(&self, service: &str) {
        match self.run().pids.get(service) {
            Some(pid) => signal(*pid, Signal::SIGKILL),
            None => assert!(
                service == "broker" && std::env::var_os("KAFKA_BROKERS").is_some(),
                "no {service}"
            ),
        }
    }

    /// `kill -9` of everything, the supervisor first so that nothing is started again.
    pub(crate) fn kill_everything(&mut self) {
        let pids = self.run().pids;
        signal(pids["up"], Signal::SIGKILL);
        for (_, pid) in pids.iter().filter(|(name, _)| *name != "up") {
            signal(*pid, Signal::SIGKILL);
        }
        self.up.wait().expect("the supervisor was our child");
    }

    /// Ctrl-C; how long it took to stop.
    pub(crate) fn interrupt(&mut self) -> Duration {
        let began = Instant::now();
        signal(self.up.id(), Signal::SIGINT);
        let status = self.up.wait().expect("the supervisor was our child");
        assert!(
            status.success(),
            "parlance up ended with {status}:\n{}",
            self.everything_logged()
        );
        began.elapsed()
    }

    /// What every service logged, for a failing test's message.
    pub(crate) fn everything_logged(&self) -> String {
        let mut text = String::new();
        for name in ["up", "broker", "clickhouse", "ingest", "pipeline", "query-api"] {
            let path = self.data.path().join("logs").join(format!("{name}.log"));
            let Ok(log) = std::fs::read_to_string(&path) else {
                continue;
            };
            let lines: Vec<_> = log.lines().collect();
            text += &format!("--- {name}\n{}\n", lines[lines.len().saturating_sub(25)..].join("\n"));
        }
        text
    }

    fn reap(&self) {
        let Some(run) = self.try_run() else { return };
        for pid in run.pids.values() {
            let alive = || kill(Pid::from_raw(i32::try_from(*pid).expect("a pid fits")), None).is_ok();
            let deadline = Instant::now() + Duration::from_secs(10);
            while alive() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        signal(self.up.id(), Signal::SIGTERM);
        if let Err(error) = self.up.wait() {
            eprintln!("the supervisor cannot be waited for: {error}");
        }
    }
}

fn spawn_up(data: &Path, environment: &[(String, String)]) -> Child {
    std::fs::create_dir_all(data.join("logs")).expect("the folder is ours");
    let log = std::fs::File::options()
        .create(true)
        .append(true)
        .open(data.join("logs/up.log"))
        .expect("it is ours");
    parlance()
        .arg("up")
        .env("PARLANCE_DATA", data)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("the binary runs")
}

fn signal(pid: u32, signal: Signal) {
    // A process that has just ended by itself needs no signal.
    let _gone_already = kill(Pid::from_raw(i32::try_from(pid).expect("a pid fits")), signal);
}

/// Status of a GET, when anyone answers.
pub(crate) fn get(url: &str) -> Option<u16> {
    let url = url.to_owned();
    block_on(async move { reqwest::get(url).await.ok().map(|answer| answer.status().as_u16()) })
}

/// Runs a future on a runtime of its own, on a thread of its own.
pub(crate) fn block_on<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime can be made");
        runtime.block_on(future)
    })
    .join()
    .expect("the future does not panic")
}
