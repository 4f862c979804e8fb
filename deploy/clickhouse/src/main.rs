//! `parlance-clickhouse`: the embedded ClickHouse as a process of its own. Ends when standard input ends.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use parlance_clickhouse::{Config, host};

/// Hosts the embedded ClickHouse on 127.0.0.1 until standard input ends.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Folder of the server's data.
    #[arg(long)]
    data: PathBuf,
    /// HTTP port, 0 for a free one (written to `http_port` in the data folder).
    #[arg(long, default_value_t = 0)]
    http_port: u16,
    /// Memory it may use, in bytes.
    #[arg(long, default_value_t = Config::MEMORY_BYTES)]
    memory_bytes: u64,
    /// Password of the user `parlance`. Give it by the environment, where other users cannot see it.
    #[arg(long, env = "PARLANCE_CLICKHOUSE_PASSWORD", hide_env_values = true)]
    password: String,
    /// Password of the user `parlance_reader`. Give it by the environment.
    #[arg(long, env = "PARLANCE_CLICKHOUSE_READER_PASSWORD", hide_env_values = true)]
    reader_password: String,
    /// Empty the data folder at the end: for tests.
    #[arg(long)]
    temporary: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let config = Config {
        data: options.data,
        http_port: options.http_port,
        password: options.password,
        reader_password: options.reader_password,
        memory_bytes: options.memory_bytes,
    };
    let hosted = host(&config);
    if options.temporary
        && let Err(error) = empty(&config.data)
    {
        eprintln!("parlance-clickhouse: cannot empty {}: {error}", config.data.display());
    }
    match hosted {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("parlance-clickhouse: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The folder itself stays: the process may not touch what is around it any more.
fn empty(folder: &Path) -> std::io::Result<()> {
    for entry in folder.read_dir()? {
        let path = entry?.path();
        if path.is_dir() {
            std::fs::remove_dir_all(path)?
        } else {
            std::fs::remove_file(path)?
        }
    }
    Ok(())
}
