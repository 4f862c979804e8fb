//! Ids for idempotent producers: never the same twice, also after a crash.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::error::At as _;
use crate::{Error, files};

/// Ids reserved on disk at once, so that not every producer costs a write. A restart skips what was not used.
const BLOCK: i64 = 1_000;

/// Hands out ids.
#[derive(Debug)]
pub(crate) struct ProducerIds {
    path: PathBuf,
    ids: Mutex<std::ops::Range<i64>>,
}

impl ProducerIds {
    /// Reads where the last run's reservation ended.
    pub(crate) fn open(path: PathBuf) -> Result<Self, Error> {
        let reserved = match std::fs::read_to_string(&path) {
            Ok(text) => text.trim().parse().map_err(|_| Error::Corrupt {
                path: path.clone(),
                why: "not the number of producer ids reserved".to_owned(),
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error).at(path),
        };
        Ok(Self {
            path,
            ids: Mutex::new(reserved..reserved),
        })
    }

    /// A new id. Blocking: writes now and then.
    pub(crate) fn next(&self) -> Result<i64, Error> {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        if ids.is_empty() {
            let reserved = ids.end + BLOCK;
            files::write_atomic(&self.path, reserved.to_string().as_bytes())?;
            ids.end = reserved;
        }
        ids.start += 1;
        Ok(ids.start - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_never_repeat() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ids");
        let mut last = -1;
        for _ in 0..3 {
            let ids = ProducerIds::open(path.clone()).unwrap();
            for _ in 0..BLOCK + 1 {
                let next = ids.next().unwrap();
                assert!(next > last);
                last = next;
            }
        }
    }
}
