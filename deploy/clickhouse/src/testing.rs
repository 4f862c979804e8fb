//! A real server for tests: the one at `CLICKHOUSE_URL` when that is set, else an own one in a temporary
//! folder, that ends with the test process. Start one per test process, and take one database per test:
//!
//! ```no_run
//! use std::sync::OnceLock;
//! use parlance_clickhouse::testing::Server;
//!
//! fn server() -> &'static Server {
//!     static SERVER: OnceLock<Server> = OnceLock::new();
//!     SERVER.get_or_init(Server::start)
//! }
//! let database = server().database();
//! ```
//!
//! Everything here panics with the reason when it fails: a test has nothing better to do.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use tempfile::TempDir;

use crate::{READER, WRITER, forget_port, library_path, ready_port};

/// Longest wait for a server to answer. It takes under a second on an idle machine.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// Pause between two looks at whether it answers.
const LOOK_EVERY: Duration = Duration::from_millis(20);
const PASSWORD: &str = "writer-in-tests";
const READER_PASSWORD: &str = "reader-in-tests";

/// A running server and how to reach it.
pub struct Server {
    /// HTTP interface, e.g. `http://127.0.0.1:40123`.
    pub url: String,
    /// User that may create databases and write (`CLICKHOUSE_USER`).
    pub user: String,
    /// Its password (`CLICKHOUSE_PASSWORD`).
    pub password: String,
    /// User that may only read (`CLICKHOUSE_READER_USER`, by default `user`).
    pub reader_user: String,
    /// Its password (`CLICKHOUSE_READER_PASSWORD`, by default `password`).
    pub reader_password: String,
    own: Option<Own>,
}

struct Own {
    child: Child,
    data: TempDir,
    port: u16,
}

impl Server {
    /// Starts a server, or takes the one at `CLICKHOUSE_URL`.
    pub fn start() -> Self {
        match env::var("CLICKHOUSE_URL") {
            Ok(url) if !url.is_empty() => Self::given(url),
            _ => Self::own(),
        }
    }

    /// Starts a server of the caller's own even when `CLICKHOUSE_URL` is set, for tests that kill it.
    pub fn own() -> Self {
        let data = tempfile::tempdir().expect("a temporary folder");
        let (child, port) = spawn(data.path(), 0);
        Self {
            url: format!("http://127.0.0.1:{port}"),
            user: WRITER.to_owned(),
            password: PASSWORD.to_owned(),
            reader_user: READER.to_owned(),
            reader_password: READER_PASSWORD.to_owned(),
            own: Some(Own { child, data, port }),
        }
    }

    fn given(url: String) -> Self {
        let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let user = variable("CLICKHOUSE_USER").unwrap_or_else(|| "default".to_owned());
        let password = variable("CLICKHOUSE_PASSWORD").unwrap_or_default();
        Self {
            url,
            reader_user: variable("CLICKHOUSE_READER_USER").unwrap_or_else(|| user.clone()),
            reader_password: variable("CLICKHOUSE_READER_PASSWORD").unwrap_or_else(|| password.clone()),
            user,
            password,
            own: None,
        }
    }

    /// A database name no other test uses; the database is not made (migrations make theirs).
    pub fn database(&self) -> String {
        format!("test_{}", uuid::Uuid::new_v4().simple())
    }

    /// True when this server can be killed and started again: it is our own.
    pub fn is_own(&self) -> bool {
        self.own.is_some()
    }

    /// Kills an own server as a power cut of the process would (`kill -9`); it stays away until [`Self::restart`].
    pub fn kill(&mut self) {
        let own = self.own.as_mut().expect("only an own server can be killed");
        own.child.kill().expect("the server was running");
        own.child.wait().expect("a killed child can be waited for");
    }

    /// Starts a killed server again on the same folder and port.
    pub fn restart(&mut self) {
        let own = self.own.as_mut().expect("only an own server can be restarted");
        own.child = spawn(own.data.path(), own.port).0;
    }

    /// Process id of an own server.
    pub fn process_id(&self) -> Option<u32> {
        self.own.as_ref().map(|own| own.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(own) = &mut self.own {
            // Either may fail only because the server is gone already.
            let _ = own.child.kill();
            let _ = own.child.wait();
        }
    }
}

/// Spawns the server and waits until it answers.
#[allow(clippy::disallowed_methods)] // a test's own thread: sleeping is what waiting is here
fn spawn(data: &Path, port: u16) -> (Child, u16) {
    if let Err(error) = library_path() {
        panic!("{error}");
    }
    forget_port(data).expect("an old port file can be removed");
    let mut child = Command::new(program())
        .arg("--data")
        .arg(data)
        // A server kept in a static is never dropped; its folder goes when the test process ends.
        .arg("--temporary")
        .arg("--http-port")
        .arg(port.to_string())
        .env("PARLANCE_CLICKHOUSE_PASSWORD", PASSWORD)
        .env("PARLANCE_CLICKHOUSE_READER_PASSWORD", READER_PASSWORD)
        .stdin(Stdio::piped())
        .spawn()
        .expect("parlance-clickhouse starts");
    let started = Instant::now();
    loop {
        if let Some(port) = ready_port(data) {
            return (child, port);
        }
        if let Some(status) = child.try_wait().expect("a child can be asked") {
            panic!("parlance-clickhouse ended before it answered ({status}): see standard error");
        }
        if started.elapsed() > START_TIMEOUT {
            let _ = child.kill();
            panic!("parlance-clickhouse did not answer within {START_TIMEOUT:?}");
        }
        thread::sleep(LOOK_EVERY);
    }
}

/// The binary `parlance-clickhouse`, in the folder of this test's profile (`target/debug`). Cargo builds it
/// for this package's own tests only, so it is built here when it is missing; `make test` builds it first.
fn program() -> PathBuf {
    let test = env::current_exe().expect("a test knows its own path");
    let profile = test
        .ancestors()
        .skip(1)
        .find(|folder| !folder.ends_with("deps") && !folder.ends_with("examples"))
        .expect("a test executable is in a folder");
    let program = profile.join(format!("parlance-clickhouse{}", env::consts::EXE_SUFFIX));
    if !program.is_file() {
        build(profile);
    }
    assert!(
        program.is_file(),
        "{} is still missing: cargo build -p parlance-clickhouse",
        program.display()
    );
    program
}

fn build(profile: &Path) {
    eprintln!("building parlance-clickhouse for tests");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args([
        "build",
        "--quiet",
        "--package",
        "parlance-clickhouse",
        "--bin",
        "parlance-clickhouse",
    ]);
    cargo
        .arg("--manifest-path")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
    // The folder is named after the profile, but for the first one.
    match profile.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => {}
        Some(name) => {
            cargo.args(["--profile", name]);
        }
    }
    if let Some(target) = profile.parent() {
        cargo.arg("--target-dir").arg(target);
    }
    assert!(
        cargo.status().expect("cargo runs").success(),
        "parlance-clickhouse could not be built"
    );
}
