//! Threads whose end is noticed: by those who wait for it, and by everyone when it was not a good one.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::stop::Stop;

/// Tells when a thread, or each of several, has ended.
pub(crate) struct Ended(Vec<Receiver<()>>);

impl Ended {
    /// Waits for the threads; false when one is still at it after this long.
    pub(crate) fn within(&self, at_most: Duration) -> bool {
        let deadline = Instant::now() + at_most;
        // Nothing is ever sent: a channel only hangs up when its thread ends.
        let ended = |thread: &Receiver<()>| {
            let left = deadline.saturating_duration_since(Instant::now());
            !matches!(thread.recv_timeout(left), Err(RecvTimeoutError::Timeout))
        };
        self.0.iter().all(ended)
    }

    /// These threads and those.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

/// Starts a thread. An error or a panic in it ends the whole run: a thread less would hang the rest for ever.
pub(crate) fn start(
    name: &str,
    stop: &Stop,
    body: impl FnOnce() -> Result<(), Error> + Send + 'static,
) -> Result<Ended, Error> {
    let (alive, ended) = channel::<()>();
    let stop = stop.clone();
    let thread = move || {
        let _alive = alive;
        guarded(&stop, body);
    };
    let started = std::thread::Builder::new().name(name.to_owned()).spawn(thread);
    started.map_err(|error| Error::Engine(format!("cannot start thread {name}: {error}")))?;
    Ok(Ended(vec![ended]))
}

/// Runs `body` here; an error or a panic in it ends the whole run.
pub(crate) fn guarded<T>(stop: &Stop, body: impl FnOnce() -> Result<T, Error>) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => return Some(value),
        Ok(Err(error)) => stop.fail(error),
        Err(panic) => stop.fail(Error::Engine(format!("a thread panicked: {}", said(&*panic)))),
    }
    None
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no message)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_the_run_and_says_why() {
        let stop = Stop::default();
        let ended = start("test", &stop, || panic!("no more")).unwrap();
        assert!(ended.within(Duration::from_secs(5)));
        assert!(stop.failed());
        assert!(stop.take_error().unwrap().to_string().contains("no more"));
    }
}
