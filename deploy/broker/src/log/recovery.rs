//! From a folder of files back to a log. Only the last segment is read: it is cut at the first batch that is not whole.
//!
//! Sealed segments were on the disk before their successor was begun, and their summaries describe them; one without
//! a fitting summary (a crash in between, a removed file) is read again. A broken batch inside a sealed segment is
//! damage, not a torn write: it is reported, never cut.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::batch::Header;
use super::partition::Active;
use super::producer_state::Producers;
use super::segment::{Headers, Sealed, Summary, parse_file_name, read_batch, summary_path};
use crate::error::At as _;
use crate::{Error, files};

/// What a folder held.
pub(super) struct Recovered {
    pub(super) sealed: Vec<Arc<Sealed>>,
    pub(super) active: Active,
    pub(super) producers: Producers,
}

/// Reads the folder of a partition; begins an empty log when there is none.
pub(super) fn open(dir: &Path, now: i64) -> Result<Recovered, Error> {
    std::fs::create_dir_all(dir).at(dir)?;
    let mut segments = segment_files(dir)?;
    let Some((base, _, path)) = segments.pop() else {
        return Ok(Recovered {
            sealed: Vec::new(),
            active: Active::create(dir, 0)?,
            producers: Producers::default(),
        });
    };
    let sealed = segments
        .into_iter()
        .map(|(base, generation, path)| seal(base, generation, path).map(Arc::new));
    let sealed: Vec<_> = sealed.collect::<Result<_, _>>()?;

    let mut producers = match load_producers(dir, base)? {
        Some(producers) => producers,
        None => producers_of(&sealed, now)?,
    };
    let file = File::options().read(true).write(true).open(&path).at(&path)?;
    let summary = read_checked(&file, &path, base, |header| producers.note(header, now))?;
    let size = file.metadata().at(&path)?.len();
    if summary.size < size {
        let cut = size - summary.size;
        tracing::warn!(path = %path.display(), cut_bytes = cut, end = summary.next, "cut a torn write off the log");
        metrics::counter!("broker_torn_bytes_total").increment(cut);
        file.set_len(summary.size).at(&path)?;
    }
    // What a killed process had written but not synced will now be read and acknowledged.
    file.sync_all().at(&path)?;
    files::remove_if_there(&summary_path(&path)).at(&path)?;
    let since = file
        .metadata()
        .and_then(|found| found.created().or_else(|_| found.modified()))
        .map_or(now, millis);
    let active = Active {
        base,
        path,
        file: Arc::new(file),
        summary,
        since,
    };
    Ok(Recovered {
        sealed,
        active,
        producers,
    })
}

/// The newest generation of each segment, in the order of offsets; sweeps what a crash left behind.
fn segment_files(dir: &Path) -> Result<Vec<(i64, u32, PathBuf)>, Error> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).at(dir)? {
        let path = entry.at(dir)?.path();
        if path.extension().is_some_and(|extension| extension == files::UNFINISHED) {
            files::remove_if_there(&path).at(&path)?;
        } else if let Some((base, generation)) = path.file_name().and_then(|n| parse_file_name(n.to_str()?)) {
            found.push((base, generation, path));
        }
    }
    found.sort_unstable();
    let mut newest: Vec<(i64, u32, PathBuf)> = Vec::new();
    for segment in found {
        // Compaction had finished the newer generation before it could remove the older.
        if let Some(last) = newest.last_mut().filter(|last| last.0 == segment.0) {
            files::remove_if_there(&summary_path(&last.2)).at(&last.2)?;
            files::remove_if_there(&last.2).at(&last.2)?;
            *last = segment;
        } else {
            newest.push(segment);
        }
    }
    Ok(newest)
}

fn seal(base: i64, generation: u32, path: PathBuf) -> Result<Sealed, Error> {
    let size = std::fs::metadata(&path).at(&path)?.len();
    let saved = std::fs::read(summary_path(&path))
        .ok()
        .and_then(|json| serde_json::from_slice::<Summary>(&json).ok());
    let summary = match saved {
        Some(summary) if summary.size == size => summary,
        _ => {
            let file = File::open(&path).at(&path)?;
            let mut summary = read_checked(&file, &path, base, |_| ())?;
            if summary.size != size {
                let why = format!("no valid record batch at byte {} of {size}", summary.size);
                return Err(Error::Corrupt { path, why });
            }
            summary.sealed_at = file.metadata().and_then(|found| found.modified()).map_or(0, millis);
            save_summary(&path, &summary)?;
            summary
        }
    };
    Ok(Sealed {
        base,
        generation,
        path,
        summary,
    })
}

/// Reads a segment up to its first batch that is not whole, in order and unharmed.
fn read_checked(file: &File, path: &Path, base: i64, mut each: impl FnMut(&Header)) -> Result<Summary, Error> {
    let size = file.metadata().at(path)?.len();
    let mut summary = Summary::empty(base);
    let mut batches = Headers::new(file, 0, size);
    while let Some((position, header)) = batches.next().at(path)? {
        let batch = read_batch(file, position, &header).at(path)?;
        if header.base < summary.next || Header::read_checked(&batch).is_none() {
            break;
        }
        summary.add(&header);
        each(&header);
    }
    Ok(summary)
}

/// Keeps what is known about a sealed segment.
pub(super) fn save_summary(segment: &Path, summary: &Summary) -> Result<(), Error> {
    files::write_atomic(&summary_path(segment), &to_json(summary))
}

/// Keeps the producers as of the start of the segment at `base`.
pub(super) fn save_producers(dir: &Path, base: i64, producers: &Producers) -> Result<(), Error> {
    files::write_atomic(&producers_path(dir, base), &to_json(producers))
}

/// Removes the producers of earlier segments.
pub(super) fn remove_older_producers(dir: &Path, base: i64) -> Result<(), Error> {
    let newest = producers_path(dir, base);
    for entry in std::fs::read_dir(dir).at(dir)? {
        let path = entry.at(dir)?.path();
        if path.extension().is_some_and(|extension| extension == "producers") && path != newest {
            files::remove_if_there(&path).at(&path)?;
        }
    }
    Ok(())
}

fn load_producers(dir: &Path, base: i64) -> Result<Option<Producers>, Error> {
    let path = producers_path(dir, base);
    match std::fs::read(&path) {
        Ok(json) => Ok(serde_json::from_slice(&json).ok()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Data { path, source }),
    }
}

/// Without a snapshot, the headers of the whole log say it.
fn producers_of(sealed: &[Arc<Sealed>], now: i64) -> Result<Producers, Error> {
    let mut producers = Producers::default();
    for segment in sealed {
        let file = File::open(&segment.path).at(&segment.path)?;
        let mut batches = Headers::new(&file, 0, segment.summary.size);
        while let Some((_, header)) = batches.next().at(&segment.path)? {
            producers.note(&header, now);
        }
    }
    Ok(producers)
}

fn producers_path(dir: &Path, base: i64) -> PathBuf {
    dir.join(format!("{base:020}.producers"))
}

fn to_json(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("numbers and lists are JSON")
}

fn millis(time: std::time::SystemTime) -> i64 {
    let since_1970 = time.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}
