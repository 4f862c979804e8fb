//! An append-only file of small entries, one a line with its checksum, for state that is small and changes often.
//! Rewritten when most of it is history.

use std::fs::File;
use std::io;
use std::marker::PhantomData;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Serialize, de::DeserializeOwned};

use crate::error::At as _;
use crate::log::commit::{GroupCommit, Mark};
use crate::{Error, Fsync, files};

/// Rewriting is worth it from this many lines on…
const REWRITE_LINES: usize = 10_000;
/// …when there are this many times more lines than entries that still matter.
const REWRITE_RATIO: usize = 4;

/// A journal of `E`.
#[derive(Debug)]
pub(crate) struct Journal<E> {
    path: PathBuf,
    file: Arc<File>,
    size: u64,
    lines: usize,
    /// Entries written since the start: what waiters wait for.
    written: i64,
    pub(crate) commit: GroupCommit,
    entries: PhantomData<E>,
}

impl<E: Serialize + DeserializeOwned> Journal<E> {
    /// Opens a journal and hands out its entries in order; a torn end is cut.
    pub(crate) fn open(path: PathBuf, fsync: Fsync) -> Result<(Self, Vec<E>), Error> {
        let file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .at(&path)?;
        files::sync_parent(&path).at(&path)?;
        let bytes = std::fs::read(&path).at(&path)?;
        let mut entries = Vec::new();
        let mut size = 0;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let Some(entry) = parse(line) else { break };
            entries.push(entry);
            size += line.len() as u64;
        }
        if size < bytes.len() as u64 {
            tracing::warn!(path = %path.display(), cut_bytes = bytes.len() as u64 - size, "cut a torn write off");
            file.set_len(size).at(&path)?;
        }
        file.sync_all().at(&path)?;
        let commit = GroupCommit::new(fsync, Mark::default());
        let lines = entries.len();
        let file = Arc::new(file);
        Ok((
            Self {
                path,
                file,
                size,
                lines,
                written: 0,
                commit,
                entries: PhantomData,
            },
            entries,
        ))
    }

    /// Appends entries; durable once [`GroupCommit::reached`] says so for the returned number.
    /// Must run inside a tokio runtime.
    pub(crate) fn append(&mut self, entries: &[E]) -> io::Result<i64> {
        if self.commit.progress().failed {
            return Err(io::Error::other("an earlier write failed; restart the broker"));
        }
        let lines: Vec<u8> = entries.iter().flat_map(line).collect();
        if let Err(error) = self.file.write_all_at(&lines, self.size) {
            if self.file.set_len(self.size).is_err() {
                self.commit.fail();
            }
            return Err(error);
        }
        self.size += lines.len() as u64;
        self.lines += entries.len();
        self.written += 1;
        self.commit.wrote(
            Mark {
                offset: self.written,
                bytes: 0,
            },
            &self.file,
        );
        Ok(self.written)
    }

    /// Whether most lines no longer matter, given how many entries do.
    pub(crate) fn is_mostly_history(&self, live: usize) -> bool {
        self.lines >= REWRITE_LINES && self.lines / REWRITE_RATIO >= live
    }

    /// Replaces the file by one with only `live`. Blocking, with two fsyncs.
    pub(crate) fn rewrite(&mut self, live: &[E]) -> Result<(), Error> {
        let bytes: Vec<u8> = live.iter().flat_map(line).collect();
        files::write_atomic(&self.path, &bytes)?;
        self.file = Arc::new(reopen(&self.path).at(&self.path)?);
        self.size = bytes.len() as u64;
        self.lines = live.len();
        // What was appended before is in the new file, which is durable; but waiters still wait for their number.
        self.commit.wrote(
            Mark {
                offset: self.written,
                bytes: 0,
            },
            &self.file,
        );
        Ok(())
    }
}

fn reopen(path: &Path) -> io::Result<File> {
    File::options().read(true).write(true).open(path)
}

/// `<CRC-32C in hex> <JSON>\n`
fn line<E: Serialize>(entry: &E) -> Vec<u8> {
    let json = serde_json::to_vec(entry).expect("journal entries are plain data");
    let mut line = format!("{:08x} ", crc32c::crc32c(&json)).into_bytes();
    line.extend_from_slice(&json);
    line.push(b'\n');
    line
}

fn parse<E: DeserializeOwned>(line: &[u8]) -> Option<E> {
    let (crc, json) = line.strip_suffix(b"\n")?.split_at_checked(9)?;
    let crc = u32::from_str_radix(std::str::from_utf8(crc).ok()?.strip_suffix(' ')?, 16).ok()?;
    (crc == crc32c::crc32c(json))
        .then(|| serde_json::from_slice(json).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn entries_come_back_in_order_and_a_torn_end_is_cut() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal");
        let (mut journal, old) = Journal::<String>::open(path.clone(), Fsync::Always).unwrap();
        assert!(old.is_empty());
        journal.append(&["a".to_owned(), "b\n".to_owned()]).unwrap();
        let mark = journal.append(&["c".to_owned()]).unwrap();
        journal.commit.reached(mark).await.unwrap();
        let whole = std::fs::read(&path).unwrap();
        for cut in 1..10 {
            std::fs::write(&path, &whole[..whole.len() - cut]).unwrap();
            let (_, entries) = Journal::<String>::open(path.clone(), Fsync::Always).unwrap();
            assert_eq!(entries, ["a", "b\n"]);
        }
    }

    #[tokio::test]
    async fn a_rewritten_journal_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal");
        let (mut journal, _) = Journal::<u32>::open(path.clone(), Fsync::Always).unwrap();
        for n in 0..10 {
            journal.append(&[n]).unwrap();
        }
        journal.rewrite(&[9]).unwrap();
        let mark = journal.append(&[10]).unwrap();
        journal.commit.reached(mark).await.unwrap();
        assert_eq!(Journal::<u32>::open(path, Fsync::Always).unwrap().1, [9, 10]);
    }
}
