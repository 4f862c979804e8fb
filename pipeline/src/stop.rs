//! One place where everything that runs learns that it is over, and why.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Error;

/// Shared by all threads of a run. Once set, it stays set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    requested: AtomicBool,
    failed: AtomicBool,
    why: Mutex<Option<Error>>,
}

impl Stop {
    /// Asks everything to come to an orderly end.
    pub(crate) fn request(&self) {
        self.0.requested.store(true, Ordering::SeqCst);
    }

    /// Ends everything at once. The first reason is the one that is told; later ones follow from it.
    pub(crate) fn fail(&self, error: Error) {
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
