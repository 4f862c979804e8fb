//! Tries until it is done, it cannot be done, or the process shall stop.

use std::future::Future;
use std::time::Duration;

use ::clickhouse::error::{Error as ClientError, Result as ClientResult};
use metrics::counter;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::Error;
use super::verdict::{Verdict, reason, verdict};

/// First pause; doubles with each try.
const PAUSE_MIN: Duration = Duration::from_millis(100);
/// Longest pause: an outage costs at most this much more.
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// Longest time for one try as a whole: connecting, asking for the columns, sending, waiting for the answer.
const TRY_TIMEOUT: Duration = Duration::from_secs(75);
/// How long a try under way may go on once the process shall stop.
const STOP_GRACE: Duration = Duration::from_secs(2);

/// Calls `attempt` until it succeeds. Every call must do exactly the same thing.
///
/// # Errors
/// [`Error::Refused`] when it would be refused again, [`Error::Stopped`] when `shutdown` came first.
pub(crate) async fn persist<T, F: Future<Output = ClientResult<T>>>(
    doing: &'static str,
    shutdown: &CancellationToken,
    mut attempt: impl FnMut() -> F,
) -> Result<T, Error> {
    let mut pause = PAUSE_MIN;
    let mut tries = 0_u32;
    loop {
        tries += 1;
        let outcome = tokio::select! {
            // A try that has ended counts, even when the stop came at the same moment.
            biased;
            outcome = tokio::time::timeout(TRY_TIMEOUT, attempt()) => outcome.unwrap_or(Err(ClientError::TimedOut)),
            () = stopped(shutdown) => return Err(Error::Stopped(doing)),
        };
        let error = match outcome {
            Ok(value) => {
                if tries > 1 {
                    info!(doing, tries, "clickhouse answers again");
                }
                return Ok(value);
            }
            Err(error) => error,
        };
        match verdict(&error) {
            Verdict::Halt => {
                return Err(Error::Refused {
                    doing,
                    reason: reason(&error),
                });
            }
            Verdict::Retry(word) => {
                counter!("sink_retries_total", "reason" => word).increment(1);
                // Between half and all of the pause, so that writers do not come back in step.
                let wait = pause.mul_f64(rand::random_range(0.5..=1.0));
                warn!(
                    doing,
                    tries,
                    reason = reason(&error),
                    wait_ms = wait.as_millis(),
                    "clickhouse: trying again"
                );
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = shutdown.cancelled() => return Err(Error::Stopped(doing)),
                }
                pause = (pause * 2).min(PAUSE_MAX);
            }
        }
    }
}

async fn stopped(shutdown: &CancellationToken) {
    shutdown.cancelled().await;
    tokio::time::sleep(STOP_GRACE).await;
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn bad(answer: &str) -> ClientError {
        ClientError::BadResponse(answer.to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn it_goes_on_for_as_long_as_it_may_pass_and_never_waits_longer_than_the_limit() {
        let (tries, never) = (AtomicU32::new(0), CancellationToken::new());
        let started = tokio::time::Instant::now();
        let done = persist("trying", &never, || async {
            match tries.fetch_add(1, Ordering::Relaxed) {
                20 => Ok("done"),
                _ => Err(bad("Code: 241. DB::Exception: memory")),
            }
        });
        assert_eq!(done.await.unwrap(), "done");
        assert!(started.elapsed() < PAUSE_MAX * 20);
        assert!(started.elapsed() > PAUSE_MAX * 5);
    }

    #[tokio::test(start_paused = true)]
    async fn it_ends_at_once_when_it_cannot_pass() {
        let never = CancellationToken::new();
        let error = persist::<(), _>("trying", &never, || async { Err(bad("Code: 60. DB::Exception")) });
        assert!(matches!(error.await, Err(Error::Refused { .. })));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_ends_the_wait_and_bounds_the_try() {
        let shutdown = CancellationToken::new();
        shutdown.cancel();
        let error = persist::<(), _>("trying", &shutdown, || async { Err(bad("Code: 241.")) });
        assert!(matches!(error.await, Err(Error::Stopped("trying"))));
        let started = tokio::time::Instant::now();
        let error = persist::<(), _>("trying", &shutdown, std::future::pending);
        assert!(matches!(error.await, Err(Error::Stopped("trying"))));
        assert_eq!(started.elapsed(), STOP_GRACE);
        let done = persist("trying", &shutdown, || async { Ok(1) });
        assert_eq!(done.await.unwrap(), 1);
    }
}
