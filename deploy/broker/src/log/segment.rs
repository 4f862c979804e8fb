//! One file of a log: batches one after the other. The newest is written to; older ones are sealed and never change
//! (compaction writes a new file with the next generation number and removes the old).

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize};

use super::batch::{HEADER_BYTES, Header};
use super::index::{Index, STRETCH_BYTES};
use super::record;
use crate::error::At as _;
use crate::{Error, files};

/// What is known about a sealed segment; kept beside it so that a start need not read the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Summary {
    /// Bytes of the file.
    pub(crate) size: u64,
    /// Offset after its last record (its base when compaction left nothing).
    pub(crate) next: i64,
    /// Newest time that the broker itself put into it, in milliseconds.
    pub(crate) newest_stamp: Option<i64>,
    /// When it was sealed, in milliseconds of the wall clock; compaction keeps it.
    pub(crate) sealed_at: i64,
    pub(crate) index: Index,
}

impl Summary {
    pub(crate) fn empty(base: i64) -> Self {
        Self {
            size: 0,
            next: base,
            newest_stamp: None,
            sealed_at: 0,
            index: Index::default(),
        }
    }

    /// Notes a batch at the segment's end.
    pub(crate) fn add(&mut self, header: &Header) {
        self.index.add(header, self.size);
        self.size += header.bytes as u64;
        self.next = header.next();
        if header.log_append_time() {
            self.newest_stamp = self.newest_stamp.max(Some(header.max_timestamp));
        }
    }
}

/// A segment that is complete.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) base: i64,
    pub(crate) generation: u32,
    pub(crate) path: PathBuf,
    pub(crate) summary: Summary,
}

impl Sealed {
    /// Removes the files. The summary first: without its segment it would stay for ever.
    pub(crate) fn remove(&self) -> Result<(), Error> {
        for path in [&summary_path(&self.path), &self.path] {
            files::remove_if_there(path).at(path)?;
        }
        Ok(())
    }
}

/// A stretch of a segment's file to look for batches in, taken under the log's lock and read outside it.
#[derive(Clone, Debug)]
pub(crate) struct Slice {
    pub(crate) source: Source,
    pub(crate) from: u64,
    pub(crate) to: u64,
}

/// Where a segment's bytes are. Sealed segments are opened per read, so that a long log needs no open files.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Open(Arc<File>),
    Sealed(PathBuf),
}

impl Source {
    fn open(&self) -> io::Result<Arc<File>> {
        match self {
            Self::Open(file) => Ok(Arc::clone(file)),
            Self::Sealed(path) => File::open(path).map(Arc::new),
        }
    }
}

/// `<base>-<generation>.log`
pub(crate) fn file_name(base: i64, generation: u32) -> String {
    format!("{base:020}-{generation}.log")
}

/// The opposite of [`file_name`].
pub(crate) fn parse_file_name(name: &str) -> Option<(i64, u32)> {
    let (base, generation) = name.strip_suffix(".log")?.split_once('-')?;
    Some((base.parse().ok()?, generation.parse().ok()?))
}

/// Where a segment's [`Summary`] is kept.
pub(crate) fn summary_path(segment: &Path) -> PathBuf {
    segment.with_extension("index")
}

impl Slice {
    /// Whole batches from the one that holds `offset`, below `visible`, at most `max` bytes but at least one batch.
    pub(crate) fn read(&self, offset: i64, visible: i64, max: usize) -> io::Result<Bytes> {
        let file = self.source.open()?;
        let mut batches = Headers::new(&file, self.from, self.to);
        while let Some((position, header)) = batches.next()? {
            if header.next() <= offset {
                continue;
            }
            if header.base >= visible {
                break;
            }
            let available = usize::try_from(self.to - position).unwrap_or(usize::MAX);
            let mut bytes = BytesMut::zeroed(available.min(max.max(header.bytes)));
            file.read_exact_at(&mut bytes, position)?;
            let whole = whole_batches(&bytes, visible);
            bytes.truncate(whole);
            return Ok(bytes.freeze());
        }
        Ok(Bytes::new())
    }

    /// Offset and time of the first record at or after `timestamp`.
    pub(crate) fn first_at(&self, timestamp: i64, visible: i64, limit: usize) -> io::Result<Option<(i64, i64)>> {
        let file = self.source.open()?;
        let mut batches = Headers::new(&file, self.from, self.to);
        while let Some((position, header)) = batches.next()? {
            if header.base >= visible {
                break;
            }
            if header.max_timestamp < timestamp {
                continue;
            }
            let batch = read_batch(&file, position, &header)?;
            let records = record::body(&header, &batch, limit).and_then(|body| record::records(&header, &body));
            match records {
                Ok(records) => {
                    if let Some(found) = records.iter().find(|record| record.timestamp >= timestamp) {
                        return Ok(Some((found.offset, found.timestamp)));
                    }
                }
                // Not to be looked into: its first record is the closest safe answer.
                Err(_) => return Ok(Some((header.base, header.max_timestamp))),
            }
        }
        Ok(None)
    }
}

/// Bytes of the whole batches below `visible` at the start of `bytes`.
fn whole_batches(bytes: &[u8], visible: i64) -> usize {
    let mut end = 0;
    while let Some(header) = Header::read(&bytes[end..]) {
        if header.bytes > bytes.len() - end || header.base >= visible {
            break;
        }
        end += header.bytes;
    }
    end
}

/// One whole batch.
pub(crate) fn read_batch(file: &File, position: u64, header: &Header) -> io::Result<Vec<u8>> {
    let mut batch = vec![0; header.bytes];
    file.read_exact_at(&mut batch, position)?;
    Ok(batch)
}

/// Walks the headers of a file's batches, reading ahead one stretch at a time.
pub(crate) struct Headers<'a> {
    file: &'a File,
    at: u64,
    to: u64,
    window: Vec<u8>,
    window_at: u64,
}

impl<'a> Headers<'a> {
    pub(crate) fn new(file: &'a File, from: u64, to: u64) -> Self {
        Self {
            file,
            at: from,
            to,
            window: Vec::new(),
            window_at: from,
        }
    }

    /// The next batch's position and header; `None` at the end or where no whole batch follows.
    pub(crate) fn next(&mut self) -> io::Result<Option<(u64, Header)>> {
        if self.to.saturating_sub(self.at) < HEADER_BYTES as u64 {
            return Ok(None);
        }
        let window_end = self.window_at + self.window.len() as u64;
        if self.at < self.window_at || self.at + HEADER_BYTES as u64 > window_end {
            let length = (self.to - self.at).min(STRETCH_BYTES);
            self.window.resize(length as usize, 0);
            self.window_at = self.at;
            self.file.read_exact_at(&mut self.window, self.at)?;
        }
        let Some(header) = Header::read(&self.window[(self.at - self.window_at) as usize..]) else {
            return Ok(None);
        };
        if header.bytes as u64 > self.to - self.at {
            return Ok(None);
        }
        let position = self.at;
        self.at += header.bytes as u64;
        Ok(Some((position, header)))
    }
}
