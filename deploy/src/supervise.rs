//! One child process per service: started, watched, restarted when it ends, stopped in order.
//!
//! A child that ends is started again after a pause that doubles from [`PAUSE_MIN`] to [`PAUSE_MAX`], and is
//! short again once the child has run for [`HEALTHY`]. Children sit in process groups of their own, so that
//! Ctrl-C reaches the supervisor alone and the order of stopping is ours; they hold the read end of a pipe
//! that closes with the supervisor, so none outlives it.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, ChildStdin, Command};
use tokio_util::sync::CancellationToken;

use crate::logs::{Tail, keep};
use crate::stop::SUPERVISED;

const PAUSE_MIN: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(5);
const HEALTHY: Duration = Duration::from_secs(30);

/// What to run: this very binary with a subcommand and an environment.
#[derive(Clone)]
pub(crate) struct Spec {
    /// Name in `run.json` and of the log file.
    pub(crate) name: &'static str,
    /// Command line after the binary.
    pub(crate) arguments: Vec<String>,
    /// Variables set on top of the supervisor's own.
    pub(crate) environment: Vec<(String, String)>,
    /// How long the child may take to end by itself.
    pub(crate) stop_within: Duration,
}

/// A child under supervision.
pub(crate) struct Supervised {
    name: &'static str,
    stopping: CancellationToken,
    task: tokio::task::JoinHandle<()>,
    restarts: Arc<AtomicU32>,
    tail: Tail,
}

/// Called with a service's name and new process id after each (re)start.
pub(crate) type OnStart = Arc<dyn Fn(&'static str, u32) + Send + Sync>;

impl Supervised {
    /// Starts the child; fails only if the first start does.
    pub(crate) fn start(spec: Spec, logs: PathBuf, on_start: OnStart) -> anyhow::Result<Self> {
        let tail = Tail::default();
        let stopping = CancellationToken::new();
        let restarts = Arc::new(AtomicU32::new(0));
        let first = spawn(&spec, &logs, &tail)?;
        let name = spec.name;
        let watched = Watch {
            spec,
            logs,
            on_start,
            tail: tail.clone(),
            restarts: restarts.clone(),
        };
        let task = tokio::spawn(watched.run(first, stopping.clone()));
        Ok(Self {
            name,
            stopping,
            task,
            restarts,
            tail,
        })
    }

    /// The service's name.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// How often the child was started again.
    pub(crate) fn restarts(&self) -> u32 {
        self.restarts.load(Ordering::Relaxed)
    }

    /// The last lines the child logged.
    pub(crate) fn last_lines(&self) -> Vec<String> {
        self.tail.lines()
    }

    /// Asks the child to end, waits as long as its spec allows, then kills it.
    pub(crate) async fn stop(self) {
        self.stopping.cancel();
        if let Err(error) = self.task.await {
            eprintln!("parlance: the supervisor of {} failed: {error}", self.name);
        }
    }
}

struct Watch {
    spec: Spec,
    logs: PathBuf,
    on_start: OnStart,
    tail: Tail,
    restarts: Arc<AtomicU32>,
}

impl Watch {
    async fn run(self, first: (Child, ChildStdin), stopping: CancellationToken) {
        let mut pause = PAUSE_MIN;
        let mut next = Some(first);
        loop {
            let started = Instant::now();
            // Waiting for a child closes its standard input when the child still has it: it is held here instead.
            if let Some((mut child, stdin)) = next.take() {
                if let Some(pid) = child.id() {
                    (self.on_start)(self.spec.name, pid);
                }
                tokio::select! {
                    ended = child.wait() => self.report(&ended),
                    () = stopping.cancelled() => return self.end(child, stdin).await,
                }
            }
            if started.elapsed() > HEALTHY {
                pause = PAUSE_MIN;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stopping.cancelled() => return,
            }
            pause = (pause * 2).min(PAUSE_MAX);
            self.restarts.fetch_add(1, Ordering::Relaxed);
            match spawn(&self.spec, &self.logs, &self.tail) {
                Ok(child) => next = Some(child),
                Err(error) => eprintln!("parlance: {error:#}"),
            }
        }
    }

    fn report(&self, ended: &std::io::Result<std::process::ExitStatus>) {
        match ended {
            Ok(status) => eprintln!("parlance: {} ended ({status}); starting it again", self.spec.name),
            Err(error) => eprintln!("parlance: {} cannot be watched: {error}", self.spec.name),
        }
        for line in self.tail.lines() {
            eprintln!("    {line}");
        }
    }

    async fn end(&self, mut child: Child, stdin: ChildStdin) {
        if let Some(pid) = child.id() {
            let pid = Pid::from_raw(i32::try_from(pid).expect("process ids fit"));
            // The child may have ended this very moment; then there is nobody to tell.
            if let Err(error) = kill(pid, Signal::SIGTERM)
                && error != nix::errno::Errno::ESRCH
            {
                eprintln!("parlance: cannot signal {}: {error}", self.spec.name);
            }
        }
        drop(stdin);
        if tokio::time::timeout(self.spec.stop_within, child.wait()).await.is_err() {
            eprintln!(
                "parlance: {} did not stop within {:?}; killing it",
                self.spec.name, self.spec.stop_within
            );
            if let Err(error) = child.kill().await {
                eprintln!("parlance: cannot kill {}: {error}", self.spec.name);
            }
        }
    }
}

fn spawn(spec: &Spec, logs: &std::path::Path, tail: &Tail) -> anyhow::Result<(Child, ChildStdin)> {
    let binary = std::env::current_exe().context("cannot find this binary's own path")?;
    let mut child = Command::new(binary)
        .args(&spec.arguments)
        .envs(spec.environment.iter().map(|(name, value)| (name, value)))
        .env(SUPERVISED, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {}", spec.name))?;
    let stderr = child.stderr.take().expect("it was asked for");
    tokio::spawn(keep(stderr, logs.join(format!("{}.log", spec.name)), tail.clone()));
    let stdin = child.stdin.take().expect("it was asked for");
    Ok((child, stdin))
}
