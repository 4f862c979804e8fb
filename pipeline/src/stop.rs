//! One place where everything that runs learns that it is over, and why.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::error::Error;

/// Shared by all threads of a run. Once set, it stays set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    requested: AtomicBool,
    failed: AtomicBool,
    why: Mutex<Option<Error>>,
    told: Condvar,
}

impl Stop {
    /// Asks everything to come to an orderly end.
    pub(crate) fn request(&self) {
        // Under the lock, so that nobody who is about to wait misses it.
        let why = self.0.why.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.requested.store(true, Ordering::SeqCst);
        drop(why);
        self.0.told.notify_all();
    }

    /// Waits for the end to be asked for; true when it was, false when `at_most` passed before.
    pub(crate) fn wait(&self, at_most: Duration) -> bool {
        let why = self.0.why.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.requested() {
            // Woken for whatever reason, the flag says whether it was the end.
            drop(self.0.told.wait_timeout(why, at_most));
        }
        self.requested()
    }

    /// Ends everything at once. The first reason is the one that is told; later ones follow from it. A peer that is
    /// lost while all are ending has only ended first.
    pub(crate) fn fail(&self, error: Error) {
        if self.requested() && matches!(error, Error::Engine(_)) {
            tracing::warn!(%error, "while ending");
            self.0.failed.store(true, Ordering::SeqCst);
            return;
        }
        let mut why = self.0.why.lock().unwrap_or_else(PoisonError::into_inner);
        if why.is_none() {
            tracing::error!(%error, "the pipeline ends");
            *why = Some(error);
        }
        drop(why);
        self.0.failed.store(true, Ordering::SeqCst);
        self.request();
    }

    /// True once the end was asked for, for whatever reason.
    pub(crate) fn requested(&self) -> bool {
        self.0.requested.load(Ordering::SeqCst)
    }

    /// True once something failed.
    pub(crate) fn failed(&self) -> bool {
        self.0.failed.load(Ordering::SeqCst)
    }

    /// The reason, once.
    pub(crate) fn take_error(&self) -> Option<Error> {
        let mut why = self.0.why.lock().unwrap_or_else(PoisonError::into_inner);
        why.take()
    }
}
