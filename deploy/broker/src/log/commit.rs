//! Group commit: whoever waits for the disk while an fsync runs is served, with all others, by the next one.
//!
//! One fsync per file at a time, on a blocking thread: neither the async runtime nor other files wait for it.

use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::watch;

use crate::Fsync;

/// How far a file has been written: both only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Offset after the last record.
    pub(crate) offset: i64,
    /// Bytes since the broker started, over all segments.
    pub(crate) bytes: u64,
}

/// What waiters see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    /// On the disk up to here (with [`Fsync::Never`]: written).
    pub(crate) durable: Mark,
    /// An fsync failed: what was not durable then may be lost although the system reports no further error,
    /// so nothing more is acknowledged before a restart has looked at the disk.
    pub(crate) failed: bool,
}

/// The disk refused.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("an fsync failed")]
pub(crate) struct SyncFailed;

/// The group commit of one growing file (or of a row of them, each synced before the next is begun).
#[derive(Clone, Debug)]
pub(crate) struct GroupCommit {
    fsync: Fsync,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    wanted: Mutex<Wanted>,
    progress: watch::Sender<Progress>,
}

#[derive(Debug, Default)]
struct Wanted {
    next: Option<(Mark, Arc<File>)>,
    running: bool,
}

impl GroupCommit {
    /// Starts at `durable`: all before it is on the disk.
    pub(crate) fn new(fsync: Fsync, durable: Mark) -> Self {
        let progress = watch::Sender::new(Progress { durable, failed: false });
        Self {
            fsync,
            shared: Arc::new(Shared {
                wanted: Mutex::default(),
                progress,
            }),
        }
    }

    /// Notes that `file` has been written up to `mark` and sees to it that an fsync follows.
    /// Must be called in the order of marks, inside a tokio runtime.
    pub(crate) fn wrote(&self, mark: Mark, file: &Arc<File>) {
        if self.fsync == Fsync::Never {
            self.shared.progress.send_modify(|progress| progress.durable = mark);
            return;
        }
        let mut wanted = self.shared.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        wanted.next = Some((mark, Arc::clone(file)));
        if !wanted.running {
            wanted.running = true;
            let shared = Arc::clone(&self.shared);
            tokio::task::spawn_blocking(move || shared.sync_until_nobody_wants());
        }
    }

    /// Marks everything as lost for acknowledgements (a write failed half-way and could not be undone).
    pub(crate) fn fail(&self) {
        self.shared.progress.send_modify(|progress| progress.failed = true);
    }

    /// For waiting on.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Progress> {
        self.shared.progress.subscribe()
    }

    /// How far it is now.
    pub(crate) fn progress(&self) -> Progress {
        *self.shared.progress.borrow()
    }

    /// Waits until all before `offset` is durable.
    pub(crate) async fn reached(&self, offset: i64) -> Result<(), SyncFailed> {
        let mut progress = self.subscribe();
        let seen = progress
            .wait_for(|progress| progress.failed || progress.durable.offset >= offset)
            .await;
        match seen {
            Ok(progress) if progress.durable.offset >= offset => Ok(()),
            _ => Err(SyncFailed),
        }
    }
}

impl Shared {
    fn sync_until_nobody_wants(&self) {
        loop {
            let (mark, file) = {
                let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
                match wanted.next.take() {
                    Some(next) => next,
                    None => {
                        wanted.running = false;
                        return;
                    }
                }
            };
            let started = Instant::now();
            let synced = file.sync_data();
            metrics::histogram!("broker_fsync_seconds").record(started.elapsed().as_secs_f64());
            self.progress.send_modify(|progress| match &synced {
                Ok(()) if !progress.failed => progress.durable = mark,
                Ok(()) => (),
                Err(error) => {
                    tracing::error!(%error, "fsync failed; refusing further records until restarted");
                    progress.failed = true;
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waiters_are_released_in_groups_and_only_when_their_mark_is_durable() {
        let file = Arc::new(tempfile::tempfile().unwrap());
        let commit = GroupCommit::new(Fsync::Always, Mark::default());
        let waiting: Vec<_> = (1..=100)
            .map(|offset| {
                commit.wrote(Mark { offset, bytes: 0 }, &file);
                let commit = commit.clone();
                tokio::spawn(async move {
                    commit.reached(offset).await.unwrap();
                    assert!(commit.progress().durable.offset >= offset);
                })
            })
            .collect();
        for waiter in waiting {
            waiter.await.unwrap();
        }
    }

    #[tokio::test]
    async fn nobody_is_acknowledged_after_a_failure() {
        let commit = GroupCommit::new(Fsync::Always, Mark { offset: 5, bytes: 0 });
        commit.fail();
        commit.reached(5).await.unwrap();
        assert!(commit.reached(6).await.is_err());
    }
}
