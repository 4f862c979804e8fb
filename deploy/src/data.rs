//! The data folder: what the embedded servers keep, the credentials made for them, and where everything runs.
//!
//! ```text
//! data/
//!   credentials.json   made on first use, readable by the owner only
//!   run.json           addresses and process ids while `parlance up` runs
//!   lock               held by `parlance up`, so that two never share a folder
//!   broker/  clickhouse/  snapshots/  logs/
//! ```

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

/// The folder given by `--data` / `PARLANCE_DATA`.
#[derive(Clone, Debug)]
pub(crate) struct DataFolder(PathBuf);

/// Secrets made for one installation. A configured one takes precedence over the one here.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    /// Password of the embedded ClickHouse's writing user.
    pub(crate) clickhouse_password: String,
    /// Password of the embedded ClickHouse's read-only user.
    pub(crate) clickhouse_reader_password: String,
    /// App secret used when `WHATSAPP_WEBHOOK_SECRET` is not set: `parlance demo` signs with it.
    pub(crate) webhook_secret: String,
    /// Verify token used when `WHATSAPP_WEBHOOK_VERIFY_TOKEN` is not set.
    pub(crate) verify_token: String,
}

/// Where everything runs, for people, scripts and Parlance's own tools.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Run {
    /// Base URL of the webhook receiver.
    pub(crate) ingest: String,
    /// Base URL of the API and the dashboard.
    pub(crate) api: String,
    /// Base URL of the pipeline's health and metrics.
    pub(crate) pipeline: String,
    /// Kafka bootstrap servers.
    pub(crate) kafka: String,
    /// ClickHouse's HTTP interface.
    pub(crate) clickhouse: String,
    /// Whether the brokers are the embedded one.
    pub(crate) embedded_kafka: bool,
    /// Whether ClickHouse is the embedded one.
    pub(crate) embedded_clickhouse: bool,
    /// Process ids by service; `up` is the supervisor.
    pub(crate) pids: std::collections::BTreeMap<String, u32>,
}

impl DataFolder {
    /// The folder at `path`; not created until something is written.
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// A path inside.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Creates the folder, readable by the owner only.
    pub(crate) fn create(&self) -> anyhow::Result<()> {
        use std::os::unix::fs::DirBuilderExt;
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.0)
            .with_context(|| format!("cannot create the data folder {}", self.0.display()))
    }

    /// Takes the folder for one `parlance up`; the lock lives as long as the returned file.
    pub(crate) fn lock(&self) -> anyhow::Result<File> {
        self.create()?;
        let path = self.path("lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(std::fs::TryLockError::WouldBlock) => bail!(
                "{} is in use by another `parlance up`; stop that one, or choose another folder with --data",
                self.0.display()
            ),
            Err(std::fs::TryLockError::Error(error)) => Err(error).context(format!("cannot lock {}", path.display())),
        }
    }

    /// The installation's secrets, made now when there are none yet.
    pub(crate) fn credentials(&self) -> anyhow::Result<Credentials> {
        if let Some(credentials) = self.read("credentials.json")? {
            return Ok(credentials);
        }
        self.create()?;
        let credentials = Credentials {
            clickhouse_password: token(),
            clickhouse_reader_password: token(),
            webhook_secret: token(),
            verify_token: token(),
        };
        self.write("credentials.json", &credentials)?;
        Ok(credentials)
    }

    /// Where things run by the last `parlance up` of this folder, when there was one.
    pub(crate) fn run(&self) -> anyhow::Result<Option<Run>> {
        self.read("run.json")
    }

    /// Records where things run.
    pub(crate) fn write_run(&self, run: &Run) -> anyhow::Result<()> {
        self.write("run.json", run)
    }

    /// Records that this process, and no other, has the service's address.
    pub(crate) fn note_listening(&self, service: &str) -> anyhow::Result<()> {
        self.create()?;
        self.write(&format!("listening.{service}.json"), &std::process::id())
    }

    /// The process that said last that it has the service's address.
    pub(crate) fn listening(&self, service: &str) -> anyhow::Result<Option<u32>> {
        self.read(&format!("listening.{service}.json"))
    }

    /// Records where a service listens that somebody runs by itself, beside what is known of the others.
    pub(crate) fn note_address(&self, service: &str, address: std::net::SocketAddr) -> anyhow::Result<()> {
        self.create()?;
        let mut run = self.run()?.unwrap_or_default();
        let url = format!("http://{address}");
        match service {
            "ingest" => run.ingest = url,
            "query-api" => run.api = url,
            "broker" => (run.kafka, run.embedded_kafka) = (address.to_string(), true),
            _ => {}
        }
        run.pids.insert(service.to_owned(), std::process::id());
        self.write_run(&run)
    }

    fn read<T: for<'de> Deserialize<'de>>(&self, name: &str) -> anyhow::Result<Option<T>> {
        let path = self.path(name);
        match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .with_context(|| format!("{} is damaged", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Writes whole or not at all: a reader never sees half a file.
    fn write<T: Serialize>(&self, name: &str, value: &T) -> anyhow::Result<()> {
        let path = self.path(name);
        let scratch = self.path(&format!(".{name}.{}", std::process::id()));
        let mut file = File::options()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&scratch)?;
        file.write_all(&serde_json::to_vec_pretty(value)?)?;
        file.sync_all()?;
        std::fs::rename(&scratch, &path).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// 128 random bits as hex digits.
fn token() -> String {
    hex::encode(rand::random::<[u8; 16]>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_made_once_and_are_the_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let data = DataFolder::new(&dir.path().join("data"));
        let first = data.credentials().unwrap();
        assert_eq!(first.webhook_secret.len(), 32);
        assert_eq!(data.credentials().unwrap().webhook_secret, first.webhook_secret);
        let mode = std::fs::metadata(data.path("credentials.json"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_second_supervisor_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataFolder::new(dir.path());
        let _held = data.lock().unwrap();
        assert!(data.lock().unwrap_err().to_string().contains("in use"));
    }
}
