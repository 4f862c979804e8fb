//! Children's log lines, kept in `data/logs/<service>.log`: bounded, with the end of them at hand after a crash.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tokio::fs::File;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};

/// A log file is put aside (`.1`) when it has grown to this; one older file is kept.
const FILE_BYTES_MAX: u64 = 10 * 1024 * 1024;
/// Lines kept in memory to be shown when a child ends unexpectedly.
const TAIL_LINES: usize = 12;

/// The last lines a child wrote.
#[derive(Clone, Default)]
pub(crate) struct Tail(Arc<Mutex<VecDeque<String>>>);

impl Tail {
    fn push(&self, line: &str) {
        let mut lines = self.0.lock().expect("no thread panics while it holds the lines");
        if lines.len() == TAIL_LINES {
            lines.pop_front();
        }
        lines.push_back(line.to_owned());
    }

    /// The lines, oldest first.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0
            .lock()
            .expect("no thread panics while it holds the lines")
            .iter()
            .cloned()
            .collect()
    }
}

/// Copies a child's output to its file until the child closes it.
pub(crate) async fn keep(output: impl AsyncRead + Unpin, path: PathBuf, tail: Tail) {
    let mut lines = BufReader::new(output).lines();
    let mut file = Rotating::open(path).await;
    loop {
        match lines.next_line().await {
            Ok(Some(line)) => {
                tail.push(&line);
                file.write(&line).await;
            }
            Ok(None) => break,
            // A line that is not UTF-8: the next one may be.
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {}
            Err(_) => break,
        }
    }
}

struct Rotating {
    path: PathBuf,
    file: Option<File>,
    bytes: u64,
}

impl Rotating {
    async fn open(path: PathBuf) -> Self {
        let file = append(&path).await;
        let bytes = match &file {
            Some(file) => file.metadata().await.map_or(0, |metadata| metadata.len()),
            None => 0,
        };
        Self { path, file, bytes }
    }

    async fn write(&mut self, line: &str) {
        if self.bytes >= FILE_BYTES_MAX {
            let aside = self.path.with_extension("log.1");
            if let Err(error) = tokio::fs::rename(&self.path, &aside).await {
                eprintln!("parlance: cannot put {} aside: {error}", self.path.display());
            }
            self.file = append(&self.path).await;
            self.bytes = 0;
        }
        let Some(file) = &mut self.file else { return };
        let text = format!("{line}\n");
        // A full disk must not stop the supervisor; it says so once and goes on without a log file.
        if let Err(error) = async {
            file.write_all(text.as_bytes()).await?;
            file.flush().await
        }
        .await
        {
            eprintln!("parlance: cannot write {}: {error}", self.path.display());
            self.file = None;
        }
        self.bytes += text.len() as u64;
    }
}

async fn append(path: &Path) -> Option<File> {
    match File::options().create(true).append(true).open(path).await {
        Ok(file) => Some(file),
        Err(error) => {
            eprintln!("parlance: cannot open {}: {error}", path.display());
            None
        }
    }
}
